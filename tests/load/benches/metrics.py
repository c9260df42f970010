"""metrics: events that are safe when they are answered, a hundred at a time and one by one."""

from __future__ import annotations

import json
from collections.abc import Callable

from tests.load import copy_peer, event_server, goals, programs
from tests.load.model import Bench, Goal, Peer, Request, Results, Workload
from tests.load.wrk import MARK

NODE = "lightweight_metrics"
TOKEN = "bench-token-0123456789abcdef0123456789abcdef"
CONNECTIONS = (16, 64)
BATCH = 100
# A prime number: with the marks, which repeat after a million, no id comes twice.
REQUESTS = 1009
SINGLE = "ours-single"
KINDS = ("message", "search", "intent", "cart", "reply", "status")
DATA = {
    "message": None,
    "search": {"query": "zapatos rojos", "total": 12, "latency_ms": 3.2},
    "intent": {"intent": "search_product", "source": "local", "confidence": 0.97, "latency_ms": 0.4},
    "cart": {"action": "add", "product_id": 17, "quantity": 2},
    "reply": {"latency_ms": 143.5, "ok": True},
    "status": {"status": "delivered", "phone_number_id": "106540352242922"},
}


def bench() -> Bench:
    versions = {name: programs.npm_version("fastify-pg", name) for name in ("fastify", "pg")}
    fastify = (
        f"Fastify {versions['fastify']}, pg {versions['pg']}, Node {programs.node_version()}: "
        "it counts nothing"
    )
    ours = {"SERVICE_TOKEN": TOKEN, "LOG_LEVEL": "warn", "BIND_ADDRESS": "127.0.0.1"}
    batches = Workload(requests(BATCH), check_answer(BATCH), request(0, BATCH, "not-the-token"))
    return Bench(
        name="metrics",
        title=f"metrics: events, {BATCH} a request, each once by its id, committed when answered",
        peers=(
            Peer(goals.OURS, f"{NODE}, {BATCH} events a request", programs.service(NODE), ours,
                 needs=("events:ours",)),
            Peer(SINGLE, f"{NODE}, one event a request", programs.service(NODE), ours,
                 needs=("events:ours",),
                 workload=Workload(requests(1), check_answer(1))),
            Peer("copy", f"PostgreSQL COPY, {BATCH} rows a transaction, no index",
                 copy_peer.argv(BATCH), needs=("events:copy",), start=copy_peer.start,
                 workload=Workload([copy_rows(number) for number in range(REQUESTS)], check_nothing)),
            Peer("fastify", fastify, programs.node("fastify-pg", "events.js"),
                 {"SERVICE_TOKEN": TOKEN, "NODE_ENV": "production"}, needs=("events:fastify",)),
        ),
        connections=CONNECTIONS,
        workload=batches,
        goals=(
            *(goals.ratio_at_least("copy", "COPY", n, 0.5) for n in CONNECTIONS),
            *(goals.ratio_at_least("fastify", "Fastify and pg", n, 3.0) for n in CONNECTIONS),
            singles_at_least(64, 10_000),
        ),
        starts=5,
        notes=(event_server.SETTINGS_TEXT, "ours counts meanwhile what it has stored"),
    )  # fmt: skip


def singles_at_least(connections: int, bound: float) -> Goal:
    def measure(results: Results) -> float | None:
        if results.errors(SINGLE, connections):
            return None
        return results.spread(SINGLE, connections, lambda sample: sample.requests_per_s).median

    return Goal(f"events/s one by one, {connections} connections", bound, "/s", True, measure)


def event(request_number: int, number: int) -> dict:
    kind = KINDS[(request_number + number) % len(KINDS)]
    return {
        "event_id": f"wamid.HBgN{request_number:05d}{number:03d}{MARK}:{kind}",
        "type": kind,
        "customer_key": f"52155{(request_number * 100 + number) % 5000:08d}",
        "source": "sistema_completo",
        "data": DATA[kind],
    }


def requests(events: int) -> list[Request]:
    return [request(number, events, TOKEN) for number in range(REQUESTS)]


def request(number: int, events: int, token: str) -> Request:
    listed = [event(number, each) for each in range(events)]
    body = {"events": listed} if events > 1 else listed[0]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    return Request("POST", "/v1/events", headers, json.dumps(body, separators=(",", ":")).encode())


def check_answer(events: int) -> Callable[[Request, bytes], str]:
    def check(request: Request, answer: bytes) -> str:
        try:
            found = json.loads(answer)
            if found["accepted"] + found["duplicate"] != events or found["rejected"]:
                return f"not all are taken: {answer[:200]!r}"
        except (ValueError, KeyError, TypeError) as error:
            return f"{type(error).__name__} {error} in {answer[:200]!r}"
        return ""

    return check


def check_nothing(request: Request, answer: bytes) -> str:
    return ""


def copy_rows(number: int) -> Request:
    """The rows that our service makes of the request, as COPY takes them."""
    lines = []
    for each in range(BATCH):
        one = event(number, each)
        data = r"\N" if one["data"] is None else json.dumps(one["data"], separators=(",", ":"))
        fields = [
            str(number * 8192 + each), "2026-11-24 18:00:00.123+00", "2026-11-24 18:00:00.125+00",
            one["event_id"], one["type"], one["customer_key"], one["source"], "full", data,
        ]  # fmt: skip
        lines.append("\t".join(fields) + "\n")
    return Request("COPY", "", {}, "".join(lines).encode())
