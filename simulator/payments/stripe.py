"""Stripe: checkout sessions, payment intents, refunds; form-encoded, idempotent by key."""

from __future__ import annotations

import secrets
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from aiohttp import web

from ..core import SIM
from . import actions
from .api import Answer, Refused, bearer, once, routes, same
from .state import Capture, Gateway, Payment, exponent
from .stripe_events import (charge_object, intent_object, intents_of, notices, refund_object,
                            session_object)

if TYPE_CHECKING:
    from ..core import Simulator

NAME = "stripe"
EXPIRES_LEAST_S, EXPIRES_MOST_S = 30 * 60, 24 * 3600
# The least that can be charged, in the smallest unit; of others 50.
LEAST = {"MXN": 1000, "COP": 200_000, "CLP": 500, "ARS": 50_000, "PEN": 200}
SESSION_TOP = frozenset(("mode", "success_url", "cancel_url", "client_reference_id", "expires_at",
                         "line_items", "metadata", "payment_intent_data", "payment_method_types",
                         "locale", "customer_email", "expand", "payment_method_options",
                         "submit_type", "phone_number_collection"))


def error(status: int, message: str, *, param: str | None = None, code: str | None = None,
          kind: str = "invalid_request_error") -> Refused:
    body: dict[str, Any] = {"message": message, "type": kind}
    if code:
        body["code"] = code
    if param:
        body["param"] = param
    return Refused(status, {"error": body})


def authorise(request: web.Request, gateway: Gateway) -> None:
    given = bearer(request)
    if not given:
        raise error(401, "You did not provide an API key. You need to provide your API key in the "
                    "Authorization header, using Bearer auth (e.g. 'Authorization: Bearer "
                    "YOUR_SECRET_KEY').")
    if not same(given, gateway.keys["key"]):
        raise error(401, f"Invalid API Key provided: {given[:7]}****")


def read_form(request: web.Request, raw: bytes) -> dict[str, Any]:
    """a[b][0][c]=d as objects within objects; lists as objects by number, `x[]` as a list."""
    if raw and request.content_type != "application/x-www-form-urlencoded":
        raise error(400, "Invalid request: the body must be application/x-www-form-urlencoded")
    try:
        pairs = parse_qsl(raw.decode(), keep_blank_values=True, strict_parsing=bool(raw))
    except ValueError:
        raise error(400, "Invalid request: the body is not a form") from None
    form: dict[str, Any] = {}
    for name, value in pairs:
        put_pair(form, name.replace("]", "").split("["), value)
    return form


def put_pair(form: dict[str, Any], path: list[str], value: str) -> None:
    at: Any = form
    for part in path[:-1]:
        at = at.setdefault(part, {})
        if not isinstance(at, dict):
            raise error(400, f"Invalid object at {part}", param=path[0])
    if path[-1] == "":
        path[-1] = str(len(at))
    at[path[-1]] = value


def integer(form: dict[str, Any], name: str, param: str) -> int:
    value = form.get(name)
    if value is None:
        raise error(400, f"Missing required param: {param}.", param=param,
                    code="parameter_missing")
    if not isinstance(value, str) or not value.lstrip("-").isdigit():
        raise error(400, f"Invalid integer: {value}", param=param,
                    code="parameter_invalid_integer")
    return int(value)


def read_line(line: Any, at: str) -> tuple[int, str, str]:
    """Amount, currency and name of one line."""
    price = line.get("price_data") if isinstance(line, dict) else None
    if not isinstance(price, dict):
        raise error(400, f"Missing required param: line_items[{at}][price_data].",
                    param="line_items", code="parameter_missing")
    where = f"line_items[{at}][price_data]"
    amount = integer(price, "unit_amount", f"{where}[unit_amount]")
    quantity = integer(line, "quantity", f"line_items[{at}][quantity]")
    product = price.get("product_data")
    name = product.get("name") if isinstance(product, dict) else None
    currency = str(price.get("currency", ""))
    if not name:
        raise error(400, f"Missing required param: {where}[product_data][name].",
                    param="line_items", code="parameter_missing")
    if len(currency) != 3 or not currency.isalpha():
        raise error(400, f"Invalid currency: {currency}", param=f"{where}[currency]")
    if amount < 0 or quantity < 1:
        raise error(400, "This value must be greater than or equal to 0.", param=where,
                    code="parameter_invalid_integer")
    return amount * quantity, currency.upper(), str(name)


def read_lines(form: dict[str, Any]) -> tuple[int, str, str]:
    lines = form.get("line_items")
    if not isinstance(lines, dict) or not lines:
        raise error(400, "Missing required param: line_items.", param="line_items",
                    code="parameter_missing")
    read = [read_line(line, at) for at, line in lines.items()]
    currencies = {currency for _, currency, _ in read}
    if len(currencies) > 1:
        raise error(400, "All prices on a Checkout Session must have the same currency.")
    return sum(amount for amount, _, _ in read), read[0][1], ", ".join(n for _, _, n in read)


def read_expiry(form: dict[str, Any], now: float) -> float:
    if "expires_at" not in form:
        return now + EXPIRES_MOST_S
    expires_at = integer(form, "expires_at", "expires_at")
    # A second of grace for the way.
    if not now + EXPIRES_LEAST_S - 1 <= expires_at <= now + EXPIRES_MOST_S + 1:
        raise error(400, "The `expires_at` timestamp must be at least 30 minutes and at most 24 "
                    "hours from Checkout Session creation.", param="expires_at")
    return expires_at


def check_session(form: dict[str, Any]) -> None:
    unknown = sorted(set(form) - SESSION_TOP)
    if unknown:
        raise error(400, f"Received unknown parameter: {unknown[0]}", param=unknown[0],
                    code="parameter_unknown")
    if form.get("mode") != "payment":
        raise error(400, "Invalid mode: must be one of payment, setup, or subscription",
                    param="mode")
    if not str(form.get("success_url", "")).startswith(("http://", "https://")):
        raise error(400, "Not a valid URL", param="success_url", code="url_invalid")
    if len(str(form.get("client_reference_id", ""))) > 200:
        raise error(400, "Invalid string: must be at most 200 characters",
                    param="client_reference_id")


def make_session(sim: "Simulator", gateway: Gateway, form: dict[str, Any]) -> Payment:
    check_session(form)
    amount, currency, title = read_lines(form)
    if amount < LEAST.get(currency, 50):
        raise error(400, "The Checkout Session's total amount due must add up to at least "
                    f"{LEAST.get(currency, 50)} {currency.lower()}", code="amount_too_small")
    now = time.time()
    intent = form.get("payment_intent_data", {})
    return gateway.add(Payment(
        f"cs_test_{secrets.token_hex(28)}", NAME, str(form.get("client_reference_id", "")),
        title, Decimal(amount).scaleb(-exponent(currency)), currency, gateway.live, now,
        expires_at=read_expiry(form, now), return_url=str(form["success_url"]),
        fields={"payment_intent": f"pi_{secrets.token_hex(12)}",
                "cancel_url": form.get("cancel_url"), "success_url": form["success_url"],
                "metadata": form.get("metadata", {}),
                "intent_metadata": intent.get("metadata", {}) if isinstance(intent, dict) else {},
                "page": f"{sim.public_url}/pay/page/"}))


def wants(request: web.Request, form: dict[str, Any]) -> set[str]:
    listed = form.get("expand")
    inside = list(listed.values()) if isinstance(listed, dict) else []
    return {value for name, value in request.query.items() if name.startswith("expand[")} | set(
        inside)


def idempotency_error() -> Refused:
    return error(400, "Keys for idempotent requests can only be used with the same parameters "
                 "they were first used with. Try using a key other than that if you meant to "
                 "execute a different request.", kind="idempotency_error")


def the_key(request: web.Request) -> str:
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > 255:
        raise error(400, "Idempotency key is too long: at most 255 characters")
    return key


async def post_session(request: web.Request, gateway: Gateway, raw: bytes) -> Answer:
    authorise(request, gateway)
    form = read_form(request, raw)

    def work() -> Answer:
        payment = make_session(request.app[SIM], gateway, form)
        return 200, session_object(payment, wants(request, form))
    return await once(gateway, the_key(request), request.path + raw.decode(),
                      idempotency_error(), work)


def no_such(kind: str, name: str) -> Refused:
    return error(404, f"No such {kind}: '{name}'", param="id" if kind != "checkout.session" else
                 "session", code="resource_missing")


def the_session(request: web.Request, gateway: Gateway) -> Payment:
    name = request.match_info["id"]
    payment = gateway.payments.get(name)
    if not payment:
        raise no_such("checkout.session", name)
    return payment


async def get_session(request: web.Request, gateway: Gateway, raw: bytes) -> Answer:
    authorise(request, gateway)
    return 200, session_object(the_session(request, gateway), wants(request, {}))


async def list_sessions(request: web.Request, gateway: Gateway, raw: bytes) -> Answer:
    authorise(request, gateway)
    intent = request.query.get("payment_intent")
    found = [p for p in gateway.payments.values() if not intent or intent in intents_of(p)]
    return 200, {"object": "list", "url": "/v1/checkout/sessions", "has_more": False, "data": [
        session_object(p, set()) for p in found[-10:]]}


async def expire_session(request: web.Request, gateway: Gateway, raw: bytes) -> Answer:
    authorise(request, gateway)
    payment = the_session(request, gateway)
    if payment.paid or payment.pending or payment.expired:
        raise error(400, "Only Checkout Sessions with a status in [\"open\"] can be expired. "
                    f"This Session has a status of {session_object(payment, set())['status']}.")
    actions.expire(request.app[SIM], gateway, payment)
    return 200, session_object(payment, set())


async def get_intent(request: web.Request, gateway: Gateway, raw: bytes) -> Answer:
    authorise(request, gateway)
    name = request.match_info["id"]
    for payment in gateway.payments.values():
        if name in intents_of(payment):
            return 200, intent_object(payment, name, wants(request, {}))
    raise no_such("payment_intent", name)


async def get_charge(request: web.Request, gateway: Gateway, raw: bytes) -> Answer:
    authorise(request, gateway)
    found = gateway.find_capture(request.match_info["id"])
    if not found:
        raise no_such("charge", request.match_info["id"])
    return 200, charge_object(*found)


def refunded_capture(gateway: Gateway, form: dict[str, Any]) -> tuple[Payment, Capture]:
    name = form.get("payment_intent") or form.get("charge")
    if not isinstance(name, str):
        raise error(400, "One of the following params should be provided for this request: "
                    "payment_intent or charge.")
    paid = [(p, c) for p in gateway.payments.values() for c in p.captures
            if name in (c.id, c.fields["payment_intent"])]
    if not paid:
        raise no_such("payment_intent" if "payment_intent" in form else "charge", name)
    return next((pair for pair in paid if pair[1].status in ("approved", "disputed")), paid[-1])


async def post_refund(request: web.Request, gateway: Gateway, raw: bytes) -> Answer:
    authorise(request, gateway)
    form = read_form(request, raw)

    def work() -> Answer:
        payment, capture = refunded_capture(gateway, form)
        amount = None
        if "amount" in form:
            amount = Decimal(integer(form, "amount", "amount")).scaleb(-exponent(capture.currency))
        if capture.status == "approved" and capture.refunded >= capture.amount:
            raise error(400, f"Charge {capture.id} has already been refunded.",
                        code="charge_already_refunded")
        try:
            refund = actions.refund_capture(request.app[SIM], gateway, payment, capture, amount)
        except actions.ActionError as problem:
            raise error(400, f"Charge {capture.id}: {problem}.") from None
        return 200, refund_object(capture, refund)
    return await once(gateway, the_key(request), request.path + raw.decode(),
                      idempotency_error(), work)


def name_capture(sim: "Simulator", payment: Payment) -> tuple[str, dict[str, str]]:
    """A session has one intent; who pays twice has done so by another."""
    intent = payment.fields["payment_intent"]
    if payment.paid:
        intent = f"pi_{secrets.token_hex(12)}"
    return f"ch_{secrets.token_hex(12)}", {"payment_intent": intent}


def setup(app: web.Application) -> None:
    actions.WRITERS[NAME], actions.NAMERS[NAME] = notices, name_capture
    base, sessions = "/pay/stripe/v1", "/pay/stripe/v1/checkout/sessions"
    app.add_routes([
        web.post(sessions, routes(NAME, post_session)),
        web.get(sessions, routes(NAME, list_sessions)),
        web.get(sessions + "/{id}", routes(NAME, get_session)),
        web.post(sessions + "/{id}/expire", routes(NAME, expire_session)),
        web.get(base + "/payment_intents/{id}", routes(NAME, get_intent)),
        web.get(base + "/charges/{id}", routes(NAME, get_charge)),
        web.post(base + "/refunds", routes(NAME, post_refund)),
    ])
