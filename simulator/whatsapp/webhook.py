"""Webhook bodies: the envelope, its bytes as Meta writes them, and the signature over them."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

from ..config import Config
from ..state import Customer

Change = dict[str, Any]


def encode(body: Any) -> bytes:
    r"""Bytes as Meta sends them: no spaces, non-ASCII as \u00f1, `/` as \/.

    Only strings may hold a `/`, so replacing it everywhere is right.
    """
    return json.dumps(body, ensure_ascii=True, separators=(",", ":")).replace("/", "\\/").encode()


def sign(secret: str, raw: bytes) -> str:
    return "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()


def contact_of(customer: Customer, with_username: bool = True) -> dict[str, Any]:
    profile: dict[str, Any] = {"name": customer.name}
    if customer.username and with_username:
        profile["username"] = customer.username
    contact: dict[str, Any] = {"profile": profile}
    if customer.wa_id and customer.phone_visible:
        contact["wa_id"] = customer.wa_id
    contact["user_id"] = customer.user_id
    if customer.parent_user_id:
        contact["parent_user_id"] = customer.parent_user_id
    return contact


def sender_of(customer: Customer) -> dict[str, Any]:
    """`from` and kin of a message: a number the shop may not see is left out, not empty."""
    sender: dict[str, Any] = {}
    if customer.wa_id and customer.phone_visible:
        sender["from"] = customer.wa_id
    sender["from_user_id"] = customer.user_id
    if customer.parent_user_id:
        sender["from_parent_user_id"] = customer.parent_user_id
    return sender


def value(config: Config, **parts: list[Any]) -> dict[str, Any]:
    return {"messaging_product": "whatsapp",
            "metadata": {"display_phone_number": config.display_phone_number,
                         "phone_number_id": config.phone_number_id},
            **{name: items for name, items in parts.items() if items}}


def change(config: Config, **parts: list[Any]) -> Change:
    return {"value": value(config, **parts), "field": "messages"}


def merge(changes: list[Change]) -> Change:
    """Several changes of messages as one: its contacts once each, all else in order."""
    first = changes[0]["value"]
    merged = {"messaging_product": "whatsapp", "metadata": first["metadata"]}
    for part in ("contacts", "messages", "statuses"):
        items: list[Any] = []
        for one in changes:
            items += [i for i in one["value"].get(part, []) if part != "contacts" or i not in items]
        if items:
            merged[part] = items
    return {"value": merged, "field": "messages"}


def envelope(config: Config, entries: list[list[Change]]) -> dict[str, Any]:
    return {"object": "whatsapp_business_account",
            "entry": [{"id": config.business_account_id, "changes": changes}
                      for changes in entries]}
