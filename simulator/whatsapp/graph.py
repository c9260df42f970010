"""The Graph API's routes: messages, media, the number. Errors in Meta's shape."""

from __future__ import annotations

import asyncio
import hmac
import json
import time
from typing import Any, Awaitable, Callable

from aiohttp import web

from ..core import CALL_BODY_KEPT, SIM, Simulator
from . import media
from .errors import GraphError, bad
from .outgoing import Outgoing

BODY_MAX = 1024 * 1024
OUTGOING: web.AppKey[Outgoing] = web.AppKey("outgoing", Outgoing)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
VERSION = r"/{version:v[0-9]{2}\.[0-9]}"


def _authorise(request: web.Request) -> None:
    header = request.headers.get("Authorization", "")
    token = header[7:].strip() if header[:7].lower() == "bearer " else ""
    token = token or request.query.get("access_token", "")
    if not token:
        raise GraphError(190, message="An access token is required to request this resource.",
                         details="Authorization: Bearer <token> is missing.", subcode=458)
    expected = request.app[SIM].config.access_token
    if not hmac.compare_digest(token.encode(), expected.encode()):
        raise GraphError(190, message="Invalid OAuth access token - Cannot parse access token",
                         details="The access token is not the one of this app.", subcode=463)


def _check_number(request: web.Request) -> None:
    given = request.match_info["phone_number_id"]
    if given != request.app[SIM].config.phone_number_id:
        verb = request.method.lower()
        raise GraphError(100, f"Object with ID '{given}' does not exist.", subcode=33, message=(
            f"Unsupported {verb} request. Object with ID '{given}' does not exist, cannot be "
            "loaded due to missing permissions, or does not support this operation. Please read "
            "the Graph API documentation at https://developers.facebook.com/docs/graph-api"))


async def _read_json(request: web.Request) -> Any:
    raw = b""
    async for chunk in request.content.iter_chunked(65_536):
        raw += chunk
        if len(raw) > BODY_MAX:
            raise GraphError(100, f"The request body is larger than {BODY_MAX} bytes.", status=413)
    request["raw"] = raw
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        raise bad("The request body is not valid JSON.") from None


def graph(handler: Handler) -> Handler:
    """Authorises, answers refusals as Meta does, and puts the call on record."""
    async def wrapped(request: web.Request) -> web.StreamResponse:
        sim: Simulator = request.app[SIM]
        started, error = time.perf_counter(), None
        try:
            if sim.settings.graph_delay_ms:
                await asyncio.sleep(sim.settings.graph_delay_ms / 1000)
            _authorise(request)
            response = await handler(request)
        except GraphError as refused:
            error = refused.body()
            response = web.json_response(error, status=refused.status)
            if refused.status == 401:
                response.headers["WWW-Authenticate"] = (
                    f'OAuth "Facebook Platform" "invalid_token" "{refused.message}"')
        raw = request.get("raw", b"")
        sim.add_call({"method": request.method, "path": request.path, "status": response.status,
                      "latency_ms": round((time.perf_counter() - started) * 1000, 2),
                      "request": raw[:CALL_BODY_KEPT].decode("utf-8", "replace"),
                      "error": error["error"] if error else None})
        return response
    return wrapped


@graph
async def post_message(request: web.Request) -> web.StreamResponse:
    _check_number(request)
    body = await _read_json(request)
    return web.json_response(request.app[OUTGOING].send(body))


@graph
async def get_number(request: web.Request) -> web.StreamResponse:
    """`/{id}`: the number, or a media id; Meta gives both the same path."""
    sim = request.app[SIM]
    given = request.match_info["phone_number_id"]
    if given == sim.config.phone_number_id:
        return web.json_response({
            "verified_name": "Tienda", "display_phone_number": sim.config.display_phone_number,
            "quality_rating": "GREEN", "id": given, "platform_type": "CLOUD_API",
            "throughput": {"level": "STANDARD"}})
    item = sim.media.get(given)
    if not item:
        _check_number(request)
        raise AssertionError("unreachable: the number was compared above")
    base = f"{request.scheme}://{request.host}"
    return web.json_response(media.metadata(item, sim.media.url(base, item.id)))


@graph
async def delete_media(request: web.Request) -> web.StreamResponse:
    if not request.app[SIM].media.remove(request.match_info["phone_number_id"]):
        _check_number(request)
        raise bad("The phone number itself can't be deleted.")
    return web.json_response({"success": True})


@graph
async def post_media(request: web.Request) -> web.StreamResponse:
    _check_number(request)
    if not request.content_type.startswith("multipart/"):
        raise bad("The parameter file is required.")
    data, mime_type, filename, fields = await read_upload(request)
    if fields.get("messaging_product") != "whatsapp":
        raise bad("The parameter messaging_product is required.")
    if data is None:
        raise bad("The parameter file is required.")
    item = request.app[SIM].media.add(data, fields.get("type") or mime_type, filename, True)
    return web.json_response({"id": item.id})


async def read_upload(request: web.Request
                      ) -> tuple[bytes | None, str, str | None, dict[str, str]]:
    """(data, type, name, other fields) of a multipart form, never more than the largest media."""
    data, mime_type, filename = None, "application/octet-stream", None
    fields: dict[str, str] = {}
    reader = await request.multipart()
    async for part in reader:
        limit = media.UPLOAD_MAX if part.name == "file" else 1024
        content = bytearray()
        while chunk := await part.read_chunk(65_536):
            content += chunk
            if len(content) > limit:
                raise GraphError(131053, f"Field {part.name} is larger than {limit} bytes.")
        if part.name == "file":
            data, filename = bytes(content), part.filename
            mime_type = part.headers.get("Content-Type", mime_type)
        elif part.name and len(fields) < 20:
            fields[part.name] = content.decode("utf-8", "replace")
    return data, mime_type, filename, fields


@graph
async def download_media(request: web.Request) -> web.StreamResponse:
    query = request.query
    item = request.app[SIM].media.by_url(query.get("mid", ""), query.get("ext", ""),
                                         query.get("hash", ""))
    if not item:
        return web.Response(status=404, text="URL signature expired")
    return web.Response(body=item.data, headers={"Content-Type": item.mime_type})


@graph
async def unknown_path(request: web.Request) -> web.StreamResponse:
    tail = request.path.split("/", 2)[-1]
    raise GraphError(2500, message=f"Unknown path components: /{tail}", details="No such endpoint.")


def setup(app: web.Application) -> None:
    outgoing = app[OUTGOING] = Outgoing(app[SIM])

    async def stop(_: web.Application) -> None:
        outgoing.cancel()

    app.on_cleanup.append(stop)
    number = VERSION + "/{phone_number_id:[0-9]+}"
    app.add_routes([
        web.post(number + "/messages", post_message), web.post(number + "/media", post_media),
        web.get(number, get_number), web.delete(number, delete_media),
        web.get("/whatsapp_business/attachments/", download_media),
        web.route("*", VERSION + "/{rest:.*}", unknown_path),
    ])
