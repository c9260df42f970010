"""Servers that a test can break, and fixtures that several files of this folder share."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher.servers import Redis
from tests.api.ai_shop import ai, make_model, model  # noqa: F401
from tests.api.checkout_shop import checkout, make_checkout  # noqa: F401
from tests.api.pay_shop import gateways, pay  # noqa: F401
from tests.api.search_shop import (  # noqa: F401
    catalogue,
    demo_template,
    search_database,
)
from tests.api.session_shop import (  # noqa: F401
    make_shop,
    schema_template,
    shop,
    shop_database,
)


class OwnRedis:
    """A Redis of this test's own, that it can kill and freeze."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server = Redis.start(folder, appendonly=False)

    @property
    def url(self) -> str:
        return self.server.url

    def send(self, sig: signal.Signals) -> None:
        os.kill(self.server.process.pid, sig)

    def kill(self) -> None:
        self.send(signal.SIGKILL)
        self.server.stop()

    def start(self) -> None:
        self.server = Redis.start(self.folder, appendonly=False)


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[OwnRedis]:
    redis = OwnRedis(tmp_path / "redis")
    yield redis
    if redis.server.process.alive:
        redis.send(signal.SIGCONT)
    redis.server.stop()
