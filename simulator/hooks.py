"""/sim for webhooks: batches, any body, what was delivered, the handshake; settings and reset."""

from __future__ import annotations

import base64
import binascii
import secrets

from aiohttp import web

from . import settings as runtime
from .core import SIM
from .problems import Problem, number, read_body, read_object
from .whatsapp import inbound, webhook
from .whatsapp.graph import OUTGOING

PAGE_MAX = 500


async def post_batch(request: web.Request) -> web.Response:
    """Several messages in one POST: in one change, a change each, or an entry each."""
    sim, body = request.app[SIM], await read_object(request)
    specs, layout = body.get("messages"), body.get("layout", "one_change")
    if not isinstance(specs, list) or not 1 <= len(specs) <= 1000:
        raise Problem(400, "messages: 1 to 1000 of {customer, type, ...}")
    statuses = body.get("statuses") or []
    if not isinstance(statuses, list) or not all(isinstance(s, dict) for s in statuses):
        raise Problem(400, "statuses: a list of objects")
    if layout not in ("one_change", "changes", "entries"):
        raise Problem(400, "layout: one_change, changes or entries")
    built = []
    for spec in specs:
        customer = sim.store.find(str(spec.get("customer"))) if isinstance(spec, dict) else None
        if not customer:
            raise Problem(400, "each message names a known customer")
        built.append((customer, inbound.build(sim, customer, spec)))
    messages = [(c, inbound.record(sim, c, element)) for c, element in built]
    changes = [inbound.change_of(sim, c, element) for c, element in built]
    if statuses:
        changes.append(webhook.change(sim.config, statuses=statuses))
    entries = {"one_change": lambda: [[webhook.merge(changes)]], "changes": lambda: [changes],
               "entries": lambda: [[change] for change in changes]}[layout]()
    delivery = sim.dispatcher.post(entries, [c.key for c, _ in built])
    for customer, message in messages:
        message.delivery_id = delivery.id
        sim.publish_message(customer, message)
    return web.json_response({"delivery_id": delivery.id,
                              "messages": [sim.message_dict(c, m) for c, m in messages]}, status=201)


async def post_webhook(request: web.Request) -> web.Response:
    """Any body, signed right, wrong or not at all: for fields no customer causes, and for abuse."""
    sim, body = request.app[SIM], await read_object(request)
    if "raw" in body:
        raw = str(body["raw"]).encode("utf-8", "surrogatepass")
    elif "raw_base64" in body:
        try:
            raw = base64.b64decode(body["raw_base64"], validate=True)
        except (binascii.Error, TypeError, ValueError):
            raise Problem(400, "raw_base64: not base64") from None
    elif "body" in body:
        raw = webhook.encode(body["body"])
    else:
        raise Problem(400, "body (an object), raw (a text) or raw_base64")
    wanted = str(body.get("signature", "valid"))
    if not wanted.isprintable() or not wanted.isascii():
        raise Problem(400, "signature: valid, missing, invalid, or the header's value")
    signature = {"valid": None, "missing": "", "invalid": "sha256=" + "0" * 64}.get(wanted, wanted)
    delivery = sim.dispatcher.post_raw(raw, ["raw"], [], [], signature)
    return web.json_response(delivery.as_dict(), status=201)


async def get_deliveries(request: web.Request) -> web.Response:
    sim = request.app[SIM]
    after = number(request, "after", 0, 0, 1e15)
    limit = int(number(request, "limit", 100, 1, PAGE_MAX))
    kind, customer = request.query.get("kind"), request.query.get("customer")
    message_id = request.query.get("message_id")
    found = [d for d in sim.dispatcher.deliveries.values() if d.id > after
             and (not kind or kind in d.kinds) and (not customer or customer in d.customers)
             and (not message_id or message_id in d.message_ids)]
    return web.json_response({"deliveries": [d.as_dict() for d in found[-limit:]],
                              "total": len(found), "dropped": sim.dispatcher.dropped})


async def post_replay(request: web.Request) -> web.Response:
    sim = request.app[SIM]
    delivery = sim.dispatcher.deliveries.get(int(request.match_info["id"]))
    if not delivery:
        raise Problem(404, "no such delivery")
    return web.json_response(sim.dispatcher.replay(delivery).as_dict(), status=201)


async def get_calls(request: web.Request) -> web.Response:
    after = number(request, "after", 0, 0, 1e15)
    limit = int(number(request, "limit", 100, 1, PAGE_MAX))
    found = [call for call in request.app[SIM].calls if call["id"] > after]
    return web.json_response({"calls": found[-limit:], "total": len(found)})


async def post_handshake(request: web.Request) -> web.Response:
    sim, body = request.app[SIM], await read_object(request)
    url = body.get("url") or sim.settings.webhook_url
    if not url:
        raise Problem(400, "no webhook_url is set, and no url was given")
    url = runtime.CHECKS["webhook_url"]("url", url)
    params = {"hub.mode": str(body.get("mode", "subscribe")),
              "hub.challenge": str(body.get("challenge", secrets.randbelow(9 * 10**8) + 10**8)),
              "hub.verify_token": str(body.get("verify_token", sim.settings.verify_token))}
    return web.json_response(await sim.dispatcher.handshake(url, params))


async def get_settings(request: web.Request) -> web.Response:
    return web.json_response(runtime.as_dict(request.app[SIM].settings))


async def put_settings(request: web.Request) -> web.Response:
    sim = request.app[SIM]
    runtime.update(sim.settings, await read_body(request))
    answer = runtime.as_dict(sim.settings)
    sim.hub.publish("settings", answer)
    return web.json_response(answer)


async def post_reset(request: web.Request) -> web.Response:
    request.app[OUTGOING].cancel()
    request.app[SIM].reset()
    return web.json_response({"reset": True})


def setup(app: web.Application) -> None:
    app.add_routes([
        web.post("/sim/batch", post_batch), web.post("/sim/webhooks", post_webhook),
        web.get("/sim/deliveries", get_deliveries),
        web.post("/sim/deliveries/{id:[0-9]{1,15}}/replay", post_replay),
        web.get("/sim/calls", get_calls), web.post("/sim/handshake", post_handshake),
        web.get("/sim/settings", get_settings), web.put("/sim/settings", put_settings),
        web.post("/sim/reset", post_reset),
    ])
