"""The addresses in the workflows: what a local run rewrites, and what it leaves alone."""

from __future__ import annotations

import json

import pytest

from launcher.services import SERVICES
from launcher.workflows import (
    credentials,
    fingerprint,
    local_addresses,
    local_workflows,
    rewrite_addresses,
    workflow_files,
)

ENV = {
    "SIMULATOR_URL": "http://127.0.0.1:9000",
    "SERVICE_TOKEN": "service-token",
    "WHATSAPP_ACCESS_TOKEN": "meta-token",
    **{service.url_variable: f"http://127.0.0.1:{9000 + service.port}" for service in SERVICES},
}
PARSE = "http://127.0.0.1:17101"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://parse-message-optimized:8101/v1/parse", f"{PARSE}/v1/parse"),
        ("http://parse-message-optimized:8101", PARSE),
        ("=http://parse-message-optimized:8101/{{ $json.id }}", f"={PARSE}/{{{{ $json.id }}}}"),
        ("=https://graph.facebook.com/v24.0/{{ $json.a }}", "=http://127.0.0.1:9000/v24.0/{{ $json.a }}"),
        ("https://graph.facebook.com?x=1", "http://127.0.0.1:9000?x=1"),
        ("http://parse-message-optimized:81010/v1", "http://parse-message-optimized:81010/v1"),
        ("https://graph.facebook.com.example.org/", "https://graph.facebook.com.example.org/"),
        ("see http://parse-message-optimized:8101", "see http://parse-message-optimized:8101"),
        ("", ""),
        (8101, 8101),
        (None, None),
    ],
)
def test_an_address_is_rewritten_only_where_it_is_one(text, expected):
    assert rewrite_addresses(text, local_addresses(ENV)) == expected


def test_rewriting_goes_all_the_way_down_and_leaves_the_original():
    original = {"nodes": [{"parameters": {"url": "https://graph.facebook.com/v24.0"}}], "n": 1}
    before = json.dumps(original)
    rewritten = rewrite_addresses(original, local_addresses(ENV))
    assert rewritten["nodes"][0]["parameters"]["url"] == "http://127.0.0.1:9000/v24.0"
    assert json.dumps(original) == before


def test_no_address_of_the_files_is_left_in_what_n8n_gets():
    workflows = local_workflows(ENV)
    assert len(workflows) == len(workflow_files())
    urls = [
        node["parameters"]["url"]
        for workflow in workflows
        for node in workflow["nodes"]
        if "url" in node["parameters"]
    ]
    assert urls
    assert all(url.lstrip("=").startswith("http://127.0.0.1:") for url in urls), urls


def test_everything_but_addresses_stays_as_in_the_files():
    original = json.loads(workflow_files()[0].read_text())
    identical = {origin: origin for origin in local_addresses(ENV)}
    assert rewrite_addresses(original, identical) == original


def test_the_credentials_carry_the_names_that_the_workflows_ask_for():
    made = {(credential["name"], credential["id"]) for credential in credentials(ENV)}
    asked = {
        (credential["name"], credential["id"])
        for file in workflow_files()
        for node in json.loads(file.read_text())["nodes"]
        for credential in node.get("credentials", {}).values()
    }
    assert asked <= made
    assert [c["data"]["value"] for c in credentials(ENV)] == ["Bearer service-token", "Bearer meta-token"]


def test_a_change_of_a_workflow_or_a_token_changes_the_fingerprint():
    base = fingerprint("2.40.5", [{"a": 1, "b": 2}], "token")
    assert fingerprint("2.40.5", [{"b": 2, "a": 1}], "token") == base
    assert fingerprint("2.40.5", [{"a": 1, "b": 3}], "token") != base
    assert fingerprint("2.40.6", [{"a": 1, "b": 2}], "token") != base
    assert fingerprint("2.40.5", [{"a": 1, "b": 2}], "other") != base
