"""Drives the running service from its contract: as it is written, and as it is served."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from openapi_schema_validator import OAS31Validator

from launcher.servers import Postgres
from tests.api.metrics_shop import NODE, event, migrate
from tests.conftest import ROOT, binary, free_port
from tests.contract.running import (
    AUTHORIZATION,
    TOKEN,
    Effort,
    check_is_openapi,
    check_operations,
    check_served_as_written,
    run_schemathesis,
)
from tests.contract.schemas import closed
from tests.service import Service

CONTRACT = ROOT / "openapi" / f"{NODE}.yaml"


@pytest.fixture(scope="module")
def svc(postgres_server: Postgres, tmp_path_factory) -> Iterator[Service]:
    port = free_port()
    env = {
        "PATH": "/usr/bin:/bin",
        "PORT": str(port),
        "DATABASE_URL": migrate(postgres_server.create_database("contract_metrics")),
        "SERVICE_TOKEN": TOKEN,
        "BIND_ADDRESS": "127.0.0.1",
        "SERVICE_URLS": f"itself=http://127.0.0.1:{port},gone=http://127.0.0.1:9",
        "CHECK_MS": "200",
    }
    running = Service(binary(NODE), port, env, tmp_path_factory.mktemp("contract") / "log")
    running.wait_ready()
    yield running
    assert running.process.poll() is None, running.log_text()[-2000:]
    assert running.stop() == 0


@pytest.fixture(scope="module")
def document(svc: Service) -> dict[str, Any]:
    return httpx.get(f"{svc.url}/openapi.json").json()


# A stream has no end that could be waited for. Which days a month has, a pattern can't state.
PARTS = [
    (["--exclude-operation-id=getStream", "--exclude-operation-id=getReport"], 13),
    (["--include-operation-id=getReport", "--exclude-checks=positive_data_acceptance"], 1),
]


@pytest.mark.parametrize(("options", "operations"), PARTS, ids=["most", "getReport"])
@pytest.mark.parametrize("source", ["written", "served"])
def test_the_service_keeps_its_contract(
    svc: Service, document, tmp_path: Path, source: str, options: list[str], operations: int
):
    """All checks of schemathesis, with data that keeps the contract and data that breaks it."""
    output = run_schemathesis(svc, CONTRACT, document, tmp_path, source, Effort(40, 240, options))
    check_operations(output, operations, 15)


@pytest.mark.parametrize("source", ["written", "served"])
def test_the_contract_is_valid_openapi(source: str, document: dict[str, Any]):
    check_is_openapi(CONTRACT, document, source)


def test_the_served_contract_is_the_written_one(document: dict[str, Any]):
    check_served_as_written(CONTRACT, document)


CALLS = [
    ("POST", "/v1/events", event("message", customer_key="1"), "Taken"),
    ("POST", "/v1/events", {"events": [event("x"), {"type": "?"}]}, "Taken"),
    ("POST", "/v1/intent-events", {"message_id": "a", "intent": "help"}, "Taken"),
    ("GET", "/v1/live", None, "Live"),
    ("GET", "/v1/reports/sales", None, "Report"),
]


def test_each_answer_holds_what_the_contract_names_and_no_more(svc: Service, document):
    for method, path, body, name in CALLS:
        answer = httpx.request(method, f"{svc.url}{path}", json=body, headers=AUTHORIZATION)
        assert answer.status_code == 200, answer.text
        schema = {
            "$ref": f"#/components/schemas/{name}",
            "components": closed(document["components"]),
        }
        faults = [f"{e.json_path}: {e.message}" for e in OAS31Validator(schema).iter_errors(answer.json())]
        assert not faults, (method, path, "\n".join(faults))
