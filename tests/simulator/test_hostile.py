"""Whatever is sent, the answer is Meta's refusal or a problem, never a crash."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from tests.simulator.helper import ANA, SimulatorProcess
from tests.simulator.test_control import TYPES
from tests.simulator.test_refusals import AT_THE_LIMIT

ODD = [None, 0, -1.5, "", "x", [], [None], {}, {"x": None}, True, "\ud800\u0000ñ", 10**30]
TEMPLATE = {"type": "template", "template": {"name": "x", "language": {"code": "es"}, "components": [
    {"type": "body", "parameters": [{"type": "text", "text": "a"}]},
    {"type": "button", "sub_type": "quick_reply", "parameters": [{"payload": "p"}]}]}}
SENT = {"to": ANA, "context": {"message_id": "wamid.x"}, "biz_opaque_callback_data": "x"}


def mutations(value: Any, path: tuple = ()) -> Iterator[tuple]:
    """The path of every node, deepest last."""
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else (
        enumerate(value[:2]) if isinstance(value, list) else ())
    for name, inner in items:
        yield from mutations(inner, (*path, name))


def mutated(value: Any, path: tuple, odd: Any) -> Any:
    changed = copy.deepcopy(value)
    node = changed
    for name in path[:-1]:
        node = node[name]
    node[path[-1]] = odd
    return changed


CASES = {**AT_THE_LIMIT, "template": TEMPLATE, "read": {"status": "read", "message_id": "wamid.x",
                                                        "typing_indicator": {"type": "text"}}}


@pytest.mark.parametrize("name", CASES)
def test_sends(simulator: SimulatorProcess, name: str) -> None:
    simulator.settings(statuses=False)
    simulator.say("hola")
    message = {**SENT, **CASES[name]}
    for path in mutations(message):
        for odd in ODD:
            answer = simulator.send(mutated(message, path, odd)) if odd != "\ud800\u0000ñ" else (
                simulator.send(mutated(message, path, "\u0000ñ")))
            assert answer.status_code in (200, 400, 404), (path, odd, answer.text)
            assert "messages" in answer.json() or "error" in answer.json() or "success" in answer.json()
    assert simulator.http.get(f"/sim/customers/{ANA}/messages").status_code == 200


@pytest.mark.parametrize("number", range(len(TYPES)))
def test_what_a_customer_sends(simulator: SimulatorProcess, number: int) -> None:
    simulator.settings(webhook_url=None)
    spec = TYPES[number][0]
    for path in mutations(spec):
        for odd in ODD[:-2]:
            answer = simulator.http.post(f"/sim/customers/{ANA}/messages", json=mutated(spec, path, odd))
            assert answer.status_code in (201, 400), (path, odd, answer.text)
    assert simulator.http.get(f"/sim/customers/{ANA}/messages").status_code == 200


@pytest.mark.parametrize("path", ["customers", f"customers/{ANA}/press", f"customers/{ANA}/change-number",
                                  "batch", "webhooks", "handshake", "settings"])
def test_control_bodies(simulator: SimulatorProcess, path: str) -> None:
    simulator.settings(webhook_url=None)
    method = "PUT" if path == "settings" else "POST"
    names = ["wa_id", "user_id", "username", "name", "id", "title", "message_id", "style", "messages",
             "layout", "statuses", "raw", "raw_base64", "body", "signature", "url", "templates"]
    for body in [*ODD[:-2], *({name: odd} for name in names for odd in ODD[:-2]),
                 {"messages": [{"customer": ANA, "type": "text", "text": "x"}], "layout": []},
                 {"messages": [{"customer": ANA, "type": "text", "text": "x"}], "statuses": [1]}]:
        answer = simulator.http.request(method, f"/sim/{path}", json=body)
        assert answer.status_code < 500, (body, answer.text)
