"""What is shown: the live numbers, the stream, reports, the page, success metrics, alerts."""

from __future__ import annotations

import csv
import http.client
import io
import json
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from launcher.servers import free_port
from tests.api.metrics_shop import (
    NODE,
    SOON_S,
    call,
    event,
    execute,
    send,
    until,
    wait_counted,
)


@pytest.fixture
def metrics(service, metrics_database: str):
    return service(
        NODE, DATABASE_URL=metrics_database, STREAM_MS="200", WHATSAPP_PRICES="marketing=0.5",
        CHECK_MS="200",
    )  # fmt: skip


def get(svc, path: str) -> Any:
    status, answer = call(svc, "GET", path)
    assert status == 200, answer
    return answer


def day_at_the_shop() -> list[dict]:
    def of(customer: str, kind: str, **data: Any) -> dict:
        return event(kind, customer_key=customer, data=data)

    status = {"status": "delivered", "phone_number_id": "1",
              "pricing": {"billable": True, "type": "regular", "category": "marketing"}}  # fmt: skip
    return [
        of("a", "message"), of("b", "message"), of("c", "message"), of("c", "message"),
        of("a", "search", query="Audífonos ", total=7), of("b", "search", query="audifonos", total=7),
        of("b", "search", query="dragón", total=0), of("b", "cart", action="add", product_id=1, quantity=3),
        of("a", "cart", action="add", product_id=1), of("a", "checkout", state="payment"),
        of("a", "order", status="confirmed", total_minor=45900),
        of("a", "paid", total_minor=45900, currency="MXN", items=[{"product_id": 1, "quantity": 1}]),
        of("a", "intent", intent="search_product", source="deepseek", model="m", cost_usd=0.002),
        of("b", "intent", intent="greeting", source="local", cost_usd=0),
        of("a", "reply", latency_ms=100, ok=True), of("b", "reply", latency_ms=300, ok=True),
        of("a", "status", **status), of("b", "status", status="failed", errors=[{"code": 131047}]),
        of("a", "limited"), of("a", "csat", score=5), of("b", "csat", score=4),
    ]  # fmt: skip


def test_the_live_numbers(metrics, metrics_database: str):
    events = day_at_the_shop()
    assert send(metrics, *events)["accepted"] == len(events)
    wait_counted(metrics_database, len(events))
    time.sleep(0.6)
    live = get(metrics, "/v1/live")
    today = live["today"]
    assert (today["sales_minor"], today["paid_orders"], today["average_order_minor"]) == (45900, 1, 45900)
    assert (today["customers"], today["messages"], today["carts_left"]) == (3, 4, 1)
    assert (today["limited"], today["csat"]) == (1, {"average": 4.5, "count": 2})
    assert [s["customers"] for s in live["funnel"]] == [3, 2, 2, 1, 1]
    assert live["searches"][0] == {"term": "audifonos", "count": 2}
    assert live["zero_searches"] == [{"term": "dragon", "count": 1}]
    assert live["products"][0]["quantity"] == 4
    assert live["costs"]["whatsapp"][0]["cost_usd"] == 0.5
    assert live["costs"]["models"] == [{"model": "m", "count": 1, "cost_usd": 0.002}]
    assert live["costs"]["total_usd"] == 0.502 == live["costs"]["per_paid_order_usd"]
    assert {d["status"]: d["count"] for d in live["delivery"]} == {"delivered": 1, "failed": 1}
    assert live["delivery_errors"] == [{"code": "131047", "count": 1}]
    assert len(live["minutes"]) == 60
    assert sum(minute["messages"] for minute in live["minutes"]) == 4
    busy = [minute for minute in live["minutes"] if minute["p95_ms"]]
    assert abs(busy[-1]["p95_ms"] - 300) < 15
    assert live["migration"]["full"]["messages"] == 4 and live["migration"]["mvp"]["messages"] == 0
    assert live["counted"]["batches_behind"] == 0


def test_own_events_are_seen_within_two_seconds(metrics):
    get(metrics, "/v1/live")
    for number in range(1, 6):
        send(metrics, event("message"))
        begun = time.monotonic()
        until(lambda n=number: get(metrics, "/v1/live")["today"]["messages"] == n, "it is counted")
        assert time.monotonic() - begun < 2


def read_stream(svc, parts: int) -> list[dict]:
    connection = http.client.HTTPConnection("127.0.0.1", svc.port, timeout=10)
    connection.request("GET", "/v1/stream")
    answer = connection.getresponse()
    assert answer.status == 200
    assert answer.getheader("Content-Type").startswith("text/event-stream")
    found = []
    while len(found) < parts:
        line = answer.readline()
        assert line, "the stream ended"
        if line.startswith(b"data: "):
            found.append(json.loads(line[6:]))
    connection.close()
    return found


def test_the_stream(metrics, metrics_database: str):
    first = read_stream(metrics, 1)[0]
    assert first["today"]["messages"] == 0
    send(metrics, event("message"))
    wait_counted(metrics_database, 1)
    assert read_stream(metrics, 4)[-1]["today"]["messages"] == 1


def test_streams_are_bounded_and_end_with_the_service(service, metrics_database: str):
    svc = service(NODE, DATABASE_URL=metrics_database, STREAMS_MAX="2", REQUEST_TIMEOUT_MS="500")
    open_ones = []
    for _ in range(2):
        connection = http.client.HTTPConnection("127.0.0.1", svc.port, timeout=10)
        connection.request("GET", "/v1/stream")
        answer = connection.getresponse()
        answer.readline()
        open_ones.append((connection, answer))
    assert call(svc, "GET", "/v1/stream")[0] == 503
    time.sleep(1.2)  # longer than a request may take
    assert open_ones[0][1].readline() is not None
    for each in open_ones[1]:
        each.close()
    until(lambda: stream_opens(svc), "the place of one that left is free")
    begun = time.monotonic()
    assert svc.stop() == 0
    assert time.monotonic() - begun < 4


def stream_opens(svc) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", svc.port, timeout=5)
    connection.request("GET", "/v1/stream")
    status = connection.getresponse().status
    connection.close()
    return status == 200


def test_reports(metrics, metrics_database: str):
    events = day_at_the_shop()
    send(metrics, *events)
    wait_counted(metrics_database, len(events))
    rows = {}
    for name in (
        "funnel", "sales", "intents", "intent_sources", "products", "customers", "delivery", "hours",
        "costs", "searches",
    ):  # fmt: skip
        report = get(metrics, f"/v1/reports/{name}")
        rows[name] = report["rows"]
        assert rows[name], name
        with urllib.request.urlopen(f"{metrics.url}/v1/reports/{name}?format=csv", timeout=10) as answer:
            assert answer.headers["Content-Type"].startswith("text/csv")
            lines = list(csv.DictReader(io.StringIO(answer.read().decode(), newline="")))
        assert len(lines) == len(rows[name])
        assert list(lines[0]) == list(rows[name][0])
    assert rows["sales"][0]["total_minor"] == 45900
    assert rows["customers"][0] | {"day": ""} == {
        "day": "", "customers": 3, "new": 3, "buyers": 1, "paid_minor": 45900,
    }  # fmt: skip
    assert rows["searches"][0] == {
        "term": "audifonos", "count": 2, "without_result": 0, "average_results": 7.0,
    }  # fmt: skip
    assert rows["products"][0]["sold"] == 1
    assert get(metrics, "/v1/reports/sales?from=2026-01-01&to=2026-01-02")["rows"] == []
    assert call(metrics, "GET", "/v1/reports/sales?from=2026-02-30")[0] == 400
    assert call(metrics, "GET", "/v1/reports/nothing")[0] == 400


def test_a_term_is_no_formula_in_the_csv(metrics, metrics_database: str):
    send(metrics, event("cart", data={"product_id": '=HYPERLINK("x")'}))
    wait_counted(metrics_database, 1)
    with urllib.request.urlopen(f"{metrics.url}/v1/reports/products?format=csv", timeout=10) as answer:
        assert '"\'=HYPERLINK(""x"")"' in answer.read().decode()


def test_the_page_and_its_files(service, metrics_database: str):
    svc = service(NODE, DATABASE_URL=metrics_database, SERVICE_TOKEN="t", BIND_ADDRESS="127.0.0.1")
    with urllib.request.urlopen(svc.url + "/", timeout=10) as answer:
        page, headers = answer.read(), answer.headers
    assert page.startswith(b"<!doctype html>")
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    request = urllib.request.Request(svc.url + "/", headers={"If-None-Match": headers["ETag"]})
    with pytest.raises(urllib.error.HTTPError) as told:
        urllib.request.urlopen(request, timeout=10)
    assert told.value.code == 304 and told.value.read() == b""
    assert call(svc, "GET", "/assets/nothing.js")[0] == 404
    assert call(svc, "GET", "/assets/..%2Fmain.c")[0] == 400
    assert call(svc, "GET", "/v1/live")[0] == 401


class Listener:
    """Takes alerts, and stands in for a service that is ready or not."""

    def __init__(self) -> None:
        self.alerts: list[dict] = []
        self.ready = 200
        self.take = 200
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if listener.take == 200:
                    listener.alerts.append(body)
                self.answer(listener.take, {})

            def do_GET(self) -> None:
                stats = {"all": {"hit_rate": 0.9}}
                ready = {"status": "ready" if listener.ready == 200 else "unavailable"}
                ok = 200 if self.path == "/v1/stats" else listener.ready
                self.answer(ok, stats if self.path == "/v1/stats" else ready)

            def answer(self, status: int, value: dict) -> None:
                content = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()


@pytest.fixture
def listener():
    made = Listener()
    yield made
    made.server.shutdown()
    made.server.server_close()


def watching(service, database: str, listener: Listener, **more: str):
    cache = "redis_cache_manager_consolidated"
    return service(
        NODE, DATABASE_URL=database, CHECK_MS="150", ALERT_AFTER_S="1", ALERT_URL=f"{listener.url}/alert",
        SERVICE_URLS=f"{cache}={listener.url},gone=http://127.0.0.1:{free_port()}", **more,
    )  # fmt: skip


def by_name(svc) -> dict[str, dict]:
    return {metric["name"]: metric for metric in get(svc, "/v1/success-metrics")["metrics"]}


def test_success_metrics(service, metrics_database: str, listener: Listener):
    svc = watching(service, metrics_database, listener, AI_ACCURACY="0.93")
    found = by_name(svc)
    assert len(found) == 6 and found["satisfaction"]["state"] == "none"
    assert (found["latency_p95"]["target"], found["latency_p95"]["critical"]) == (500, 1000)
    assert found["ai_accuracy"]["now"] == 0.93 and found["ai_accuracy"]["state"] == "good"
    sent = [event("csat", data={"score": 4})]
    sent += [event("reply", data={"latency_ms": 1200}) for _ in range(20)]
    sent += [event("intent_feedback", data={"correct": n > 5}) for n in range(20)]
    send(svc, *sent)
    wait_counted(metrics_database, len(sent))
    found = by_name(svc)
    assert found["satisfaction"]["state"] == "warn" and found["satisfaction"]["now"] == 4
    assert found["latency_p95"]["state"] == "bad" and abs(found["latency_p95"]["now"] - 1200) < 60
    assert found["error_rate"]["now"] == 0 and found["error_rate"]["holds"] is True
    assert found["ai_accuracy"]["now"] == 0.7 and "feedback" in found["ai_accuracy"]["source"]
    until(lambda: by_name(svc)["cache_hit_rate"]["now"] == 0.9, "the cache is asked")
    until(lambda: by_name(svc)["uptime"]["now"] == 0.5, "one of two is up")
    services = {s["name"]: s["state"] for s in get(svc, "/v1/services")["services"]}
    assert services == {"gone": "down", "redis_cache_manager_consolidated": "up"}


def test_an_alert_is_told_once_and_once_more_when_it_is_well(
    service, metrics_database: str, listener: Listener
):
    for _ in range(2):  # two replicas tell once
        svc = watching(service, metrics_database, listener)
    slow = [event("reply", data={"latency_ms": 3000}) for _ in range(5)]
    send(svc, *slow)

    def told(metric: str) -> list[str]:
        return [a["state"] for a in listener.alerts if a["metric"] == metric]

    until(lambda: told("latency_p95"), "it is told")
    time.sleep(1.5)
    assert told("latency_p95") == ["critical"]
    alert = next(a for a in listener.alerts if a["metric"] == "latency_p95")
    assert abs(alert["value"] - 3000) < 100 and alert["critical"] == 1000
    fast = [event("reply", data={"latency_ms": 30}) for _ in range(500)]
    listener.take = 500
    send(svc, *fast)
    time.sleep(2)
    listener.take = 200
    until(lambda: len(told("latency_p95")) == 2, "that it is well is told, too")
    time.sleep(1)
    assert told("latency_p95") == ["critical", "recovered"]


def test_old_days_are_dropped_and_their_numbers_stay(service, metrics_database: str):
    svc = service(NODE, DATABASE_URL=metrics_database)
    old = time.time() - 40 * 86400
    send(svc, event("message", occurred_at=old), event("message"))
    wait_counted(metrics_database, 2)
    assert svc.stop() == 0
    svc = service(NODE, DATABASE_URL=metrics_database, EVENTS_DAYS="30")
    until(lambda: execute(metrics_database, "SELECT count(*) FROM events") == [(1,)], "it is dropped")
    assert call(svc, "POST", "/v1/rebuild")[0] == 200
    wait_counted(metrics_database, 2, SOON_S)
    days = "SELECT count(*) FROM metrics_counts WHERE granularity = 'd' AND name = 'message'"
    until(lambda: execute(metrics_database, days) == [(2,)], "both days are there")
