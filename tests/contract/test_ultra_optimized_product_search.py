"""Drives the running service from its contract: as it is written, and as it is served."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from openapi_schema_validator import OAS31Validator

from launcher.servers import Postgres
from tests.api.search_shop import DATABASE, NODE, until
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
    url = postgres_server.create_database("contract_search")
    subprocess.run([DATABASE / "load-demo.sh", "--full", url], check=True, capture_output=True)
    env = {
        "PATH": "/usr/bin:/bin",
        "PORT": str(port),
        "DATABASE_URL": url,
        "SERVICE_TOKEN": TOKEN,
        "BIND_ADDRESS": "127.0.0.1",
    }
    running = Service(binary(NODE), port, env, tmp_path_factory.mktemp("contract") / "log")
    running.wait_ready()
    until(lambda: call(running, "GET", "/v1/index")["ready"], 30, "the index")
    yield running
    assert running.process.poll() is None, running.log_text()[-2000:]
    assert running.stop() == 0


def call(svc: Service, method: str, path: str, body: Any = None) -> Any:
    answer = httpx.request(method, f"{svc.url}{path}", json=body, headers=AUTHORIZATION)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture(scope="module")
def document(svc: Service) -> dict[str, Any]:
    return httpx.get(f"{svc.url}/openapi.json").json()


@pytest.mark.parametrize("source", ["written", "served"])
def test_the_service_keeps_its_contract(svc: Service, document, tmp_path: Path, source: str):
    """All checks of schemathesis, with data that keeps the contract and data that breaks it."""
    # That a cursor is one of this search is a rule that no schema can state; what isn't
    # there is answered by 200 and `found` false, as n8n reads it best.
    excluded = ["--exclude-checks=positive_data_acceptance,use_after_free,ensure_resource_availability"]
    effort = Effort(40, 240, excluded)
    output = run_schemathesis(svc, CONTRACT, document, tmp_path, source, effort)
    count = sum(len(item) for item in document["paths"].values())
    check_operations(output, count, count)


@pytest.mark.parametrize("source", ["written", "served"])
def test_the_contract_is_valid_openapi(source: str, document: dict[str, Any]):
    check_is_openapi(CONTRACT, document, source)


def test_the_served_contract_is_the_written_one(document: dict[str, Any]):
    check_served_as_written(CONTRACT, document)


FEEDBACK = {"query": "playera", "product_id": 1, "action": "click", "message_id": "m"}
NOTHING = {name: None for name in ("query", "category", "price_min", "on_offer", "brand", "sort",
                                   "limit", "cursor", "facets", "customer_phone", "language")}  # fmt: skip
CALLS = [
    ("POST", "/v1/search", {"query": "playera"}, "Found"),
    ("POST", "/v1/search", {}, "Found"),
    ("POST", "/v1/search", NOTHING, "Found"),
    ("POST", "/v1/search", {"query": "xqzwvk", "category": "none", "facets": False}, "Found"),
    ("POST", "/v1/search", [{"query": "tenis rojos talla 27 menos de 900"}] * 2, "Found"),
    ("POST", "/v1/search", {"headers": {}, "params": {}, "query": {}, "body": {"query": "usb c"}}, "Found"),
    ("GET", "/v1/suggest?q=pla", None, "Suggestions"),
    ("GET", "/v1/categories", None, "Categories"),
    ("GET", "/v1/categories/1/products?sort=price_asc", None, "Found"),
    ("GET", "/v1/products/1", None, "OneProduct"),
    ("GET", "/v1/products/999999", None, "OneProduct"),
    ("POST", "/v1/feedback", FEEDBACK, "Noted"),
    ("POST", "/v1/feedback", [FEEDBACK, {**FEEDBACK, "product_id": 999999}], "Noted"),
    ("GET", "/v1/index", None, "Index"),
]


def test_each_answer_holds_what_the_contract_names_and_no_more(svc: Service, document):
    for method, path, body, name in CALLS:
        answer = call(svc, method, path, body)
        components = closed(document["components"])
        components["schemas"]["Reply"] = document["components"]["schemas"]["Reply"]
        schema = {"$ref": f"#/components/schemas/{name}", "components": components}
        for each in answer if isinstance(answer, list) else [answer]:
            faults = [f"{e.json_path}: {e.message}" for e in OAS31Validator(schema).iter_errors(each)]
            assert not faults, (method, path, "\n".join(faults))
