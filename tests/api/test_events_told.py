"""What services tell lightweight_metrics of: messages, statuses, limited customers, searches."""

from __future__ import annotations

import httpx

from tests.api import webhooks
from tests.api.ai_shop import until

PARSE, LIMITER = webhooks.NODE, "optimized_rate_limiter"
SESSIONS = "redis_cache_manager_consolidated"
STATUS = {
    "id": "wamid.S1",
    "status": "delivered",
    "timestamp": "1790000100",
    "recipient_id": "5215512345678",
    "pricing": {"billable": True, "pricing_model": "PMP", "type": "regular", "category": "utility"},
}


def test_messages_and_statuses(service, make_metrics):
    metrics = make_metrics()
    svc = service(PARSE, METRICS_URL=metrics.url)
    message = webhooks.text_message()
    body = webhooks.webhook(message)
    value = body["entry"][0]["changes"][0]["value"]
    value["statuses"] = [STATUS]
    for _ in range(2):
        assert webhooks.parse(svc, body)["statuses"]
    events = until(lambda: len(metrics.events) >= 3 and metrics.events, 3, "the events came")
    kinds = [event["type"] for event in events]
    assert kinds.count("message") == 1, "what is a duplicate is no new message"
    statuses = [event for event in events if event["type"] == "status"]
    assert len({event["event_id"] for event in statuses}) == 1, "a status told twice counts once"
    assert statuses[0]["data"]["pricing"]["category"] == "utility"
    assert statuses[0]["occurred_at"] == "2026-09-21T14:15:00.000Z"
    told = next(event for event in events if event["type"] == "message")
    assert told["customer_key"] == message["from"] and told["source"] == PARSE
    assert told["data"]["message_type"] == "text"
    assert message["text"]["body"] not in str(metrics.events)


def test_limited_customers(service, make_metrics):
    metrics = make_metrics()
    svc = service(LIMITER, METRICS_URL=metrics.url)
    for number in (1, 2, 3, 4, 5, 6, 6):
        body = {"customer_phone": "5215500000001", "message_id": f"m{number}"}
        httpx.post(f"{svc.url}/v1/check", json=body).raise_for_status()
    events = until(lambda: len(metrics.events) >= 2 and metrics.events, 3, "the events came")
    assert {event["type"] for event in events} == {"limited"}
    assert len({event["event_id"] for event in events}) == 1
    assert events[0]["data"]["window"] == "minute"
    assert events[0]["customer_key"] == "5215500000001"


def test_searches(catalogue, make_metrics):
    metrics = make_metrics()
    svc = catalogue.start(METRICS_URL=metrics.url)
    for query in ("qwertyzxcv", "", "zapato"):
        httpx.post(f"{svc.url}/v1/search", json={"query": query}).raise_for_status()
    events = until(lambda: len(metrics.events) >= 2 and metrics.events, 3, "the events came")
    told = {event["data"]["query"]: event["data"]["total"] for event in events}
    assert told["qwertyzxcv"] == 0 and set(told) == {"qwertyzxcv", "zapato"}


def test_turns_that_end_are_replies(service, own_redis, make_metrics):
    metrics = make_metrics()
    svc = service(SESSIONS, METRICS_URL=metrics.url, REDIS_URL=own_redis.url, QUIET_MS="0")
    for number, outcome in enumerate(("done", "failed")):
        message = {"message_id": f"m{number}", "text": "hola"}
        body = {"customer_phone": f"521550000001{number}", "message": message}
        turn = httpx.post(f"{svc.url}/v1/turns/begin", json=body).raise_for_status().json()
        body = {"customer_phone": body["customer_phone"], "lease": turn["lease"]["token"], "outcome": outcome}
        for _ in range(2):
            httpx.post(f"{svc.url}/v1/turns/end", json=body).raise_for_status()
    events = until(lambda: len(metrics.events) >= 2 and metrics.events, 3, "the events came")
    assert [(event["type"], event["data"]["ok"]) for event in events] == [("reply", True), ("reply", False)]
    assert all(0 <= event["data"]["latency_ms"] < 60_000 for event in events)
