"""Orders through the API: every order of arrival, what is told to others, and who may not."""

from __future__ import annotations

import itertools
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.api.checkout_shop import CheckoutShop, choices, new_customer, said


def wait_until(condition, timeout_s: float = 20) -> None:
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, f"not in {timeout_s} s"
        time.sleep(0.02)


def happen(shop: CheckoutShop, order: int, event: str, key: str) -> None:
    if event == "paid":
        shop.call("POST", f"/v1/orders/{order}/payment-received", {}, Idempotency_Key=key)
    elif event == "cancel":
        shop.call("POST", f"/v1/orders/{order}/cancel", {"by": "customer"})
    else:
        shop.sql("UPDATE orders SET held_until = NOW() - INTERVAL '2 h' WHERE id = %s", order)
        if shop.order(order)["status"] == "awaiting_payment":
            wait_until(lambda: shop.order(order)["status"] == "expired")


def arrivals() -> list[tuple[str, ...]]:
    events = ("paid", "paid", "cancel", "expire")
    return sorted(set(itertools.permutations(events)))


@pytest.mark.parametrize("events", arrivals(), ids="-".join)
def test_every_order_of_arrival_can_be_explained(checkout: CheckoutShop, events: tuple[str, ...]):
    product = checkout.product(stock=3)
    customer = new_customer()
    order = checkout.buy(customer, product, method="bank_transfer")["id"]
    for event in events:
        happen(checkout, order, event, key="received-once")
        checkout.check()
    found = checkout.order(order)
    # A cancel is among them, so that is how it ends; and what was paid is asked back.
    assert found["status"] == "cancelled"
    assert checkout.one("SELECT stock - reserved FROM products WHERE id = %s", product) == 3
    asked = checkout.sql("SELECT sum(amount_minor) FROM refunds")[0][0] or 0
    assert asked == found["paid_minor"]
    types = [each["type"] for each in found["history"]]
    assert types[0] == "order.placed"
    assert len(types) == len(set(types)), types


def test_expired_and_paid_later_takes_the_stock_again_or_says_so(checkout: CheckoutShop):
    product = checkout.product(stock=1)
    late = checkout.buy(new_customer(), product, method="bank_transfer")["id"]
    happen(checkout, late, "expire", "x")
    other = checkout.buy(new_customer(), product)["id"]
    happen(checkout, late, "paid", "a")
    assert checkout.order(late)["status"] == "paid_shortfall"
    checkout.call("POST", f"/v1/orders/{other}/cancel", {})
    third = checkout.buy(new_customer(), product, method="bank_transfer")["id"]
    happen(checkout, third, "expire", "x")
    happen(checkout, third, "paid", "b")
    assert checkout.order(third)["status"] == "paid"
    checkout.check()


def test_a_customer_sees_and_cancels_only_their_own(checkout: CheckoutShop):
    mine, other = new_customer(), new_customer()
    order = checkout.buy(mine, checkout.product())
    stranger = checkout.chat(other, action_id=f"cancel_order:{order['id']}", message_id="s")
    assert stranger["status"] == "not_found"
    assert checkout.chat(other, intent="order_status",
                         entities={"order_id": order["order_number"]})["status"] == "not_found"  # fmt: skip
    shown = checkout.chat(mine, intent="order_status", text="¿dónde está mi pedido?")
    assert order["order_number"] in said(shown)
    assert f"cancel_order:{order['id']}" in choices(shown)
    done = checkout.chat(mine, action_id=f"cancel_order:{order['id']}", message_id="c")
    assert (done["status"], done["order"]["status"]) == ("cancelled", "cancelled")
    checkout.check()


def test_orders_come_in_pages(checkout: CheckoutShop):
    customer, product = new_customer(), checkout.product()
    orders = [checkout.buy(customer, product)["id"] for _ in range(5)]
    found, cursor = [], None
    while True:
        more = f"&cursor={cursor}" if cursor else ""
        page = checkout.call("GET", f"/v1/orders?customer_phone={customer}&limit=2{more}")
        found += [order["id"] for order in page["orders"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert found == orders[::-1]


class Receiver:
    """Another system, over HTTP: refuses as often as it is told to, then takes."""

    def __init__(self, refusals: int = 0) -> None:
        self.bodies: list[dict] = []
        self.refusals = refusals
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                refused = receiver.refusals > 0
                receiver.refusals -= refused
                if not refused:
                    # self.path has what it stands for: "//v1" is "/v1" there.
                    receiver.bodies.append({"path": self.requestline.split()[1], **body})
                self.send_response(503 if refused else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def test_events_and_notices_reach_others_though_they_were_down(make_checkout):
    metrics, notify = Receiver(refusals=2), Receiver(refusals=2)
    notify_url = f"{notify.url}/webhook/payment-notice"
    shop = make_checkout(2, METRICS_URL=f"{metrics.url}/", N8N_NOTIFY_URL=notify_url)
    customer = new_customer()
    soon = "2099-01-01T00:00:00Z"
    shop.chat(customer, action_id="cart:", phone_number_id="111", service_window_expires_at=soon)
    order = shop.buy(customer, shop.product(), method="bank_transfer")["id"]
    happen(shop, order, "paid", "k")
    wait_until(lambda: shop.one("SELECT count(*) FROM checkout_outbox") == 0)
    events = [event for body in metrics.bodies for event in body["events"]]
    assert {body["path"] for body in metrics.bodies} == {"/v1/events"}
    told = {e["event_id"]: e for e in events if e["type"].startswith("order.")}
    assert [event["type"] for event in sorted(told.values(), key=lambda e: e["occurred_at"])] == [
        "order.placed",
        "order.paid",
    ]
    paid = next(event["data"] for event in told.values() if event["type"] == "order.paid")
    assert paid["total_minor"] > 0 and paid["currency"] and paid["items"][0]["quantity"] == 1
    assert all(event["customer_key"] == customer for event in events)
    (notice,) = notify.bodies
    assert (notice["type"], notice["customer_phone"]) == ("order.paid", customer)
    assert (notice["phone_number_id"], notice["in_window"]) == ("111", True)
    assert "Recibimos tu pago" in said(notice)


def test_after_the_24_hours_only_a_template_is_sent(make_checkout):
    notify = Receiver()
    shop = make_checkout(1, N8N_NOTIFY_URL=notify.url, PAID_TEMPLATE="pedido_estado")
    order = shop.buy(new_customer(), shop.product(), method="bank_transfer")["id"]
    happen(shop, order, "paid", "k")
    wait_until(lambda: notify.bodies)
    (notice,) = notify.bodies
    assert notice["in_window"] is False
    assert notice["reply"]["type"] == "template"
    assert notice["reply"]["template"]["name"] == "pedido_estado"


def test_an_abandoned_cart_is_given_once_over_replicas(make_checkout):
    shop = make_checkout(3)
    product = shop.product()
    customers = [new_customer() for _ in range(12)]
    for customer in customers:
        shop.chat(customer, action_id=f"add:{product}", phone_number_id="1",
                  service_window_expires_at="2099-01-01T00:00:00Z")  # fmt: skip
    closed = new_customer()
    shop.chat(closed, action_id=f"add:{product}", service_window_expires_at="2020-01-01T00:00:00Z")
    shop.sql("UPDATE carts SET updated_at = NOW() - INTERVAL '2 h'")
    with ThreadPoolExecutor(6) as pool:
        answers = pool.map(
            lambda _: shop.call("POST", "/v1/carts/abandoned/claim", {"limit": 5}), range(9)
        )
        claimed = [cart["customer_phone"] for answer in answers for cart in answer["carts"]]
    assert sorted(claimed) == customers
    # A change of the cart makes it one that may be left again.
    shop.chat(customers[0], action_id=f"add:{product}")
    shop.sql("UPDATE carts SET updated_at = NOW() - INTERVAL '2 h' WHERE customer_phone = %s", customers[0])
    (again,) = shop.call("POST", "/v1/carts/abandoned/claim", {})["carts"]
    assert again["customer_phone"] == customers[0]
    assert choices(again)[0] == "checkout:"


def test_a_customer_who_goes_by_another_identity_keeps_all(checkout: CheckoutShop):
    old, new = new_customer(), new_customer()
    both, mine = checkout.product(), checkout.product()
    order = checkout.buy(old, both)
    checkout.add(old, both, 3)
    checkout.add(old, mine, 1)
    checkout.add(new, both, 2)
    checkout.sql("INSERT INTO customer_identities (customer_key, wa_id) VALUES (%s, %s)", new, new)
    checkout.sql(
        "INSERT INTO customer_identities (customer_key, wa_id, replaced_by) VALUES (%s, %s, %s)",
        old, old, new,
    )  # fmt: skip
    lines = {line["product_id"]: line["quantity"] for line in checkout.cart(new)["lines"]}
    assert lines == {both: 3, mine: 1}
    assert checkout.cart(old)["lines"] == []
    assert checkout.chat(new, action_id=f"order:{order['id']}")["order"]["customer_phone"] == new
    checkout.check()
