"""The judged queries, as a search is measured with them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.demo_files import read_tsv

FILE = Path(__file__).with_name("queries.jsonl")
SPLITS = ("tune", "report")


@dataclass(frozen=True)
class Judged:
    id: str
    kind: str
    query: str
    grades: Mapping[str, int]


def read(split: str) -> list[Judged]:
    """Those of a split; grades of what isn't for sale are left out, as no search shows it."""
    assert split in SPLITS, split
    sold = {row["sku"] for row in read_tsv("products") if row["is_available"] == "t"}
    made = []
    for line in FILE.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["split"] == split:
            grades = {sku: grade for sku, grade in row["grades"].items() if sku in sold}
            made.append(Judged(row["id"], row["kind"], row["query"], grades))
    return made
