"""A customer who goes by another identity: everything follows, and the old one leads on."""

from __future__ import annotations

import itertools
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.api.session_shop import Shop, message, new_customer

_ids = itertools.count(1)


def new_user_id() -> str:
    return f"MX.{next(_ids):013d}"


def change(shop: Shop, previous: object, current: object, **more: object) -> dict:
    body = {"previous": previous, "current": current}
    return shop.call("POST", "/v1/identities/change", body, **more)


@pytest.fixture(params=["redis", "postgres"])
def either(shop: Shop, request) -> Shop:
    """With Redis, and with PostgreSQL alone."""
    if request.param == "postgres":
        shop.sql("UPDATE system_config SET value = 'false' WHERE key = 'use_redis_sessions'")
        shop.wait_mode("postgres")
    return shop


def test_session_follows(either: Shop) -> None:
    shop, old, new = either, new_customer(), new_customer()
    shop.put(old, {"session_state": "cart", "cart_data": [{"id": 1}]})
    assert change(shop, old, new)["session_moved"]
    found = shop.get(new)
    assert found["session"]["cart_data"] == [{"id": 1}]
    assert found["session"]["customer_phone"] == new
    through = shop.get(old)
    assert through["customer_key"] == new and through["session"] == found["session"]
    saved = shop.patch(old, {"session_state": "checkout"})
    assert saved["saved"] and saved["customer_key"] == new
    assert shop.get(new)["session"]["session_state"] == "checkout"
    again = change(shop, old, new)
    assert not again["session_moved"] and not again["customer_moved"]
    assert shop.get(new)["version"] == saved["version"]


def test_open_turn_goes_on(either: Shop) -> None:
    shop, old, new = either, new_customer(), new_user_id()
    begun = shop.begin(old, message("m1", "uno"))
    assert shop.begin(old, message("m2", "dos"), wait_ms=0)["reason"] == "busy"
    assert change(shop, {"wa_id": old}, {"user_id": new})["turn_moved"]
    assert shop.begin(new, message("m3", "tres"), wait_ms=0)["reason"] == "busy"
    ended = shop.end_turn(old, begun["lease"]["token"], session={"session_state": "cart"})
    assert ended["ended"] and ended["saved"] and ended["customer_key"] == new
    assert ended["pending"] == 2
    rest = shop.begin(old)
    assert rest["text"] == "dos\ntres" and rest["session"]["session_state"] == "cart"
    assert shop.begin(new, message("m1"), wait_ms=0)["reason"] == "done"


def test_change_while_a_message_waits(make_shop) -> None:
    shop = make_shop(2, QUIET_MS="1000")
    old, new = new_customer(), new_customer()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(shop.begin, old, message("m1", "uno"))
        time.sleep(0.3)
        change(shop, old, new)
        begun = first.result(timeout=5)
    assert begun["turn"] and begun["customer_key"] == new and begun["text"] == "uno"


def test_two_sessions_become_one(either: Shop) -> None:
    shop, old, new = either, new_customer(), new_customer()
    shop.put(old, {"session_state": "cart", "cart_data": [1], "context_data": {"a": 1, "b": 1}})
    shop.put(new, {"context_data": {"b": 2}})
    change(shop, old, new)
    session = shop.get(new)["session"]
    assert session["cart_data"] == [1] and session["session_state"] == "cart"
    assert session["context_data"] == {"a": 1, "b": 2}


def test_rows_become_one(shop: Shop) -> None:
    old, new = new_customer(), new_user_id()
    for phone, name, tier, orders, spent in ((old, "Ana", "vip", 5, 50), (new, None, "new", 1, 9)):
        shop.sql(
            "INSERT INTO customers (phone, name, customer_tier, total_orders, total_spent)"
            " VALUES (%s, %s, %s, %s, %s)", phone, name, tier, orders, spent)  # fmt: skip
    for _ in range(2):
        change(shop, {"wa_id": old}, {"user_id": new})
        rows = shop.sql(
            "SELECT phone, name, customer_tier, total_orders, total_spent::int FROM customers")
        assert rows == [(new, "Ana", "vip", 6, 59)]
    identities = shop.sql(
        "SELECT customer_key, wa_id, user_id, replaced_by FROM customer_identities ORDER BY 1")
    assert identities == [(old, old, None, new), (new, None, new, None)]
    assert shop.load(old)["session"]["total_orders"] == 6


def test_user_id_changes_while_the_number_stays(shop: Shop) -> None:
    phone, first, second = new_customer(), new_user_id(), new_user_id()
    shop.load(phone, {"customer": {"wa_id": phone, "user_id": first}})
    shop.put(phone, {"session_state": "cart"})
    shop.wait_flushed()
    change(shop, {"wa_id": phone, "user_id": first}, {"wa_id": phone, "user_id": second})
    rows = shop.sql(
        "SELECT user_id, replaced_by FROM customer_identities WHERE customer_key = %s", phone)
    assert rows == [(second, None)]
    # A message that shows only the user id is this customer's.
    for user_id in (first, second):
        answer = shop.load(user_id)
        assert answer["customer_key"] == phone
        assert answer["session"]["session_state"] == "cart"


def test_chain_and_back(either: Shop) -> None:
    shop = either
    first, second, third = (new_customer() for _ in range(3))
    shop.put(first, {"session_state": "cart"})
    change(shop, first, second)
    change(shop, second, third)
    assert shop.get(first)["customer_key"] == third
    change(shop, third, first)
    for key in (first, second, third):
        answer = shop.get(key)
        assert answer["customer_key"] == first and answer["session"]["session_state"] == "cart"


def test_changes_at_once(shop: Shop) -> None:
    old, new = new_customer(), new_customer()
    shop.put(old, {"cart_data": [1]})

    def write(number: int) -> dict:
        return shop.patch(old, {"context_data": {f"k{number}": 1}})

    with ThreadPoolExecutor(12) as pool:
        writes = [pool.submit(write, n) for n in range(60)]
        moves = [pool.submit(change, shop, old, new) for _ in range(5)]
        assert all(w.result()["saved"] for w in writes)
        assert sum(m.result()["session_moved"] for m in moves) >= 1
    session = shop.get(new)["session"]
    assert session["cart_data"] == [1] and len(session["context_data"]) == 60


def test_alias_is_known_after_redis_is_empty(shop: Shop) -> None:
    old, new = new_customer(), new_customer()
    shop.put(old, {"session_state": "cart"})
    change(shop, old, new)
    ttl = shop.redis.client.ttl(f"session:{old}")
    assert 29 * 86400 < ttl <= 30 * 86400
    shop.wait_flushed()
    shop.redis.client.flushall()
    assert shop.get(old)["customer_key"] == new


def test_cached_values_of_the_customer_are_dropped(shop: Shop) -> None:
    old, new = new_customer(), new_customer()
    body = {"value": 1, "tags": [f"customer:{old}"]}
    shop.call("PUT", "/v1/cache/offers/k", body)
    shop.call("PUT", "/v1/cache/offers/other", {"value": 1, "tags": [f"customer:{new}"]})
    change(shop, old, new)
    assert not shop.call("GET", "/v1/cache/offers/k")["found"]
    assert shop.call("GET", "/v1/cache/offers/other")["found"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"previous": "1"},
        {"previous": "1", "current": {}},
        {"previous": {"parent_user_id": "MX.ENT.1"}, "current": "2"},
        {"previous": "a b", "current": "2"},
        {"previous": 5, "current": "2"},
        {"previous": {"wa_id": "+52"}, "current": "2"},
    ],
)
def test_bad_change(make_shop, body: dict) -> None:
    shop = make_shop(1)
    assert shop.call("POST", "/v1/identities/change", body, status=422)["errors"]
