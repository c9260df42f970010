"""What the tests of payments share: a shop with one product, the gateways' simulator, orders."""

from __future__ import annotations

import itertools
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import psycopg
import pytest

from launcher.servers import free_port
from tests.api.session_shop import new_customer
from tests.service import Service
from tests.simulator.helper import SimulatorProcess

NODE = "optimized_checkout_processor"
KEYS = {
    "STRIPE_API_KEY": "sk_test_simulator", "STRIPE_WEBHOOK_SECRET": "whsec_simulator",
    "MERCADO_PAGO_ACCESS_TOKEN": "TEST-simulator", "MERCADO_PAGO_WEBHOOK_SECRET": "mp_simulator",
    "PAYPAL_CLIENT_ID": "paypal_client_simulator",
    "PAYPAL_CLIENT_SECRET": "paypal_secret_simulator", "PAYPAL_WEBHOOK_ID": "WH-SIMULATOR",
    "BANK_TRANSFER_DETAILS": "CLABE 012345678901234567",
}  # fmt: skip
WOMPI_KEYS = {
    "WOMPI_PRIVATE_KEY": "prv_test_simulator", "WOMPI_PUBLIC_KEY": "pub_test_simulator",
    "WOMPI_EVENTS_SECRET": "test_events_simulator",
    "WOMPI_INTEGRITY_SECRET": "test_integrity_simulator",
}  # fmt: skip
# What the tests wait for is quick; the sweep's intervals are as short as they can be.
QUICK = {"SWEEP_MS": "100", "PAYMENT_ASK_S": "1", "SHOP_CACHE_MS": "0", "GATEWAY_TIMEOUT_MS": "4000"}
PRICE_MINOR = 123450

_keys = itertools.count(1)


class Order:
    """One that awaits its payment, or not any more."""

    def __init__(self, shop: "PayShop", answer: dict[str, Any], customer: str, method: str) -> None:
        self.shop, self.customer, self.method = shop, customer, method
        self.id: int = answer["order"]["id"]
        self.number: str = answer["order"]["order_number"]
        self.url: str | None = answer["payment_url"]
        self.reply = answer["reply"]

    def read(self) -> dict[str, Any]:
        answer = self.shop.http.get(f"{self.shop.url}/v1/orders/{self.id}")
        assert answer.status_code == 200, answer.text
        return answer.json()["order"]

    @property
    def status(self) -> str:
        return self.read()["status"]

    @property
    def payment(self) -> dict[str, Any]:
        """The row of its first payment."""
        return self.payments[0]

    @property
    def payments(self) -> list[dict[str, Any]]:
        return self.shop.rows("SELECT * FROM payments WHERE order_id = %s ORDER BY created_at", self.id)

    @property
    def events(self) -> list[str]:
        return [row["type"] for row in self.shop.rows(
            "SELECT type FROM order_events WHERE order_id = %s ORDER BY id", self.id)]

    @property
    def refunds(self) -> list[dict[str, Any]]:
        return self.shop.rows("SELECT r.* FROM refunds r JOIN payments p ON p.id = r.payment_id"
                              " WHERE p.order_id = %s ORDER BY r.created_at", self.id)

    def wait(self, status: str, timeout_s: float = 8) -> dict[str, Any]:
        return until(lambda: (found := self.read())["status"] == status and found, timeout_s,
                     lambda: f"{status}: {self.status}, {self.payments}, {self.events}")

    def link(self) -> str:
        """The simulator's payment, by its page's address."""
        assert self.url
        return self.url.rsplit("/", 1)[1]

    def act(self, action: str) -> Any:
        return self.shop.sim.sim("POST", f"payments/{self.payment['id']}/{action}", {})

    def pay(self) -> None:
        self.act("pay")

    def captures(self) -> list[dict[str, Any]]:
        return self.shop.sim.sim("GET", f"payments/{self.payment['id']}")["captures"]

    def refund(self, amount_minor: int | None = None, key: str | None = None,
               status: int = 200, **more: Any) -> dict[str, Any]:
        body = more if amount_minor is None else {"amount_minor": amount_minor, **more}
        answer = self.shop.http.post(
            f"{self.shop.url}/v1/orders/{self.id}/refund", json=body,
            headers={"Idempotency-Key": key or f"k{next(_keys)}"})
        assert answer.status_code == status, answer.text
        return answer.json()

    def cancel(self) -> dict[str, Any]:
        answer = self.shop.http.post(f"{self.shop.url}/v1/orders/{self.id}/cancel", json={})
        assert answer.status_code == 200, answer.text
        return answer.json()


class PayShop:
    def __init__(self, start: Callable[..., Service], database: str, sim: SimulatorProcess) -> None:
        self.database, self.sim, self._start = database, sim, start
        self.http = httpx.Client(timeout=20)
        self.replicas: list[Service] = []
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.stock(100)

    def start(self, **env: str) -> Service:
        """One more replica; the first is where the gateways send their notifications."""
        port = self.port if not self.replicas else free_port()
        bases = {f"{name.upper()}_BASE_URL": f"{self.sim.url}/pay/{name}"
                 for name in ("stripe", "mercado_pago", "wompi", "paypal")}
        settings = {"DATABASE_URL": self.database, "PUBLIC_URL": self.url,
                    "RETURN_URL": "https://wa.me/5215500000000", **KEYS, **bases, **QUICK, **env}
        self.replicas.append(self._start(NODE, port=port, **settings))
        return self.replicas[-1]

    def rows(self, text: str, *values: Any) -> list[dict[str, Any]]:
        with psycopg.connect(self.database, autocommit=True,
                             row_factory=psycopg.rows.dict_row) as connection:
            cursor = connection.execute(text, values or None)
            return cursor.fetchall() if cursor.description else []

    def stock(self, count: int) -> None:
        self.rows("DELETE FROM shipping_rates")
        self.rows("INSERT INTO products (id, sku, name, price, stock) VALUES (1, 'A', 'Lámpara',"
                  " 1234.50, %s) ON CONFLICT (id) DO UPDATE SET stock = %s", count, count)
        self.rows("INSERT INTO shipping_rates (id, name, base_minor, is_pickup)"
                  " VALUES (1, 'Recoger', 0, true)")

    def product(self) -> dict[str, Any]:
        return self.rows("SELECT stock, reserved FROM products WHERE id = 1")[0]

    def currency(self, code: str) -> None:
        self.rows("INSERT INTO system_config (key, value) VALUES ('currency', %s)"
                  " ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value", code)

    def call(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = self.http.post(f"{self.url}{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def order(self, method: str = "stripe", quantity: int = 1) -> Order:
        customer = new_customer()
        self.call(f"/v1/carts/{customer}/items", {"product_id": 1, "quantity": quantity})
        at = f"/v1/checkout/{customer}"
        self.call(at, {"action": "start"})
        self.call(at, {"action": "set_shipping", "shipping_rate_id": 1})
        ready = self.call(at, {"action": "set_payment", "payment_method": method})
        assert ready["state"] == "confirmation", ready
        placed = self.call(at, {"action": "confirm", "token": ready["token"]})
        assert placed["status"] == "placed", placed
        return Order(self, placed, customer, method)

    def mode(self, gateway: str, mode: str, **more: Any) -> None:
        self.sim.sim("PUT", f"gateways/{gateway}", {"mode": mode, **more})

    def tell_here(self) -> None:
        """Where each gateway's notifications go."""
        for name in ("stripe", "mercado_pago", "wompi", "paypal"):
            self.sim.sim("PUT", f"gateways/{name}", {
                "mode": "ok", "webhook_url": f"{self.url}/v1/payments/{name}/webhook"})

    def notices(self, gateway: str) -> list[dict[str, Any]]:
        return self.sim.sim("GET", f"gateways/{gateway}/notices")["notices"]

    def inbox(self) -> list[dict[str, Any]]:
        return self.rows("SELECT * FROM payment_inbox ORDER BY id")

    def settled(self) -> None:
        """Until nothing is left to be done."""
        until(lambda: self.inbox() and not self.rows(
            "SELECT 1 FROM payment_inbox WHERE next_try_at IS NOT NULL"), 8, lambda: str(self.inbox()))


def until(condition: Callable[[], Any], timeout_s: float, what: Callable[[], str]) -> Any:
    end = time.monotonic() + timeout_s
    while not (found := condition()):
        assert time.monotonic() < end, f"not in {timeout_s} s: {what()}"
        time.sleep(0.03)
    return found


@pytest.fixture(scope="session")
def gateways() -> Iterator[SimulatorProcess]:
    process = SimulatorProcess()
    yield process
    assert process.stop() == 0


@pytest.fixture
def pay(service, shop_database: str, gateways: SimulatorProcess) -> Iterator[PayShop]:
    gateways.sim("POST", "reset", {})
    shop = PayShop(service, shop_database, gateways)
    shop.start()
    shop.tell_here()
    yield shop
    for replica in shop.replicas:
        assert replica.stop() == 0
    shop.http.close()


def new_uuid() -> str:
    return str(uuid.uuid4())
