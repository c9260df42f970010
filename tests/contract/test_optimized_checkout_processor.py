"""Drives the running service from its contract: as it is written, and as it is served."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from launcher.servers import Postgres
from tests.api.limiter import migrate
from tests.conftest import ROOT, binary, free_port
from tests.contract.running import (
    TOKEN,
    Effort,
    check_is_openapi,
    check_served_as_written,
    run_schemathesis,
)
from tests.service import Service

NODE = "optimized_checkout_processor"
CONTRACT = ROOT / "openapi" / f"{NODE}.yaml"
# A key that was used for another body is refused, which no schema can state; a webhook is refused
# unless it is signed.
OPTIONS = [
    "--exclude-checks=positive_data_acceptance",
    "--exclude-operation-id=postPaymentWebhook",
]


@pytest.fixture(scope="module")
def svc(postgres_server: Postgres, tmp_path_factory) -> Iterator[Service]:
    port = free_port()
    database = migrate(postgres_server.create_database("contract_checkout"))
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO products (sku, name, price, stock)"
            " SELECT 'C-' || n, 'Producto ' || n, 10 * n, 5 FROM generate_series(1, 50) AS n"
        )
        connection.execute(
            "INSERT INTO shipping_rates (name, is_pickup, pickup_address) VALUES ('Recoger', true, 'Aquí')"
        )
    env = {
        "PATH": "/usr/bin:/bin",
        "PORT": str(port),
        "DATABASE_URL": database,
        "SERVICE_TOKEN": TOKEN,
        "BIND_ADDRESS": "127.0.0.1",
    }
    running = Service(binary(NODE), port, env, tmp_path_factory.mktemp("contract") / "log")
    running.wait_ready()
    yield running
    assert running.process.poll() is None, running.log_text()[-2000:]
    assert running.stop() == 0


@pytest.fixture(scope="module")
def document(svc: Service) -> dict[str, Any]:
    return httpx.get(f"{svc.url}/openapi.json").json()


@pytest.mark.parametrize("source", ["written", "served"])
def test_the_service_keeps_its_contract(svc: Service, document, tmp_path: Path, source: str):
    run_schemathesis(svc, CONTRACT, document, tmp_path, source, Effort(25, 110, OPTIONS))


@pytest.mark.parametrize("source", ["written", "served"])
def test_the_contract_is_valid_openapi(source: str, document: dict[str, Any]):
    check_is_openapi(CONTRACT, document, source)


def test_the_served_contract_is_the_written_one(document: dict[str, Any]):
    check_served_as_written(CONTRACT, document)
