"""What the shop sends: taken or refused, then sent, delivered and read, each told by webhook."""

from __future__ import annotations

import asyncio
import re
import time
from typing import Any

from ..core import Simulator
from ..settings import as_dict
from ..state import Customer, Message
from . import check, webhook
from .delivery import DeliveryError
from .errors import GraphError, invalid, status_error
from .ids import new_message_id

Fields = dict[str, Any]
TYPING_S = 25
USER_ID = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}")


class Outgoing:
    def __init__(self, sim: Simulator) -> None:
        self.sim = sim
        self._tasks: set[asyncio.Task[None]] = set()

    def cancel(self) -> None:
        for task in list(self._tasks):
            task.cancel()

    def recipient(self, body: Fields) -> tuple[str, Customer | None]:
        """Where both are given, the phone wins."""
        if body.get("to"):
            digits = re.sub(r"[\s()+-]", "", str(body["to"]))
            if not re.fullmatch(r"[0-9]{5,15}", digits):
                raise invalid("The phone number is malformed: Please use the format: +1234567890.")
            if digits == self.sim.config.display_phone_number:
                raise GraphError(131021)
            return digits, self.sim.store.find(digits)
        user_id = str(body["recipient"])
        if not USER_ID.fullmatch(user_id):
            raise invalid("Param recipient must be a business-scoped user ID.")
        return user_id, self.sim.store.find(user_id)

    def send(self, body: Any) -> Fields:
        """The Graph API's answer; raises GraphError, and shows the refusal in the conversation."""
        check.check_envelope(body)
        if body.get("status") is not None:
            return self.mark_read(body)
        customer: Customer | None = None
        try:
            self._throttle()
            if body.get("to") or body.get("recipient"):
                _, customer = self.recipient(body)
            check.check_message(body)
            given, customer = self.recipient(body)
            self._check_media_known(body)
            customer, later = self._check_recipient(body, given, customer)
        except GraphError as error:
            if customer:
                self._show_refused(customer, body, error)
            raise
        return self._accept(body, customer, later)

    def mark_read(self, body: Fields) -> Fields:
        if body["status"] != "read":
            raise invalid("Param status must be \"read\".")
        if not body.get("message_id"):
            raise GraphError(131008, "Parameter 'message_id' is mandatory.")
        found = self.sim.store.find_message(str(body["message_id"]))
        if not found or found[1].direction != "from_customer":
            raise invalid("Message id is not one of a message received by this number.")
        customer, message = found
        for earlier in customer.messages.values():
            # Reading one message reads what came before it.
            if earlier.direction == "from_customer" and earlier.seq <= message.seq:
                if earlier.status not in ("read", "failed"):
                    earlier.status = "read"
                    self.sim.publish_status(customer, earlier)
        if body.get("typing_indicator"):
            customer.typing_until = time.time() + TYPING_S
            self.sim.hub.publish("typing", {"customer": customer.key, "customer_id": customer.id,
                                            "until": customer.typing_until})
        return {"success": True}

    def _throttle(self) -> None:
        settings, now = self.sim.settings, time.time()
        failure = settings.fail_next
        if failure:
            failure["count"] -= 1
            if failure["count"] <= 0:
                settings.fail_next = None
                self.sim.hub.publish("settings", as_dict(settings))
            raise GraphError(failure["code"], failure.get("details", ""),
                             status=failure.get("http_status", 0))
        if settings.throughput_limit:
            sends = self.sim.sends
            while sends and sends[0] <= now - 1:
                sends.popleft()
            if len(sends) >= settings.throughput_limit:
                raise GraphError(130429)
            sends.append(now)

    def _check_media_known(self, body: Fields) -> None:
        kind = body["type"]
        media_id = body[kind].get("id") if kind in check.MEDIA_TYPES else None
        if media_id and not self.sim.media.get(str(media_id)):
            raise invalid(f"Media id {str(media_id)[:40]} does not exist or has expired.")

    def _check_recipient(self, body: Fields, given: str, customer: Customer | None
                         ) -> tuple[Customer, GraphError | None]:
        """The customer, and what will fail later where refusals come by webhook."""
        settings, now = self.sim.settings, time.time()
        if body["type"] == "template":
            check.check_known_template(body["template"], settings.templates)
        if customer is None and settings.accept_unknown:
            spec = {"name": given, ("wa_id" if given.isdigit() else "user_id"): given}
            customer = self.sim.store.create({**spec, "window_open": True})
            self.sim.publish_customer(customer)
        if customer is None:
            raise GraphError(131026)
        if settings.pair_limit:
            while customer.sends and customer.sends[0] <= now - settings.pair_window_s:
                customer.sends.popleft()
            if len(customer.sends) >= settings.pair_limit:
                raise GraphError(131056)
        error = None
        if not customer.reachable:
            # Meta finds out only when it delivers: accepted first, failed by webhook.
            return customer, GraphError(131026)
        if body["type"] != "template" and not customer.window_open(settings.window_s, now):
            error = GraphError(131047)
        if error and settings.refusals == "sync":
            raise error
        return customer, error

    def _show_refused(self, customer: Customer, body: Fields, error: GraphError) -> None:
        message = Message(next(customer.sequence), new_message_id(customer.key, False),
                          "to_customer", str(body.get("type", "text"))[:40], time.time(), body,
                          "refused", error=error.body()["error"])
        self.sim.store.add_message(customer, message)
        self.sim.publish_message(customer, message)

    def _accept(self, body: Fields, customer: Customer, later: GraphError | None) -> Fields:
        now = time.time()
        customer.typing_until = 0.0
        customer.sends.append(now)
        message = Message(next(customer.sequence), new_message_id(customer.wa_id or customer.user_id,
                          False), "to_customer", body["type"], now, body, "accepted")
        self.sim.store.add_message(customer, message)
        self.sim.publish_message(customer, message)
        self._spawn(self._live(customer, message, later))
        given = str(body.get("to") or body["recipient"])
        contact: Fields = {"input": given}
        if body.get("to"):
            contact["wa_id"] = customer.wa_id or re.sub(r"[\s()+-]", "", given)
        else:
            contact["user_id"] = customer.user_id
        sent: Fields = {"id": message.id}
        if body["type"] == "template":
            sent["message_status"] = "accepted"
        return {"messaging_product": "whatsapp", "contacts": [contact], "messages": [sent]}

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _live(self, customer: Customer, message: Message, later: GraphError | None) -> None:
        settings = self.sim.settings
        await asyncio.sleep(settings.sent_delay_ms / 1000)
        failure = settings.fail_delivery_next
        if failure and not later:
            failure["count"] -= 1
            if failure["count"] <= 0:
                settings.fail_delivery_next = None
            later = GraphError(failure["code"], failure.get("details", ""))
        if later:
            message.error = later.body()["error"]
            self._tell(customer, message, "failed", status_error(later.code, later.details))
            return
        self._tell(customer, message, "sent")
        if customer.online:
            await self._arrive(customer, message)
        else:
            customer.waiting.append(message)
            del customer.waiting[:-200]

    async def _arrive(self, customer: Customer, message: Message) -> None:
        settings = self.sim.settings
        await asyncio.sleep(settings.delivered_delay_ms / 1000)
        self._tell(customer, message, "delivered")
        if settings.read_receipts:
            await asyncio.sleep(settings.read_delay_ms / 1000)
            self._tell(customer, message, "read")

    def came_online(self, customer: Customer) -> None:
        waiting, customer.waiting = customer.waiting, []
        for message in waiting:
            self._spawn(self._arrive(customer, message))

    def _tell(self, customer: Customer, message: Message, status: str,
              error: Fields | None = None) -> None:
        """One status: on the page's ticks and, where they're on, as a webhook."""
        now = time.time()
        message.status = status
        entry = self._status(customer, message, status, now, error)
        message.statuses.append({"status": status, "timestamp": now,
                                 **({"pricing": entry["pricing"]} if "pricing" in entry else {})})
        self.sim.publish_status(customer, message)
        if not self.sim.settings.statuses or message.type == "reaction" and status == "read":
            return
        # Meta leaves contacts out of a failed status, and the username out of `sent`.
        contacts = [] if error else [webhook.contact_of(customer, with_username=status != "sent")]
        change = webhook.change(self.sim.config, contacts=contacts, statuses=[entry])
        try:
            self.sim.dispatcher.add_change(change, customer.key)
        except DeliveryError:
            pass  # counted by the dispatcher; a status lost under overload is Meta's way too

    def _status(self, customer: Customer, message: Message, status: str, now: float,
                error: Fields | None) -> Fields:
        entry: Fields = {"id": message.id, "status": status, "timestamp": str(int(now))}
        if customer.wa_id and (customer.phone_visible or message.content.get("to")):
            entry["recipient_id"] = customer.wa_id
        if not error or not customer.wa_id:
            entry["recipient_user_id"] = customer.user_id
        callback = message.content.get("biz_opaque_callback_data")
        if callback is not None:
            entry["biz_opaque_callback_data"] = callback
        if error:
            entry["errors"] = [error]
        elif status in ("sent", "delivered"):
            entry["pricing"] = self._pricing(customer, message, now)
        return entry

    def _pricing(self, customer: Customer, message: Message, now: float) -> Fields:
        """The same on `sent` and `delivered`: decided once, kept with the message."""
        for told in message.statuses:
            if "pricing" in told:
                return told["pricing"]
        category, kind = "service", "regular"
        if now < customer.entry_point_until:
            category, kind = "referral_conversion", "free_entry_point"
        elif message.type == "template":
            known = self.sim.settings.templates.get(message.content["template"]["name"], {})
            category = str(known.get("category", "utility")).lower()
            if category == "utility" and customer.window_open(self.sim.settings.window_s, now):
                kind = "free_customer_service"
        else:
            month = time.strftime("%Y-%m", time.gmtime(now))
            count = self.sim.service_messages.get(month, 0) + 1
            self.sim.service_messages[month] = count
            if count <= self.sim.settings.free_service_messages:
                kind = "free_customer_service"
        return {"billable": kind == "regular", "pricing_model": "PMP", "type": kind,
                "category": category}
