"""Wompi: payment links, the web checkout's signed address, transactions, voids, events."""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from datetime import datetime, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from aiohttp import web

from ..core import SIM
from . import actions
from .api import Answer, Refused, bearer, read_json, routes, same
from .notify import Notice
from .page import no_such_page
from .state import Capture, Gateway, Payment

if TYPE_CHECKING:
    from ..core import Simulator

NAME = "wompi"
SIGNED = ("transaction.id", "transaction.status", "transaction.amount_in_cents")
STATUSES = {"approved": "APPROVED", "pending": "PENDING", "rejected": "DECLINED",
            "cancelled": "ERROR", "disputed": "APPROVED"}


def invalid(name: str, message: str) -> Refused:
    return Refused(422, {"error": {"type": "INPUT_VALIDATION_ERROR", "messages": {
        name: [message]}}})


def authorise(request: web.Request, gateway: Gateway) -> None:
    if not same(bearer(request), gateway.keys["key"]):
        raise Refused(401, {"error": {"type": "INVALID_ACCESS_TOKEN",
                                      "reason": "La llave proporcionada no corresponde"}})


def stamp(at: float) -> str:
    return datetime.fromtimestamp(at, timezone.utc).isoformat(timespec="milliseconds").replace(
        "+00:00", "Z")


def read_time(value: Any, name: str) -> float | None:
    if value is None:
        return None
    try:
        read = datetime.fromisoformat(str(value))
    except ValueError:
        raise invalid(name, "Debe ser una fecha ISO 8601") from None
    return read.replace(tzinfo=read.tzinfo or timezone.utc).timestamp()


def link_object(payment: Payment) -> dict[str, Any]:
    return {"id": payment.id, "name": payment.title, "description": payment.fields["description"],
            "single_use": payment.fields["single_use"], "active": not payment.closed,
            "collect_shipping": False, "currency": payment.currency,
            "amount_in_cents": int(payment.amount * 100), "sku": payment.fields["sku"],
            "redirect_url": payment.return_url or None,
            "expires_at": stamp(payment.expires_at) if payment.expires_at else None,
            "created_at": stamp(payment.created_at), "merchant_public_key":
            payment.fields["public_key"]}


def read_cents(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int) or value < 150_000:
        raise invalid("amount_in_cents", "Debe ser un entero de al menos 150000")
    return Decimal(value) / 100


async def post_link(request: web.Request, gateway: Gateway, raw: bytes) -> Answer:
    authorise(request, gateway)
    body = read_json(raw, invalid("body", "No es JSON"))
    for name in ("name", "description"):
        if not isinstance(body.get(name), str) or not body[name]:
            raise invalid(name, "Es requerido")
    for name in ("single_use", "collect_shipping"):
        if not isinstance(body.get(name), bool):
            raise invalid(name, "Debe ser booleano")
    if body.get("currency") != "COP":
        raise invalid("currency", "Debe ser COP")
    sku = body.get("sku")
    if sku is not None and (not isinstance(sku, str) or len(sku) > 36):
        raise invalid("sku", "Máximo 36 caracteres")
    payment = gateway.add(Payment(
        secrets.token_hex(4), NAME, "", body["name"], read_cents(body.get("amount_in_cents")),
        "COP", gateway.live, time.time(), expires_at=read_time(body.get("expires_at"), "expires_at"),
        return_url=str(body.get("redirect_url") or ""),
        fields={"description": body["description"], "single_use": body["single_use"], "sku": sku,
                "public_key": gateway.keys["public_key"], "link": True}))
    # Each try has a reference of Wompi's own; the shop's is only in `sku`.
    payment.reference = f"{payment.id}_{int(time.time())}_{secrets.token_hex(4)}"
    return 201, {"data": link_object(payment), "meta": {}}


def the_link(request: web.Request, gateway: Gateway) -> Payment:
    payment = gateway.payments.get(request.match_info["id"])
    if not payment or not payment.fields.get("link"):
        raise Refused(404, {"error": {"type": "NOT_FOUND_ERROR",
                                      "reason": "La entidad solicitada no existe"}})
    return payment


async def get_link(request: web.Request, gateway: Gateway, raw: bytes) -> Answer:
    return 200, {"data": link_object(the_link(request, gateway)), "meta": {}}


async def patch_link(request: web.Request, gateway: Gateway, raw: bytes) -> Answer:
    authorise(request, gateway)
    body, payment = read_json(raw, invalid("body", "No es JSON")), the_link(request, gateway)
    if not isinstance(body.get("active"), bool):
        raise invalid("active", "Debe ser booleano")
    payment.closed = not body["active"]
    return 200, {"data": link_object(payment), "meta": {}}


async def open_link(request: web.Request) -> web.Response:
    gateway = request.app[SIM].gateways.all[NAME]
    payment = gateway.payments.get(request.match_info["id"])
    if not payment:
        raise no_such_page()
    raise web.HTTPFound(f"/pay/page/{quote(payment.id)}")


async def open_checkout(request: web.Request) -> web.Response:
    """The web checkout: all is in the address, and signed; opened again it is the same payment."""
    gateway, query = request.app[SIM].gateways.all[NAME], request.query
    names = ("reference", "amount-in-cents", "currency", "expiration-time")
    signed = "".join(query.get(name, "") for name in names) + gateway.keys["second_secret"]
    expected = hashlib.sha256(signed.encode()).hexdigest()
    if (query.get("public-key") != gateway.keys["public_key"]
            or not same(query.get("signature:integrity", "").lower(), expected)
            or not query.get("amount-in-cents", "").isdigit() or query.get("currency") != "COP"):
        raise no_such_page()
    reference = query["reference"]
    name = "w" + hashlib.sha256(signed.encode()).hexdigest()[:16]
    if name not in gateway.payments:
        try:
            ends = read_time(query.get("expiration-time"), "expiration-time")
        except Refused:
            raise no_such_page() from None
        gateway.add(Payment(name, NAME, reference, f"Pago {reference}",
                            Decimal(query["amount-in-cents"]) / 100, "COP", gateway.live,
                            time.time(), expires_at=ends,
                            return_url=query.get("redirect-url", "")))
    raise web.HTTPFound(f"/pay/page/{name}")


def transaction(payment: Payment, capture: Capture) -> dict[str, Any]:
    status = STATUSES[capture.status]
    if capture.refunds and capture.refunded >= capture.amount:
        status = "VOIDED"
    return {"id": capture.id, "created_at": stamp(capture.at), "amount_in_cents":
            int(capture.amount * 100), "status": status, "reference": payment.reference,
            "currency": capture.currency, "payment_method_type": "CARD",
            "payment_method": {"type": "CARD", "installments": 1},
            "redirect_url": payment.return_url or None, "status_message": None,
            "payment_link_id": payment.id if payment.fields.get("link") else None,
            "sku": payment.fields.get("sku")}


def the_transaction(request: web.Request, gateway: Gateway) -> tuple[Payment, Capture]:
    found = gateway.find_capture(request.match_info["id"])
    if not found:
        raise Refused(404, {"error": {"type": "NOT_FOUND_ERROR",
                                      "reason": "La entidad solicitada no existe"}})
    return found


async def get_transaction(request: web.Request, gateway: Gateway, raw: bytes) -> Answer:
    return 200, {"data": transaction(*the_transaction(request, gateway)), "meta": {}}


async def list_transactions(request: web.Request, gateway: Gateway, raw: bytes) -> Answer:
    authorise(request, gateway)
    query = request.query
    found = [transaction(p, c) for p in gateway.payments.values() for c in p.captures
             if query.get("reference") in (None, p.reference)
             and query.get("payment_link_id") in (None, p.id)]
    return 200, {"data": found, "meta": {"total_results": len(found)}}


async def post_void(request: web.Request, gateway: Gateway, raw: bytes) -> Answer:
    authorise(request, gateway)
    body = read_json(raw, invalid("body", "No es JSON"))
    payment, capture = the_transaction(request, gateway)
    cents = body.get("amount_in_cents")
    if cents is not None and (isinstance(cents, bool) or not isinstance(cents, int)):
        raise invalid("amount_in_cents", "Debe ser un entero")
    try:
        actions.refund_capture(request.app[SIM], gateway, payment, capture,
                               None if cents is None else Decimal(cents) / 100)
    except actions.ActionError as problem:
        raise invalid("transaction", str(problem)) from None
    return 201, {"data": {"status": "APPROVED", "transaction": transaction(payment, capture)},
                 "meta": {}}


def name_capture(sim: "Simulator", payment: Payment) -> tuple[str, dict[str, str]]:
    return f"1234-{int(time.time())}-{sim.gateways.number() % 10**8}", {}


def notices(sim: "Simulator", gateway: Gateway, payment: Payment, capture: Capture | None,
            what: str) -> list[Notice]:
    """One event, whenever a transaction comes to an end; its checksum covers what it lists."""
    if capture is None or what == "pending":
        return []
    shown, at = transaction(payment, capture), int(time.time())

    def checksum(secret: str) -> str:
        values = "".join(str(shown[path.partition(".")[2]]) for path in SIGNED)
        return hashlib.sha256(f"{values}{at}{secret}".encode()).hexdigest()

    def body(secret: str) -> bytes:
        return json.dumps({
            "event": "transaction.updated", "data": {"transaction": shown},
            "environment": "prod" if capture.live else "test",
            "signature": {"properties": SIGNED, "checksum": checksum(secret)},
            "timestamp": at, "sent_at": stamp(at)}, ensure_ascii=False).encode()

    def headers(secret: str) -> dict[str, str]:
        return {"Content-Type": "application/json", "X-Event-Checksum": checksum(secret)}
    return [Notice("transaction.updated", b"", headers, body=body)]


def setup(app: web.Application) -> None:
    actions.WRITERS[NAME], actions.NAMERS[NAME] = notices, name_capture
    for base in ("/pay/wompi", "/pay/wompi/v1"):
        links, paid = base + "/payment_links", base + "/transactions"
        app.add_routes([
            web.post(links, routes(NAME, post_link)),
            web.get(links + "/{id}", routes(NAME, get_link)),
            web.patch(links + "/{id}", routes(NAME, patch_link)),
            web.get(paid, routes(NAME, list_transactions)),
            web.get(paid + "/{id}", routes(NAME, get_transaction)),
            web.post(paid + "/{id}/void", routes(NAME, post_void)),
            web.get(base + "/l/{id}", open_link), web.get(base + "/p/", open_checkout),
        ])
