"""Buying where the shop's own stock is asked over HTTP (STOCK_API_URL)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from tests.api.checkout_shop import CheckoutShop, new_customer
from tests.api.stock_server import StockServer

MakeCheckout = Callable[..., CheckoutShop]


@pytest.fixture
def stock() -> Iterator[StockServer]:
    server = StockServer({})
    yield server
    server.stop()


def open_shop(make_checkout: MakeCheckout, stock: StockServer, **env: str) -> CheckoutShop:
    return make_checkout(STOCK_API_URL=stock.url, STOCK_API_TOKEN=stock.token, **env)


def product(shop: CheckoutShop, stock: StockServer, sku: str, here: int, there: int) -> int:
    stock.on_hand[sku] = there
    return shop.product(stock=here, sku=sku)


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.1)


def test_an_order_is_held_there_and_given_back(make_checkout: MakeCheckout, stock: StockServer) -> None:
    shop = open_shop(make_checkout, stock)
    item = product(shop, stock, "S-1", 10, 5)
    token = shop.ready(customer := new_customer(), item, method="bank_transfer", quantity=3)
    order = shop.step(customer, "confirm", token=token)["order"]
    assert stock.held("S-1") == 3
    shop.call("POST", f"/v1/orders/{order['id']}/cancel", {"by": "customer"})
    until(lambda: stock.held("S-1") == 0)
    assert stock.on_hand["S-1"] == 5
    shop.check()


def test_a_paid_order_is_sold_there(make_checkout: MakeCheckout, stock: StockServer) -> None:
    shop = open_shop(make_checkout, stock)
    item = product(shop, stock, "S-1", 10, 5)
    token = shop.ready(customer := new_customer(), item, method="bank_transfer", quantity=2)
    order = shop.step(customer, "confirm", token=token)["order"]
    at = f"/v1/orders/{order['id']}/payment-received"
    shop.call("POST", at, {"amount_minor": order["total_minor"], "idempotency_key": "paid-1"})
    until(lambda: stock.on_hand["S-1"] == 3)
    assert stock.held("S-1") == 0
    assert sum(path.endswith("/commit") for path, _, _ in stock.requests) == 1
    shop.check()


def test_less_there_than_was_thought(make_checkout: MakeCheckout, stock: StockServer) -> None:
    shop = open_shop(make_checkout, stock)
    item = product(shop, stock, "S-1", 10, 2)
    token = shop.ready(customer := new_customer(), item, quantity=3)
    answer = shop.step(customer, "confirm", token=token)
    assert answer["status"] == "out_of_stock"
    assert stock.held("S-1") == 0 and shop.one("SELECT count(*) FROM orders") == 0
    shop.check()


def test_away_and_refused(make_checkout: MakeCheckout, stock: StockServer) -> None:
    shop = open_shop(make_checkout, stock)
    item = product(shop, stock, "S-1", 10, 5)
    token = shop.ready(customer := new_customer(), item)
    stock.fault = "500"
    answer = shop.step(customer, "confirm", token=token)
    assert answer["status"] == "unavailable" and answer["state"] == "confirmation"
    assert shop.one("SELECT count(*) FROM orders") == 0
    stock.fault = ""
    assert shop.step(customer, "confirm", token=token)["status"] == "placed"
    assert stock.held("S-1") == 1
    shop.check()


def test_away_and_trusted(make_checkout: MakeCheckout, stock: StockServer) -> None:
    shop = open_shop(make_checkout, stock, STOCK_API_WHEN_DOWN="trust")
    item = product(shop, stock, "S-1", 10, 5)
    token = shop.ready(customer := new_customer(), item)
    stock.fault = "500"
    assert shop.step(customer, "confirm", token=token)["status"] == "placed"
    assert shop.one("SELECT reserved FROM products WHERE id = %s", item) == 1
    shop.check()


def test_the_same_confirmation_twice_holds_once(make_checkout: MakeCheckout, stock: StockServer) -> None:
    shop = open_shop(make_checkout, stock)
    item = product(shop, stock, "S-1", 10, 1)
    token = shop.ready(customer := new_customer(), item)
    first = shop.step(customer, "confirm", token=token)
    again = shop.step(customer, "confirm", token=token)
    assert first["order"]["id"] == again["order"]["id"]
    assert stock.held("S-1") == 1
    shop.check()
