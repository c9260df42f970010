"""Stripe's objects, as its API and its events show them, and the events of what happens."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from .notify import Notice
from .state import Capture, Gateway, Payment, Refund, exponent

if TYPE_CHECKING:
    from ..core import Simulator

API_VERSION = "2026-09-30.clover"
STATUSES = {"approved": "succeeded", "disputed": "succeeded", "pending": "requires_action",
            "rejected": "requires_payment_method", "cancelled": "canceled"}


def minor(amount: Decimal, currency: str) -> int:
    return int(amount.scaleb(exponent(currency)))


def intents_of(payment: Payment) -> list[str]:
    return list(dict.fromkeys(c.fields["payment_intent"] for c in payment.captures))


def refund_object(capture: Capture, refund: Refund) -> dict[str, Any]:
    return {"id": refund.id, "object": "refund", "amount": minor(refund.amount, capture.currency),
            "charge": capture.id, "created": int(refund.at), "currency": capture.currency.lower(),
            "metadata": {}, "payment_intent": capture.fields["payment_intent"],
            "reason": None, "status": "succeeded"}


def charge_object(payment: Payment, capture: Capture) -> dict[str, Any]:
    paid = capture.status in ("approved", "disputed")
    amount = minor(capture.amount, capture.currency)
    return {"id": capture.id, "object": "charge", "amount": amount,
            "amount_captured": amount if paid else 0,
            "amount_refunded": minor(capture.refunded, capture.currency),
            "captured": paid, "created": int(capture.at), "currency": capture.currency.lower(),
            "disputed": capture.status == "disputed", "livemode": capture.live,
            "metadata": payment.fields["intent_metadata"], "paid": paid,
            "payment_intent": capture.fields["payment_intent"],
            "refunded": capture.refunded >= capture.amount,
            "status": {"rejected": "failed", "cancelled": "failed", "pending": "pending"}.get(
                capture.status, "succeeded")}


def intent_object(payment: Payment, name: str, expand: set[str]) -> dict[str, Any]:
    """`expand` may have latest_charge."""
    capture = [c for c in payment.captures if c.fields["payment_intent"] == name][-1]
    paid = capture.status in ("approved", "disputed")
    amount = minor(capture.amount, capture.currency)
    charge: Any = capture.id if capture.status != "pending" else None
    if charge and "latest_charge" in expand:
        charge = charge_object(payment, capture)
    return {"id": name, "object": "payment_intent", "amount": amount,
            "amount_received": amount if paid else 0,
            "canceled_at": int(capture.at) if capture.status == "cancelled" else None,
            "created": int(payment.created_at), "currency": capture.currency.lower(),
            "latest_charge": charge, "livemode": capture.live,
            "last_payment_error": {"code": "card_declined", "decline_code": "insufficient_funds",
                                   "type": "card_error"} if capture.status == "rejected" else None,
            "metadata": payment.fields["intent_metadata"],
            "payment_method_types": ["card", "oxxo"], "status": STATUSES[capture.status]}


def session_object(payment: Payment, expand: set[str]) -> dict[str, Any]:
    """`expand` may have payment_intent and payment_intent.latest_charge."""
    names = intents_of(payment)
    intent: Any = names[0] if names else None
    if intent and any(path.startswith("payment_intent") for path in expand):
        inside = {path.partition(".")[2] for path in expand}
        intent = intent_object(payment, intent, inside)
    paid = payment.paid
    shown = paid or payment.pending
    amount = shown.amount if shown else payment.amount
    currency = shown.currency if shown else payment.currency
    complete = bool(shown)
    status = "complete" if complete else "expired" if payment.expired else "open"
    return {"id": payment.id, "object": "checkout.session",
            "amount_subtotal": minor(amount, currency), "amount_total": minor(amount, currency),
            "cancel_url": payment.fields["cancel_url"],
            "client_reference_id": payment.reference or None,
            "created": int(payment.created_at), "currency": currency.lower(),
            "customer": None, "customer_details": None,
            "expires_at": int(payment.expires_at or 0),
            "livemode": shown.live if shown else payment.live,
            "metadata": payment.fields["metadata"], "mode": "payment", "payment_intent": intent,
            "payment_method_types": ["card", "oxxo"],
            "payment_status": "paid" if paid else "unpaid", "status": status,
            "success_url": payment.fields["success_url"],
            "url": payment.fields["page"] + payment.id if status == "open" else None}


def dispute_object(capture: Capture) -> dict[str, Any]:
    return {"id": f"dp_{capture.id[3:]}", "object": "dispute", "charge": capture.id,
            "amount": minor(capture.amount, capture.currency),
            "currency": capture.currency.lower(), "livemode": capture.live,
            "payment_intent": capture.fields["payment_intent"], "reason": "fraudulent",
            "status": "needs_response"}


def event(kind: str, thing: dict[str, Any]) -> Notice:
    body = {"id": f"evt_{secrets.token_hex(12)}", "object": "event", "api_version": API_VERSION,
            "created": int(time.time()), "data": {"object": thing},
            "livemode": thing["livemode"], "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None}, "type": kind}
    raw = json.dumps(body, indent=2, ensure_ascii=False).encode()

    def headers(secret: str) -> dict[str, str]:
        at = int(time.time())
        signed = hmac.new(secret.encode(), f"{at}.".encode() + raw, hashlib.sha256).hexdigest()
        old = hmac.new(b"old", f"{at}.".encode() + raw, hashlib.sha256).hexdigest()
        return {"Content-Type": "application/json; charset=utf-8",
                "Stripe-Signature": f"t={at},v1={signed},v0={old}"}
    return Notice(kind, raw, headers)


def notices(sim: "Simulator", gateway: Gateway, payment: Payment, capture: Capture | None,
            what: str) -> list[Notice]:
    """In the order in which Stripe makes them."""
    session = session_object(payment, set())
    if capture is None:
        return [event("checkout.session.expired", session)]
    intent = intent_object(payment, capture.fields["payment_intent"], set())
    charge = charge_object(payment, capture)
    # Who paid twice did it by an intent that isn't the session's.
    own = intents_of(payment)[0] == capture.fields["payment_intent"]
    events = {
        "paid": [("charge.succeeded", charge), ("payment_intent.succeeded", intent)]
        + ([("checkout.session.completed", session)] if own else []),
        "pending": [("payment_intent.requires_action", intent),
                    ("checkout.session.completed", session)],
        "settled": [("charge.succeeded", charge), ("payment_intent.succeeded", intent),
                    ("checkout.session.async_payment_succeeded", session)],
        "rejected": [("charge.failed", charge), ("payment_intent.payment_failed", intent)],
        "rejected_later": [("payment_intent.payment_failed", intent),
                           ("checkout.session.async_payment_failed", session)],
        "refunded": [("charge.refunded", charge)],
        "disputed": [("charge.dispute.created", dispute_object(capture))],
    }[what]
    return [event(kind, thing) for kind, thing in events]
