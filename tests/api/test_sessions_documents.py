"""Sessions: what is read, what is written, who is refused."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.api.session_shop import FLUSH_S, Shop, guide_session, new_customer, wait_until

DAY_S = 86400


def test_load_creates_once(shop: Shop) -> None:
    customer = new_customer()
    first = shop.load(customer, replica=0)
    assert first["created"] and not first["found"] and first["source"] == "created"
    assert first["version"] == 1 and 7190 <= first["ttl_s"] <= 7200
    assert set(first["session"]) == set(json.loads(guide_session(customer)))
    assert first["session"]["session_state"] == "greeting"
    assert first["session"]["cart_data"] == [] and first["session"]["context_data"] == {}
    second = shop.load(customer, replica=1)
    assert second["found"] and not second["created"] and second["source"] == "redis"
    assert second["session"] == first["session"]


def test_many_loads_at_once_make_one(shop: Shop) -> None:
    customer = new_customer()
    with ThreadPoolExecutor(30) as pool:
        answers = list(pool.map(lambda _: shop.load(customer), range(60)))
    assert sum(a["created"] for a in answers) == 1
    assert {a["version"] for a in answers} == {1}


def test_load_joins_the_customer(shop: Shop) -> None:
    customer = new_customer()
    shop.sql(
        "INSERT INTO customers (phone, name, customer_tier, total_orders)"
        " VALUES (%s, 'Ana', 'vip', 12)", customer)  # fmt: skip
    session = shop.load(customer)["session"]
    assert (session["customer_name"], session["customer_tier"]) == ("Ana", "vip")
    assert session["total_orders"] == 12


def test_load_takes_the_customer_in(shop: Shop) -> None:
    customer = new_customer()
    shop.load(customer, {"customer": {"name": "Luz", "wa_id": customer}})
    shop.wait_flushed()
    assert shop.sql("SELECT name FROM customers WHERE phone = %s", customer) == [("Luz",)]
    found = shop.sql("SELECT wa_id FROM customer_identities WHERE customer_key = %s", customer)
    assert found == [(customer,)]


def test_get_makes_nothing(shop: Shop) -> None:
    answer = shop.get(new_customer())
    assert answer == {"found": False, "customer_key": answer["customer_key"], "version": 0,
                      "session": None}  # fmt: skip


def test_get_does_not_lengthen(shop: Shop) -> None:
    customer = new_customer()
    shop.load(customer)
    shop.redis.client.pexpire(f"session:{customer}", 100_000)
    assert shop.get(customer)["ttl_s"] <= 100
    assert shop.load(customer)["ttl_s"] >= 7190


def test_guide_json_is_read_as_it_is(shop: Shop) -> None:
    customer = new_customer()
    stored = guide_session(customer)
    shop.redis.client.set(f"session:{customer}", stored, ex=1000)
    answer = shop.get(customer)
    assert answer["found"] and answer["version"] == 1 and answer["ttl_s"] in (999, 1000)
    assert answer["session"] == json.loads(stored)
    saved = shop.patch(customer, {"cart_data": [{"id": 1, "price": 19.90}]})
    assert saved["saved"] and saved["version"] == 2
    assert saved["session"]["context_data"] == {"last_search": "zapatos"}
    assert saved["session"]["migrated_at"] == "2026-11-24T12:30:00.000Z"
    # Others read it as the guide's form, too: whatever reads JSON finds its members.
    raw = json.loads(shop.redis.client.get(f"session:{customer}"))
    assert raw["cart_data"] == [{"id": 1, "price": 19.90}] and raw["version"] == "v2"
    assert raw["session_version"] == 2


def test_guide_json_beside_its_row(shop: Shop) -> None:
    """The row that the guide's script read and then marked is not newer than what it stored."""
    customer = new_customer()
    shop.sql(
        "INSERT INTO customer_sessions (customer_phone, session_state, context_data, updated_at)"
        " VALUES (%s, 'cart', '{\"migrated_to_redis\": true}', '2026-11-24 12:00:00')",
        customer,
    )
    shop.redis.client.set(f"session:{customer}", guide_session(customer), ex=1000)
    assert shop.get(customer)["session"]["context_data"] == {"last_search": "zapatos"}


def test_row_of_the_mvp_is_read(shop: Shop) -> None:
    customer = new_customer()
    shop.sql(
        "INSERT INTO customer_sessions (customer_phone, session_state, cart_data, expires_at)"
        " VALUES (%s, 'browsing', '[{\"id\": 5}]', NOW() + INTERVAL '1 hour')", customer)  # fmt: skip
    answer = shop.load(customer)
    assert answer["found"] and answer["source"] == "postgres"
    assert answer["session"]["cart_data"] == [{"id": 5}]
    assert shop.get(customer)["source"] == "redis"


@pytest.mark.parametrize("stored", ["", "{", "null", "[1]", '{"session_version":"x"}', "\x00\xff"])
def test_garbage_at_the_key_is_no_session(shop: Shop, stored: str) -> None:
    customer = new_customer()
    shop.redis.client.set(f"session:{customer}", stored)
    if not stored.startswith("{\""):
        assert not shop.get(customer)["found"]
    assert shop.load(customer)["session"]["session_state"] == "greeting"


def test_numbers_and_empty_arrays_stay(shop: Shop) -> None:
    customer = new_customer()
    shop.load(customer)
    context = '{"price":1.10,"big":12345678901234567890,"list":[],"object":{},"e":1e3}'
    body = f'{{"context_data":{context}}}'
    url = f"{shop.replicas[0].url}/v1/sessions/{customer}"
    answer = shop._http.put(url, content=body, headers={"Content-Type": "application/json"})
    assert f'"context_data":{context}' in answer.text
    assert f'"context_data":{context}' in shop.redis.client.get(f"session:{customer}")


def test_put_sets_and_patch_merges(shop: Shop) -> None:
    customer = new_customer()
    put = shop.put(customer, {"session_state": "cart", "context_data": {"a": {"b": 1, "c": 2}}})
    assert put["saved"] and put["source"] == "created"
    patch = shop.patch(customer, {"context_data": {"a": {"b": None, "d": 3}, "e": 4}})
    assert patch["session"]["context_data"] == {"a": {"c": 2, "d": 3}, "e": 4}
    assert patch["session"]["session_state"] == "cart"
    assert shop.put(customer, {})["session"]["context_data"] == {}


def test_two_writers_of_one_version(shop: Shop) -> None:
    customer = new_customer()
    version = shop.load(customer)["version"]
    first = shop.patch(customer, {"session_state": "cart"}, If_Match=f'"{version}"')
    late = shop.patch(customer, {"session_state": "lost"}, If_Match=f'"{version}"')
    assert first["saved"]
    assert not late["saved"] and late["reason"] == "version_conflict"
    assert late["version"] == first["version"] and late["session"] == first["session"]
    body = {"session_state": "lost", "version": version}
    assert shop.put(customer, body)["reason"] == "version_conflict"


def test_patches_at_once_all_survive(shop: Shop) -> None:
    customer = new_customer()
    shop.load(customer)

    def add(number: int) -> dict:
        return shop.patch(customer, {"context_data": {f"k{number}": number}})

    with ThreadPoolExecutor(24) as pool:
        answers = list(pool.map(add, range(120)))
    assert all(a["saved"] for a in answers)
    assert sorted(a["version"] for a in answers) == list(range(2, 122))
    assert len(shop.get(customer)["session"]["context_data"]) == 120


def test_repeated_write_answers_as_the_first(shop: Shop) -> None:
    customer = new_customer()
    shop.load(customer)
    key = {"Idempotency_Key": "execution 7", "If_Match": "1"}
    first = shop.patch(customer, {"context_data": {"n": 1}}, **key)
    shop.patch(customer, {"context_data": {"m": 1}})
    again = shop.patch(customer, {"context_data": {"n": 1}}, **key)
    assert first["saved"] and again["saved"] and again["repeated"]
    assert again["saved_version"] == first["version"] and again["version"] == 3


def test_write_after_delete_does_not_revive(shop: Shop) -> None:
    customer = new_customer()
    version = shop.load(customer)["version"]
    assert shop.delete(customer)["deleted"]
    assert not shop.delete(customer)["deleted"]
    assert not shop.get(customer)["found"]
    for write in (shop.put, shop.patch):
        answer = write(customer, {"session_state": "cart"})
        assert not answer["saved"] and answer["reason"] == "deleted"
    again = shop.load(customer)
    assert again["created"] and again["version"] > version
    late = shop.put(customer, {"session_state": "cart"}, If_Match=str(version))
    assert late["reason"] == "version_conflict"


def test_delete_reaches_postgres(shop: Shop) -> None:
    customer = new_customer()
    shop.put(customer, {"cart_data": [1]})
    shop.delete(customer)
    shop.wait_flushed()
    rows = shop.sql(
        "SELECT cart_data, expires_at <= clock_timestamp() FROM customer_sessions"
        " WHERE customer_phone = %s", customer)  # fmt: skip
    assert rows == [([], True)]
    shop.redis.client.delete(f"session:{customer}")
    assert not shop.get(customer)["found"]
    assert shop.put(customer, {})["reason"] == "deleted"


def test_patch_on_what_is_not_there(shop: Shop) -> None:
    answer = shop.patch(new_customer(), {"session_state": "x"})
    assert not answer["saved"] and answer["reason"] == "not_found"


def test_ttl_by_call_state_and_tier(make_shop) -> None:
    shop = make_shop(1, SESSION_TTLS="state:checkout=14400,tier:vip=86400,state:flash=60")
    customer = new_customer()
    assert shop.load(customer, {"ttl_s": 600})["ttl_s"] == 600
    assert shop.patch(customer, {"session_state": "checkout"})["ttl_s"] == 14400
    assert shop.patch(customer, {"session_state": "flash"})["ttl_s"] == 60
    assert shop.patch(customer, {"ttl_s": 120})["ttl_s"] == 120
    assert shop.touch(customer, {"ttl_s": DAY_S})["ttl_s"] == DAY_S
    vip = new_customer()
    shop.sql("INSERT INTO customers (phone, customer_tier) VALUES (%s, 'vip')", vip)
    assert shop.load(vip)["ttl_s"] == DAY_S
    shop.sql("UPDATE system_config SET value = '900' WHERE key = 'session_ttl_s'")
    wait_until(lambda: shop.load(new_customer())["ttl_s"] == 900, 3)


def test_absolute_age(make_shop) -> None:
    shop = make_shop(1, SESSION_LONGEST_S="120")
    customer = new_customer()
    assert shop.load(customer)["ttl_s"] <= 120
    time.sleep(1.1)
    assert shop.touch(customer)["ttl_s"] <= 119
    assert shop.patch(customer, {"session_state": "x"})["ttl_s"] <= 119


def test_touch_does_not_rewrite(shop: Shop) -> None:
    customer = new_customer()
    shop.load(customer)
    before = shop.redis.client.get(f"session:{customer}")
    answer = shop.touch(customer, {"ttl_s": 5000})
    assert answer["touched"] and answer["ttl_s"] == 5000 and answer["version"] == 1
    assert shop.redis.client.get(f"session:{customer}") == before
    shop.wait_flushed()
    rows = shop.sql(
        "SELECT EXTRACT(EPOCH FROM expires_at - NOW())::int BETWEEN 4980 AND 5000"
        " FROM customer_sessions WHERE customer_phone = %s", customer)  # fmt: skip
    assert rows == [(True,)]
    assert shop.touch(new_customer())["reason"] == "not_found"


def test_written_is_in_postgres_within_the_bound(shop: Shop) -> None:
    customer = new_customer()
    shop.put(customer, {"session_state": "cart", "cart_data": [{"id": 9}]})
    time.sleep(FLUSH_S + 0.3)
    rows = shop.sql(
        "SELECT session_state, cart_data, version FROM customer_sessions"
        " WHERE customer_phone = %s", customer)  # fmt: skip
    assert rows == [("cart", [{"id": 9}], 1)]
    assert shop.redis.client.zcard("session_dirty") == 0


def test_one_bad_row_does_not_hold_up_the_rest(shop: Shop) -> None:
    """A number that JSON takes and PostgreSQL doesn't."""
    bad, good = new_customer(), new_customer()
    url = f"{shop.replicas[0].url}/v1/sessions/"
    content = '{"context_data":{"n":1e999999}}'
    answer = shop._http.put(url + bad, content=content)
    assert answer.json()["saved"]
    shop.put(good, {"session_state": "cart"}, replica=0)
    shop.wait_flushed()
    rows = shop.sql("SELECT customer_phone FROM customer_sessions WHERE version = 1")
    assert rows == [(good,)]
    assert shop.stats(0)["store"]["dropped_total"] == 1


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/v1/sessions/5215/load", {"ttl_s": 0}, 422),
        ("POST", "/v1/sessions/5215/load", {"ttl_s": 31536000}, 422),
        ("POST", "/v1/sessions/5215/load", {"ttl_s": "600"}, 422),
        ("POST", "/v1/sessions/5215/load", {"tl_s": 600}, 422),
        ("POST", "/v1/sessions/a%00b/load", None, 400),
        ("POST", "/v1/sessions/a%7Bb%7D/load", None, 400),
        ("POST", "/v1/sessions/a%20b/load", None, 400),
        ("POST", "/v1/sessions/%FF/load", None, 400),
        ("POST", "/v1/sessions/%2A/load", None, 400),
        ("POST", f"/v1/sessions/{'5' * 161}/load", None, 400),
        ("PUT", "/v1/sessions/5215", {"id": 5}, 422),
        ("PUT", "/v1/sessions/5215", {"customer_tier": "vip"}, 422),
        ("PUT", "/v1/sessions/5215", {"session_state": 5}, 422),
        ("PUT", "/v1/sessions/5215", {"session_state": "x" * 51}, 422),
        ("PUT", "/v1/sessions/5215", {"context_data": [1]}, 422),
        ("PUT", "/v1/sessions/5215", {"version": 0}, 422),
        ("PATCH", "/v1/sessions/5215", "x", 422),
        ("PUT", "/v1/sessions/5215", {"context_data": {"a": "x" * 270_000}}, 413),
        ("PUT", "/v1/sessions/5215", {"context_data": {"a": "x" * 10_000_000}}, 413),
    ],
)  # fmt: skip
def test_bad_input(make_shop, method: str, path: str, body: object, status: int) -> None:
    shop = make_shop(1)
    answer = shop.call(method, path, body, status=status)
    assert answer["status"] == status and answer["detail"]
    assert shop.redis.client.keys("session:*") == []


@pytest.mark.parametrize("value", ["x", '"', "-1", "0", "1.5", "99999999999999999999"])
def test_bad_if_match(make_shop, value: str) -> None:
    shop = make_shop(1)
    answer = shop.put("5215", {}, If_Match=value, status=400)
    assert "If-Match" in answer["detail"]


def test_a_patch_that_makes_it_too_large(make_shop) -> None:
    shop = make_shop(1)
    customer = new_customer()
    shop.put(customer, {"context_data": {"a": "x" * 200_000}})
    shop.patch(customer, {"context_data": {"b": "x" * 200_000}}, status=413)
    assert shop.get(customer)["version"] == 1


def test_array_and_item_forms(make_shop) -> None:
    shop = make_shop(1)
    customer = new_customer()
    shop.load(customer)
    bodies = [{"context_data": {"a": 1}}, {"context_data": {"b": 2}}]
    answers = shop.patch(customer, bodies, Idempotency_Key="k")
    assert [a["version"] for a in answers] == [2, 3]
    again = shop.patch(customer, bodies, Idempotency_Key="k")
    assert [a["saved_version"] for a in again] == [2, 3]
    item = {"headers": {}, "params": {}, "query": {}, "body": {"session_state": "cart"}}
    assert shop.patch(customer, item)["session"]["session_state"] == "cart"
