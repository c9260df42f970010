"""The judged queries are whole: known kinds and products, and two even parts."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from tests.demo_files import read_tsv

FILE = Path(__file__).with_name("queries.jsonl")
KEYS = ["id", "split", "kind", "query", "grades"]
SPLITS = ("tune", "report")
KINDS = {
    "exact",
    "plural",
    "accent",
    "typo",
    "regional",
    "prefix",
    "code",
    "brand",
    "category",
    "attribute",
    "price",
    "sentence",
    "compound",
    "none",
}

QUERIES = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]


def repeated(values: list[str]) -> list[str]:
    return [value for value, count in Counter(values).items() if count > 1]


def test_keys() -> None:
    assert not [query for query in QUERIES if list(query) != KEYS]


def test_ids_and_texts_once() -> None:
    assert not repeated([query["id"] for query in QUERIES])
    assert not repeated([query["query"].casefold() for query in QUERIES])


def test_no_product_twice_in_a_query() -> None:
    def only_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        assert not repeated([key for key, _ in pairs]), pairs
        return dict(pairs)

    for line in FILE.read_text(encoding="utf-8").splitlines():
        json.loads(line, object_pairs_hook=only_once)


def test_kinds_and_splits() -> None:
    assert {query["kind"] for query in QUERIES} == KINDS
    assert {query["split"] for query in QUERIES} == set(SPLITS)


def test_splits_are_even() -> None:
    sizes = Counter(query["split"] for query in QUERIES)
    assert min(sizes.values()) >= 150, sizes
    counts = Counter((query["kind"], query["split"]) for query in QUERIES)
    apart = {kind: abs(counts[kind, "tune"] - counts[kind, "report"]) for kind in KINDS}
    assert max(apart.values()) <= 2, apart


def test_grades() -> None:
    known = {row["sku"] for row in read_tsv("products")}
    for query in QUERIES:
        assert query["grades"].keys() <= known, query
        assert set(query["grades"].values()) <= {1, 2, 3}, query


def test_only_none_has_no_grades() -> None:
    assert sum(query["kind"] == "none" for query in QUERIES) >= 12
    assert not [query for query in QUERIES if (query["kind"] == "none") == bool(query["grades"])]


def test_something_for_sale_fits() -> None:
    """Each query but none has a product of grade 3 that the shop offers."""
    sold = {row["sku"] for row in read_tsv("products") if row["is_available"] == "t"}
    for query in QUERIES:
        best = {sku for sku, grade in query["grades"].items() if grade == 3}
        assert query["kind"] == "none" or best & sold, query
