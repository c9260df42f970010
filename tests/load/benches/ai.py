"""ai: what the cascade adds to a model, beside a gateway that only passes calls on."""

from __future__ import annotations

import json
import statistics
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from launcher.paths import build_folder
from launcher.ports import LOOPBACK, free_port
from tests.accuracy import heldout
from tests.load import goals, models_server, programs, wrk
from tests.load.model import Bench, BenchError, Fact, Goal, Peer, Request, Results, Workload

NODE = "ai_provider_ultra_optimized"
TOKEN = "bench-token-0123456789abcdef0123456789abcdef"
CONNECTIONS = (1, 16)
SLOW = "ours-slow"
SLOW_MS = 300
AT_ONCE = 200
SECONDS_AT_ONCE = 5
P95 = f"p95, {AT_ONCE} connections, a model of {SLOW_MS} ms"
BY_MODEL = f"answers by the model, {AT_ONCE} connections"
MEMORY = f"resident memory, peak, after {AT_ONCE} connections"
CLASSIFIER = "classifier, a message on one core, median"
TEXTS = (
    "me urge algo para el cumple de mi sobrina",
    "oye y de esas que salen en la tele hay?",
    "quisiera unas como las del otro dia pero mas grandes",
    "pues no se, lo que me recomiendes para la lluvia",
    "tendran de los que usan los doctores",
)
# As long as what our service sends; a gateway passes it on unread.
INSTRUCTIONS = "Classify what a customer of a shop wants. Answer in JSON only. " * 30


def bench() -> Bench:
    fast, slow = free_port(), free_port()
    version = programs.npm_version("portkey", "@portkey-ai/gateway")
    return Bench(
        name="ai",
        title="ai: one message that a model has to decide, by an instant model beside it",
        peers=(
            _ours(goals.OURS, f"{NODE}, POST /v1/intent", fast, 0),
            Peer("portkey", f"Portkey gateway {version}, Node {programs.node_version()}",
                 _headless(programs.node("portkey", "node_modules/@portkey-ai/gateway/build/"
                                         "start-server.js")),
                 {"NODE_ENV": "production"}, needs=(f"model:{fast}:0",), ready_path="/",
                 workload=Workload([_portkey(text, fast) for text in TEXTS], check_completion),
                 ready_timeout_s=30),
            models_server.model_peer(
                "direct", 0, Workload([_completion(text) for text in TEXTS], check_completion)),
            _ours(SLOW, f"{NODE}, a model of {SLOW_MS} ms", slow, SLOW_MS),
        ),
        connections=CONNECTIONS,
        workload=Workload([_intent(text, TOKEN) for text in TEXTS], check_answer,
                          _intent(TEXTS[0], "not-the-token")),
        goals=(
            Goal("added to the model, p50, one connection", 0.3, "ms", False, _added_ms),
            goals.ratio_at_least("portkey", "Portkey", 16, 6.0),
            Goal("Portkey's memory by ours", 10, "", True, _memory_ratio),
            _fact_below(CLASSIFIER, 50, "us"),
            _fact_below(P95, 500, "ms"),
            Goal(BY_MODEL, 99, "%", True, lambda results: results.facts[BY_MODEL]),
            _fact_below(MEMORY, 64, "MB"),
        ),
        starts=3,
        facts=[
            Fact(P95, "ms", lambda running: _at_once(running)[0]),
            Fact(BY_MODEL, "%", lambda running: _at_once(running)[1]),
            Fact(MEMORY, "MB", lambda running: running[SLOW].memory_mb()[1]),
            Fact(CLASSIFIER, "us", _classifier_us),
        ],
        notes=("Neither the cache nor the classifier answers: each message reaches the model",),
    )  # fmt: skip


def _ours(key: str, label: str, port: int, delay_ms: int) -> Peer:
    settings = {
        "SERVICE_TOKEN": TOKEN, "LOG_LEVEL": "warn", "BIND_ADDRESS": "127.0.0.1",
        "CLASSIFIER_THRESHOLD": "2", "CACHE_TTL_S": "0", "AI_API_KEY_BENCH": "bench-key",
    }  # fmt: skip
    needs = (f"model:{port}:{delay_ms}", f"provider:{port}", f"redis:{key}")
    return Peer(
        key, label, programs.service(NODE), settings, needs=needs, ready_path="/v1/providers",
        ready_headers=_authorised(TOKEN), ready=_is_usable,
    )  # fmt: skip


def _is_usable(body: bytes) -> bool:
    return any(one["usable"] for one in json.loads(body)["providers"])


def _headless(argv: programs.Argv) -> programs.Argv:
    return lambda port, folder: [*argv(port, folder), "--headless", f"--port={port}"]


def _authorised(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}


def _intent(text: str, token: str) -> Request:
    """Of another customer each time, whose messages of the day are counted."""
    body = {"text": text, "customer_phone": f"52155{wrk.MARK}"}
    return Request("POST", "/v1/intent", _authorised(token), json.dumps(body).encode())


def _completion(text: str, headers: Mapping[str, str] | None = None) -> Request:
    body = {
        "model": models_server.MODEL,
        "messages": [
            {"role": "system", "content": INSTRUCTIONS},
            {"role": "user", "content": json.dumps({"message": text})},
        ],
        "response_format": {"type": "json_object"},
        "max_completion_tokens": 150,
        "stream": False,
    }
    return Request("POST", "/v1/chat/completions", {**_authorised("bench-key"), **(headers or {})},
                   json.dumps(body).encode())  # fmt: skip


def _portkey(text: str, port: int) -> Request:
    host = f"http://{LOOPBACK}:{port}/v1"
    return _completion(text, {"x-portkey-provider": "openai", "x-portkey-custom-host": host})


def check_answer(request: Request, answer: bytes) -> str:
    try:
        found = json.loads(answer)
        if (found["source"], found["intent"]) != ("bench", "search_product"):
            return f"not by the model: {answer[:300]!r}"
    except (ValueError, KeyError, TypeError) as error:
        return f"{type(error).__name__} {error} in {answer[:200]!r}"
    return ""


def check_completion(request: Request, answer: bytes) -> str:
    try:
        content = json.loads(answer)["choices"][0]["message"]["content"]
        return "" if json.loads(content)["intent"] == "search_product" else f"{answer[:200]!r}"
    except (ValueError, KeyError, IndexError, TypeError) as error:
        return f"{type(error).__name__} {error} in {answer[:200]!r}"


def _added_ms(results: Results) -> float | None:
    if results.errors(goals.OURS, 1) or results.errors("direct", 1):
        return None
    ours, direct = (results.samples[key, 1] for key in (goals.OURS, "direct"))
    return statistics.median(mine.p50_ms - model.p50_ms for mine, model in zip(ours, direct))


def _memory_ratio(results: Results) -> float:
    return results.footprints["portkey"].peak_mb / results.footprints[goals.OURS].peak_mb


def _fact_below(name: str, bound: float, unit: str) -> Goal:
    return Goal(name, bound, unit, False, lambda results: results.facts[name])


_loads: dict[int, tuple[float, float]] = {}


def _at_once(running: Mapping[str, Any]) -> tuple[float, float]:
    """p95 in ms, and the share of answers in % that the model gave: by keywords all are fast."""
    server = running[SLOW]
    if server.port not in _loads:
        with tempfile.NamedTemporaryFile() as file:
            wrk.write_requests(Path(file.name), [_intent(text, TOKEN) for text in TEXTS])
            before = _answered(server)
            sample = server.load(Path(file.name), AT_ONCE, SECONDS_AT_ONCE)
            after = _answered(server)
        if sample.errors or not sample.requests:
            raise BenchError(f"{sample.errors} errors in {sample.requests} requests at once")
        _loads[server.port] = sample.p95_ms, min(100.0, 100 * (after - before) / sample.requests)
    return _loads[server.port]


def _answered(server: Any) -> int:
    _, body = server.ask(Request("GET", "/v1/providers", _authorised(TOKEN)))
    (provider,) = (one for one in json.loads(body)["providers"] if one["usable"])
    return provider["answered"]


def _classifier_us(running: Mapping[str, Any]) -> float:
    """In the process itself, of the held-out messages."""
    program = build_folder() / heldout.PROGRAM
    if not program.exists():
        raise BenchError(f"{program.name} isn't built: cmake --build --preset release")
    messages = heldout.read(heldout.HERE / "es.tsv")
    return statistics.median(answer.took_us for answer in heldout.ask(program, messages, "es"))
