"""What the tests of the rate limiter share."""

from __future__ import annotations

import http.client
import itertools
import json
import select
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

from tests.service import Service

NODE = "optimized_rate_limiter"
DATABASE = Path(__file__).resolve().parents[2] / "database"
# What a call may take when a server behind it is in trouble: 50 ms by contract, and what a
# busy machine adds.
CALL_MAX_S = 0.05 + 0.2
# Where Redis is well and the test isn't about time, a busy machine must not make it look gone.
PATIENT = {"REDIS_TIMEOUT_MS": "2000"}

_numbers = itertools.count(1)
_connections = threading.local()


def new_customer() -> str:
    return f"52155{next(_numbers):08d}"


def new_message() -> str:
    return f"wamid.{next(_numbers)}"


def was_closed(connection: http.client.HTTPConnection) -> bool:
    """Whether the other end hung up since the last answer: an idle connection has nothing to read
    but its end. A service closes what was idle for long, and a port can belong to the next one."""
    if connection.sock is None:
        return True
    readable, _, _ = select.select([connection.sock], [], [], 0)
    return bool(readable)


def ask(svc: Service, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    """Status and answer, over a connection that the thread keeps."""
    kept = _connections.__dict__.setdefault("kept", {})
    connection = kept.get(svc.port)
    if connection is None or was_closed(connection):
        connection = kept[svc.port] = http.client.HTTPConnection("127.0.0.1", svc.port, timeout=30)
    content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    try:
        connection.request(method, path, content, {"Content-Type": "application/json", **headers})
        answer = connection.getresponse()
        read = answer.read()
    except (OSError, http.client.HTTPException):
        connection.close()
        kept.pop(svc.port)
        raise
    return answer.status, json.loads(read) if read else None


def fine(svc: Service, method: str, path: str, body: Any = None) -> Any:
    status, answer = ask(svc, method, path, body)
    assert status == 200, answer
    return answer


def check(svc: Service, customer: str, message_id: str | None = None, **more: Any) -> dict:
    body = {"customer_phone": customer, **more}
    if message_id is not None:
        body["message_id"] = message_id
    return fine(svc, "POST", "/v1/check", body)


def refund(svc: Service, customer: str, message_id: str) -> bool:
    body = {"customer_phone": customer, "message_id": message_id}
    return fine(svc, "POST", "/v1/refund", body)["refunded"]


def block(svc: Service, customer: str, for_s: int) -> dict:
    return fine(svc, "POST", "/v1/block", {"customer_phone": customer, "for_s": for_s})


def look(svc: Service, customer: str, query: str = "") -> dict:
    return fine(svc, "GET", f"/v1/limits/{quote(customer, safe='')}{query}")


def reset(svc: Service, customer: str) -> dict:
    return fine(svc, "DELETE", f"/v1/limits/{quote(customer, safe='')}")


def put_tier(svc: Service, name: str, minute: int, hour: int, day: int, **more: Any) -> dict:
    body = {"max_per_minute": minute, "max_per_hour": hour, "max_per_day": day, **more}
    return fine(svc, "PUT", f"/v1/tiers/{name}", body)["tier"]


def migrate(url: str) -> str:
    """The full schema, with the tiers of the guide."""
    result = subprocess.run(
        [DATABASE / "migrate.sh", "--init", url], capture_output=True, text=True,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin"},
    )  # fmt: skip
    assert result.returncode == 0, result.stdout + result.stderr
    return url


def execute(url: str, sql: str, parameters: Sequence[Any] = ()) -> list[tuple]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(sql, parameters)
        return cursor.fetchall() if cursor.description else []


def until(condition: Callable[[], Any], timeout_s: float, what: str) -> Any:
    """What the condition gives once it is true."""
    end = time.monotonic() + timeout_s
    while not (found := condition()):
        assert time.monotonic() < end, f"not in {timeout_s} s: {what}"
        time.sleep(0.05)
    return found


def metric(svc: Service, name: str) -> float:
    connection = http.client.HTTPConnection("127.0.0.1", svc.port, timeout=30)
    connection.request("GET", "/metrics")
    lines = connection.getresponse().read().decode().splitlines()
    connection.close()
    return sum(float(line.split()[-1]) for line in lines if line.split("{")[0].split()[0] == name)


def in_parallel(threads: int, work: Callable[[int], Any]) -> list[Any]:
    """What WORK gives for each number, all begun at once."""
    results: list[Any] = [None] * threads
    barrier = threading.Barrier(threads)

    def run(number: int) -> None:
        barrier.wait()
        try:
            results[number] = work(number)
        except BaseException as error:
            results[number] = error

    running = [threading.Thread(target=run, args=(number,)) for number in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results
