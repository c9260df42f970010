"""shared/svc/redis with a cluster whose slots move, and whose masters die, hang and return."""

from __future__ import annotations

import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher.servers import Redis, RedisCluster
from tests.api.redis_driver import SLACK_MS, Driver, until

TIMEOUT_MS = 500


@pytest.fixture(scope="module")
def cluster() -> Iterator[RedisCluster]:
    folder = Path(tempfile.mkdtemp(prefix="commerce-tests-"))
    cluster = RedisCluster.start(folder)
    yield cluster
    cluster.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def whole(cluster: RedisCluster) -> RedisCluster:
    """The cluster, mended after what the last test did to it, and empty."""
    for number, node in enumerate(cluster.nodes):
        node.process.send(signal.SIGCONT)
        cluster.nodes[number] = cluster.start_node(number)
    until(cluster.is_whole, 30)
    for node in cluster.masters():
        node.command("FLUSHALL")
        node.command("SCRIPT", "FLUSH")
    return cluster


@pytest.fixture
def client(whole: RedisCluster) -> Iterator[Driver]:
    driver = Driver(whole.url, TIMEOUT_MS, 16)
    yield driver
    driver.close()


def master_of(cluster: RedisCluster, slot: int) -> Redis:
    for master in cluster.masters():
        if owns(cluster, master, slot):
            return master
    pytest.fail(f"nobody has slot {slot}")


def owns(cluster: RedisCluster, node: Redis, slot: int) -> bool:
    myself = next(
        line for line in cluster.query(node, "CLUSTER", "NODES").splitlines() if "myself" in line
    )
    for word in myself.split()[8:]:
        first, _, last = word.partition("-")
        if not word.startswith("[") and int(first) <= slot <= int(last or first):
            return True
    return False


def node_id(cluster: RedisCluster, node: Redis) -> str:
    return cluster.query(node, "CLUSTER", "MYID")


def begin_move(cluster: RedisCluster, slot: int, source: Redis, target: Redis) -> None:
    source_id, target_id = node_id(cluster, source), node_id(cluster, target)
    assert cluster.query(target, "CLUSTER", "SETSLOT", str(slot), "IMPORTING", source_id) == "OK"
    assert cluster.query(source, "CLUSTER", "SETSLOT", str(slot), "MIGRATING", target_id) == "OK"


def move_key(cluster: RedisCluster, key: str, source: Redis, target: Redis) -> None:
    moved = cluster.query(source, "MIGRATE", "127.0.0.1", str(target.port), key, "0", "5000")
    assert moved in ("OK", "NOKEY")


def end_move(cluster: RedisCluster, slot: int, source: Redis, target: Redis) -> None:
    keys = cluster.query(source, "CLUSTER", "GETKEYSINSLOT", str(slot), "10000").split()
    for key in keys:
        move_key(cluster, key, source, target)
    for node in (target, source, *cluster.masters()):
        cluster.query(node, "CLUSTER", "SETSLOT", str(slot), "NODE", node_id(cluster, target))


def other_master(cluster: RedisCluster, node: Redis) -> Redis:
    return next(master for master in cluster.masters() if master.port != node.port)


def none_failed(counts: dict[str, int]) -> bool:
    return not any(counts[k] for k in ("unavailable", "timeout", "refused", "other", "wrong"))


def test_batch_comes_apart_and_together(client: Driver, whole: RedisCluster) -> None:
    words: list[object] = []
    for number in range(60):
        words += [1, "SET", f"k{number}", number, ";", 1, "INCR", f"k{number}", ";"]
    answer = client.ask("run", *words[:-1])
    assert answer["status"] == "OK"
    assert answer["replies"] == [x for number in range(60) for x in ("OK", number + 1)]
    assert all(int(node.command("DBSIZE")[1:]) > 0 for node in whole.masters())
    assert client.ask("slot", "foo") == {"slot": 12182, "cluster": True}


def test_wrong_use_is_answered(client: Driver) -> None:
    crossed = client.ask("script", 2, "foo", "bar", "v")
    assert crossed["status"] == "OK" and crossed["replies"][0].startswith("CROSSSLOT")
    assert client.ask("run", 0, "ECHO", "no key")["replies"] == ["no key"]


def test_script_on_every_node(client: Driver, whole: RedisCluster) -> None:
    for _ in range(2):
        for number in range(20):
            key = f"s{number}"
            assert client.ask("script", 1, key, "v")["replies"] == [[key, "v"]]
        for node in whole.masters():
            assert node.command("SCRIPT", "FLUSH") == "+OK"


def test_scan_and_ping_reach_all_masters(client: Driver, whole: RedisCluster) -> None:
    for number in range(200):
        client.set(f"scan:{number}", 1)
    answer = client.ask("scan", "scan:*")
    assert answer["status"] == "OK"
    assert sorted(answer["keys"]) == sorted(f"scan:{number}" for number in range(200))
    assert client.ask("ping")["status"] == "OK"
    hung = whole.masters()[1]
    hung.process.send(signal.SIGSTOP)
    answer = client.ask("ping")
    hung.process.send(signal.SIGCONT)
    assert answer["status"] in ("TIMEOUT", "UNAVAILABLE") and str(hung.port) in answer["message"]
    until(lambda: client.ask("ping")["status"] == "OK")


def test_slot_that_moves(client: Driver, whole: RedisCluster) -> None:
    """Before, in the middle (ASK for some keys, TRYAGAIN for some pairs) and after (MOVED)."""
    slot = client.ask("slot", "{m}")["slot"]
    source = master_of(whole, slot)
    target = other_master(whole, source)
    client.ask("run", 1, "SET", "a{m}", 1, ";", 1, "SET", "b{m}", 1)
    begin_move(whole, slot, source, target)
    move_key(whole, "a{m}", source, target)
    answer = client.ask("run", 1, "INCR", "a{m}", ";", 1, "INCR", "b{m}", ";", 1, "SET", "c{m}", 7,
                        ";", 1, "GET", "c{m}")  # fmt: skip
    assert answer["status"] == "OK" and answer["replies"] == [2, 2, "OK", "7"]
    assert target.command("GET", "a{m}").startswith("-MOVED"), "it went with ASKING"
    split = client.ask("script", 2, "a{m}", "b{m}", "v")
    # The last of many tries may be on its way when the time is over.
    assert split["status"] == "TIMEOUT" or "TRYAGAIN" in split["message"], split
    assert split["status"] != "OK" and split["took_ms"] > TIMEOUT_MS / 2
    assert split["took_ms"] < TIMEOUT_MS + SLACK_MS
    assert client.ask("script", 1, "a{m}", "v")["replies"] == [["a{m}", "v"]]
    end_move(whole, slot, source, target)
    answer = client.ask("run", 1, "GET", "a{m}", ";", 1, "GET", "b{m}")
    assert answer["replies"] == ["2", "2"]
    assert client.ask("script", 2, "a{m}", "b{m}", "v")["replies"] == [["a{m}", "b{m}", "v"]]


def test_tryagain_is_waited_out(client: Driver, whole: RedisCluster) -> None:
    slot = client.ask("slot", "{w}")["slot"]
    source = master_of(whole, slot)
    target = other_master(whole, source)
    client.ask("run", 1, "SET", "a{w}", 1, ";", 1, "SET", "b{w}", 1)
    begin_move(whole, slot, source, target)
    move_key(whole, "a{w}", source, target)
    assert client.process.stdin is not None and client.process.stdout is not None
    client.process.stdin.write("script\t2\ta{w}\tb{w}\tv\n")
    client.process.stdin.flush()
    move_key(whole, "b{w}", source, target)
    assert '["a{w}","b{w}","v"]' in client.process.stdout.readline()
    end_move(whole, slot, source, target)


def test_threads_while_slots_move(client: Driver, whole: RedisCluster) -> None:
    client.ask("load", 64)
    for number in range(4):
        slot = client.ask("slot", f"{{{number}}}")["slot"]
        source = master_of(whole, slot)
        target = other_master(whole, source)
        begin_move(whole, slot, source, target)
        end_move(whole, slot, source, target)
    counts = client.ask("stop")
    assert counts["ok"] > 0 and none_failed(counts), counts


def test_master_is_killed(client: Driver, whole: RedisCluster) -> None:
    """Its replica takes over; till then calls for its slots fail fast, the others go on."""
    slot = client.ask("slot", "foo")["slot"]
    victim = master_of(whole, slot)
    client.set("foo", 1)
    until(lambda: client.set("foo", 2)["status"] == "OK")
    client.ask("load", 16)
    victim.process.stop(signal.SIGKILL)
    answers = []
    start = time.monotonic()
    while not answers or answers[-1]["status"] != "OK":
        answers.append(client.set("foo", 3))
        assert time.monotonic() - start < 20, answers[-1]
        time.sleep(0.01)
    counts = client.ask("stop")
    assert len(answers) > 1
    assert max(answer["took_ms"] for answer in answers) < TIMEOUT_MS + SLACK_MS
    quick = [answer for answer in answers[:-1] if answer["took_ms"] < TIMEOUT_MS / 2]
    assert len(quick) > len(answers[:-1]) / 2
    assert client.get("foo") == "3"
    assert counts["wrong"] == 0 and counts["other"] == 0 and counts["ok"] > 0
    assert counts["longest_ms"] < TIMEOUT_MS + SLACK_MS
    until(lambda: client.ask("ping")["status"] == "OK")


def test_master_returns_as_replica(client: Driver, whole: RedisCluster) -> None:
    slot = client.ask("slot", "foo")["slot"]
    victim = master_of(whole, slot)
    number = whole.nodes.index(victim)
    client.set("foo", 1)
    victim.process.stop(signal.SIGKILL)
    until(lambda: client.set("foo", 2)["status"] == "OK")
    whole.nodes[number] = whole.start_node(number)
    until(whole.is_whole, 30)
    assert not owns(whole, whole.nodes[number], slot) or victim.port != whole.nodes[number].port
    assert client.get("foo") == "2"


def test_failover_by_hand(client: Driver, whole: RedisCluster) -> None:
    """The old master lives on as a replica and answers MOVED."""
    client.ask("load", 16)
    replica = next(n for n in whole.nodes if whole.query(n, "ROLE").startswith("slave"))
    assert whole.query(replica, "CLUSTER", "FAILOVER") == "OK"
    until(lambda: whole.query(replica, "ROLE").startswith("master"))
    time.sleep(0.3)
    counts = client.ask("stop")
    assert counts["wrong"] == 0 and counts["other"] == 0 and counts["refused"] == 0, counts
    assert counts["longest_ms"] < TIMEOUT_MS + SLACK_MS
    assert client.ask("ping")["status"] == "OK"


def test_master_hangs(client: Driver, whole: RedisCluster) -> None:
    slot = client.ask("slot", "foo")["slot"]
    victim = master_of(whole, slot)
    others = [key for key in ("a", "b", "c", "d", "e", "f") if not owns(whole, victim,
              client.ask("slot", key)["slot"])]  # fmt: skip
    client.set("foo", 1)
    client.ask("load", 64)
    time.sleep(0.2)
    victim.process.send(signal.SIGSTOP)
    time.sleep(0.5)
    start = time.monotonic()
    answers = [client.set(key, 1) for key in others * 5]
    assert time.monotonic() - start < 5
    victim.process.send(signal.SIGCONT)
    until(lambda: client.set("foo", 2)["status"] == "OK")
    counts = client.ask("stop")
    assert others and all(answer["status"] == "OK" for answer in answers), answers
    assert counts["wrong"] == 0 and counts["other"] == 0 and counts["timeout"] > 0
    assert counts["longest_ms"] < TIMEOUT_MS + SLACK_MS


def test_all_but_one_are_gone(client: Driver, whole: RedisCluster) -> None:
    """CLUSTERDOWN: a bounded time, then at once; and all is well when they are back."""
    client.set("foo", 1)
    kept = master_of(whole, client.ask("slot", "foo")["slot"])
    for node in whole.nodes:
        if node is not kept:
            node.process.stop(signal.SIGKILL)
    until(lambda: "cluster_state:fail" in whole.query(kept, "CLUSTER", "INFO"))
    first, second = client.set("foo", 2), client.set("foo", 3)
    assert first["status"] == second["status"] == "UNAVAILABLE"
    assert "CLUSTERDOWN" in second["message"]
    assert first["took_ms"] < TIMEOUT_MS + SLACK_MS
    assert second["took_ms"] < TIMEOUT_MS / 2
    for number in range(len(whole.nodes)):
        whole.nodes[number] = whole.start_node(number)
    until(lambda: client.set("foo", 4)["status"] == "OK", 30)


def test_first_named_node_is_gone(whole: RedisCluster) -> None:
    """Any of the nodes in the URL will do, a replica as well."""
    replica = next(n for n in whole.nodes if whole.query(n, "ROLE").startswith("slave"))
    driver = Driver(f"redis+cluster://127.0.0.1:1,127.0.0.1:{replica.port}", TIMEOUT_MS, 2)
    assert driver.set("foo", 1)["status"] == "OK"
    assert driver.ask("ping")["status"] == "OK"
    driver.close()


def test_server_that_is_no_cluster(redis_url: str) -> None:
    driver = Driver(redis_url.replace("redis://", "redis+cluster://")[:-2], TIMEOUT_MS, 2)
    answer = driver.set("foo", 1)
    assert answer["status"] == "UNAVAILABLE" and "cluster support disabled" in answer["message"]
    driver.close()
