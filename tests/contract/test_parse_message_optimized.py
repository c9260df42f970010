"""Drives the running service from its contract: as it is written, and as it is served."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from openapi_schema_validator import OAS31Validator

from tests.api.test_parse_cases import webhook_of
from tests.api.webhooks import CASES, NODE
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
def contract_database(postgres_server) -> Iterator[str]:
    url = postgres_server.create_database("parse_contract")
    migrate = [ROOT / "database" / "migrate.sh", "--init", url]
    subprocess.run(migrate, check=True, capture_output=True)
    yield url
    postgres_server.query("DROP DATABASE parse_contract WITH (FORCE)")


@pytest.fixture(scope="module")
def svc(redis_server, contract_database: str, tmp_path_factory) -> Iterator[Service]:
    port = free_port()
    env = {
        "PATH": "/usr/bin:/bin",
        "PORT": str(port),
        "REDIS_URL": redis_server.url,
        "DATABASE_URL": contract_database,
        "N8N_WEBHOOK_URL": f"http://127.0.0.1:{free_port()}/webhook/whatsapp",
        "SERVICE_TOKEN": TOKEN,
        "BIND_ADDRESS": "127.0.0.1",
        "WHATSAPP_VERIFY_TOKEN": "contract-verify",
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
    """All checks of schemathesis, with data that keeps the contract and data that breaks it."""
    effort = Effort(100, 80)
    output = run_schemathesis(svc, CONTRACT, document, tmp_path, source, effort)
    check_operations(output, 11, 11)


@pytest.mark.parametrize("source", ["written", "served"])
def test_the_contract_is_valid_openapi(source: str, document: dict[str, Any]):
    check_is_openapi(CONTRACT, document, source)


def test_the_served_contract_is_the_written_one(document: dict[str, Any]):
    check_served_as_written(CONTRACT, document)


@pytest.mark.parametrize("path", sorted(CASES.glob("*.json")), ids=lambda path: path.stem)
def test_each_answer_holds_what_the_contract_names_and_no_more(
    svc: Service, document: dict[str, Any], path: Path
):
    schema = {"$ref": "#/components/schemas/Parsed", "components": closed(document["components"])}
    body = webhook_of(json.loads(path.read_text()))
    answer = httpx.post(f"{svc.url}/v1/parse", json=body, headers=AUTHORIZATION)
    assert answer.status_code == 200
    faults = [
        f"{e.json_path}: {e.message}" for e in OAS31Validator(schema).iter_errors(answer.json())
    ]
    assert not faults, "\n".join(faults)
