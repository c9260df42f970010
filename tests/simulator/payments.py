"""What the tests of the gateways share: links made as a shop makes them, pages, signatures."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from tests.simulator.helper import Received, Shop, SimulatorProcess

STRIPE_KEY, STRIPE_SECRET = "sk_test_simulator", "whsec_simulator"
PAGO_KEY, PAGO_SECRET = "TEST-simulator", "mp_simulator"
STRIPE, PAGO = "/pay/stripe/v1", "/pay/mercado_pago"


def stripe(simulator: SimulatorProcess, method: str, path: str, form: dict[str, str] | None = None,
           **headers: str) -> httpx.Response:
    auth = {"Authorization": f"Bearer {STRIPE_KEY}"}
    return simulator.http.request(method, STRIPE + path, data=form, headers={**auth, **headers})


def session_form(**more: str) -> dict[str, str]:
    return {"mode": "payment", "client_reference_id": "pay-1", "success_url": "https://wa.me/1",
            "line_items[0][quantity]": "1",
            "line_items[0][price_data][currency]": "mxn",
            "line_items[0][price_data][unit_amount]": "123450",
            "line_items[0][price_data][product_data][name]": "Pedido A-1001",
            "metadata[payment_id]": "pay-1",
            "payment_intent_data[metadata][payment_id]": "pay-1", **more}


def new_session(simulator: SimulatorProcess, **more: str) -> dict[str, Any]:
    answer = stripe(simulator, "POST", "/checkout/sessions", session_form(**more))
    assert answer.status_code == 200, answer.text
    return answer.json()


def pago(simulator: SimulatorProcess, method: str, path: str, body: Any = None,
         **headers: str) -> httpx.Response:
    auth = {"Authorization": f"Bearer {PAGO_KEY}"}
    return simulator.http.request(method, PAGO + path, json=body, headers={**auth, **headers})


def preference_body(shop: Shop, **more: Any) -> dict[str, Any]:
    return {"items": [{"title": "Pedido A-1001", "quantity": 1, "unit_price": 1234.5,
                       "currency_id": "MXN"}], "external_reference": "pay-1",
            "notification_url": shop.url, "back_urls": {"success": "https://wa.me/1"}, **more}


def new_preference(simulator: SimulatorProcess, shop: Shop, **more: Any) -> dict[str, Any]:
    answer = pago(simulator, "POST", "/checkout/preferences", preference_body(shop, **more))
    assert answer.status_code == 201, answer.text
    return answer.json()


def press(simulator: SimulatorProcess, url: str, action: str) -> str:
    """A button of the payment page; what the page says then."""
    answer = simulator.http.post(urlsplit(url).path + "/" + action, follow_redirects=True)
    assert answer.status_code == 200, answer.text
    return answer.text


def act(simulator: SimulatorProcess, payment: str, action: str, status: int | None = None) -> Any:
    return simulator.sim("POST", f"payments/{payment}/{action}", {}, status)


def mode(simulator: SimulatorProcess, name: str, mode_: str, **more: Any) -> None:
    simulator.sim("PUT", f"gateways/{name}", {"mode": mode_, **more})


def notify_to(simulator: SimulatorProcess, shop: Shop, name: str) -> None:
    simulator.sim("PUT", f"gateways/{name}", {"webhook_url": shop.url})


def stripe_signed(got: Received, secret: str = STRIPE_SECRET) -> bool:
    parts = [part.partition("=") for part in got.headers["stripe-signature"].split(",")]
    at = next(value for name, _, value in parts if name == "t")
    made = hmac.new(secret.encode(), at.encode() + b"." + got.raw, hashlib.sha256).hexdigest()
    return abs(int(at) - time.time()) < 60 and ("v1", "=", made) in parts


def pago_signed(got: Received, query: dict[str, str]) -> bool:
    parts = dict(part.split("=") for part in got.headers["x-signature"].split(","))
    manifest = (f"id:{query['data.id']};request-id:{got.headers['x-request-id']};"
                f"ts:{parts['ts']};")
    made = hmac.new(PAGO_SECRET.encode(), manifest.encode(), hashlib.sha256).hexdigest()
    return made == parts["v1"]


def query_of(got: Received) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(got.path).query).items()}


def wait_kinds(shop: Shop, count: int) -> list[tuple[str, Any, Received]]:
    """Type, body and request of so many notifications."""
    def enough(received: list[Received]) -> list[tuple[str, Any, Received]] | None:
        found = [(json.loads(one.raw), one) for one in received]
        kinds = [(b.get("type") or b.get("topic") or b.get("event_type") or b.get("event"), b, one)
                 for b, one in found]
        return kinds if len(kinds) >= count else None
    return shop.wait(enough)


def quiet(shop: Shop, seconds: float = 0.5) -> int:
    """How many came, after waiting for more."""
    time.sleep(seconds)
    return len(shop.received)
