"""The routes of the model APIs, and how bytes leave them in each mode."""

from __future__ import annotations

import asyncio
import hmac
import json
import socket
import struct
import time
from typing import Any

from aiohttp import web

from ..core import SIM
from . import answers, check
from .check import Refused
from .state import MODELS, Api, Behaviour

BODY_MAX = 1024 * 1024
HOLD_S = 120  # how long what never ends is kept open
BLANK_EVERY_S = 0.05
PLAIN = "application/json; charset=utf-8"


def _authorise(request: web.Request, api: str) -> None:
    expected = request.app[SIM].models.key
    if api == "gemini":
        if "key" in request.query:
            raise check.gemini_error(400, "simulator: a key belongs into x-goog-api-key, not into "
                                     "an address that is logged", "INVALID_ARGUMENT")
        given = request.headers.get("x-goog-api-key")
        if given is None:
            raise check.gemini_error(403, "Method doesn't allow unregistered callers.",
                                     "PERMISSION_DENIED")
    else:
        header = request.headers.get("Authorization", "")
        given = header[7:] if header.startswith("Bearer ") else None
        if given is None and api == "compatible" and not header:
            return
    if given is None or not hmac.compare_digest(given.encode(), expected.encode()):
        raise check.bad_key(api)


async def _read(request: web.Request, api: str) -> Any:
    if request.content_type != "application/json":
        raise (check.gemini_error(400, "Invalid JSON payload received.", "INVALID_ARGUMENT")
               if api == "gemini" else
               check.chat_error(415, "Content-Type: application/json is wanted"))
    raw = b""
    async for chunk in request.content.iter_chunked(65_536):
        raw += chunk
        if len(raw) > BODY_MAX:
            raise check.chat_error(413, "Request too large")
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None


def _json(status: int, body: Any, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(status=status, body=json.dumps(body).encode(), headers=headers,
                        content_type="application/json")


def _reset(request: web.Request) -> None:
    transport = request.transport
    if transport is None:
        return
    sock = transport.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


async def _hold(request: web.Request) -> None:
    """Says nothing until the caller has enough."""
    until = time.monotonic() + HOLD_S
    while time.monotonic() < until and request.transport and not request.transport.is_closing():
        await asyncio.sleep(BLANK_EVERY_S)


async def _begin(request: web.Request, length: int | None = None) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": PLAIN})
    if length is not None:
        response.content_length = length
    await response.prepare(request)
    return response


async def _trickle(request: web.Request, body: bytes) -> web.StreamResponse:
    response = await _begin(request)
    for at in range(len(body)):
        await response.write(body[at:at + 1])
        await asyncio.sleep(1)
    return response


async def _blank(request: web.Request, body: bytes, seconds: float) -> web.StreamResponse:
    response = await _begin(request)
    until = time.monotonic() + seconds
    await response.write(b"\n")
    while time.monotonic() < until:
        await asyncio.sleep(BLANK_EVERY_S)
        await response.write(b"\n")
    await response.write(body)
    return response


async def _send(request: web.Request, behaviour: Behaviour, body: bytes) -> web.StreamResponse:
    """The body of a 200 in the ways of the mode."""
    mode = behaviour.mode
    if mode == "silent":
        await _hold(request)
        raise asyncio.CancelledError
    if mode == "trickle":
        return await _trickle(request, body)
    if mode == "blank_lines":
        return await _blank(request, body, behaviour.delay_ms / 1000)
    if mode == "endless_blank_lines":
        return await _blank(request, body, HOLD_S)
    if mode == "truncated":
        response = await _begin(request, len(body))
        await response.write(body[:len(body) // 2])
        if request.transport is not None:
            request.transport.close()
        return response
    if mode == "reset":
        _reset(request)
        raise asyncio.CancelledError
    if mode == "html":
        return web.Response(text=answers.HTML, content_type="text/html")
    if mode == "nothing":
        return web.Response()
    if mode == "wrong_json":
        body = body[:-2] + b",}"
    return web.Response(body=body, headers={"Content-Type": PLAIN})


async def _answer(request: web.Request, api: Api, model: str, body: Any, behaviour: Behaviour,
                  entry: dict[str, Any]) -> web.StreamResponse:
    name = api.name
    if name == "gemini":
        check.check_gemini(model, body, MODELS[name])
    else:
        check.check_chat(name, body, MODELS[name])
    entry["text"] = answers.user_turn(name, body)
    if behaviour.mode != "blank_lines":
        thinking = behaviour.think_ms if answers.thinks(name, model, body) else 0
        await asyncio.sleep((behaviour.delay_ms + thinking) / 1000)
    refused = answers.failure(name, model, behaviour)
    if refused is not None:
        raise refused
    return await _send(request, behaviour, answers.good(name, model, behaviour, body, entry["id"]))


async def _serve(request: web.Request, name: str) -> web.StreamResponse:
    models = request.app[SIM].models
    api = models.apis[name]
    started = time.perf_counter()
    entry = models.record(api, path=request.path, mode=api.behaviour.mode, status=None)
    api.running += 1
    api.most_running = max(api.most_running, api.running)
    try:
        _authorise(request, name)
        body = await _read(request, name)
        entry["request"] = body
        model = request.match_info.get("model")
        if model is None and isinstance(body, dict):
            model = body.get("model")
        behaviour = models.take_mode(api)
        response = await _answer(request, api, str(model or ""), body, behaviour, entry)
        entry["status"] = response.status
        return response
    except Refused as refused:
        entry["status"], entry["error"] = refused.status, refused.body
        return _json(refused.status, refused.body, refused.headers)
    except ConnectionError:
        entry["cut"] = True  # by the caller, who had enough
        raise
    finally:
        api.running -= 1
        entry["took_ms"] = round((time.perf_counter() - started) * 1000, 1)


async def post_deepseek(request: web.Request) -> web.StreamResponse:
    return await _serve(request, "deepseek")


async def post_openai(request: web.Request) -> web.StreamResponse:
    return await _serve(request, "openai")


async def post_compatible(request: web.Request) -> web.StreamResponse:
    return await _serve(request, "compatible")


async def post_gemini(request: web.Request) -> web.StreamResponse:
    return await _serve(request, "gemini")


def _listed(name: str, model: str, ends: str | None) -> dict[str, Any]:
    entry: dict[str, Any] = {"id": model, "object": "model", "owned_by": name}
    if name == "openai":
        entry["shutdown_date"] = ends
    return entry


async def get_models(request: web.Request) -> web.StreamResponse:
    name = request.path.split("/")[2]
    try:
        _authorise(request, name)
        if request.app[SIM].models.apis[name].behaviour.mode == "bad_key":
            raise check.bad_key(name)
    except Refused as refused:
        return _json(refused.status, refused.body)
    return _json(200, {"object": "list", "data": [
        _listed(name, model, ends) for model, ends in MODELS[name].items()]})


async def get_gemini_model(request: web.Request) -> web.StreamResponse:
    model = request.match_info["model"]
    try:
        _authorise(request, "gemini")
        if model not in MODELS["gemini"]:
            raise check.no_model("gemini", model)
    except Refused as refused:
        return _json(refused.status, refused.body)
    return _json(200, {"name": f"models/{model}", "displayName": model,
                       "supportedGenerationMethods": ["generateContent"]})


def setup(app: web.Application) -> None:
    model = r"{model:[^/:]{1,100}}"
    app.add_routes([
        web.post("/ai/deepseek/chat/completions", post_deepseek),
        web.post("/ai/deepseek/v1/chat/completions", post_deepseek),
        web.get("/ai/deepseek/models", get_models),
        web.get("/ai/deepseek/v1/models", get_models),
        web.post("/ai/openai/v1/chat/completions", post_openai),
        web.get("/ai/openai/v1/models", get_models),
        web.post("/ai/compatible/v1/chat/completions", post_compatible),
        web.get("/ai/compatible/v1/models", get_models),
        web.post(f"/ai/gemini/v1beta/models/{model}:generateContent", post_gemini),
        web.get(f"/ai/gemini/v1beta/models/{model}", get_gemini_model),
    ])
