"""The demo catalogue: what a shop would be ashamed of, and what a search must find hard."""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal

import pytest

from tests.demo_files import read_tsv


def ean_is_valid(ean: str) -> bool:
    digits = [int(digit) for digit in ean]
    return len(digits) == 13 and sum(digits[0::2], 3 * sum(digits[1::2])) % 10 == 0


def test_the_ean_check_itself() -> None:
    assert ean_is_valid("4006381333931") and not ean_is_valid("4006381333932")


def test_catalogue() -> None:
    products = read_tsv("products")
    categories = {row["name"] for row in read_tsv("categories")}
    assert len(products) >= 360
    assert len(categories) >= 12
    assert {row["category"] for row in products} == categories
    assert all(len(name) <= 24 for name in categories)

    for column in ("sku", "ean", "name", "description"):
        repeated = [value for value, n in Counter(row[column] for row in products).items() if n > 1]
        assert repeated == [], column
    for row in products:
        price = Decimal(row["price"])
        assert ean_is_valid(row["ean"]), row
        assert price > 0, row
        assert not row["offer_price"] or 0 < Decimal(row["offer_price"]) < price, row
        assert int(row["stock"]) >= 0 and int(row["weight_g"]) > 0, row
        assert 0 <= int(row["popularity_score"]) <= 100, row
        assert row["brand"], row
        assert re.fullmatch(r"[A-ZÁÉÍÓÚÑ0-9].{30,}\.", row["description"]), row


def test_catalogue_has_shelves_as_shops_do() -> None:
    products = read_tsv("products")
    stocks = [int(row["stock"]) for row in products]
    assert stocks.count(0) >= 5 and sum(0 < stock <= 5 for stock in stocks) >= 10
    assert sum(bool(row["offer_price"]) for row in products) >= 50
    assert sum(row["is_featured"] == "t" for row in products) >= 12
    assert any(row["is_available"] == "f" for row in products)
    shoes = next(row for row in products if row["name"] == "Zapatillas rojas deportivas")
    assert "42" in shoes["sizes"].split(",") and shoes["colors"] == "rojo"


WORDS = [
    "remera", "playera", "camiseta", "celular", "móvil", "iphone-15", "arroz 1kg", "tv", "té",
    "lápices", "luces", "champú", "sartén", "niño", "zapatillas", "tenis",
]  # fmt: skip


@pytest.mark.parametrize("word", WORDS)
def test_catalogue_has_words_that_are_hard_to_search(word: str) -> None:
    pattern = re.compile(rf"\b{re.escape(word)}\b", re.IGNORECASE)
    assert any(pattern.search(row["name"]) for row in read_tsv("products"))
