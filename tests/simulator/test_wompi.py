"""Wompi as the simulator plays it: links, the signed address, transactions, events."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from tests.simulator.helper import Received, Shop, SimulatorProcess
from tests.simulator.payments import mode, notify_to, press, quiet, wait_kinds

KEY, EVENTS = "prv_test_simulator", "test_events_simulator"


@pytest.fixture(autouse=True)
def _told(simulator: SimulatorProcess, shop: Shop) -> None:
    notify_to(simulator, shop, "wompi")


def wompi(simulator: SimulatorProcess, method: str, path: str, body: Any = None,
          key: str = KEY) -> httpx.Response:
    return simulator.http.request(method, "/pay/wompi/v1" + path, json=body,
                                  headers={"Authorization": f"Bearer {key}"})


def link_body(**more: Any) -> dict[str, Any]:
    return {"name": "Pedido A-1001", "description": "Zapatillas", "single_use": True,
            "collect_shipping": False, "currency": "COP", "amount_in_cents": 2490000,
            "sku": "pay-1", **more}


def signed(got: Received, secret: str = EVENTS) -> bool:
    body = json.loads(got.raw)
    values = "".join(str(body["data"]["transaction"][path.partition(".")[2]])
                     for path in body["signature"]["properties"])
    made = hashlib.sha256(f"{values}{body['timestamp']}{secret}".encode()).hexdigest()
    return made == body["signature"]["checksum"] == got.headers["x-event-checksum"]


def test_a_link_is_paid_and_voided(simulator: SimulatorProcess, shop: Shop) -> None:
    link = wompi(simulator, "POST", "/payment_links", link_body()).json()["data"]
    page = simulator.http.get(f"/pay/wompi/l/{link['id']}", follow_redirects=True)
    assert "$24,900.00 COP" in page.text
    press(simulator, f"/pay/page/{link['id']}", "pay")
    _, body, got = wait_kinds(shop, 1)[0]
    assert signed(got) and not signed(got, "another")
    told = body["data"]["transaction"]
    assert (told["status"], told["amount_in_cents"], told["payment_link_id"]) == (
        "APPROVED", 2490000, link["id"])
    found = wompi(simulator, "GET", f"/transactions/{told['id']}").json()["data"]
    assert (found["status"], found["sku"]) == ("APPROVED", "pay-1")
    voided = wompi(simulator, "POST", f"/transactions/{told['id']}/void", {})
    assert voided.json()["data"]["transaction"]["status"] == "VOIDED"
    assert wompi(simulator, "POST", f"/transactions/{told['id']}/void", {}).status_code == 422


def test_the_signed_address(simulator: SimulatorProcess, shop: Shop) -> None:
    text = "pay-2" + "2490000" + "COP" + "test_integrity_simulator"
    query = {"public-key": "pub_test_simulator", "currency": "COP", "amount-in-cents": "2490000",
             "reference": "pay-2", "redirect-url": "https://wa.me/1",
             "signature:integrity": hashlib.sha256(text.encode()).hexdigest()}
    opened = simulator.http.get("/pay/wompi/p/?" + urlencode(query))
    assert opened.status_code == 302
    assert simulator.http.get("/pay/wompi/p/?" + urlencode(query)).headers["location"] == (
        opened.headers["location"])
    cheap = {**query, "amount-in-cents": "100"}
    assert simulator.http.get("/pay/wompi/p/?" + urlencode(cheap)).status_code == 404
    press(simulator, opened.headers["location"], "later")
    assert quiet(shop) == 0, "pending is no end of a transaction"
    press(simulator, opened.headers["location"], "pay")
    assert wait_kinds(shop, 1)[0][1]["data"]["transaction"]["reference"] == "pay-2"
    found = wompi(simulator, "GET", "/transactions?reference=pay-2").json()["data"]
    assert [one["status"] for one in found] == ["APPROVED"]


def test_a_link_is_closed(simulator: SimulatorProcess) -> None:
    link = wompi(simulator, "POST", "/payment_links", link_body()).json()["data"]
    wompi(simulator, "PATCH", f"/payment_links/{link['id']}", {"active": False})
    assert "venció" in press(simulator, f"/pay/page/{link['id']}", "pay")


@pytest.mark.parametrize("changes", [
    {"amount_in_cents": "2490000"}, {"amount_in_cents": 100}, {"currency": "MXN"}, {"name": ""},
    {"single_use": "yes"}, {"sku": "x" * 37}, {"expires_at": "soon"}])
def test_bad_links_are_refused(simulator: SimulatorProcess, changes: dict[str, Any]) -> None:
    assert wompi(simulator, "POST", "/payment_links", link_body(**changes)).status_code == 422


def test_forged_and_wrong_keys(simulator: SimulatorProcess, shop: Shop) -> None:
    assert wompi(simulator, "POST", "/payment_links", link_body(), "prv_x").status_code == 401
    mode(simulator, "wompi", "forged")
    link = wompi(simulator, "POST", "/payment_links", link_body()).json()["data"]
    press(simulator, f"/pay/page/{link['id']}", "pay")
    assert not signed(wait_kinds(shop, 1)[0][2])
