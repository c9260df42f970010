"""Bodies and numbers of requests to /sim, and RFC 9457 problems where they're wrong."""

from __future__ import annotations

import json
from typing import Any, Awaitable, Callable

from aiohttp import web

from .settings import SettingsError
from .state import StateError
from .whatsapp.delivery import DeliveryError
from .whatsapp.inbound import InboundError

BODY_MAX = 4 * 1024 * 1024
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
    except (StateError, SettingsError, InboundError) as error:
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
