"""What the runtime does with any request: authentication, limits, metrics, traces, logs."""

from __future__ import annotations

import json
import re
import socket
import time
from pathlib import Path

import httpx
import pytest

from tests.api.webhooks import CUSTOMER, NODE, parse, parse_one, post, text_message, webhook

TOKEN = "s3rvice-Token"


class Raw:
    """A connection on which a test writes what it likes."""

    def __init__(self, svc, timeout_s: float = 15) -> None:
        self.socket = socket.create_connection(("127.0.0.1", svc.port), timeout=timeout_s)

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def rest(self) -> bytes:
        """All that comes until the end; an abort counts as an end."""
        data = b""
        try:
            while piece := self.socket.recv(65536):
                data += piece
        except ConnectionError:
            pass
        return data

    def __enter__(self) -> Raw:
        return self

    def __exit__(self, *_) -> None:
        self.socket.close()


def request(method: bytes, target: bytes, *headers: bytes, body: bytes = b"") -> bytes:
    lines = [method + b" " + target + b" HTTP/1.1", b"Host: x", *headers]
    return b"\r\n".join([*lines, b"", body])


def post_parse(body: bytes, *headers: bytes) -> bytes:
    return request(b"POST", b"/v1/parse", b"Content-Length: %d" % len(body), *headers, body=body)


def status_of(answer: bytes) -> int:
    assert answer.startswith(b"HTTP/1.1 "), answer[:100]
    return int(answer.split()[1])


def body_of_text() -> bytes:
    return json.dumps(webhook(text_message())).encode()


def test_health(service):
    answer = httpx.get(f"{service(NODE).url}/healthz").json()
    assert answer["status"] == "ok" and answer["service"] == NODE
    assert answer["version"] and answer["uptime_s"] >= 0


def test_ready_names_its_dependencies(service, redis_url):
    svc = service(NODE, REDIS_URL=redis_url)
    answer = httpx.get(f"{svc.url}/readyz")
    assert answer.status_code == 200 and answer.json()["status"] == "ready"
    redis = answer.json()["dependencies"]["redis"]
    assert redis["state"] == "up" and redis["needed"] is False and redis["latency_ms"] >= 0


@pytest.mark.parametrize(
    ("env", "state"),
    [({"REDIS_URL": "redis://:pass9@127.0.0.1:1"}, "down"), ({}, "not_configured")],
)
def test_degraded_is_still_ready(service, env: dict, state: str):
    answer = httpx.get(f"{service(NODE, **env).url}/readyz")
    assert answer.status_code == 200 and answer.json()["status"] == "degraded"
    assert answer.json()["dependencies"]["redis"]["state"] == state
    assert "pass9" not in answer.text


SAMPLE = re.compile(
    r'^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (\S+)$'
)


def samples(svc) -> dict[str, float]:
    """The metrics by name and labels, checked against the text format 0.0.4."""
    answer = httpx.get(f"{svc.url}/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert answer.text.endswith("\n")
    found: dict[str, float] = {}
    types: dict[str, str] = {}
    for line in answer.text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split()
            assert name not in types, f"{name} has two types"
            types[name] = kind
        elif not line.startswith("# HELP "):
            match = SAMPLE.match(line)
            assert match, line
            name, labels, value = match.groups()
            base = re.sub(r"_(bucket|sum|count)$", "", name)
            assert name in types or types.get(base) == "histogram", f"no type: {line}"
            key = f"{name}{{{labels or ''}}}"
            assert key not in found, f"twice: {line}"
            found[key] = float(value)
    return found


def test_metrics_are_what_prometheus_reads(service):
    svc = service(NODE)
    parse(svc, webhook(text_message("wamid.m"), text_message("wamid.m"), 7))
    post(svc, b"nonsense")
    found = samples(svc)
    assert found["parse_messages_total{}"] == 3
    assert found["parse_duplicates_total{}"] == 1
    assert found["parse_faulty_elements_total{}"] == 1
    route = 'method="POST",route="/v1/parse"'
    name = "http_request_duration_seconds"
    for status in ("200", "400"):
        labels = f'{route},status="{status}"'
        assert found[f"{name}_count{{{labels}}}"] == 1
        assert found[f'{name}_bucket{{{labels},le="+Inf"}}'] == 1
        buckets = [
            value for key, value in found.items() if key.startswith(f"{name}_bucket{{{labels}")
        ]
        assert buckets == sorted(buckets)
    assert found["process_resident_memory_bytes{}"] > 1_000_000


def test_hostile_paths_make_no_new_series(service):
    svc = service(NODE)
    httpx.get(f"{svc.url}/x")
    httpx.post(f"{svc.url}/healthz")
    before = samples(svc)
    for n in range(100):
        with Raw(svc) as raw:
            raw.send(request(b"M%d" % n, b'/a"%d\\{}\xff%%0a?q=%d' % (n, n), b"Connection: close"))
            raw.rest()
        httpx.request("DELETE", f"{svc.url}/healthz?x={n}")
    after = samples(svc)
    new = {key for key in set(after) - set(before) if 'route="/metrics"' not in key}
    assert not {key for key in new if 'status="404"' in key or 'status="405"' in key}, new
    assert len(new) < 40


def test_the_contract_is_served(service):
    document = httpx.get(f"{service(NODE, SERVICE_TOKEN=TOKEN).url}/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    assert "/v1/parse" in document["paths"] and "common.yaml" not in json.dumps(document)


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (f"Bearer {TOKEN}", 200),
        (f"bearer {TOKEN}", 200),
        (f"BEARER {TOKEN}", 200),
        (None, 401),
        ("", 401),
        ("Bearer", 401),
        (TOKEN, 401),
        (f"Basic {TOKEN}", 401),
        (f"Bearer{TOKEN}", 401),
        (f"Bearer {TOKEN}x", 401),
        (f"Bearer {TOKEN[:-1]}", 401),
        (f"Bearer x{TOKEN}", 401),
        (f"Bearer {TOKEN[:-1]}N", 401),
        (f"Bearer {TOKEN.lower()}", 401),
        (f"Bearer {TOKEN} {TOKEN}", 401),
        ("Bearer " + "x" * 9000, 401),
    ],
    ids=range(16),
)
def test_the_bearer_token(service, header: str | None, status: int):
    svc = service(NODE, SERVICE_TOKEN=TOKEN)
    headers = {} if header is None else {"Authorization": header}
    answer = httpx.post(f"{svc.url}/v1/parse", json=webhook(text_message()), headers=headers)
    assert answer.status_code == status, answer.text
    if status == 401:
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.headers["content-type"] == "application/problem+json; charset=utf-8"
        assert TOKEN not in answer.text


def test_what_is_open_and_what_is_not(service):
    svc = service(NODE, SERVICE_TOKEN=TOKEN)
    for path in ("/healthz", "/readyz", "/metrics", "/openapi.json"):
        assert httpx.get(f"{svc.url}{path}").status_code == 200
    assert httpx.get(f"{svc.url}/v1/webhook").status_code == 400
    for path in (
        "/v1/parse",
        "/v1/messages/end",
        "/v1//parse",
        "/v1/parse/",
        "/v1/%70arse",
        "/V1/parse",
    ):
        assert httpx.post(f"{svc.url}{path}", json=webhook(text_message())).status_code in (
            401,
            404,
        )


@pytest.mark.parametrize(
    "method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "HEAD", "BREW"]
)
def test_other_methods_are_refused_with_what_is_allowed(service, method: str):
    answer = httpx.request(method, f"{service(NODE).url}/v1/parse")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"


def test_head_is_get_without_a_body(service):
    svc = service(NODE)
    answer = httpx.head(f"{svc.url}/healthz")
    assert answer.status_code == 200 and answer.content == b""
    assert httpx.put(f"{svc.url}/healthz").headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    "path", ["/", "/nothing", "/v1", "/v1/parse/more", "/healthz/../v1", "/a" * 3000]
)
def test_other_paths_are_not_found(service, path: str):
    answer = httpx.get(f"{service(NODE).url}{path}")
    assert answer.status_code == 404
    assert answer.json()["status"] == 404


def test_an_answer_says_that_it_is_json(service):
    svc = service(NODE)
    answer = post(svc, webhook(text_message(body="ñ")))
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert "ñ" in answer.content.decode("utf-8")


TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def test_a_trace_goes_on(service):
    svc = service(NODE)
    header = f"00-{TRACE}-00f067aa0ba902b7-01"
    assert post(svc, b"x", traceparent=header).json()["trace_id"] == TRACE
    assert svc.log_lines()[-1]["trace_id"] == TRACE
    for bad in (
        "nonsense",
        header.upper(),
        header + "-x",
        "00-" + "0" * 32 + "-00f067aa0ba902b7-01",
    ):
        other = post(svc, b"x", traceparent=bad).json()["trace_id"]
        assert other != TRACE and re.fullmatch("[0-9a-f]{32}", other)
    assert len({post(svc, b"x").json()["trace_id"] for _ in range(20)}) == 20


def test_logs_are_json_and_hold_no_secret(service):
    secrets = {
        "SERVICE_TOKEN": "s3rvice-Token",
        "WHATSAPP_APP_SECRET": "s3cret-app",
        "WHATSAPP_VERIFY_TOKEN": "s3cret-verify",
        "REDIS_URL": "redis://:s3cret-redis@127.0.0.1:1",
    }
    svc = service(NODE, LOG_LEVEL="debug", **secrets)
    auth = {"Authorization": f"Bearer {TOKEN}"}
    said = "mi secreto más grande"
    post(svc, [webhook(text_message(body=said))], **auth)
    post(svc, webhook(text_message(body=said)), **auth)
    post(svc, webhook(text_message(body=said)), Authorization="Bearer wr0ng-token")
    post(svc, {"object": CUSTOMER, "entry": said, CUSTOMER: said}, **auth)
    post(svc, {CUSTOMER: 1, said: 2}, "/v1/messages/end", **auth)
    post(svc, f'{{"a": "{CUSTOMER} {said}'.encode(), **auth)
    query = f"hub.mode=subscribe&hub.challenge={CUSTOMER}&hub.verify_token=wr0ng-token"
    httpx.get(f"{svc.url}/v1/webhook?{query}")
    httpx.get(f"{svc.url}/v1/customers/{CUSTOMER}?text={CUSTOMER}")
    assert svc.stop() == 0
    lines = svc.log_lines()
    assert len(lines) >= 8
    for line in lines:
        assert {"time", "level", "service", "message"} <= set(line)
        assert line["service"] == NODE
    requests = [line for line in lines if line["message"] == "request"]
    assert all(re.fullmatch("[0-9a-f]{32}", line["trace_id"]) for line in requests)
    for hidden in (*secrets.values(), "s3cret-redis", "wr0ng-token", CUSTOMER, said):
        assert hidden not in svc.log_text(), hidden


def test_huge_headers_are_refused(service):
    svc = service(NODE)
    for headers in ([b"X: " + b"y" * 100_000], [b"X%d: y" % n for n in range(20_000)]):
        with Raw(svc) as raw:
            raw.send(request(b"GET", b"/healthz", *headers))
            answer = raw.rest()
            assert answer == b"" or status_of(answer) in (400, 413, 414, 431)
    with Raw(svc) as raw:
        raw.send(request(b"GET", b"/healthz?" + b"q" * 200_000))
        answer = raw.rest()
        assert answer == b"" or status_of(answer) in (400, 413, 414, 431)
    assert httpx.get(f"{svc.url}/healthz").status_code == 200


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200,
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\r\n" * 1000,
        b"\x00" * 1000,
        b"POST /v1/parse HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST /v1/parse HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"POST /v1/parse HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /v1/parse HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffff\r\n",
    ],
    ids=range(9),
)
def test_what_is_no_http_ends_the_connection_only(service, data: bytes):
    svc = service(NODE, IDLE_TIMEOUT_MS="500", REQUEST_TIMEOUT_MS="500")
    with Raw(svc) as raw:
        raw.send(data)
        answer = raw.rest()
        assert answer == b"" or status_of(answer) >= 400
    assert httpx.get(f"{svc.url}/healthz").status_code == 200


def trickle(raw: Raw, data: bytes, longest_s: float) -> float:
    """Sends a byte at a time; returns after how many seconds the service hung up."""
    start = time.monotonic()
    raw.socket.settimeout(0.1)
    for byte in data:
        try:
            raw.send(bytes([byte]))
            if raw.socket.recv(1000) == b"":
                break
        except TimeoutError:
            pass
        except OSError:
            break
        if time.monotonic() - start > longest_s:
            pytest.fail(f"still open after {longest_s} s")
    return time.monotonic() - start


@pytest.mark.parametrize("threads", ["0", "2"])
@pytest.mark.parametrize(
    "begin", [b"", b"POST /v1/parse HTTP/1.1\r\n", post_parse(b"{" * 1000)[:-990]]
)
def test_trickles_are_bounded(service, threads: str, begin: bytes):
    """One byte now and then: in the first line, in the headers, in the body."""
    svc = service(NODE, HTTP_THREADS=threads, REQUEST_TIMEOUT_MS="1000", IDLE_TIMEOUT_MS="1000")
    with Raw(svc) as raw:
        if begin:
            raw.send(begin)
        took_s = trickle(raw, b"X" * 200, longest_s=6)
    assert took_s > 0.7
    assert httpx.get(f"{svc.url}/healthz").status_code == 200


def test_a_half_closed_connection_gets_its_answer(service):
    svc = service(NODE, REQUEST_TIMEOUT_MS="1000")
    with Raw(svc) as raw:
        raw.send(post_parse(body_of_text(), b"Connection: close"))
        raw.socket.shutdown(socket.SHUT_WR)
        assert status_of(raw.rest()) == 200
    with Raw(svc) as raw:
        raw.send(post_parse(body_of_text())[:-5])
        raw.socket.shutdown(socket.SHUT_WR)
        answer = raw.rest()
        assert answer == b"" or status_of(answer) >= 400
    assert httpx.get(f"{svc.url}/healthz").status_code == 200


def test_pipelined_requests_are_answered_in_order(service):
    svc = service(NODE)
    bodies = [json.dumps(webhook(text_message(f"wamid.pipe{n}"))).encode() for n in range(20)]
    with Raw(svc) as raw:
        raw.send(
            b"".join(map(post_parse, bodies)) + request(b"GET", b"/healthz", b"Connection: close")
        )
        answer = raw.rest()
    assert answer.count(b"HTTP/1.1 200 ") == 21
    found = re.findall(rb'"message_id":"wamid.pipe(\d+)"', answer)
    assert [int(number) for number in found] == list(range(20))


def test_a_client_that_leaves_while_it_is_answered(service):
    svc = service(NODE)
    body = json.dumps(webhook(*(text_message(body="x" * 1000) for _ in range(1000)))).encode()
    for _ in range(5):
        with Raw(svc) as raw:
            raw.send(post_parse(body))
            raw.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    assert parse_one(svc, text_message())["validation"] == []


def test_expect_continue(service):
    body = body_of_text()
    with Raw(service(NODE)) as raw:
        raw.send(post_parse(body, b"Expect: 100-continue", b"Connection: close")[: -len(body)])
        assert b"100" in raw.socket.recv(100)
        raw.send(body)
        assert status_of(raw.rest()) == 200


def test_an_absolute_target(service):
    with Raw(service(NODE)) as raw:
        raw.send(request(b"GET", b"http://example.org/healthz", b"Connection: close"))
        assert status_of(raw.rest()) == 200


def test_five_hundred_idle_connections(service):
    svc = service(NODE)
    idle = [socket.create_connection(("127.0.0.1", svc.port)) for _ in range(500)]
    try:
        for _ in range(10):
            assert parse_one(svc, text_message())["validation"] == []
    finally:
        for connection in idle:
            connection.close()


def connections_by_poller(pid: int) -> list[int]:
    """How many sockets each epoll instance of the process watches."""
    counts = []
    for fd in Path(f"/proc/{pid}/fd").iterdir():
        if fd.readlink().name == "anon_inode:[eventpoll]":
            watched = re.findall(r"^tfd: +(\d+)", (fd.parents[1] / "fdinfo" / fd.name).read_text(), re.M)
            targets = [fd.with_name(number) for number in watched]
            counts.append(sum(t.exists() and t.readlink().name.startswith("socket:") for t in targets))
    return counts


def test_connections_are_spread_over_the_threads(service):
    svc = service(NODE, HTTP_THREADS="2")
    together = [socket.create_connection(("127.0.0.1", svc.port)) for _ in range(16)]
    time.sleep(0.2)
    counts = sorted(connections_by_poller(svc.pid))
    for connection in together:
        connection.close()
    assert len(counts) == 2 and counts[0] >= 6, counts


def test_connections_over_the_limit_cost_only_themselves(service):
    svc = service(NODE, CONNECTIONS_MAX="20", HTTP_THREADS="2")
    many = [socket.create_connection(("127.0.0.1", svc.port)) for _ in range(60)]
    time.sleep(0.2)
    for connection in many:
        connection.close()
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            assert httpx.get(f"{svc.url}/healthz").status_code == 200
            return
        except httpx.TransportError:
            time.sleep(0.05)
    pytest.fail("never took a connection again")


def test_idle_connections_are_closed(service):
    svc = service(NODE, IDLE_TIMEOUT_MS="500")
    with Raw(svc) as raw:
        raw.send(request(b"GET", b"/healthz"))
        assert status_of(raw.socket.recv(65536)) == 200
        start = time.monotonic()
        assert raw.rest() == b""
        assert 0.2 < time.monotonic() - start < 5
