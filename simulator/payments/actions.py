"""What a customer, a bank or the shop does to a payment, and who is told."""

from __future__ import annotations

import secrets
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Callable

from .notify import Notice
from .state import Capture, Gateway, Payment, Refund, cent

if TYPE_CHECKING:
    from ..core import Simulator

# By gateway: what it says about an event; makes the ids of a capture.
WRITERS: dict[str, Callable[["Simulator", Gateway, Payment, Capture | None, str],
                            list[Notice]]] = {}
NAMERS: dict[str, Callable[["Simulator", Payment], tuple[str, dict[str, str]]]] = {}


class ActionError(ValueError):
    """What can't be done to that payment now; the text says why."""


def notify(sim: "Simulator", gateway: Gateway, payment: Payment, capture: Capture | None,
           what: str) -> None:
    notices = WRITERS[gateway.name](sim, gateway, payment, capture, what)
    sim.payment_sender.post(gateway, payment.id, notices)


def new_capture(sim: "Simulator", gateway: Gateway, payment: Payment, status: str,
                mode: str | None = None) -> Capture:
    amount, currency, live = payment.amount, payment.currency, payment.live
    if mode == "wrong_amount":
        amount -= cent(currency)
    if mode == "other_currency":
        currency = "EUR" if currency == "USD" else "USD"
    if mode == "wrong_mode":
        live = not live
    name, fields = NAMERS[gateway.name](sim, payment)
    capture = Capture(name, amount, currency, live, status, time.time(), fields=fields)
    payment.captures.append(capture)
    return capture


def pay(sim: "Simulator", gateway: Gateway, payment: Payment) -> None:
    if payment.pending:
        settle(sim, gateway, payment)
        return
    _check_open(payment)
    if gateway.name == "paypal":
        approve(sim, gateway, payment, "now")
    else:
        take_money(sim, gateway, payment)


def approve(sim: "Simulator", gateway: Gateway, payment: Payment, when: str) -> None:
    """The payer agrees; no money moves before the shop captures it."""
    if payment.fields.get("approved"):
        raise ActionError("it's approved already")
    payment.fields["approved"] = when
    notify(sim, gateway, payment, None, "authorized")


def take_money(sim: "Simulator", gateway: Gateway, payment: Payment) -> None:
    mode = gateway.take("wrong_amount", "other_currency", "wrong_mode", "double_capture")
    for _ in range(2 if mode == "double_capture" else 1):
        capture = new_capture(sim, gateway, payment, "approved", mode)
        notify(sim, gateway, payment, capture, "paid")


def reject(sim: "Simulator", gateway: Gateway, payment: Payment) -> None:
    _check_open(payment)
    pending = payment.pending
    if pending:
        pending.status = "rejected"
    capture = pending or new_capture(sim, gateway, payment, "rejected")
    notify(sim, gateway, payment, capture, "rejected_later" if pending else "rejected")


def later(sim: "Simulator", gateway: Gateway, payment: Payment) -> None:
    """A voucher to be paid in a shop, or a transfer that takes days."""
    _check_open(payment)
    if payment.pending:
        raise ActionError("it's pending already")
    if gateway.name == "paypal":
        approve(sim, gateway, payment, "later")
    else:
        take_later(sim, gateway, payment)


def take_later(sim: "Simulator", gateway: Gateway, payment: Payment) -> None:
    mode = gateway.take("wrong_amount", "other_currency", "wrong_mode")
    capture = new_capture(sim, gateway, payment, "pending", mode)
    capture.method = "cash"
    notify(sim, gateway, payment, capture, "pending")


def settle(sim: "Simulator", gateway: Gateway, payment: Payment) -> None:
    """The voucher was paid, also where the link has run out meanwhile."""
    capture = payment.pending
    if not capture:
        raise ActionError("nothing is pending")
    capture.status, capture.at = "approved", time.time()
    notify(sim, gateway, payment, capture, "settled")


def expire(sim: "Simulator", gateway: Gateway, payment: Payment) -> None:
    if payment.paid:
        raise ActionError("it's paid")
    payment.closed = True
    for capture in payment.captures:
        if capture.status == "pending":
            capture.status = "cancelled"
    notify(sim, gateway, payment, None, "expired")


def refund_capture(sim: "Simulator", gateway: Gateway, payment: Payment, capture: Capture,
                   amount: Decimal | None) -> Refund:
    left = capture.amount - capture.refunded
    if capture.status not in ("approved", "disputed"):
        raise ActionError("it isn't paid")
    if left <= 0:
        raise ActionError("it's refunded already")
    amount = left if amount is None else amount
    if amount <= 0 or amount > left:
        raise ActionError("more than is left of it")
    refund = Refund(f"re_{secrets.token_hex(12)}", amount, time.time())
    capture.refunds.append(refund)
    notify(sim, gateway, payment, capture, "refunded")
    return refund


def refund(sim: "Simulator", gateway: Gateway, payment: Payment) -> None:
    """By the shop's own people, at the gateway."""
    if not payment.paid:
        raise ActionError("it isn't paid")
    refund_capture(sim, gateway, payment, payment.paid, None)


def dispute(sim: "Simulator", gateway: Gateway, payment: Payment) -> None:
    if not payment.paid:
        raise ActionError("it isn't paid")
    payment.paid.status = "disputed"
    notify(sim, gateway, payment, payment.paid, "disputed")


def resend(sim: "Simulator", gateway: Gateway, payment: Payment) -> None:
    capture = payment.captures[-1] if payment.captures else None
    what = {"approved": "paid", "pending": "pending", "rejected": "rejected",
            "disputed": "disputed"}.get(capture.status if capture else "", "expired")
    notify(sim, gateway, payment, capture, what)


def _check_open(payment: Payment) -> None:
    if payment.paid:
        raise ActionError("it's paid already")
    if payment.expired:
        raise ActionError("the link has expired")


ACTIONS = {"pay": pay, "reject": reject, "later": later, "settle": settle, "expire": expire,
           "refund": refund, "dispute": dispute, "notify": resend}
