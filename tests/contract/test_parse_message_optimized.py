"""Drives the running service from its contract: as it is written, and as it is served."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from openapi_spec_validator.readers import read_from_filename

from tests.api.test_parse_cases import webhook_of
from tests.api.webhooks import CASES, NODE
from tests.conftest import ROOT, binary, free_port
from tests.contract.schemas import closed, local_pointers, references
from tests.service import Service

TOKEN = "contract-token"
CONTRACT = ROOT / "openapi" / f"{NODE}.yaml"
AUTHORIZATION = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module")
def svc(redis_server, tmp_path_factory) -> Iterator[Service]:
    port = free_port()
    env = {
        "PATH": "/usr/bin:/bin",
        "PORT": str(port),
        "REDIS_URL": redis_server.url,
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
    served = tmp_path / "openapi.json"
    served.write_text(json.dumps(document))
    schema = str(CONTRACT if source == "written" else served)
    argv = [
        Path(sys.executable).with_name("schemathesis"),
        "run",
        schema,
        f"--url={svc.url}",
        f"--header=Authorization: Bearer {TOKEN}",
        "--checks=all",
        "--mode=all",
        "--max-examples=100",
        "--seed=1",
        "--generation-database=none",
        "--generation-allow-x00=false",  # a query can't hold one; bodies are tested with it
        "--output-truncate=false",
        "--no-color",
    ]
    result = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, timeout=80)
    assert result.returncode == 0, result.stdout + result.stderr
    assert re.search(r"Operations: +7 selected / 7 total", result.stdout), result.stdout


@pytest.mark.parametrize("source", ["written", "served"])
def test_the_contract_is_valid_openapi(source: str, document: dict[str, Any]):
    found, uri = read_from_filename(str(CONTRACT)) if source == "written" else (document, "")
    OpenAPIV31SpecValidator(found, base_uri=uri).validate()


def test_the_served_contract_is_the_written_one(document: dict[str, Any]):
    """But for references to other files, which are resolved."""
    written = yaml.safe_load(CONTRACT.read_text())
    assert document["info"] == written["info"]
    assert set(document["paths"]) == set(written["paths"])
    assert references(document) <= set(local_pointers(document))


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
