"""What customers do teaches the order; what they ask for is written down."""

from __future__ import annotations

import itertools

import pytest

from tests.api.search_shop import CUSTOMER, PATIENCE_S, metric, until

_numbers = itertools.count(1)


@pytest.fixture
def replicas(catalogue):
    return [catalogue.start() for _ in range(2)]


def tell(catalogue, svc, query: str, product: int, action: str, **more):
    headers = {k: more.pop(k) for k in ("Idempotency_Key", "status") if k in more}
    body = {"query": query, "product_id": product, "action": action, **more}
    return catalogue.call(svc, "POST", "/v1/feedback", body, **headers)


def count(catalogue) -> int:
    return catalogue.one("SELECT count(*) FROM search_feedback")


def test_a_call_counts_once(catalogue, replicas):
    for svc in (*replicas, *replicas):
        tell(catalogue, svc, "playera", 1, "click", Idempotency_Key="k1")
        tell(catalogue, svc, "playera", 1, "click", message_id="wamid.1")
    assert count(catalogue) == 2
    first = tell(catalogue, replicas[0], "playera", 1, "add", message_id="wamid.1")
    again = tell(catalogue, replicas[1], "playera", 1, "add", message_id="wamid.1")
    assert first == {"accepted": True, "repeated": False, "reason": None}
    assert again == {"accepted": True, "repeated": True, "reason": None}
    batch = [{"query": "playera", "product_id": n, "action": "shown"} for n in (1, 3, 4)]
    for _ in range(2):
        catalogue.call(replicas[0], "POST", "/v1/feedback", batch, Idempotency_Key="k2")
    assert count(catalogue) == 6
    for _ in range(3):
        tell(catalogue, replicas[0], "playera", 1, "click")
    assert count(catalogue) == 9


def test_what_is_no_product_is_not_accepted(catalogue, replicas):
    answer = tell(catalogue, replicas[0], "playera", 999999, "click", message_id="m")
    assert answer == {"accepted": False, "repeated": False, "reason": "no_product"}
    tell(catalogue, replicas[0], "playera", 1, "stolen", status=422)
    tell(catalogue, replicas[0], "playera", 0, "click", status=422)


def test_no_customer_s_number_is_stored(catalogue, replicas):
    tell(catalogue, replicas[0], "playera", 1, "click", customer_phone=CUSTOMER)
    catalogue.search(replicas[0], "playera roja", customer_phone=CUSTOMER)
    until(lambda: catalogue.one("SELECT count(*) FROM search_log") == 1, PATIENCE_S, "the log")
    rows = catalogue.sql("SELECT row_to_json(f)::text FROM search_feedback f UNION ALL "
                         "SELECT row_to_json(l)::text FROM search_log l")  # fmt: skip
    assert len(rows) == 2 and not any(CUSTOMER in row[0] for row in rows)
    hashes = {row[0] for row in catalogue.sql(
        "SELECT customer_hash FROM search_feedback UNION SELECT customer_hash FROM search_log")}
    assert len(hashes) == 1 and None not in hashes


def test_purchases_move_a_product_up_on_every_replica(catalogue, replicas):
    query = "playera"
    ids = catalogue.ids(replicas[0], query, limit=100)
    chosen = ids[-1]
    for number in range(60):
        for action in ("click", "add", "purchase"):
            tell(catalogue, replicas[0], query, chosen, action, message_id=f"m{number}",
                 customer_phone=f"52155{number:08d}")  # fmt: skip
    for svc in replicas:
        until(lambda svc=svc: catalogue.index(svc)["learned"] == 180, PATIENCE_S, "the events")
        until(lambda svc=svc: catalogue.ids(svc, query, limit=100).index(chosen) < len(ids) - 1,
              PATIENCE_S, "a better place")  # fmt: skip
    place = catalogue.ids(replicas[0], query, limit=100).index(chosen)
    fresh = catalogue.start()  # learns from the table
    until(lambda: catalogue.index(fresh)["learned"] == 180, PATIENCE_S, "the events")
    assert catalogue.ids(fresh, query, limit=100).index(chosen) == place


def test_one_customer_counts_once_a_day(catalogue, replicas):
    for number in range(50):
        tell(catalogue, replicas[0], "playera", 7, "purchase", message_id=f"m{number}",
             customer_phone=CUSTOMER)  # fmt: skip
    tell(catalogue, replicas[0], "playera", 7, "purchase", customer_phone="5215500000000")
    until(lambda: catalogue.index(replicas[1])["learned"] == 2, PATIENCE_S, "two")


def test_the_log_of_searches(catalogue, replicas):
    catalogue.search(replicas[0], "xqzwvk")
    catalogue.search(replicas[1], "playera")
    catalogue.search(replicas[1], "ñ" * 5000)
    catalogue.search(replicas[1], "a\u0001b' OR 1=1")
    until(lambda: catalogue.one("SELECT count(*) FROM search_log") == 4, PATIENCE_S, "the log")
    rows = dict(catalogue.sql("SELECT query, total FROM search_log"))
    assert rows["xqzwvk"] == 0 and rows["playera"] > 0 and "ñ" * 200 in rows


def test_a_full_log_is_dropped_and_counted(catalogue):
    svc = catalogue.start(SEARCH_LOG_WAITING_MAX="3")
    for number in range(200):
        catalogue.call(svc, "POST", "/v1/search", [{"query": f"q{number} {n}"} for n in range(5)])
    assert metric(svc, "search_log_dropped_total") > 0
    assert svc.stop() == 0
    assert catalogue.one("SELECT count(*) FROM search_log") > 0
