"""PayPal as the simulator plays it: approved by the payer, captured by the shop."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.simulator.helper import Received, Shop, SimulatorProcess
from tests.simulator.payments import mode, notify_to, press, wait_kinds

CLIENT = ("paypal_client_simulator", "paypal_secret_simulator")


@pytest.fixture(autouse=True)
def _told(simulator: SimulatorProcess, shop: Shop) -> None:
    notify_to(simulator, shop, "paypal")


def token(simulator: SimulatorProcess) -> str:
    answer = simulator.http.post("/pay/paypal/v1/oauth2/token", auth=CLIENT,
                                 data={"grant_type": "client_credentials"})
    assert answer.status_code == 200, answer.text
    return answer.json()["access_token"]


def paypal(simulator: SimulatorProcess, method: str, path: str, body: Any = None,
           **headers: str) -> httpx.Response:
    auth = {"Authorization": f"Bearer {token(simulator)}"}
    return simulator.http.request(method, "/pay/paypal" + path, json=body,
                                  headers={**auth, **headers})


def order_body(amount: Any = "1234.50", currency: str = "MXN") -> dict[str, Any]:
    return {"intent": "CAPTURE", "purchase_units": [{
        "custom_id": "pay-1", "description": "Pedido A-1001",
        "amount": {"currency_code": currency, "value": amount}}],
        "payment_source": {"paypal": {"experience_context": {"return_url": "https://wa.me/1"}}}}


def new_order(simulator: SimulatorProcess) -> dict[str, Any]:
    answer = paypal(simulator, "POST", "/v2/checkout/orders", order_body())
    assert answer.status_code == 200, answer.text
    return answer.json()


def page_of(order: dict[str, Any]) -> str:
    return next(link["href"] for link in order["links"] if link["rel"] == "payer-action")


def verified(simulator: SimulatorProcess, got: Received, **changes: Any) -> str:
    names = {"auth_algo": "paypal-auth-algo", "cert_url": "paypal-cert-url",
             "transmission_id": "paypal-transmission-id",
             "transmission_sig": "paypal-transmission-sig",
             "transmission_time": "paypal-transmission-time"}
    body = {name: got.headers[header] for name, header in names.items()}
    body |= {"webhook_id": "WH-SIMULATOR", "webhook_event": json.loads(got.raw), **changes}
    answer = paypal(simulator, "POST", "/v1/notifications/verify-webhook-signature", body)
    return answer.json()["verification_status"]


def test_an_order_is_paid_and_refunded(simulator: SimulatorProcess, shop: Shop) -> None:
    order = new_order(simulator)
    path = f"/v2/checkout/orders/{order['id']}"
    assert order["status"] == "PAYER_ACTION_REQUIRED"
    early = paypal(simulator, "POST", path + "/capture", {})
    assert early.json()["details"][0]["issue"] == "ORDER_NOT_APPROVED"
    assert "Pago autorizado" in press(simulator, page_of(order), "pay")
    kind, body, got = wait_kinds(shop, 1)[0]
    assert kind == "CHECKOUT.ORDER.APPROVED" and body["resource"]["id"] == order["id"]
    assert verified(simulator, got) == "SUCCESS"
    assert verified(simulator, got, webhook_id="WH-OTHER") == "FAILURE"
    assert verified(simulator, got, webhook_event={**body, "event_type": "X"}) == "FAILURE"
    done = paypal(simulator, "POST", path + "/capture", {}).json()
    capture = done["purchase_units"][0]["payments"]["captures"][0]
    assert (done["status"], capture["status"], capture["custom_id"]) == (
        "COMPLETED", "COMPLETED", "pay-1")
    assert capture["amount"] == {"currency_code": "MXN", "value": "1234.50"}
    again = paypal(simulator, "POST", path + "/capture", {})
    assert again.json()["details"][0]["issue"] == "ORDER_ALREADY_CAPTURED"
    assert wait_kinds(shop, 2)[1][0] == "PAYMENT.CAPTURE.COMPLETED"
    refund = f"/v2/payments/captures/{capture['id']}/refund"
    part, key = {"amount": {"currency_code": "MXN", "value": "34.50"}}, {"PayPal-Request-Id": "r1"}
    first = paypal(simulator, "POST", refund, part, **key)
    assert paypal(simulator, "POST", refund, part, **key).json() == first.json()
    now = paypal(simulator, "GET", f"/v2/payments/captures/{capture['id']}").json()
    assert now["status"] == "PARTIALLY_REFUNDED"
    paypal(simulator, "POST", refund, {})
    gone = paypal(simulator, "POST", refund, {})
    assert gone.json()["details"][0]["issue"] == "CAPTURE_FULLY_REFUNDED"


def test_money_that_comes_later(simulator: SimulatorProcess, shop: Shop) -> None:
    order = new_order(simulator)
    press(simulator, page_of(order), "later")
    done = paypal(simulator, "POST", f"/v2/checkout/orders/{order['id']}/capture", {}).json()
    assert done["purchase_units"][0]["payments"]["captures"][0]["status"] == "PENDING"
    simulator.sim("POST", f"payments/{order['id']}/settle", {})
    assert [kind for kind, _, _ in wait_kinds(shop, 3)][-1] == "PAYMENT.CAPTURE.COMPLETED"


@pytest.mark.parametrize(("amount", "currency", "status"), [
    (1234.5, "MXN", 400), ("1.005", "MXN", 422), ("0", "MXN", 422), ("12", "COP", 422),
    ("doce", "MXN", 400)])
def test_bad_orders_are_refused(simulator: SimulatorProcess, amount: Any, currency: str,
                                status: int) -> None:
    answer = paypal(simulator, "POST", "/v2/checkout/orders", order_body(amount, currency))
    assert answer.status_code == status


def test_forged_and_wrong_keys(simulator: SimulatorProcess, shop: Shop) -> None:
    wrong = simulator.http.post("/pay/paypal/v1/oauth2/token", auth=("a", "b"),
                                data={"grant_type": "client_credentials"})
    assert wrong.status_code == 401
    mode(simulator, "paypal", "forged")
    press(simulator, page_of(new_order(simulator)), "pay")
    assert verified(simulator, wait_kinds(shop, 1)[0][2]) == "FAILURE"
