"""The workflow files themselves: what they may hold, so that they import and run anywhere."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from launcher.workflows import workflow_files

# What n8n 2.x and 3.x share.
ALLOWED = {
    "webhook", "httpRequest", "if", "switch", "set", "splitOut", "merge", "respondToWebhook",
    "executeWorkflow", "executeWorkflowTrigger", "scheduleTrigger", "errorTrigger",
}  # fmt: skip
CREDENTIALS = {"Commerce Service Token", "WhatsApp Cloud API"}
TIMEOUT_MS_MAX = 10_000
ERROR_OUTPUT = 1

Node = dict[str, Any]


@pytest.fixture(params=workflow_files(), ids=lambda file: file.stem)
def workflow(request: pytest.FixtureRequest) -> dict[str, Any]:
    file: Path = request.param
    return json.loads(file.read_text())


def http_nodes(workflow: dict[str, Any]) -> list[Node]:
    return [node for node in workflow["nodes"] if node["type"] == "n8n-nodes-base.httpRequest"]


def targets(workflow: dict[str, Any], name: str, output: int) -> list[str]:
    outputs = workflow["connections"].get(name, {}).get("main", [])
    return [target["node"] for target in outputs[output]] if output < len(outputs) else []


def test_a_called_workflow_is_there(workflow):
    """By its id, which n8n keeps when it imports."""
    ids = {json.loads(file.read_text())["id"] for file in workflow_files()}
    for node in workflow["nodes"]:
        if node["type"].endswith(".executeWorkflow"):
            assert node["parameters"]["workflowId"]["value"] in ids, node["name"]


def is_called(workflow: dict[str, Any]) -> bool:
    """By another workflow, which it gives an answer to."""
    return any(node["type"].endswith(".executeWorkflowTrigger") for node in workflow["nodes"])


def targets_of(workflow: dict[str, Any], name: str) -> list[Node]:
    return [node for node in workflow["nodes"] if node["name"] in targets(workflow, name, 0)]


def test_a_called_workflow_keeps_its_items_in_order(workflow):
    """One line of nodes: with two branches that meet, one customer could get another's answer."""
    if is_called(workflow):
        for outputs in workflow["connections"].values():
            assert sum(len(output) for output in outputs["main"]) == 1


def test_there_is_the_full_system():
    names = {file.stem for file in workflow_files()}
    assert {"sistema-completo", "flow-5-carrito", "notificaciones-de-pago", "carritos-abandonados"} <= names


def test_only_nodes_that_both_versions_have(workflow):
    for node in workflow["nodes"]:
        package, _, kind = node["type"].rpartition(".")
        assert package == "n8n-nodes-base" and kind in ALLOWED, node["name"]


def test_every_http_node_has_a_timeout_of_seconds_and_an_error_branch(workflow):
    for node in http_nodes(workflow):
        name = node["name"]
        timeout = node["parameters"]["options"].get("timeout")
        assert isinstance(timeout, int) and 0 < timeout <= TIMEOUT_MS_MAX, name
        if is_called(workflow):
            # n8n gives back to the caller by place: an error stays in the place of its item.
            assert node.get("onError") == "continueRegularOutput", name
            assert "$json.error" in json.dumps(targets_of(workflow, name)), name
            continue
        assert node.get("onError") == "continueErrorOutput", name
        assert targets(workflow, name, ERROR_OUTPUT), f"{name}: its error output leads nowhere"


def test_only_nodes_that_get_one_item_are_retried_by_n8n(workflow):
    """n8n repeats the whole node, every item of it: what was sent already would be sent again."""
    for node in http_nodes(workflow):
        if node.get("retryOnFail"):
            assert "graph.facebook.com" not in node["parameters"]["url"], node["name"]


def test_every_http_node_says_what_it_gets(workflow):
    """Else n8n guesses the encoding of a JSON answer that names none: a row of ñ became Chinese."""
    for node in http_nodes(workflow):
        response = node["parameters"]["options"].get("response", {}).get("response", {})
        assert response.get("responseFormat") in ("json", "text"), node["name"]


def test_no_secret_and_no_environment_in_the_file(workflow):
    text = json.dumps(workflow, ensure_ascii=False)
    assert not re.search(r"\$env\b|process\.env|\$secrets", text)
    assert not re.search(r"Bearer\s+[A-Za-z0-9]", text)
    for node in workflow["nodes"]:
        for credential in node.get("credentials", {}).values():
            assert credential["name"] in CREDENTIALS, node["name"]


def test_every_connection_leads_to_a_node(workflow):
    names = [node["name"] for node in workflow["nodes"]]
    assert len(set(names)) == len(names)
    for source, outputs in workflow["connections"].items():
        assert source in names
        for output in outputs["main"]:
            assert all(target["node"] in names for target in output)


def test_every_node_that_an_expression_names_exists(workflow):
    names = {node["name"] for node in workflow["nodes"]}
    for node in workflow["nodes"]:
        used = set(re.findall(r"""\$\(['"]([^'"]+)['"]\)""", json.dumps(node["parameters"])))
        assert used <= names, node["name"]


def test_every_node_is_reached(workflow):
    reached = [node["name"] for node in workflow["nodes"] if node["type"].endswith(("webhook", "Trigger"))]
    for name in reached:
        for output in workflow["connections"].get(name, {}).get("main", []):
            reached += [t["node"] for t in output if t["node"] not in reached]
    assert sorted(reached) == sorted(node["name"] for node in workflow["nodes"])


def test_webhooks_are_signed_or_want_the_token(workflow):
    """Meta's keeps the raw body, which is signed, and answers at once; our own want the token."""
    for node in workflow["nodes"]:
        if not node["type"].endswith(".webhook") or node["parameters"].get("httpMethod") != "POST":
            continue
        if node["parameters"]["path"] == "whatsapp":
            assert node["parameters"]["options"].get("rawBody") is True
            assert node["parameters"]["responseMode"] == "onReceived"
        else:
            assert node["parameters"]["authentication"] == "headerAuth", node["name"]
            assert node["parameters"]["responseMode"] == "responseNode", node["name"]
