"""Stripe as the simulator plays it: sessions, the page, events, refunds, faults."""

from __future__ import annotations

import time

import httpx
import pytest

from tests.simulator.helper import Shop, SimulatorProcess
from tests.simulator.payments import (act, mode, new_session, notify_to, press, quiet,
                                      session_form, stripe, stripe_signed, wait_kinds)


@pytest.fixture(autouse=True)
def _told(simulator: SimulatorProcess, shop: Shop) -> None:
    notify_to(simulator, shop, "stripe")


def truth(simulator: SimulatorProcess, session: str) -> dict:
    answer = stripe(simulator, "GET", f"/checkout/sessions/{session}"
                    "?expand[]=payment_intent.latest_charge")
    assert answer.status_code == 200
    return answer.json()


def test_a_session_is_paid(simulator: SimulatorProcess, shop: Shop) -> None:
    session = new_session(simulator)
    assert (session["status"], session["payment_status"]) == ("open", "unpaid")
    assert session["payment_intent"] is None and session["amount_total"] == 123450
    page = simulator.http.get(session["url"])
    assert "$1,234.50 MXN" in page.text and "Pedido A-1001" in page.text
    assert "Pago aprobado" in press(simulator, session["url"], "pay")
    kinds = wait_kinds(shop, 3)
    assert {kind for kind, _, _ in kinds} == {"charge.succeeded", "payment_intent.succeeded",
                                              "checkout.session.completed"}
    assert all(stripe_signed(got) for _, _, got in kinds)
    told = next(body for kind, body, _ in kinds if kind == "checkout.session.completed")
    assert told["data"]["object"]["client_reference_id"] == "pay-1"
    paid = truth(simulator, session["id"])
    assert (paid["status"], paid["payment_status"], paid["url"]) == ("complete", "paid", None)
    intent = paid["payment_intent"]
    assert (intent["status"], intent["amount_received"]) == ("succeeded", 123450)
    assert intent["metadata"] == {"payment_id": "pay-1"}
    assert intent["latest_charge"]["amount_refunded"] == 0
    press(simulator, session["url"], "pay")
    assert quiet(shop) == 3, "paid once is paid"


def test_pending_then_paid(simulator: SimulatorProcess, shop: Shop) -> None:
    session = new_session(simulator)
    assert "Pago pendiente" in press(simulator, session["url"], "later")
    first = wait_kinds(shop, 2)
    done = next(b["data"]["object"] for k, b, _ in first if k == "checkout.session.completed")
    assert (done["status"], done["payment_status"]) == ("complete", "unpaid")
    shop.clear()
    act(simulator, session["id"], "settle")
    assert "checkout.session.async_payment_succeeded" in {k for k, _, _ in wait_kinds(shop, 3)}
    assert truth(simulator, session["id"])["payment_status"] == "paid"


def test_a_refused_card_can_try_again(simulator: SimulatorProcess, shop: Shop) -> None:
    session = new_session(simulator)
    assert "rechazó el pago" in press(simulator, session["url"], "reject")
    assert "payment_intent.payment_failed" in {k for k, _, _ in wait_kinds(shop, 2)}
    failed = truth(simulator, session["id"])
    assert (failed["status"], failed["payment_status"]) == ("open", "unpaid")
    assert failed["payment_intent"]["status"] == "requires_payment_method"
    press(simulator, session["url"], "pay")
    paid = truth(simulator, session["id"])
    assert paid["payment_status"] == "paid"
    assert paid["payment_intent"]["id"] == failed["payment_intent"]["id"]


def test_a_key_makes_one_session(simulator: SimulatorProcess) -> None:
    keys = {"Idempotency-Key": "pay-1"}
    first = stripe(simulator, "POST", "/checkout/sessions", session_form(), **keys)
    again = stripe(simulator, "POST", "/checkout/sessions", session_form(), **keys)
    assert again.json() == first.json() and again.headers["Idempotent-Replayed"] == "true"
    other = stripe(simulator, "POST", "/checkout/sessions",
                   session_form(client_reference_id="pay-2"), **keys)
    assert other.status_code == 400 and other.json()["error"]["type"] == "idempotency_error"


@pytest.mark.parametrize(("changes", "param"), [
    ({"mode": "gift"}, "mode"), ({"success_url": "wa.me/1"}, "success_url"),
    ({"surprise": "1"}, "surprise"), ({"expires_at": "1700000000"}, "expires_at"),
    ({"line_items[0][price_data][unit_amount]": "12.5"},
     "line_items[0][price_data][unit_amount]"),
    ({"line_items[0][price_data][unit_amount]": "10"}, None),
    ({"line_items[0][price_data][currency]": "pesos"}, "line_items[0][price_data][currency]")])
def test_bad_sessions_are_refused(simulator: SimulatorProcess, changes: dict[str, str],
                                  param: str | None) -> None:
    answer = stripe(simulator, "POST", "/checkout/sessions", session_form(**changes))
    assert answer.status_code == 400
    assert answer.json()["error"].get("param") == param


def test_json_and_wrong_keys_are_refused(simulator: SimulatorProcess) -> None:
    path = "/pay/stripe/v1/checkout/sessions"
    auth = {"Authorization": "Bearer sk_test_simulator"}
    assert simulator.http.post(path, json={"mode": "payment"}, headers=auth).status_code == 400
    assert simulator.http.post(path, data=session_form()).status_code == 401
    wrong = stripe(simulator, "GET", "/checkout/sessions/cs_1", Authorization="Bearer sk_test_x")
    assert wrong.status_code == 401
    assert stripe(simulator, "GET", "/checkout/sessions/cs_1").status_code == 404


def test_expired_by_the_shop(simulator: SimulatorProcess, shop: Shop) -> None:
    session = new_session(simulator)
    gone = stripe(simulator, "POST", f"/checkout/sessions/{session['id']}/expire")
    assert gone.json()["status"] == "expired"
    assert wait_kinds(shop, 1)[0][0] == "checkout.session.expired"
    assert "venció" in press(simulator, session["url"], "pay")
    assert truth(simulator, session["id"])["payment_status"] == "unpaid"
    assert stripe(simulator, "POST", f"/checkout/sessions/{session['id']}/expire").status_code == 400


def test_refunds(simulator: SimulatorProcess, shop: Shop) -> None:
    session = new_session(simulator)
    press(simulator, session["url"], "pay")
    intent = truth(simulator, session["id"])["payment_intent"]["id"]
    form, keys = {"payment_intent": intent, "amount": "23450"}, {"Idempotency-Key": "refund-1"}
    first = stripe(simulator, "POST", "/refunds", form, **keys).json()
    assert stripe(simulator, "POST", "/refunds", form, **keys).json()["id"] == first["id"]
    charge = truth(simulator, session["id"])["payment_intent"]["latest_charge"]
    assert (charge["amount_refunded"], charge["refunded"]) == (23450, False)
    too_much = stripe(simulator, "POST", "/refunds", {**form, "amount": "100001"})
    assert too_much.status_code == 400
    rest = stripe(simulator, "POST", "/refunds", {"payment_intent": intent})
    assert rest.json()["amount"] == 100000
    again = stripe(simulator, "POST", "/refunds", {"payment_intent": intent})
    assert again.json()["error"]["code"] == "charge_already_refunded"
    assert [k for k, _, _ in wait_kinds(shop, 5)].count("charge.refunded") == 2


def test_twice_and_out_of_order(simulator: SimulatorProcess, shop: Shop) -> None:
    mode(simulator, "stripe", "twice", count=1)
    press(simulator, new_session(simulator)["url"], "pay")
    ids = [body["id"] for _, body, _ in wait_kinds(shop, 6)]
    assert len(set(ids)) == 3
    shop.clear()
    mode(simulator, "stripe", "out_of_order", delay_ms=150)
    session = new_session(simulator)
    press(simulator, session["url"], "later")
    act(simulator, session["id"], "settle")
    kinds = [kind for kind, _, _ in wait_kinds(shop, 5)]
    assert kinds.index("checkout.session.async_payment_succeeded") < kinds.index(
        "checkout.session.completed")


def test_late_forged_and_silent(simulator: SimulatorProcess, shop: Shop) -> None:
    mode(simulator, "stripe", "late", delay_ms=400)
    press(simulator, new_session(simulator)["url"], "pay")
    assert quiet(shop, 0.2) == 0
    wait_kinds(shop, 3)
    shop.clear()
    mode(simulator, "stripe", "forged")
    press(simulator, new_session(simulator)["url"], "pay")
    assert not any(stripe_signed(got) for _, _, got in wait_kinds(shop, 3))
    shop.clear()
    mode(simulator, "stripe", "no_webhook")
    session = new_session(simulator)
    press(simulator, session["url"], "pay")
    assert quiet(shop) == 0 and truth(simulator, session["id"])["payment_status"] == "paid"


@pytest.mark.parametrize(("name", "amount", "currency", "live"), [
    ("wrong_amount", 123449, "mxn", False), ("other_currency", 123450, "usd", False),
    ("wrong_mode", 123450, "mxn", True)])
def test_wrong_money(simulator: SimulatorProcess, shop: Shop, name: str, amount: int,
                     currency: str, live: bool) -> None:
    mode(simulator, "stripe", name)
    session = new_session(simulator)
    press(simulator, session["url"], "pay")
    intent = truth(simulator, session["id"])["payment_intent"]
    assert (intent["amount_received"], intent["currency"], intent["livemode"]) == (
        amount, currency, live)


def test_paid_twice(simulator: SimulatorProcess, shop: Shop) -> None:
    mode(simulator, "stripe", "double_capture")
    session = new_session(simulator)
    press(simulator, session["url"], "pay")
    intents = {b["data"]["object"]["id"] for k, b, _ in wait_kinds(shop, 5)
               if k == "payment_intent.succeeded"}
    assert len(intents) == 2
    for intent in intents:
        got = stripe(simulator, "GET", f"/payment_intents/{intent}").json()
        assert (got["amount_received"], got["metadata"]["payment_id"]) == (123450, "pay-1")


def test_faults_of_the_api(simulator: SimulatorProcess) -> None:
    mode(simulator, "stripe", "error_500", count=1)
    assert stripe(simulator, "POST", "/checkout/sessions", session_form()).status_code == 500
    mode(simulator, "stripe", "slow", delay_ms=300, count=1)
    started = time.monotonic()
    new_session(simulator)
    assert time.monotonic() - started > 0.25
    # The session is made, though nobody hears of it: the same key gives it.
    mode(simulator, "stripe", "reset", count=1)
    with pytest.raises(httpx.TransportError):
        stripe(simulator, "POST", "/checkout/sessions", session_form(),
               **{"Idempotency-Key": "lost"})
    again = stripe(simulator, "POST", "/checkout/sessions", session_form(),
                   **{"Idempotency-Key": "lost"})
    assert again.headers["Idempotent-Replayed"] == "true"


def test_a_notification_is_tried_again(simulator: SimulatorProcess, shop: Shop) -> None:
    shop.answers[:] = [500, 503, 404]
    press(simulator, new_session(simulator)["url"], "pay")
    assert len({b["id"] for _, b, _ in wait_kinds(shop, 6)}) == 3
    quiet(shop, 0.2)
    found = simulator.sim("GET", "gateways/stripe/notices")["notices"]
    assert [one["state"] for one in found] == ["delivered"] * 3
    assert sum(len(one["attempts"]) for one in found) == 6
