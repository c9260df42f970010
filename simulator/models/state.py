"""How each API behaves at the moment, and what it was asked."""

from __future__ import annotations

import itertools
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

APIS = ("deepseek", "gemini", "openai", "compatible")
CALLS_KEPT = 500

# The models that are there, with the day on which one is withdrawn.
MODELS: dict[str, dict[str, str | None]] = {
    "deepseek": {"deepseek-flash": None, "deepseek-v4-flash": None, "deepseek-v4-pro": None},
    "gemini": {"gemini-3.5-flash-lite": None, "gemini-3.8-flash": None,
               "gemini-2.5-flash": "2026-12-01"},
    "openai": {"gpt-6-luna": None, "gpt-5.6-luna": None, "gpt-5-mini": "2026-12-11",
               "gpt-4o-mini": "2027-01-14"},
    "compatible": {"local-model": None, "meta/local-8b": None},
}

MODES = {
    "ok": "answers",
    "silent": "takes the request and says nothing",
    "trickle": "one byte of the body a second",
    "blank_lines": "blank lines while it's queued (`delay_ms`), then the body",
    "endless_blank_lines": "blank lines forever",
    "truncated": "half of the body, then the end",
    "reset": "the connection is reset",
    "wrong_json": "a body that is no JSON",
    "html": "a page of HTML with status 200",
    "nothing": "status 200 without a body",
    "no_choices": "2xx without an answer in it",
    "empty_content": "an answer without a text",
    "prose": "words instead of JSON",
    "echo": 'the text {"type": "json_object"}',
    "unknown_intent": "an intent that isn't on the list",
    "confidence_text": 'a confidence as "0.9"',
    "confidence_wrong": "a confidence of 94",
    "fenced": "JSON in a ```json fence",
    "thoughts": "thoughts before the answer, where this API puts them",
    "length": "cut off for want of tokens",
    "blocked": "refused by a filter",
    "obedient": "does what the customer says",
    "busy": "429 with `retry_after_s`",
    "quota": "429 or 402: no money",
    "bad_key": "the key isn't taken",
    "retired": "404: the model is gone",
    "bad_request": "400 for what was sent",
    "error_500": "500",
    "error_503": "503",
}


@dataclass
class Behaviour:
    mode: str = "ok"
    count: int | None = None  # for so many calls, then ok again; None: until it's changed
    delay_ms: int = 0  # before the first byte
    think_ms: int = 2500  # more, where a request leaves thinking on
    retry_after_s: float = 30
    answer: dict[str, Any] | None = None  # instead of the rules'

    def as_dict(self) -> dict[str, Any]:
        return dict(self.__dict__)


@dataclass
class Api:
    name: str
    behaviour: Behaviour
    calls: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=CALLS_KEPT))
    total: int = 0
    running: int = 0
    most_running: int = 0


class Models:
    def __init__(self, key: str, delay_ms: int) -> None:
        self.key, self.delay_ms = key, delay_ms
        self.ids = itertools.count(1)
        self.apis: dict[str, Api] = {}
        self.reset()

    def reset(self) -> None:
        self.apis = {name: Api(name, Behaviour(delay_ms=self.delay_ms)) for name in APIS}

    def take_mode(self, api: Api) -> Behaviour:
        """The behaviour for one call; counts down where it's for some calls only."""
        behaviour = Behaviour(**api.behaviour.as_dict())
        if api.behaviour.count is not None:
            api.behaviour.count -= 1
            if api.behaviour.count <= 0:
                api.behaviour.mode, api.behaviour.count = "ok", None
                api.behaviour.delay_ms = self.delay_ms
        return behaviour

    def record(self, api: Api, **call: Any) -> dict[str, Any]:
        entry = {"id": next(self.ids), "at": time.time(), **call}
        api.calls.append(entry)
        api.total += 1
        return entry
