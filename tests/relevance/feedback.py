"""Customers who click, made up: from the grades of the tune split alone, the same for a seed.

Each of them asks a judged query, looks at the answers from the top with less and less patience, and
clicks what looks right, by its grade, sometimes by mistake. A few of those put it into the cart, and
some buy it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import psycopg

from tests.relevance.judged import Judged
from tests.relevance.shop import Search, skus

SEED = 2024
CUSTOMERS = 40
"""Who ask each query."""
DAYS = 45
# By grade: how likely one who looks at it clicks, and puts it into the cart then.
CLICK = (0.04, 0.12, 0.4, 0.75)
ADD = (0.0, 0.05, 0.2, 0.4)
BUY = 0.5


class Event(NamedTuple):
    query: str
    sku: str
    action: str
    days_ago: float


def looks_at(place: int) -> float:
    """How likely somebody looks at a place: all at the first, half at the fourth."""
    return 1 / (1 + (place - 1) / 3)


def events(judged: Sequence[Judged], search: Search, seed: int = SEED) -> Iterator[Event]:
    rng = random.Random(seed)
    for each in judged:
        ranking = list(search(each.query))
        for _ in range(CUSTOMERS):
            days_ago = rng.random() * DAYS
            for place, sku in enumerate(ranking, 1):
                if rng.random() < looks_at(place):
                    action = _action(rng, each.grades.get(sku, 0))
                    yield Event(each.query, sku, action, days_ago)


def _action(rng: random.Random, grade: int) -> str:
    if rng.random() >= CLICK[grade]:
        return "shown"
    if rng.random() >= ADD[grade]:
        return "click"
    return "purchase" if rng.random() < BUY else "add"


def store(url: str, made: Sequence[Event]) -> None:
    """Into the table that the service learns from when it starts."""
    ids = {sku: product for product, sku in skus(url).items()}
    now = datetime.now(UTC)
    columns = "call_key, query, product_id, category_id, action, customer_hash, created_at"
    with psycopg.connect(url) as connection:
        categories = dict(connection.execute("SELECT id, category_id FROM products").fetchall())
        with connection.cursor().copy(f"COPY search_feedback ({columns}) FROM STDIN") as copy:
            for number, event in enumerate(made):
                product = ids[event.sku]
                copy.write_row((
                    f"relevance-{number}", event.query, product, categories[product],
                    event.action, f"{number:032x}", now - timedelta(days=event.days_ago),
                ))  # fmt: skip
