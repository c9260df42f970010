"""What Meta refuses, the simulator refuses: with Meta's code, in Meta's shape."""

from __future__ import annotations

import copy
from typing import Any

import httpx
import pytest

from tests.simulator.helper import ANA, NUMBER, SimulatorProcess

TEXT = {"type": "text", "text": {"body": "hola"}}


def interactive(kind: str, action: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "interactive",
            "interactive": {"type": kind, "body": {"text": "Elige"}, "action": action, **more}}


def button(*pairs: tuple[str, str], **more: Any) -> dict[str, Any]:
    return interactive("button", {"buttons": [
        {"type": "reply", "reply": {"id": i, "title": t}} for i, t in pairs]}, **more)


def sections(*counts: int, **row: Any) -> list[dict[str, Any]]:
    return [{"title": f"Sección {s}", "rows": [{"id": f"{s}.{r}", "title": f"Fila {s}.{r}", **row}
                                               for r in range(count)]}
            for s, count in enumerate(counts)]


def rows(found: list[dict[str, Any]], label: str = "Ver", **more: Any) -> dict[str, Any]:
    return interactive("list", {"button": label, "sections": found}, **more)


def body(kind: str, text: str) -> dict[str, Any]:
    base = button(("a", "Sí")) if kind == "button" else rows(sections(1))
    base = copy.deepcopy(base)
    base["interactive"]["body"]["text"] = text
    return base


PRODUCTS = {"catalog_id": "1", "sections": [{"title": "x", "product_items": [
    {"product_retailer_id": f"p{i}"} for i in range(31)]}]}
LIMITS = [
    # name, body, code, part of the details
    ("text empty", {"text": {"body": ""}}, 100, "at least 1"),
    ("text blank", {"text": {"body": "  \n"}}, 100, "at least 1"),
    ("text 4097", {"text": {"body": "x" * 4097}}, 100, "4096"),
    ("text not a string", {"text": {"body": 7}}, 100, "must be a string"),
    ("text without body", {"text": {}}, 100, "required"),
    ("text left out", {"type": "text"}, 100, "text is required"),
    ("unknown type", {"type": "poll", "poll": {}}, 100, "must be one of"),
    ("button title 21", button(("a", "x" * 21)), 131009, "Max length: 20"),
    ("button title empty", button(("a", "")), 131009, "Button title length"),
    ("button id 257", button(("x" * 257, "Sí")), 131009, "256"),
    ("four buttons", button(("a", "A"), ("b", "B"), ("c", "C"), ("d", "D")), 131009, "buttons: 3"),
    ("no buttons", button(), 131009, "Min allowed buttons: 1"),
    ("same button ids", button(("a", "A"), ("a", "B")), 131009, "Duplicated button reply id"),
    ("same button titles", button(("a", "A"), ("b", "A")), 131009, "Duplicated button title"),
    ("buttons missing", interactive("button", {}), 131008, "buttons"),
    ("body 1025 with buttons", body("button", "x" * 1025), 131009, "Max length: 1024"),
    ("body empty", body("button", ""), 131009, "Body text length"),
    ("body 4097 with a list", body("list", "x" * 4097), 131009, "Max length: 4096"),
    ("body missing", {"type": "interactive", "interactive": {"type": "button", "action": {}}},
     131008, "body"),
    ("action missing", {"type": "interactive", "interactive": {
        "type": "button", "body": {"text": "x"}}}, 131008, "action"),
    ("footer 61", button(("a", "A"), footer={"text": "x" * 61}), 131009, "60"),
    ("header 61", button(("a", "A"), header={"type": "text", "text": "x" * 61}), 131009, "60"),
    ("header of no known type", button(("a", "A"), header={"type": "gif"}), 100, "header"),
    ("header link that is none", button(("a", "A"), header={
        "type": "image", "image": {"link": "media-demo/CAL-0001.png"}}), 100, "not a valid URL"),
    ("list with a picture", rows(sections(1), header={"type": "image", "image": {"id": "1"}}),
     131009, "Header type"),
    ("list button 21", rows(sections(1), "x" * 21), 131009, "Max length: 20"),
    ("11 rows in one section", rows(sections(11)), 131009, "max allowed count: 10"),
    ("11 rows over sections", rows(sections(5, 6)), 131009, "max allowed count: 10"),
    ("11 sections", rows(sections(*[1] * 11)), 131009, "sections"),
    ("row title 25", rows(sections(1, title="x" * 25)), 131009, "Max length is 24"),
    ("row description 73", rows(sections(1, description="x" * 73)), 131009, "Max length is 72"),
    ("row id 201", rows(sections(1, id="x" * 201)), 131009, "200"),
    ("same row ids over sections", rows(sections(1, 1, id="x")), 131009, "Duplicated row id"),
    ("section title 25", rows([{"title": "x" * 25, "rows": [{"id": "a", "title": "A"}]}]),
     131009, "Max length is 24"),
    ("two sections, one without title", rows([{"rows": [{"id": "a", "title": "A"}]},
                                              {"title": "B", "rows": [{"id": "b", "title": "B"}]}]),
     131008, "section"),
    ("section without rows", rows([{"title": "A", "rows": []}]), 131009, "rows"),
    ("row without title", rows([{"rows": [{"id": "a"}]}]), 131008, "title"),
    ("list button missing", interactive("list", {"sections": sections(1)}), 131008, "label"),
    ("cta_url without url", interactive("cta_url", {"name": "cta_url", "parameters": {
        "display_text": "Pagar"}}), 131008, "url"),
    ("cta_url 21", interactive("cta_url", {"name": "cta_url", "parameters": {
        "display_text": "x" * 21, "url": "https://a.example"}}), 131009, "20"),
    ("cta_url of a bad scheme", interactive("cta_url", {"name": "cta_url", "parameters": {
        "display_text": "Pagar", "url": "javascript:1"}}), 131009, "valid URL"),
    ("flow without id", interactive("flow", {"name": "flow", "parameters": {
        "flow_cta": "Abrir", "flow_message_version": "3"}}), 131008, "flow_id"),
    ("31 products", interactive("product_list", PRODUCTS, header={"type": "text", "text": "x"}),
     131009, "Max allowed: 30"),
    ("product without catalogue", interactive("product", {"product_retailer_id": "a"}), 131008,
     "catalog_id"),
    ("contact request of a wrong name", interactive("request_contact_info", {"name": "x"}), 131009,
     "request_contact_info"),
    ("unknown interactive", interactive("carousel9", {}), 100, "must be one of"),
    ("interactive without type", {"type": "interactive", "interactive": {}}, 131008, "type"),
    ("image without id and link", {"type": "image", "image": {}}, 100, "required"),
    ("image of a bad link", {"type": "image", "image": {"link": "ftp://x"}}, 100, "valid URL"),
    ("image of unknown id", {"type": "image", "image": {"id": "123"}}, 131009, "does not exist"),
    ("caption 1025", {"type": "image", "image": {"link": "https://a.example/1.png",
                                                 "caption": "x" * 1025}}, 100, "1024"),
    ("audio with a caption", {"type": "audio", "audio": {"link": "https://a.example/1.ogg",
                                                         "caption": "x"}}, 100, "caption"),
    ("location without longitude", {"type": "location", "location": {"latitude": 1}}, 131008,
     "longitude"),
    ("location off the globe", {"type": "location", "location": {"latitude": 91, "longitude": 1}},
     131009, "latitude"),
    ("contacts empty", {"type": "contacts", "contacts": []}, 100, "contacts"),
    ("contact without name", {"type": "contacts", "contacts": [{"phones": []}]}, 131008, "name"),
    ("reaction without message", {"type": "reaction", "reaction": {"emoji": "x"}}, 131008,
     "message_id"),
    ("template without language", {"type": "template", "template": {"name": "x"}}, 131008,
     "language"),
    ("template without name", {"type": "template", "template": {"language": {"code": "es"}}},
     131008, "name"),
    ("callback data 513", {**TEXT, "biz_opaque_callback_data": "x" * 513}, 100, "512"),
    ("phone malformed", {**TEXT, "to": "no soy un número"}, 131009, "malformed"),
    ("to the shop itself", {**TEXT, "to": "15550783881"}, 131021, "same"),
    ("no such recipient", {**TEXT, "to": "5215500000000"}, 131026, "WhatsApp number"),
    ("no such user id", {**TEXT, "to": None, "recipient": "MX.404"}, 131026, "ndeliverable"),
    ("user id malformed", {**TEXT, "to": None, "recipient": "x"}, 131009, "user ID"),
]


@pytest.mark.parametrize("message, code, details", [case[1:] for case in LIMITS],
                         ids=[case[0] for case in LIMITS])
def test_refusal(simulator: SimulatorProcess, message: dict, code: int, details: str) -> None:
    simulator.say("hola")
    error = simulator.refused(message)
    assert error["code"] == code
    assert error["status"] == 400
    assert error["message"].startswith(f"(#{code}) ")
    assert error["type"] == "OAuthException"
    assert error["error_data"]["messaging_product"] == "whatsapp"
    assert details in error["error_data"]["details"]
    assert error["fbtrace_id"] and isinstance(error["error_subcode"], int)


AT_THE_LIMIT = {
    "text 4096": {"text": {"body": "ñ" * 4096}},
    "button 20, body 1024": button(("i" * 256, "á" * 20), ("b", "B"), ("c", "C"),
                                   body={"text": "x" * 1024}, footer={"text": "x" * 60},
                                   header={"type": "text", "text": "x" * 60}),
    "emoji count as one": button(("a", "🛒" * 20)),
    "list of 10": rows(sections(5, 5, description="d" * 72), "x" * 20, body={"text": "x" * 4096}),
    "row 24": rows([{"title": "s" * 24, "rows": [{"id": "i" * 200, "title": "t" * 24}]}]),
    "cta_url": interactive("cta_url", {"name": "cta_url", "parameters": {
        "display_text": "Pagar", "url": "https://a.example/p?x=1"}}),
    "flow": interactive("flow", {"name": "flow", "parameters": {
        "flow_id": "1", "flow_cta": "Abrir", "flow_message_version": "3", "flow_token": "t"}}),
    "product": {"type": "interactive", "interactive": {"type": "product", "action": {
        "catalog_id": "1", "product_retailer_id": "SKU-1"}}},
    "product_list": interactive("product_list", {"catalog_id": "1", "sections": [
        {"title": "x", "product_items": [{"product_retailer_id": "SKU-1"}]}]},
        header={"type": "text", "text": "Para ti"}),
    "location request": interactive("location_request_message", {"name": "send_location"}),
    "contact request": interactive("request_contact_info", {"name": "request_contact_info"}),
    "image": {"type": "image", "image": {"link": "https://a.example/1.png", "caption": "x" * 1024}},
    "location": {"type": "location", "location": {"latitude": 19.4, "longitude": "-99.1"}},
    "contacts": {"type": "contacts", "contacts": [{"name": {"formatted_name": "Luis"}}]},
    "formatted number": {**TEXT, "to": "+52 (155) 1234-5678"},
}


@pytest.mark.parametrize("message", AT_THE_LIMIT.values(), ids=AT_THE_LIMIT.keys())
def test_taken_at_the_limit(simulator: SimulatorProcess, message: dict) -> None:
    simulator.say("hola")
    answer = simulator.send(message)
    assert answer.status_code == 200, answer.text
    got = answer.json()
    assert got["messaging_product"] == "whatsapp"
    assert got["contacts"] == [{"input": message.get("to", ANA), "wa_id": ANA}]
    assert got["messages"][0]["id"].startswith("wamid.")


def test_token(simulator: SimulatorProcess) -> None:
    path = f"{simulator.url}/v23.0/{NUMBER}/messages"
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic x"}):
        answer = httpx.post(path, json={"messaging_product": "whatsapp", "to": ANA, **TEXT},
                            headers=headers)
        assert answer.status_code == 401
        assert answer.json()["error"]["code"] == 190
        assert answer.json()["error"]["type"] == "OAuthException"


def test_phone_number_id_and_paths(simulator: SimulatorProcess) -> None:
    http = simulator.graph_http
    error = http.post("/v23.0/999999/messages", json=TEXT).json()["error"]
    assert (error["code"], error["error_subcode"]) == (100, 33)
    assert "999999" in error["message"]
    assert http.post(f"/v23.0/{NUMBER}/mesages", json=TEXT).json()["error"]["code"] == 2500
    assert http.post(f"/23/{NUMBER}/messages", json=TEXT).status_code == 404
    assert http.get(f"/v23.0/{NUMBER}").json()["display_phone_number"] == "15550783881"
    for version in ("v20.0", "v26.0"):
        assert simulator.send({"type": "text"}, version).json()["error"]["code"] == 100


def test_envelope(simulator: SimulatorProcess) -> None:
    path = f"/v23.0/{NUMBER}/messages"
    for body, part in ((b"{", "JSON"), (b"[]", "object"), (b"{}", "messaging_product"),
                       (b'{"messaging_product":"sms"}', "messaging_product"),
                       (b'{"messaging_product":"whatsapp","text":{"body":"x"}}', "parameter to"),
                       (b"[" * 100_000, "JSON")):
        answer = simulator.graph_http.post(path, content=body)
        assert answer.status_code == 400
        assert answer.json()["error"]["code"] == 100
        assert part in answer.json()["error"]["message"]
    answer = simulator.graph_http.post(path, content=b" " * 1_100_000)
    assert answer.status_code == 413


def test_window(simulator: SimulatorProcess) -> None:
    template = {"type": "template", "template": {"name": "pago", "language": {"code": "es_MX"}}}
    assert simulator.refused(TEXT)["code"] == 131047  # Ana hasn't written yet
    answer = simulator.send(template)
    assert answer.json()["messages"][0]["message_status"] == "accepted"
    simulator.say("hola")
    assert simulator.send(TEXT).status_code == 200
    simulator.sim("PUT", f"customers/{ANA}", {"window_open": False})
    assert simulator.refused(TEXT)["code"] == 131047
    shown = simulator.messages(direction="to_customer")[-1]
    assert shown["status"] == "refused" and shown["error"]["code"] == 131047


def test_templates_in_the_settings(simulator: SimulatorProcess) -> None:
    simulator.settings(templates={"pago": {"body": "Pagaste {{1}}, {{2}}.", "languages": ["es_MX"]}})
    simulator.say("hola")

    def template(name: str, code: str, *values: str) -> dict[str, Any]:
        return {"type": "template", "template": {"name": name, "language": {"code": code},
                "components": [{"type": "body", "parameters": [
                    {"type": "text", "text": v} for v in values]}]}}

    missing = simulator.refused(template("otra", "es_MX"))
    assert (missing["code"], missing["status"]) == (132001, 404)
    assert simulator.refused(template("pago", "en_US", "a", "b"))["code"] == 132001
    assert simulator.refused(template("pago", "es_MX", "a"))["code"] == 132000
    assert simulator.send(template("pago", "es_MX", "$10", "Ana")).status_code == 200
    assert simulator.messages()[-1]["text"] == "Pagaste $10, Ana."


def test_pair_rate_and_throughput(simulator: SimulatorProcess) -> None:
    simulator.say("hola")
    simulator.settings(pair_limit=2, pair_window_s=60)
    assert [simulator.send(TEXT).status_code for _ in range(3)] == [200, 200, 429]
    assert simulator.refused(TEXT)["code"] == 131056
    simulator.settings(pair_limit=0, throughput_limit=1)
    codes = [simulator.send(TEXT).status_code for _ in range(5)]
    assert codes[0] == 200 and 429 in codes
    simulator.settings(throughput_limit=1)
    assert simulator.refused(TEXT)["code"] == 130429


def test_fail_next(simulator: SimulatorProcess) -> None:
    simulator.say("hola")
    simulator.settings(fail_next={"count": 2, "code": 131000})
    assert simulator.refused(TEXT) | {"fbtrace_id": ""} == simulator.refused(TEXT) | {"fbtrace_id": ""}
    assert simulator.send(TEXT).status_code == 200
    simulator.settings(fail_next={"count": 1, "code": 131016, "http_status": 502})
    assert simulator.refused(TEXT)["status"] == 502
