"""Orders at the shop's own stock: each is sold or given back there in the end, whatever failed."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import psycopg
import pytest

from tests.api.stock_server import StockServer
from tests.api.test_checkout_stock import EXPIRES, Driver

Database = psycopg.Connection


@pytest.fixture
def stock() -> Iterator[StockServer]:
    server = StockServer({"SKU-A": 5, "SKU-B": 1})
    yield server
    server.stop()


@pytest.fixture
def shop(shop_database: str) -> Iterator[Database]:
    with psycopg.connect(shop_database, autocommit=True) as connection:
        connection.execute("DELETE FROM products")
        connection.execute(
            "INSERT INTO products (id, sku, name, price, stock, is_available) VALUES"
            " (901, 'SKU-A', 'A', 10, 5, true), (902, 'SKU-B', 'B', 10, 1, true),"
            " (903, NULL, 'C', 10, 1, true)"
        )
        yield connection


@pytest.fixture
def driver(stock: StockServer, shop_database: str) -> Iterator[Driver]:
    driver = Driver(stock.url, DATABASE_URL=shop_database, STOCK_API_TIMEOUT_MS="400")
    yield driver
    driver.close()


def place(shop: Database, checkout: str, lines: dict[int, int], status: str = "held") -> None:
    """An order as order_place leaves it."""
    row = shop.execute(
        "INSERT INTO orders (customer_phone, total, status, checkout_id)"
        " VALUES ('5215500000000', 10, 'awaiting_payment', %s) RETURNING id",
        [checkout],
    ).fetchone()
    assert row
    for product, quantity in lines.items():
        shop.execute("INSERT INTO stock_reservations VALUES (%s, %s, %s, %s)",
                     [row[0], product, quantity, status])


def settle(shop: Database, checkout: str, status: str) -> None:
    shop.execute(
        "UPDATE stock_reservations SET status = %s WHERE order_id ="
        " (SELECT id FROM orders WHERE checkout_id = %s)", [status, checkout])


def later(shop: Database) -> None:
    """As if an hour and a half had gone by."""
    shop.execute("UPDATE stock_api_orders SET next_try_at = NOW() - INTERVAL '1 second',"
                 " asked_at = asked_at - INTERVAL '90 minutes'")


def rows(shop: Database) -> int:
    row = shop.execute("SELECT count(*) FROM stock_api_orders").fetchone()
    assert row
    return int(row[0])


def test_held_then_sold(driver: Driver, shop: Database, stock: StockServer) -> None:
    checkout = str(uuid.uuid4())
    assert driver.outcome("hold", checkout, EXPIRES, "SKU-A=2", "SKU-B=1", "=1") == "done"
    assert stock.orders[checkout].items == {"SKU-A": 2, "SKU-B": 1}, "what has no SKU isn't theirs"
    place(shop, checkout, {901: 2, 902: 1, 903: 1})
    assert driver.do("sweep") == {"told": 0, "failed": 0, "short": 0}, "it's still to be paid"
    settle(shop, checkout, "sold")
    assert driver.do("sweep") == {"told": 1, "failed": 0, "short": 0}
    assert stock.on_hand == {"SKU-A": 3, "SKU-B": 0}
    assert driver.do("sweep") == {"told": 0, "failed": 0, "short": 0}
    assert rows(shop) == 0


def test_held_then_released_then_paid_late(driver: Driver, shop: Database, stock: StockServer) -> None:
    checkout = str(uuid.uuid4())
    driver.do("hold", checkout, EXPIRES, "SKU-A=2")
    place(shop, checkout, {901: 2})
    settle(shop, checkout, "released")
    assert driver.do("sweep")["told"] == 1
    assert stock.held("SKU-A") == 0 and stock.on_hand["SKU-A"] == 5
    settle(shop, checkout, "sold")
    later(shop)
    assert driver.do("sweep")["told"] == 1
    assert stock.on_hand["SKU-A"] == 3


def test_held_for_an_order_that_never_came(driver: Driver, shop: Database, stock: StockServer) -> None:
    checkout = str(uuid.uuid4())
    driver.do("hold", checkout, EXPIRES, "SKU-B=1")
    assert driver.do("sweep")["told"] == 0, "it may still be on its way"
    later(shop)
    assert driver.do("sweep")["told"] == 1
    assert stock.held("SKU-B") == 0


def test_sold_while_it_was_away(driver: Driver, shop: Database, stock: StockServer) -> None:
    """STOCK_API_WHEN_DOWN=trust: the order was placed all the same."""
    checkout = str(uuid.uuid4())
    stock.fault = "500"
    assert driver.outcome("hold", checkout, EXPIRES, "SKU-A=2") == "down"
    place(shop, checkout, {901: 2}, "sold")
    assert driver.do("sweep") == {"told": 0, "failed": 1, "short": 0}
    assert driver.do("sweep") == {"told": 0, "failed": 0, "short": 0}, "not at once again"
    stock.fault = ""
    later(shop)
    assert driver.do("sweep")["told"] == 1
    assert stock.on_hand["SKU-A"] == 3


def test_sold_there_to_others_meanwhile(driver: Driver, shop: Database, stock: StockServer) -> None:
    checkout = str(uuid.uuid4())
    stock.fault = "500"
    driver.do("hold", checkout, EXPIRES, "SKU-B=1")
    place(shop, checkout, {902: 1}, "sold")
    stock.fault = ""
    stock.on_hand["SKU-B"] = 0
    assert driver.do("sweep") == {"told": 0, "failed": 0, "short": 1}
    row = shop.execute("SELECT error FROM stock_api_orders").fetchone()
    assert row == ("short",), "it stays, for a person to see"
    later(shop)
    assert driver.do("sweep") == {"told": 0, "failed": 0, "short": 0}


def test_short_is_said_of_the_lines(driver: Driver, shop: Database) -> None:
    answer = driver.do("hold", str(uuid.uuid4()), EXPIRES, "=1", "SKU-A=2", "SKU-B=3")
    assert answer["outcome"] == "short"
    assert answer["items"] == {"SKU-A": 5, "SKU-B": 1}


def test_an_order_without_a_sku_asks_nobody(driver: Driver, shop: Database, stock: StockServer) -> None:
    assert driver.outcome("hold", str(uuid.uuid4()), EXPIRES, "=1") == "done"
    assert stock.requests == [] and rows(shop) == 0


def test_two_replicas_tell_once(driver: Driver, shop: Database, stock: StockServer,
                                shop_database: str) -> None:
    other = Driver(stock.url, DATABASE_URL=shop_database)
    checkouts = [str(uuid.uuid4()) for _ in range(5)]
    for checkout in checkouts:
        driver.do("hold", checkout, EXPIRES, "SKU-A=1")
        place(shop, checkout, {901: 1}, "sold")
    told = driver.do("sweep")["told"] + other.do("sweep")["told"]
    assert told == 5 and stock.on_hand["SKU-A"] == 0
    assert sum(path.endswith("/commit") for path, _, _ in stock.requests) == 5
    other.close()
