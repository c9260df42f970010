"""What the tests of the product search share: the demo shop, replicas over it, calls."""

from __future__ import annotations

import itertools
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import psycopg
import pytest

from launcher.servers import Postgres
from simulator.whatsapp.check import check_envelope, check_message
from tests.service import Service

NODE = "ultra_optimized_product_search"
DATABASE = Path(__file__).resolve().parents[2] / "database"
CUSTOMER = "5215512345678"
# A change is in every replica's answers within a second; the rest is for a busy machine.
SEEN_S = 1.0
PATIENCE_S = 10.0

_databases = itertools.count(1)


def until(condition: Callable[[], Any], timeout_s: float, what: str) -> Any:
    """What the condition gives once it is true."""
    end = time.monotonic() + timeout_s
    while not (found := condition()):
        assert time.monotonic() < end, f"not in {timeout_s} s: {what}"
        time.sleep(0.02)
    return found


class Shop:
    """The demo shop's database, and services over it."""

    def __init__(self, start: Callable[..., Service], url: str) -> None:
        self._start = start
        self.url = url
        self.http = httpx.Client(timeout=20)

    def start(self, *, index: bool = True, **env: str) -> Service:
        """A replica; with INDEX once its index answers."""
        svc = self._start(NODE, DATABASE_URL=self.url, **env)
        if index:
            self.wait_index(svc)
        return svc

    def wait_index(self, svc: Service, timeout_s: float = 60) -> None:
        until(lambda: self.index(svc)["ready"], timeout_s, "the index")

    def call(self, svc: Service, method: str, path: str, body: Any = None, *,
             status: int = 200, **headers: str) -> Any:  # fmt: skip
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self.http.request(method, svc.url + path, json=body, headers=names)
        assert answer.status_code == status, answer.text
        return answer.json()

    def search(self, svc: Service, query: str | None = None, *, status: int = 200,
               **more: Any) -> Any:  # fmt: skip
        body = {**({} if query is None else {"query": query}), **more}
        answer = self.call(svc, "POST", "/v1/search", body, status=status)
        if status == 200:
            check_reply(answer["reply"])
        return answer

    def get(self, svc: Service, path: str, *, status: int = 200, **parameters: Any) -> Any:
        query = f"?{urlencode(parameters)}" if parameters else ""
        answer = self.call(svc, "GET", f"/v1/{path}{query}", status=status)
        if status == 200 and "reply" in answer:
            check_reply(answer["reply"])
        return answer

    def index(self, svc: Service) -> Any:
        return self.call(svc, "GET", "/v1/index")

    def ids(self, svc: Service, query: str, **more: Any) -> list[int]:
        return [product["id"] for product in self.search(svc, query, **more)["products"]]

    def sql(self, text: str, *values: Any) -> list[tuple]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(text, values or None)
            return cursor.fetchall() if cursor.description else []

    def one(self, text: str, *values: Any) -> Any:
        return self.sql(text, *values)[0][0]

    def add(self, name: str | None, **columns: Any) -> int:
        """A product in the table; its id."""
        row = {"name": name, "price": 100, "stock": 5, "category_id": 1, **columns}
        places = ", ".join(["%s"] * len(row))
        return self.one(f"INSERT INTO products ({', '.join(row)}) VALUES ({places}) RETURNING id",
                        *row.values())  # fmt: skip

    def is_current(self, svc: Service) -> bool:
        """Whether the index has what another, built now, would have."""
        fresh = self.start()
        try:
            return self.index(svc)["checksum"] == self.index(fresh)["checksum"]
        finally:
            fresh.stop()


def check_reply(reply: dict[str, Any]) -> None:
    """As Meta would: a reply without customer is sent to somebody."""
    message = reply if "to" in reply or "recipient" in reply else {**reply, "to": CUSTOMER}
    check_envelope(message)
    check_message(message)


def rows_of(reply: dict[str, Any]) -> list[dict[str, Any]]:
    return reply["interactive"]["action"]["sections"][0]["rows"]


def metric(svc: Service, name: str) -> float:
    lines = httpx.get(f"{svc.url}/metrics").text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.split("{")[0].split()[0] == name)


@pytest.fixture(scope="session")
def demo_template(postgres_server: Postgres) -> str:
    """A database with the demo shop, to be copied."""
    url = postgres_server.create_database("search_template")
    subprocess.run([DATABASE / "load-demo.sh", "--full", url], check=True, capture_output=True)
    return "search_template"


@pytest.fixture
def search_database(postgres_server: Postgres, demo_template: str) -> Iterator[str]:
    name = f"search_{next(_databases)}"
    postgres_server.query(f"CREATE DATABASE {name} TEMPLATE {demo_template}")
    yield postgres_server.database_url(name)
    postgres_server.query(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def catalogue(service, search_database: str) -> Iterator[Shop]:
    shop = Shop(service, search_database)
    yield shop
    shop.http.close()
