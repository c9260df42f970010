"""What the tests of carts, checkout and orders share: a small shop, replicas, calls, and what
must hold of its stock and orders at any time."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import psycopg
import pytest

from tests.service import Service

NODE = "optimized_checkout_processor"
SETTINGS = {
    "CHECKOUT_SECRET": "a-secret-of-the-tests",
    "SWEEP_MS": "100",
    "SHOP_CACHE_MS": "100",
    "BANK_TRANSFER_DETAILS": "CLABE 012345678901234567",
    # A busy machine must not look like a database that is gone.
    "DATABASE_TIMEOUT_MS": "15000",
}
ADDRESS = "Insurgentes Sur 1234 int 5, Col. Narvarte, 03100 Ciudad de México, CDMX"

_customers = itertools.count(5215580000000)

# Each is a sentence on the whole database, and the rows that break it.
_RULES = {
    "what is reserved is what orders hold": """
        SELECT p.id, p.reserved, held.quantity FROM products p LEFT JOIN (
            SELECT product_id, sum(quantity) AS quantity FROM stock_reservations
            WHERE status = 'held' GROUP BY 1) held ON held.product_id = p.id
        WHERE p.reserved <> COALESCE(held.quantity, 0)""",
    "no more is reserved than there is": "SELECT id FROM products WHERE reserved > stock OR stock < 0",
    "an order has its lines, its reservations, its event and its checkout": """
        SELECT o.id FROM orders o WHERE o.checkout_id IS NOT NULL AND (
            NOT EXISTS (SELECT FROM order_items i WHERE i.order_id = o.id)
            OR (SELECT array_agg((product_id, quantity) ORDER BY product_id)
                FROM order_items i WHERE i.order_id = o.id)
               IS DISTINCT FROM (SELECT array_agg((product_id, quantity) ORDER BY product_id)
                FROM stock_reservations r WHERE r.order_id = o.id)
            OR NOT EXISTS (SELECT FROM order_events e
                           WHERE e.order_id = o.id AND e.type = 'order.placed')
            OR NOT EXISTS (SELECT FROM checkouts c
                           WHERE c.id = o.checkout_id AND c.order_id = o.id))""",
    "a checkout with an order is past its confirmation": """
        SELECT id FROM checkouts WHERE order_id IS NOT NULL
        AND state IN ('cart', 'address', 'shipping', 'payment', 'confirmation')""",
    "the parts of an order add up": """
        SELECT id FROM orders WHERE checkout_id IS NOT NULL
        AND subtotal_minor - discount_minor + shipping_minor <> total_minor""",
    "an order that waits to be paid has one open payment": """
        SELECT o.id FROM orders o WHERE o.checkout_id IS NOT NULL
        AND o.status = 'awaiting_payment' AND (SELECT count(*) FROM payments p
            WHERE p.order_id = o.id AND p.status IN ('created', 'pending')) <> 1""",
    "coupons are used as often as orders use them": """
        SELECT c.code FROM coupons c
        WHERE c.uses <> (SELECT count(*) FROM coupon_uses u WHERE u.code = c.code)""",
    "stock that an order gave up is neither held nor sold": """
        SELECT o.id FROM orders o JOIN stock_reservations r ON r.order_id = o.id
        WHERE o.status IN ('cancelled', 'expired') AND r.status <> 'released'""",
    "each event is told to the metrics": """
        SELECT e.id FROM order_events e WHERE NOT EXISTS (SELECT FROM checkout_outbox b
            WHERE b.event_id = e.event_id AND b.destination = 'metrics')""",
}


def new_customer() -> str:
    return str(next(_customers))


class CheckoutShop:
    """Replicas of the service over one database, and calls of them in turn."""

    def __init__(self, start: Callable[[], Service], database: str) -> None:
        self.start = start
        self.database = database
        self.replicas: list[Service] = []
        self._next = itertools.count()
        self.http = httpx.Client(timeout=30, limits=httpx.Limits(max_connections=300))
        self._products = itertools.count(1)
        self._connection: psycopg.Connection | None = None
        self._furnish()

    def _furnish(self) -> None:
        self.sql("INSERT INTO tax_rates (country, name, rate_hundredths) VALUES ('MX', 'IVA', 1600)")
        self.sql(
            "INSERT INTO shipping_rates (name, base_minor, free_over_minor)"
            " VALUES ('Estándar', 9900, 100000)"
        )
        self.sql(
            "INSERT INTO shipping_rates (name, is_pickup, pickup_address)"
            " VALUES ('Recoger', true, 'Centro 1')"
        )
        rates = dict(self.sql("SELECT name, id FROM shipping_rates"))
        self.standard, self.pickup = rates["Estándar"], rates["Recoger"]

    def sql(self, text: str, *values: Any) -> list[tuple]:
        """On a connection that is kept; made anew where the server had died."""
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(self.database, autocommit=True)
        try:
            cursor = self._connection.execute(text, values or None)
        except psycopg.OperationalError:
            self._connection = psycopg.connect(self.database, autocommit=True)
            cursor = self._connection.execute(text, values or None)
        return cursor.fetchall() if cursor.description else []

    def one(self, text: str, *values: Any) -> Any:
        return self.sql(text, *values)[0][0]

    def product(self, stock: int = 100, price: str = "149.00", **columns: Any) -> int:
        number = next(self._products)
        values = {"sku": f"T-{number}", "name": f"Producto {number}", "price": price, "stock": stock}
        values |= columns
        names = ", ".join(values)
        marks = ", ".join(["%s"] * len(values))
        return self.one(
            f"INSERT INTO products ({names}) VALUES ({marks}) RETURNING id", *values.values()
        )

    def coupon(self, code: str, **columns: Any) -> str:
        values = {"code": code, "kind": "percent", "value": 1000} | columns
        names = ", ".join(values)
        marks = ", ".join(["%s"] * len(values))
        self.sql(f"INSERT INTO coupons ({names}) VALUES ({marks})", *values.values())
        return code

    def request(self, method: str, path: str, body: Any = None, *, replica: int | None = None,
                **headers: str) -> httpx.Response:  # fmt: skip
        number = next(self._next) if replica is None else replica
        url = self.replicas[number % len(self.replicas)].url + path
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.request(method, url, json=body, headers=names)

    def call(self, method: str, path: str, body: Any = None, *, status: int = 200, **more: Any) -> Any:
        answer = self.request(method, path, body, **more)
        assert answer.status_code == status, answer.text
        return answer.json()

    def cart(self, customer: str) -> Any:
        return self.call("GET", f"/v1/carts/{customer}")["cart"]

    def add(self, customer: str, product: int, quantity: int = 1, **more: Any) -> Any:
        body = {"product_id": product, "quantity": quantity}
        return self.call("POST", f"/v1/carts/{customer}/items", body, **more)

    def step(self, customer: str, action: str, *, key: str | None = None, **fields: Any) -> Any:
        headers = {"Idempotency_Key": key} if key else {}
        return self.call("POST", f"/v1/checkout/{customer}", {"action": action, **fields}, **headers)

    def chat(self, customer: str, **fields: Any) -> Any:
        return self.call("POST", f"/v1/chat/{customer}", fields)

    def ready(self, customer: str, *products: int, method: str = "cash_on_delivery",
              quantity: int = 1) -> str:  # fmt: skip
        """A checkout up to its confirmation; the token that confirms it."""
        for product in products:
            self.add(customer, product, quantity)
        self.step(customer, "start")
        self.step(customer, "set_shipping", shipping_rate_id=self.pickup)
        answer = self.step(customer, "set_payment", payment_method=method)
        assert answer["state"] == "confirmation", answer
        return answer["token"]

    def buy(self, customer: str, *products: int, method: str = "cash_on_delivery") -> Any:
        token = self.ready(customer, *products, method=method)
        answer = self.step(customer, "confirm", token=token)
        assert answer["status"] == "placed", answer
        return answer["order"]

    def order(self, order_id: int) -> Any:
        return self.call("GET", f"/v1/orders/{order_id}")["order"]

    def check(self) -> None:
        """What must hold at any time."""
        for rule, query in _RULES.items():
            assert self.sql(query) == [], rule

    def close(self) -> None:
        self.http.close()
        if self._connection is not None:
            self._connection.close()


def said(answer: Any) -> str:
    """What the customer reads."""
    reply = answer["reply"]
    return reply["interactive"]["body"]["text"] if "interactive" in reply else reply["text"]["body"]


def choices(answer: Any) -> list[str]:
    """The ids of the reply's buttons or rows."""
    action = answer["reply"].get("interactive", {}).get("action", {})
    buttons = [button["reply"]["id"] for button in action.get("buttons", [])]
    return buttons + [row["id"] for section in action.get("sections", []) for row in section["rows"]]


@pytest.fixture
def make_checkout(service, shop_database: str) -> Iterator[Callable[..., CheckoutShop]]:
    made: list[CheckoutShop] = []

    def make(replicas: int = 1, database: str = shop_database, **env: str) -> CheckoutShop:
        settings = {"DATABASE_URL": database, **SETTINGS, **env}
        shop = CheckoutShop(lambda: service(NODE, **settings), database)
        made.append(shop)
        shop.replicas = [shop.start() for _ in range(replicas)]
        return shop

    yield make
    for shop in made:
        shop.close()


@pytest.fixture
def checkout(make_checkout) -> CheckoutShop:
    return make_checkout()
