"""Many buyers at once: nothing is sold twice, nobody waits forever, everybody is told."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor

from tests.api.checkout_shop import CheckoutShop, new_customer, said

BUYERS = 200
UNITS = 7


def confirm_often(shop: CheckoutShop, customer: str, token: str) -> list[dict]:
    """As a nervous customer and a retrying workflow do: the same call twice with its key, at two
    replicas, and the button once more."""
    path = f"/v1/checkout/{customer}"
    body = {"action": "confirm", "token": token}
    with ThreadPoolExecutor(2) as pool:
        twice = list(
            pool.map(lambda _: shop.call("POST", path, body, Idempotency_Key="once"), range(2))
        )
    return [*twice, shop.call("POST", path, body)]


def test_200_buyers_for_7_units_over_3_replicas(make_checkout):
    shop = make_checkout(3, DATABASE_POOL_SIZE="12")
    product = shop.product(stock=UNITS)
    customers = [new_customer() for _ in range(BUYERS)]
    with ThreadPoolExecutor(8) as pool:
        tokens = list(pool.map(lambda customer: shop.ready(customer, product), customers))
    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(lambda pair: confirm_often(shop, *pair), zip(customers, tokens)))

    bought = [each for each in answers if each[0]["status"] in ("placed", "order_exists")]
    refused = [each for each in answers if each not in bought]
    assert len(bought) == UNITS
    assert len(refused) == BUYERS - UNITS
    for first, second, third in bought:
        # The key's two calls have one answer; the button says the same order.
        assert first == second
        assert third["order"]["order_number"] == first["order"]["order_number"]
    for each in refused:
        assert {answer["status"] for answer in each} <= {"out_of_stock", "empty"}
        assert "se agotó" in said(each[0])
        assert "order" not in each[0]
    assert shop.one("SELECT stock - reserved FROM products WHERE id = %s", product) == 0
    assert shop.one("SELECT count(*) FROM orders") == UNITS
    assert shop.one("SELECT sum(deadlocks) FROM pg_stat_database WHERE datname = current_database()") == 0
    shop.check()


def test_carts_in_any_order_never_deadlock(make_checkout):
    shop = make_checkout(3)
    products = [shop.product(stock=30) for _ in range(6)]
    shop.coupon("UNO", uses_max=25)
    shop.coupon("DOS", uses_max=25)
    chance = random.Random(6)
    buyers = []
    for _ in range(60):
        mine = chance.sample(products, 4)
        code = chance.choice(["UNO", "DOS"])
        buyers.append((new_customer(), mine, code))

    def prepare(buyer) -> tuple[str, str]:
        customer, mine, code = buyer
        for product in mine:
            shop.add(customer, product)
        shop.call("POST", f"/v1/carts/{customer}/coupon", {"code": code})
        return customer, shop.ready(customer)

    def buy(ready) -> str:
        customer, token = ready
        answer = shop.step(customer, "confirm", token=token)
        if answer["status"] == "placed" and int(customer) % 3 == 0:
            shop.call("POST", f"/v1/orders/{answer['order']['id']}/cancel", {})
        return answer["status"]

    with ThreadPoolExecutor(8) as pool:
        ready = list(pool.map(prepare, buyers))
    with ThreadPoolExecutor(24) as pool:
        statuses = list(pool.map(buy, ready))
    assert set(statuses) <= {"placed", "out_of_stock", "changed"}, statuses
    assert shop.one("SELECT sum(deadlocks) FROM pg_stat_database WHERE datname = current_database()") == 0
    shop.check()


def test_coupon_with_one_use_in_20_carts(make_checkout):
    shop = make_checkout(2)
    product = shop.product(stock=100)
    shop.coupon("UNICO", uses_max=1)
    customers = [new_customer() for _ in range(20)]
    for customer in customers:
        shop.add(customer, product)
        assert shop.call("POST", f"/v1/carts/{customer}/coupon", {"code": "unico"})["applied"]
    tokens = [shop.ready(customer) for customer in customers]
    with ThreadPoolExecutor(20) as pool:
        answers = list(
            pool.map(lambda pair: shop.step(pair[0], "confirm", token=pair[1]), zip(customers, tokens))
        )
    placed = [answer for answer in answers if answer["status"] == "placed"]
    assert len(placed) == 1
    for answer in answers:
        if answer["status"] != "placed":
            assert answer["status"] == "changed"
            assert {"kind": "coupon", "name": "UNICO", "before": 0, "now": 0} in answer["changes"]
            assert answer["cart"]["discount_minor"] == 0
    assert shop.one("SELECT uses FROM coupons WHERE code = 'UNICO'") == 1
    # The others buy at the whole price, by the button that they got.
    for customer, answer in zip(customers, answers):
        if answer["status"] == "changed":
            assert shop.step(customer, "confirm", token=answer["token"])["status"] == "placed"
    shop.check()


def test_same_cart_is_changed_by_many_at_once(make_checkout):
    shop = make_checkout(3)
    product = shop.product(stock=1000)
    customer = new_customer()
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda n: shop.add(customer, product, Idempotency_Key=f"k{n // 2}"), range(80)))
    assert shop.cart(customer)["lines"][0]["quantity"] == 40
