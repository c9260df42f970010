"""Customers and their conversations, in memory and bounded."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import re
import secrets
import time
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import Any, Iterator

CUSTOMERS_MAX = 20_000
MESSAGES_PER_CUSTOMER_MAX = 500
MESSAGES_INDEXED_MAX = 200_000

WA_ID = re.compile(r"[0-9]{7,15}")
USER_ID = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}")

# Dialling prefixes of the countries our users sell in; enough to write a believable user id.
COUNTRIES = {"52": "MX", "54": "AR", "55": "BR", "56": "CL", "57": "CO", "58": "VE", "51": "PE",
             "591": "BO", "593": "EC", "595": "PY", "598": "UY", "502": "GT", "503": "SV",
             "504": "HN", "505": "NI", "506": "CR", "507": "PA", "34": "ES", "1": "US"}


class StateError(ValueError):
    """A customer that can't be made or found; the text says why."""


def country_of(wa_id: str | None) -> str:
    for length in (3, 2, 1):
        if wa_id and wa_id[:length] in COUNTRIES:
            return COUNTRIES[wa_id[:length]]
    return "US"


def new_user_id(country: str, seed: str = "") -> str:
    """The same for the same seed, so that a customer keeps it when the simulator restarts."""
    digest = hashlib.sha256(seed.encode() if seed else secrets.token_bytes(16)).digest()
    return f"{country}.{int.from_bytes(digest[:8], 'big') % (9 * 10**18) + 10**18}"


@dataclass
class Message:
    """One bubble. `content` is what travelled: the webhook's message or the Graph API's body."""
    seq: int
    id: str
    direction: str  # "from_customer" or "to_customer"
    type: str
    timestamp: float
    content: dict[str, Any]
    status: str
    statuses: list[dict[str, Any]] = field(default_factory=list)
    error: dict[str, Any] | None = None
    delivery_id: int | None = None


@dataclass
class Customer:
    id: str
    name: str
    wa_id: str | None
    user_id: str
    parent_user_id: str | None = None
    username: str | None = None
    phone_visible: bool = True
    online: bool = True
    reachable: bool = True
    last_message_at: float = 0.0
    window_closed: bool = False
    entry_point_until: float = 0.0
    typing_until: float = 0.0
    messages: OrderedDict[str, Message] = field(default_factory=OrderedDict)
    sequence: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    sends: deque[float] = field(default_factory=lambda: deque(maxlen=100_000))
    waiting: list[Message] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def key(self) -> str:
        return self.wa_id if self.wa_id and self.phone_visible else self.user_id

    def window_open(self, window_s: int, now: float) -> bool:
        if now < self.entry_point_until:
            return True
        return not self.window_closed and now - self.last_message_at < window_s

    def add(self, message: Message) -> None:
        self.messages[message.id] = message
        while len(self.messages) > MESSAGES_PER_CUSTOMER_MAX:
            self.messages.popitem(last=False)
        self.wake()

    def wake(self) -> None:
        """Wakes every long poll of this conversation."""
        event, self.changed = self.changed, asyncio.Event()
        event.set()


class Store:
    """Customers, found by wa_id, user_id, username or own id."""

    def __init__(self) -> None:
        self.customers: dict[str, Customer] = {}
        self._index: dict[str, str] = {}
        self._owner: OrderedDict[str, str] = OrderedDict()
        self._ids = itertools.count(1)

    def find(self, key: str) -> Customer | None:
        return self.customers.get(self._index.get(key, ""))

    def find_message(self, message_id: str) -> tuple[Customer, Message] | None:
        customer = self.customers.get(self._owner.get(message_id, ""))
        message = customer.messages.get(message_id) if customer else None
        return (customer, message) if customer and message else None

    def add_message(self, customer: Customer, message: Message) -> None:
        customer.add(message)
        self._owner[message.id] = customer.id
        while len(self._owner) > MESSAGES_INDEXED_MAX:
            self._owner.popitem(last=False)

    def create(self, spec: dict[str, Any]) -> Customer:
        wa_id, user_id = spec.get("wa_id"), spec.get("user_id")
        check_identity(spec)
        known = next((self.find(k) for k in (wa_id, user_id) if k and self.find(k)), None)
        if known:
            return self.change(known, spec)
        if len(self.customers) >= CUSTOMERS_MAX:
            raise StateError(f"at most {CUSTOMERS_MAX} customers")
        if not wa_id and not user_id and not spec.get("username"):
            raise StateError("a customer needs wa_id, user_id or username")
        customer = Customer(id=f"c{next(self._ids)}", name=spec.get("name") or "Cliente",
                            wa_id=wa_id, user_id=user_id or new_user_id(
                                country_of(wa_id), str(wa_id or spec["username"])))
        self.customers[customer.id] = customer
        return self.change(customer, spec)

    def change(self, customer: Customer, spec: dict[str, Any]) -> Customer:
        """Takes the fields given; identities are checked and indexed anew."""
        check_identity(spec)
        for name in ("wa_id", "user_id", "username"):
            other = self.find(spec[name]) if spec.get(name) else None
            if other and other is not customer:
                raise StateError(f"{name} {spec[name]} belongs to {other.name}")
        self._unindex(customer)
        for name in ("name", "username", "parent_user_id"):
            if spec.get(name) is not None:
                setattr(customer, name, spec[name])
        for name in ("wa_id", "user_id"):
            if spec.get(name):
                setattr(customer, name, spec[name])
        for name in ("phone_visible", "online", "reachable"):
            if isinstance(spec.get(name), bool):
                setattr(customer, name, spec[name])
        if isinstance(spec.get("window_open"), bool):
            customer.window_closed = not spec["window_open"]
            customer.entry_point_until = 0.0
            if spec["window_open"]:
                customer.last_message_at = time.time()
        for key in (customer.id, customer.wa_id, customer.user_id, customer.parent_user_id,
                    customer.username):
            if key:
                self._index[key] = customer.id
        return customer

    def remove(self, customer: Customer) -> None:
        self._unindex(customer)
        del self.customers[customer.id]
        customer.wake()

    def clear(self) -> None:
        for customer in self.customers.values():
            customer.wake()
        self.customers.clear()
        self._index.clear()
        self._owner.clear()

    def _unindex(self, customer: Customer) -> None:
        for key in [k for k in (customer.id, customer.wa_id, customer.user_id,
                                customer.parent_user_id, customer.username) if k]:
            if self._index.get(key) == customer.id:
                del self._index[key]


def check_identity(spec: dict[str, Any]) -> None:
    wa_id, user_id = spec.get("wa_id"), spec.get("user_id")
    for name in ("name", "username", "parent_user_id"):
        value = spec.get(name)
        if value is not None and not (isinstance(value, str) and 0 < len(value) <= 160):
            raise StateError(f"{name}: a text of 1 to 160 characters")
    if wa_id is not None and not (isinstance(wa_id, str) and WA_ID.fullmatch(wa_id)):
        raise StateError("wa_id: 7 to 15 digits, with the country, without +")
    if user_id is not None and not (isinstance(user_id, str) and USER_ID.fullmatch(user_id)):
        raise StateError("user_id: like MX.13491208655302741918")
