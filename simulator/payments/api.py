"""What the gateways' APIs share: faults on demand, the record of calls, repeated requests."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import socket
import struct
import time
from typing import Any, Awaitable, Callable

from aiohttp import web

from ..core import SIM
from .state import Gateway

BODY_MAX = 1024 * 1024
# Status and body (or none), with headers where there are any.
Answer = tuple[int, Any] | tuple[int, Any, dict[str, str]]
Handler = Callable[[web.Request, Gateway, bytes], Awaitable[Answer]]


class Refused(Exception):
    """Answered in the gateway's own words."""

    def __init__(self, status: int, body: Any) -> None:
        self.status, self.body = status, body
        super().__init__(status)


def bearer(request: web.Request) -> str:
    """The key of a call: as a Bearer token, or as the user of Basic."""
    header = request.headers.get("Authorization", "")
    if header.startswith("Bearer "):
        return header[7:]
    return basic(request)[0]


def basic(request: web.Request) -> tuple[str, str]:
    header = request.headers.get("Authorization", "")
    if not header.startswith("Basic "):
        return "", ""
    try:
        user, _, password = base64.b64decode(header[6:]).decode().partition(":")
    except ValueError:
        return "", ""
    return user, password


def same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())


def read_json(raw: bytes, refused: Refused) -> dict[str, Any]:
    try:
        body = json.loads(raw or b"{}")
    except (ValueError, RecursionError):
        raise refused from None
    if not isinstance(body, dict):
        raise refused
    return body


def reset_connection(request: web.Request) -> None:
    transport = request.transport
    if transport is None:
        return
    sock = transport.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


async def _read(request: web.Request) -> bytes:
    raw = b""
    async for chunk in request.content.iter_chunked(65_536):
        raw += chunk
        if len(raw) > BODY_MAX:
            raise Refused(413, {"message": "the body is too large"})
    return raw


async def _answer(request: web.Request, gateway: Gateway, handler: Handler,
                  entry: dict[str, Any]) -> Answer:
    raw = await _read(request)
    entry["request"] = raw.decode("utf-8", "replace")[:4000]
    return await handler(request, gateway, raw)


async def _serve(request: web.Request, gateway: Gateway, handler: Handler) -> web.Response:
    mode, delay_s = gateway.behaviour.mode, gateway.delay_s(gateway.behaviour.mode)
    mode = gateway.take("error_500", "slow", "reset") or "ok"
    gateway.total += 1
    entry: dict[str, Any] = {"id": gateway.total, "at": time.time(), "method": request.method,
                             "path": request.path_qs, "mode": mode, "status": None}
    gateway.calls.append(entry)
    try:
        if mode == "error_500":
            raise Refused(500, {"message": "Internal server error", "error": {
                "type": "api_error", "message": "An unknown error occurred"}, "status": 500})
        answer = await _answer(request, gateway, handler, entry)
        status, body = answer[0], answer[1]
        headers = answer[2] if len(answer) == 3 else {}
    except Refused as refused:
        status, body, headers = refused.status, refused.body, {}
        entry["error"] = body
    if mode == "slow":
        await asyncio.sleep(delay_s)
    if mode == "reset":
        reset_connection(request)
        raise asyncio.CancelledError
    entry["status"] = status
    if body is None:
        return web.Response(status=status, headers=headers)
    return web.json_response(body, status=status, headers=headers)


def routes(name: str, handler: Handler) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def serve(request: web.Request) -> web.Response:
        return await _serve(request, request.app[SIM].gateways.all[name], handler)
    return serve


async def once(gateway: Gateway, key: str, asked: str, other: Refused,
               work: Callable[[], Answer]) -> Answer:
    """Answers a repeated key as the first time; the same key for something else is refused."""
    if not key:
        return work()
    known = gateway.answers.get(key)
    if known:
        if known[0] != asked:
            raise other
        return known[1], known[2], {"Idempotent-Replayed": "true"}
    answer = work()
    gateway.remember(key, asked, answer[0], answer[1])
    return answer
