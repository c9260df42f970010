"""Sessions and turns while Redis, PostgreSQL or a replica fails, or the shop switches Redis off."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from launcher.servers import Postgres
from tests.api.session_shop import (
    NODE,
    ROOT,
    Shop,
    guide_session,
    message,
    new_customer,
    wait_until,
)

SWITCH_S = 2.0
KILLS = 20


class Writers:
    """Customers that are written and read back all the time, each by one caller: what a read
    doesn't show of an acknowledged write is lost."""

    def __init__(self, shop: Shop, count: int) -> None:
        self.shop = shop
        self.lost: list[tuple[str, int, int]] = []
        self.longest_s = 0.0
        self.written = 0
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(count)]
        self._failed: list[BaseException] = []

    def __enter__(self) -> Writers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        if self._failed:
            raise self._failed[0]

    def _run(self) -> None:
        customer = new_customer()
        number = 0
        try:
            self.shop.load(customer)
            while not self._stop.is_set():
                number += 1
                start = time.monotonic()
                saved = self.shop.patch(customer, {"context_data": {"n": number}})
                assert saved["saved"], saved
                self._read(customer, number)
                self.longest_s = max(self.longest_s, time.monotonic() - start)
                self.written += 1
        except BaseException as error:
            self._failed.append(error)

    def _read(self, customer: str, number: int) -> None:
        answer = self.shop.get(customer)
        found = answer["session"]["context_data"].get("n", 0) if answer["session"] else 0
        if found != number:
            self.lost.append((customer, number, found))


@pytest.mark.parametrize("appendonly", [False, True], ids=["memory", "appendonly"])
def test_redis_killed_twenty_times(make_shop, appendonly: bool, capsys) -> None:
    """Redis comes back empty, or with what its file holds; nothing acknowledged is lost."""
    shop = make_shop(3, appendonly=appendonly)
    with Writers(shop, 8) as writers:
        for number in range(KILLS):
            time.sleep(0.3 + 0.02 * number)
            shop.redis.kill()
            time.sleep(0.1 * (number % 4))
            shop.redis.start()
            shop.wait_mode("redis")
    with capsys.disabled():
        print(
            f"\n  {writers.written} writes, {KILLS} kills: {len(writers.lost)} lost, "
            f"the longest write and read took {writers.longest_s:.2f} s"
        )
    assert writers.written > 200
    assert not writers.lost
    assert writers.longest_s < 4


def test_redis_killed_with_a_replica(make_shop, capsys) -> None:
    """The replica that acknowledged dies together with Redis: what isn't in PostgreSQL yet is
    lost, and that is no more than FLUSH_MS of writes."""
    shop = make_shop(1)
    worst = 0.0
    for number in range(6):
        customer = new_customer()
        shop.load(customer)
        acknowledged: list[tuple[int, float]] = []
        end = time.monotonic() + 0.5 + 0.05 * number
        while time.monotonic() < end:
            shop.patch(customer, {"context_data": {"n": len(acknowledged) + 1}})
            acknowledged.append((len(acknowledged) + 1, time.monotonic()))
        killed = time.monotonic()
        shop.replicas[0].kill()
        shop.redis.kill()
        shop.redis.start()
        shop.replicas = [shop.start()]
        found = shop.get(customer)["session"]["context_data"]["n"]
        lost = [at for n, at in acknowledged if n > found]
        worst = max(worst, killed - lost[0] if lost else 0.0)
    with capsys.disabled():
        print(f"\n  Redis and the replica killed together: at most {worst * 1000:.0f} ms lost")
    assert worst < 0.5


def test_redis_paused_for_ten_seconds(make_shop) -> None:
    shop = make_shop(2)
    with Writers(shop, 4) as writers:
        time.sleep(0.5)
        shop.redis.send(signal.SIGSTOP)
        time.sleep(10)
        assert shop.stats()["store"]["mode"] == "postgres"
        before = writers.written
        time.sleep(0.5)
        assert writers.written > before
        shop.redis.send(signal.SIGCONT)
        shop.wait_mode("redis")
        time.sleep(0.5)
    assert not writers.lost and writers.longest_s < 4


def test_scripts_flushed_and_keys_gone(make_shop) -> None:
    shop = make_shop(2)
    with Writers(shop, 4) as writers:
        for _ in range(10):
            time.sleep(0.1)
            shop.redis.client.script_flush()
    assert not writers.lost
    shop.wait_flushed()
    customer = new_customer()
    shop.put(customer, {"session_state": "cart"})
    shop.wait_flushed()
    shop.redis.client.flushall()
    answer = shop.get(customer)
    assert answer["found"] and answer["session"]["session_state"] == "cart"


def test_dead_replica_is_swept_up(make_shop) -> None:
    shop = make_shop(2, FLUSH_MS="5000", SWEEP_AFTER_MS="1000")
    customer = new_customer()
    shop.put(customer, {"session_state": "cart"}, replica=0)
    begun = shop.begin(customer, message("m1"), replica=0)
    shop.replicas.pop(0).kill()
    assert shop.sql("SELECT 1 FROM customer_sessions") == []
    wait_until(lambda: shop.sql("SELECT 1 FROM customer_turns") != [], 12)
    rows = shop.sql("SELECT session_state FROM customer_sessions")
    assert rows == [("cart",)]
    assert shop.stats()["store"]["swept_total"] >= 1
    assert shop.end_turn(customer, begun["lease"]["token"])["ended"]


def test_stopping_writes_everything_out(make_shop) -> None:
    shop = make_shop(1, FLUSH_MS="10000")
    customer = new_customer()
    shop.put(customer, {"session_state": "cart"})
    assert shop.sql("SELECT 1 FROM customer_sessions") == []
    assert shop.replicas[0].stop() == 0
    assert shop.sql("SELECT session_state FROM customer_sessions") == [("cart",)]


def _set_flag(shop: Shop, value: str) -> None:
    shop.sql(
        "UPDATE system_config SET value = %s WHERE key = 'use_redis_sessions'", value)  # fmt: skip


def test_flag_both_ways(make_shop) -> None:
    shop = make_shop(3)
    customer = new_customer()
    shop.put(customer, {"session_state": "one"})
    with Writers(shop, 6) as writers:
        for number in range(3):
            _set_flag(shop, "false")
            start = time.monotonic()
            for replica in range(3):
                wait_until(
                    lambda r=replica: shop.get(customer, replica=r)["source"] == "postgres", 5
                )
            assert time.monotonic() - start < SWITCH_S
            found = shop.get(customer)["session"]["session_state"]
            assert found == ("one" if number == 0 else f"redis {number - 1}")
            shop.put(customer, {"session_state": f"postgres {number}"})
            _set_flag(shop, "true")
            start = time.monotonic()
            shop.wait_mode("redis")
            for replica in range(3):
                found = shop.get(customer, replica=replica)["session"]["session_state"]
                assert found == f"postgres {number}"
            assert shop.get(customer)["source"] in ("redis", "memory")
            shop.put(customer, {"session_state": f"redis {number}"})
    assert not writers.lost


def test_what_the_mvp_wrote_meanwhile_is_served(make_shop) -> None:
    shop = make_shop(2)
    customer = new_customer()
    shop.put(customer, {"session_state": "old"})
    guide = new_customer()
    shop.redis.client.set(f"session:{guide}", guide_session(guide), ex=3000)
    shop.wait_flushed()
    _set_flag(shop, "false")
    shop.wait_mode("postgres")
    for who in (customer, guide):
        shop.sql(
            "INSERT INTO customer_sessions (customer_phone, session_state) VALUES (%s, 'mvp')"
            " ON CONFLICT (customer_phone) DO UPDATE SET session_state = 'mvp',"
            " updated_at = NOW(), expires_at = NOW() + INTERVAL '2 hours'", who)  # fmt: skip
    _set_flag(shop, "true")
    shop.wait_mode("redis")
    assert shop.get(customer)["session"]["session_state"] == "mvp"
    assert shop.get(guide)["session"]["session_state"] == "mvp"


def test_turns_survive_redis(make_shop) -> None:
    """A lease, its messages and those that wait are known when Redis comes back empty."""
    shop = make_shop(2)
    customer = new_customer()
    first = shop.begin(customer, message("m1", "uno"))
    assert shop.begin(customer, message("m2", "dos"), wait_ms=0)["reason"] == "busy"
    shop.redis.kill()
    busy = shop.begin(customer, message("m3", "tres"), wait_ms=0)
    assert busy["reason"] == "busy" and busy["pending"] == 2
    shop.redis.start()
    shop.wait_mode("redis")
    ended = shop.end_turn(customer, first["lease"]["token"], session={"session_state": "x"})
    assert ended["ended"] and ended["saved"] and ended["pending"] == 2
    rest = shop.begin(customer)
    assert rest["text"] == "dos\ntres" and rest["lease"]["fence"] > first["lease"]["fence"]


def test_turns_in_postgres_alone(make_shop) -> None:
    shop = make_shop(2)
    shop.redis.kill()
    shop.wait_mode("postgres")
    customer = new_customer()
    answered: list[str] = []

    def execute(number: int) -> None:
        begun = shop.begin(customer, message(f"m{number}"), wait_ms=8000)
        if begun["turn"]:
            answered.extend(m["message_id"] for m in begun["messages"])
            assert shop.end_turn(customer, begun["lease"]["token"])["ended"]

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(execute, range(30)))
    assert sorted(answered) == sorted(f"m{n}" for n in range(30))
    assert shop.get(customer)["degraded"]


@pytest.fixture
def own_postgres(tmp_path_factory) -> Iterator[Postgres]:
    server = Postgres.start(tmp_path_factory.mktemp("postgres"), settings={"fsync": "off"})
    yield server
    if server.process.alive:
        _freeze(server, signal.SIGCONT)
    server.stop()


def _freeze(server: Postgres, sig: signal.Signals) -> None:
    """The server and all its children, each of which leads a session of its own: it neither
    answers nor refuses."""
    parent = server.process.pid
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    for pid in [parent, *map(int, children)]:
        with suppress(ProcessLookupError):  # a backend whose client has left ends by itself
            os.kill(pid, sig)


def test_postgres_gone_and_back(make_shop, own_postgres: Postgres) -> None:
    url = own_postgres.create_database("shop")
    subprocess.run([ROOT / "database/migrate.sh", "--init", url], check=True, capture_output=True)
    shop = make_shop(2, DATABASE_URL=url, DATABASE_TIMEOUT_MS="500")
    shop.database = url
    known, fresh = new_customer(), new_customer()
    shop.put(known, {"session_state": "one"})
    shop.wait_flushed()
    _freeze(own_postgres, signal.SIGSTOP)
    wait_until(lambda: not shop.stats(0)["store"]["postgres_up"], 10)
    wait_until(lambda: not shop.stats(1)["store"]["postgres_up"], 10)
    for number in range(20):
        answer = shop.patch(known, {"context_data": {"n": number}})
        assert answer["saved"] and answer["degraded"]
    made = shop.load(fresh)
    assert made["created"] and made["session"]["id"] is None
    assert shop.begin(fresh, message("m1"))["turn"]
    _freeze(own_postgres, signal.SIGCONT)
    wait_until(lambda: shop.stats(0)["store"]["postgres_up"], 10)
    shop.wait_flushed()
    rows = shop.sql("SELECT context_data FROM customer_sessions WHERE customer_phone = %s", known)
    assert rows == [({"n": 19},)]
    assert shop.sql("SELECT 1 FROM customer_sessions WHERE customer_phone = %s", fresh)
    assert "degraded" not in shop.get(known)


def test_both_gone_is_said_at_once(make_shop, own_postgres: Postgres) -> None:
    url = own_postgres.create_database("shop")
    subprocess.run([ROOT / "database/migrate.sh", "--init", url], check=True, capture_output=True)
    shop = make_shop(1, DATABASE_URL=url, DATABASE_TIMEOUT_MS="500")
    shop.redis.kill()
    own_postgres.stop()
    answer = shop.call("GET", f"/v1/sessions/{new_customer()}", status=503)
    assert answer["detail"] == "the stores behind can not serve this now"
    time.sleep(1)
    start = time.monotonic()
    shop.call("GET", f"/v1/sessions/{new_customer()}", status=503)
    assert time.monotonic() - start < 1


def test_one_store_alone(service, shop: Shop) -> None:
    for settings in ({"REDIS_URL": shop.redis.url}, {"DATABASE_URL": shop.database}):
        alone = service(NODE, QUIET_MS="0", **settings)
        one = Shop(lambda: alone, shop.database, shop.redis)
        one.replicas = [alone]
        customer = new_customer()
        assert one.load(customer)["created"]
        assert one.patch(customer, {"session_state": "cart"})["version"] == 2
        begun = one.begin(customer, message("m1"))
        assert one.end_turn(customer, begun["lease"]["token"])["ended"]
        assert one.delete(customer)["deleted"]
        assert one.put(customer, {})["reason"] == "deleted"
        one.close()
        alone.kill()
