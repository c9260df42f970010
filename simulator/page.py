"""The chat page: its files, its live events, its catalogue. Nothing from outside."""

from __future__ import annotations

import asyncio
from pathlib import Path

from aiohttp import web

from .catalogue import Catalogue
from .core import SIM
from .pictures import colours
from .problems import Problem

WEB = Path(__file__).parent / "web"
HEARTBEAT_S = 15
CATALOGUE: web.AppKey[Catalogue] = web.AppKey("catalogue", Catalogue)
# Pictures the shop sends by address show where that address is this machine; others as a link.
POLICY = ("default-src 'self'; img-src 'self' data: blob: http://127.0.0.1:* http://localhost:*; "
          "media-src 'self' blob:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'")


async def get_page(request: web.Request) -> web.FileResponse:
    return web.FileResponse(WEB / "index.html", headers={
        "Content-Security-Policy": POLICY, "Cache-Control": "no-cache",
        "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff"})


async def get_health(request: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


async def get_catalogue(request: web.Request) -> web.Response:
    return web.json_response({"products": request.app[CATALOGUE].products()})


async def get_demo_picture(request: web.Request) -> web.Response:
    """A drawn picture of a product of the catalogue: the demo shop has no photographs."""
    product = request.app[CATALOGUE].find(request.match_info["sku"])
    if product is None:
        raise Problem(404, "no such product")
    kind = colours.kind_of(product["name"], product.get("category", ""))
    body = colours.picture(kind, colours.colour_of(product.get("colors", ""), kind))
    return web.Response(body=body, content_type="image/png",
                        headers={"Cache-Control": "max-age=3600"})


async def get_events(request: web.Request) -> web.StreamResponse:
    """Server-sent events. A page that falls behind is closed, and starts again from the state."""
    hub = request.app[SIM].hub
    queue = hub.subscribe()
    if queue is None:
        raise Problem(503, "too many open pages")
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream",
                                           "Cache-Control": "no-store", "X-Accel-Buffering": "no"})
    try:
        await response.prepare(request)
        await response.write(b"retry: 1000\nevent: hello\ndata: {}\n\n")
        while True:
            try:
                text = await asyncio.wait_for(queue.get(), HEARTBEAT_S)
            except asyncio.TimeoutError:
                text = ": beat\n\n"
            if text is None:
                break
            await response.write(text.encode("utf-8", "replace"))
    except (ConnectionResetError, ConnectionError):
        pass
    finally:
        hub.unsubscribe(queue)
    return response


def setup(app: web.Application) -> None:
    app[CATALOGUE] = Catalogue(app[SIM].config.catalogue)

    async def close(_: web.Application) -> None:
        app[SIM].hub.close()

    app.on_shutdown.append(close)
    app.add_routes([
        web.get("/", get_page), web.get("/healthz", get_health),
        web.get("/sim/catalogue", get_catalogue), web.get("/sim/events", get_events),
        web.get(r"/media-demo/{sku:[\w.-]+}.png", get_demo_picture),
        web.static("/web", WEB),
    ])
