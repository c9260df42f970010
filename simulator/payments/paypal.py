"""PayPal: tokens, orders that the payer approves and the shop captures, refunds, webhooks."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
import zlib
from datetime import datetime, timezone
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from aiohttp import web

from ..core import SIM
from . import actions
from .api import Answer, Refused, basic, bearer, once, read_json, routes, same
from .notify import Notice
from .state import Capture, Gateway, Payment, Refund, exponent

if TYPE_CHECKING:
    from ..core import Simulator

NAME = "paypal"
CURRENCIES = frozenset("BRL CAD EUR GBP JPY MXN USD".split())
CERTIFICATE = "https://api.sandbox.paypal.com/v1/notifications/certs/CERT-simulator"
TRANSMISSIONS_KEPT = 2000
STATUSES = {"approved": "COMPLETED", "pending": "PENDING", "rejected": "DECLINED",
            "cancelled": "DENIED", "disputed": "COMPLETED"}


def error(status: int, name: str, issue: str, field: str = "") -> Refused:
    details = {"issue": issue, "description": issue.replace("_", " ").lower()}
    if field:
        details["field"] = field
    return Refused(status, {"name": name, "message": "The request could not be completed.",
                            "debug_id": secrets.token_hex(6), "details": [details]})


def token_of(gateway: Gateway) -> str:
    return "A21AA" + hashlib.sha256(gateway.keys["key"].encode()).hexdigest()


def authorise(request: web.Request, gateway: Gateway) -> None:
    if not same(bearer(request), token_of(gateway)):
        raise Refused(401, {"error": "invalid_token", "error_description": "The token passed in "
                            "was not found in the system"})


def stamp(at: float) -> str:
    return datetime.fromtimestamp(at, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def value(amount: Decimal, currency: str) -> dict[str, str]:
    places = 0 if currency == "JPY" else exponent(currency)
    return {"currency_code": currency, "value": f"{amount:.{places}f}"}


def read_amount(given: Any, field: str) -> tuple[Decimal, str]:
    """A text, as PayPal wants it: a number is refused."""
    amount = given if isinstance(given, dict) else {}
    currency = amount.get("currency_code")
    if currency not in CURRENCIES:
        raise error(422, "UNPROCESSABLE_ENTITY", "CURRENCY_NOT_SUPPORTED", field)
    if not isinstance(amount.get("value"), str):
        raise error(400, "INVALID_REQUEST", "INVALID_PARAMETER_SYNTAX", field + "/value")
    try:
        read = Decimal(amount["value"])
    except InvalidOperation:
        raise error(400, "INVALID_REQUEST", "INVALID_PARAMETER_SYNTAX", field + "/value") from None
    if read != round(read, exponent(currency)):
        raise error(422, "UNPROCESSABLE_ENTITY", "DECIMAL_PRECISION", field + "/value")
    if read <= 0:
        raise error(422, "UNPROCESSABLE_ENTITY", "CANNOT_BE_ZERO_OR_NEGATIVE", field + "/value")
    return read, currency


async def post_token(request: web.Request, gateway: Gateway, raw: bytes) -> Answer:
    user, password = basic(request)
    if not same(user, gateway.keys["public_key"]) or not same(password, gateway.keys["key"]):
        raise Refused(401, {"error": "invalid_client",
                            "error_description": "Client Authentication failed"})
    if b"grant_type=client_credentials" not in raw:
        raise Refused(400, {"error": "unsupported_grant_type"})
    return 200, {"scope": "", "access_token": token_of(gateway), "token_type": "Bearer",
                 "app_id": "APP-SIMULATOR", "expires_in": 32400, "nonce": stamp(time.time())}


def capture_object(payment: Payment, capture: Capture) -> dict[str, Any]:
    status = STATUSES[capture.status]
    if capture.refunds:
        status = "REFUNDED" if capture.refunded >= capture.amount else "PARTIALLY_REFUNDED"
    return {"id": capture.id, "status": status, "amount": value(capture.amount, capture.currency),
            "final_capture": True, "custom_id": payment.reference,
            "invoice_id": payment.fields["invoice_id"], "create_time": stamp(capture.at),
            "supplementary_data": {"related_ids": {"order_id": payment.id}},
            "links": [{"rel": "up", "method": "GET",
                       "href": f"{payment.fields['base']}/v2/checkout/orders/{payment.id}"}]}


def refund_object(payment: Payment, capture: Capture, refund: Refund) -> dict[str, Any]:
    return {"id": refund.id[3:20].upper(), "status": "COMPLETED", "custom_id": payment.reference,
            "amount": value(refund.amount, capture.currency), "create_time": stamp(refund.at),
            "seller_payable_breakdown": {
                "total_refunded_amount": value(capture.refunded, capture.currency)},
            "links": [{"rel": "up", "method": "GET",
                       "href": f"{payment.fields['base']}/v2/payments/captures/{capture.id}"}]}


def order_object(payment: Payment) -> dict[str, Any]:
    captures = [c for c in payment.captures if c.status != "rejected"]
    status = ("COMPLETED" if captures else "VOIDED" if payment.closed
              else "APPROVED" if payment.fields.get("approved") else "PAYER_ACTION_REQUIRED")
    unit: dict[str, Any] = {"reference_id": "default", "custom_id": payment.reference,
                            "invoice_id": payment.fields["invoice_id"],
                            "description": payment.title,
                            "amount": value(payment.amount, payment.currency)}
    if captures:
        unit["payments"] = {"captures": [capture_object(payment, c) for c in captures]}
    base, page = payment.fields["base"], payment.fields["page"] + payment.id
    return {"id": payment.id, "intent": "CAPTURE", "status": status, "purchase_units": [unit],
            "create_time": stamp(payment.created_at), "links": [
                {"rel": "self", "method": "GET", "href": f"{base}/v2/checkout/orders/{payment.id}"},
                {"rel": "payer-action", "method": "GET", "href": page},
                {"rel": "approve", "method": "GET", "href": page}]}


def return_url(body: dict[str, Any]) -> str:
    source = body.get("payment_source")
    paypal = source.get("paypal") if isinstance(source, dict) else None
    context = paypal.get("experience_context") if isinstance(paypal, dict) else None
    context = context or body.get("application_context")
    return str(context.get("return_url") or "") if isinstance(context, dict) else ""


def make_order(sim: "Simulator", gateway: Gateway, body: dict[str, Any]) -> Payment:
    if body.get("intent") != "CAPTURE":
        raise error(400, "INVALID_REQUEST", "INVALID_PARAMETER_VALUE", "/intent")
    units = body.get("purchase_units")
    if not isinstance(units, list) or len(units) != 1 or not isinstance(units[0], dict):
        raise error(400, "INVALID_REQUEST", "MISSING_REQUIRED_PARAMETER", "/purchase_units")
    unit = units[0]
    amount, currency = read_amount(unit.get("amount"), "/purchase_units/0/amount")
    for name, most in (("custom_id", 127), ("invoice_id", 127), ("description", 127)):
        if name in unit and (not isinstance(unit[name], str) or len(unit[name]) > most):
            raise error(400, "INVALID_REQUEST", "INVALID_STRING_LENGTH",
                        f"/purchase_units/0/{name}")
    return gateway.add(Payment(
        secrets.token_hex(9)[:17].upper(), NAME, unit.get("custom_id", ""),
        unit.get("description", "Pedido"), amount, currency, gateway.live, time.time(),
        expires_at=time.time() + 3 * 3600, return_url=return_url(body),
        fields={"invoice_id": unit.get("invoice_id"), "base": f"{sim.public_url}/pay/paypal",
                "page": f"{sim.public_url}/pay/page/"}))


def duplicate() -> Refused:
    return error(422, "UNPROCESSABLE_ENTITY", "DUPLICATE_REQUEST_ID")


async def post_order(request: web.Request, gateway: Gateway, raw: bytes) -> Answer:
    authorise(request, gateway)
    body = read_json(raw, error(400, "INVALID_REQUEST", "MALFORMED_REQUEST_JSON"))

    def work() -> Answer:
        return 200, order_object(make_order(request.app[SIM], gateway, body))
    return await once(gateway, request.headers.get("PayPal-Request-Id", ""), raw.decode(),
                      duplicate(), work)


def the_order(request: web.Request, gateway: Gateway) -> Payment:
    payment = gateway.payments.get(request.match_info["id"])
    if not payment:
        raise error(404, "RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID")
    return payment


async def get_order(request: web.Request, gateway: Gateway, raw: bytes) -> Answer:
    authorise(request, gateway)
    return 200, order_object(the_order(request, gateway))


async def post_capture(request: web.Request, gateway: Gateway, raw: bytes) -> Answer:
    authorise(request, gateway)
    payment = the_order(request, gateway)
    if payment.paid or payment.pending:
        raise error(422, "UNPROCESSABLE_ENTITY", "ORDER_ALREADY_CAPTURED")
    approved = payment.fields.get("approved")
    if not approved:
        raise error(422, "UNPROCESSABLE_ENTITY", "ORDER_NOT_APPROVED")
    if approved == "later":
        actions.take_later(request.app[SIM], gateway, payment)
    else:
        actions.take_money(request.app[SIM], gateway, payment)
    return 201, order_object(payment)


def the_capture(request: web.Request, gateway: Gateway) -> tuple[Payment, Capture]:
    found = gateway.find_capture(request.match_info["id"])
    if not found:
        raise error(404, "RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID")
    return found


async def get_capture(request: web.Request, gateway: Gateway, raw: bytes) -> Answer:
    authorise(request, gateway)
    return 200, capture_object(*the_capture(request, gateway))


async def post_refund(request: web.Request, gateway: Gateway, raw: bytes) -> Answer:
    authorise(request, gateway)
    body = read_json(raw, error(400, "INVALID_REQUEST", "MALFORMED_REQUEST_JSON"))
    payment, capture = the_capture(request, gateway)

    def work() -> Answer:
        amount = None
        if "amount" in body:
            amount, currency = read_amount(body["amount"], "/amount")
            if currency != capture.currency:
                raise error(422, "UNPROCESSABLE_ENTITY", "CURRENCY_MISMATCH", "/amount")
        if capture.refunded >= capture.amount:
            raise error(422, "UNPROCESSABLE_ENTITY", "CAPTURE_FULLY_REFUNDED")
        try:
            refund = actions.refund_capture(request.app[SIM], gateway, payment, capture, amount)
        except actions.ActionError:
            raise error(422, "UNPROCESSABLE_ENTITY", "REFUND_AMOUNT_EXCEEDED") from None
        return 201, refund_object(payment, capture, refund)
    key = request.headers.get("PayPal-Request-Id", "")
    return await once(gateway, key and request.path + key, raw.decode(), duplicate(), work)


def sign(transmission: str, at: str, webhook_id: str, raw: bytes) -> str:
    """PayPal signs with its certificate; this stands for it, and only the simulator can check it."""
    text = f"{transmission}|{at}|{webhook_id}|{zlib.crc32(raw)}"
    return base64.b64encode(hmac.new(b"certificate", text.encode(), hashlib.sha256).digest()
                            ).decode()


async def post_verify(request: web.Request, gateway: Gateway, raw: bytes) -> Answer:
    authorise(request, gateway)
    body = read_json(raw, error(400, "INVALID_REQUEST", "MALFORMED_REQUEST_JSON"))
    names = ("auth_algo", "cert_url", "transmission_id", "transmission_sig", "transmission_time",
             "webhook_id")
    for name in names:
        if not isinstance(body.get(name), str):
            raise error(400, "VALIDATION_ERROR", "MISSING_REQUIRED_PARAMETER", name)
    sent = gateway.transmissions.get(body["transmission_id"], b"")
    made = sign(body["transmission_id"], body["transmission_time"], body["webhook_id"], sent)
    genuine = bool(sent) and json.loads(sent) == body.get("webhook_event") and same(
        made, body["transmission_sig"]) and body["webhook_id"] == gateway.keys["webhook_secret"]
    return 200, {"verification_status": "SUCCESS" if genuine else "FAILURE"}


def event(gateway: Gateway, kind: str, thing: dict[str, Any]) -> Notice:
    raw = json.dumps({"id": f"WH-{secrets.token_hex(12).upper()}", "event_version": "1.0",
                      "create_time": stamp(time.time()), "resource_type": kind.split(".")[1].lower(),
                      "event_type": kind, "summary": kind, "resource": thing}).encode()

    def headers(secret: str) -> dict[str, str]:
        transmission, at = secrets.token_hex(16), stamp(time.time())
        gateway.transmissions[transmission] = raw
        while len(gateway.transmissions) > TRANSMISSIONS_KEPT:
            gateway.transmissions.popitem(last=False)
        return {"Content-Type": "application/json", "PAYPAL-TRANSMISSION-ID": transmission,
                "PAYPAL-TRANSMISSION-TIME": at, "PAYPAL-AUTH-ALGO": "SHA256withRSA",
                "PAYPAL-CERT-URL": CERTIFICATE,
                "PAYPAL-TRANSMISSION-SIG": sign(transmission, at, secret, raw)}
    return Notice(kind, raw, headers)


def notices(sim: "Simulator", gateway: Gateway, payment: Payment, capture: Capture | None,
            what: str) -> list[Notice]:
    if what == "authorized":
        return [event(gateway, "CHECKOUT.ORDER.APPROVED", order_object(payment))]
    if capture is None or what == "rejected":  # seen on the page only
        return []
    if what == "refunded":
        thing = refund_object(payment, capture, capture.refunds[-1])
        return [event(gateway, "PAYMENT.CAPTURE.REFUNDED", thing)]
    if what == "disputed":
        return [event(gateway, "CUSTOMER.DISPUTE.CREATED", {
            "dispute_id": f"PP-D-{capture.id[:6]}", "status": "OPEN",
            "disputed_transactions": [{"seller_transaction_id": capture.id}]})]
    kind = {"paid": "COMPLETED", "settled": "COMPLETED", "pending": "PENDING"}.get(what, "DENIED")
    return [event(gateway, f"PAYMENT.CAPTURE.{kind}", capture_object(payment, capture))]


def name_capture(sim: "Simulator", payment: Payment) -> tuple[str, dict[str, str]]:
    return secrets.token_hex(9)[:17].upper(), {}


def setup(app: web.Application) -> None:
    actions.WRITERS[NAME], actions.NAMERS[NAME] = notices, name_capture
    base = "/pay/paypal"
    orders, captures = base + "/v2/checkout/orders", base + "/v2/payments/captures/{id}"
    app.add_routes([
        web.post(base + "/v1/oauth2/token", routes(NAME, post_token)),
        web.post(base + "/v1/notifications/verify-webhook-signature", routes(NAME, post_verify)),
        web.post(orders, routes(NAME, post_order)),
        web.get(orders + "/{id}", routes(NAME, get_order)),
        web.post(orders + "/{id}/capture", routes(NAME, post_capture)),
        web.get(captures, routes(NAME, get_capture)),
        web.post(captures + "/refund", routes(NAME, post_refund)),
    ])
