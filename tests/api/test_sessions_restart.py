"""Redis restarts between two looks at it: empty, but with the run_id that was heard last."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.api.session_shop import NODE, OwnRedis, Shop, new_customer

INFO = b"*2\r\n$4\r\nINFO\r\n$6\r\nserver\r\n"
FLUSH_MS = 2000


class SlowNews:
    """A Redis as it is, but for what it says of itself while `frozen`: that is what it said last."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.upstream = (parts.hostname, parts.port)
        self.password = f":{parts.password}@" if parts.password else ""
        self.frozen = False
        self.last_info = b""
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"redis://{self.password}127.0.0.1:{self.listener.getsockname()[1]}"

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError), socket.create_connection(self.upstream) as redis:
            asked = threading.Event()
            back = threading.Thread(target=self._relay, args=(redis, client, asked), daemon=True)
            back.start()
            while data := client.recv(65536):
                if data == INFO and self.frozen:
                    client.sendall(self.last_info)
                    continue
                if data == INFO:
                    asked.set()
                redis.sendall(data)
            redis.shutdown(socket.SHUT_RDWR)

    def _relay(self, redis: socket.socket, client: socket.socket, asked: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while data := redis.recv(65536):
                if asked.is_set() and b"run_id:" in data:
                    self.last_info = data
                client.sendall(data)
            client.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.listener.close()


@pytest.fixture
def shop(service, shop_database: str, tmp_path) -> Iterator[tuple[Shop, SlowNews]]:
    redis = OwnRedis(tmp_path / "redis", appendonly=False)
    news = SlowNews(redis.url)
    settings = {"REDIS_URL": news.url, "DATABASE_URL": shop_database, "FLUSH_MS": str(FLUSH_MS)}
    shop = Shop(lambda: service(NODE, **settings), shop_database, redis)
    shop.replicas = [shop.start()]
    shop.wait_mode("redis")
    yield shop, news
    shop.close()
    news.close()
    redis.end()


def test_nothing_is_read_from_a_redis_that_is_another(shop):
    shop, news = shop
    customer = new_customer()
    shop.load(customer)
    shop.wait_flushed()
    for number in range(1, 6):
        assert shop.patch(customer, {"context_data": {"n": number}})["saved"]
    assert news.last_info
    news.frozen = True
    shop.redis.kill()
    shop.redis.start()
    thaw = threading.Timer(1, setattr, (news, "frozen", False))
    thaw.start()
    time.sleep(0.1)
    assert shop.get(customer)["session"]["context_data"]["n"] == 5
    thaw.join()
