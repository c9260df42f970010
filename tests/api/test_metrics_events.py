"""Events: each once, whatever its neighbours are."""

from __future__ import annotations

import datetime as dt
import time
import urllib.request

import pytest

from tests.api.metrics_shop import (
    NODE,
    call,
    counted,
    event,
    execute,
    projections,
    send,
    until,
    wait_counted,
)


@pytest.fixture
def metrics(service, metrics_database: str):
    return service(NODE, DATABASE_URL=metrics_database)


def test_an_event_counts_once_however_often_it_comes(metrics, metrics_database: str):
    one = event("message", "wamid.1:message", customer_key="5215512345678")
    answers = [send(metrics, one) for _ in range(2)] + [send(metrics, one, one)]
    assert [(a["accepted"], a["duplicate"]) for a in answers] == [(1, 0), (0, 1), (0, 2)]
    later = {**one, "occurred_at": "2026-01-01T00:00:00Z"}
    later["occurred_at"] = dt.datetime.now(dt.UTC).isoformat()
    assert send(metrics, later)["duplicate"] == 1
    wait_counted(metrics_database, 1)
    time.sleep(0.6)
    assert counted(metrics_database, "message") == {"": 1}
    assert execute(metrics_database, "SELECT count(*) FROM events") == [(1,)]


def test_twice_in_one_batch(metrics):
    one = event()
    answer = send(metrics, one, event(), one)
    assert (answer["accepted"], answer["duplicate"], answer["rejected"]) == (2, 1, [])


def test_one_bad_of_a_hundred(metrics):
    batch = [event() for _ in range(100)]
    batch[41] = {"event_id": "x", "type": "No Type"}
    answer = send(metrics, *batch)
    assert answer["accepted"] == 99
    assert [r["index"] for r in answer["rejected"]] == [41]
    assert "type must be" in answer["rejected"][0]["reason"]


NOW_S = int(time.time())
BAD = [
    ({"type": "message"}, "event_id"),
    ({"event_id": "", "type": "message"}, "event_id"),
    ({"event_id": "x" * 101, "type": "message"}, "event_id"),
    ({"event_id": ["a"], "type": "message"}, "event_id"),
    ({"event_id": "a"}, "type"),
    ({"event_id": "a", "type": "a" * 41}, "type"),
    ({"event_id": "a", "type": "message", "occurred_at": "yesterday"}, "occurred_at must be"),
    ({"event_id": "a", "type": "message", "occurred_at": "2026-02-30T00:00:00Z"}, "must be"),
    ({"event_id": "a", "type": "message", "occurred_at": NOW_S + 7200}, "future"),
    ({"event_id": "a", "type": "message", "occurred_at": "9999-12-31T23:59:59Z"}, "future"),
    ({"event_id": "a", "type": "message", "occurred_at": NOW_S - 91 * 86400}, "older"),
    ({"event_id": "a", "type": "message", "occurred_at": 0}, "older"),
    ({"event_id": "a", "type": "message", "customer_key": "5" * 161}, "customer_key"),
    ({"event_id": "a", "type": "message", "path": "third"}, "path"),
    ({"event_id": "a", "type": "message", "data": [1]}, "data must be"),
    ({"event_id": "a", "type": "message", "data": {"x": "y" * 17000}}, "data is longer"),
    ({"event_id": "a", "type": "message", "data": {"x": "y" * 1_000_000}}, "data is longer"),
    ({"event_id": "a", "type": "csat", "data": {"score": 6}}, "data.score"),
    ({"event_id": "a", "type": "paid", "data": {"currency": "MXN"}}, "data.total_minor"),
    ({"event_id": "a", "type": "search", "data": {"total": -1}}, "data.total"),
    ({"event_id": "a", "type": "paid", "data": {"currency": "MXN", "total_minor": 10**12}}, "data.total"),
    ({"event_id": "a", "type": "intent", "data": {"intent": "a", "cost_usd": "1"}}, "data.cost_usd"),
    ("text", "an event is an object"),
    (7, "an event is an object"),
    (None, "an event is an object"),
    ([], "an event is an object"),
]


def test_each_bad_event_is_rejected_with_its_reason_and_no_other(metrics):
    good = [event() for _ in BAD]
    batch = [each for pair in zip(good, (bad for bad, _ in BAD), strict=True) for each in pair]
    status, answer = call(metrics, "POST", "/v1/events", batch)
    assert status == 200 and answer["accepted"] == len(BAD)
    assert [r["index"] for r in answer["rejected"]] == [2 * i + 1 for i in range(len(BAD))]
    for rejected, (bad, word) in zip(answer["rejected"], BAD, strict=True):
        assert word in rejected["reason"], (str(bad)[:100], rejected)


def test_the_forms_of_a_body(metrics):
    item = {"headers": {}, "params": {}, "query": {}, "body": event()}
    bodies = [event(), [event(), event()], {"events": [event()]}, item, [item_of(), item_of()]]
    accepted = [call(metrics, "POST", "/v1/events", body)[1]["accepted"] for body in bodies]
    assert accepted == [1, 2, 1, 1, 2]
    assert call(metrics, "POST", "/v1/events", [])[1]["accepted"] == 0
    assert call(metrics, "POST", "/v1/events", b"nonsense")[0] == 400
    assert call(metrics, "POST", "/v1/events", [event()] * 5001)[0] == 413


def item_of() -> dict:
    return {"headers": {}, "params": {}, "query": {}, "body": event()}


@pytest.mark.parametrize(
    "moment",
    ["2026-11-20T10:20:30.5-06:00", "2026-11-20 16:20:30.500Z", 1795191630.5, "1795191630500"],
)
def test_moments(service, metrics_database: str, moment):
    svc = service(NODE, DATABASE_URL=metrics_database, EVENTS_DAYS="3650")
    assert send(svc, event("message", "m", occurred_at=moment))["accepted"] == 1
    found = execute(metrics_database, "SELECT extract(epoch FROM occurred_at)::float8 FROM events")
    assert found in ([(1795191630.5,)], [(1795191630.0,)])


def test_what_the_intent_service_sends_is_taken_as_it_is(metrics, metrics_database: str):
    sent = {
        "event_id": "0123456789abcdef0123456789abcdef", "type": "intent",
        "occurred_at": dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.123Z"),
        "customer_key": "5215512345678", "message_id": "wamid.7", "intent": "search_product",
        "confidence": 0.93, "source": "deepseek", "provider": "DeepSeek", "model": "deepseek-flash",
        "session_state": "cart", "locale": "es_MX", "latency_ms": 212.5, "attempts": 1,
        "usage": {"input_tokens": 310, "output_tokens": 22}, "cost_usd": 0.0000597,
    }  # fmt: skip
    for path in ("/v1/events", "/v1/intent-events"):
        assert call(metrics, "POST", path, [sent])[0] == 200
    wait_counted(metrics_database, 1)
    assert counted(metrics_database, "intent") == {"search_product": 1}
    assert counted(metrics_database, "intent_source") == {"deepseek": 1}
    costs = execute(metrics_database, "SELECT kind, key, detail, usd_nano FROM metrics_costs")
    assert costs == [("model", "deepseek-flash", "deepseek", 59700)]


def test_an_intent_recorded_by_message_is_the_services_own(metrics):
    mine = {"message_id": "wamid.9", "intent": "greeting", "customer_key": "5"}
    assert send(metrics, mine, path="/v1/intent-events")["accepted"] == 1
    assert send(metrics, mine, path="/v1/intent-events")["duplicate"] == 1
    other = send(metrics, event("message"), path="/v1/intent-events")
    assert other["rejected"][0]["reason"] == "type must be intent or intent_feedback here"


def test_a_late_event_moves_its_own_day(metrics, metrics_database: str):
    execute(metrics_database, "UPDATE system_config SET value = 'America/Mexico_City' WHERE key = 'timezone'")
    # 23:30 in Mexico of a day that is the next one in UTC already.
    day = dt.datetime.now(dt.UTC).replace(hour=5, minute=30, second=0, microsecond=0) - dt.timedelta(days=3)
    send(metrics, event("message"), event("message", occurred_at=day.isoformat()))
    wait_counted(metrics_database, 2)
    days = execute(
        metrics_database,
        "SELECT (bucket_at AT TIME ZONE 'UTC')::date, count FROM metrics_counts "
        "WHERE granularity = 'd' AND name = 'message' ORDER BY 1",
    )
    assert days[0] == (day.date() - dt.timedelta(days=1), 1) and len(days) == 2
    hours = execute(
        metrics_database,
        "SELECT bucket_at FROM metrics_counts WHERE granularity = 'h' AND name = 'message' ORDER BY 1",
    )
    assert hours[0][0] == day.replace(minute=0)
    send(metrics, event("message", occurred_at=day.isoformat()))
    wait_counted(metrics_database, 3)


def test_a_label_bomb_ends_as_other(metrics, metrics_database: str):
    send(metrics, event("message"))
    before = max(len(call_text(metrics, "/metrics")) for _ in range(2))
    for start in range(0, 3000, 1000):
        send(metrics, *(event(f"kind{n}", customer_key=str(n)) for n in range(start, start + 1000)))
    wait_counted(metrics_database, 3001)
    types = counted(metrics_database, "events")
    assert len(types) == 101 and types["other"] == 2901
    assert len(call_text(metrics, "/metrics")) < before + 500


def call_text(svc, path: str) -> str:
    with urllib.request.urlopen(svc.url + path, timeout=10) as answer:
        return answer.read().decode()


def every_kind(number: int) -> list[dict]:
    moment = dt.datetime.now(dt.UTC) - dt.timedelta(hours=number % 60)
    common = {"customer_key": f"52155{number % 7}", "occurred_at": moment.isoformat()}
    data = {
        "message": {}, "limited": {}, "checkout": {"state": "address"},
        "intent": {"intent": "greeting", "source": "local", "latency_ms": number, "cost_usd": 0.001},
        "search": {"query": f"Zapatos {number % 5}", "total": number % 3, "latency_ms": 2.5},
        "cart": {"action": "add", "product_id": number % 4, "quantity": 2},
        "order": {"order_id": number, "status": "confirmed", "total_minor": 100},
        "order.shipped": {"order_id": number},
        "paid": {"order_id": number, "total_minor": 12345, "currency": "MXN",
                 "items": [{"product_id": 5, "quantity": 3}]},
        "reply": {"latency_ms": 10 * number, "ok": number % 9 > 0},
        "status": {"status": "delivered", "phone_number_id": "1",
                   "pricing": {"billable": True, "type": "regular", "category": "marketing"}},
        "failed": {"where": "search"}, "csat": {"score": 1 + number % 5},
        "abandoned_cart": {"total_minor": 500}, "intent_feedback": {"correct": number % 2 == 0},
        "something_new": {"x": 1},
    }  # fmt: skip
    path = "mvp" if number % 4 == 0 else "full"
    return [event(kind, data=content, path=path, **common) for kind, content in data.items()]


def test_a_rebuild_gives_the_same_numbers(metrics, metrics_database: str):
    batches = [every_kind(number) for number in range(120)]
    for batch in batches:
        assert send(metrics, *batch)["rejected"] == []
    total = sum(len(batch) for batch in batches)
    wait_counted(metrics_database, total)
    before = projections(metrics_database)
    assert all(before.values())
    assert call(metrics, "POST", "/v1/rebuild")[1] == {"started": True}

    def again() -> bool:
        return sum(counted(metrics_database, "events").values()) == total

    until(again, "all are counted again")
    assert projections(metrics_database) == before


def test_numbers_without_measure_stop_no_counting(metrics, metrics_database: str):
    huge = 2**63 - 1
    for _ in range(3):
        send(
            metrics,
            event("abandoned_cart", data={"total_minor": huge}),
            event("paid", data={"total_minor": 1, "currency": "MXN",
                                "items": [{"product_id": 1, "quantity": huge}]}),
            event("intent", data={"intent": "x", "cost_usd": 9e11, "latency_ms": 9e11}),
            event("something", data={"x": huge}),
        )  # fmt: skip
    wait_counted(metrics_database, 12)


def test_two_replicas_share_the_log(service, metrics_database: str):
    both = [service(NODE, DATABASE_URL=metrics_database) for _ in range(2)]
    events = [event() for _ in range(200)]
    for number, one in enumerate(events):
        assert send(both[number % 2], one)["accepted"] == 1
    for number, one in enumerate(events):
        assert send(both[(number + 1) % 2], one)["duplicate"] == 1
    wait_counted(metrics_database, 200)
    time.sleep(0.6)
    assert counted(metrics_database, "message") == {"": 200}
