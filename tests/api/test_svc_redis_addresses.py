"""How shared/svc/redis reads the addresses that nodes of a cluster give, from nodes that only
pretend to be some: IPv6, no host at all, one that isn't known."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Callable, Iterator

import pytest

from tests.api.redis_driver import Driver

Answer = Callable[[list[bytes]], bytes]


class Node:
    """Answers commands with what ANSWER says; `seen` has the commands."""

    def __init__(self, host: str, answer: Answer) -> None:
        self.seen: list[list[bytes]] = []
        node = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                while line := self.rfile.readline():
                    words = []
                    for _ in range(int(line[1:])):
                        length = int(self.rfile.readline()[1:])
                        words.append(self.rfile.read(length + 2)[:-2])
                    node.seen.append(words)
                    self.wfile.write(answer(words))

        class Server(socketserver.ThreadingTCPServer):
            address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
            daemon_threads = True

        self.server = Server((host, 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def got(self, *words: bytes) -> bool:
        return [*words] in self.seen


@pytest.fixture
def node() -> Iterator[Callable[[str, Answer], Node]]:
    nodes: list[Node] = []

    def start(host: str, answer: Answer) -> Node:
        nodes.append(Node(host, answer))
        return nodes[-1]

    yield start
    for each in nodes:
        each.server.shutdown()
        each.server.server_close()


def bulk(text: bytes | None) -> bytes:
    return b"$-1\r\n" if text is None else b"$%d\r\n%s\r\n" % (len(text), text)


def slots(*ranges: tuple[int, int, bytes | None, int]) -> bytes:
    """CLUSTER SLOTS, each range with a replica that mustn't be asked, as Redis 7 says it."""
    text = b"*%d\r\n" % len(ranges)
    for first, last, host, port in ranges:
        node = b"*4\r\n" + bulk(host) + b":%d\r\n" % port + bulk(b"id") + b"*0\r\n"
        replica = b"*4\r\n" + bulk(b"127.0.0.1") + b":1\r\n" + bulk(b"other") + b"*0\r\n"
        text += b"*4\r\n:%d\r\n:%d\r\n" % (first, last) + node + replica
    return text


def has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


def common(words: list[bytes], table: bytes) -> bytes | None:
    if words == [b"PING"]:
        return b"+PONG\r\n"
    return table if words == [b"CLUSTER", b"SLOTS"] else None


@pytest.mark.parametrize("own_host", [None, b"", b"127.0.0.1"])
@pytest.mark.skipif(not has_ipv6(), reason="the machine has no ::1")
def test_addresses_of_masters(node, own_host: bytes | None) -> None:
    """foo has slot 12182, bar 5061."""
    six = node("::1", lambda words: common(words, b"*0\r\n") or bulk(b"six"))
    four = node(
        "127.0.0.1",
        lambda words: common(words, slots((0, 8191, own_host, four.port),
                                          (8192, 16383, b"::1", six.port))) or bulk(b"four"),
    )  # fmt: skip
    client = Driver(f"redis+cluster://localhost:{four.port}", 1000, 4)
    answer = client.ask("run", 1, "GET", "foo", ";", 1, "GET", "bar")
    assert answer["status"] == "OK" and answer["replies"] == ["six", "four"]
    assert client.ask("ping")["status"] == "OK"
    client.close()


@pytest.mark.parametrize("kind", ["MOVED", "ASK"])
@pytest.mark.skipif(not has_ipv6(), reason="the machine has no ::1")
def test_redirection_to_ipv6(node, kind: str) -> None:
    six = node("::1", lambda words: b"+OK\r\n" if words == [b"ASKING"] else
               common(words, b"*0\r\n") or bulk(b"six"))  # fmt: skip
    four = node("127.0.0.1", lambda words: common(words, slots((0, 16383, b"", four.port)))
                or b"-%s 12182 ::1:%d\r\n" % (kind.encode(), six.port))  # fmt: skip
    client = Driver(f"redis+cluster://127.0.0.1:{four.port}", 1000, 4)
    assert client.get("foo") == "six"
    assert six.got(b"ASKING") == (kind == "ASK")
    client.close()


def test_redirection_without_host(node) -> None:
    """ "MOVED 12182 :6381": the host that was asked."""
    other = node("127.0.0.1", lambda words: common(words, b"*0\r\n") or bulk(b"other"))
    first = node("127.0.0.1", lambda words: common(words, slots((0, 16383, None, first.port)))
                 or b"-MOVED 12182 :%d\r\n" % other.port)  # fmt: skip
    client = Driver(f"redis+cluster://127.0.0.1:{first.port}", 1000, 4)
    assert client.get("foo") == "other"
    client.close()


def test_redirection_in_a_circle(node) -> None:
    """Two nodes that send each other's clients to and fro: the time-out ends it."""
    a = node("127.0.0.1", lambda words: common(words, slots((0, 16383, None, a.port)))
             or b"-MOVED 12182 127.0.0.1:%d\r\n" % b.port)  # fmt: skip
    b = node("127.0.0.1", lambda words: common(words, slots((0, 16383, None, a.port)))
             or b"-MOVED 12182 127.0.0.1:%d\r\n" % a.port)  # fmt: skip
    client = Driver(f"redis+cluster://127.0.0.1:{a.port}", 300, 4)
    answer = client.ask("run", 1, "GET", "foo")
    assert answer["status"] in ("UNAVAILABLE", "TIMEOUT") and answer["took_ms"] < 700
    assert len(a.seen) + len(b.seen) < 300, "it pauses in between"
    client.close()


@pytest.mark.parametrize(
    "said", [b"-MOVED\r\n", b"-MOVED 12182\r\n", b"-MOVED x y:z\r\n", b"-MOVED 99999 h:1\r\n",
             b"-ASK 12182 nowhere\r\n", b"-ASK  \r\n"],
)  # fmt: skip
def test_redirection_to_nowhere(node, said: bytes) -> None:
    first = node("127.0.0.1", lambda words: common(words, slots((0, 16383, None, first.port)))
                 or said)  # fmt: skip
    client = Driver(f"redis+cluster://127.0.0.1:{first.port}", 300, 4)
    answer = client.ask("run", 1, "GET", "foo")
    if answer["status"] == "OK":
        assert answer["replies"] == [said[1:-2].decode()]
    else:
        assert answer["status"] in ("UNAVAILABLE", "TIMEOUT") and answer["took_ms"] < 700
    client.close()


@pytest.mark.parametrize("table", [b"*0\r\n", b"+OK\r\n", b"$-1\r\n", b"*1\r\n*0\r\n",
                                   b"*1\r\n:1\r\n", slots((0, 16383, b"?", 7000)),
                                   slots((0, 99999, b"h", 7000)), slots((0, 1, b"h", 0))])  # fmt: skip
def test_table_that_is_none(node, table: bytes) -> None:
    first = node("127.0.0.1", lambda words: common(words, table) or bulk(b"x"))
    client = Driver(f"redis+cluster://127.0.0.1:{first.port}", 300, 4)
    answer = client.ask("run", 1, "GET", "foo")
    assert answer["status"] == "UNAVAILABLE" and answer["took_ms"] < 700
    assert f"127.0.0.1:{first.port}: " in answer["message"]
    client.close()
