"""Starting and stopping: settings, arguments, signals."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import httpx
import pytest

from tests.api.webhooks import NODE, text_message, webhook
from tests.conftest import binary, free_port

PATH = {"PATH": "/usr/bin:/bin"}


def run(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Runs the service where it should end by itself."""
    return subprocess.run(
        [binary(NODE), *arguments], env={**PATH, **env}, capture_output=True, text=True, timeout=5
    )


def one_line(result: subprocess.CompletedProcess[str], status: int) -> str:
    """The one line of a start that failed."""
    assert result.returncode == status, result
    assert result.stdout == "" and result.stderr.startswith(f"{NODE}: ")
    assert result.stderr.count("\n") == 1 and result.stderr.endswith("\n"), result.stderr
    return result.stderr


def test_help_lists_every_setting_with_default_and_unit():
    result = run("--help", SERVICE_TOKEN="hidden-token")
    assert result.returncode == 0 and result.stderr == ""
    assert "hidden-token" not in result.stdout
    for name in (
        "PORT", "BIND_ADDRESS", "SERVICE_TOKEN", "LOG_LEVEL", "LOG_PRIVATE", "HTTP_THREADS",
        "CONNECTIONS_MAX", "IDLE_TIMEOUT_MS", "REQUEST_TIMEOUT_MS", "SHUTDOWN_GRACE_MS",
        "BODY_LIMIT_BYTES", "JSON_DEPTH_MAX", "JSON_VALUES_MAX", "REDIS_URL", "REDIS_POOL_SIZE",
        "REDIS_TIMEOUT_MS", "WHATSAPP_APP_SECRET", "WHATSAPP_VERIFY_TOKEN", "SIGNATURE_MODE",
        "WHATSAPP_PHONE_NUMBER_IDS", "LEASE_MS", "DEDUPE_TTL_S",
    ):  # fmt: skip
        assert f"  {name} " in result.stdout, name
    for text in (
        "default 8101",
        "default 4194304 bytes",
        "default 60000 ms",
        "default 604800 s",
        "default 64,",
    ):
        assert text in result.stdout, text


def test_version():
    result = run("--version")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith(f"{NODE} ") and result.stdout.count("\n") == 1


@pytest.mark.parametrize("arguments", [("--nonsense",), ("serve",), ("--check", "--help"), ("",)])
def test_other_arguments_are_refused(arguments):
    assert "--help" in one_line(run(*arguments, PORT="1"), 2)


def test_check_without_and_with_dependencies(redis_url):
    result = run("--check", REDIS_URL=redis_url)
    assert result.returncode == 0, result
    answer = json.loads(result.stdout)
    assert answer["status"] == "ready" and answer["dependencies"]["redis"]["state"] == "up"
    result = run("--check", REDIS_URL="redis://127.0.0.1:1")
    assert result.returncode == 0
    assert json.loads(result.stdout)["dependencies"]["redis"]["state"] == "down"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "0"), ("PORT", "65536"), ("PORT", "80x"), ("PORT", " 80"), ("PORT", "-1"),
        ("PORT", "1e3"), ("PORT", "99999999999999999999"), ("HTTP_THREADS", "257"),
        ("LOG_LEVEL", "loud"), ("LOG_LEVEL", "INFO "), ("LOG_PRIVATE", "maybe"),
        ("LEASE_MS", "999"), ("DEDUPE_TTL_S", "59"), ("SIGNATURE_MODE", "standard|strict"),
        ("REDIS_TIMEOUT_MS", "0"), ("JSON_DEPTH_MAX", "0"), ("BODY_LIMIT_BYTES", "1"),
        ("REQUEST_TIMEOUT_MS", "99"), ("WHATSAPP_PHONE_NUMBER_IDS", "1" * 5000),
    ],
)  # fmt: skip
def test_a_bad_value_stops_the_start_with_its_name(name: str, value: str):
    line = one_line(run(**{name: value}), 2)
    assert name in line and "must be" in line
    assert len(line) < 400


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "http://x",
        "redis://host:port",
        "redis://h:70000",
        "redis://u@h",
        "redis://h/x",
        "rediss://:secret9@h",
        "redis://:secret9@h:x",
    ],
)
def test_a_bad_redis_url_stops_the_start_and_is_not_shown(url: str):
    line = one_line(run(REDIS_URL=url), 1)
    assert "REDIS_URL" in line and "secret9" not in line


def test_a_line_feed_in_a_value_makes_no_second_line():
    one_line(run(PORT="1\n2"), 2)


def test_a_secret_is_never_shown():
    line = one_line(run(SERVICE_TOKEN="s3cret" * 1000), 2)
    assert "s3cret" not in line


def test_open_to_others_only_with_a_token():
    for address in ("0.0.0.0", "::"):
        line = one_line(run(BIND_ADDRESS=address, PORT=str(free_port())), 2)
        assert "SERVICE_TOKEN" in line


def test_an_address_that_is_none():
    line = one_line(run(BIND_ADDRESS="256.1.1.1", SERVICE_TOKEN="t", PORT=str(free_port())), 1)
    assert "BIND_ADDRESS" in line


def test_without_a_token_it_listens_on_loopback_only(service):
    svc = service(NODE)
    assert listening_on(svc.port) == {"0100007F"}


def test_with_a_token_it_listens_everywhere(service):
    svc = service(NODE, SERVICE_TOKEN="t")
    assert listening_on(svc.port) == {"00000000"}


def listening_on(port: int) -> set[str]:
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    pairs = {tuple(fields[1].split(":")) for fields in lines if fields[3] == "0A"}
    return {address for address, number in pairs if int(number, 16) == port}


def test_a_port_in_use(service):
    svc = service(NODE)
    line = one_line(run(PORT=str(svc.port)), 1)
    assert str(svc.port) in line and "in use" in line


def test_a_token_from_a_file(service, tmp_path: Path):
    path = tmp_path / "token"
    path.write_text("from-a-file\n")
    svc = service(NODE, SERVICE_TOKEN_FILE=str(path))
    for token, status in (("from-a-file", 200), ("from-a-fil", 401), ("", 401)):
        headers = {"Authorization": f"Bearer {token}".strip()}
        answer = httpx.post(f"{svc.url}/v1/parse", json=webhook(text_message()), headers=headers)
        assert answer.status_code == status


@pytest.mark.parametrize("content", ["", "\n", "\r\n\n"])
@pytest.mark.parametrize("name", ["SERVICE_TOKEN", "WHATSAPP_VERIFY_TOKEN", "WHATSAPP_APP_SECRET"])
def test_an_empty_file_stops_the_start(tmp_path: Path, name: str, content: str):
    path = tmp_path / "secret"
    path.write_text(content)
    assert f"{name}_FILE" in one_line(
        run(**{f"{name}_FILE": str(path), "PORT": str(free_port())}), 2
    )


def test_a_file_that_can_not_be_read_stops_the_start(tmp_path: Path):
    for path in (tmp_path / "missing", tmp_path):
        line = one_line(run(SERVICE_TOKEN_FILE=str(path), PORT=str(free_port())), 2)
        assert "SERVICE_TOKEN_FILE" in line


def test_a_file_that_is_no_secret_stops_the_start(tmp_path: Path):
    """Too long, or with a NUL, after which nothing would count."""
    path = tmp_path / "secret"
    for content in (b"x" * 200_000, b"ab\0cd"):
        path.write_bytes(content)
        line = one_line(run(SERVICE_TOKEN_FILE=str(path), PORT=str(free_port())), 2)
        assert "SERVICE_TOKEN" in line and "xxx" not in line


def test_an_empty_variable_counts_as_not_set(service):
    svc = service(NODE, SERVICE_TOKEN="", REDIS_URL="", WHATSAPP_APP_SECRET="", LEASE_MS="")
    answer = httpx.post(f"{svc.url}/v1/parse", json=webhook(text_message()))
    assert answer.status_code == 200 and answer.json()["signature"] == "not_configured"


@pytest.mark.parametrize("threads", ["0", "1", "4"])
def test_what_runs_is_finished_after_sigterm(service, threads: str):
    svc = service(NODE, HTTP_THREADS=threads)
    body = json.dumps(webhook(text_message())).encode()
    connections = []
    for _ in range(5):
        connection = socket.create_connection(("127.0.0.1", svc.port), timeout=10)
        head = f"POST /v1/parse HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body[:20])
        connections.append(connection)
    idle = socket.create_connection(("127.0.0.1", svc.port), timeout=10)
    time.sleep(0.2)
    stopped: list[int] = []
    stopping = threading.Thread(target=lambda: stopped.append(svc.stop()))
    stopping.start()
    time.sleep(0.3)
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", svc.port), timeout=1).sendall(
            b"GET / HTTP/1.1\r\n\r\n" * 9
        )
        raise ConnectionError  # accepted by the system, by nobody else
    assert not stopped
    for connection in connections:
        connection.sendall(body[20:])
        answer = connection.makefile("rb").read()
        assert answer.startswith(b"HTTP/1.1 200 "), answer[:200]
        assert b"\r\nConnection: close\r\n" in answer
        assert b'"message_id"' in answer
    stopping.join(10)
    idle.close()
    assert stopped == [0]


def test_a_request_that_never_ends_is_cut_off_after_the_grace(service):
    svc = service(NODE, SHUTDOWN_GRACE_MS="300")
    with socket.create_connection(("127.0.0.1", svc.port)) as connection:
        connection.sendall(b"POST /v1/parse HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{")
        time.sleep(0.2)
        assert svc.stop(timeout_s=8) == 0
    assert svc.log_lines()[-1]["cut_off"] == 1


def test_sigint_ends_it_too(service):
    assert service(NODE).stop(signal.SIGINT) == 0


def test_starting_again_on_the_same_port_at_once(service):
    svc = service(NODE)
    client = httpx.Client()
    assert client.get(f"{svc.url}/healthz").status_code == 200
    assert svc.stop() == 0
    again = service(NODE, port=svc.port)
    assert httpx.get(f"{again.url}/healthz").status_code == 200
    client.close()
