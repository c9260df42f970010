"""What the parts share: configuration, customers, live events, the record of calls."""

from __future__ import annotations

import itertools
import time
from collections import deque
from typing import Any

from aiohttp import web

from .config import Config
from .hub import Hub
from .models.state import Models
from .payments.notify import Sender
from .payments.state import Gateways
from .settings import Settings
from .state import Customer, Message, Store, country_of
from .whatsapp.delivery import Delivery, Dispatcher
from .whatsapp.media import MediaStore
from .whatsapp.readable import actions_of, text_of

CALLS_KEPT = 1000
CALL_BODY_KEPT = 16_384


class Simulator:
    def __init__(self, config: Config) -> None:
        self.config = config
        self.settings = Settings(webhook_url=config.webhook_url, verify_token=config.verify_token)
        self.hub = Hub()
        self.store = Store()
        self.media = MediaStore(config)
        self.models = Models(config.model_key, config.model_delay_ms)
        self.gateways = Gateways(config.payment_keys, config.payment_webhook_url)
        self.payment_sender = Sender(self.settings)
        self.dispatcher = Dispatcher(config, self.settings, self.hub)
        self.dispatcher.on_done = self._delivery_done
        self.calls: deque[dict[str, Any]] = deque(maxlen=CALLS_KEPT)
        self.call_ids = itertools.count(1)
        self.sends: deque[float] = deque(maxlen=100_000)
        self.service_messages: dict[str, int] = {}
        self.public_url = config.public_url
        self.add_demo_customer()

    def add_demo_customer(self) -> None:
        self.store.create({"name": "Ana", "wa_id": "5215512345678", "username": "ana.mx"})

    def reset(self) -> None:
        """As at start, settings too; what is on its way is dropped."""
        self.dispatcher.clear()
        self.store.clear()
        self.media.clear()
        self.models.reset()
        self.payment_sender.clear()
        self.gateways.reset()
        self.calls.clear()
        self.sends.clear()
        self.service_messages.clear()
        fresh = Settings(webhook_url=self.config.webhook_url,
                         verify_token=self.config.verify_token)
        self.settings.__dict__.update(fresh.__dict__)
        self.add_demo_customer()
        self.hub.publish("reset", {})

    def customer_dict(self, customer: Customer) -> dict[str, Any]:
        now = time.time()
        last = next(reversed(customer.messages.values()), None) if customer.messages else None
        return {"id": customer.id, "key": customer.key, "name": customer.name,
                "wa_id": customer.wa_id, "user_id": customer.user_id,
                "country": country_of(customer.wa_id), "parent_user_id": customer.parent_user_id,
                "username": customer.username, "phone_visible": customer.phone_visible,
                "online": customer.online, "reachable": customer.reachable,
                "window_open": customer.window_open(self.settings.window_s, now),
                "typing": now < customer.typing_until,
                "last": self.message_dict(customer, last) if last else None}

    def message_dict(self, customer: Customer, message: Message) -> dict[str, Any]:
        body = message.content
        return {"seq": message.seq, "id": message.id, "customer": customer.key,
                "customer_id": customer.id, "direction": message.direction, "type": message.type,
                "timestamp": message.timestamp, "text": text_of(body, self.settings.templates),
                "actions": actions_of(body), "message": body, "status": message.status,
                "statuses": message.statuses, "error": message.error,
                "delivery_id": message.delivery_id}

    def publish_message(self, customer: Customer, message: Message) -> None:
        if self.hub.listening:
            self.hub.publish("message", self.message_dict(customer, message))

    def publish_customer(self, customer: Customer) -> None:
        if self.hub.listening:
            self.hub.publish("customer", self.customer_dict(customer))

    def publish_status(self, customer: Customer, message: Message) -> None:
        customer.wake()
        self.hub.publish("status", {
            "id": message.id, "customer": customer.key, "customer_id": customer.id,
            "status": message.status, "statuses": message.statuses, "error": message.error})

    def add_call(self, call: dict[str, Any]) -> None:
        """Remembers a call of the Graph API for whoever builds against it."""
        entry = {"id": next(self.call_ids), "at": time.time(), **call}
        self.calls.append(entry)
        self.hub.publish("call", entry)

    def _delivery_done(self, delivery: Delivery) -> None:
        """Two grey ticks on the customer's own message: the shop has acknowledged it."""
        for message_id in delivery.message_ids:
            found = self.store.find_message(message_id)
            if not found or found[1].direction != "from_customer":
                continue
            customer, message = found
            if message.status == "sent":
                message.status = "delivered" if delivery.state == "delivered" else (
                    "failed" if delivery.state == "failed" else "sent")
                self.publish_status(customer, message)


SIM: web.AppKey[Simulator] = web.AppKey("sim", Simulator)
