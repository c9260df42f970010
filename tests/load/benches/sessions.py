"""sessions: a customer's session read and written, and a whole turn."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

from launcher.paths import ROOT
from tests.load import goals, programs
from tests.load.model import Bench, Peer, Request, Timing, Workload
from tests.load.wrk import MARK

NODE = "redis_cache_manager_consolidated"
TOKEN = "bench-token-0123456789abcdef0123456789abcdef"
CONNECTIONS = (16, 64)
CUSTOMERS = 2_000
TURNS = 1_000
WRITE = "ours-write"
NO_SCRIPT = ROOT / "services" / "optimized_rate_limiter" / "windows.lua"


def bench() -> Bench:
    ours = {
        "SERVICE_TOKEN": TOKEN,
        "LOG_LEVEL": "warn",
        "BIND_ADDRESS": "127.0.0.1",
        "QUIET_MS": "0",
    }
    ours_argv = programs.seeded(programs.service(NODE), seed())
    webdis_argv = programs.seeded(
        programs.debian("webdis", "run.sh", "webdis", "libb64-0d", "libhiredis0.14",
                        "libevent-2.1-7", "libjansson4"), seed())  # fmt: skip
    # The script that run.sh loads is not called here.
    webdis_env = {"SCRIPT": str(NO_SCRIPT)}
    writes = Workload([put(number) for number in range(CUSTOMERS)], check_saved)
    return Bench(
        name="sessions",
        title="sessions: read one, write one, of 2,000 customers; a turn",
        peers=(
            Peer(goals.OURS, f"{NODE}, read", ours_argv, ours, needs=("redis:ours",)),
            Peer("webdis", "webdis, GET", webdis_argv, webdis_env, needs=("redis:webdis",),
                 ready_path="/PING", workload=Workload(webdis_reads(), check_webdis_read)),
            Peer(WRITE, f"{NODE}, write", ours_argv, ours, needs=("redis:write",), workload=writes),
            Peer("webdis-set", "webdis, SET", webdis_argv, webdis_env, needs=("redis:set",),
                 ready_path="/PING", workload=Workload(webdis_writes(), check_webdis_write)),
        ),
        connections=CONNECTIONS,
        workload=Workload([get(number, TOKEN) for number in range(CUSTOMERS)], check_read,
                          get(0, "not-the-token")),
        goals=(
            *(goals.ratio_between(goals.OURS, "webdis", "reads/s by webdis GET's", n, 1.2)
              for n in CONNECTIONS),
            *(goals.ratio_between(WRITE, "webdis-set", "writes/s by webdis SET's", n, 0.8)
              for n in CONNECTIONS),
            goals.timing_below("a turn, begin and end, one connection", 1.0),
        ),
        timings=(Timing("a turn, begin and end, one connection", time_turns),),
    )  # fmt: skip


def customer_of(number: int) -> str:
    return f"52155{number * 7919 % 10**8:08d}"


def parts(number: int, note: str) -> dict[str, object]:
    """Of a customer who looks around: three things in the cart, where they are in the talk."""
    cart = [
        {"sku": f"ZAP-{number % 97:03d}-{size}", "quantity": 1 + size % 3, "price": "899.00"}
        for size in (40, 41, 42)
    ]
    context = {"last_query": "zapatillas rojas", "page": number % 7, "locale": "es_MX", "note": note}
    return {"session_state": "browsing", "cart_data": cart, "context_data": context}


def document(number: int, note: str = "-----") -> str:
    """As the service stores it."""
    session = {
        "session_version": 1,
        "id": number + 1,
        "customer_phone": customer_of(number),
        "customer_name": "Ana",
        **parts(number, note),
        "total_orders": 3,
        "customer_tier": "regular",
        "last_activity": "2026-11-24T18:00:00.000Z",
        "migrated_at": None,
        "version": "v2",
    }
    return json.dumps(session, separators=(",", ":"))


def seed() -> list[list[str]]:
    return [
        ["SET", f"session:{customer_of(number)}", document(number), "EX", "86400"]
        for number in range(CUSTOMERS)
    ]


def authorised(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}


def get(number: int, token: str) -> Request:
    return Request("GET", f"/v1/sessions/{customer_of(number)}", {"Authorization": f"Bearer {token}"})


def put(number: int) -> Request:
    body = json.dumps(parts(number, MARK), separators=(",", ":")).encode()
    return Request("PUT", f"/v1/sessions/{customer_of(number)}", authorised(TOKEN), body)


def webdis_reads() -> list[Request]:
    return [
        Request("GET", f"/GET/session:{customer_of(number)}.txt", {}) for number in range(CUSTOMERS)
    ]


def webdis_writes() -> list[Request]:
    return [
        Request("PUT", f"/SET/session:{customer_of(number)}", {}, document(number, MARK).encode())
        for number in range(CUSTOMERS)
    ]


def check_read(request: Request, answer: bytes) -> str:
    try:
        found = json.loads(answer)
        customer = request.path.rpartition("/")[2]
        if not found["found"] or found["session"]["customer_phone"] != customer:
            return f"another session: {answer[:200]!r}"
        if len(found["session"]["cart_data"]) != 3:
            return f"another cart: {answer[:200]!r}"
    except (ValueError, KeyError, TypeError) as error:
        return f"{type(error).__name__} {error} in {answer[:200]!r}"
    return ""


def check_saved(request: Request, answer: bytes) -> str:
    try:
        if json.loads(answer)["saved"] is not True:
            return f"not saved: {answer[:200]!r}"
    except (ValueError, KeyError, TypeError) as error:
        return f"{type(error).__name__} {error} in {answer[:200]!r}"
    return ""


def check_webdis_read(request: Request, answer: bytes) -> str:
    customer = request.path.removeprefix("/GET/session:").removesuffix(".txt")
    try:
        fine = json.loads(answer)["customer_phone"] == customer
    except (ValueError, KeyError, TypeError):
        fine = False
    return "" if fine else f"another session: {answer[:200]!r}"


def check_webdis_write(request: Request, answer: bytes) -> str:
    return "" if b"OK" in answer else f"not set: {answer[:200]!r}"


def call(connection: http.client.HTTPConnection, path: str, body: dict[str, object]) -> dict:
    connection.request("POST", path, json.dumps(body), authorised(TOKEN))
    return json.loads(connection.getresponse().read())


def time_turns(url: str) -> Sequence[float]:
    """Milliseconds of begin and end together, this program's part included."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    times = []
    for number in range(TURNS):
        customer = customer_of(number)
        message = {"message_id": f"wamid.bench.{time.time_ns()}", "type": "text", "text": "hola"}
        start = time.perf_counter()
        begun = call(connection, "/v1/turns/begin", {"customer_phone": customer, "message": message})
        ended = call(
            connection, "/v1/turns/end",
            {"customer_phone": customer, "lease": begun["lease"]["token"],
             "session": {"context_data": {"page": number}}},
        )  # fmt: skip
        times.append((time.perf_counter() - start) * 1000)
        assert begun["turn"] and ended["ended"], (begun, ended)
    connection.close()
    return times
