"""parse: Meta's webhook taken apart, its signature verified, its message hashed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
import re
from datetime import UTC, datetime
from typing import Any

from tests.load import goals, programs
from tests.load.model import Bench, Peer, Request, Workload

TOKEN = "bench-token-0123456789abcdef0123456789abcdef"
APP_SECRET = "0123456789abcdef0123456789abcdef"
REQUESTS = 500
CONNECTIONS = (16, 64)
SENT_FROM = 1_790_000_000
SERVICE_WINDOW_S = 24 * 60 * 60

_NAMES = ("María Fernanda López", "José Luis Hernández", "Sofía Ramírez", "Iván Núñez",
          "Guadalupe Peña", "Ana Sofía Muñoz", "Carlos Ortega", "Raúl Ibáñez")  # fmt: skip
_PRODUCTS = ("una playera azul talla M", "tenis para correr del 27", "audífonos inalámbricos",
             "una lámpara para el buró", "2 kg de café de Chiapas", "un cargador rápido USB-C",
             "zapatos de niño del 19", "una cafetera para 12 tazas")  # fmt: skip
_SENTENCES = ("Hola, buenas tardes 👋 ¿tienen {}?", "¿Qué precio tiene {} con envío a Puebla?",
              "Quiero {} por favor", "¿Todavía hay {}? La vi ayer en su página y hoy no aparece",
              "Me interesa {}, ¿aceptan pago con tarjeta o sólo en efectivo?",
              "busco {}", "Agrégame {} al carrito", "¿{} está en oferta?")  # fmt: skip


def bench() -> Bench:
    service = "parse_message_optimized"
    version = programs.npm_version("fastify", "fastify")
    fastify = f"Fastify {version}, Node {programs.node_version()}"
    secrets = {"SERVICE_TOKEN": TOKEN, "WHATSAPP_APP_SECRET": APP_SECRET}
    # Fastify runs without its logger, so ours doesn't log each request either.
    ours = {**secrets, "LOG_LEVEL": "warn", "BIND_ADDRESS": "127.0.0.1"}
    return Bench(
        name="parse",
        title="parse: one WhatsApp text message: check its HMAC, parse, hash, answer its fields",
        peers=(
            Peer(goals.OURS, service, programs.service(service), ours),
            Peer("fastify", fastify, programs.node("fastify", "parse.js"),
                 {**secrets, "NODE_ENV": "production"}),
            Peer("microhttpd", "libmicrohttpd, a constant",
                 programs.compiled("microhttpd", "microhttpd"), constant=True),
            Peer("ours_redis", f"{service} with Redis", programs.service(service), ours,
                 needs=("redis",)),
        ),
        connections=CONNECTIONS,
        workload=Workload(requests(REQUESTS), check_answer, forged_request()),
        goals=(
            *(goals.ratio_at_least("fastify", "Fastify", n, 3.0) for n in CONNECTIONS),
            *(goals.ratio_at_least("microhttpd", "libmicrohttpd", n, 0.6) for n in CONNECTIONS),
            *(goals.p99_below(n, 3.0) for n in CONNECTIONS),
            goals.memory_below(25),
            goals.ready_below(100),
        ),
    )  # fmt: skip


def requests(count: int) -> list[Request]:
    """Signed webhooks with a text message each, the same in every run."""
    rng = random.Random(8101)
    return [_signed(_webhook(rng, number), APP_SECRET) for number in range(count)]


def forged_request() -> Request:
    return _signed(_webhook(random.Random(0), 0), "not-the-secret")


def check_answer(request: Request, answer: bytes) -> str:
    value = json.loads(request.body)["entry"][0]["changes"][0]["value"]
    sent = value["messages"][0]
    expected = {
        "message_id": sent["id"],
        "customer_key": sent["from"],
        "phone_number_id": value["metadata"]["phone_number_id"],
        "type": "text",
        "text": sent["text"]["body"],
    }
    try:
        messages = json.loads(answer)["messages"]
        if len(messages) != 1:
            return f"{len(messages)} messages instead of 1"
        message = messages[0]
        for name, wanted in expected.items():
            if message[name] != wanted:
                return f"{name} is {message[name]!r}, not {wanted!r}"
        if not re.fullmatch(r"[0-9a-f]{64}", message["message_hash"]):
            return f"message_hash is {message['message_hash']!r}"
        if message["from"]["wa_id"] != sent["from"]:
            return f"from is {message['from']!r}"
        return _check_times(message, int(sent["timestamp"]))
    except (ValueError, KeyError, TypeError, IndexError) as error:
        return f"{type(error).__name__} {error} in {answer[:200]!r}"


def _check_times(message: dict[str, Any], sent_at: int) -> str:
    for name, wanted in (
        ("timestamp", sent_at),
        ("service_window_expires_at", sent_at + SERVICE_WINDOW_S),
    ):
        if datetime.fromisoformat(message[name]) != datetime.fromtimestamp(wanted, UTC):
            return f"{name} is {message[name]!r}"
    return ""


def _webhook(rng: random.Random, number: int) -> dict[str, Any]:
    wa_id = f"52155{rng.randrange(10**8):08d}"
    user_id = f"MX.{rng.randrange(10**20):020d}"
    text = rng.choice(_SENTENCES).format(rng.choice(_PRODUCTS))
    message = {
        "from": wa_id,
        "from_user_id": user_id,
        "id": _wamid(wa_id, rng),
        "timestamp": str(SENT_FROM + number),
        "text": {"body": text[0].upper() + text[1:]},
        "type": "text",
    }
    contact = {"profile": {"name": rng.choice(_NAMES)}, "wa_id": wa_id, "user_id": user_id}
    value = {
        "messaging_product": "whatsapp",
        "metadata": {
            "display_phone_number": "5215550783881",
            "phone_number_id": "106540352242922",
        },
        "contacts": [contact],
        "messages": [message],
    }
    entry = {"id": "102290129340398", "changes": [{"value": value, "field": "messages"}]}
    return {"object": "whatsapp_business_account", "entry": [entry]}


def _wamid(wa_id: str, rng: random.Random) -> str:
    """In WhatsApp's own form: the customer's number and 20 random hexadecimal digits."""
    digits = f"{rng.getrandbits(80):020X}".encode()
    parts = (b"\x1c\x18", bytes([len(wa_id)]), wa_id.encode(), b"\x15\x02\x00\x12\x18\x14",
             digits, b"\x00")  # fmt: skip
    return "wamid." + base64.b64encode(b"".join(parts)).decode()


def _signed(webhook: dict[str, Any], secret: str) -> Request:
    # As Meta writes it: no spaces, and everything beyond ASCII escaped.
    body = json.dumps(webhook, separators=(",", ":")).encode()
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {
        "Authorization": f"Bearer {TOKEN}",
        "User-Agent": "facebookexternalua",
        "Content-Type": "application/json",
        "X-Hub-Signature-256": f"sha256={signature}",
    }
    return Request("POST", "/v1/parse", headers, body)
