"""Duplicates: who has a message, for how long, over replicas, and without Redis."""

from __future__ import annotations

import signal
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone

import pytest

from tests.api.webhooks import (
    NODE,
    change,
    end,
    envelope,
    new_id,
    parse,
    parse_one,
    text_message,
    webhook,
)

# How long a call may take when Redis is in trouble: its time-out, and what a busy machine adds.
REDIS_TIMEOUT_MS = 50
CALL_MAX_S = 1.0


def timed(call, *args, **kwargs):
    start = time.monotonic()
    answer = call(*args, **kwargs)
    return answer, time.monotonic() - start


def expires_in_s(message: dict) -> float:
    at = datetime.fromisoformat(message["lease"]["expires_at"].replace("Z", "+00:00"))
    return (at - datetime.now(timezone.utc)).total_seconds()


@pytest.fixture(params=["redis", "local"])
def parser(request, service):
    """The service with either memory of duplicates: `parser(NAME=value...)`."""

    def start(**env: str):
        if request.param == "redis":
            env["REDIS_URL"] = request.getfixturevalue("redis_url")
        return service(NODE, **env)

    start.backend = request.param
    return start


def test_a_second_delivery_while_the_first_is_handled(parser):
    svc = parser(LEASE_MS="60000")
    message = text_message()
    first = parse(svc, webhook(message))
    assert first["backend"] == parser.backend
    (first,) = first["messages"]
    assert not first["is_duplicate"] and not first["skip_processing"]
    assert 50 < expires_in_s(first) <= 60
    second = parse_one(svc, message)
    assert second["is_duplicate"] and second["skip_processing"]
    assert second["skip_reason"] == "in_progress" and "lease" not in second


def test_done_is_dropped_and_stays_so(parser):
    svc = parser()
    message = text_message()
    first = parse_one(svc, message)
    assert [end(svc, first), end(svc, first), end(svc, first, "failed")] == ["done"] * 3
    second = parse_one(svc, message)
    assert second["is_duplicate"] and second["skip_reason"] == "duplicate"


def test_failed_is_handed_out_again(parser):
    svc = parser()
    message = text_message()
    assert end(svc, parse_one(svc, message), "failed") == "released"
    again = parse_one(svc, message)
    assert not again["is_duplicate"]
    assert end(svc, again) == "done"


def test_a_lease_that_nobody_ends_runs_out(parser):
    svc = parser(LEASE_MS="1000")
    message = text_message()
    first = parse_one(svc, message)
    assert parse_one(svc, message)["skip_reason"] == "in_progress"
    time.sleep(1.1)
    second = parse_one(svc, message)
    assert not second["is_duplicate"]
    assert end(svc, first) == "taken_over"
    assert end(svc, first, "failed") == "taken_over"
    assert parse_one(svc, message)["skip_reason"] == "in_progress"
    assert end(svc, second) == "done"


def test_an_expired_lease_that_nobody_took_over_can_still_be_ended(parser):
    svc = parser(LEASE_MS="1000")
    message = text_message()
    first = parse_one(svc, message)
    time.sleep(1.1)
    assert end(svc, first) == "done"
    assert parse_one(svc, message)["skip_reason"] == "duplicate"


def test_the_same_key_answers_as_the_first_did(parser):
    svc = parser()
    hook = webhook(text_message(), text_message(), {"id": 1})
    first = parse(svc, hook, Idempotency_Key="execution-1")
    again = parse(svc, hook, Idempotency_Key="execution-1")
    other = parse(svc, hook, Idempotency_Key="execution-2")
    for answer in (first, again):
        assert [m["is_duplicate"] for m in answer["messages"]] == [False, False, False]
    tokens = [[m.get("lease", {}).get("token") for m in a["messages"]] for a in (first, again)]
    assert tokens[0] == tokens[1]
    assert [m.get("skip_reason") for m in other["messages"]] == ["in_progress"] * 2 + ["invalid"]


def test_the_end_of_a_lease_is_told_as_it_is(parser):
    """To the first caller and to one that repeats its call."""
    svc = parser(LEASE_MS="2000")
    message = text_message()
    parse_one(svc, message, Idempotency_Key="k")
    time.sleep(1)
    again = parse_one(svc, message, Idempotency_Key="k")
    left_s = expires_in_s(again)
    time.sleep(max(0, left_s - 0.4))
    assert parse_one(svc, message)["skip_reason"] == "in_progress"


def test_long_keys_that_differ_at_their_end_are_different(parser):
    svc = parser()
    message = text_message()
    parse_one(svc, message, Idempotency_Key="k" * 300 + "a")
    assert parse_one(svc, message, Idempotency_Key="k" * 300 + "b")["is_duplicate"]


def test_the_same_id_twice_in_one_batch(parser):
    svc = parser()
    message = text_message()
    for key in (None, "execution-1"):
        message = {**message, "id": new_id()}
        headers = {"Idempotency_Key": key} if key else {}
        answered = parse(svc, webhook(message, message), **headers)["messages"]
        assert [m["is_duplicate"] for m in answered] == [False, True]
        assert answered[0]["message_hash"] == answered[1]["message_hash"]


def test_the_same_id_in_two_bodies_of_one_call(parser):
    svc = parser()
    for headers in ({}, {"Idempotency_Key": "execution-1"}):
        hook = webhook(text_message())
        first, second = parse(svc, [hook, hook], **headers)
        assert [a["messages"][0]["is_duplicate"] for a in (first, second)] == [False, True]
        again = parse(svc, [hook, hook], **headers)
        expected = [False, True] if headers else [True, True]
        assert [a["messages"][0]["is_duplicate"] for a in again] == expected


def test_another_number_is_another_message(parser):
    svc = parser()
    message = text_message()
    hook = envelope(change([message], number="1"), change([message], number="2"))
    assert [m["is_duplicate"] for m in parse(svc, hook)["messages"]] == [False, False]


def test_one_of_fifty_over_two_replicas(service, redis_url):
    replicas = [service(NODE, REDIS_URL=redis_url) for _ in range(2)]
    for _ in range(5):
        hook = webhook(text_message())
        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(lambda n: parse(replicas[n % 2], hook), range(50)))
        assert [a["messages"][0]["is_duplicate"] for a in answers].count(False) == 1
        assert {a["backend"] for a in answers} == {"redis"}


def test_what_one_replica_ended_the_other_drops(service, redis_url):
    one, two = (service(NODE, REDIS_URL=redis_url) for _ in range(2))
    message = text_message()
    first = parse_one(one, message)
    assert parse_one(two, message)["skip_reason"] == "in_progress"
    assert end(two, first) == "done"
    assert parse_one(one, message)["skip_reason"] == "duplicate"


def test_a_done_message_is_kept_as_long_as_the_setting_says(service, redis_server, redis_url):
    svc = service(NODE, REDIS_URL=redis_url, DEDUPE_TTL_S="604800", LEASE_MS="30000")
    first = parse_one(svc, text_message())
    key = f"parse:message:{{{first['dedupe_key']}}}"
    assert 25_000 < int(redis_server.command("PTTL", key)[1:]) <= 30_000
    end(svc, first)
    assert 604_000_000 < int(redis_server.command("PTTL", key)[1:]) <= 604_800_000


def test_scripts_that_redis_lost_are_loaded_again(service, redis_server, redis_url):
    svc = service(NODE, REDIS_URL=redis_url)
    for _ in range(3):
        assert end(svc, parse_one(svc, text_message())) == "done"
        assert redis_server.command("SCRIPT", "FLUSH") == "+OK"
    assert end(svc, parse_one(svc, text_message()), "failed") == "released"


def until_backend(svc, backend: str, timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    while True:
        answer, took_s = timed(parse, svc, webhook(text_message()))
        assert took_s < CALL_MAX_S
        if answer["backend"] == backend:
            return
        assert time.monotonic() < deadline, f"never {backend}"
        time.sleep(0.02)


def test_redis_killed_and_started_again(service, own_redis):
    svc = service(NODE, REDIS_URL=own_redis.url, REDIS_TIMEOUT_MS=str(REDIS_TIMEOUT_MS))
    known, done = text_message(), text_message()
    parse_one(svc, known)
    end(svc, parse_one(svc, done))
    own_redis.kill()
    for _ in range(20):
        answer, took_s = timed(parse, svc, webhook(text_message()))
        assert answer["backend"] == "local" and not answer["messages"][0]["is_duplicate"]
        assert took_s < CALL_MAX_S
    assert parse_one(svc, known)["skip_reason"] == "in_progress"
    assert parse_one(svc, done)["skip_reason"] == "duplicate"
    own_redis.start()
    until_backend(svc, "redis", timeout_s=5)
    assert end(svc, parse_one(svc, text_message())) == "done"


def test_redis_frozen(service, own_redis):
    svc = service(NODE, REDIS_URL=own_redis.url, REDIS_TIMEOUT_MS=str(REDIS_TIMEOUT_MS))
    first = parse_one(svc, text_message())
    own_redis.send(signal.SIGSTOP)
    with ThreadPoolExecutor(8) as pool:
        calls = list(pool.map(lambda _: timed(parse, svc, webhook(text_message())), range(40)))
    assert {answer["backend"] for answer, _ in calls} == {"local"}
    assert max(took_s for _, took_s in calls) < CALL_MAX_S + REDIS_TIMEOUT_MS / 1000
    state, took_s = timed(end, svc, first)
    assert state == "done" and took_s < CALL_MAX_S
    own_redis.send(signal.SIGCONT)
    until_backend(svc, "redis", timeout_s=5)


def test_a_lease_of_before_can_be_ended_while_redis_is_gone(service, own_redis):
    """Also when its message came again meanwhile."""
    svc = service(NODE, REDIS_URL=own_redis.url)
    message = text_message()
    first = parse_one(svc, message)
    assert parse_one(svc, message)["skip_reason"] == "in_progress"
    own_redis.kill()
    assert end(svc, first) == "done"
    assert parse_one(svc, message)["skip_reason"] == "duplicate"


def test_what_was_done_without_redis_is_dropped_with_it(service, own_redis):
    svc = service(NODE, REDIS_URL=own_redis.url)
    done, running = text_message(), text_message()
    own_redis.kill()
    end(svc, parse_one(svc, done))
    lease = parse_one(svc, running)
    own_redis.start()
    until_backend(svc, "redis", timeout_s=5)
    assert parse_one(svc, done)["skip_reason"] == "duplicate"
    assert parse_one(svc, running)["skip_reason"] == "in_progress"
    assert end(svc, lease) == "done"
    assert parse_one(svc, running)["skip_reason"] == "duplicate"


def test_a_redis_that_refuses_is_one_that_is_gone(service, own_redis):
    svc = service(NODE, REDIS_URL=own_redis.url)
    own_redis.server.command("CONFIG", "SET", "maxmemory", "1")
    message = text_message()
    assert parse(svc, webhook(message))["backend"] == "local"
    assert parse_one(svc, message)["is_duplicate"]


def test_a_redis_that_was_never_there(service):
    svc = service(NODE, REDIS_URL="redis://127.0.0.1:1/0")
    message = text_message()
    answer, took_s = timed(parse, svc, webhook(message))
    assert answer["backend"] == "local" and took_s < CALL_MAX_S
    assert parse_one(svc, message)["is_duplicate"]


def test_a_password_and_a_database_of_redis(service, own_redis, redis_server):
    own_redis.server.command("CONFIG", "SET", "requirepass", "p@ss:w/rd")
    port = own_redis.server.port
    right = service(NODE, REDIS_URL=f"redis://:p%40ss%3Aw%2Frd@127.0.0.1:{port}/3")
    assert parse(right, webhook(text_message()))["backend"] == "redis"
    wrong = service(NODE, REDIS_URL=f"redis://:nonsense@127.0.0.1:{port}/3")
    assert parse(wrong, webhook(text_message()))["backend"] == "local"
    assert "nonsense" not in wrong.log_text()
