"""Checks, refunds, blocks, looks and resets, over the real binary and Redis."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from tests.api.limiter import (
    NODE,
    ask,
    block,
    check,
    fine,
    in_parallel,
    look,
    new_customer,
    new_message,
    refund,
    reset,
    until,
)

NEW = {"customer_tier": "new"}
VIP = {"customer_tier": "vip"}


@pytest.fixture
def svc(service, redis_url):
    return service(NODE, REDIS_URL=redis_url)


@pytest.fixture
def replicas(service, redis_url):
    return [service(NODE, REDIS_URL=redis_url, REPLICAS="3") for _ in range(3)]


def seconds_until(text: str) -> float:
    at = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return (at - datetime.now(UTC)).total_seconds()


def test_five_pass_and_the_sixth_is_told_when_to_come_back(svc):
    customer = new_customer()
    for number in range(5):
        answer = check(svc, customer, new_message())
        assert answer["allowed"] and not answer["skip_processing"]
        assert answer["tier"] == "default" and answer["mode"] == "enforce"
        assert answer["limits"] == {"minute": 5, "hour": 100, "day": 500}
        assert answer["remaining"] == {"minute": 4 - number, "hour": 99 - number,
                                       "day": 499 - number}  # fmt: skip
        assert answer["exceeded_window"] is None and answer["reset_at"] is None
        assert answer["retry_after_s"] == 0 and not answer["notify_customer"]
        assert answer["backend"] == "redis" and "reply" not in answer
    answer = check(svc, customer, new_message())
    assert not answer["allowed"] and answer["skip_processing"]
    assert answer["exceeded_window"] == "minute"
    assert 50 < answer["retry_after_s"] <= 60
    assert abs(seconds_until(answer["reset_at"]) - answer["retry_after_s"]) < 5
    assert answer["remaining"] == {"minute": 0, "hour": 95, "day": 495}
    assert answer["notify_customer"]


def test_the_reply_is_ready_to_send(svc):
    for locale, word in ((None, "segundos"), ("en_US", "seconds"), ("pt-BR", "segundos")):
        for customer, to in ((new_customer(), "to"), (f"MX.{new_customer()}", "recipient")):
            for _ in range(5):
                check(svc, customer)
            answer = check(svc, customer, locale=locale)
            assert answer["reply"][to] == customer
            assert answer["reply"]["messaging_product"] == "whatsapp"
            assert answer["reply"]["type"] == "text"
            assert f"{answer['retry_after_s']} {word}" in answer["reply"]["text"]["body"]


def test_a_shop_s_own_texts(service, redis_url, tmp_path):
    (tmp_path / "es.json").write_text('{"rate_limit_reached": "Calma: {wait}"}')
    svc = service(NODE, REDIS_URL=redis_url, TEXTS_DIR=str(tmp_path), DEFAULT_LOCALE="pt")
    customer = new_customer()
    for _ in range(5):
        check(svc, customer)
    assert check(svc, customer, locale="es")["reply"]["text"]["body"].startswith("Calma: ")
    other = new_customer()
    for _ in range(5):
        check(svc, other)
    assert "Obrigado" in check(svc, other)["reply"]["text"]["body"]


def test_tiers_of_the_call(svc):
    for tier, limits in (("new", (5, 60, 500)), ("regular", (10, 120, 1000)),
                         ("vip", (20, 300, 2000))):  # fmt: skip
        answer = check(svc, new_customer(), customer_tier=tier)
        assert answer["tier"] == tier and "unknown_tier" not in answer
        assert tuple(answer["limits"].values()) == limits
        assert fine(svc, "GET", f"/v1/tiers/{tier}")["tier"]["max_per_minute"] == limits[0]


def test_a_tier_that_there_is_not(svc):
    for tier in ("platinum", "VIP", "ñ" * 50, "vip\x00", "'; DROP TABLE customers; --"):
        answer = check(svc, new_customer(), customer_tier=tier)
        assert answer["tier"] == "default" and answer["limits"]["minute"] == 5
        assert answer["unknown_tier"] == tier.replace("\x00", "\ufffd")
    assert fine(svc, "GET", "/v1/tiers/platinum") == {"found": False}
    for tier in ("", None):
        answer = check(svc, new_customer(), customer_tier=tier)
        assert answer["tier"] == "default" and "unknown_tier" not in answer


def test_one_message_counts_once_over_replicas(replicas):
    for _ in range(5):
        customer, message = new_customer(), new_message()
        answers = in_parallel(10, lambda n: check(replicas[n % 3], customer, message))  # noqa: B023
        assert all(answer["allowed"] for answer in answers)
        assert [answer["repeated"] for answer in answers].count(False) == 1
        assert {answer["remaining"]["minute"] for answer in answers} == {4}


def test_a_counted_message_passes_again_when_nothing_else_does(replicas):
    customer, messages = new_customer(), [new_message() for _ in range(5)]
    for message in messages:
        assert check(replicas[0], customer, message)["allowed"]
    assert not check(replicas[1], customer, new_message())["allowed"]
    for message in messages:
        for svc in replicas:
            answer = check(svc, customer, message)
            assert answer["allowed"] and answer["repeated"]
    assert not check(replicas[1], customer, new_message())["allowed"]


def test_the_customer_is_told_once_over_replicas(replicas):
    for _ in range(3):
        customer = new_customer()
        for _ in range(5):
            check(replicas[0], customer)
        answers = in_parallel(
            30, lambda n: check(replicas[n % 3], customer, new_message())  # noqa: B023
        )
        assert [answer["allowed"] for answer in answers] == [False] * 30
        assert [answer["notify_customer"] for answer in answers].count(True) == 1
        assert ["reply" in answer for answer in answers].count(True) == 1


def test_the_told_message_is_told_again(replicas):
    customer, message = new_customer(), new_message()
    for _ in range(5):
        check(replicas[0], customer)
    assert check(replicas[0], customer, message)["notify_customer"]
    assert not check(replicas[0], customer, new_message())["notify_customer"]
    for svc in replicas:
        assert check(svc, customer, message)["notify_customer"]


def test_what_is_denied_leaves_the_other_windows_alone(svc):
    customer = new_customer()
    for _ in range(5):
        check(svc, customer)
    for _ in range(20):
        answer = check(svc, customer)
        assert answer["remaining"] == {"minute": 0, "hour": 95, "day": 495}
    assert look(svc, customer)["remaining"] == {"minute": 0, "hour": 95, "day": 495}


def test_a_lower_cost_passes_where_a_higher_one_did_not(svc):
    """Also at once: what is remembered of a denial is of its cost."""
    customer = new_customer()
    assert check(svc, customer, cost=2)["remaining"]["minute"] == 3
    assert not check(svc, customer, cost=4)["allowed"]
    assert check(svc, customer, cost=1)["allowed"]
    assert not check(svc, customer, cost=3)["allowed"]
    assert check(svc, customer, cost=2)["allowed"]
    assert not check(svc, customer, cost=1)["allowed"]


def test_another_tier_is_another_question(svc):
    customer = new_customer()
    for _ in range(5):
        assert check(svc, customer, **NEW)["allowed"]
    assert not check(svc, customer, **NEW)["allowed"]
    for _ in range(15):
        assert check(svc, customer, **VIP)["allowed"]
    assert not check(svc, customer, **VIP)["allowed"]
    assert not check(svc, customer, **NEW)["allowed"]


def test_refund_once(replicas):
    one, two, _ = replicas
    customer, messages = new_customer(), [new_message() for _ in range(5)]
    for message in messages:
        check(one, customer, message)
    assert not check(one, customer, new_message())["allowed"]
    answers = in_parallel(6, lambda n: refund(replicas[n % 3], customer, messages[2]))
    assert answers.count(True) == 1
    assert not refund(two, customer, new_message())
    until(lambda: check(one, customer, "again")["allowed"], 2, "the place that was refunded")
    assert not check(two, customer, new_message())["allowed"]


def test_block_and_unblock(replicas):
    one, two, _ = replicas
    customer = new_customer()
    answer = block(one, customer, 3600)
    assert answer["blocked"] and answer["backend"] == "redis"
    assert abs(seconds_until(answer["until"]) - 3600) < 10
    for svc in (one, two):
        answer = check(svc, customer)
        assert not answer["allowed"] and answer["exceeded_window"] == "block"
        assert 3590 < answer["retry_after_s"] <= 3600
    assert block(two, customer, 0) == {"blocked": False, "until": None, "backend": "redis"}
    assert check(two, customer)["allowed"]
    until(lambda: check(one, customer)["allowed"], 2, "unblocked on the other replica")


def test_a_block_ends_by_itself(svc):
    customer = new_customer()
    block(svc, customer, 1)
    assert not check(svc, customer)["allowed"]
    time.sleep(1.1)
    assert check(svc, customer)["allowed"]


def test_a_look_counts_nothing(svc):
    customer = new_customer()
    for _ in range(10):
        answer = look(svc, customer)
        assert answer["allowed"] and answer["remaining"]["minute"] == 5
        assert answer["customer_phone"] == customer
    for _ in range(5):
        check(svc, customer)
    answer = look(svc, customer)
    assert not answer["allowed"] and answer["exceeded_window"] == "minute"
    assert not answer["notify_customer"]
    assert look(svc, customer, "?customer_tier=vip")["remaining"]["minute"] == 15
    assert check(svc, customer)["notify_customer"]


def test_reset_forgets_a_customer(replicas):
    one, two, _ = replicas
    customer = new_customer()
    for _ in range(6):
        check(one, customer)
    check(two, customer)
    block(two, customer, 3600)
    assert reset(one, customer) == {"reset": True, "backend": "redis"}
    assert check(one, customer)["remaining"] == {"minute": 4, "hour": 99, "day": 499}
    until(lambda: check(two, customer)["allowed"], 2, "reset on the other replica")


@pytest.mark.parametrize(
    "customer",
    ["MX." + "A" * 157, "😀" * 160, "ñ" * 160, "a b/c%d?e&f#g", "x\ny\tz", "rate_limit:{a}:windows",
     "../../etc", "\u2028", "*", "0"],
)  # fmt: skip
def test_a_key_of_any_characters(svc, customer):
    for _ in range(5):
        assert check(svc, customer)["allowed"]
    assert not check(svc, customer)["allowed"]
    other = customer[:-1] + "1"
    assert check(svc, other)["remaining"]["minute"] == 4
    answer = look(svc, customer)
    assert not answer["allowed"] and answer["customer_phone"] == customer
    reset(svc, customer)
    assert look(svc, other)["remaining"]["minute"] == 4


def test_long_message_ids_that_differ_at_their_end(svc):
    customer = new_customer()
    for number in range(3):
        answer = check(svc, customer, "m" * 1023 + str(number))
        assert not answer["repeated"] and answer["remaining"]["minute"] == 4 - number
    assert check(svc, customer, "")["remaining"]["minute"] == 1
    assert check(svc, customer, "")["remaining"]["minute"] == 0


def test_the_forms_of_n8n(svc):
    customer, item = new_customer(), {"customer_phone": new_customer()}
    answers = fine(svc, "POST", "/v1/check", [{"customer_phone": customer}] * 7)
    assert [answer["allowed"] for answer in answers] == [True] * 5 + [False] * 2
    wrapped = {"headers": {}, "params": {}, "query": {}, "body": item}
    assert fine(svc, "POST", "/v1/check", wrapped)["remaining"]["minute"] == 4
    assert fine(svc, "POST", "/v1/check", item)["remaining"]["minute"] == 3


BAD_CHECKS = [
    ({}, "/customer_phone"),
    ({"customer_phone": ""}, "/customer_phone"),
    ({"customer_phone": 5215512345678}, "/customer_phone"),
    ({"customer_phone": None}, "/customer_phone"),
    ({"customer_phone": "5" * 161}, "/customer_phone"),
    ({"customer_phone": "1", "cost": 0}, "/cost"),
    ({"customer_phone": "1", "cost": -1}, "/cost"),
    ({"customer_phone": "1", "cost": 21}, "/cost"),
    ({"customer_phone": "1", "cost": 1.5}, "/cost"),
    ({"customer_phone": "1", "cost": "1"}, "/cost"),
    ({"customer_phone": "1", "cost": 1e300}, "/cost"),
    ({"customer_phone": "1", "customer_tier": "x" * 51}, "/customer_tier"),
    ({"customer_phone": "1", "customer_tier": ["vip"]}, "/customer_tier"),
    ({"customer_phone": "1", "message_id": "m" * 1025}, "/message_id"),
    ({"customer_phone": "1", "message_id": 7}, "/message_id"),
    ({"customer_phone": "1", "locale": "x" * 11}, "/locale"),
]


@pytest.mark.parametrize(("body", "pointer"), BAD_CHECKS)
def test_a_bad_check_is_told_what_is_wrong(svc, body, pointer):
    status, answer = ask(svc, "POST", "/v1/check", body)
    assert status == 422, answer
    assert [error["pointer"] for error in answer["errors"]] == [pointer]
    assert look(svc, "1")["remaining"]["minute"] == 5


def test_all_faults_at_once(svc):
    body = {"cost": 0, "customer_tier": 1, "message_id": 2}
    status, answer = ask(svc, "POST", "/v1/check", body)
    pointers = {error["pointer"] for error in answer["errors"]}
    assert status == 422
    assert pointers == {"/customer_phone", "/cost", "/customer_tier", "/message_id"}


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/v1/refund", {"customer_phone": "1"}, 422),
        ("POST", "/v1/refund", {"customer_phone": "1", "message_id": ""}, 422),
        ("POST", "/v1/block", {"customer_phone": "1"}, 422),
        ("POST", "/v1/block", {"customer_phone": "1", "for_s": -1}, 422),
        ("POST", "/v1/block", {"customer_phone": "1", "for_s": 31536001}, 422),
        ("POST", "/v1/block", {"customer_phone": "1", "for_s": 10**30}, 422),
        ("POST", "/v1/check", b"", 400),
        ("POST", "/v1/check", b"{", 400),
        ("POST", "/v1/check", b'{"customer_phone": "\xff"}', 400),
        ("POST", "/v1/check", b'"5215512345678"', 422),
        ("GET", "/v1/limits/", None, 404),
        ("GET", "/v1/limits/" + "5" * 161, None, 400),
        ("GET", "/v1/limits/1?customer_tier=" + "x" * 51, None, 400),
        ("GET", "/v1/limits/%ff", None, 400),
        ("DELETE", "/v1/limits/%zz", None, 400),
        ("GET", "/v1/tiers/a%20b", None, 400),
        ("GET", "/v1/tiers/" + "x" * 51, None, 400),
        ("PUT", "/v1/tiers/a%2Fb",
         {"max_per_minute": 1, "max_per_hour": 1, "max_per_day": 1}, 400),
    ],
)  # fmt: skip
def test_bad_input(svc, method, path, body, status):
    found, answer = ask(svc, method, path, body)
    assert found == status, answer


@pytest.mark.parametrize(
    ("limits", "pointers"),
    [
        ((-1, 60, 500), ["/max_per_minute"]),
        ((1001, 20000, 200000), ["/max_per_minute"]),
        ((1, 20001, 200000), ["/max_per_hour"]),
        ((1, 1, 200001), ["/max_per_day"]),
        ((1.5, 60, 500), ["/max_per_minute"]),
        (("5", 60, 500), ["/max_per_minute"]),
        ((None, 60, 500), ["/max_per_minute"]),
        ((10, 5, 500), ["/max_per_hour"]),
        ((10, 60, 50), ["/max_per_day"]),
        ((10, 5, 4), ["/max_per_hour", "/max_per_day"]),
        ((10**30, 60, 500), ["/max_per_minute"]),
    ],
)
def test_absurd_limits(svc, limits, pointers):
    names = ("max_per_minute", "max_per_hour", "max_per_day")
    body = dict(zip(names, limits, strict=True))
    status, answer = ask(svc, "PUT", "/v1/tiers/absurd", body)
    assert status == 422, answer
    assert [error["pointer"] for error in answer["errors"]] == pointers
    assert fine(svc, "GET", "/v1/tiers/absurd") == {"found": False}


def test_the_token_is_asked_for(service, redis_url):
    svc = service(NODE, REDIS_URL=redis_url, SERVICE_TOKEN="t" * 32)
    body = {"customer_phone": "1"}
    for header in ({}, {"Authorization": "Bearer " + "u" * 32}, {"Authorization": "t" * 32}):
        assert ask(svc, "POST", "/v1/check", body, **header)[0] == 401
    status, answer = ask(svc, "POST", "/v1/check", body, Authorization="Bearer " + "t" * 32)
    assert status == 200 and answer["remaining"]["minute"] == 4
