"""A walk at random against the running service, beside a model of its machine: a table of what
each action does in each state, written from the contract and not from the code."""

from __future__ import annotations

import os
import random
import time
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.api.checkout_shop import ADDRESS, CheckoutShop, new_customer

STEPS = int(os.environ.get("CHECKOUT_WALK_STEPS", "600"))
SEED = int(os.environ.get("CHECKOUT_WALK_SEED", "1"))

BEFORE_ORDER = ["cart", "address", "shipping", "payment", "confirmation"]
ENDS = ["placed", "paid", "cancelled", "expired"]

# What an order's event does: (status, event) -> (status, what became of its stock). Whatever
# isn't here changes nothing.
ORDER = {
    ("awaiting_payment", "receive"): ("paid", "sold"),
    ("awaiting_payment", "cancel"): ("cancelled", "released"),
    ("awaiting_payment", "expire"): ("expired", "released"),
    ("placed", "receive"): ("paid", "sold"),
    ("placed", "cancel"): ("cancelled", "released"),
    ("placed", "shipped"): ("shipped", "sold"),
    ("paid", "cancel"): ("cancelled", "released"),
    ("paid", "shipped"): ("shipped", "sold"),
    ("shipped", "delivered"): ("delivered", "sold"),
    ("expired", "cancel"): ("cancelled", "released"),
}


@dataclass
class Model:
    """One customer, as the contract says it is."""

    customer: str
    cart: dict[int, int] = field(default_factory=dict)
    state: str | None = None  # of the checkout; None: there never was one
    address: bool = False  # a whole one was said
    rate: int | None = None
    method: str | None = None
    orders: dict[int, str] = field(default_factory=dict)
    order: int | None = None  # of the checkout
    lines: dict[int, dict[int, int]] = field(default_factory=dict)  # of the orders
    shown: Any = None  # what the last token is for
    token: str | None = None
    old_token: str | None = None


class Walk:
    def __init__(self, shop: CheckoutShop, chance: random.Random) -> None:
        self.shop = shop
        self.chance = chance
        self.products = [shop.product(stock=200) for _ in range(4)]
        self.stock = dict.fromkeys(self.products, 200)  # on the shelf
        self.reserved = dict.fromkeys(self.products, 0)
        self.prices = dict.fromkeys(self.products, 14900)
        self.models = [Model(new_customer()) for _ in range(4)]
        self.seen: set[tuple[str, str, str]] = set()
        self.history: list[tuple] = []  # of steps, for whoever looks for a fault

    def free(self, product: int) -> int:
        return self.stock[product] - self.reserved[product]

    # --- The model. ---

    def missing(self, model: Model) -> str:
        pickup = model.rate == self.shop.pickup
        if not (model.address or pickup):
            return "address"
        if not self.rate_is_offered(model):
            return "shipping"
        return "confirmation" if model.method else "payment"

    def rate_is_offered(self, model: Model) -> bool:
        return model.rate == self.shop.pickup or (model.rate == self.shop.standard and model.address)

    def agreement(self, model: Model) -> Any:
        """What a token stands for."""
        lines = sorted((p, q, self.prices[p]) for p, q in model.cart.items())
        return (lines, model.rate, model.method, model.address)

    def available(self, model: Model) -> bool:
        return all(self.free(product) >= quantity for product, quantity in model.cart.items())

    def expect(self, model: Model, action: str, fields: dict[str, Any]) -> tuple[str, str]:
        """The state that comes, and the status of the answer; and the model as it is then."""
        if model.state is None or model.state in ENDS:
            if action == "cancel":
                state = model.state if model.order is not None else "cart"
                return state, "cancelled" if state == "cancelled" else "nothing_to_cancel"
            if action == "show":
                return (model.state if model.order is not None else "cart"), "ok"
            if action == "confirm" and model.order and fields["token"] == model.token:
                return model.state, "order_exists"
            # A new checkout, which knows the address of an order that was sent.
            model.state, model.order, model.rate, model.method = "cart", None, None, None
            model.shown = model.token = model.old_token = None
            model.address = self.sent_before(model)
        if model.state == "awaiting_payment":
            if action == "cancel":
                self.happen(model, model.order, "cancel")
                return "cancelled", "cancelled"
            return "awaiting_payment", "ok" if action == "show" else "order_exists"
        return self.expect_before_order(model, action, fields)

    def expect_before_order(self, model: Model, action: str, fields: dict[str, Any]) -> tuple[str, str]:
        asked = {"set_address": "address", "set_shipping": "shipping", "set_payment": "payment"}
        said = True
        if action == "set_address":
            model.address = model.address or fields["text"] == ADDRESS
            said = model.address or model.rate == self.shop.pickup
        if action == "set_shipping":
            model.rate = fields["shipping_rate_id"]
            said = self.rate_is_offered(model)
        if action == "set_payment":
            known = ("cash_on_delivery", "bank_transfer")
            model.method = fields["payment_method"] if fields["payment_method"] in known else None
            said = model.method is not None
        if not self.rate_is_offered(model):
            model.rate = None
        if action == "cancel":
            return "cancelled", "cancelled"
        if not model.cart:
            return "cart", "empty"
        if not self.available(model):
            return "cart", "out_of_stock"
        missing = self.missing(model)
        if action == "start":
            return missing, "ok"
        if action in asked:
            refused = "missing" if action == "set_address" else "not_offered"
            first = min(missing, asked[action], key=BEFORE_ORDER.index)
            return (missing, "ok") if said else (first, refused)
        if action == "back":
            return BEFORE_ORDER[max(0, BEFORE_ORDER.index(model.state) - 1)], "ok"
        if action == "show":
            return min(model.state, missing, key=BEFORE_ORDER.index), "ok"
        if model.state != "confirmation" or missing != "confirmation":
            return missing, "missing"
        if fields["token"] != model.token or model.shown != self.agreement(model):
            return "confirmation", "changed"
        return ("placed" if model.method == "cash_on_delivery" else "awaiting_payment"), "placed"

    def sent_before(self, model: Model) -> bool:
        return bool(
            self.shop.sql(
                "SELECT 1 FROM orders WHERE customer_phone = %s AND address IS NOT NULL", model.customer
            )
        )

    def happen(self, model: Model, order: int, event: str) -> str:
        """An event of an order; its status then."""
        before = model.orders[order]
        after, stock = ORDER.get((before, event), (before, None))
        if stock is None:
            return before
        held = before in ("awaiting_payment", "placed")
        for product, quantity in model.lines[order].items():
            if held:
                self.reserved[product] -= quantity
            if held and stock == "sold":
                self.stock[product] -= quantity
            if not held and before == "paid" and stock == "released":
                self.stock[product] += quantity
        model.orders[order] = after
        # Its checkout goes along, up to its end.
        if order == model.order and after in ENDS:
            model.state = after
        return after

    # --- The walk. ---

    def change_cart(self, model: Model) -> None:
        product = self.chance.choice(self.products)
        had = model.cart.get(product, 0)
        if self.chance.random() < 0.7:
            quantity = self.chance.choice([1, 1, 2, 5, 70])
            answer = self.shop.add(model.customer, product, quantity)
            free = self.free(product)
            if free <= 0:
                expected, now = "out_of_stock", had
            else:
                expected = "limited" if had + quantity > free else "added"
                now = min(had + quantity, free)
        else:
            answer = self.shop.call("DELETE", f"/v1/carts/{model.customer}/items/{product}")
            expected, now = ("removed" if had else "not_in_cart"), 0
        assert answer["status"] == expected, (answer["status"], expected)
        model.cart[product] = now
        if not now:
            del model.cart[product]
        lines = {line["product_id"]: line["quantity"] for line in answer["cart"]["lines"]}
        assert lines == model.cart

    def change_price(self) -> None:
        product = self.chance.choice(self.products)
        self.prices[product] += self.chance.choice([-100, 100])
        self.shop.sql(
            "UPDATE products SET price = %s / 100.0 WHERE id = %s", self.prices[product], product
        )

    def restock(self) -> None:
        product = self.chance.choice(self.products)
        self.stock[product] += 10
        self.shop.sql("UPDATE products SET stock = stock + 10 WHERE id = %s", product)

    def step_checkout(self, model: Model) -> None:
        actions = ["start", "set_address", "set_shipping", "set_payment", "confirm", "back", "show"]
        weights = [2, 2, 3, 3, 8, 1, 1]
        action = self.chance.choices([*actions, "cancel"], [*weights, 1])[0]
        fields: dict[str, Any] = {}
        if action == "set_address":
            fields["text"] = self.chance.choice([ADDRESS, "Insurgentes"])
        if action == "set_shipping":
            fields["shipping_rate_id"] = self.chance.choice(
                [self.shop.standard, *[self.shop.pickup] * 4, 999]
            )
        if action == "set_payment":
            fields["payment_method"] = self.chance.choice(
                ["cash_on_delivery", "bank_transfer"] * 4 + ["shells"]
            )
        if action == "confirm":
            tokens = [model.token] * 6 + [model.old_token, "x" * 43]
            fields["token"] = self.chance.choice(tokens) or "none"
        self.take_step(model, action, fields)

    def take_step(self, model: Model, action: str, fields: dict[str, Any]) -> None:
        before = model.state
        state, status = self.expect(model, action, fields)
        answer = self.shop.step(model.customer, action, **fields)
        self.history.append((model.customer[-2:], before, action, fields, answer["state"], answer["status"]))
        place = "\n".join(str(each) for each in self.history if each[0] == model.customer[-2:])
        assert (answer["state"], answer["status"]) == (state, status), place
        self.seen.add((str(before), action, f"{state}/{status}"))
        if status == "placed":
            model.order = answer["order"]["id"]
            model.orders[model.order] = state
            model.lines[model.order] = dict(model.cart)
            for product, quantity in model.cart.items():
                self.reserved[product] += quantity
            model.cart = {}
        if state == "confirmation" and "token" in answer:
            if answer["token"] != model.token:
                model.old_token = model.token
            model.token, model.shown = answer["token"], self.agreement(model)
        over = before is None or before in ENDS
        if not (over and (action in ("show", "cancel") or status == "order_exists")):
            model.state = state

    def touch_order(self, model: Model) -> None:
        if not model.orders:
            return
        order = self.chance.choice(list(model.orders))
        event = self.chance.choice(["cancel", "shipped", "delivered", "receive", "receive", "expire"])
        before = model.orders[order]
        if event == "expire":
            if before != "awaiting_payment":
                return
            self.shop.sql("UPDATE orders SET held_until = NOW() - INTERVAL '1 h' WHERE id = %s", order)
            self.wait_for(order, "expired")
        elif event == "receive":
            if before not in ("awaiting_payment", "placed"):
                return
            self.shop.call("POST", f"/v1/orders/{order}/payment-received", {}, Idempotency_Key=str(order))
        elif event == "cancel":
            self.shop.call("POST", f"/v1/orders/{order}/cancel", {"by": "customer"})
        else:
            self.shop.call("POST", f"/v1/orders/{order}/status", {"status": event})
        after = self.happen(model, order, event)
        self.history.append((model.customer[-2:], order, event, before, after, ""))
        assert self.shop.order(order)["status"] == after, (before, event)
        self.seen.add((before, event, after))

    def wait_for(self, order: int, status: str) -> None:
        end = time.monotonic() + 20
        while self.shop.order(order)["status"] != status:
            assert time.monotonic() < end, f"order {order} isn't {status}"
            time.sleep(0.01)

    def step(self) -> None:
        model = self.chance.choice(self.models)
        what = self.chance.random()
        if what < 0.66:
            self.step_checkout(model)
        elif what < 0.86:
            self.change_cart(model)
        elif what < 0.97:
            self.touch_order(model)
        elif what < 0.985:
            self.change_price()
        else:
            self.restock()

    def check(self) -> None:
        self.shop.check()
        known = {row[0]: row[1:] for row in self.shop.sql("SELECT id, stock, reserved FROM products")}
        for product in self.products:
            assert known[product] == (self.stock[product], self.reserved[product]), product


@pytest.mark.timeout(120 + STEPS // 2)
def test_a_walk_at_random_finds_no_state_outside_of_the_model(checkout: CheckoutShop):
    walk = Walk(checkout, random.Random(SEED))
    for number in range(STEPS):
        walk.step()
        if number % 500 == 0:
            walk.check()
    walk.check()
    # It went somewhere: a walk that never confirms would prove nothing.
    assert len(walk.seen) > 40, walk.seen
    assert any(status == "confirmation/changed" for _, _, status in walk.seen) or STEPS < 500
    assert checkout.one("SELECT count(*) FROM orders") > 5
