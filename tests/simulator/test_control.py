"""The control API, the settings, the start."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.simulator.helper import ANA, ROOT, Shop, SimulatorProcess

LIST = {"type": "interactive", "interactive": {
    "type": "list", "body": {"text": "Elige"}, "action": {"button": "Ver", "sections": [
        {"title": "Uno", "rows": [{"id": "a", "title": "A", "description": "la primera"},
                                  {"id": "b", "title": "B"}]}]}}}
BUTTONS = {"type": "interactive", "interactive": {
    "type": "button", "body": {"text": "¿Seguro?"}, "action": {"buttons": [
        {"type": "reply", "reply": {"id": "yes", "title": "Sí"}},
        {"type": "reply", "reply": {"id": "no", "title": "No"}}]}}}


def test_press(simulator: SimulatorProcess, shop: Shop) -> None:
    simulator.say("hola")
    first = simulator.send(LIST).json()["messages"][0]["id"]
    second = simulator.send(BUTTONS).json()["messages"][0]["id"]
    press = f"customers/{ANA}/press"
    simulator.sim("POST", press, {"title": "Sí"})
    simulator.sim("POST", press, {"id": "a", "message_id": first})
    got = shop.wait_items("messages", 3)[1:]
    got.sort(key=lambda m: m["interactive"]["type"])
    assert got[0]["interactive"] == {"type": "button_reply",
                                     "button_reply": {"id": "yes", "title": "Sí"}}
    assert got[0]["context"] == {"from": "15550783881", "id": second}
    assert got[1]["interactive"] == {"type": "list_reply", "list_reply": {
        "id": "a", "title": "A", "description": "la primera"}}
    assert got[1]["context"]["id"] == first
    simulator.sim("POST", press, {"id": "a", "message_id": second}, status=400)
    simulator.sim("POST", press, {"id": "zzz"}, status=400)
    simulator.sim("POST", press, {}, status=400)
    actions = [m for m in simulator.messages() if m["id"] == first][0]["actions"]
    assert actions[0] == {"kind": "row", "id": "a", "title": "A", "description": "la primera",
                          "section": "Uno"}


TYPES = [
    ({"type": "location", "latitude": 19.4, "longitude": -99.1, "name": "Casa"},
     {"location": {"latitude": 19.4, "longitude": -99.1, "name": "Casa"}}),
    ({"type": "contacts", "contacts": [{"phones": []}]}, {"contacts": [{"phones": []}]}),
    ({"type": "order", "product_items": [{"product_retailer_id": "A", "quantity": 2,
                                          "item_price": 7.99, "currency": "MXN"}]},
     {"order": {"catalog_id": "354160437058781", "text": "", "product_items": [
         {"product_retailer_id": "A", "quantity": 2, "item_price": 7.99, "currency": "MXN"}]}}),
    ({"type": "nfm_reply", "response": {"a": 1}},
     {"type": "interactive", "interactive": {"type": "nfm_reply", "nfm_reply": {
         "response_json": '{"a":1}', "body": "Sent", "name": "flow"}}}),
    ({"type": "button", "button": {"payload": "p", "text": "t"}}, {"button": {"payload": "p", "text": "t"}}),
    ({"type": "reaction", "reaction": {"message_id": "wamid.x"}}, {"reaction": {"message_id": "wamid.x"}}),
    ({"type": "unsupported", "errors": [{"code": 131051}]}, {"errors": [{"code": 131051}]}),
    ({"type": "text", "text": "x", "context": {"forwarded": True}}, {"context": {"forwarded": True}}),
    ({"message": {"type": "hologram", "hologram": {"a": 1}}}, {"type": "hologram", "hologram": {"a": 1}}),
    ({"message": {"type": "text", "text": {"body": "x"}, "timestamp": 1702502473}},
     {"timestamp": 1702502473}),
    ({"type": "text", "text": "x", "message_id": "wamid.MINE", "timestamp": "1"},
     {"id": "wamid.MINE", "timestamp": "1"}),
]


@pytest.mark.parametrize("spec, expected", TYPES, ids=[str(i) for i in range(len(TYPES))])
def test_every_type(simulator: SimulatorProcess, shop: Shop, spec: dict, expected: dict) -> None:
    simulator.sim("POST", f"customers/{ANA}/messages", spec)
    message = shop.wait_items("messages")[0]
    assert {name: message.get(name) for name in expected} == expected


def test_bad_messages(simulator: SimulatorProcess) -> None:
    path = f"customers/{ANA}/messages"
    for spec in ({}, {"type": "text"}, {"type": "poll"}, {"message": 1}, [], {"type": "order"},
                 {"type": "location"}, {"type": "image"}, {"type": "button_reply"}):
        problem = simulator.sim("POST", path, spec, status=400)
        assert problem["status"] == 400 and problem["detail"]
    simulator.sim("POST", "customers/404/messages", {"type": "text", "text": "x"}, status=404)
    assert simulator.http.post(f"/sim/{path}", content=b"{").status_code == 400


def test_long_poll(simulator: SimulatorProcess) -> None:
    simulator.say("hola")
    started = time.monotonic()
    assert simulator.messages(after=1, wait_s=0.2) == []
    assert 0.15 < time.monotonic() - started < 2
    timer = threading.Timer(0.15, simulator.send, [BUTTONS])
    timer.start()
    found = simulator.messages(after=1, wait_s=10, direction="to_customer")
    timer.join()
    assert [m["text"] for m in found] == ["¿Seguro?"] and time.monotonic() - started < 5
    answer = simulator.http.get(f"/sim/customers/{ANA}/messages").json()
    assert answer["next"] == 2 and [m["direction"] for m in answer["messages"]] == [
        "from_customer", "to_customer"]
    for query in ({"after": "x"}, {"wait_s": 61}, {"direction": "up"}):
        assert simulator.http.get(f"/sim/customers/{ANA}/messages", params=query).status_code == 400


def test_customers(simulator: SimulatorProcess) -> None:
    made = simulator.sim("POST", "customers", [{"name": f"C{n}", "wa_id": f"5730012345{n:02}"}
                                               for n in range(30)])
    assert len(made) == 30 and made[0]["user_id"].startswith("CO.")
    again = simulator.sim("POST", "customers", {"wa_id": "573001234500", "name": "Otra"})
    assert again["id"] == made[0]["id"] and again["name"] == "Otra"
    assert simulator.sim("GET", "customers")["total"] == 31
    for bad in ({"name": "x"}, {"wa_id": "+52"}, {"user_id": "x"}, 7):
        simulator.sim("POST", "customers", bad, status=400)
    simulator.sim("PUT", "customers/573001234500", {"wa_id": ANA}, status=400)
    simulator.sim("DELETE", "customers/573001234500")
    simulator.sim("GET", "customers/573001234500", status=404)


def test_settings(simulator: SimulatorProcess) -> None:
    for bad in ({"sent_delay_ms": -1}, {"nope": 1}, {"duplicate_rate": 2}, {"webhook_url": "ftp://x"},
                {"retry_delays_ms": [1] * 21}, {"fail_next": {"code": "x"}}, {"statuses": 1}, []):
        simulator.sim("PUT", "settings", bad, status=400)
    before = simulator.sim("GET", "settings")
    simulator.sim("PUT", "settings", {"window_s": 5, "statuses": "no"}, status=400)
    assert simulator.sim("GET", "settings") == before  # all of them or none
    simulator.settings(window_s=5)
    simulator.sim("POST", "reset", {})
    assert simulator.sim("GET", "settings")["window_s"] == 86_400


def test_reset_keeps_the_demo_customer(simulator: SimulatorProcess) -> None:
    user_id = simulator.sim("GET", f"customers/{ANA}")["user_id"]
    simulator.say("hola")
    simulator.sim("POST", "reset", {})
    state = simulator.sim("GET", "state")
    assert [(c["key"], c["user_id"], c["last"]) for c in state["customers"]] == [(ANA, user_id, None)]
    assert simulator.sim("GET", "deliveries")["deliveries"] == []
    assert simulator.messages() == []


def test_bounds(simulator: SimulatorProcess) -> None:
    simulator.settings(webhook_url=None)
    for n in range(0, 520, 40):
        simulator.sim("POST", "batch", {"messages": [
            {"customer": ANA, "type": "text", "text": str(n + i)} for i in range(40)]})
    found = simulator.messages()
    assert len(found) == 500 and found[-1]["text"] == "519" and found[-1]["seq"] == 520
    assert simulator.sim("GET", "deliveries")["deliveries"][-1]["state"] == "held"
    assert simulator.http.post("/sim/webhooks", content=b" " * (4 * 1024 * 1024 + 1)).status_code == 413


def test_calls_are_on_record(simulator: SimulatorProcess) -> None:
    simulator.say("hola")
    simulator.send(BUTTONS)
    simulator.send({"text": {"body": ""}})
    calls = simulator.sim("GET", "calls")["calls"]
    assert [c["status"] for c in calls] == [200, 400]
    assert calls[1]["error"]["code"] == 100 and '"to":' in calls[0]["request"]


def test_live_events(simulator: SimulatorProcess) -> None:
    with simulator.http.stream("GET", "/sim/events") as stream:
        lines = stream.iter_lines()
        assert next(lines) == "retry: 1000"
        simulator.say("en vivo")
        seen = ""
        for line in lines:
            seen += line
            if "en vivo" in line and "event: message" in seen:
                break


def test_page_and_health(simulator: SimulatorProcess) -> None:
    page = simulator.http.get("/")
    assert page.status_code == 200 and "default-src 'self'" in page.headers["content-security-policy"]
    assert simulator.http.get("/healthz").json() == {"status": "ok"}
    web = ROOT / "simulator" / "web"
    for file in [*web.rglob("*.js"), *web.rglob("*.css"), web / "index.html"]:
        answer = simulator.http.get(f"/web/{file.relative_to(web)}")
        assert answer.status_code == 200
        # What the page loads comes from here: no other address in any of its files.
        for address in ("src=\"http", "href=\"http", "url(http", "from \"http", "@import"):
            assert address not in answer.text, file
    assert simulator.http.get("/web/../config.py").status_code == 404


START = [
    ({"WHATSAPP_APP_SECRET": ""}, "WHATSAPP_APP_SECRET is missing"),
    ({"WHATSAPP_ACCESS_TOKEN": ""}, "WHATSAPP_ACCESS_TOKEN is missing"),
    ({"SIMULATOR_PORT": "99999"}, "SIMULATOR_PORT=99999"),
    ({"SIMULATOR_PORT": "x"}, "SIMULATOR_PORT=x"),
    ({"SIMULATOR_BIND": "203.0.113.1"}, "can't listen"),
    ({"WEBHOOK_URL": "localhost:1"}, "WEBHOOK_URL=localhost:1"),
    ({"WHATSAPP_PHONE_NUMBER_ID": "abc"}, "WHATSAPP_PHONE_NUMBER_ID=abc"),
    ({"SIMULATOR_CATALOGUE": "/no/such.tsv"}, "SIMULATOR_CATALOGUE=/no/such.tsv"),
    ({"WHATSAPP_APP_SECRET": "", "WHATSAPP_APP_SECRET_FILE": "/no/such"}, "WHATSAPP_APP_SECRET_FILE"),
]


@pytest.mark.parametrize("env, line", START, ids=[line for _, line in START])
def test_bad_start(env: dict[str, str], line: str) -> None:
    settings = {"SIMULATOR_PORT": "0", "WHATSAPP_APP_SECRET": "s", "WHATSAPP_ACCESS_TOKEN": "t", **env}
    ended = subprocess.run([sys.executable, "-m", "simulator"], cwd=ROOT, env=settings,
                           capture_output=True, text=True, timeout=20)
    assert ended.returncode == 2
    assert line in ended.stderr and ended.stderr.count("\n") == 1


CATALOGUES = {
    "a.tsv": "SKU\tNombre\tPrecio\tMoneda\nA-1\tCafé \"molido\"\t1.299,50\tEUR\n\tsin sku\t1\tEUR\n",
    "b.csv": (
        "sku,name,price,offer_price,stock\n"
        "A-1,\"Café \"\"molido\"\"\",1500,1299.50,4\nB-2,Sin precio,,,1\n"
    ),
    "c.csv": "id;title;price_cents\nA-1;Café \"molido\";129950\n",
}


@pytest.mark.parametrize("name", CATALOGUES)
def test_catalogue(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_text("\ufeff" + CATALOGUES[name], encoding="utf-8")
    process = SimulatorProcess(SIMULATOR_CATALOGUE=str(file))
    try:
        products = process.sim("GET", "catalogue")["products"]
    finally:
        assert process.stop() == 0
    assert [(p["sku"], p["price"]) for p in products] == [("A-1", 1299.5)]
    assert "molido" in products[0]["name"]
