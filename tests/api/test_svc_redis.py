"""shared/svc/redis with a single server that is killed, paused, emptied and started again."""

from __future__ import annotations

import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from launcher.ports import free_port, lasting_port
from launcher.servers import Redis
from tests.api.redis_driver import SLACK_MS, Driver, until

DriverFactory = Callable[..., Driver]


@pytest.fixture
def driver() -> Iterator[DriverFactory]:
    drivers: list[Driver] = []

    def start(url: str, *, timeout_ms: int = 500, pool_size: int = 16) -> Driver:
        drivers.append(Driver(url, timeout_ms, pool_size))
        return drivers[-1]

    yield start
    for each in drivers:
        each.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of a server that gets its port again."""
    path = tmp_path / "redis"
    path.mkdir()
    (path / "port").write_text(str(lasting_port()))
    return path


@pytest.fixture
def server(folder: Path) -> Iterator[Redis]:
    """A server of this test's own, which may be killed."""
    yield Redis.start(folder, appendonly=False)
    last = Redis.start(folder, appendonly=False)
    last.process.send(signal.SIGCONT)
    last.stop()


def crash(server: Redis) -> None:
    server.process.stop(signal.SIGKILL)


def test_batch_answers_in_order(driver: DriverFactory, redis_url: str) -> None:
    answer = driver(redis_url).ask(
        "run", 1, "SET", "a", "1", ";", 1, "INCR", "a", ";", 1, "GET", "a", ";", 1, "GET", "none",
        ";", 1, "LPUSH", "a", "x", ";", 0, "ECHO", "e",
    )  # fmt: skip
    assert answer["status"] == "OK"
    assert answer["replies"][:4] == ["OK", 2, "2", None]
    assert answer["replies"][4].startswith("WRONGTYPE")
    assert answer["replies"][5] == "e"


def test_value_of_a_megabyte(driver: DriverFactory, redis_url: str) -> None:
    """More than a socket takes at once, both ways."""
    client = driver(redis_url, timeout_ms=5000)
    value = "0123456789abcdef" * (1 << 16)
    assert client.set("large", value)["replies"] == ["OK"]
    assert client.get("large") == value


def test_wrong_password_is_said(driver: DriverFactory, tmp_path: Path) -> None:
    server = Redis.start(tmp_path / "locked", appendonly=False)
    server.command("CONFIG", "SET", "requirepass", "right")
    address = f"127.0.0.1:{server.port}"
    try:
        refused = driver(f"redis://:wrong-one@{address}").set("a", 1)
        assert refused["status"] == "UNAVAILABLE" and "WRONGPASS" in refused["message"]
        assert "wrong-one" not in refused["message"]
        assert driver(f"redis://:right@{address}/3").set("a", 1)["status"] == "OK"
        assert driver(f"redis://default:right@{address}/3").get("a") == "1"
        assert driver(f"redis://default:right@{address}").get("a") is None
    finally:
        server.process.stop(signal.SIGKILL)


def test_script_is_loaded_again(driver: DriverFactory, redis_server: Redis, redis_url: str) -> None:
    client = driver(redis_url)
    for _ in range(3):
        assert client.ask("script", 1, "k", "v")["replies"] == [["k", "v"]]
        assert redis_server.command("SCRIPT", "FLUSH") == "+OK"


def test_nobody_answers(driver: DriverFactory) -> None:
    """The first call learns it, the others fail at once for a while."""
    client = driver(f"redis://127.0.0.1:{free_port()}")
    first = client.set("a", 1)
    assert first["status"] == "UNAVAILABLE" and "refused" in first["message"]
    second = client.set("a", 1)
    assert "a moment ago" in second["message"]
    assert first["took_ms"] + second["took_ms"] < SLACK_MS
    assert client.ask("ping")["status"] == "UNAVAILABLE"


def test_silent_server_costs_one_timeout(driver: DriverFactory) -> None:
    """A listener that takes connections and says nothing, as a hung server does."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = driver(f"redis://127.0.0.1:{listener.getsockname()[1]}", timeout_ms=300)
        first = client.set("a", 1)
        assert first["status"] == "TIMEOUT"
        assert 290 <= first["took_ms"] < 300 + SLACK_MS
        second = client.set("a", 1)
        assert second["status"] == "UNAVAILABLE" and second["took_ms"] < 250


def test_trickle_does_not_stretch_the_timeout(driver: DriverFactory) -> None:
    """A byte now and then, each in time, is a time-out all the same."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = driver(f"redis://127.0.0.1:{listener.getsockname()[1]}", timeout_ms=400)
        assert client.process.stdin is not None
        client.process.stdin.write("run\t1\tGET\ta\n")
        client.process.stdin.flush()
        connection, _ = listener.accept()
        connection.settimeout(0.05)
        start = time.monotonic()
        closed = False
        while not closed and time.monotonic() - start < 5:
            try:
                connection.sendall(b"+")
                closed = connection.recv(1000) == b""
            except TimeoutError:
                continue
            except OSError:
                closed = True
        assert closed and time.monotonic() - start < (400 + SLACK_MS) / 1000
        assert client.process.stdout is not None
        assert '"TIMEOUT"' in client.process.stdout.readline()
        connection.close()


def test_leader_leaves_in_its_own_time(driver: DriverFactory) -> None:
    """Three calls 0.2 s and 0.4 s apart share a round trip without an end: each of them, the one
    that leads too, is told so after its own second."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = driver(
            f"redis://127.0.0.1:{listener.getsockname()[1]}", timeout_ms=1000, pool_size=1
        )
        client.ask("load", 1)
        connection, _ = listener.accept()
        with connection:
            assert b"PING" in connection.recv(1000)
            connection.sendall(b"+PONG\r\n")
            assert b"GET" in connection.recv(1000)
            time.sleep(0.2)
            client.ask("load", 1)
            time.sleep(0.45)
            client.ask("load", 1)
            time.sleep(0.05)
            connection.sendall(b"-ERR late\r\n" * 3)
            time.sleep(1.2)
            counts = client.ask("stop")
    assert counts["refused"] == 1 and counts["timeout"] >= 2, counts
    assert 990 <= counts["longest_ms"] < 1300


def test_restart_costs_no_call(driver: DriverFactory, server: Redis, folder: Path) -> None:
    client = driver(server.url)
    assert client.set("a", 1)["status"] == "OK"
    crash(server)
    assert Redis.start(folder, appendonly=False).port == server.port
    answer = client.set("a", 2)
    assert answer["status"] == "OK", answer
    assert client.ask("script", 1, "k", "v")["replies"] == [["k", "v"]]


def test_lost_call_is_not_sent_again(driver: DriverFactory, redis_url: str) -> None:
    """The server hangs up on us in the middle of a batch; only what has no reply is repeated."""
    client = driver(redis_url)
    batch = (1, "INCR", "n", ";", 0, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "no",
             ";", 1, "INCR", "n")  # fmt: skip
    lost = client.ask("run", *batch)
    assert lost["status"] == "UNAVAILABLE"
    assert lost["replies"] == [1, 1, None] and client.get("n") == "1"
    repeated = client.ask("again", *batch)
    assert repeated["status"] == "OK"
    assert repeated["replies"] == [2, 1, 3] and client.get("n") == "3"


def test_repeatable_batch_survives_one_loss(driver: DriverFactory) -> None:
    """A fake server that hangs up on the first GET."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = driver(f"redis://127.0.0.1:{listener.getsockname()[1]}", timeout_ms=3000)
        assert client.process.stdin is not None and client.process.stdout is not None
        for word, expected in (("run", '"UNAVAILABLE"'), ("again", '"OK"')):
            client.process.stdin.write(f"{word}\t1\tGET\ta\n")
            client.process.stdin.flush()
            for answers in (0, 1) if word == "again" else (0,):
                connection, _ = listener.accept()
                with connection:
                    assert b"PING" in connection.recv(1000)
                    connection.sendall(b"+PONG\r\n")
                    assert b"GET" in connection.recv(1000)
                    connection.sendall(b"$1\r\nx\r\n" * answers)
                    if answers:
                        assert expected in client.process.stdout.readline()
            if word == "run":
                assert expected in client.process.stdout.readline()


@pytest.mark.parametrize("pool_size", [1, 2, 16])
def test_many_threads(driver: DriverFactory, redis_url: str, pool_size: int) -> None:
    client = driver(redis_url, timeout_ms=5000, pool_size=pool_size)
    client.ask("load", 64)
    time.sleep(1)
    counts = client.ask("stop")
    assert counts["ok"] > 0
    assert sum(counts[k] for k in ("unavailable", "timeout", "refused", "other", "wrong")) == 0


def test_threads_through_kills_and_pauses(
    driver: DriverFactory, server: Redis, folder: Path
) -> None:
    client = driver(server.url, timeout_ms=300)
    client.ask("load", 64)
    for _ in range(3):
        until(lambda: client.set("a", 1)["status"] == "OK")
        crash(server)
        server = Redis.start(folder, appendonly=False)
        until(lambda: client.set("a", 1)["status"] == "OK")
        server.process.send(signal.SIGSTOP)
        time.sleep(0.5)
        server.process.send(signal.SIGCONT)
        server.command("SCRIPT", "FLUSH")
    until(lambda: client.set("a", 1)["status"] == "OK")
    counts = client.ask("stop")
    assert counts["wrong"] == 0 and counts["other"] == 0
    assert counts["ok"] > 0 and counts["unavailable"] > 0 and counts["timeout"] > 0
    assert counts["longest_ms"] < 300 + SLACK_MS


def test_threads_while_clients_are_killed(
    driver: DriverFactory, redis_server: Redis, redis_url: str
) -> None:
    """Connections break between any two replies; what is there must belong to its caller."""
    client = driver(redis_url, timeout_ms=2000)
    client.ask("load", 16)
    for _ in range(50):
        time.sleep(0.02)
        redis_server.command("CLIENT", "KILL", "TYPE", "normal")
    counts = client.ask("stop")
    assert counts["wrong"] == 0 and counts["other"] == 0 and counts["timeout"] == 0
    assert counts["ok"] > 0 and counts["unavailable"] > 0


def test_scan_shows_every_key(driver: DriverFactory, redis_url: str) -> None:
    client = driver(redis_url)
    for start in range(0, 3000, 50):
        words: list[object] = []
        for number in range(start, start + 50):
            words += [1, "SET", f"scan:{number}", "x", ";"]
        assert client.ask("run", *words[:-1])["status"] == "OK"
    client.set("other", "x")
    answer = client.ask("scan", "scan:*")
    assert answer["status"] == "OK"
    assert set(answer["keys"]) == {f"scan:{number}" for number in range(3000)}
    assert client.ask("scan", "nothing:*")["keys"] == []


def test_ping_and_kind(driver: DriverFactory, redis_url: str) -> None:
    client = driver(redis_url)
    assert client.ask("ping")["status"] == "OK"
    assert client.ask("slot", "foo") == {"slot": 12182, "cluster": False}
