"""What the tests of the metrics service share."""

from __future__ import annotations

import itertools
import json
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from launcher.servers import Postgres
from tests.service import Service

NODE = "lightweight_metrics"
DATABASE = Path(__file__).resolve().parents[2] / "database"
# Own events are counted within two seconds by contract; a busy machine gets more.
SOON_S = 8
PROJECTIONS = (
    "metrics_counts", "metrics_histogram", "metrics_customers", "metrics_terms", "metrics_costs",
    "metrics_labels",
)  # fmt: skip

_numbers = itertools.count(1)


def migrate(url: str) -> str:
    result = subprocess.run(
        [DATABASE / "migrate.sh", "--init", url], capture_output=True, text=True,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin"},
    )  # fmt: skip
    assert result.returncode == 0, result.stdout + result.stderr
    return url


@pytest.fixture(scope="session")
def metrics_template(postgres_server: Postgres) -> str:
    """The name of a database with the full schema, to be copied."""
    migrate(postgres_server.create_database("metrics_template"))
    return "metrics_template"


@pytest.fixture
def metrics_database(postgres_server: Postgres, metrics_template: str) -> Iterator[str]:
    name = f"metrics_{next(_numbers)}"
    postgres_server.query(f"CREATE DATABASE {name} TEMPLATE {metrics_template}")
    yield postgres_server.database_url(name)
    postgres_server.query(f"DROP DATABASE {name} WITH (FORCE)")


def execute(url: str, sql: str, parameters: Any = ()) -> list[tuple]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(sql, parameters)
        return cursor.fetchall() if cursor.description else []


def call(svc: Service, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        svc.url + path, content, {"Content-Type": "application/json", **headers}, method=method
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            status, text = answer.status, answer.read()
    except urllib.error.HTTPError as error:
        status, text = error.code, error.read()
    return status, json.loads(text) if text else None


def send(svc: Service, *events: dict, path: str = "/v1/events") -> dict:
    status, answer = call(svc, "POST", path, {"events": list(events)})
    assert status == 200, answer
    return answer


def event(kind: str = "message", event_id: str | None = None, **members: Any) -> dict:
    return {"event_id": event_id or f"e{next(_numbers)}", "type": kind, **members}


def until(condition: Callable[[], Any], what: str, timeout_s: float = SOON_S) -> Any:
    end = time.monotonic() + timeout_s
    while not (found := condition()):
        assert time.monotonic() < end, f"not in {timeout_s} s: {what}"
        time.sleep(0.02)
    return found


def counted(url: str, name: str, granularity: str = "d") -> dict[str, int]:
    """What is counted under NAME, by dimension."""
    rows = execute(
        url,
        "SELECT dimension, sum(count)::bigint FROM metrics_counts "
        "WHERE granularity = %s AND name = %s GROUP BY 1",
        (granularity, name),
    )
    return dict(rows)


def wait_counted(url: str, events: int, timeout_s: float = SOON_S) -> None:
    def enough() -> bool:
        return sum(counted(url, "events").values()) >= events

    until(enough, f"{events} events are counted", timeout_s)


def projections(url: str) -> dict[str, list[tuple]]:
    return {name: sorted(execute(url, f"SELECT * FROM {name}")) for name in PROJECTIONS}
