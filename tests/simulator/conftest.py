from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulator.helper import Shop, SimulatorProcess

FAST = {"sent_delay_ms": 5, "delivered_delay_ms": 40, "read_delay_ms": 40,
        "retry_delays_ms": [20, 40, 60]}


@pytest.fixture(scope="package")
def _process() -> Iterator[SimulatorProcess]:
    process = SimulatorProcess()
    yield process
    assert process.stop() == 0


@pytest.fixture(scope="package")
def _server() -> Iterator[Shop]:
    server = Shop()
    yield server
    server.stop()


@pytest.fixture
def shop(_server: Shop) -> Shop:
    _server.renew()
    return _server


@pytest.fixture
def simulator(_process: SimulatorProcess, shop: Shop) -> SimulatorProcess:
    """Reset, quick, with its webhooks to `shop`."""
    _process.sim("POST", "reset", {})
    _process.settings(webhook_url=shop.url, **FAST)
    return _process
