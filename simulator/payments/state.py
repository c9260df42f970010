"""Payment links, what was paid by them, and how each gateway behaves at the moment."""

from __future__ import annotations

import itertools
import secrets
import time
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Mapping

PAYMENTS_KEPT = 5000
CALLS_KEPT = 500
ANSWERS_KEPT = 5000

# The variables that give a gateway its keys, and what they are where they aren't set.
KEYS: dict[str, dict[str, tuple[str, str]]] = {
    "stripe": {"key": ("STRIPE_API_KEY", "sk_test_simulator"),
               "webhook_secret": ("STRIPE_WEBHOOK_SECRET", "whsec_simulator")},
    "mercado_pago": {"key": ("MERCADO_PAGO_ACCESS_TOKEN", "TEST-simulator"),
                     "webhook_secret": ("MERCADO_PAGO_WEBHOOK_SECRET", "mp_simulator")},
    "wompi": {"key": ("WOMPI_PRIVATE_KEY", "prv_test_simulator"),
              "public_key": ("WOMPI_PUBLIC_KEY", "pub_test_simulator"),
              "webhook_secret": ("WOMPI_EVENTS_SECRET", "test_events_simulator"),
              "second_secret": ("WOMPI_INTEGRITY_SECRET", "test_integrity_simulator")},
    "paypal": {"key": ("PAYPAL_CLIENT_SECRET", "paypal_secret_simulator"),
               "public_key": ("PAYPAL_CLIENT_ID", "paypal_client_simulator"),
               "webhook_secret": ("PAYPAL_WEBHOOK_ID", "WH-SIMULATOR")},
}

MODES = {
    "ok": "as it should",
    "late": "notifications come `delay_ms` late (3000)",
    "twice": "each notification comes twice",
    "out_of_order": "notifications of a payment come `delay_ms` (500) after the last of them, "
                    "the last one first",
    "forged": "notifications are signed with another secret",
    "no_webhook": "no notification comes",
    "wrong_amount": "a cent less is paid than was asked for",
    "other_currency": "another currency is paid",
    "wrong_mode": "test money in a live shop, or the other way round",
    "double_capture": "who pays pays twice",
    "error_500": "calls are answered with 500, and nothing is done",
    "slow": "calls are answered after `delay_ms` (10000)",
    "reset": "calls are done, but the connection is reset before the answer",
}
DELAYS_MS = {"late": 3000, "out_of_order": 500, "slow": 10_000}
NO_DECIMALS = frozenset("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF UGX VND VUV XAF XOF XPF".split())
THREE_DECIMALS = frozenset("BHD JOD KWD OMR TND".split())


def exponent(currency: str) -> int:
    currency = currency.upper()
    return 0 if currency in NO_DECIMALS else 3 if currency in THREE_DECIMALS else 2


def cent(currency: str) -> Decimal:
    """The smallest amount of that currency."""
    return Decimal(1).scaleb(-exponent(currency))


@dataclass
class Behaviour:
    mode: str = "ok"
    count: int | None = None  # for so many times, then ok again; None: until it's changed
    delay_ms: int | None = None

    def as_dict(self) -> dict[str, Any]:
        return dict(self.__dict__)


@dataclass
class Refund:
    id: str
    amount: Decimal
    at: float


@dataclass
class Capture:
    """Money that moved, or was tried to be moved."""
    id: str
    amount: Decimal
    currency: str
    live: bool
    status: str  # pending, approved, rejected, cancelled, disputed
    at: float
    method: str = "card"
    refunds: list[Refund] = field(default_factory=list)
    fields: dict[str, Any] = field(default_factory=dict)  # ids that only one gateway has

    @property
    def refunded(self) -> Decimal:
        return sum((refund.amount for refund in self.refunds), Decimal(0))


@dataclass
class Payment:
    """A link, and what was paid by it. Amounts in units of the currency."""
    id: str
    gateway: str
    reference: str
    title: str
    amount: Decimal
    currency: str  # upper case
    live: bool
    created_at: float
    expires_at: float | None = None
    notification_url: str = ""
    return_url: str = ""
    closed: bool = False  # by the shop: nothing can be paid by it any more
    captures: list[Capture] = field(default_factory=list)
    fields: dict[str, Any] = field(default_factory=dict)

    @property
    def expired(self) -> bool:
        return self.closed or (self.expires_at is not None and time.time() >= self.expires_at)

    @property
    def paid(self) -> Capture | None:
        return next((c for c in self.captures if c.status in ("approved", "disputed")), None)

    @property
    def pending(self) -> Capture | None:
        return next((c for c in self.captures if c.status == "pending"), None)

    @property
    def status(self) -> str:
        if self.paid:
            paid = self.paid
            if paid.status == "disputed":
                return "disputed"
            if not paid.refunds:
                return "paid"
            return "refunded" if paid.refunded >= paid.amount else "partially_refunded"
        if self.pending:
            return "pending"
        if self.fields.get("approved"):
            return "authorized"
        return "expired" if self.expired else "open"


class Gateway:
    def __init__(self, name: str, keys: dict[str, str], webhook_url: str) -> None:
        self.name, self.keys, self.webhook_url = name, keys, webhook_url
        self.behaviour = Behaviour()
        self.payments: OrderedDict[str, Payment] = OrderedDict()
        self.calls: deque[dict[str, Any]] = deque(maxlen=CALLS_KEPT)
        self.total = 0
        # Answers by idempotency key, with what was asked.
        self.answers: OrderedDict[str, tuple[str, int, Any]] = OrderedDict()
        # PayPal is asked whether a notification is its own: what was sent, by transmission.
        self.transmissions: OrderedDict[str, bytes] = OrderedDict()

    @property
    def live(self) -> bool:
        """Keys of a live account say so; the simulator's own are of a test account."""
        key = self.keys["key"]
        return key.startswith(("sk_live_", "APP_USR-", "prv_prod_", "live_"))

    def take(self, *modes: str) -> str | None:
        """The mode, where it's one of these; counts down one that is for some times only."""
        behaviour = self.behaviour
        if behaviour.mode not in modes:
            return None
        mode = behaviour.mode
        if behaviour.count is not None:
            behaviour.count -= 1
            if behaviour.count <= 0:
                self.behaviour = Behaviour()
        return mode

    def delay_s(self, mode: str) -> float:
        delay_ms = self.behaviour.delay_ms
        return (DELAYS_MS.get(mode, 0) if delay_ms is None else delay_ms) / 1000

    def add(self, payment: Payment) -> Payment:
        self.payments[payment.id] = payment
        while len(self.payments) > PAYMENTS_KEPT:
            self.payments.popitem(last=False)
        return payment

    def find_capture(self, capture_id: str) -> tuple[Payment, Capture] | None:
        for payment in reversed(self.payments.values()):
            for capture in payment.captures:
                if capture_id in (capture.id, *capture.fields.values()):
                    return payment, capture
        return None

    def remember(self, key: str, asked: str, status: int, body: Any) -> None:
        self.answers[key] = (asked, status, body)
        while len(self.answers) > ANSWERS_KEPT:
            self.answers.popitem(last=False)


class Gateways:
    """All of them. WEBHOOK_URL has {gateway} where the gateway's name goes."""

    def __init__(self, env: Mapping[str, str], webhook_url: str) -> None:
        self.env, self.webhook_url = env, webhook_url
        self.numbers = itertools.count(1)
        self.all: dict[str, Gateway] = {}
        self.reset()

    def reset(self) -> None:
        self.all = {}
        for name, variables in KEYS.items():
            keys = {what: self.env.get(variable) or default
                    for what, (variable, default) in variables.items()}
            self.all[name] = Gateway(name, keys, self.webhook_url.replace("{gateway}", name))

    def find(self, payment_id: str) -> tuple[Gateway, Payment] | None:
        for gateway in self.all.values():
            payment = gateway.payments.get(payment_id)
            if payment:
                return gateway, payment
        return None

    def number(self) -> int:
        """A long number that wasn't given before, as Mercado Pago's ids are."""
        return 90_000_000_000 + next(self.numbers) * 1000 + secrets.randbelow(1000)
