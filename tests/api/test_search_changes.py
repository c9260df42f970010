"""The index follows the catalogue: what is committed is found within a second, everywhere."""

from __future__ import annotations

import threading
import time

import psycopg
import pytest

from tests.api.search_shop import PATIENCE_S, SEEN_S, until


@pytest.fixture
def replicas(catalogue):
    return [catalogue.start() for _ in range(2)]


def seen(replicas, condition, what: str) -> None:
    for svc in replicas:
        until(lambda svc=svc: condition(svc), SEEN_S, what)


def found(catalogue, svc, query: str) -> dict | None:
    """The first product, where it is just one."""
    answer = catalogue.search(svc, query)
    return answer["products"][0] if answer["total"] == 1 and not answer["relaxed"] else None


def test_each_kind_of_change(catalogue, replicas):
    product = catalogue.add("Xilófono cromático", sku="XIL-1", price=500, brand="Timbral")

    def shows(**fields):
        def check(svc):
            one = found(catalogue, svc, "xilofono")
            return one is not None and all(one[name] == value for name, value in fields.items())

        return check

    def gone(svc):
        products = catalogue.search(svc, "xilofono")["products"]
        return all(one["sku"] != "XIL-1" for one in products)

    seen(replicas, shows(id=product, stock=5, price=500), "the new product")
    changes = [
        ("stock = 0", {"in_stock": False}),
        ("stock = 7", {"stock": 7}),
        ("price = 450", {"price": 450}),
        ("offer_price = 400", {"on_offer": True, "offer_price": 400}),
        ("offer_ends_at = NOW() - INTERVAL '1 s'", {"on_offer": False}),
        ("brand = 'Otra'", {"brand": "Otra"}),
        ("category_id = 3", {"category_id": 3}),
        ("image_url = 'https://x.example/a.png'", {"image_url": "https://x.example/a.png"}),
    ]
    for change, fields in changes:
        catalogue.sql(f"UPDATE products SET {change} WHERE id = {product}")
        seen(replicas, shows(**fields), change)
    catalogue.sql("UPDATE products SET name = 'Ukelele tenor' WHERE id = %s", product)
    seen(replicas, lambda svc: found(catalogue, svc, "ukelele") is not None, "the new name")
    seen(replicas, gone, "that the old name is gone")
    catalogue.sql("UPDATE products SET name = 'Xilófono', is_available = false WHERE id = %s", product)
    seen(replicas, gone, "that it isn't for sale")
    catalogue.sql("UPDATE products SET is_available = true WHERE id = %s", product)
    seen(replicas, shows(id=product), "that it is for sale")
    catalogue.sql("UPDATE products SET id = 70000 WHERE id = %s", product)
    seen(replicas, shows(id=70000), "the new id")
    catalogue.sql("DELETE FROM products WHERE id = 70000")
    seen(replicas, gone, "that it is deleted")
    assert catalogue.is_current(replicas[0]) and catalogue.is_current(replicas[1])


def test_a_category_s_name_and_activity(catalogue, replicas):
    total = catalogue.search(replicas[0], category=2)["total"]
    catalogue.sql("UPDATE categories SET name = 'Pisadas' WHERE id = 2")
    seen(replicas, lambda svc: catalogue.search(svc, "pisadas")["total"] == total, "the name")
    catalogue.sql("UPDATE categories SET is_active = false WHERE id = 2")
    seen(replicas, lambda svc: catalogue.search(svc, category=2)["total"] == 0, "that it is off")
    catalogue.sql("UPDATE categories SET is_active = true WHERE id = 2")
    seen(replicas, lambda svc: catalogue.search(svc, category=2)["total"] == total, "it is on")
    assert catalogue.is_current(replicas[0])


def test_the_categories_are_counted_anew(catalogue, replicas):
    def count(svc, category: int) -> int | None:
        listed = catalogue.get(svc, "categories")["categories"]
        return next((c["product_count"] for c in listed if c["id"] == category), None)

    before = count(replicas[0], 1)
    catalogue.add("Calcetín térmico", category_id=1)
    new = catalogue.one("INSERT INTO categories (name, display_order) VALUES ('Nueva', 99) RETURNING id")
    for svc in replicas:
        until(lambda svc=svc: count(svc, 1) == before + 1, PATIENCE_S, "the count")
        until(lambda svc=svc: count(svc, new) == 0, PATIENCE_S, "the new category")
    catalogue.sql("UPDATE categories SET name = 'Novísima' WHERE id = %s", new)
    until(lambda: catalogue.search(replicas[1], category="novisima")["filters"]["category_id"] == new,
          PATIENCE_S, "its name")  # fmt: skip


def test_a_transaction_that_commits_late_is_not_missed(catalogue, replicas):
    """Its rows are numbered before those of others that commit first."""
    with psycopg.connect(catalogue.url) as late:
        late.execute("INSERT INTO products (name, price) VALUES ('Gramófono tardío', 1)")
        first = catalogue.add("Gramófono primero")
        seen(replicas, lambda svc: catalogue.ids(svc, "gramofono") == [first], "the first")
        time.sleep(0.6)
        catalogue.add("Gramófono segundo")
        seen(replicas, lambda svc: len(catalogue.ids(svc, "gramofono")) == 2, "the second")
        late.commit()
    seen(replicas, lambda svc: len(catalogue.ids(svc, "gramofono")) == 3, "the late one")


def test_a_long_transaction_elsewhere_delays_nothing(catalogue, replicas):
    with psycopg.connect(catalogue.url) as other:
        other.execute("CREATE TABLE something (x INTEGER)")
        for number in range(5):
            product = catalogue.add(f"Gramófono número {number}")
            seen(replicas, lambda svc, p=product: p in catalogue.ids(svc, "gramofono"), "it")
        catalogue.sql("DELETE FROM products WHERE name LIKE 'Gramófono%'")
        seen(replicas, lambda svc: catalogue.ids(svc, "gramofono") == [], "that they are gone")
        before = catalogue.index(replicas[0])["changes"]
        time.sleep(1)
        assert catalogue.index(replicas[0])["changes"] == before  # nothing is read again
        other.rollback()


def test_what_is_rolled_back_is_not_found(catalogue, replicas):
    with psycopg.connect(catalogue.url) as connection:
        connection.execute("INSERT INTO products (name, price) VALUES ('Gramófono', 1)")
        connection.execute("SAVEPOINT a")
        connection.execute("INSERT INTO products (name, price) VALUES ('Gramófono', 2)")
        connection.execute("ROLLBACK TO a")
        connection.rollback()
    last = catalogue.add("Xilófono")
    seen(replicas, lambda svc: catalogue.ids(svc, "xilofono") == [last], "what came after")
    assert catalogue.ids(replicas[0], "gramofono") == []


def test_many_rows_at_once(catalogue, replicas):
    catalogue.sql("INSERT INTO products (name, price, stock, category_id) "
                  "SELECT 'Gramófono ' || n, n, 1, 1 FROM generate_series(1, 12000) n")  # fmt: skip
    for svc in replicas:
        until(lambda svc=svc: catalogue.index(svc)["products"] >= 12000, PATIENCE_S, "them")
    catalogue.sql("UPDATE products SET price = price + 1, popularity_score = 3")
    assert catalogue.one("SELECT count(*) FROM product_changes") > 24000
    catalogue.sql("UPDATE products SET price = price")  # changes no row
    catalogue.sql("DELETE FROM products WHERE name LIKE 'Gramófono%'")
    seen_count = catalogue.one("SELECT count(*) FROM products WHERE is_available")
    for svc in replicas:
        until(lambda svc=svc: catalogue.index(svc)["products"] == seen_count, PATIENCE_S, "the end")
    assert catalogue.is_current(replicas[0])


def test_an_update_that_changes_nothing_is_no_change(catalogue):
    before = catalogue.one("SELECT count(*) FROM product_changes")
    catalogue.sql("UPDATE products SET name = name, weight_g = 5, updated_at = NOW()")
    assert catalogue.one("SELECT count(*) FROM product_changes") == before


def test_truncate_empties_the_index(catalogue, replicas):
    catalogue.sql("TRUNCATE products CASCADE")
    seen(replicas, lambda svc: catalogue.index(svc)["products"] == 0, "that all is gone")
    product = catalogue.add("Xilófono")
    seen(replicas, lambda svc: catalogue.ids(svc, "xilofono") == [product], "the one product")


def test_searches_go_on_while_all_changes(catalogue, replicas):
    """Answers are of before or after, never broken; at the end they are those of after."""
    stop = threading.Event()
    faults: list[str] = []

    def change() -> None:
        with psycopg.connect(catalogue.url, autocommit=True) as connection:
            while not stop.is_set():
                connection.execute("UPDATE products SET stock = (random() * 50)::int, "
                                   "price = 1 + (random() * 900)::int WHERE random() < 0.3")  # fmt: skip

    def search(svc) -> None:
        while not stop.is_set():
            answer = catalogue.call(svc, "POST", "/v1/search", {"query": "playera", "limit": 50})
            for product in answer["products"]:
                if product["in_stock"] != (product["stock"] > 0) or product["price"] < 1:
                    faults.append(str(product))

    threads = [threading.Thread(target=change)]
    threads += [threading.Thread(target=search, args=(svc,)) for svc in replicas for _ in range(2)]
    for thread in threads:
        thread.start()
    time.sleep(4)
    stop.set()
    for thread in threads:
        thread.join()
    assert not faults
    until(lambda: catalogue.is_current(replicas[0]), PATIENCE_S, "the same as a new index")
    until(lambda: catalogue.is_current(replicas[1]), PATIENCE_S, "the same as a new index")


def test_a_shop_s_role_needs_no_right_on_the_feed(catalogue, replicas):
    catalogue.sql("DROP ROLE IF EXISTS till")
    catalogue.sql("CREATE ROLE till")
    catalogue.sql("GRANT SELECT, UPDATE ON products TO till")
    product = catalogue.add("Xilófono")
    with psycopg.connect(catalogue.url) as connection:
        connection.execute("SET ROLE till")
        connection.execute("UPDATE products SET stock = 3 WHERE id = %s", (product,))
    seen(replicas, lambda svc: (found(catalogue, svc, "xilofono") or {}).get("stock") == 3, "it")
    catalogue.sql("DROP OWNED BY till")
    catalogue.sql("DROP ROLE till")


def test_what_orders_hold_is_not_there(catalogue):
    svc = catalogue.start()
    own = catalogue.add("Xilófono apartado", stock=5)
    stock = lambda: [p["stock"] for p in catalogue.search(svc, "xilófono apartado")["products"]]  # noqa: E731
    until(lambda: stock() == [5], PATIENCE_S, "it is there")
    catalogue.sql(f"UPDATE products SET reserved = 3 WHERE id = {own}")
    until(lambda: stock() == [2], PATIENCE_S, "three are held")
    catalogue.sql(f"UPDATE products SET reserved = 5 WHERE id = {own}")
    until(lambda: stock() == [0], PATIENCE_S, "all are held")
    assert catalogue.search(svc, "xilófono apartado", in_stock=True)["total"] == 0
