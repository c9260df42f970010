"""/sim: what tests and the chat page drive. Errors are RFC 9457 problems."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import secrets
import time
from typing import Any, Awaitable, Callable

from aiohttp import web

from . import settings as runtime
from .core import SIM, Simulator
from .state import Customer, StateError
from .whatsapp import identity, inbound, webhook
from .whatsapp.delivery import DeliveryError
from .whatsapp.errors import GraphError
from .whatsapp.graph import OUTGOING, read_upload

BODY_MAX = 4 * 1024 * 1024
WAIT_MAX_S = 60.0
PAGE_MAX = 500
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Problem(Exception):
    def __init__(self, status: int, detail: str) -> None:
        self.status, self.detail = status, detail
        super().__init__(detail)


def problem_response(status: int, detail: str) -> web.Response:
    titles = {400: "Bad Request", 404: "Not Found", 413: "Content Too Large",
              503: "Service Unavailable"}
    return web.json_response({"type": "about:blank", "title": titles.get(status, "Error"),
                              "status": status, "detail": detail}, status=status,
                             content_type="application/problem+json")


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except Problem as problem:
        return problem_response(problem.status, problem.detail)
    except (StateError, runtime.SettingsError, inbound.InboundError) as error:
        return problem_response(400, str(error))
    except DeliveryError as error:
        return problem_response(503, str(error))


async def read_object(request: web.Request) -> dict[str, Any]:
    body = await read_body(request)
    if not isinstance(body, dict):
        raise Problem(400, "the body: a JSON object")
    return body


async def read_body(request: web.Request) -> Any:
    raw = b""
    async for chunk in request.content.iter_chunked(65_536):
        raw += chunk
        if len(raw) > BODY_MAX:
            raise Problem(413, f"the body is larger than {BODY_MAX} bytes")
    if not raw:
        return {}
    try:
        return json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise Problem(400, f"not JSON: {error}") from None


def number(request: web.Request, name: str, default: float, low: float, high: float) -> float:
    try:
        value = float(request.query.get(name, default))
    except ValueError:
        raise Problem(400, f"{name}: a number") from None
    if not low <= value <= high:
        raise Problem(400, f"{name}: from {low:g} to {high:g}")
    return value


def the_customer(request: web.Request) -> Customer:
    key = request.match_info["key"]
    customer = request.app[SIM].store.find(key)
    if not customer:
        raise Problem(404, f"no customer {key}")
    return customer


async def get_state(request: web.Request) -> web.Response:
    """What a page needs to start: everything but the conversations."""
    sim = request.app[SIM]
    recent = list(sim.store.customers.values())[-200:]
    return web.json_response({
        "phone_number_id": sim.config.phone_number_id,
        "display_phone_number": sim.config.display_phone_number,
        "settings": runtime.as_dict(sim.settings), "customers_total": len(sim.store.customers),
        "customers": [sim.customer_dict(c) for c in recent]})


async def list_customers(request: web.Request) -> web.Response:
    sim = request.app[SIM]
    limit = int(number(request, "limit", 200, 1, 20_000))
    customers = list(sim.store.customers.values())[-limit:]
    return web.json_response({"customers": [sim.customer_dict(c) for c in customers],
                              "total": len(sim.store.customers)})


async def post_customers(request: web.Request) -> web.Response:
    sim, body = request.app[SIM], await read_body(request)
    specs = body if isinstance(body, list) else [body]
    if not all(isinstance(spec, dict) for spec in specs):
        raise Problem(400, "an object {name, wa_id?, user_id?, username?, ...}, or a list of them")
    made = [sim.store.create(spec) for spec in specs]
    for customer in made[:50]:
        sim.publish_customer(customer)
    answers = [sim.customer_dict(customer) for customer in made]
    return web.json_response(answers if isinstance(body, list) else answers[0], status=201)


async def get_customer(request: web.Request) -> web.Response:
    return web.json_response(request.app[SIM].customer_dict(the_customer(request)))


async def put_customer(request: web.Request) -> web.Response:
    sim, customer, body = request.app[SIM], the_customer(request), await read_object(request)
    was_online = customer.online
    sim.store.change(customer, body)
    if customer.online and not was_online:
        request.app[OUTGOING].came_online(customer)
    sim.publish_customer(customer)
    return web.json_response(sim.customer_dict(customer))


async def delete_customer(request: web.Request) -> web.Response:
    sim, customer = request.app[SIM], the_customer(request)
    sim.store.remove(customer)
    sim.hub.publish("customer_removed", {"id": customer.id, "key": customer.key})
    return web.json_response({"removed": True})


async def post_message(request: web.Request) -> web.Response:
    sim, customer = request.app[SIM], the_customer(request)
    message = inbound.send(sim, customer, await read_body(request))
    return web.json_response(sim.message_dict(customer, message), status=201)


async def post_press(request: web.Request) -> web.Response:
    sim, customer = request.app[SIM], the_customer(request)
    spec = inbound.press(sim, customer, await read_body(request))
    message = inbound.send(sim, customer, spec)
    return web.json_response(sim.message_dict(customer, message), status=201)


async def get_messages(request: web.Request) -> web.Response:
    """Both directions, oldest first; with wait_s the answer waits for a message after `after`."""
    sim, customer = request.app[SIM], the_customer(request)
    after = number(request, "after", 0, 0, 1e15)
    until = time.monotonic() + number(request, "wait_s", 0, 0, WAIT_MAX_S)
    direction = request.query.get("direction", "")
    if direction not in ("", "from_customer", "to_customer"):
        raise Problem(400, "direction: from_customer or to_customer")
    while True:
        changed = customer.changed
        found = [m for m in customer.messages.values()
                 if m.seq > after and direction in ("", m.direction)]
        left = until - time.monotonic()
        if found or left <= 0:
            break
        try:
            await asyncio.wait_for(changed.wait(), left)
        except asyncio.TimeoutError:
            pass
    last = next(reversed(customer.messages.values())).seq if customer.messages else 0
    return web.json_response({"customer": sim.customer_dict(customer), "next": last,
                              "messages": [sim.message_dict(customer, m) for m in found]})


async def post_change_number(request: web.Request) -> web.Response:
    sim, customer, body = request.app[SIM], the_customer(request), await read_object(request)
    style = body.get("style") or ("user_changed_number" if customer.wa_id and
                                  customer.phone_visible else "user_changed_user_id")
    if style not in ("user_changed_number", "user_changed_user_id"):
        raise Problem(400, "style: user_changed_number or user_changed_user_id")
    if not body.get("wa_id") and style == "user_changed_number":
        raise Problem(400, "wa_id: the new number")
    deliveries = identity.change_number(sim, customer, body.get("wa_id"), style)
    return web.json_response({"customer": sim.customer_dict(customer), "deliveries": deliveries})


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


async def post_media(request: web.Request) -> web.Response:
    """A customer's picture, sound or file: a multipart form with `file`."""
    if not request.content_type.startswith("multipart/"):
        raise Problem(400, "a multipart form with the field file")
    try:
        data, mime_type, filename, fields = await read_upload(request)
        item = request.app[SIM].media.add(data or b"", fields.get("type") or mime_type, filename,
                                          False)
    except GraphError as error:
        raise Problem(400, error.details) from None
    return web.json_response({"id": item.id, "type": item.kind, "mime_type": item.mime_type,
                              "size": len(item.data)}, status=201)


async def get_media_content(request: web.Request) -> web.Response:
    """For the page: a customer's own phone needs no token to show a picture."""
    item = request.app[SIM].media.get(request.match_info["id"])
    if not item:
        raise Problem(404, "no such media")
    return web.Response(body=item.data, headers={
        "Content-Type": item.mime_type, "Cache-Control": "private, max-age=3600",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff"})


def setup(app: web.Application) -> None:
    customer = "/sim/customers/{key}"
    app.add_routes([
        web.get("/sim/state", get_state),
        web.get("/sim/customers", list_customers), web.post("/sim/customers", post_customers),
        web.get(customer, get_customer), web.put(customer, put_customer),
        web.delete(customer, delete_customer),
        web.get(customer + "/messages", get_messages),
        web.post(customer + "/messages", post_message),
        web.post(customer + "/press", post_press),
        web.post(customer + "/change-number", post_change_number),
        web.post("/sim/batch", post_batch), web.post("/sim/webhooks", post_webhook),
        web.get("/sim/deliveries", get_deliveries),
        web.post("/sim/deliveries/{id:[0-9]+}/replay", post_replay),
        web.get("/sim/calls", get_calls), web.post("/sim/handshake", post_handshake),
        web.get("/sim/settings", get_settings), web.put("/sim/settings", put_settings),
        web.post("/sim/reset", post_reset), web.post("/sim/media", post_media),
        web.get("/sim/media/{id:[0-9]+}", get_media_content),
    ])
