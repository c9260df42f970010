"""What a customer sends, as the `messages[]` element of a webhook; every type Meta has."""

from __future__ import annotations

import json
import time
from typing import Any, Callable

from ..core import Simulator
from ..state import Customer, Message
from . import media, webhook
from .ids import new_message_id
from .readable import actions_of

Fields = dict[str, Any]
MEDIA_TYPES = ("image", "audio", "video", "document", "sticker")
PASSED_THROUGH = ("location", "contacts", "reaction", "order", "interactive", "button", "system",
                  "edit", "revoke", "unsupported", "request_welcome")
# Meta's element has these beside the type's own object.
BESIDE = ("context", "referral", "errors", "group_id", "identity")


class InboundError(ValueError):
    """A message that can't be built; the text says what is missing."""


def _text(sim: Simulator, spec: Fields) -> Fields:
    content = spec.get("text", spec.get("body"))
    body = content.get("body") if isinstance(content, dict) else content
    if not isinstance(body, str):
        raise InboundError("text: a text, or {body}")
    return {"body": body}


def _media(sim: Simulator, spec: Fields) -> Fields:
    kind = spec["type"]
    given = spec.get(kind) if isinstance(spec.get(kind), dict) else {}
    media_id = spec.get("media_id") or given.get("id")
    item = sim.media.get(str(media_id)) if media_id else None
    if media_id and not item:
        raise InboundError(f"no media {media_id}: upload it with POST /sim/media")
    if not item:
        return given or _raise(f"{kind}: needs media_id, or a ready object")
    content = media.in_message(item, sim.media.url(sim.public_url, item.id))
    caption = spec.get("caption", given.get("caption"))
    if caption:
        content = {"caption": str(caption), **content}
    if kind == "document":
        content["filename"] = spec.get("filename") or item.filename or "archivo"
    if kind == "audio":
        content["voice"] = bool(spec.get("voice", True))
    if kind == "sticker":
        content["animated"] = bool(spec.get("animated", False))
    return content


def _raise(text: str) -> Fields:
    raise InboundError(text)


def _location(sim: Simulator, spec: Fields) -> Fields:
    content = spec.get("location", spec)
    place = {name: content[name] for name in ("latitude", "longitude", "name", "address", "url")
             if isinstance(content, dict) and content.get(name) is not None}
    if not all(isinstance(place.get(n), (int, float)) for n in ("latitude", "longitude")):
        raise InboundError("location: latitude and longitude as numbers")
    return place


def _order(sim: Simulator, spec: Fields) -> Fields:
    content = spec.get("order", spec)
    items = content.get("product_items") if isinstance(content, dict) else None
    if not isinstance(items, list) or not items:
        raise InboundError("order: product_items, each {product_retailer_id, quantity, "
                           "item_price, currency}")
    return {"catalog_id": str(content.get("catalog_id", "354160437058781")),
            "text": str(content.get("text") or "") if content is not spec else "",
            "product_items": items}


def _flow_reply(sim: Simulator, spec: Fields) -> Fields:
    """`nfm_reply`: what was filled in travels as a JSON string."""
    response = spec.get("response", {})
    text = response if isinstance(response, str) else json.dumps(response, separators=(",", ":"))
    return {"type": "nfm_reply",
            "nfm_reply": {"response_json": text, "body": "Sent", "name": spec.get("name", "flow")}}


def _reply(kind: str) -> Callable[[Simulator, Fields], Fields]:
    def build(sim: Simulator, spec: Fields) -> Fields:
        own = spec.get(kind)
        short = {name: spec[name] for name in ("id", "title", "description") if name in spec}
        reply = own if isinstance(own, dict) else short
        if not reply.get("id"):
            raise InboundError(f"{kind}: id and title")
        return {"type": kind, kind: reply}
    return build


BUILDERS: dict[str, Callable[[Simulator, Fields], Fields]] = {
    "text": _text, "location": _location, "order": _order,
    **{kind: _media for kind in MEDIA_TYPES},
}
# Shorthands for the kinds of `interactive`.
INTERACTIVE: dict[str, Callable[[Simulator, Fields], Fields]] = {
    "button_reply": _reply("button_reply"), "list_reply": _reply("list_reply"),
    "nfm_reply": _flow_reply,
}


def build(sim: Simulator, customer: Customer, spec: Any) -> Fields:
    """The element of `messages[]`. `spec["message"]` goes out as it is, with what it lacks."""
    if not isinstance(spec, dict):
        raise InboundError("an object {type, ...} or {message}")
    raw = spec.get("message")
    if raw is not None and not isinstance(raw, dict):
        raise InboundError("message: an object")
    head = webhook.sender_of(customer)
    head["id"] = spec.get("message_id") or new_message_id(customer.wa_id or customer.user_id, True)
    head["timestamp"] = str(spec.get("timestamp") or int(time.time()))
    if raw is not None:
        return {**head, **raw}
    kind = spec.get("type") if isinstance(spec.get("type"), str) else ""
    element: Fields = {**head, "type": kind}
    if kind in INTERACTIVE:
        element["type"], element["interactive"] = "interactive", INTERACTIVE[kind](sim, spec)
    elif kind in BUILDERS:
        element[kind] = BUILDERS[kind](sim, spec)
    elif kind in PASSED_THROUGH:
        if spec.get(kind) is not None:
            element[kind] = spec[kind]
    else:
        raise InboundError(f"type: one of {', '.join([*BUILDERS, *INTERACTIVE, *PASSED_THROUGH])}, "
                           "or a ready `message`")
    for name in BESIDE:
        if spec.get(name) is not None:
            element[name] = spec[name]
    if spec.get("reply_to"):
        element["context"] = context_of(sim, customer, str(spec["reply_to"]))
    return element


def context_of(sim: Simulator, customer: Customer, message_id: str) -> Fields:
    message = customer.messages.get(message_id)
    ours = message is not None and message.direction == "from_customer"
    author = customer.wa_id if ours else sim.config.display_phone_number
    return {"from": author or customer.user_id, "id": message_id}


def press(sim: Simulator, customer: Customer, spec: Any) -> Fields:
    """The spec of a pressed button or row: by id or title, in a message or in the latest with it."""
    if not isinstance(spec, dict) or not (spec.get("id") or spec.get("title")):
        raise InboundError("press: id or title, and message_id where it's not the latest")
    messages = reversed(customer.messages.values())
    if spec.get("message_id"):
        messages = [m for m in messages if m.id == spec["message_id"]]  # type: ignore[assignment]
    for message in messages:
        if message.direction != "to_customer" or message.status == "refused":
            continue
        for action in actions_of(message.content):
            if spec.get("id") in (None, action["id"]) and spec.get("title") in (None, action["title"]):
                return {**_pressed(action), "reply_to": message.id}
    raise InboundError(f"nothing to press with {spec.get('id') or spec.get('title')!r}")


def _pressed(action: Fields) -> Fields:
    if action["kind"] == "template_button":
        return {"type": "button", "button": {"payload": action["id"], "text": action["title"]}}
    kind = "button_reply" if action["kind"] == "button" else "list_reply"
    reply = {n: action[n] for n in ("id", "title", "description") if action.get(n)}
    return {"type": kind, kind: reply}


def record(sim: Simulator, customer: Customer, element: Fields) -> Message:
    """Puts the message into the conversation and opens the 24 hour window."""
    now = time.time()
    customer.last_message_at, customer.window_closed = now, False
    customer.typing_until = 0.0
    if isinstance(element.get("referral"), dict):
        customer.entry_point_until = now + 72 * 3600
    message = Message(next(customer.sequence), str(element.get("id")), "from_customer",
                      str(element.get("type")), now, element, "sent")
    sim.store.add_message(customer, message)
    return message


def change_of(sim: Simulator, customer: Customer, element: Fields) -> webhook.Change:
    # Meta gives a change of number without contacts.
    contacts = [] if element.get("type") == "system" else [webhook.contact_of(customer)]
    return webhook.change(sim.config, contacts=contacts, messages=[element])


def send(sim: Simulator, customer: Customer, spec: Any) -> Message:
    element = build(sim, customer, spec)
    message = record(sim, customer, element)
    delivery = sim.dispatcher.add_change(change_of(sim, customer, element), customer.key)
    message.delivery_id = delivery.id if delivery else None
    sim.publish_message(customer, message)
    return message
