"""Intent events: in order, in batches, kept while nobody takes them, without the text."""

from __future__ import annotations

import json

import pytest

from launcher.servers import free_port
from tests.api.ai_shop import NODE, until


def gauge(ai, svc, name: str) -> float:
    lines = ai.http.get(f"{svc.url}/metrics").text.splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(f"{name} "))


def test_an_event(service, ai, make_metrics):
    metrics = make_metrics()
    svc = service(
        NODE, METRICS_URL=f"{metrics.url}/", METRICS_TOKEN="para-metricas",
    )  # fmt: skip
    said = ai.ask(
        svc, "hola, soy CENTINELA", customer_phone="5215512345678", message_id="7",
        session_state="cart", locale="es_MX",
    )  # fmt: skip
    event = until(lambda: metrics.events, 2, "the event came")[0]
    assert event["type"] == "intent" and event["occurred_at"].endswith("Z")
    assert (event["source"], event["customer_key"]) == (NODE, "5215512345678")
    data = event["data"]
    assert (data["intent"], data["source"]) == (said["intent"], said["source"])
    assert data["confidence"] == said["confidence"] and data["cost_usd"] == 0
    assert (data["message_id"], data["session_state"], data["locale"]) == ("7", "cart", "es_MX")
    assert "CENTINELA" not in json.dumps(metrics.events)
    assert metrics.tokens == {"Bearer para-metricas"}


def test_a_message_has_one_event_id(service, ai, make_metrics):
    metrics = make_metrics()
    svc = service(NODE, METRICS_URL=metrics.url, SERVICE_TOKEN="t", BIND_ADDRESS="127.0.0.1")
    ai.http.headers["Authorization"] = "Bearer t"
    for message_id in ("1", "1", "2", None, None):
        ai.ask(svc, "hola", message_id=message_id)
    until(lambda: len(metrics.events) == 5, 2, "all events came")
    ids = [event["event_id"] for event in metrics.events]
    assert ids[0] == ids[1] and len(set(ids)) == 4
    assert metrics.tokens == {"Bearer t"}


def test_they_wait_in_order_until_somebody_takes_them(service, ai, make_metrics):
    port = free_port()
    svc = service(NODE, METRICS_URL=f"http://127.0.0.1:{port}")
    for number in range(300):
        ai.ask(svc, "hola", message_id=str(number))
    assert gauge(ai, svc, "events_waiting") == 300
    metrics = make_metrics(port)
    until(lambda: len(metrics.events) >= 300, 12, "all events came")
    assert metrics.numbers() == list(range(300)) and metrics.batches < 10
    until(lambda: gauge(ai, svc, "events_waiting") == 0, 2, "none waits")
    assert gauge(ai, svc, "events_dropped") == 0


@pytest.mark.parametrize("status", [500, 401, 429])
def test_a_server_that_cannot_now_gets_them_later(service, ai, make_metrics, status: int):
    metrics = make_metrics()
    metrics.status = status
    svc = service(NODE, METRICS_URL=metrics.url)
    for number in range(5):
        ai.ask(svc, "hola", message_id=str(number))
    until(lambda: metrics.batches >= 2, 5, "it was tried twice")
    metrics.status = 200
    until(lambda: len(metrics.events) == 5, 12, "all events came")
    assert metrics.numbers() == list(range(5))


def test_what_it_never_takes_is_dropped(service, ai, make_metrics):
    metrics = make_metrics()
    metrics.status = 422
    svc = service(NODE, METRICS_URL=metrics.url)
    ai.ask(svc, "hola", message_id="1")
    until(lambda: gauge(ai, svc, "events_dropped") == 1, 3, "it's dropped")
    metrics.status = 200
    ai.ask(svc, "hola", message_id="2")
    until(lambda: metrics.events, 3, "the next one came")
    assert metrics.numbers() == [2]


def test_the_oldest_are_dropped(service, ai, make_metrics):
    port = free_port()
    svc = service(NODE, METRICS_URL=f"http://127.0.0.1:{port}", EVENTS_MAX="10")
    for number in range(25):
        ai.ask(svc, "hola", message_id=str(number))
    assert gauge(ai, svc, "events_waiting") == 10
    metrics = make_metrics(port)
    until(lambda: len(metrics.events) >= 10, 12, "the newest came")
    assert metrics.numbers() == list(range(15, 25))
    assert gauge(ai, svc, "events_dropped") == 15


def test_a_stop_sends_what_waits(service, ai, make_metrics):
    metrics = make_metrics()
    svc = service(NODE, METRICS_URL=metrics.url)
    for number in range(50):
        ai.ask(svc, "hola", message_id=str(number))
    assert svc.stop() == 0
    assert metrics.numbers() == list(range(50))


def test_a_stop_does_not_wait_for_a_dead_one(service, ai):
    svc = service(NODE, METRICS_URL="http://127.0.0.1:9")
    ai.ask(svc, "hola")
    assert svc.stop(timeout_s=5) == 0
