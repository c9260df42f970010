"""/sim for customers: who they are, what they send, what they got; and the state of all."""

from __future__ import annotations

import asyncio
import time

from aiohttp import web

from . import settings as runtime
from .core import SIM
from .problems import Problem, number, read_body, read_object
from .state import Customer
from .whatsapp import identity, inbound
from .whatsapp.errors import GraphError
from .whatsapp.graph import OUTGOING, read_upload

WAIT_MAX_S = 60.0
SHOWN_MAX = 200


def the_customer(request: web.Request) -> Customer:
    key = request.match_info["key"]
    customer = request.app[SIM].store.find(key)
    if not customer:
        raise Problem(404, f"no customer {key}")
    return customer


async def get_state(request: web.Request) -> web.Response:
    """What a page needs to start: everything but the conversations."""
    sim = request.app[SIM]
    # The latest to write first; those who never wrote after them, as they were made.
    recent = sorted(sim.store.customers.values(), key=lambda c: -c.last_message_at)[:SHOWN_MAX]
    return web.json_response({
        "phone_number_id": sim.config.phone_number_id,
        "display_phone_number": sim.config.display_phone_number,
        "settings": runtime.as_dict(sim.settings), "customers_total": len(sim.store.customers),
        "customers": [sim.customer_dict(c) for c in recent]})


async def list_customers(request: web.Request) -> web.Response:
    sim = request.app[SIM]
    limit = int(number(request, "limit", SHOWN_MAX, 1, 20_000))
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
        web.post("/sim/media", post_media),
        web.get("/sim/media/{id:[0-9]+}", get_media_content),
    ])
