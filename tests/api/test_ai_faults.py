"""Providers, Redis and PostgreSQL in trouble: an answer in time, every time."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from launcher.servers import Postgres, free_port
from tests.api.ai_shop import DEADLINE_S, NEVER_SURE, NODE, SLACK_S, Shop, until
from tests.api.limiter import migrate

IN_TIME_S = DEADLINE_S + SLACK_S


def in_parallel(count: int, work) -> list:
    results: list = [None] * count
    barrier = threading.Barrier(count)

    def run(number: int) -> None:
        barrier.wait()
        try:
            results[number] = work(number)
        except BaseException as error:
            results[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results


def ways_to_die(make_model) -> list[str]:
    """Addresses where nobody gives an answer, each in its own way."""
    silent, trickling, failing, empty = (make_model() for _ in range(4))
    silent.delay_s = 30
    trickling.trickles = True
    failing.status = 500
    empty.answer = ""
    refused = f"http://127.0.0.1:{free_port()}/v1"
    return [silent.url, trickling.url, failing.url, empty.url, refused, "http://nadie.invalid/v1"]


def test_every_provider_dead(service, ai, make_model, redis_url):
    keys = {}
    for number, url in enumerate(ways_to_die(make_model)):
        keys |= ai.add(f"P{number}", url, priority=number)
    svc = service(NODE, DATABASE_URL=ai.database, REDIS_URL=redis_url, **keys, **NEVER_SURE)
    for number in range(12):
        said, took_s = ai.timed(svc, f"busco una mochila {number}", explain=True)
        assert said["source"] == "keywords" and said["intent"] == "search_product"
        assert took_s < IN_TIME_S
        # Either outlived the deadline, or known to be dead.
        assert said["latency_ms"] < 1000 * IN_TIME_S


@pytest.mark.parametrize("way", range(6))
def test_each_way_alone_under_load(service, ai, make_model, redis_url, way: int):
    keys = ai.add("P", ways_to_die(make_model)[way], circuit_breaker_threshold=1000)
    svc = service(NODE, DATABASE_URL=ai.database, REDIS_URL=redis_url, **keys, **NEVER_SURE)
    answers = in_parallel(40, lambda n: ai.timed(svc, f"busco una mochila {n}"))
    assert {said["source"] for said, _ in answers} == {"keywords"}
    assert max(said["latency_ms"] for said, _ in answers) < 1000 * IN_TIME_S
    assert max(took_s for _, took_s in answers) < IN_TIME_S + 0.3  # forty threads of Python


def test_a_silent_one_is_hedged(service, ai, model, make_model, redis_url):
    model.delay_s = 30
    good = make_model()
    keys = ai.add("Mudo", model.url, priority=1) | ai.add("Bueno", good.url, priority=2)
    svc = service(NODE, DATABASE_URL=ai.database, REDIS_URL=redis_url, **keys, **NEVER_SURE)
    said, took_s = ai.timed(svc, "busco una mochila 1", explain=True)
    assert said["source"] == "bueno" and took_s < IN_TIME_S
    assert "Mudo" in {attempt["provider"] for attempt in said["attempts"]}


@pytest.fixture
def breaker(service, ai, model, redis_url):
    """Two replicas, and a provider that three failures close off for two seconds."""
    keys = ai.add("Modelo", model.url, circuit_breaker_threshold=3, circuit_breaker_timeout=2)
    env = {"DATABASE_URL": ai.database, "REDIS_URL": redis_url, **keys, **NEVER_SURE}
    return [service(NODE, **env) for _ in range(2)]


def fail_until_open(ai, model, replicas) -> None:
    model.status = 500
    for number in range(3):
        assert ai.ask(replicas[number % 2], f"mochila {number}")["source"] == "keywords"
    for svc in replicas:
        until(
            lambda svc=svc: ai.providers(svc)["Modelo"]["breaker"]["state"] == "open",
            1, "the breaker is open on both replicas",
        )  # fmt: skip


def test_a_failing_provider_stays_closed_off_over_replicas(ai, model, breaker):
    fail_until_open(ai, model, breaker)
    began, calls = time.monotonic(), model.calls
    assert calls == 3
    while time.monotonic() - began < 1.2:
        for svc in breaker:
            said, took_s = ai.timed(svc, "mochila 9")
            assert said["source"] == "keywords" and took_s < SLACK_S
    assert model.calls == calls
    row = ai.providers(breaker[0])["Modelo"]
    assert row["breaker"]["backend"] == "redis" and row["breaker"]["open_until"] is not None
    assert row["last_error"]


def test_it_gets_one_probe_and_comes_back(ai, model, breaker):
    fail_until_open(ai, model, breaker)
    model.status = 200
    model.delay_s = 0.3
    time.sleep(2.1)
    calls = model.calls
    answers = in_parallel(40, lambda n: ai.ask(breaker[n % 2], f"busco una mochila {n}"))
    sources = [said["source"] for said in answers]
    assert model.calls == calls + 1
    assert sources.count("modelo") == 1 and sources.count("keywords") == 39
    model.delay_s = 0
    for svc in breaker:
        until(lambda svc=svc: ai.ask(svc, "mochila 5")["source"] == "modelo", 2, "it's back")
        assert ai.providers(svc)["Modelo"]["breaker"]["state"] == "closed"


def test_a_failed_probe_closes_it_off_again(ai, model, breaker):
    fail_until_open(ai, model, breaker)
    time.sleep(2.1)
    calls = model.calls
    for number in range(10):
        ai.ask(breaker[number % 2], f"mochila {number}")
    assert model.calls == calls + 1


def test_reset(ai, model, breaker):
    fail_until_open(ai, model, breaker)
    model.status = 200
    said = ai.post(breaker[0], "/v1/providers/modelo/reset")
    assert said == {"found": True, "reset": True, "provider": "Modelo", "backend": "redis"}
    for svc in breaker:
        until(lambda svc=svc: ai.ask(svc, "mochila 5")["source"] == "modelo", 1, "it's asked")
    assert ai.post(breaker[0], "/v1/providers/nadie/reset") == {"found": False, "reset": False}


TESTS = [
    (200, "answered"), (500, "failed"), (401, "refused"), (402, "refused"), (404, "refused"),
    (429, "busy"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "outcome"), TESTS)
def test_the_test_of_a_provider(service, ai, model, redis_url, status: int, outcome: str):
    model.status = status
    keys = ai.add("Modelo", model.url)
    svc = service(NODE, DATABASE_URL=ai.database, REDIS_URL=redis_url, **keys, **NEVER_SURE)
    said = ai.post(svc, "/v1/providers/MODELO/test")
    assert said["found"] and said["outcome"] == outcome and said["ok"] == (status == 200)
    assert said["model"] == "modelo" and said["latency_ms"] >= 0
    assert ("intent" in said) == (status == 200)


def test_the_test_of_what_cannot_be_tested(service, ai, redis_url):
    ai.add("Sin", "http://127.0.0.1:9/v1")
    svc = service(NODE, DATABASE_URL=ai.database, REDIS_URL=redis_url)
    assert ai.post(svc, "/v1/providers/nadie/test") == {"found": False}
    said = ai.post(svc, "/v1/providers/sin/test")
    assert (said["outcome"], said["reason"]) == ("not_usable", "no API key is set")


def test_use_ai_providers(service, ai, model, redis_url):
    keys = ai.add("Modelo", model.url)
    svc = service(NODE, DATABASE_URL=ai.database, REDIS_URL=redis_url, **keys, **NEVER_SURE)
    assert ai.ask(svc, "mochila 1")["source"] == "modelo"
    ai.use_ai("false")
    said = until(
        lambda: (s := ai.ask(svc, "busco una mochila 1"))["keywords_only"] and s, 2, "keywords only"
    )
    assert said["source"] == "keywords"
    calls = model.calls
    assert ai.ask(svc, "mochila 2")["source"] == "keywords" and model.calls == calls
    assert ai.http.get(f"{svc.url}/v1/providers").json()["use_ai_providers"] is False
    ai.use_ai("true")
    until(lambda: ai.ask(svc, "mochila 1")["source"] == "modelo", 2, "providers again")


def test_a_spent_budget(service, ai, model, redis_url):
    keys = ai.add("Modelo", model.url, daily_budget_usd=0.01, input_usd_per_million=10)
    svc = service(NODE, DATABASE_URL=ai.database, REDIS_URL=redis_url, **keys, **NEVER_SURE)
    assert ai.ask(svc, "mochila 1")["source"] == "modelo"  # 1000 tokens: one cent
    until(lambda: ai.providers(svc)["Modelo"]["spent_today_usd"] >= 0.01, 2, "it's written down")
    assert ai.ask(svc, "mochila 2")["source"] == "keywords" and model.calls == 1


def test_a_customer_has_so_many_messages_a_day(service, ai, model, redis_url):
    keys = ai.add("Modelo", model.url)
    env = {"DATABASE_URL": ai.database, "REDIS_URL": redis_url, "CUSTOMER_DAILY_MAX": "3", **keys}
    one, other = (service(NODE, **env, **NEVER_SURE) for _ in range(2))
    customer = f"52155{time.time_ns() % 10**8:08d}"
    for number, svc in enumerate((one, other, one)):
        said = ai.ask(svc, f"mochila {number}", customer_phone=customer)
        assert said["source"] == "modelo" and "capped" not in said
    for svc in (one, other):
        said = ai.ask(svc, "mochila 3", customer_phone=customer)
        assert (said["source"], said["intent"], said["capped"]) == ("keywords", "search_product", True)
    assert model.calls == 3
    assert ai.ask(one, "mochila 4", customer_phone=customer + "9")["source"] == "modelo"
    assert ai.ask(one, "mochila 5")["source"] == "modelo"


def test_cached_tokens_and_peak_hours_have_their_price(service, ai, model):
    keys = ai.add("Modelo", model.url, cached_usd_per_million=0.1, peak_factor=3)
    model.cached = 400
    svc = service(NODE, DATABASE_URL=ai.database, **keys, **NEVER_SURE)
    # 600 of 1000 tokens at 1, 400 at 0.1 and 100 at 2 dollars a million.
    assert ai.ask(svc, "mochila 1")["cost_usd"] == pytest.approx(0.00084)
    ai.sql("UPDATE ai_provider_config SET peak_hours = (SELECT array_agg(h) FROM generate_series(0, 23) h)")
    (weekday,) = ai.sql("SELECT extract(isodow FROM now() AT TIME ZONE 'UTC') < 6")[0]
    wanted = 0.00084 * (3 if weekday else 1)
    until(
        lambda: ai.ask(svc, "mochila 2")["cost_usd"] == pytest.approx(wanted), 3, f"it costs {wanted}"
    )


def test_redis_gone_and_back(service, ai, model, own_redis):
    keys = ai.add("Modelo", model.url)
    env = NEVER_SURE | {"REDIS_TIMEOUT_MS": "50"}
    svc = service(NODE, DATABASE_URL=ai.database, REDIS_URL=own_redis.url, **keys, **env)
    assert ai.ask(svc, "mochila 1")["source"] == "modelo"
    own_redis.kill()
    for number in range(10):
        said, took_s = ai.timed(svc, f"mochila {number}")
        assert said["source"] == "modelo" and took_s < IN_TIME_S
    assert ai.providers(svc)["Modelo"]["breaker"]["backend"] == "local"
    own_redis.start()
    until(
        lambda: ai.providers(svc)["Modelo"]["breaker"]["backend"] == "redis", 6, "Redis is back"
    )


def test_redis_frozen(service, ai, model, own_redis):
    keys = ai.add("Modelo", model.url)
    env = NEVER_SURE | {"REDIS_TIMEOUT_MS": "50"}
    svc = service(NODE, DATABASE_URL=ai.database, REDIS_URL=own_redis.url, **keys, **env)
    ai.ask(svc, "mochila 1")
    own_redis.send(signal.SIGSTOP)
    for number in range(10):
        said, took_s = ai.timed(svc, f"mochila {number}")
        assert took_s < IN_TIME_S
    assert said["source"] == "modelo"


def test_a_breaker_without_redis(service, ai, model):
    model.status = 500
    keys = ai.add("Modelo", model.url, circuit_breaker_threshold=3)
    svc = service(NODE, DATABASE_URL=ai.database, **keys, **NEVER_SURE)
    for number in range(6):
        assert ai.ask(svc, f"mochila {number}")["source"] == "keywords"
    assert model.calls == 3


@pytest.fixture
def own_postgres(tmp_path):
    """A server that a test can freeze and stop."""
    tmp_path.chmod(0o755)
    for parent in tmp_path.parents[:2]:
        parent.chmod(0o755)
    server = Postgres.start(tmp_path / "postgres", settings={"fsync": "off"})
    yield server
    server.stop()


def test_postgres_gone(service, ai, model, redis_url, own_postgres):
    """What was read last stays in force; and a start without it has the classifier's answer."""
    url = own_postgres.create_database("shop")
    migrate(url)
    shop = Shop(url)
    keys = shop.add("Modelo", model.url)
    shop.http.close()
    env = {"DATABASE_URL": url, "REDIS_URL": redis_url, **keys, **NEVER_SURE}
    svc = service(NODE, **env)
    assert ai.ask(svc, "mochila 1")["source"] == "modelo"
    own_postgres.stop()
    time.sleep(1.5)
    for number in range(5):
        said, took_s = ai.timed(svc, f"mochila {number}")
        assert said["source"] == "modelo" and took_s < IN_TIME_S
    late = service(NODE, **env)
    assert ai.ask(late, "busco una mochila")["source"] == "keywords"
    ready = ai.http.get(f"{late.url}/readyz")
    assert ready.status_code == 200 and ready.json()["status"] == "degraded"


def test_two_hundred_at_once(service, ai, model, redis_url):
    """A model that takes 300 ms holds up nobody, in little memory."""
    model.delay_s = 0.3
    keys = ai.add("Modelo", model.url)
    svc = service(NODE, DATABASE_URL=ai.database, REDIS_URL=redis_url, **keys, **NEVER_SURE)
    answers = in_parallel(200, lambda n: ai.ask(svc, f"busco una mochila {n}"))
    latencies = sorted(said["latency_ms"] for said in answers)
    assert latencies[189] < 500
    status = open(f"/proc/{svc.pid}/status").read()
    if "san" in os.environ.get("PRESET", ""):
        return  # a sanitizer's own memory
    peak_kib = int(next(line.split()[1] for line in status.splitlines() if "VmHWM" in line))
    assert peak_kib < 64 * 1024


def test_a_stop_answers_what_runs(service, ai, model, redis_url):
    model.delay_s = 0.3
    keys = ai.add("Modelo", model.url)
    svc = service(NODE, DATABASE_URL=ai.database, REDIS_URL=redis_url, **keys, **NEVER_SURE)
    answers: list = []
    thread = threading.Thread(target=lambda: answers.append(ai.ask(svc, "busco una mochila 1")))
    thread.start()
    until(lambda: model.calls == 1, 2, "the model is asked")
    assert svc.stop() == 0
    thread.join()
    assert answers[0]["source"] == "modelo"
