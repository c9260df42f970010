"""/sim/models: how each API behaves, and what it was asked."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from ..core import SIM
from ..problems import Problem, number, read_object
from .state import APIS, MODES, Api, Behaviour

CALLS_MAX = 500


def the_api(request: web.Request) -> Api:
    name = request.match_info["api"]
    if name not in APIS:
        raise Problem(404, f"no API {name}: one of {', '.join(APIS)}")
    return request.app[SIM].models.apis[name]


def as_dict(api: Api) -> dict[str, Any]:
    return {"name": api.name, **api.behaviour.as_dict(), "calls": api.total,
            "running": api.running, "most_running": api.most_running}


def _integer(body: dict[str, Any], name: str, high: int) -> None:
    value = body.get(name)
    if name in body and not (isinstance(value, (int, float)) and not isinstance(value, bool)
                             and 0 <= value <= high):
        raise Problem(400, f"{name}: from 0 to {high}")


def read_behaviour(body: dict[str, Any], delay_ms: int) -> Behaviour:
    unknown = sorted(set(body) - set(Behaviour().as_dict()))
    if unknown:
        raise Problem(400, f"unknown: {unknown[0]}")
    if body.get("mode", "ok") not in MODES:
        raise Problem(400, f"mode: one of {', '.join(MODES)}")
    for name, high in (("delay_ms", 600_000), ("think_ms", 600_000), ("retry_after_s", 86_400)):
        _integer(body, name, high)
    count = body.get("count")
    if count is not None and (not isinstance(count, int) or isinstance(count, bool) or count < 1):
        raise Problem(400, "count: from 1, or null")
    if body.get("answer") is not None and not isinstance(body["answer"], dict):
        raise Problem(400, "answer: an object, or null")
    return Behaviour(**{"delay_ms": delay_ms, **body})


async def get_all(request: web.Request) -> web.Response:
    models = request.app[SIM].models
    return web.json_response({"modes": MODES,
                              "apis": [as_dict(models.apis[name]) for name in APIS]})


async def get_api(request: web.Request) -> web.Response:
    return web.json_response(as_dict(the_api(request)))


async def put_api(request: web.Request) -> web.Response:
    """The whole behaviour: what isn't named is as at start."""
    api, body = the_api(request), await read_object(request)
    api.behaviour = read_behaviour(body, request.app[SIM].models.delay_ms)
    return web.json_response(as_dict(api))


async def get_calls(request: web.Request) -> web.Response:
    api = the_api(request)
    after = number(request, "after", 0, 0, 1e15)
    found = [call for call in api.calls if call["id"] > after]
    limit = int(number(request, "limit", 100, 1, CALLS_MAX))
    return web.json_response({"calls": found[-limit:], "total": len(found)})


def setup(app: web.Application) -> None:
    app.add_routes([
        web.get("/sim/models", get_all), web.get("/sim/models/{api}", get_api),
        web.put("/sim/models/{api}", put_api), web.get("/sim/models/{api}/calls", get_calls),
    ])
