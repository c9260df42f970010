"""/sim/gateways and /sim/payments: how each gateway behaves, what was paid, what was sent."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from ..config import ConfigError, check_url
from ..core import SIM
from ..problems import Problem, number, read_object
from . import actions
from .page import money
from .state import MODES, Behaviour, Capture, Gateway, Payment

LISTED_MAX = 500


def the_gateway(request: web.Request) -> Gateway:
    gateways, name = request.app[SIM].gateways.all, request.match_info["name"]
    if name not in gateways:
        raise Problem(404, f"no gateway {name}: one of {', '.join(gateways)}")
    return gateways[name]


def capture_dict(capture: Capture) -> dict[str, Any]:
    return {"id": capture.id, "status": capture.status, "amount": str(capture.amount),
            "currency": capture.currency, "live": capture.live, "at": capture.at,
            "refunded": str(capture.refunded), **capture.fields}


def payment_dict(sim: Any, payment: Payment) -> dict[str, Any]:
    return {"id": payment.id, "gateway": payment.gateway, "reference": payment.reference,
            "title": payment.title, "amount": str(payment.amount), "currency": payment.currency,
            "shown": money(payment.amount, payment.currency), "status": payment.status,
            "created_at": payment.created_at, "expires_at": payment.expires_at,
            "notification_url": payment.notification_url, "return_url": payment.return_url,
            "url": f"{sim.public_url}/pay/page/{payment.id}",
            "captures": [capture_dict(capture) for capture in payment.captures]}


def gateway_dict(sim: Any, gateway: Gateway) -> dict[str, Any]:
    return {"name": gateway.name, **gateway.behaviour.as_dict(),
            "base_url": f"{sim.public_url}/pay/{gateway.name}", "webhook_url": gateway.webhook_url,
            "live": gateway.live, "calls": gateway.total,
            "payments": [payment_dict(sim, p) for p in list(gateway.payments.values())[-100:]]}


async def get_gateways(request: web.Request) -> web.Response:
    sim = request.app[SIM]
    return web.json_response({"modes": MODES, "gateways": [
        gateway_dict(sim, gateway) for gateway in sim.gateways.all.values()]})


async def get_gateway(request: web.Request) -> web.Response:
    return web.json_response(gateway_dict(request.app[SIM], the_gateway(request)))


def read_behaviour(body: dict[str, Any]) -> Behaviour:
    if body.get("mode", "ok") not in MODES:
        raise Problem(400, f"mode: one of {', '.join(MODES)}")
    count, delay = body.get("count"), body.get("delay_ms")
    for name, value, low in (("count", count, 1), ("delay_ms", delay, 0)):
        if value is not None and (isinstance(value, bool) or not isinstance(value, int)
                                  or not low <= value <= 600_000):
            raise Problem(400, f"{name}: an integer from {low} to 600000, or null")
    return Behaviour(body.get("mode", "ok"), count, delay)


async def put_gateway(request: web.Request) -> web.Response:
    """The whole behaviour: what isn't named is as at start; webhook_url stays."""
    gateway, body = the_gateway(request), await read_object(request)
    unknown = sorted(set(body) - {"mode", "count", "delay_ms", "webhook_url"})
    if unknown:
        raise Problem(400, f"unknown: {unknown[0]}")
    behaviour = read_behaviour(body)
    if "webhook_url" in body:
        try:
            gateway.webhook_url = check_url("webhook_url", str(body["webhook_url"] or ""))
        except ConfigError as error:
            raise Problem(400, str(error)) from None
    gateway.behaviour = behaviour
    return web.json_response(gateway_dict(request.app[SIM], gateway))


async def get_calls(request: web.Request) -> web.Response:
    gateway, after = the_gateway(request), number(request, "after", 0, 0, 1e15)
    found = [call for call in gateway.calls if call["id"] > after]
    return web.json_response({"calls": found, "total": gateway.total})


async def get_notices(request: web.Request) -> web.Response:
    """What was sent to the shop, with each attempt and its answer."""
    gateway, after = the_gateway(request), number(request, "after", 0, 0, 1e15)
    found = [sent.as_dict() for sent in request.app[SIM].payment_sender.sent
             if sent.gateway == gateway.name and sent.id > after]
    return web.json_response({"notices": found[-LISTED_MAX:], "total": len(found)})


def the_payment(request: web.Request) -> tuple[Gateway, Payment]:
    """By its own id, or by the reference the shop gave (the newest such)."""
    gateways, name = request.app[SIM].gateways, request.match_info["id"]
    found = gateways.find(name)
    if found:
        return found
    for gateway in gateways.all.values():
        for payment in reversed(gateway.payments.values()):
            if payment.reference == name:
                return gateway, payment
    raise Problem(404, "no such payment")


async def get_payment(request: web.Request) -> web.Response:
    return web.json_response(payment_dict(request.app[SIM], the_payment(request)[1]))


async def post_action(request: web.Request) -> web.Response:
    action = actions.ACTIONS.get(request.match_info["action"])
    if not action:
        raise Problem(404, f"no such action: one of {', '.join(actions.ACTIONS)}")
    gateway, payment = the_payment(request)
    try:
        action(request.app[SIM], gateway, payment)
    except actions.ActionError as error:
        raise Problem(400, str(error)) from None
    return web.json_response(payment_dict(request.app[SIM], payment))


def setup(app: web.Application) -> None:
    sim = app[SIM]

    async def start(_: web.Application) -> None:
        await sim.payment_sender.start()

    async def stop(_: web.Application) -> None:
        await sim.payment_sender.stop()

    app.on_startup.append(start)
    app.on_cleanup.append(stop)
    one = "/sim/gateways/{name}"
    app.add_routes([
        web.get("/sim/gateways", get_gateways), web.get(one, get_gateway),
        web.put(one, put_gateway), web.get(one + "/calls", get_calls),
        web.get(one + "/notices", get_notices),
        web.get("/sim/payments/{id}", get_payment),
        web.post("/sim/payments/{id}/{action}", post_action),
    ])
