"""Random changes and searches for a while; then the index is what a new one would be.

SEARCH_SOAK_MINUTES=30 for a long one; twenty seconds without."""

from __future__ import annotations

import os
import random
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import psycopg
import pytest

from tests.api.search_shop import PATIENCE_S, check_reply, until

SECONDS = float(os.environ.get("SEARCH_SOAK_MINUTES", "0")) * 60 or 20
WORDS = ("playera roja azul zapato tenis café licuadora cable usb niño mujer xl 42 oferta gramófono "
         "lámpara sartén perro pañal libreta taladro").split()  # fmt: skip


def change(connection: psycopg.Connection, dice: random.Random) -> None:
    """One random statement, or a few in a transaction that may not commit."""
    words = " ".join(dice.choices(WORDS, k=3))
    some = f"mod(id, {dice.randint(2, 60)}) = 0"
    statements = [
        (f"UPDATE products SET stock = (random() * 9)::int WHERE {some}", ()),
        (f"UPDATE products SET price = 1 + random() * 900 WHERE {some}", ()),
        (f"UPDATE products SET name = name || %s WHERE {some} AND length(name) < 90", (f" {words}",)),
        (f"UPDATE products SET is_available = NOT is_available WHERE {some}", ()),
        (f"UPDATE products SET category_id = 1 + (random() * 15)::int WHERE {some}", ()),
        (f"UPDATE products SET offer_price = price / 2, brand = %s WHERE {some}", (words[:20],)),
        ("INSERT INTO products (name, price, stock, category_id, description) "
         "SELECT %s || n, n, n, 1, %s FROM generate_series(1, 40) n", (words, words)),
        (f"DELETE FROM products WHERE {some} AND id > 478", ()),
        ("UPDATE categories SET name = name || 'a' WHERE id = %s AND length(name) < 20",
         (dice.randint(1, 16),)),
        ("UPDATE categories SET is_active = NOT is_active WHERE id = %s", (dice.randint(1, 16),)),
    ]  # fmt: skip
    with connection.transaction(force_rollback=dice.random() < 0.15):
        for statement, values in dice.choices(statements, k=dice.randint(1, 3)):
            connection.execute(statement, values or None)
        time.sleep(dice.random() * 0.05)


def run_changes(url: str, seed: int, end: float) -> None:
    dice = random.Random(seed)
    with psycopg.connect(url, autocommit=True) as connection:
        while time.monotonic() < end:
            try:
                change(connection, dice)
            except (psycopg.errors.DeadlockDetected, psycopg.errors.UniqueViolation):
                continue


def run_searches(svc, seed: int, end: float, faults: list[str]) -> None:
    dice = random.Random(seed)
    # A client of its own: with a shared one a thread once read from a closed descriptor.
    with httpx.Client(timeout=20) as client:
        while time.monotonic() < end:
            query = " ".join(dice.choices(WORDS, k=dice.randint(0, 4)))
            body = {"query": query, "limit": dice.randint(1, 100)}
            answer = client.post(f"{svc.url}/v1/search", json=body)
            assert answer.status_code == 200, answer.text
            ids = [product["id"] for product in answer.json()["products"]]
            if len(ids) != len(set(ids)):
                faults.append(f"{query}: a product twice")
            check_reply(answer.json()["reply"])


@pytest.mark.timeout(SECONDS + 300)
def test_soak(catalogue, tmp_path):
    replicas = [catalogue.start(SNAPSHOT_DIR=str(tmp_path), SNAPSHOT_EVERY_S="2"), catalogue.start()]
    end = time.monotonic() + SECONDS
    faults: list[str] = []
    with ThreadPoolExecutor(2 + len(replicas)) as threads:
        running = [threads.submit(run_changes, catalogue.url, seed, end) for seed in (1, 2)]
        running += [threads.submit(run_searches, svc, 10 + n, end, faults)
                    for n, svc in enumerate(replicas)]  # fmt: skip
    for each in running:
        each.result()
    assert not faults
    for svc in replicas:
        until(lambda svc=svc: catalogue.is_current(svc), PATIENCE_S, "the same as a new index")
    replicas[0].kill()
    again = catalogue.start(SNAPSHOT_DIR=str(tmp_path))
    assert catalogue.index(again)["from_snapshot"]
    assert catalogue.is_current(again)
