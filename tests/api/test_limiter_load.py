"""Fifty threads over three replicas: not one more than the limit, and not one fewer."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.api.limiter import NODE, check, migrate, new_customer, new_message, put_tier

THREADS = 50
MINUTE_S = 60.0


@pytest.fixture
def replicas(service, redis_url, database):
    url = migrate(database)
    return [service(NODE, REDIS_URL=redis_url, DATABASE_URL=url, REPLICAS="3") for _ in range(3)]


def hammer(replicas, customers: list[str], seconds: float, **more) -> list[tuple]:
    """(customer, begin, end, answer) of every check that THREADS made without a pause."""
    end = time.monotonic() + seconds
    start = threading.Barrier(THREADS)

    def run(number: int) -> list[tuple]:
        made, turn = [], number
        start.wait()
        while time.monotonic() < end:
            turn += 1
            customer = customers[turn % len(customers)]
            begin = time.monotonic()
            answer = check(replicas[turn % 3], customer, new_message(), **more)
            made.append((customer, begin, time.monotonic(), answer))
        return made

    with ThreadPoolExecutor(THREADS) as pool:
        return [call for calls in pool.map(run, range(THREADS)) for call in calls]


def test_one_customer_hammered(replicas):
    """Over the end of a minute: 20 in each, to the place that became free."""
    customer = new_customer()
    # Two thirds of the places now, in one moment, the rest later: they come back in two parts.
    for number in range(13):
        assert check(replicas[number % 3], customer, customer_tier="vip")["allowed"]
    first_s = time.monotonic()
    time.sleep(MINUTE_S - 10)
    made = hammer(replicas, [customer], 13, customer_tier="vip")
    allowed = sorted((begin, end) for _, begin, end, answer in made if answer["allowed"])
    assert len(made) > 1000
    early = [end for begin, end in allowed if end < first_s + MINUTE_S - 1]
    assert len(early) == 20 - 13
    # When the first 13 leave, 13 come in, and no more.
    assert len(allowed) - len(early) == 13
    assert min(begin for begin, end in allowed if end not in early) > first_s + MINUTE_S - 1
    told = sum(answer["notify_customer"] for *_, answer in made)
    assert 1 <= told <= 2, "one notice for each minute that was full"
    assert {answer["backend"] for *_, answer in made} == {"redis"}


def test_many_customers_hammered(replicas):
    """In a few seconds: exactly the limit of each, however the threads meet."""
    put_tier(replicas[0], "flat", 37, 37, 37)
    for svc in replicas[1:]:
        deadline = time.monotonic() + 5
        while "unknown_tier" in check(svc, new_customer(), customer_tier="flat"):
            assert time.monotonic() < deadline
            time.sleep(0.1)
    customers = [new_customer() for _ in range(12)]
    made = hammer(replicas, customers, 6, customer_tier="flat")
    for customer in customers:
        answers = [answer for name, _, _, answer in made if name == customer]
        assert len(answers) > 37, "not hammered enough"
        assert sum(answer["allowed"] for answer in answers) == 37
        assert sum(answer["notify_customer"] for answer in answers) == 1


def test_the_same_messages_from_all_threads(replicas):
    """Each thread sends the same ten messages: n8n's retries, all at once."""
    customer, messages = new_customer(), [new_message() for _ in range(10)]

    def run(number: int) -> list[dict]:
        return [check(replicas[(number + i) % 3], customer, message, customer_tier="vip")
                for i, message in enumerate(messages)]  # fmt: skip

    with ThreadPoolExecutor(THREADS) as pool:
        answers = [answer for made in pool.map(run, range(THREADS)) for answer in made]
    assert all(answer["allowed"] for answer in answers)
    assert [answer["repeated"] for answer in answers].count(False) == 10
    assert check(replicas[0], customer, customer_tier="vip")["remaining"]["minute"] == 9
