"""Mercado Pago: preferences (links), payments, refunds, and signed notifications."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
from datetime import datetime, timezone
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from aiohttp import web

from ..core import SIM
from . import actions
from .api import Answer, Refused, bearer, once, read_json, routes, same
from .notify import Notice
from .state import Capture, Gateway, Payment, exponent

if TYPE_CHECKING:
    from ..core import Simulator

NAME = "mercado_pago"
CURRENCIES = frozenset("ARS BRL CLP COP MXN PEN UYU USD".split())
COLLECTOR = 446566691
STATUSES = {"approved": ("approved", "accredited"),
            "pending": ("pending", "pending_waiting_payment"),
            "rejected": ("rejected", "cc_rejected_insufficient_amount"),
            "cancelled": ("cancelled", "expired"),
            "disputed": ("charged_back", "settled")}


def error(status: int, message: str, kind: str = "bad_request") -> Refused:
    return Refused(status, {"message": message, "error": kind, "status": status, "cause": None})


def authorise(request: web.Request, gateway: Gateway) -> None:
    header = request.headers.get("Authorization", "")
    if not header.startswith("Bearer ") or not same(bearer(request), gateway.keys["key"]):
        raise Refused(401, {"message": "invalid access token", "error": "unauthorized",
                            "status": 401, "cause": []})


def stamp(at: float | None) -> str | None:
    """As Mercado Pago writes times: with milliseconds and its own offset."""
    if at is None:
        return None
    return datetime.fromtimestamp(at, timezone.utc).isoformat(timespec="milliseconds")


def read_time(value: Any, name: str) -> float:
    """ISO 8601 with milliseconds and an offset; others are refused, as they are there."""
    try:
        read = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        read = None
    if read is None or read.tzinfo is None or "." not in value:
        raise error(400, f"{name} must be a valid date: yyyy-MM-dd'T'HH:mm:ss.SSSZ",
                    f"invalid_{name}")
    return read.timestamp()


def number(amount: Decimal) -> int | float:
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def read_item(item: Any) -> tuple[Decimal, str, str]:
    if not isinstance(item, dict):
        raise error(400, "items: each an object", "invalid_items")
    price, quantity = item.get("unit_price"), item.get("quantity")
    if isinstance(price, bool) or not isinstance(price, (int, float)) or price <= 0:
        raise error(400, "unit_price must be a number greater than 0", "invalid_items")
    if isinstance(quantity, bool) or not isinstance(quantity, int) or quantity < 1:
        raise error(400, "quantity must be an integer from 1", "invalid_items")
    currency = item.get("currency_id")
    if currency not in CURRENCIES:
        raise error(400, "currency_id invalid", "invalid_items")
    if not isinstance(item.get("title"), str) or not item["title"]:
        raise error(400, "title needed", "invalid_items")
    try:
        amount = Decimal(str(price))
    except InvalidOperation:
        raise error(400, "unit_price invalid", "invalid_items") from None
    if amount != round(amount, exponent(currency)):
        raise error(400, f"unit_price invalid: too many decimals for {currency}", "invalid_items")
    return amount * quantity, currency, item["title"]


def read_items(body: dict[str, Any]) -> tuple[Decimal, str, str]:
    items = body.get("items")
    if not isinstance(items, list) or not items:
        raise error(400, "items needed", "invalid_items")
    read = [read_item(item) for item in items]
    if len({currency for _, currency, _ in read}) > 1:
        raise error(400, "all items must have the same currency_id", "invalid_items")
    return sum((amount for amount, _, _ in read), Decimal(0)), read[0][1], read[0][2]


def take_times(payment: Payment, body: dict[str, Any]) -> None:
    if "expiration_date_to" in body and body["expiration_date_to"] is not None:
        payment.fields["expiration_date_to"] = read_time(body["expiration_date_to"],
                                                         "expiration_date_to")
    if "expires" in body:
        payment.fields["expires"] = bool(body["expires"])
    ends = payment.fields.get("expiration_date_to")
    payment.expires_at = ends if payment.fields.get("expires") else None


def preference(payment: Payment) -> dict[str, Any]:
    page = payment.fields["page"] + payment.id
    return {"id": payment.id, "init_point": page, "sandbox_init_point": page,
            "collector_id": COLLECTOR, "client_id": "4321", "operation_type": "regular_payment",
            "items": payment.fields["items"], "external_reference": payment.reference,
            "notification_url": payment.notification_url, "back_urls": payment.fields["back_urls"],
            "date_created": stamp(payment.created_at),
            "expires": payment.fields.get("expires", False),
            "expiration_date_to": stamp(payment.fields.get("expiration_date_to")),
            "metadata": payment.fields["metadata"]}


async def post_preference(request: web.Request, gateway: Gateway, raw: bytes) -> Answer:
    authorise(request, gateway)
    body = read_json(raw, error(400, "invalid json"))
    amount, currency, title = read_items(body)
    url, back = body.get("notification_url") or "", body.get("back_urls") or {}
    if not isinstance(url, str) or (url and not url.startswith(("http://", "https://"))):
        raise error(400, "notification_url must be an url valid", "invalid_notification_url")
    if not isinstance(back, dict):
        raise error(400, "back_urls invalid", "invalid_back_urls")
    if body.get("auto_return") and not back.get("success"):
        raise error(400, "auto_return invalid. back_url.success must be defined",
                    "invalid_auto_return")
    reference = body.get("external_reference") or ""
    if not isinstance(reference, str) or len(reference) > 256:
        raise error(400, "external_reference invalid", "invalid_external_reference")
    payment = Payment(
        f"{COLLECTOR}-{secrets.token_hex(16)}", NAME, reference, title, amount, currency,
        gateway.live, time.time(), notification_url=url, return_url=back.get("success") or "",
        fields={"items": body["items"], "back_urls": back, "metadata": body.get("metadata") or {},
                "order": str(request.app[SIM].gateways.number()),
                "page": f"{request.app[SIM].public_url}/pay/page/"})
    take_times(payment, body)
    return 201, preference(gateway.add(payment))


def the_preference(request: web.Request, gateway: Gateway) -> Payment:
    payment = gateway.payments.get(request.match_info["id"])
    if not payment:
        raise error(404, f"The preference with identifier {request.match_info['id']} was not "
                    "found", "not_found")
    return payment


async def get_preference(request: web.Request, gateway: Gateway, raw: bytes) -> Answer:
    authorise(request, gateway)
    return 200, preference(the_preference(request, gateway))


async def put_preference(request: web.Request, gateway: Gateway, raw: bytes) -> Answer:
    authorise(request, gateway)
    body, payment = read_json(raw, error(400, "invalid json")), the_preference(request, gateway)
    if "items" in body:
        payment.amount, payment.currency, payment.title = read_items(body)
        payment.fields["items"] = body["items"]
    take_times(payment, body)
    return 200, preference(payment)


def payment_object(payment: Payment, capture: Capture) -> dict[str, Any]:
    status, detail = STATUSES[capture.status]
    if capture.refunds:
        whole = capture.refunded >= capture.amount
        status, detail = ("refunded", "refunded") if whole else ("approved", "partially_refunded")
    return {"id": int(capture.id), "status": status, "status_detail": detail,
            "transaction_amount": number(capture.amount),
            "transaction_amount_refunded": number(capture.refunded),
            "currency_id": capture.currency, "external_reference": payment.reference or None,
            "live_mode": capture.live, "date_created": stamp(capture.at),
            "date_approved": stamp(capture.at) if status in ("approved", "refunded") else None,
            "date_last_updated": stamp(time.time()), "description": payment.title,
            "operation_type": "regular_payment", "collector_id": COLLECTOR,
            "order": {"id": payment.fields["order"], "type": "mercadopago"},
            "payment_method_id": "visa" if capture.method == "card" else "oxxo",
            "payment_type_id": "credit_card" if capture.method == "card" else "ticket",
            "notification_url": payment.notification_url, "metadata": payment.fields["metadata"],
            "refunds": [refund_object(capture, at) for at in range(len(capture.refunds))]}


def refund_object(capture: Capture, at: int) -> dict[str, Any]:
    refund = capture.refunds[at]
    return {"id": int(capture.id) + at + 1, "payment_id": int(capture.id),
            "amount": number(refund.amount), "metadata": {}, "date_created": stamp(refund.at),
            "source": {"id": str(COLLECTOR), "name": "Tienda", "type": "collector"},
            "status": "approved", "unique_sequence_number": None, "refund_mode": "standard"}


def the_payment(request: web.Request, gateway: Gateway) -> tuple[Payment, Capture]:
    found = gateway.find_capture(request.match_info["id"])
    if not found:
        raise Refused(404, {"message": "Payment not found", "error": "not_found", "status": 404,
                            "cause": [{"code": 2000, "description": "Payment not found"}]})
    return found


async def get_payment(request: web.Request, gateway: Gateway, raw: bytes) -> Answer:
    authorise(request, gateway)
    return 200, payment_object(*the_payment(request, gateway))


async def search_payments(request: web.Request, gateway: Gateway, raw: bytes) -> Answer:
    authorise(request, gateway)
    reference = request.query.get("external_reference")
    found = [payment_object(p, c) for p in gateway.payments.values() for c in p.captures
             if reference is None or p.reference == reference]
    if request.query.get("criteria") == "desc":
        found.reverse()
    limit = request.query.get("limit", "30")
    offset = request.query.get("offset", "0")
    if not limit.isdigit() or not offset.isdigit():
        raise error(400, "Invalid limit or offset")
    shown = found[int(offset):int(offset) + int(limit)]
    return 200, {"paging": {"total": len(found), "limit": int(limit), "offset": int(offset)},
                 "results": shown}


async def put_payment(request: web.Request, gateway: Gateway, raw: bytes) -> Answer:
    """A pending one can be cancelled."""
    authorise(request, gateway)
    body = read_json(raw, error(400, "invalid json"))
    payment, capture = the_payment(request, gateway)
    if body.get("status") != "cancelled" or capture.status != "pending":
        raise error(400, "Invalid status transition")
    capture.status = "cancelled"
    actions.notify(request.app[SIM], gateway, payment, capture, "cancelled")
    return 200, payment_object(payment, capture)


async def post_refund(request: web.Request, gateway: Gateway, raw: bytes) -> Answer:
    authorise(request, gateway)
    key = request.headers.get("X-Idempotency-Key", "")
    if not key:
        raise error(400, "Header X-Idempotency-Key can't be null")
    body = read_json(raw, error(400, "invalid json"))
    payment, capture = the_payment(request, gateway)

    def work() -> Answer:
        amount = body.get("amount")
        if amount is not None and (isinstance(amount, bool)
                                   or not isinstance(amount, (int, float))):
            raise error(400, "Invalid amount")
        try:
            actions.refund_capture(request.app[SIM], gateway, payment, capture,
                                   None if amount is None else Decimal(str(amount)))
        except actions.ActionError as problem:
            raise error(400, f"Invalid refund: {problem}") from None
        return 201, refund_object(capture, len(capture.refunds) - 1)
    return await once(gateway, request.path + key, raw.decode(),
                      error(400, "The idempotency key was used for another request"), work)


async def get_refunds(request: web.Request, gateway: Gateway, raw: bytes) -> Answer:
    authorise(request, gateway)
    _, capture = the_payment(request, gateway)
    return 200, [refund_object(capture, at) for at in range(len(capture.refunds))]


def name_capture(sim: "Simulator", payment: Payment) -> tuple[str, dict[str, str]]:
    return str(sim.gateways.number()), {}


def signed_notice(payment: Payment, capture: Capture, action: str, number_: int) -> Notice:
    body = {"action": action, "api_version": "v1", "application_id": 4321,
            "data": {"id": capture.id}, "date_created": stamp(time.time()), "id": number_,
            "live_mode": capture.live, "type": "payment", "user_id": str(COLLECTOR), "version": 1}

    def headers(secret: str) -> dict[str, str]:
        at, request_id = int(time.time() * 1000), secrets.token_hex(16)
        manifest = f"id:{capture.id};request-id:{request_id};ts:{at};"
        signed = hmac.new(secret.encode(), manifest.encode(), hashlib.sha256).hexdigest()
        return {"Content-Type": "application/json", "x-request-id": request_id,
                "x-signature": f"ts={at},v1={signed}"}
    return Notice(action, json.dumps(body).encode(), headers,
                  query=f"data.id={capture.id}&type=payment", url=payment.notification_url)


def order_notice(payment: Payment) -> Notice:
    """The old kind, which comes too and which nobody signs."""
    resource = f"https://api.mercadolibre.com/merchant_orders/{payment.fields['order']}"
    body = json.dumps({"resource": resource, "topic": "merchant_order"}).encode()
    return Notice("merchant_order", body, lambda secret: {"Content-Type": "application/json"},
                  query=f"id={payment.fields['order']}&topic=merchant_order",
                  url=payment.notification_url)


def notices(sim: "Simulator", gateway: Gateway, payment: Payment, capture: Capture | None,
            what: str) -> list[Notice]:
    if capture is None:  # a preference that runs out isn't told of, a voucher is
        return [signed_notice(payment, one, "payment.updated", sim.gateways.number())
                for one in payment.captures if one.status == "cancelled"]
    action = "payment.created" if what in ("paid", "pending", "rejected") else "payment.updated"
    found = [signed_notice(payment, capture, action, sim.gateways.number())]
    if what in ("paid", "settled"):
        found.append(order_notice(payment))
    return found


def setup(app: web.Application) -> None:
    actions.WRITERS[NAME], actions.NAMERS[NAME] = notices, name_capture
    preferences, payments = "/pay/mercado_pago/checkout/preferences", "/pay/mercado_pago/v1/payments"
    one = payments + "/{id:[0-9]{1,20}}"
    app.add_routes([
        web.post(preferences, routes(NAME, post_preference)),
        web.get(preferences + "/{id}", routes(NAME, get_preference)),
        web.put(preferences + "/{id}", routes(NAME, put_preference)),
        web.get(payments + "/search", routes(NAME, search_payments)),
        web.get(one, routes(NAME, get_payment)), web.put(one, routes(NAME, put_payment)),
        web.post(one + "/refunds", routes(NAME, post_refund)),
        web.get(one + "/refunds", routes(NAME, get_refunds)),
    ])
