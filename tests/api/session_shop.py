"""What the tests of sessions, turns and cache share: servers, replicas, calls."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import redis as redis_client

from launcher.ports import lasting_port
from launcher.servers import Postgres, Redis
from tests.service import Service

NODE = "redis_cache_manager_consolidated"
ROOT = Path(__file__).resolve().parents[2]
# A busy machine must not look like a Redis that is gone.
PATIENT = {"REDIS_TIMEOUT_MS": "500", "QUIET_MS": "0"}
FLUSH_S = 0.2

_customers = itertools.count(5215550000000)


def new_customer() -> str:
    return str(next(_customers))


class OwnRedis:
    """A Redis of this test's own, that it can kill, freeze and start again."""

    def __init__(self, folder: Path, *, appendonly: bool) -> None:
        self.folder = folder
        self.appendonly = appendonly
        folder.mkdir(parents=True)
        (folder / "port").write_text(f"{lasting_port()}\n")
        self.server = Redis.start(folder, appendonly=appendonly)

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def client(self) -> redis_client.Redis:
        return redis_client.Redis(port=self.server.port, decode_responses=True)

    def send(self, sig: signal.Signals) -> None:
        os.kill(self.server.process.pid, sig)

    def kill(self) -> None:
        self.send(signal.SIGKILL)
        self.server.stop()

    def start(self) -> None:
        self.server = Redis.start(self.folder, appendonly=self.appendonly)

    def end(self) -> None:
        if self.server.process.alive:
            self.send(signal.SIGCONT)
        self.server.stop()


class Shop:
    """Replicas of the service over one Redis and one database, and calls of them in turn."""

    def __init__(self, start: Callable[[], Service], database: str, redis: OwnRedis) -> None:
        self.start = start
        self.database = database
        self.redis = redis
        self.replicas: list[Service] = []
        self._next = itertools.count()
        self._http = httpx.Client(timeout=20, limits=httpx.Limits(max_connections=300))

    def call(self, method: str, path: str, body: Any = None, *, replica: int | None = None,
             status: int = 200, **headers: str) -> Any:  # fmt: skip
        number = next(self._next) if replica is None else replica
        url = self.replicas[number % len(self.replicas)].url + path
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self._http.request(method, url, json=body, headers=names)
        assert answer.status_code == status, answer.text
        return answer.json()

    def load(self, customer: str, body: Any = None, **more: Any) -> Any:
        return self.call("POST", f"/v1/sessions/{customer}/load", body, **more)

    def get(self, customer: str, **more: Any) -> Any:
        return self.call("GET", f"/v1/sessions/{customer}", **more)

    def put(self, customer: str, body: Any, **more: Any) -> Any:
        return self.call("PUT", f"/v1/sessions/{customer}", body, **more)

    def patch(self, customer: str, body: Any, **more: Any) -> Any:
        return self.call("PATCH", f"/v1/sessions/{customer}", body, **more)

    def delete(self, customer: str, **more: Any) -> Any:
        return self.call("DELETE", f"/v1/sessions/{customer}", **more)

    def touch(self, customer: str, body: Any = None, **more: Any) -> Any:
        return self.call("POST", f"/v1/sessions/{customer}/touch", body, **more)

    def begin(self, customer: str, message: Any = None, **more: Any) -> Any:
        headers = {k: more.pop(k) for k in ("Idempotency_Key", "replica", "status") if k in more}
        body = {"customer_phone": customer, "message": message, **more}
        return self.call("POST", "/v1/turns/begin", body, **headers)

    def end_turn(self, customer: str, lease: str, **more: Any) -> Any:
        headers = {k: more.pop(k) for k in ("Idempotency_Key", "replica", "status") if k in more}
        body = {"customer_phone": customer, "lease": lease, **more}
        return self.call("POST", "/v1/turns/end", body, **headers)

    def stats(self, replica: int = 0) -> Any:
        return self.call("GET", "/v1/stats", replica=replica)

    def sql(self, text: str, *values: Any) -> list[tuple]:
        with psycopg.connect(self.database, autocommit=True) as connection:
            cursor = connection.execute(text, values or None)
            return cursor.fetchall() if cursor.description else []

    def wait_mode(self, mode: str, timeout_s: float = 10) -> None:
        for replica in range(len(self.replicas)):
            wait_until(lambda r=replica: self.stats(r)["store"]["mode"] == mode, timeout_s)

    def wait_flushed(self, timeout_s: float = 10) -> None:
        """Until PostgreSQL has all that the replicas hold."""
        for replica in range(len(self.replicas)):
            wait_until(lambda r=replica: self.stats(r)["store"]["waiting"] == 0, timeout_s)
        time.sleep(0.05)

    def close(self) -> None:
        self._http.close()


def wait_until(condition: Callable[[], bool], timeout_s: float) -> None:
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, f"not in {timeout_s} s"
        time.sleep(0.02)


def message(message_id: str, text: str = "quiero zapatos rojos", **more: Any) -> dict[str, Any]:
    return {"message_id": message_id, "type": "text", "text": text, **more}


def guide_session(customer: str, **more: Any) -> str:
    """The JSON that the migration guide's script stores."""
    session = {
        "id": 77,
        "customer_phone": customer,
        "customer_name": "Ana López",
        "session_state": "cart",
        "cart_data": [],
        "context_data": {"last_search": "zapatos"},
        "total_orders": 3,
        "customer_tier": "regular",
        "last_activity": "2026-11-24T12:00:00.000Z",
        "migrated_at": "2026-11-24T12:30:00.000Z",
        "version": "v2",
    }
    return json.dumps({**session, **more}, ensure_ascii=False, separators=(",", ":"))


@pytest.fixture(scope="session")
def schema_template(postgres_server: Postgres) -> str:
    """A database with the full schema, to be copied: migrating takes longer than that."""
    url = postgres_server.create_database("session_template")
    subprocess.run(
        [ROOT / "database" / "migrate.sh", "--init", url], check=True, capture_output=True
    )
    return "session_template"


_databases = itertools.count(1)


@pytest.fixture
def shop_database(postgres_server: Postgres, schema_template: str) -> Iterator[str]:
    name = f"session_{next(_databases)}"
    postgres_server.query(f"CREATE DATABASE {name} TEMPLATE {schema_template}")
    yield postgres_server.database_url(name)
    postgres_server.query(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def make_shop(service, shop_database: str, tmp_path: Path) -> Iterator[Callable[..., Shop]]:
    made: list[Shop] = []

    def make(replicas: int = 3, *, appendonly: bool = False, **env: str) -> Shop:
        redis = OwnRedis(tmp_path / f"redis{len(made)}", appendonly=appendonly)
        settings = {"REDIS_URL": redis.url, "DATABASE_URL": shop_database, **PATIENT, **env}
        shop = Shop(lambda: service(NODE, **settings), shop_database, redis)
        made.append(shop)
        shop.replicas = [shop.start() for _ in range(replicas)]
        shop.wait_mode("redis")
        return shop

    yield make
    for shop in made:
        shop.close()
        shop.redis.end()


@pytest.fixture
def shop(make_shop) -> Shop:
    return make_shop()
