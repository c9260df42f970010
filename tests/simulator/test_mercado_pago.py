"""Mercado Pago as the simulator plays it: preferences, payments, signed notifications."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone

import pytest

from tests.simulator.helper import Shop, SimulatorProcess
from tests.simulator.payments import (act, mode, new_preference, pago, pago_signed,
                                      preference_body, press, query_of, quiet, wait_kinds)


def paid_by(simulator: SimulatorProcess, reference: str = "pay-1") -> list[dict]:
    answer = pago(simulator, "GET", f"/v1/payments/search?external_reference={reference}")
    assert answer.status_code == 200
    return answer.json()["results"]


def stamp(seconds: float) -> str:
    at = datetime.now(timezone.utc) + timedelta(seconds=seconds)
    return at.isoformat(timespec="milliseconds")


def test_a_preference_is_paid(simulator: SimulatorProcess, shop: Shop) -> None:
    preference = new_preference(simulator, shop)
    assert paid_by(simulator) == []
    page = simulator.http.get(preference["init_point"])
    assert "Mercado Pago" in page.text and "$1,234.50 MXN" in page.text
    assert "Pago aprobado" in press(simulator, preference["init_point"], "pay")
    told = {kind: (body, got) for kind, body, got in wait_kinds(shop, 2)}
    body, got = told["payment"]
    query = query_of(got)
    assert query == {"data.id": body["data"]["id"], "type": "payment"}
    assert pago_signed(got, query) and body["action"] == "payment.created"
    order = told["merchant_order"][1]
    assert query_of(order)["topic"] == "merchant_order" and "x-signature" not in order.headers
    payment = pago(simulator, "GET", f"/v1/payments/{query['data.id']}").json()
    assert (payment["status"], payment["transaction_amount"], payment["currency_id"]) == (
        "approved", 1234.5, "MXN")
    assert (payment["external_reference"], payment["live_mode"]) == ("pay-1", False)
    assert [found["id"] for found in paid_by(simulator)] == [payment["id"]]


def test_pending_then_paid_then_refunded(simulator: SimulatorProcess, shop: Shop) -> None:
    preference = new_preference(simulator, shop)
    press(simulator, preference["init_point"], "later")
    assert paid_by(simulator)[0]["status"] == "pending"
    act(simulator, preference["id"], "settle")
    payment = paid_by(simulator)[0]
    assert payment["status"] == "approved"
    actions = [b["action"] for k, b, _ in wait_kinds(shop, 3) if k == "payment"]
    assert sorted(actions) == ["payment.created", "payment.updated"]
    path, keys = f"/v1/payments/{payment['id']}/refunds", {"X-Idempotency-Key": "refund-1"}
    assert pago(simulator, "POST", path, {"amount": 34.5}).status_code == 400, "no key"
    first = pago(simulator, "POST", path, {"amount": 34.5}, **keys)
    again = pago(simulator, "POST", path, {"amount": 34.5}, **keys)
    assert first.status_code == 201 and first.json()["id"] == again.json()["id"]
    found = paid_by(simulator)[0]
    assert (found["status"], found["status_detail"], found["transaction_amount_refunded"]) == (
        "approved", "partially_refunded", 34.5)
    much = pago(simulator, "POST", path, {"amount": 1200.01}, **{"X-Idempotency-Key": "refund-2"})
    assert much.status_code == 400
    pago(simulator, "POST", path, {}, **{"X-Idempotency-Key": "refund-3"})
    assert paid_by(simulator)[0]["status"] == "refunded"


def test_a_preference_runs_out(simulator: SimulatorProcess, shop: Shop) -> None:
    preference = new_preference(simulator, shop, expires=True, expiration_date_to=stamp(3600))
    closed = pago(simulator, "PUT", f"/checkout/preferences/{preference['id']}",
                  {"expires": True, "expiration_date_to": stamp(-1)})
    assert closed.status_code == 200
    assert "venció" in press(simulator, preference["init_point"], "pay")
    assert quiet(shop) == 0 and paid_by(simulator) == []
    soon = new_preference(simulator, shop, expires=True, expiration_date_to=stamp(0.4))
    time.sleep(0.5)
    assert "venció" in press(simulator, soon["init_point"], "pay")


@pytest.mark.parametrize("changes", [
    {"items": []}, {"items": [{"title": "a", "quantity": 1, "unit_price": "12",
                               "currency_id": "MXN"}]},
    {"items": [{"title": "a", "quantity": 1, "unit_price": 12.5, "currency_id": "CLP"}]},
    {"items": [{"title": "a", "quantity": 1, "unit_price": 1.005, "currency_id": "MXN"}]},
    {"items": [{"title": "a", "quantity": 1, "unit_price": 12, "currency_id": "XXX"}]},
    {"expiration_date_to": "2026-11-25"}, {"notification_url": "tienda.example"},
    {"auto_return": "approved", "back_urls": {}}])
def test_bad_preferences_are_refused(simulator: SimulatorProcess, shop: Shop,
                                     changes: dict) -> None:
    answer = pago(simulator, "POST", "/checkout/preferences", preference_body(shop, **changes))
    assert answer.status_code == 400 and answer.json()["status"] == 400


def test_wrong_keys_and_unknown_payments(simulator: SimulatorProcess) -> None:
    wrong = pago(simulator, "GET", "/v1/payments/1", Authorization="Bearer x")
    assert wrong.status_code == 401
    assert pago(simulator, "GET", "/v1/payments/1").status_code == 404
    assert simulator.http.get("/pay/page/nothing").status_code == 404


@pytest.mark.parametrize(("name", "amount", "currency", "live"), [
    ("wrong_amount", 1234.49, "MXN", False), ("other_currency", 1234.5, "USD", False),
    ("wrong_mode", 1234.5, "MXN", True)])
def test_wrong_money(simulator: SimulatorProcess, shop: Shop, name: str, amount: float,
                     currency: str, live: bool) -> None:
    mode(simulator, "mercado_pago", name)
    press(simulator, new_preference(simulator, shop)["init_point"], "pay")
    found = paid_by(simulator)[0]
    assert (found["transaction_amount"], found["currency_id"], found["live_mode"]) == (
        amount, currency, live)


def test_paid_twice_refused_and_disputed(simulator: SimulatorProcess, shop: Shop) -> None:
    mode(simulator, "mercado_pago", "double_capture", count=1)
    preference = new_preference(simulator, shop)
    press(simulator, preference["init_point"], "pay")
    assert [p["status"] for p in paid_by(simulator)] == ["approved", "approved"]
    act(simulator, preference["id"], "dispute")
    assert paid_by(simulator)[0]["status"] == "charged_back"
    other = new_preference(simulator, shop, external_reference="pay-2")
    press(simulator, other["init_point"], "reject")
    assert paid_by(simulator, "pay-2")[0]["status"] == "rejected"
    press(simulator, other["init_point"], "pay")
    assert [p["status"] for p in paid_by(simulator, "pay-2")] == ["rejected", "approved"]


def test_forged(simulator: SimulatorProcess, shop: Shop) -> None:
    mode(simulator, "mercado_pago", "forged")
    press(simulator, new_preference(simulator, shop)["init_point"], "pay")
    got = next(got for kind, _, got in wait_kinds(shop, 2) if kind == "payment")
    assert not pago_signed(got, query_of(got))


def test_control_is_checked(simulator: SimulatorProcess, shop: Shop) -> None:
    simulator.sim("PUT", "gateways/nobody", {"mode": "ok"}, 404)
    simulator.sim("PUT", "gateways/stripe", {"mode": "odd"}, 400)
    simulator.sim("PUT", "gateways/stripe", {"count": 0}, 400)
    simulator.sim("PUT", "gateways/stripe", {"what": 1}, 400)
    preference = new_preference(simulator, shop)
    act(simulator, preference["id"], "refund", 400)
    act(simulator, preference["id"], "dance", 404)
    act(simulator, "nothing", "pay", 404)
    shown = simulator.sim("GET", "gateways")["gateways"]
    mine = next(one for one in shown if one["name"] == "mercado_pago")
    assert [p["status"] for p in mine["payments"]] == ["open"]
