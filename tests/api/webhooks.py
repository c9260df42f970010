"""Webhooks as Meta sends them, and what the parse tests share."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
from pathlib import Path
from typing import Any

import httpx

from tests.service import Service

NODE = "parse_message_optimized"
CASES = Path(__file__).resolve().parent.parent / "cases" / "parse"
NUMBER = "106540352242922"
CUSTOMER = "5215512345678"
ABSENT = "<absent>"

_ids = itertools.count(1)
# One for all calls, since making one takes longer than a call; a connection for each.
_client = httpx.Client(timeout=30, limits=httpx.Limits(max_keepalive_connections=0))


def new_id() -> str:
    return f"wamid.{next(_ids)}"


def text_message(message_id: str | None = None, body: str = "hola", **more: Any) -> dict[str, Any]:
    message = {
        "from": CUSTOMER,
        "id": message_id or new_id(),
        "timestamp": "1749416383",
        "type": "text",
        "text": {"body": body},
    }
    return {**message, **more}


def change(
    messages: list[Any] | None = None,
    statuses: list[Any] | None = None,
    contacts: list[Any] | None = None,
    number: str = NUMBER,
) -> dict[str, Any]:
    value: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550783881", "phone_number_id": number},
    }
    for name, part in (("contacts", contacts), ("messages", messages), ("statuses", statuses)):
        if part is not None:
            value[name] = part
    return {"field": "messages", "value": value}


def envelope(*changes: dict[str, Any]) -> dict[str, Any]:
    entry = {"id": "102290129340398", "changes": list(changes)}
    return {"object": "whatsapp_business_account", "entry": [entry]}


def webhook(*messages: Any) -> dict[str, Any]:
    return envelope(change(list(messages)))


def sign(body: bytes, secret: str) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def post(svc: Service, body: Any, path: str = "/v1/parse", **headers: str) -> httpx.Response:
    """Posts an object as JSON, or bytes as they are."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    headers = {"Content-Type": "application/json", **names}
    return _client.post(f"{svc.url}{path}", content=content, headers=headers)


def parse(svc: Service, body: Any, **headers: str) -> dict[str, Any]:
    answer = post(svc, body, **headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def parse_one(svc: Service, message: Any, **headers: str) -> dict[str, Any]:
    """The one message of a webhook, as it is answered."""
    (parsed,) = parse(svc, webhook(message), **headers)["messages"]
    return parsed


def end(svc: Service, message: dict[str, Any], outcome: str = "done", lease: str = "") -> str:
    """Ends the handling of a message that was answered; what became of it."""
    body = {
        "phone_number_id": message["phone_number_id"],
        "message_id": message["message_id"],
        "lease": lease or message["lease"]["token"],
        "outcome": outcome,
    }
    answer = post(svc, body, path="/v1/messages/end")
    assert answer.status_code == 200, answer.text
    return answer.json()["state"]


def differences(expected: Any, actual: Any, where: str = "") -> list[str]:
    """Where ACTUAL isn't what EXPECTED says; an object may have more members than it says."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        found = []
        for name, value in expected.items():
            if value == ABSENT:
                found += [f"{where}/{name} is there: {actual[name]!r}"] if name in actual else []
            elif name not in actual:
                found.append(f"{where}/{name} is missing")
            else:
                found += differences(value, actual[name], f"{where}/{name}")
        return found
    if isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        pairs = enumerate(zip(expected, actual, strict=True))
        return [line for i, (e, a) in pairs for line in differences(e, a, f"{where}/{i}")]
    same = type(expected) is type(actual) or {type(expected), type(actual)} == {int, float}
    if same and expected == actual:
        return []
    return [f"{where}: {actual!r} instead of {expected!r}"]


def canonical(value: Any) -> bytes:
    """The form of a value that is hashed: framed, members in the order of their bytes."""
    if isinstance(value, dict):
        names = sorted((name for name in value if name != "url"), key=str.encode)
        return b"{" + b"".join(frame(name) + canonical(value[name]) for name in names) + b"}"
    if isinstance(value, list):
        return b"[" + b"".join(map(canonical, value)) + b"]"
    if value is None:
        return b"n" + frame("")
    if isinstance(value, bool):
        return (b"t" if value else b"f") + frame("")
    return b"s" + frame(value) if isinstance(value, str) else b"#" + frame(json.dumps(value))


def frame(text: str) -> bytes:
    data = text.encode()
    return b"%d:%s," % (len(data), data)


def hashes(message: dict[str, Any], known: bool, number: str = NUMBER) -> dict[str, str]:
    """What a well-formed message is known by; one of a type that isn't KNOWN by all of it."""
    kind = message["type"]
    hashed = message.get(kind, message) if known else message
    content = hashlib.sha256(frame(kind) + canonical(hashed)).hexdigest()
    parts = (number, message["id"], str(message["timestamp"]), content)
    return {
        "content_hash": content,
        "message_hash": hashlib.sha256(b"".join(map(frame, parts))).hexdigest(),
        "dedupe_key": hashlib.sha256(f"{number}\0{message['id']}".encode()).hexdigest(),
    }
