"""Peers that confirm a purchase, each once: their checkouts are made before each load, and the
orders counted after it."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import psycopg

from launcher.servers import postgres_bin
from tests.load import checkout_server, postgres_peer, process, wrk
from tests.load.model import BenchError, Peer, Request, Sample, Workload

# More than any of them confirms in the time.
A_SECOND = 5000
_batches = itertools.count(1)


def _orders(url: str) -> int:
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT count(*) FROM orders").fetchone()[0]


def confirm_request(customer: str, token: str, authorization: str) -> Request:
    body = json.dumps({"action": "confirm", "token": token}).encode()
    headers = {"Authorization": authorization, "Content-Type": "application/json"}
    return Request("POST", f"/v1/checkout/{customer}", headers, body)


class Ours(process.Running):
    """Our service, asked to confirm by wrk."""

    def __init__(self, peer: Peer, argv: Sequence[str], env: Mapping[str, str], folder: Path,
                 port: int) -> None:  # fmt: skip
        self.database = env["DATABASE_URL"]
        self.authorization = f"Bearer {peer.env['SERVICE_TOKEN']}"
        self._digests: dict[int, str] = {}
        super().__init__(peer, argv, {**env, **peer.env}, port, folder / "log")

    def _digest(self, number: int) -> str:
        """Of what customer NUMBER of any batch agrees to; the cart comes back after so many."""
        number %= checkout_server.PRODUCTS
        if not self._digests:
            rows = checkout_server.prepare(self.database, "d", checkout_server.PRODUCTS)
            for each, (customer, _) in enumerate(rows):
                request = Request("POST", f"/v1/checkout/{customer}",
                                  {"Authorization": self.authorization, "Content-Type": "application/json"},
                                  b'{"action": "show"}')  # fmt: skip
                status, answer = self.ask(request)
                if status != 200 or json.loads(answer)["state"] != "confirmation":
                    raise BenchError(f"{self.peer.label} can't prepare: {answer[:200]!r}")
            with psycopg.connect(self.database) as connection:
                found = dict(connection.execute(
                    "SELECT customer_phone, shown_digest FROM checkouts WHERE customer_phone LIKE 'd%'"
                ).fetchall())  # fmt: skip
            self._digests = {int(customer[1:]): digest for customer, digest in found.items()}
        return self._digests[number]

    def _requests(self, count: int) -> list[Request]:
        rows = checkout_server.prepare(self.database, f"b{next(_batches)}x", count)
        return [
            confirm_request(customer, checkout_server.token(checkout, self._digest(number)),
                            self.authorization)
            for number, (customer, checkout) in enumerate(rows)
        ]  # fmt: skip

    def check_answers(self, workload: Workload) -> None:
        for request in self._requests(process.CHECKED_REQUESTS):
            status, body = self.ask(request)
            if status != 200 or json.loads(body)["status"] != "placed":
                raise BenchError(f"{self.peer.label} answers wrongly: {body[:300]!r}")

    def load(self, requests: Path, connections: int, seconds: int) -> Sample:
        wrk.write_requests(requests, self._requests(A_SECOND * seconds))
        before = _orders(self.database)
        sample = super().load(requests, connections, seconds)
        placed = _orders(self.database) - before
        # wrk leaves some under way at its end, at most one a connection.
        if not sample.requests <= placed <= sample.requests + connections:
            raise BenchError(f"{self.peer.label}: {sample.requests} answers, but {placed} orders")
        return sample


def start_ours(peer: Peer, argv: Sequence[str], env: Mapping[str, str], folder: Path,
               port: int) -> Ours:  # fmt: skip
    return Ours(peer, argv, env, folder, port)


# What the service gives to the function, made beforehand.
_PAYLOADS = """
    CREATE TABLE IF NOT EXISTS bench_payloads (id INTEGER PRIMARY KEY, payload JSONB);
    TRUNCATE bench_payloads;
    INSERT INTO bench_payloads
    SELECT substr(c.customer_phone, length({batch}) + 1)::int, jsonb_build_object(
        'checkout_id', c.id, 'customer_phone', c.customer_phone, 'cart_version', 1,
        'currency', 'MXN', 'minor_per_unit', 100, 'payment_method', 'cash_on_delivery',
        'pays_first', false, 'hold_s', 86400, 'locale', 'es', 'lines', lines.list,
        'coupons', '[]'::jsonb, 'subtotal_minor', lines.sum, 'discount_minor', 0,
        'shipping_minor', 0, 'tax_minor', lines.sum::bigint * 16 / 116, 'total_minor', lines.sum,
        'address', NULL, 'shipping', jsonb_build_object('rate_id', c.shipping_rate_id, 'name',
            'Recoger', 'is_pickup', true, 'pickup_address', 'Centro 1', 'days_min', 1, 'days_max', 5))
    FROM checkouts AS c, LATERAL (
        SELECT sum(i.unit_price_minor) AS sum, jsonb_agg(jsonb_build_object('product_id', i.product_id,
            'name', i.product_name, 'quantity', 1, 'unit_price_minor', i.unit_price_minor,
            'discount_minor', 0, 'tax_minor', i.unit_price_minor * 16 / 116)) AS list
        FROM cart_items AS i WHERE i.customer_phone = c.customer_phone) AS lines
    WHERE c.customer_phone LIKE {batch} || '%';
    ANALYZE bench_payloads"""
_SCRIPT = """\\set n :n + 1
\\set id :client_id + :n * :clients
SELECT * FROM order_place((SELECT payload FROM bench_payloads WHERE id = :id));
"""


class Pgbench(postgres_peer.Running):
    """pgbench, at the same function with the same orders, without a service before it."""

    def __init__(self, peer: Peer, env: Mapping[str, str], folder: Path) -> None:
        self.peer = peer
        self.url = env["DATABASE_URL"]
        self.ready_ms = 0.0
        self._pid = int(env["POSTGRES_PID"])
        self._folder = folder
        self._most_mb = 0.0

    def check_answers(self, workload: Workload) -> None:
        before = _orders(self.url)
        self.load(Path(), 4, 1)
        if _orders(self.url) == before:
            raise BenchError(f"{self.peer.label} places no order")

    def load(self, requests: Path, connections: int, seconds: int) -> Sample:
        batch = f"p{next(_batches)}x"
        checkout_server.prepare(self.url, batch, A_SECOND * seconds)
        with psycopg.connect(self.url, autocommit=True) as connection:
            for statement in _PAYLOADS.format(batch=f"'{batch}'").split(";"):
                connection.execute(statement)
        script = self._folder / "confirm.sql"
        script.write_text(_SCRIPT)
        before = _orders(self.url)
        output = self._run(script, connections, seconds)
        placed = _orders(self.url) - before
        sample = self._read(output, seconds)
        if placed != sample.requests:
            raise BenchError(f"pgbench: {sample.requests} transactions, but {placed} orders")
        return sample

    def _run(self, script: Path, connections: int, seconds: int) -> str:
        log = self._folder / "latency"
        for old in self._folder.glob("latency*"):
            old.unlink()
        argv = [
            str(postgres_bin() / "pgbench"), "-n", "-M", "prepared", "-c", str(connections), "-j", "2",
            "-T", str(seconds), "-D", "n=-1", "-D", f"clients={connections}", "-f", str(script),
            "--log", "--log-prefix", str(log), self.url,
        ]  # fmt: skip
        result = subprocess.run(argv, capture_output=True, text=True, timeout=seconds + 60)
        if result.returncode != 0:
            raise BenchError(f"pgbench failed: {result.stderr.strip()[:300]}")
        return result.stdout

    def _read(self, output: str, seconds: int) -> Sample:
        match = re.search(r"transactions actually processed: (\d+)", output)
        rate = re.search(r"tps = ([0-9.]+)", output)
        if match is None or rate is None:
            raise BenchError(f"pgbench gave no figures: {output.strip()[:300]}")
        count = int(match[1])
        latencies = sorted(
            int(line.split()[2]) / 1e3
            for file in self._folder.glob("latency*")
            for line in file.read_text().splitlines()
        )
        at = [latencies[min(len(latencies) - 1, int(len(latencies) * share))] for share in (0.5, 0.95, 0.99)]
        return Sample(count, count / float(rate[1]), *at, errors=0)


def start_pgbench(peer: Peer, argv: Sequence[str], env: Mapping[str, str], folder: Path,
                  port: int) -> Pgbench:  # fmt: skip
    return Pgbench(peer, env, folder)
