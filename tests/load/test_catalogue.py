"""The made-up catalogue: the same each time, in COPY's form, with words as uneven as real ones."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from tests.load.catalogue import COLUMNS, QUERY_KINDS, SAMPLE, Catalogue

COUNT = 20_000


@pytest.fixture(scope="module")
def made() -> Catalogue:
    catalogue = Catalogue(COUNT)
    catalogue.rows = [line.rstrip("\n").split("\t") for line in catalogue.lines()]
    return catalogue


def column(made: Catalogue, name: str) -> list[str]:
    return [row[COLUMNS.index(name)] for row in made.rows]


def test_the_same_seed_gives_the_same() -> None:
    one, two, other = Catalogue(500), Catalogue(500), Catalogue(500, seed=1)
    lines = list(one.lines())
    assert lines == list(two.lines())
    assert one.queries(100) == two.queries(100)
    assert lines != list(other.lines())


def test_rows_are_whole(made: Catalogue) -> None:
    assert len(made.rows) == COUNT
    assert {len(row) for row in made.rows} == {len(COLUMNS)}
    assert column(made, "id") == [str(number) for number in range(1, COUNT + 1)]
    assert len(set(column(made, "sku"))) == COUNT
    assert {int(number) for number in column(made, "category_id")} == set(
        range(1, len(made.categories()) + 1)
    )
    for attributes in column(made, "attributes"):
        found = json.loads(attributes)
        assert found["colors"] and set(found) <= {"colors", "sizes"}


def test_columns_have_room(made: Catalogue) -> None:
    for name, most in (("name", 200), ("brand", 80), ("sku", 50), ("ean", 13)):
        assert max(map(len, column(made, name))) <= most
    assert max(map(len, made.categories())) <= 24


def test_eans_have_their_check_digit(made: Catalogue) -> None:
    for ean in column(made, "ean")[::97]:
        digits = [int(digit) for digit in ean]
        assert len(digits) == 13
        assert (sum(digits[::2]) + 3 * sum(digits[1::2])) % 10 == 0


def test_prices_and_stock(made: Catalogue) -> None:
    prices = [float(price) for price in column(made, "price")]
    assert min(prices) > 1 and max(prices) > 10 * sorted(prices)[len(prices) // 2]
    offers = zip(column(made, "offer_price"), prices, strict=True)
    assert all(offer == "\\N" or float(offer) < price for offer, price in offers)
    assert 0.03 < column(made, "stock").count("0") / COUNT < 0.1


def test_words_are_as_uneven_as_real_ones(made: Catalogue) -> None:
    names = [set(name.lower().split()) for name in column(made, "name")]
    shares = Counter(word for name in names for word in name)
    common = [word for word, count in shares.items() if 0.04 < count / COUNT < 0.25]
    once = [word for word, count in shares.items() if count == 1]
    assert len(common) >= 10, common
    assert len(once) > len(shares) / 2
    popularity = [int(score) for score in column(made, "popularity_score")]
    assert sum(score < 10 for score in popularity) > COUNT / 2
    assert max(popularity) >= 95


def test_descriptions_are_a_sentence(made: Catalogue) -> None:
    lengths = [len(text.split()) for text in column(made, "description")]
    assert sum(8 <= length <= 20 for length in lengths) > 0.95 * COUNT


def test_queries_come_of_all_kinds(made: Catalogue) -> None:
    queries = made.queries(2000)
    counts = Counter(query.kind for query in queries)
    assert counts.keys() == {make.__name__.lstrip("_") for make, _ in QUERY_KINDS}
    assert all(query.text.strip() for query in queries)
    assert len({query.text for query in queries}) > 1000
    words = set(" ".join(column(made, "name")).lower().split())
    for query in queries:
        if query.kind == "two":
            assert query.text.split()[0] in words or query.text.isascii(), query


def test_the_sample_reaches_to_the_end(made: Catalogue) -> None:
    assert len(made.sample) == min(SAMPLE, COUNT)
