"""What searches answer: products, pages, filters, replies, and odd questions."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from tests.api.search_shop import CUSTOMER, SEEN_S, check_reply, metric, rows_of, until

CASES = Path(__file__).resolve().parents[1] / "cases"
ALL_MEXICAN = {"SEARCH_REGION": "mx"}


@pytest.fixture
def svc(catalogue):
    return catalogue.start(**ALL_MEXICAN)


def test_a_product_as_it_is_in_the_table(catalogue, svc):
    answer = catalogue.search(svc, "playera básica de algodón", customer_phone=CUSTOMER)
    assert answer["source"] == "index" and answer["total"] >= 1
    product = answer["products"][0]
    assert product["sku"] == "ROP-0001"
    assert product["price"] == 149 and product["offer_price"] == 119 and product["on_offer"]
    assert product["price_text"] == "$119.00" and product["currency"] == "MXN"
    assert product["stock"] == 240 and product["in_stock"] and product["category"] == "Ropa"
    assert product["matched"]["tier"] in ("exact", "stem")
    assert "name" in product["matched"]["fields"]
    assert answer["reply"]["to"] == CUSTOMER
    scores = [each["score"] for each in answer["products"]]
    assert scores == sorted(scores, reverse=True)


def test_pages_have_every_product_once(catalogue, svc):
    first = catalogue.search(svc, category="Ropa", limit=7)
    seen, cursor, pages = [], None, 0
    while True:
        more = {"cursor": cursor} if cursor else {}
        answer = catalogue.search(svc, category="Ropa", limit=7, **more)
        seen += [product["id"] for product in answer["products"]]
        cursor, pages = answer["cursor"], pages + 1
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == first["total"] and pages == -(-first["total"] // 7)
    expected = {row[0] for row in catalogue.sql(
        "SELECT p.id FROM products p JOIN categories c ON c.id = category_id "
        "WHERE c.name = 'Ropa' AND is_available")}  # fmt: skip
    assert set(seen) == expected


def test_a_cursor_alone_goes_on(catalogue, svc):
    asked = {"category": 1, "price_max": 400, "sort": "price_asc", "limit": 4}
    first = catalogue.search(svc, "", **asked)
    again = catalogue.search(svc, cursor=first["cursor"])
    same = catalogue.search(svc, "", cursor=first["cursor"], **asked)
    assert [p["id"] for p in again["products"]] == [p["id"] for p in same["products"]]
    prices = [p.get("offer_price", p["price"]) for p in first["products"] + again["products"]]
    assert len(prices) == 8 and prices == sorted(prices) and max(prices) <= 400
    assert again["filters"]["price_max"] == 400 and again["filters"]["category_id"] == 1


def test_a_cursor_of_another_search_is_refused(catalogue, svc):
    cursor = catalogue.search(svc, category=1, limit=2)["cursor"]
    for body in ({"query": "playera"}, {"category": 2}, {"category": 1, "in_stock": True}):
        problem = catalogue.search(svc, cursor=cursor, **body, status=422)
        assert problem["errors"][0]["pointer"] == "/cursor"
        assert "another search" in problem["errors"][0]["detail"]
    for broken in ("x", "?", "AAAA", cursor[:-4], cursor + "A" * 100):
        problem = catalogue.search(svc, cursor=broken, status=422)
        assert problem["errors"][0]["pointer"] == "/cursor"


def test_the_reply_s_row_for_more(catalogue, svc):
    answer = catalogue.search(svc, category=1, customer_phone=CUSTOMER)
    rows = rows_of(answer["reply"])
    assert len(rows) == 10 and rows[9]["title"] == "Ver más"
    assert [row["id"] for row in rows[:9]] == [f"prod:{p['id']}" for p in answer["products"][:9]]
    kind, cursor = rows[9]["id"].split(":", 1)
    assert kind == "more"
    following = catalogue.search(svc, cursor=cursor)
    assert following["products"][0]["id"] == answer["products"][9]["id"]
    long_one = catalogue.search(svc, "playera " + "algodón " * 60)
    assert all(len(row["id"].encode()) <= 200 for row in rows_of(long_one["reply"]))


def test_one_product_is_shown_with_its_picture(catalogue, svc):
    catalogue.add("Xilófono cromático", sku="XIL-1", price=10, offer_price=9,
                  image_url="https://tienda.example/xilofono.jpg")  # fmt: skip
    until(lambda: catalogue.search(svc, "XIL-1")["total"] == 1, SEEN_S, "it")
    message = catalogue.search(svc, "xilofonos cromaticos")["reply"]["interactive"]
    assert message["type"] == "button"
    assert message["header"]["image"]["link"] == "https://tienda.example/xilofono.jpg"
    assert "Xilófono cromático" in message["body"]["text"] and "$9.00" in message["body"]["text"]
    kinds = [button["reply"]["id"].split(":")[0] for button in message["action"]["buttons"]]
    assert kinds == ["add", "cat", "menu"]


def test_nothing_found_offers_categories(catalogue, svc):
    answer = catalogue.search(svc, "xqzwvk")
    assert answer["products"] == [] and answer["total"] == 0 and answer["cursor"] is None
    rows = rows_of(answer["reply"])
    assert rows[0]["id"].startswith("cat:") and rows[9]["id"] == "cats:9"
    assert "xqzwvk" in answer["reply"]["interactive"]["body"]["text"]
    assert metric(svc, "search_found_nothing_total") == 1


def test_filters(catalogue, svc):
    offers = catalogue.search(svc, on_offer=True, limit=100)["products"]
    assert offers and all(product["on_offer"] for product in offers)
    stocked = catalogue.search(svc, in_stock=True, limit=100)["products"]
    assert stocked and all(product["stock"] > 0 for product in stocked)
    branded = catalogue.search(svc, brand="NOPALERA", limit=100)["products"]
    assert branded and {product["brand"] for product in branded} == {"Nopalera"}
    between = catalogue.search(svc, price_min=100, price_max=200.5, limit=100)["products"]
    assert between
    for product in between:
        assert 100 <= product.get("offer_price", product["price"]) <= 200.5


def test_a_category_by_name_or_as_words(catalogue, svc):
    by_id = catalogue.search(svc, category=2)
    assert catalogue.search(svc, category="2")["total"] == by_id["total"]
    for name in ("Calzado", "calzado", "CALZADOS"):
        answer = catalogue.search(svc, category=name)
        assert answer["filters"]["category_id"] == 2 and answer["total"] == by_id["total"]
    answer = catalogue.search(svc, category="tenis para correr")
    assert answer["unknown_category"] == "tenis para correr" and answer["total"] > 0
    assert answer["filters"]["category_id"] is None


def test_a_code_finds_its_product(catalogue, svc):
    for code in ("ROP-0003", "rop-0003", "2010022446463"):
        assert catalogue.search(svc, code)["products"][0]["sku"] == "ROP-0003"


def test_categories(catalogue, svc):
    answer = catalogue.get(svc, "categories", customer_phone=CUSTOMER)
    assert answer["total"] == 16 and answer["categories"][0]["name"] == "Ropa"
    first = answer["categories"][0]
    count, cheapest = catalogue.sql(
        "SELECT count(*), min(CASE WHEN offer_price < price THEN offer_price ELSE price END) "
        "FROM products WHERE category_id = 1 AND is_available")[0]  # fmt: skip
    assert first["product_count"] == count and Decimal(str(first["price_min"])) == cheapest
    rows = rows_of(answer["reply"])
    assert len(rows) == 10 and rows[9]["id"] == "cats:9"
    rest = rows_of(catalogue.get(svc, "categories", offset=9)["reply"])
    assert len(rest) == 7 and not {row["id"] for row in rest} & {row["id"] for row in rows}


def test_a_category_s_products(catalogue, svc):
    answer = catalogue.get(svc, "categories/2/products", limit=5)
    assert len(answer["products"]) == 5
    assert {product["category_id"] for product in answer["products"]} == {2}
    following = catalogue.get(svc, "categories/2/products", cursor=answer["cursor"])
    assert not {p["id"] for p in following["products"]} & {p["id"] for p in answer["products"]}
    problem = catalogue.get(svc, "categories/3/products", cursor=answer["cursor"], status=422)
    assert problem["errors"][0]["pointer"] == "query.cursor"
    assert catalogue.get(svc, "categories/99999/products")["total"] == 0


def test_one_product(catalogue, svc):
    answer = catalogue.get(svc, "products/3", customer_phone=CUSTOMER)
    assert answer["found"] and answer["product"]["for_sale"]
    assert answer["product"]["description"].startswith("Camiseta de tela ligera")
    assert answer["product"]["sizes"] == "S,M,L,XL"
    catalogue.sql("UPDATE products SET stock = 0, price = 12.5, offer_price = NULL WHERE id = 3")
    answer = catalogue.get(svc, "products/3")
    assert answer["product"]["stock"] == 0 and answer["product"]["price"] == 12.5
    buttons = answer["reply"]["interactive"]["action"]["buttons"]
    assert not any(button["reply"]["id"].startswith("add:") for button in buttons)
    catalogue.sql("UPDATE products SET is_available = false WHERE id = 3")
    answer = catalogue.get(svc, "products/3")
    assert answer["found"] and not answer["product"]["for_sale"]
    assert answer["reply"]["type"] == "text"
    assert not catalogue.get(svc, "products/999999")["found"]


def test_suggestions(catalogue, svc):
    texts = [each["text"].lower() for each in catalogue.get(svc, "suggest", q="playe")["suggestions"]]
    assert texts and all("playe" in text for text in texts)
    assert len(catalogue.get(svc, "suggest", q="p", limit=3)["suggestions"]) <= 3
    for odd in ("", " ", "%", "zzzzqq", "🙌", "'; --", "a" * 900):
        assert isinstance(catalogue.get(svc, "suggest", q=odd)["suggestions"], list)


def test_languages_of_the_reply(catalogue, svc):
    for language, button in (("en", "See products"), ("pt-BR", "Ver produtos"), ("", "Ver productos"),
                             ("xx", "Ver productos")):  # fmt: skip
        reply = catalogue.search(svc, category=1, language=language)["reply"]
        assert reply["interactive"]["action"]["button"] == button


def odd_questions() -> list[str]:
    lines = (CASES / "search" / "odd_queries.jsonl").read_text().splitlines()
    return [case["text"] * case.get("times", 1) for case in map(json.loads, lines)]


@pytest.mark.parametrize("source", ["index", "postgresql"])
def test_odd_questions_have_an_answer(catalogue, source):
    if source == "index":
        svc = catalogue.start()
    else:  # a catalogue that can't be followed is searched where it is
        catalogue.sql("DROP TABLE product_feed CASCADE")
        svc = catalogue.start(index=False)
    for query in odd_questions():
        answer = catalogue.search(svc, query, customer_phone=CUSTOMER)
        assert answer["source"] == source, query
        assert len(answer["products"]) <= 10
    assert svc.process.poll() is None


def test_what_meets_only_a_part_is_marked(catalogue, svc):
    """Few meet all the words: what meets the thing asked for fills up, after them."""
    whole, part = catalogue.add("Xilófono plegable"), catalogue.add("Xilófono didáctico")
    query = "xilófono plegable"
    until(lambda: len(catalogue.search(svc, query)["products"]) == 2, 10, "they are there")
    found = [(p["id"], p.get("partial", False)) for p in catalogue.search(svc, query)["products"]]
    assert found == [(whole, False), (part, True)]
    assert not any("partial" in p for p in catalogue.search(svc, "playera")["products"])


def test_a_long_name_is_whole_in_its_row(catalogue, svc):
    name = "Xilófono portátil para niños"
    for _ in range(2):
        catalogue.add(name)
    until(lambda: catalogue.search(svc, "xilófono portátil")["total"] == 2, 10, "they are there")
    rows = catalogue.search(svc, "xilófono portátil")["reply"]["interactive"]["action"]["sections"][0]["rows"]
    assert len(rows[0]["title"]) <= 24 and name in rows[0]["description"], rows[0]


def test_a_limit_out_of_bounds_is_refused(catalogue, svc):
    for limit in (0, 101, 1_000_000, -1, 1.5, "10"):
        problem = catalogue.search(svc, "playera", limit=limit, status=422)
        assert problem["errors"][0]["pointer"] == "/limit"
    assert len(catalogue.search(svc, limit=100)["products"]) == 100


def test_all_faults_are_said_at_once(catalogue, svc):
    body = {"query": 5, "limit": 0, "sort": "best", "price_min": -1, "on_offer": "yes"}
    problem = catalogue.call(svc, "POST", "/v1/search", body, status=422)
    assert {each["pointer"] for each in problem["errors"]} == {f"/{name}" for name in body}


def test_rows_with_nothing_in_them(catalogue, svc):
    ids = [catalogue.add(None, description=None, sku=None, brand=None),
           catalogue.add("", description=""), catalogue.add("   "),
           catalogue.add("Nada", price="NaN"), catalogue.add("\u00a0"),
           catalogue.add("Con historia", attributes='{"sizes": "42", "colors": 7, "x": [[1]], "y": {}}',
                         offer_price=1, offer_starts_at="-infinity", offer_ends_at="infinity")]  # fmt: skip
    until(lambda: catalogue.search(svc, "con historia")["total"] >= 1, SEEN_S, "the rows")
    product = catalogue.search(svc, "con historia")["products"][0]
    assert product["on_offer"] and product["id"] == ids[-1]
    for each in ids:
        assert catalogue.get(svc, f"products/{each}")["found"]
    newest = catalogue.search(svc, sort="newest", limit=10)
    assert {product["id"] for product in newest["products"]} >= set(ids)
    check_reply(newest["reply"])


def test_another_currency(catalogue):
    catalogue.sql("UPDATE system_config SET value = 'CLP' WHERE key = 'currency'")
    product = catalogue.add("Cosa cara", price=12990)
    svc = catalogue.start()
    found = catalogue.search(svc, "cosa cara")["products"][0]
    assert found["id"] == product and found["price"] == 12990 and found["price_text"] == "$12.990"
    catalogue.sql("UPDATE system_config SET value = 'MXN' WHERE key = 'currency'")
    until(lambda: catalogue.search(svc, "cosa cara")["products"][0]["price_text"] == "$12,990.00",
          15, "the other currency")  # fmt: skip
    assert catalogue.is_current(svc)
