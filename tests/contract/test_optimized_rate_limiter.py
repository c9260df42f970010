"""Drives the running service from its contract: as it is written, and as it is served."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from openapi_schema_validator import OAS31Validator

from launcher.servers import Postgres
from tests.api.limiter import NODE, migrate
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
def svc(redis_server, postgres_server: Postgres, tmp_path_factory) -> Iterator[Service]:
    port = free_port()
    env = {
        "PATH": "/usr/bin:/bin",
        "PORT": str(port),
        "REDIS_URL": redis_server.url,
        "DATABASE_URL": migrate(postgres_server.create_database("contract_limiter")),
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


# That the limits of a tier don't contradict each other is a rule that no schema can state.
PARTS = [
    (["--exclude-operation-id=putTier"], 10),
    (["--include-operation-id=putTier", "--exclude-checks=positive_data_acceptance"], 1),
]


@pytest.mark.parametrize(("options", "operations"), PARTS, ids=["all but one", "putTier"])
@pytest.mark.parametrize("source", ["written", "served"])
def test_the_service_keeps_its_contract(
    svc: Service, document, tmp_path: Path, source: str, options: list[str], operations: int
):
    """All checks of schemathesis, with data that keeps the contract and data that breaks it."""
    effort = Effort(60, 100, options)
    output = run_schemathesis(svc, CONTRACT, document, tmp_path, source, effort)
    check_operations(output, operations, 11)


@pytest.mark.parametrize("source", ["written", "served"])
def test_the_contract_is_valid_openapi(source: str, document: dict[str, Any]):
    check_is_openapi(CONTRACT, document, source)


def test_the_served_contract_is_the_written_one(document: dict[str, Any]):
    check_served_as_written(CONTRACT, document)


LIMITS = {"max_per_minute": 2, "max_per_hour": 3, "max_per_day": 4}
CHECK = {"customer_phone": "1", "customer_tier": "two", "message_id": "a"}
CALLS = [
    ("PUT", "/v1/tiers/two", LIMITS, "Saved"),
    ("PUT", "/v1/tiers/two", [{**LIMITS, "mode": "shadow"}, LIMITS], "Saved"),
    ("DELETE", "/v1/limits/1", None, None),
    ("POST", "/v1/check", CHECK, "Verdict"),
    ("POST", "/v1/check", CHECK, "Verdict"),
    ("POST", "/v1/check", {**CHECK, "message_id": None, "locale": None}, "Verdict"),
    ("POST", "/v1/check", {**CHECK, "message_id": "told"}, "Verdict"),
    ("POST", "/v1/check", {**CHECK, "customer_tier": "none"}, "Verdict"),
    ("POST", "/v1/check", [{**CHECK, "message_id": "b"}] * 3, "Verdict"),
    ("GET", "/v1/limits/1", None, "Verdict"),
    ("GET", "/v1/limits/1?customer_tier=two", None, "Verdict"),
    ("POST", "/v1/refund", {"customer_phone": "1", "message_id": "a"}, "Refunded"),
    ("POST", "/v1/block", {"customer_phone": "1", "for_s": 5}, "Blocked"),
    ("POST", "/v1/check", CHECK, "Verdict"),
    ("POST", "/v1/block", {"customer_phone": "1", "for_s": 0}, "Blocked"),
]


def test_each_answer_holds_what_the_contract_names_and_no_more(svc: Service, document):
    for method, path, body, name in CALLS:
        answer = httpx.request(method, f"{svc.url}{path}", json=body, headers=AUTHORIZATION)
        assert answer.status_code == 200, answer.text
        if name is None:
            continue
        schema = {
            "$ref": f"#/components/schemas/{name}",
            "components": closed(document["components"]),
        }
        answers = answer.json() if isinstance(answer.json(), list) else [answer.json()]
        for each in answers:
            faults = [f"{e.json_path}: {e.message}" for e in OAS31Validator(schema).iter_errors(each)]
            assert not faults, (method, path, "\n".join(faults))
