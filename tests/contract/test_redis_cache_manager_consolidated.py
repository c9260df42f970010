"""Drives the running service from its contract: as it is written, and as it is served."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from openapi_schema_validator import OAS31Validator

from tests.api.session_shop import NODE, message
from tests.conftest import ROOT, binary, free_port
from tests.contract.running import (
    AUTHORIZATION,
    TOKEN,
    Effort,
    check_is_openapi,
    check_operations,
    run_schemathesis,
)
from tests.contract.schemas import closed
from tests.service import Service

CONTRACT = ROOT / "openapi" / f"{NODE}.yaml"


@pytest.fixture(scope="module")
def contract_database(postgres_server) -> Iterator[str]:
    url = postgres_server.create_database("session_contract")
    subprocess.run(
        [ROOT / "database" / "migrate.sh", "--init", url], check=True, capture_output=True
    )
    yield url
    postgres_server.query("DROP DATABASE session_contract WITH (FORCE)")


@pytest.fixture(scope="module")
def svc(redis_server, contract_database: str, tmp_path_factory) -> Iterator[Service]:
    port = free_port()
    env = {
        "PATH": "/usr/bin:/bin",
        "PORT": str(port),
        "REDIS_URL": redis_server.url,
        "REDIS_TIMEOUT_MS": "500",
        "DATABASE_URL": contract_database,
        "SERVICE_TOKEN": TOKEN,
        "BIND_ADDRESS": "127.0.0.1",
        # So that no example waits: what waiting does is tested in tests/api.
        "QUIET_MS": "0",
        "TURN_WAIT_MS": "0",
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
    # What isn't there is answered by 200 and `found` false, as n8n reads it best.
    excluded = ["--exclude-checks=use_after_free,ensure_resource_availability"]
    effort = Effort(40, 240, excluded)
    output = run_schemathesis(svc, CONTRACT, document, tmp_path, source, effort)
    count = sum(len(item) for item in document["paths"].values())
    check_operations(output, count, count)


@pytest.mark.parametrize("source", ["written", "served"])
def test_the_contract_is_valid_openapi(source: str, document: dict[str, Any]):
    check_is_openapi(CONTRACT, document, source)


class Caller:
    """Calls operations, and checks that each answer holds what the contract names and no more."""

    def __init__(self, svc: Service, document: dict[str, Any]) -> None:
        self.svc = svc
        self.document = document

    def __call__(self, method: str, path: str, template: str, body: Any = None) -> Any:
        url = self.svc.url + path
        answer = httpx.request(method, url, json=body, headers=AUTHORIZATION, timeout=20)
        assert answer.status_code == 200, answer.text
        operation = self.document["paths"][template][method.lower()]
        schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
        if "oneOf" in schema:
            schema = schema["oneOf"][0]
        components = self.document["components"]
        name = schema["$ref"].rsplit("/", 1)[-1]
        open_ones = ("Message", "HitRate", "Stats")
        schemas = {
            key: value if key in open_ones else closed(value)
            for key, value in components["schemas"].items()
        }
        whole = {**schemas[name], "components": {"schemas": schemas}}
        OAS31Validator(whole).validate(answer.json())
        return answer.json()


def test_answers_hold_what_the_contract_names_and_no_more(svc: Service, document) -> None:
    call = Caller(svc, document)
    one = "/v1/sessions/{customer_phone}"
    customer = "/v1/sessions/5215599999999"
    call("GET", customer, one)
    call("PATCH", customer, one, {})
    call("POST", f"{customer}/load", f"{one}/load", {"customer": {"name": "Ana"}})
    call("POST", f"{customer}/load", f"{one}/load")
    call("PUT", customer, one, {"session_state": "cart", "version": 1})
    call("PUT", customer, one, {"version": 1})
    call("POST", f"{customer}/touch", f"{one}/touch")
    begin = {"customer_phone": "5215599999999", "message": message("m1", **{"from": None})}
    lease = call("POST", "/v1/turns/begin", "/v1/turns/begin", begin)["lease"]["token"]
    call("POST", "/v1/turns/begin", "/v1/turns/begin", begin)
    end = {"customer_phone": "5215599999999", "lease": lease, "session": {}, "reply": {"a": 1}}
    for _ in range(2):
        call("POST", "/v1/turns/end", "/v1/turns/end", end)
    call("POST", "/v1/turns/end", "/v1/turns/end", {**end, "lease": "invented"})
    call("POST", "/v1/turns/begin", "/v1/turns/begin", begin)
    change = {"previous": "5215599999999", "current": {"user_id": "MX.5215599999999"}}
    for _ in range(2):
        call("POST", "/v1/identities/change", "/v1/identities/change", change)
    call("GET", customer, one)
    call("DELETE", customer, one)
    call("DELETE", customer, one)
    entry = "/v1/cache/{namespace}/{key}"
    loader = call("GET", "/v1/cache/n/k?load=1", entry)["loader"]
    call("GET", "/v1/cache/n/k?load=1&wait_ms=0", entry)
    call("PUT", "/v1/cache/n/k", entry, {"value": 1, "loader": "invented"})
    call("PUT", "/v1/cache/n/k", entry, {"value": 1, "loader": loader})
    call("GET", "/v1/cache/n/k", entry)
    call("DELETE", "/v1/cache/n/k", entry)
    call("DELETE", "/v1/cache/n?tag=t", "/v1/cache/{namespace}")
    call("GET", "/v1/stats", "/v1/stats")
