"""Tiers, customers and message_logs: what the limiter reads from PostgreSQL and writes there."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from launcher.servers import Postgres
from tests.api.limiter import (
    CALL_MAX_S,
    NODE,
    ask,
    block,
    check,
    execute,
    fine,
    in_parallel,
    look,
    metric,
    migrate,
    new_customer,
    new_message,
    put_tier,
    refund,
    until,
)

# A tier is read again every 2 s, a customer's after 5 s; the rest is for a busy machine.
SEEN_S = 5
CUSTOMER_SEEN_S = 8


@pytest.fixture
def shop(database: str) -> str:
    """URL of a database of the full schema."""
    return migrate(database)


@pytest.fixture
def replicas(service, redis_url, shop):
    return [service(NODE, REDIS_URL=redis_url, DATABASE_URL=shop) for _ in range(2)]


@pytest.fixture
def svc(service, redis_url, shop):
    return service(NODE, REDIS_URL=redis_url, DATABASE_URL=shop)


def limits_of(svc, customer: str, **more) -> int:
    return check(svc, customer, **more)["limits"]["minute"]


def add_customer(shop: str, customer: str, tier: str) -> None:
    execute(shop, "INSERT INTO customers (phone, customer_tier) VALUES (%s, %s)", (customer, tier))


def test_a_tier_put_is_in_force_here_at_once_and_soon_elsewhere(replicas):
    one, two = replicas
    saved = put_tier(one, "vip", 7, 70, 700, burst_size=9, mode="shadow")
    assert saved == {"customer_tier": "vip", "max_per_minute": 7, "max_per_hour": 70,
                     "max_per_day": 700, "burst_size": 9, "mode": "shadow"}  # fmt: skip
    assert fine(one, "GET", "/v1/tiers/vip") == {"found": True, "tier": saved}
    assert limits_of(one, new_customer(), customer_tier="vip") == 7
    until(lambda: limits_of(two, new_customer(), customer_tier="vip") == 7, SEEN_S, "the tier")
    put_tier(two, "platinum", 500, 5000, 50000)
    until(lambda: limits_of(one, new_customer(), customer_tier="platinum") == 500, SEEN_S, "it")


def test_a_tier_changed_in_the_table(svc, shop):
    customer = new_customer()
    for _ in range(5):
        check(svc, customer, customer_tier="new")
    assert not check(svc, customer, customer_tier="new")["allowed"]
    execute(shop, "UPDATE rate_limit_config SET max_per_minute = 6 WHERE customer_tier = 'new'")
    until(lambda: check(svc, customer, customer_tier="new")["allowed"], SEEN_S, "a sixth place")
    assert not check(svc, customer, customer_tier="new")["allowed"]
    execute(shop, "DELETE FROM rate_limit_config WHERE customer_tier = 'vip'")
    until(lambda: "unknown_tier" in check(svc, new_customer(), customer_tier="vip"), SEEN_S, "gone")


def test_absurd_limits_in_the_table_are_cut(svc, shop):
    execute(shop, "INSERT INTO rate_limit_config (customer_tier, max_per_minute, max_per_hour, "
                  "max_per_day, burst_size) VALUES ('huge', 2147483647, 2147483647, 2147483647, "
                  "2147483647), ('less', -1, -2, -3, -4)")  # fmt: skip
    until(lambda: fine(svc, "GET", "/v1/tiers/less")["found"], SEEN_S, "the tiers")
    assert check(svc, new_customer(), customer_tier="huge")["limits"] == {
        "minute": 1000, "hour": 20000, "day": 200000}  # fmt: skip
    answer = check(svc, new_customer(), customer_tier="less")
    assert answer["limits"] == {"minute": 0, "hour": 0, "day": 0} and not answer["allowed"]


def test_the_customer_s_tier(replicas, shop):
    known, unknown, odd = new_customer(), new_customer(), new_customer()
    add_customer(shop, known, "vip")
    add_customer(shop, odd, "no such tier")
    for svc in replicas:
        answer = check(svc, known)
        assert answer["tier"] == "vip" and answer["limits"]["minute"] == 20
        assert check(svc, known, customer_tier="regular")["tier"] == "regular"
        assert check(svc, unknown)["tier"] == "default"
        answer = check(svc, odd)
        assert answer["tier"] == "default" and answer["unknown_tier"] == "no such tier"
    execute(shop, "UPDATE customers SET customer_tier = 'new' WHERE phone = %s", (known,))
    add_customer(shop, unknown, "regular")
    for svc in replicas:
        until(lambda: look(svc, known)["tier"] == "new", CUSTOMER_SEEN_S, "the new tier")  # noqa: B023
        until(lambda: look(svc, unknown)["tier"] == "regular", CUSTOMER_SEEN_S, "a tier")  # noqa: B023


def test_shadow_counts_and_lets_through(svc, shop):
    put_tier(svc, "new", 2, 60, 500, mode="shadow")
    customer = new_customer()
    for number in range(6):
        answer = check(svc, customer, new_message(), customer_tier="new")
        assert answer["allowed"] and not answer["skip_processing"]
        assert answer["mode"] == "shadow" and answer["shadow_denied"] == (number >= 2)
        assert not answer["notify_customer"] and "reply" not in answer
        assert answer["remaining"]["minute"] == max(0, 1 - number)
    put_tier(svc, "new", 2, 60, 500, mode="enforce")
    answer = check(svc, customer, new_message(), customer_tier="new")
    # Nobody was told in shadow mode: so now.
    assert not answer["allowed"] and answer["notify_customer"]
    assert metric(svc, "limiter_shadow_denied_total") == 4


def test_off_neither_counts_nor_denies(svc):
    put_tier(svc, "new", 2, 60, 500, mode="off")
    customer = new_customer()
    for _ in range(6):
        answer = check(svc, customer, customer_tier="new")
        assert answer["allowed"] and answer["mode"] == "off" and answer["backend"] == "none"
        assert answer["remaining"]["minute"] == 2
    put_tier(svc, "new", 2, 60, 500)
    assert check(svc, customer, customer_tier="new")["remaining"]["minute"] == 1
    assert check(svc, customer, customer_tier="new")["allowed"]
    assert not check(svc, customer, customer_tier="new")["allowed"]
    put_tier(svc, "new", 2, 60, 500, mode="off")
    seen = look(svc, customer, "?customer_tier=new")
    assert seen["allowed"], "a look says what a check would"
    assert check(svc, customer, customer_tier="new")["allowed"]


def burst(shop: str, value: str) -> None:
    execute(shop, "UPDATE system_config SET value = %s WHERE key = 'rate_limit_burst'", (value,))


def test_burst_by_the_flag(svc, shop):
    assert not check(svc, new_customer(), customer_tier="vip")["burst"]
    burst(shop, "true")
    until(lambda: check(svc, new_customer(), customer_tier="vip")["burst"], SEEN_S, "burst")
    customer = new_customer()
    allowed = [check(svc, customer, customer_tier="vip")["allowed"] for _ in range(60)]
    # 50 and what was refilled meanwhile, 20 a minute.
    assert 50 <= sum(allowed) <= 52 and all(allowed[:50])
    burst(shop, "false")
    until(lambda: not check(svc, new_customer(), customer_tier="vip")["burst"], SEEN_S, "no burst")
    assert not check(svc, customer, customer_tier="vip")["allowed"]


def test_burst_of_a_tier_without(svc, shop):
    put_tier(svc, "new", 2, 60, 500, burst_size=0)
    burst(shop, "true")
    until(lambda: check(svc, new_customer(), customer_tier="vip")["burst"], SEEN_S, "burst")
    customer = new_customer()
    answers = [check(svc, customer, customer_tier="new") for _ in range(3)]
    assert [answer["allowed"] for answer in answers] == [True, True, False]
    assert not any(answer["burst"] for answer in answers)


def test_a_block_leaves_the_burst_alone(svc, shop):
    burst(shop, "true")
    until(lambda: check(svc, new_customer(), customer_tier="vip")["burst"], SEEN_S, "burst")
    customer = new_customer()
    check(svc, customer, new_message(), customer_tier="vip")
    block(svc, customer, 60)
    block(svc, customer, 0)
    allowed = [check(svc, customer, customer_tier="vip")["allowed"] for _ in range(49)]
    assert all(allowed)


def logged(shop: str) -> list[tuple]:
    return execute(shop, "SELECT customer_phone, message_id, message_type, direction, content, "
                         "rate_limit_exceeded, abs(extract(epoch FROM now() - message_timestamp)) "
                         "FROM message_logs ORDER BY id")  # fmt: skip


def test_what_was_limited_is_logged(svc, shop):
    customer = new_customer()
    for _ in range(5):
        check(svc, customer, new_message())
    check(svc, customer, "wamid.limited", message_type="image")
    check(svc, customer)
    rows = until(lambda: (found := logged(shop)) and len(found) == 2 and found, 3, "two rows")
    assert rows[0][:6] == (customer, "wamid.limited", "image", "inbound", None, True)
    assert rows[1][:6] == (customer, None, "text", "inbound", None, True)
    assert all(float(row[6]) < 60 for row in rows)


def test_rows_arrive_in_batches_and_all_of_them(svc, shop):
    execute(shop, "CREATE TABLE statements (rows bigint)")
    execute(shop, """
        CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            INSERT INTO statements SELECT count(*) FROM added; RETURN NULL; END $$""")
    execute(shop, "CREATE TRIGGER note AFTER INSERT ON message_logs REFERENCING NEW TABLE AS added "
                  "FOR EACH STATEMENT EXECUTE FUNCTION note()")  # fmt: skip
    put_tier(svc, "new", 0, 0, 0)
    body = [{"customer_phone": new_customer(), "customer_tier": "new", "message_id": new_message()}
            for _ in range(1200)]  # fmt: skip
    for begin in range(0, 1200, 300):
        fine(svc, "POST", "/v1/check", body[begin : begin + 300])
    until(lambda: len(logged(shop)) == 1200, 10, "1200 rows")
    sizes = [row[0] for row in execute(shop, "SELECT rows FROM statements")]
    assert sum(sizes) == 1200 and len(sizes) <= 30 and max(sizes) <= 500
    assert {row[1] for row in logged(shop)} == {item["message_id"] for item in body}
    assert metric(svc, "limiter_logged_total") == 1200


def test_nothing_is_lost_on_sigterm(svc, shop):
    put_tier(svc, "new", 0, 0, 0)
    body = [{"customer_phone": new_customer(), "customer_tier": "new"} for _ in range(700)]
    fine(svc, "POST", "/v1/check", body)
    assert svc.stop() == 0
    assert len(logged(shop)) == 700


def test_odd_texts_do_not_cost_a_batch(svc, shop):
    """Texts that are cut are cut between characters."""
    put_tier(svc, "new", 0, 0, 0)
    odd = [
        {"customer_phone": "😀" * 160},
        {"customer_phone": "x" + "ñ" * 159},
        {"customer_phone": "1", "message_id": "ñ" * 1024},
        {"customer_phone": "2", "message_id": "x" + "😀" * 300},
        {"customer_phone": "3", "message_type": "x" + "€" * 29},
        {"customer_phone": "4", "message_type": "\x00\ud800"},
        {"customer_phone": "5", "message_id": "'; DROP TABLE message_logs; --\\"},
    ]
    for item in odd:
        check(svc, item.pop("customer_phone"), customer_tier="new", **item)
    check(svc, "plain", "wamid.plain", customer_tier="new")
    rows = until(lambda: (found := logged(shop)) and len(found) == len(odd) + 1 and found, 4, "all")
    assert rows[-1][:2] == ("plain", "wamid.plain")
    assert rows[2][1] == "ñ" * 127 and rows[6][1] == odd[6]["message_id"]


def test_what_passes_is_not_logged(svc, shop):
    customer, message = new_customer(), new_message()
    put_tier(svc, "regular", 0, 0, 0, mode="shadow")
    check(svc, customer, message)
    check(svc, customer, message)
    refund(svc, customer, message)
    check(svc, customer, customer_tier="regular")
    assert svc.stop() == 0
    assert logged(shop) == []


@dataclass
class OwnPostgres:
    """A PostgreSQL of this test's own, that it can stop and freeze."""

    folder: Path
    server: Postgres
    url: str

    def start(self) -> None:
        self.server = Postgres.start(self.folder, settings={"fsync": "off"})

    def freeze(self, sig: signal.Signals) -> None:
        """The server and the processes of its sessions."""
        for pid in self.pids():
            os.kill(pid, sig)

    def pids(self) -> list[int]:
        parent = self.server.process.pid
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        return [parent, *map(int, children)]


@pytest.fixture
def own_postgres(_server_folder: Path) -> Iterator[OwnPostgres]:
    folder = _server_folder / f"own-{new_customer()}"
    server = Postgres.start(folder, settings={"fsync": "off"})
    postgres = OwnPostgres(folder, server, migrate(server.create_database("shop")))
    yield postgres
    postgres.server.stop()


def timed_checks(svc, customers: list[str]) -> tuple[list[dict], float]:
    answers, longest_s = [], 0.0
    for customer in customers:
        begin = time.monotonic()
        answers.append(check(svc, customer))
        longest_s = max(longest_s, time.monotonic() - begin)
    return answers, longest_s


def test_postgresql_stopped_and_started_again(service, redis_url, own_postgres):
    svc = service(NODE, REDIS_URL=redis_url, DATABASE_URL=own_postgres.url)
    put_tier(svc, "vip", 17, 300, 2000)
    known = new_customer()
    add_customer(own_postgres.url, known, "vip")
    assert check(svc, known)["limits"]["minute"] == 17
    own_postgres.server.stop()
    status, answer = ask(svc, "PUT", "/v1/tiers/vip",
                         {"max_per_minute": 1, "max_per_hour": 1, "max_per_day": 1})  # fmt: skip
    assert status == 503, answer
    end = time.monotonic() + 6  # longer than anything is kept without asking again
    while time.monotonic() < end:
        answers, longest_s = timed_checks(svc, [known, new_customer()])
        assert [answer["limits"]["minute"] for answer in answers] == [17, 5]
        assert longest_s < CALL_MAX_S
        time.sleep(0.1)
    assert ask(svc, "GET", "/readyz")[0] == 200
    own_postgres.start()
    until(lambda: ask(svc, "PUT", "/v1/tiers/vip",
                      {"max_per_minute": 9, "max_per_hour": 90, "max_per_day": 900})[0] == 200,
          10, "writes again")  # fmt: skip
    assert check(svc, known)["limits"]["minute"] == 9


def test_postgresql_frozen(service, redis_url, own_postgres):
    """No check waits for it, and the end of the service isn't held up for long."""
    svc = service(NODE, REDIS_URL=redis_url, DATABASE_URL=own_postgres.url)
    put_tier(svc, "new", 0, 0, 0)
    check(svc, "5215500000000")
    own_postgres.freeze(signal.SIGSTOP)
    try:
        _, longest_s = timed_checks(svc, [new_customer() for _ in range(20)])
        assert longest_s < CALL_MAX_S

        def many(number: int) -> float:
            return timed_checks(svc, [new_customer() for _ in range(20)])[1]

        assert max(in_parallel(8, many)) < CALL_MAX_S
        denied = [{"customer_phone": "1", "customer_tier": "new"}] * 600
        for _ in range(10):
            fine(svc, "POST", "/v1/check", denied)
        begin = time.monotonic()
        assert svc.stop(timeout_s=30) == 0
        assert time.monotonic() - begin < 12, "SIGTERM's grace is 10 s"
    finally:
        own_postgres.freeze(signal.SIGCONT)


def test_a_postgresql_that_was_never_there(service, redis_url):
    svc = service(NODE, REDIS_URL=redis_url, DATABASE_URL="postgresql://127.0.0.1:1/none")
    answers, longest_s = timed_checks(svc, [new_customer() for _ in range(20)])
    assert {answer["limits"]["minute"] for answer in answers} == {5}
    assert longest_s < CALL_MAX_S
    assert check(svc, new_customer(), customer_tier="vip")["limits"]["minute"] == 20
    assert fine(svc, "GET", "/v1/tiers/regular")["tier"]["max_per_hour"] == 120
