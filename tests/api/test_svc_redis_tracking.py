"""shared/svc/redis_tracking: what is changed by others is told, and what may have been missed."""

from __future__ import annotations

import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher.ports import lasting_port
from launcher.servers import Redis, RedisCluster
from tests.api.redis_driver import Driver, until

TIMEOUT_MS = 500
EVERYTHING = None


class Watch:
    """A tracking, and what it has told so far."""

    def __init__(self, url: str, *prefixes: str) -> None:
        self.driver = Driver(url, TIMEOUT_MS, 4)
        self.told: list[str | None] = []
        self.driver.ask("track", *prefixes)

    def is_live(self) -> bool:
        answer = self.driver.ask("events")
        self.told += answer["events"]
        return answer["live"]

    def was_told(self, key: str | None) -> bool:
        self.is_live()
        return key in self.told

    def was_lost(self) -> bool:
        """Whether it has said so, once when it went and once when it was back."""
        self.is_live()
        return self.told.count(EVERYTHING) >= 2

    def forget(self) -> None:
        self.is_live()
        self.told.clear()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Redis]:
    folder = tmp_path / "redis"
    folder.mkdir()
    (folder / "port").write_text(str(lasting_port()))
    yield Redis.start(folder, appendonly=False)
    last = Redis.start(folder, appendonly=False)
    last.process.send(signal.SIGCONT)
    last.stop()


@pytest.fixture
def watch(server: Redis) -> Iterator[Watch]:
    watch = Watch(server.url, "session:", "tier:")
    until(watch.is_live)
    yield watch
    watch.driver.ask("untrack")
    watch.driver.close()


def test_comes_live_with_everything_told(watch: Watch) -> None:
    assert watch.told == [EVERYTHING]


def test_tells_changes_of_its_prefixes(watch: Watch, server: Redis) -> None:
    watch.forget()
    server.command("SET", "other:1", "x")
    server.command("SET", "session:1", "x")
    server.command("HSET", "tier:gold", "minute", "5")
    server.command("SET", "session:short", "x", "PX", "50")
    until(lambda: watch.was_told("tier:gold") and watch.was_told("session:short"))
    assert "session:1" in watch.told and "other:1" not in watch.told
    watch.forget()
    server.command("DEL", "session:1")
    until(lambda: watch.was_told("session:1") and watch.was_told("session:short"))
    assert watch.driver.set("session:mine", 1)["status"] == "OK"
    until(lambda: watch.was_told("session:mine"))


def test_tells_a_flush(watch: Watch, server: Redis) -> None:
    watch.forget()
    server.command("FLUSHALL")
    until(lambda: watch.was_told(EVERYTHING))
    assert watch.is_live()


def test_tells_thousands(watch: Watch, server: Redis) -> None:
    watch.forget()
    script = "for i = 1, 3000 do redis.call('SET', 'session:' .. i, i) end return 'done'"
    server.command("EVAL", script, "0")
    until(lambda: {f"session:{number}" for number in range(1, 3001)} <= {*watch.told}
          or not watch.is_live())  # fmt: skip
    assert watch.is_live()


@pytest.mark.parametrize("kind", ["pubsub", "normal"])
def test_loss_of_either_connection(watch: Watch, server: Redis, kind: str) -> None:
    watch.forget()
    server.command("CLIENT", "KILL", "TYPE", kind)
    until(watch.was_lost)
    until(watch.is_live)
    server.command("SET", "session:after", "x")
    until(lambda: watch.was_told("session:after"))


def test_restart_of_the_server(watch: Watch, server: Redis) -> None:
    watch.forget()
    server.process.stop(signal.SIGKILL)
    until(lambda: not watch.is_live())
    until(lambda: watch.was_told(EVERYTHING))
    watch.forget()
    time.sleep(0.3)
    assert not watch.is_live() and watch.told == []
    server = Redis.start(server.process.pid_file.parent, appendonly=False)
    until(watch.is_live)
    assert watch.told == [EVERYTHING]
    server.command("SET", "session:1", "x")
    until(lambda: watch.was_told("session:1"))


def test_server_that_hangs(watch: Watch, server: Redis) -> None:
    """No sign but the missing answer to a PING: within a second and the time-out."""
    watch.forget()
    server.process.send(signal.SIGSTOP)
    took_s = until(lambda: not watch.is_live())
    server.process.send(signal.SIGCONT)
    assert took_s < 1 + 2 * TIMEOUT_MS / 1000 + 1
    assert EVERYTHING in watch.told
    until(watch.is_live)


def test_server_that_comes_later(tmp_path: Path) -> None:
    folder = tmp_path / "later"
    folder.mkdir()
    port = lasting_port()
    (folder / "port").write_text(str(port))
    watch = Watch(f"redis://127.0.0.1:{port}", "session:")
    time.sleep(0.3)
    assert not watch.is_live() and watch.told == []
    server = Redis.start(folder, appendonly=False)
    until(watch.is_live)
    assert watch.told == [EVERYTHING]
    watch.driver.close()
    server.stop()


@pytest.fixture(scope="module")
def cluster() -> Iterator[RedisCluster]:
    folder = Path(tempfile.mkdtemp(prefix="commerce-tests-"))
    cluster = RedisCluster.start(folder)
    yield cluster
    cluster.stop()
    shutil.rmtree(folder, ignore_errors=True)


def test_cluster_through_a_failover(cluster: RedisCluster) -> None:
    watch = Watch(cluster.url, "session:")
    until(watch.is_live)
    writer = Driver(cluster.url, TIMEOUT_MS, 4)
    keys = [f"session:{number}" for number in range(30)]
    for key in keys:
        assert writer.set(key, 1)["status"] == "OK"
    until(lambda: all(watch.was_told(key) for key in keys))
    watch.forget()
    cluster.masters()[0].process.stop(signal.SIGKILL)
    until(lambda: not watch.is_live())
    assert EVERYTHING in watch.told
    until(watch.is_live, 30)
    watch.forget()
    for key in keys:
        until(lambda key=key: writer.set(key, 2)["status"] == "OK")
    until(lambda: all(watch.was_told(key) for key in keys))
    watch.driver.close()
    writer.close()


def test_cluster_that_a_master_joins(cluster: RedisCluster) -> None:
    """A key read through ASK is of a master that CLUSTER SLOTS doesn't name yet: from that read
    on nothing may be served until it's followed, too."""
    watch = Watch(cluster.url, "session:")
    until(watch.is_live, 30)
    driver = watch.driver
    driver.set("session:{j}", 1)
    slot = driver.ask("slot", "session:{j}")["slot"]
    source = next(
        node for node in cluster.masters()
        if not cluster.query(node, "GET", "session:{j}").startswith("MOVED")
    )  # fmt: skip
    target = cluster.start_node(len(cluster.nodes))
    cluster.nodes.append(target)
    cluster.query(source, "CLUSTER", "MEET", "127.0.0.1", str(target.port))
    until(lambda: "cluster_state:ok" in cluster.query(target, "CLUSTER", "INFO"), 20)
    source_id, target_id = (cluster.query(node, "CLUSTER", "MYID") for node in (source, target))
    ok = cluster.query(target, "CLUSTER", "SETSLOT", str(slot), "IMPORTING", source_id)
    assert ok == cluster.query(source, "CLUSTER", "SETSLOT", str(slot), "MIGRATING", target_id)
    moved = cluster.query(source, "MIGRATE", "127.0.0.1", str(target.port), "session:{j}", "0",
                          "5000")  # fmt: skip
    assert (ok, moved) == ("OK", "OK")
    until(lambda: watch.was_told("session:{j}"))
    watch.forget()
    assert driver.get("session:{j}") == "1"
    until(watch.was_lost)
    until(watch.is_live)
    watch.forget()
    assert driver.set("session:{j}", 2)["status"] == "OK"
    until(lambda: watch.was_told("session:{j}"))
    assert cluster.query(source, "GET", "session:{j}").startswith("ASK")
    watch.driver.close()


def test_cluster_whose_replica_takes_over_in_peace(cluster: RedisCluster) -> None:
    """No connection is lost: the new set of masters alone says that it must subscribe anew."""
    watch = Watch(cluster.url, "session:")
    until(watch.is_live, 30)
    watch.forget()
    alive = [node for node in cluster.nodes if node.process.alive]
    replica = next(n for n in alive if cluster.query(n, "ROLE").startswith("slave"))
    assert cluster.query(replica, "CLUSTER", "FAILOVER") == "OK"
    until(lambda: cluster.query(replica, "ROLE").startswith("master"))
    until(watch.was_lost)
    until(watch.is_live)
    writer = Driver(cluster.url, TIMEOUT_MS, 4)
    keys = [f"session:{number}" for number in range(30)]
    for key in keys:
        until(lambda key=key: writer.set(key, 3)["status"] == "OK")
    until(lambda: all(watch.was_told(key) for key in keys))
    watch.driver.close()
    writer.close()
