"""Turns: one execution at a time, every message once and in order."""

from __future__ import annotations

import asyncio
import json
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.api.session_shop import Shop, message, new_customer


def test_begin_and_end(shop: Shop) -> None:
    customer = new_customer()
    begun = shop.begin(customer, message("m1", "hola"))
    assert begun["turn"] and begun["text"] == "hola" and begun["pending"] == 0
    assert [m["message_id"] for m in begun["messages"]] == ["m1"]
    assert begun["source"] == "created" and begun["session"]["session_state"] == "greeting"
    ended = shop.end_turn(
        customer, begun["lease"]["token"], session={"session_state": "cart", "cart_data": [1]}
    )
    assert ended["ended"] and ended["saved"] and ended["pending"] == 0
    assert ended["version"] == begun["version"] + 1
    assert shop.get(customer)["session"]["cart_data"] == [1]


def test_fence_grows(shop: Shop) -> None:
    customer = new_customer()
    fences = []
    for number in range(5):
        begun = shop.begin(customer, message(f"m{number}"))
        fences.append(begun["lease"]["fence"])
        shop.end_turn(customer, begun["lease"]["token"])
    assert fences == sorted(set(fences))


def test_second_execution_waits_for_the_first(shop: Shop) -> None:
    customer = new_customer()
    first = shop.begin(customer, message("m1"))
    with ThreadPoolExecutor(1) as pool:
        second = pool.submit(shop.begin, customer, message("m2"), wait_ms=5000)
        time.sleep(0.4)
        assert not second.done()
        ended = shop.end_turn(customer, first["lease"]["token"])
        assert ended["pending"] == 1
        begun = second.result(timeout=2)
    assert begun["turn"] and [m["message_id"] for m in begun["messages"]] == ["m2"]
    assert begun["lease"]["fence"] > first["lease"]["fence"]


def test_busy_after_waiting_and_pending_is_fetched(shop: Shop) -> None:
    customer = new_customer()
    first = shop.begin(customer, message("m1"))
    start = time.monotonic()
    busy = shop.begin(customer, message("m2"), wait_ms=300)
    assert 0.25 < time.monotonic() - start < 2
    assert not busy["turn"] and busy["reason"] == "busy" and busy["pending"] == 1
    assert shop.end_turn(customer, first["lease"]["token"])["pending"] == 1
    rest = shop.begin(customer)
    assert rest["turn"] and [m["message_id"] for m in rest["messages"]] == ["m2"]
    shop.end_turn(customer, rest["lease"]["token"])
    assert shop.begin(customer) == {
        "turn": False, "customer_key": customer, "pending": 0, "reason": "empty",
    }  # fmt: skip


def test_a_caller_that_hung_up_gets_no_lease(shop: Shop) -> None:
    customer = new_customer()
    first = shop.begin(customer, message("m1"))
    body = {"customer_phone": customer, "message": message("m2"), "wait_ms": 12_000}
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(shop.replicas[0].url + "/v1/turns/begin", json=body, timeout=0.4)
    time.sleep(0.3)
    shop.end_turn(customer, first["lease"]["token"])
    start = time.monotonic()
    begun = shop.begin(customer, message("m3"), wait_ms=5000)
    assert begun["turn"] and time.monotonic() - start < 2
    assert [m["message_id"] for m in begun["messages"]] == ["m2", "m3"]


def test_quiet_time_merges_in_order(make_shop) -> None:
    shop = make_shop(3, QUIET_MS="350")
    customer = new_customer()
    with ThreadPoolExecutor(5) as pool:
        futures = []
        for number in range(5):
            one = message(f"m{number}", f"texto {number}", timestamp=1_764_000_000 + number)
            futures.append(pool.submit(shop.begin, customer, one))
            time.sleep(0.1)
        answers = [f.result() for f in futures]
    turns = [a for a in answers if a["turn"]]
    assert len(turns) == 1
    assert {a["reason"] for a in answers if not a["turn"]} == {"merged"}
    assert turns[0]["text"] == "\n".join(f"texto {n}" for n in range(5))


def test_order_is_that_of_sending(make_shop) -> None:
    shop = make_shop(2, QUIET_MS="400")
    customer = new_customer()
    times = ["2026-11-24T12:00:03Z", "2026-11-24T12:00:01.500Z", "1764000000",
             "2026-11-24T06:00:02-06:00", "2026-11-24T12:00:01.250Z"]  # fmt: skip
    with ThreadPoolExecutor(5) as pool:
        futures = []
        for number, stamp in enumerate(times):
            one = message(f"m{number}", timestamp=stamp)
            futures.append(pool.submit(shop.begin, customer, one))
            time.sleep(0.02)
        turn = next(a for a in (f.result() for f in futures) if a["turn"])
    assert [m["message_id"] for m in turn["messages"]] == ["m2", "m4", "m1", "m3", "m0"]


@pytest.mark.parametrize(
    "one",
    [
        {"action_id": "add_1"},
        {"type": "interactive"},
        {"type": "button"},
        {"type": "order"},
        {"type": "location"},
        {"text": "SÍ"},
        {"text": " Gracias!! "},
        {"text": "não"},
    ],
)
def test_what_never_waits(make_shop, one: dict) -> None:
    shop = make_shop(1, QUIET_MS="3000")
    start = time.monotonic()
    assert shop.begin(new_customer(), {**message("m1"), **one})["turn"]
    assert time.monotonic() - start < 1


def test_a_flush_ends_the_wait_of_others(make_shop) -> None:
    shop = make_shop(2, QUIET_MS="5000", LONGEST_WAIT_MS="8000")
    customer = new_customer()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(shop.begin, customer, message("m1"), replica=0)
        time.sleep(0.3)
        merged = shop.begin(customer, message("m2", action_id="b"), replica=1)
        assert merged["reason"] == "merged"
        turn = first.result(timeout=1)
    assert [m["message_id"] for m in turn["messages"]] == ["m1", "m2"]


def test_longest_wait(make_shop) -> None:
    shop = make_shop(1, QUIET_MS="400", LONGEST_WAIT_MS="1000")
    customer = new_customer()
    with ThreadPoolExecutor(10) as pool:
        start = time.monotonic()
        first = pool.submit(shop.begin, customer, message("m0"))
        time.sleep(0.15)
        number = 0
        while not first.done():
            number += 1
            pool.submit(shop.begin, customer, message(f"m{number}"))
            time.sleep(0.2)
        assert 0.9 < time.monotonic() - start < 1.8
    assert first.result()["turn"] and len(first.result()["messages"]) >= 4


def test_dead_holder_is_followed_and_refused(shop: Shop) -> None:
    customer = new_customer()
    dead = shop.begin(customer, message("m1", "uno"), lease_ms=700)
    start = time.monotonic()
    nxt = shop.begin(customer, message("m2", "dos"), wait_ms=5000)
    assert time.monotonic() - start < 1.5
    assert nxt["turn"] and nxt["redelivered"] == 1 and nxt["text"] == "uno\ndos"
    old = dead["lease"]["token"]
    late = shop.end_turn(customer, old, session={"session_state": "lost"})
    assert not late["ended"] and not late["saved"] and late["reason"] == "lease_lost"
    for write in (shop.put, shop.patch):
        refused = write(customer, {"session_state": "lost", "lease": old})
        assert not refused["saved"] and refused["reason"] == "lease_lost"
    held = shop.patch(customer, {"session_state": "kept", "lease": nxt["lease"]["token"]})
    assert held["saved"]
    assert shop.end_turn(customer, nxt["lease"]["token"])["ended"]
    assert shop.get(customer)["session"]["session_state"] == "kept"


def test_late_end_is_taken_while_nobody_followed(shop: Shop) -> None:
    customer = new_customer()
    begun = shop.begin(customer, message("m1"), lease_ms=500)
    time.sleep(0.6)
    ended = shop.end_turn(customer, begun["lease"]["token"], session={"session_state": "x"})
    assert ended["ended"] and ended["saved"]
    assert shop.begin(customer, message("m1"))["reason"] == "done"


@pytest.mark.parametrize("token", ["invented", "0" * 128, "é"])
def test_invented_lease(shop: Shop, token: str) -> None:
    customer = new_customer()
    shop.load(customer)
    answer = shop.end_turn(customer, token, session={"session_state": "lost"})
    assert answer["reason"] == "lease_lost"
    assert shop.patch(customer, {"lease": token})["reason"] == "lease_lost"
    shop.begin(customer, message("m1"))
    assert shop.end_turn(customer, token)["reason"] == "lease_lost"


def test_repeated_begin_and_end(shop: Shop) -> None:
    customer = new_customer()
    first = shop.begin(customer, message("m1"), Idempotency_Key="execution 1")
    again = shop.begin(customer, message("m1"), Idempotency_Key="execution 1")
    assert again["repeated"] and again["lease"] == first["lease"]
    assert again["messages"] == first["messages"]
    other = shop.begin(customer, message("m1"), Idempotency_Key="execution 2")
    assert not other["turn"] and other["reason"] == "merged"
    token = first["lease"]["token"]
    reply = {"type": "text", "text": {"body": "¡Hola!"}}
    ended = shop.end_turn(customer, token, session={"context_data": {"n": 1}}, reply=reply)
    twice = shop.end_turn(customer, token, session={"context_data": {"n": 2}}, reply=reply)
    assert twice["ended"] and twice["saved"] and twice["repeated"]
    assert twice["version"] == ended["version"]
    done = shop.begin(customer, message("m1"), Idempotency_Key="execution 3")
    assert done["reason"] == "done" and done["reply"] == reply


def test_failed_gives_the_messages_back(shop: Shop) -> None:
    customer = new_customer()
    first = shop.begin(customer, message("m1"))
    ended = shop.end_turn(customer, first["lease"]["token"], outcome="failed")
    assert ended["ended"] and ended["pending"] == 1
    again = shop.begin(customer, message("m1"))
    assert again["turn"] and again["redelivered"] == 1


def test_end_with_an_old_version_ends_nothing(shop: Shop) -> None:
    customer = new_customer()
    begun = shop.begin(customer, message("m1"))
    shop.patch(customer, {"context_data": {"other": 1}})
    token = begun["lease"]["token"]
    patch = {"session_state": "cart"}
    refused = shop.end_turn(customer, token, session=patch, version=begun["version"])
    assert not refused["ended"] and refused["reason"] == "version_conflict"
    ended = shop.end_turn(customer, token, session=patch, version=refused["version"])
    assert ended["ended"] and ended["session"]["context_data"] == {"other": 1}


def test_too_much_waits(shop: Shop) -> None:
    customer = new_customer()
    shop.begin(customer, message("m0"))
    for number in range(1, 101):
        last = shop.begin(customer, message(f"m{number}"), wait_ms=0)
    assert last["reason"] == "full"
    assert shop.begin(customer, message("big", "x" * 300_000), wait_ms=0)["reason"] == "full"


def test_never_two_turns_side_by_side(shop: Shop) -> None:
    """Executions of one customer at once, over three replicas, some of which die."""
    customer = new_customer()
    running = threading.Semaphore(1)
    answered: list[str] = []
    clashes = []

    def execute(number: int) -> None:
        begun = shop.begin(customer, message(f"m{number}"), wait_ms=10000, lease_ms=1000)
        while begun.get("reason") == "full":  # a hundred wait already, on a slow machine
            time.sleep(0.05)
            begun = shop.begin(customer, message(f"m{number}"), wait_ms=10000, lease_ms=1000)
        assert begun["turn"] or begun["reason"] == "merged", begun
        while begun["turn"]:
            if not running.acquire(blocking=False):
                clashes.append(number)
                return
            time.sleep(random.uniform(0, 0.01))
            answered.extend(m["message_id"] for m in begun["messages"])
            running.release()
            count = {"context_data": {m["message_id"]: 1 for m in begun["messages"]}}
            ended = shop.end_turn(customer, begun["lease"]["token"], session=count)
            assert ended["ended"]
            if ended["pending"] == 0:
                return
            begun = shop.begin(customer, wait_ms=0)

    with ThreadPoolExecutor(30) as pool:
        list(pool.map(execute, range(150)))
    while (rest := shop.begin(customer))["turn"]:
        answered.extend(m["message_id"] for m in rest["messages"])
        count = {"context_data": {m["message_id"]: 1 for m in rest["messages"]}}
        shop.end_turn(customer, rest["lease"]["token"], session=count)
    assert not clashes
    assert sorted(answered) == sorted(f"m{n}" for n in range(150))
    assert len(shop.get(customer)["session"]["context_data"]) == 150


async def _post(port: int, path: str, body: object) -> dict:
    """One call on a connection of its own: five thousand threads would be slower."""
    text = json.dumps(body).encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(text)}\r\n"
    writer.write(f"{head}Connection: close\r\n\r\n".encode() + text)
    answer = await reader.read()
    writer.close()
    assert answer.startswith(b"HTTP/1.1 200"), answer
    return json.loads(answer.partition(b"\r\n\r\n")[2])


async def _send(ports: list[int], customer: str, number: int) -> list[str] | None:
    """One execution; what it answered, or None where another one did."""
    await asyncio.sleep(random.uniform(0, 0.1))
    one = message(f"{customer}.{number}", str(number), timestamp=1_764_000_000 + number)
    call = {"customer_phone": customer, "message": one}
    begun = await _post(random.choice(ports), "/v1/turns/begin", call)
    if not begun["turn"]:
        assert begun["reason"] == "merged"
        return None
    end = {"customer_phone": customer, "lease": begun["lease"]["token"]}
    assert (await _post(random.choice(ports), "/v1/turns/end", end))["ended"]
    return [m["text"] for m in begun["messages"]]


async def _talk(ports: list[int], customer: str, gate: asyncio.Semaphore) -> list[list[str]]:
    async with gate:
        answers = await asyncio.gather(*(_send(ports, customer, n) for n in range(5)))
    return [a for a in answers if a is not None]


def test_a_thousand_customers_with_five_quick_messages(make_shop) -> None:
    shop = make_shop(3, QUIET_MS="1500", LONGEST_WAIT_MS="10000", TURN_WAIT_MS="12000")
    ports = [replica.port for replica in shop.replicas]

    async def talk_all() -> list[list[list[str]]]:
        gate = asyncio.Semaphore(150)
        return await asyncio.gather(*(_talk(ports, new_customer(), gate) for _ in range(1000)))

    turns = asyncio.run(talk_all())
    wrong = [found for found in turns if found != [["0", "1", "2", "3", "4"]]]
    assert not wrong, wrong[:5]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"customer_phone": ""},
        {"customer_phone": "a b"},
        {"customer_phone": "5215", "message": {}},
        {"customer_phone": "5215", "message": {"message_id": ""}},
        {"customer_phone": "5215", "message": {"message_id": 5}},
        {"customer_phone": "5215", "message": {"message_id": "x" * 1025}},
        {"customer_phone": "5215", "message": "hola"},
        {"customer_phone": "5215", "wait_ms": -1},
        {"customer_phone": "5215", "wait_ms": 60000},
        {"customer_phone": "5215", "lease_ms": 1},
        {"customer_phone": "5215", "ttl_s": 0},
        {"customer_phone": "5215", "other": 1},
    ],
)
def test_bad_begin(make_shop, body: dict) -> None:
    shop = make_shop(1)
    answer = shop.call("POST", "/v1/turns/begin", body, status=422)
    assert answer["errors"]
    assert shop.redis.client.keys("turn:*") == []
