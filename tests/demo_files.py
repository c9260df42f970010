"""The demo shop's files, as its loader reads them."""

from __future__ import annotations

import csv
from pathlib import Path

DEMO = Path(__file__).resolve().parents[1] / "database" / "demo"


def read_tsv(name: str) -> list[dict[str, str]]:
    with open(DEMO / f"{name}.tsv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
