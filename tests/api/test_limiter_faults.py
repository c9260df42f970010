"""Redis killed, emptied, frozen, its scripts flushed: limits hold, and nobody waits."""

from __future__ import annotations

import signal
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

import pytest

from tests.api.limiter import (
    CALL_MAX_S,
    NODE,
    ask,
    block,
    check,
    look,
    new_customer,
    new_message,
    refund,
    reset,
    until,
)

REPLICAS = 3
VIP = {"customer_tier": "vip"}


@pytest.fixture
def replicas(service, own_redis):
    return [
        service(NODE, REDIS_URL=own_redis.url, REPLICAS=str(REPLICAS)) for _ in range(REPLICAS)
    ]


@pytest.fixture
def svc(service, own_redis):
    return service(NODE, REDIS_URL=own_redis.url)


def until_backend(svc, backend: str) -> None:
    """Of customers that nobody has seen: a denial that is remembered asks nobody."""
    until(lambda: check(svc, new_customer())["backend"] == backend, 6, backend)


@dataclass
class Load:
    """Threads that check without a pause, and what came of it."""

    replicas: list
    customers: list[str]
    answers: Counter = field(default_factory=Counter)
    faults: list = field(default_factory=list)
    longest_s: float = 0.0

    def __enter__(self) -> Load:
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._run, args=(n,)) for n in range(6)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _run(self, number: int) -> None:
        turn = number
        while not self._stopping.is_set():
            turn += 1
            svc = self.replicas[turn % len(self.replicas)]
            customer = self.customers[turn % len(self.customers)]
            body = {"customer_phone": customer, "message_id": new_message()}
            begin = time.monotonic()
            status, answer = ask(svc, "POST", "/v1/check", body)
            took_s = time.monotonic() - begin
            with self._lock:
                self.longest_s = max(self.longest_s, took_s)
                if status != 200:
                    self.faults.append((status, answer))
                    continue
                self.answers[answer["backend"]] += 1
                if answer["allowed"]:
                    self.answers[customer] += 1
            time.sleep(0.002)

    def assert_fine(self, most_of_one: int) -> None:
        assert self.faults == []
        assert self.longest_s < CALL_MAX_S
        allowed = [self.answers[customer] for customer in self.customers]
        assert max(allowed) <= most_of_one, allowed
        assert min(allowed) >= REPLICAS, allowed


def test_scripts_flushed_under_load(replicas, own_redis):
    with Load(replicas, [new_customer() for _ in range(20)]) as load:
        for _ in range(20):
            time.sleep(0.1)
            own_redis.server.command("SCRIPT", "FLUSH")
    load.assert_fine(most_of_one=5)
    assert load.answers["local"] == 0


def test_emptied_under_load(replicas, own_redis):
    """Each replica puts back what it saw last: here all that there is."""
    customers = [new_customer() for _ in range(20)]
    for customer in customers:
        for _ in range(5):
            check(replicas[0], customer)
        for svc in replicas:
            look(svc, customer)
    with Load(replicas, customers) as load:
        for _ in range(10):
            time.sleep(0.15)
            own_redis.server.command("FLUSHALL")
    assert load.faults == [] and load.answers["local"] == 0
    assert [load.answers[customer] for customer in customers] == [0] * 20


def test_killed_and_restarted_empty_under_load(replicas, own_redis):
    with Load(replicas, [new_customer() for _ in range(20)]) as load:
        time.sleep(1.5)
        own_redis.kill()
        time.sleep(1.5)
        own_redis.start()
        for svc in replicas:
            until_backend(svc, "redis")
        time.sleep(1)
    # All five were used with Redis, and are known to each replica that had asked by then.
    load.assert_fine(most_of_one=5)
    assert load.answers["redis"] > 0


def test_frozen_for_10_s_under_load(replicas, own_redis):
    customers = [new_customer() for _ in range(20)]
    with Load(replicas, customers) as load:
        time.sleep(1)
        own_redis.send(signal.SIGSTOP)
        time.sleep(10)
        own_redis.send(signal.SIGCONT)
        for svc in replicas:
            until_backend(svc, "redis")
        time.sleep(1)
    load.assert_fine(most_of_one=5)
    assert load.answers["local"] > 0


def test_each_replica_allows_its_part_without_redis(replicas, own_redis):
    own_redis.kill()
    for tier, part in (("new", 1), ("vip", 6)):
        customer = new_customer()
        for svc in replicas:
            answers = [check(svc, customer, customer_tier=tier) for _ in range(part + 3)]
            assert [answer["allowed"] for answer in answers] == [True] * part + [False] * 3
            assert {answer["backend"] for answer in answers} == {"local"}
            assert answers[part]["notify_customer"] and not answers[-1]["notify_customer"]


def test_what_was_used_before_is_used_without_redis(replicas, own_redis):
    customer, message = new_customer(), new_message()
    for _ in range(19):
        check(replicas[0], customer, **VIP)
    check(replicas[0], customer, message, **VIP)
    assert look(replicas[1], customer, "?customer_tier=vip")["remaining"]["minute"] == 0
    own_redis.kill()
    for svc in replicas[:2]:
        assert not check(svc, customer, **VIP)["allowed"]
        assert check(svc, customer, message, **VIP)["repeated"]
        assert look(svc, customer)["backend"] == "local"


def test_windows_come_back_to_an_empty_redis(replicas, own_redis):
    customer = new_customer()
    messages = [new_message() for _ in range(5)]
    for message in messages:
        check(replicas[0], customer, message)
    own_redis.kill()
    own_redis.start()
    for svc in replicas:
        until_backend(svc, "redis")
    assert not check(replicas[0], customer, new_message())["allowed"]
    # From there the others have it, who had never seen the customer.
    for svc in replicas[1:]:
        answer = check(svc, customer, new_message())
        assert not answer["allowed"] and answer["backend"] == "redis"
        assert check(svc, customer, messages[2])["repeated"]


def test_what_passed_without_redis_counts_with_it(svc, own_redis):
    """In one that was emptied, and in one that still has what it had."""
    for empty in (True, False):
        customer, message = new_customer(), new_message()
        check(svc, customer)
        if empty:
            own_redis.kill()
        else:
            own_redis.send(signal.SIGSTOP)
        until_backend(svc, "local")
        assert check(svc, customer, message)["remaining"]["minute"] == 3
        assert check(svc, customer)["remaining"]["minute"] == 2
        if empty:
            own_redis.start()
        else:
            own_redis.send(signal.SIGCONT)
        until_backend(svc, "redis")
        again = check(svc, customer, message)
        assert again["repeated"], f"empty: {empty}"
        answer = check(svc, customer)
        assert answer["backend"] == "redis"
        assert answer["remaining"]["minute"] == 1, f"empty: {empty}"


def test_what_was_done_without_redis_is_done_with_it(svc, own_redis):
    refunded, blocked, forgotten, silent = (new_customer() for _ in range(4))
    first, second = new_message(), new_message()
    for customer in (refunded, forgotten):
        check(svc, customer, first)
        check(svc, customer, second)
    block(svc, forgotten, 3600)
    own_redis.send(signal.SIGSTOP)
    until_backend(svc, "local")
    assert refund(svc, refunded, first)
    assert block(svc, blocked, 3600)["backend"] == "local"
    assert reset(svc, forgotten)["backend"] == "local"
    assert check(svc, forgotten, new_message())["allowed"]
    assert [check(svc, silent)["allowed"] for _ in range(3)] == [True] * 3
    own_redis.send(signal.SIGCONT)
    until_backend(svc, "redis")
    for _ in range(2):
        assert look(svc, refunded)["remaining"]["minute"] == 4
        assert look(svc, blocked)["exceeded_window"] == "block"
        assert look(svc, forgotten)["remaining"] == {"minute": 4, "hour": 99, "day": 499}
        assert look(svc, silent)["remaining"]["minute"] == 2
    assert look(svc, silent)["backend"] == "redis"


def test_a_long_time_without_redis(svc, own_redis):
    """The last 16 of a customer are counted when it is back; windows know of no more."""
    customer = new_customer()
    check(svc, customer, **VIP)
    own_redis.send(signal.SIGSTOP)
    until_backend(svc, "local")
    assert all(check(svc, customer, **VIP)["allowed"] for _ in range(19))
    own_redis.send(signal.SIGCONT)
    until_backend(svc, "redis")
    seen = look(svc, customer, "?customer_tier=vip")
    assert seen["backend"] == "redis" and seen["remaining"]["minute"] == 20 - 17


def test_the_rest_of_the_api_without_redis(svc, own_redis):
    own_redis.kill()
    customer, message = new_customer(), new_message()
    assert check(svc, customer, message)["backend"] == "local"
    assert refund(svc, customer, message) and not refund(svc, customer, message)
    assert block(svc, customer, 60)["backend"] == "local"
    assert check(svc, customer)["exceeded_window"] == "block"
    assert reset(svc, customer)["backend"] == "local"
    assert check(svc, customer)["remaining"]["minute"] == 4
    status, ready = ask(svc, "GET", "/readyz")
    assert status == 200, ready


def test_a_redis_that_refuses(svc, own_redis):
    own_redis.server.command("CONFIG", "SET", "maxmemory", "1")
    customer = new_customer()
    answers = [check(svc, customer) for _ in range(6)]
    assert [answer["allowed"] for answer in answers] == [True] * 5 + [False]
    assert {answer["backend"] for answer in answers} == {"local"}


def test_a_key_that_somebody_else_wrote(svc, own_redis):
    customer = new_customer()
    own_redis.server.command("SET", f"rate_limit:{customer}:windows", "\x01 nonsense" * 20)
    assert check(svc, customer)["remaining"]["minute"] == 4
    own_redis.server.command("RPUSH", f"rate_limit:{customer}:minute", "1", "2")
    assert check(svc, customer)["remaining"]["minute"] == 3


def test_a_redis_that_was_never_there(service):
    svc = service(NODE, REDIS_URL="redis://127.0.0.1:1/0")
    customer = new_customer()
    begin = time.monotonic()
    answers = [check(svc, customer) for _ in range(6)]
    assert time.monotonic() - begin < 6 * CALL_MAX_S
    assert [answer["allowed"] for answer in answers] == [True] * 5 + [False]
    assert {answer["backend"] for answer in answers} == {"local"}


def test_without_any_redis(service):
    svc = service(NODE)
    customer = new_customer()
    assert [check(svc, customer)["allowed"] for _ in range(6)] == [True] * 5 + [False]
