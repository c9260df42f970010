"""The demo shop in a private PostgreSQL, and the searches that are measured on it."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg

from launcher.paths import ROOT
from launcher.ports import LOOPBACK, free_port
from launcher.servers import Postgres, postgres_bin
from tests.load import postgres_peer
from tests.relevance.metrics import DEPTH
from tests.service import Service

NODE = "ultra_optimized_product_search"
TOKEN = "relevance-token-0123456789abcdef0123456789"
HERE = Path(__file__).parent
READY_TIMEOUT_S = 30

# Given what a customer writes: the SKUs of the products, the best first.
Search = Callable[[str], Sequence[str]]

# Any of the words instead of all of them.
_OR_QUERY = "replace(plainto_tsquery('spanish', $1)::text, '&', '|')::tsquery"


@contextmanager
def demo_database() -> Iterator[str]:
    """URL of a database with the demo shop, in a server that ends with it."""
    with tempfile.TemporaryDirectory(prefix="commerce-relevance-") as folder:
        Path(folder).chmod(0o755)
        server = Postgres.start(Path(folder) / "postgres", settings={"fsync": "off"})
        try:
            url = server.create_database("relevance")
            load_demo(url)
            yield url
        finally:
            server.stop()


def load_demo(url: str) -> None:
    env = {**os.environ, "PATH": f"{postgres_bin()}:{os.environ.get('PATH', '/usr/bin:/bin')}"}
    for argv in (["database/migrate.sh", "--init", url], ["database/load-demo.sh", url]):
        subprocess.run(argv, cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL)


def skus(url: str) -> dict[int, str]:
    with psycopg.connect(url) as connection:
        return dict(connection.execute("SELECT id, sku FROM products").fetchall())


def sql_search(url: str, sql: str) -> Search:
    """By a query whose rows begin with the product's id and whose parameter is `text`."""
    names = skus(url)
    connection = psycopg.connect(url, autocommit=True)

    def search(text: str) -> list[str]:
        rows = connection.execute(sql, {"text": text}, prepare=True).fetchall()
        return [names[row[0]] for row in rows[:DEPTH]]

    return search


def ts_rank(url: str) -> Search:
    return sql_search(url, postgres_peer.query("ts_rank"))


def ts_rank_any(url: str) -> Search:
    sql = (postgres_peer.FOLDER / "ts_rank.sql").read_text()
    widened = sql.replace("plainto_tsquery('spanish', $1)", _OR_QUERY)
    assert widened.count(_OR_QUERY) == 2, "both the match and the rank"
    return sql_search(url, widened.replace("$1", "%(text)s"))


def trigram(url: str) -> Search:
    return sql_search(url, postgres_peer.query("trigram"))


class Ours:
    """The service over the same database, with the weights and events that it finds there."""

    def __init__(self, url: str, binary: Path, log: Path, *, weights: Path | None = None) -> None:
        self._names = skus(url)
        port = free_port()
        env = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"), "PORT": str(port), "DATABASE_URL": url,
            "SERVICE_TOKEN": TOKEN, "LOG_LEVEL": "warn", "BIND_ADDRESS": LOOPBACK,
            **({"RANKING_WEIGHTS": str(weights)} if weights else {}),
        }  # fmt: skip
        self.service = Service(binary, port, env, log)
        self.service.wait_ready()
        self._connection = http.client.HTTPConnection(LOOPBACK, port, timeout=10)
        self._wait(url)

    def _wait(self, url: str) -> None:
        """Until the index is whole and all feedback is learned."""
        with psycopg.connect(url) as connection:
            row = connection.execute("SELECT count(*) FROM search_feedback").fetchone()
        end = time.monotonic() + READY_TIMEOUT_S
        while True:
            index = self.call("GET", "/v1/index")
            if index["ready"] and index["learned"] >= row[0]:
                return
            assert time.monotonic() < end, (
                f"not ready in {READY_TIMEOUT_S} s: {index}\n{self.service.log_text()[-2000:]}"
            )
            time.sleep(0.02)

    def call(self, method: str, path: str, body: Mapping[str, object] | None = None) -> dict:
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        text = None if body is None else json.dumps(body)
        self._connection.request(method, path, text, headers)
        answer = self._connection.getresponse()
        content = answer.read()
        assert answer.status < 300, f"{method} {path} {text}: {answer.status} {content[:300]!r}"
        return json.loads(content)

    def products(self, text: str) -> list[dict]:
        return self.call("POST", "/v1/search", {"query": text, "limit": DEPTH})["products"]

    def search(self, text: str) -> list[str]:
        return [self._names[int(product["id"])] for product in self.products(text)]

    def stop(self) -> None:
        self._connection.close()
        self.service.stop()


@contextmanager
def ours(url: str, binary: Path, *, weights: Path | None = None) -> Iterator[Ours]:
    with tempfile.TemporaryDirectory(prefix="commerce-search-") as folder:
        running = Ours(url, binary, Path(folder) / "log", weights=weights)
        try:
            yield running
        finally:
            running.stop()
