"""Drives the running service from its contract: as it is written, and as it is served."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from openapi_schema_validator import OAS31Validator

from launcher.servers import Postgres
from tests.api.ai_shop import INTENTS, NODE, Model, Shop
from tests.api.limiter import migrate
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
    """With a provider that answers, one that is dead, and one that is wrong."""
    port = free_port()
    model = Model()
    shop = Shop(migrate(postgres_server.create_database("contract_intents")))
    keys = shop.add("Bueno", model.url) | shop.add("Muerto", "http://127.0.0.1:9/v1", priority=1)
    keys |= shop.add("Roto", "nada")
    shop.http.close()
    env = {
        "PATH": "/usr/bin:/bin",
        "PORT": str(port),
        "REDIS_URL": redis_server.url,
        "DATABASE_URL": shop.database,
        "SERVICE_TOKEN": TOKEN,
        "BIND_ADDRESS": "127.0.0.1",
        **keys,
    }
    running = Service(binary(NODE), port, env, tmp_path_factory.mktemp("contract") / "log")
    running.wait_ready()
    yield running
    assert running.process.poll() is None, running.log_text()[-2000:]
    assert running.stop() == 0
    model.stop()


@pytest.fixture(scope="module")
def document(svc: Service) -> dict[str, Any]:
    return httpx.get(f"{svc.url}/openapi.json").json()


@pytest.mark.parametrize("source", ["written", "served"])
def test_the_service_keeps_its_contract(svc: Service, document, tmp_path: Path, source: str):
    """All checks of schemathesis, with data that keeps the contract and data that breaks it."""
    effort = Effort(60, 100)
    output = run_schemathesis(svc, CONTRACT, document, tmp_path, source, effort)
    check_operations(output, 9, 9)


@pytest.mark.parametrize("source", ["written", "served"])
def test_the_contract_is_valid_openapi(source: str, document: dict[str, Any]):
    check_is_openapi(CONTRACT, document, source)


def test_the_served_contract_is_the_written_one(document: dict[str, Any]):
    check_served_as_written(CONTRACT, document)
    assert document["components"]["schemas"]["Intent"]["enum"] == INTENTS


TEXT = {"text": "quiero 2 camisas rojas talla M de menos de 300 pesos"}
CALLS = [
    ("POST", "/v1/intent", TEXT, "Answer"),
    ("POST", "/v1/intent", {**TEXT, "explain": True, "customer_phone": "1"}, "Answer"),
    ("POST", "/v1/intent", {"text": None, "locale": None, "history": None}, "Answer"),
    ("POST", "/v1/intent", {"text": "x", "reply_id": "add:1", "session_state": "x"}, "Answer"),
    ("POST", "/v1/intent", [{"text": "hola"}, {"text": "xyzzy brmf"}], "Answer"),
    ("POST", "/v1/intent", {"text": "mi pedido A-1001 a Calle Sol 12 cupón VERANO10"}, "Answer"),
    ("GET", "/v1/providers", None, "Providers"),
    ("POST", "/v1/providers/bueno/test", None, "Tested"),
    ("POST", "/v1/providers/muerto/test", None, "Tested"),
    ("POST", "/v1/providers/roto/test", None, "Tested"),
    ("POST", "/v1/providers/nadie/test", None, "Tested"),
    ("GET", "/v1/providers", None, "Providers"),
    ("POST", "/v1/providers/muerto/reset", None, "Reset"),
    ("POST", "/v1/providers/nadie/reset", None, "Reset"),
]


def test_each_answer_holds_what_the_contract_names_and_no_more(svc: Service, document):
    for method, path, body, name in CALLS:
        answer = httpx.request(method, f"{svc.url}{path}", json=body, headers=AUTHORIZATION)
        assert answer.status_code == 200, answer.text
        components = closed(document["components"])
        # A WhatsApp message, which isn't described here.
        schema = {"$ref": f"#/components/schemas/{name}", "components": components}
        answers = answer.json() if isinstance(answer.json(), list) else [answer.json()]
        for each in answers:
            faults = [f"{e.json_path}: {e.message}" for e in OAS31Validator(schema).iter_errors(each)]
            assert not faults, (method, path, "\n".join(faults))
