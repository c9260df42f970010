"""A person buys: search, cart, address, payment page, paid, and where the order is."""

from __future__ import annotations

import itertools
import time

import pytest

from tests.e2e.purchase import (
    ADDRESS,
    Editor,
    actions,
    link_of,
    order,
    press_page,
    put_in_cart,
    step,
    wait_text,
)
from tests.e2e.shop import Customer, Shop

_numbers = itertools.count(int(time.time()))


@pytest.fixture
def customer(shop: Shop) -> Customer:
    return shop.customer()


@pytest.fixture
def notice(shop: Shop):
    """Posts a notice as the checkout's outbox does; the answer."""

    def post(customer: Customer, event_id: str | None = None, token: str | None = None):
        body = {
            "event_id": event_id or f"event-{next(_numbers)}",
            "type": "order.paid",
            "customer_phone": customer.key,
            "phone_number_id": shop.env["WHATSAPP_PHONE_NUMBER_ID"],
            "reply": {"type": "text", "text": {"body": "Recibimos tu pago 🎉"}},
        }
        headers = {"Authorization": f"Bearer {token or shop.env['SERVICE_TOKEN']}"}
        return shop.n8n.post("/webhook/payment-notice", json=body, headers=headers)

    return post


@pytest.mark.parametrize("gateway", ["stripe", "mercado_pago"])
def test_a_person_buys(shop: Shop, customer: Customer, gateway: str):
    placed = order(customer, f"pay:{gateway}")
    press_page(shop, link_of(placed), "pay")
    wait_text(customer, "Recibimos tu pago")
    told = customer.ask("¿dónde está mi pedido?")
    assert "pagado" in told["text"].lower(), told["text"]


def test_a_payment_that_was_refused_can_be_tried_again(shop: Shop, customer: Customer):
    link = link_of(order(customer))
    assert "rechazó el pago" in press_page(shop, link, "reject")
    wait_text(customer, "no pasó")
    press_page(shop, link, "pay")
    wait_text(customer, "Recibimos tu pago")
    assert "pagado" in customer.ask("¿dónde está mi pedido?")["text"].lower()


def test_what_is_written_in_a_checkout_answers_it(shop: Shop, customer: Customer):
    """A street called as a product is an address; a question in between is answered, too."""
    step(customer, put_in_cart(customer), "checkout:")
    assert shop.session(customer.key)["session"]["session_state"] == "address"
    found = customer.ask("¿tienen audífonos?")
    assert actions(found, "prod:")
    step(customer, put_in_cart(customer, "audífonos"), "checkout:")
    shipping = customer.ask("Calle Zapatillas Rojas 42, Col. Centro, Cuauhtémoc, 06050 CDMX")
    assert actions(shipping, "ship:"), shipping["text"]


def test_an_order_of_the_catalogue_becomes_a_cart(shop: Shop, customer: Customer):
    shown = step(customer, customer.ask("zapatillas rojas"), "prod:")
    sku = shop.product(actions(shown, "add:")[0])["sku"]
    before = len(customer.replies())
    items = [{"product_retailer_id": sku, "quantity": 2, "item_price": 1, "currency": "MXN"}]
    customer.send("order", order={"catalog_id": "1", "product_items": items})
    cart = customer.wait_messages(before + 1)[-1]
    assert actions(cart, "checkout:"), cart["text"]


def test_the_cart_is_down_and_the_customer_is_told(shop: Shop, customer: Customer, outage):
    cart = put_in_cart(customer)
    with outage("optimized_checkout_processor"):
        said = step(customer, cart, "checkout:")
        assert "Ahora no podemos abrir tu carrito" in said["text"]
    assert actions(step(customer, cart, "checkout:"), "cancel:")


def test_in_one_webhook_each_customer_gets_their_own_cart(shop: Shop):
    """Three customers at once in the sub-workflow: answers go back by their place."""
    customers = [shop.customer() for _ in range(3)]
    found = actions(customers[0].ask("zapatillas rojas"), "prod:")
    before = [len(customer.replies()) for customer in customers]
    chosen = [product.replace("prod:", "add:") for product in found[:3]]
    shop.batch(
        [
            {"customer": customer.key, "type": "button_reply", "id": id_, "title": "Agregar al carrito"}
            for customer, id_ in zip(customers, chosen, strict=True)
        ],
        "entries",
    )
    for customer, count, id_ in zip(customers, before, chosen, strict=True):
        cart = customer.wait_messages(count + 1)[-1]
        assert f"1 × {shop.product(id_)['name']}:" in cart["text"], cart["text"]


def test_an_abandoned_cart_is_reminded_once(shop: Shop, customer: Customer):
    put_in_cart(customer)
    sql = "UPDATE carts SET updated_at = NOW() - INTERVAL '20 hours' WHERE customer_phone = %s"
    shop._shop.execute(sql, (customer.key,))
    before = len(customer.replies())
    editor = Editor(shop.env)
    try:
        editor.run("commerceAbandons", "every_ten_minutes")
        reminder = customer.wait_messages(before + 1)[-1]
        assert actions(reminder, "checkout:") or actions(reminder, "cart:"), reminder["actions"]
        editor.run("commerceAbandons", "every_ten_minutes")
        shop.settle()
    finally:
        editor.close()
    assert len(customer.replies()) == before + 1


def test_a_notice_is_sent_once(shop: Shop, customer: Customer, notice):
    customer.ask("hola")
    event = f"event-{next(_numbers)}"
    assert [notice(customer, event).status_code for _ in range(2)] == [200, 200]
    customer.wait_messages(2)


def test_a_notice_that_meta_refuses_for_a_moment_comes_again(shop: Shop, customer: Customer, notice):
    customer.ask("hola")
    event = f"event-{next(_numbers)}"
    shop.settings(fail_next={"count": 1, "code": 131000, "http_status": 500})
    assert notice(customer, event).status_code == 503
    end = time.monotonic() + 30
    while (status := notice(customer, event).status_code) == 503 and time.monotonic() < end:
        time.sleep(0.5)
    assert status == 200
    customer.wait_messages(2)


def test_a_notice_after_the_24_hours_is_refused(shop: Shop, customer: Customer, notice):
    customer.ask("hola")
    shop.sim.put(customer.path, json={"window_open": False})
    answer = notice(customer)
    assert answer.status_code == 422 and "131047" in answer.text


def test_a_notice_without_the_token_is_refused(shop: Shop, customer: Customer, notice):
    assert notice(customer, token="guess").status_code == 403
    assert customer.replies() == []


def test_a_notice_without_the_cache_is_sent(shop: Shop, customer: Customer, notice, outage):
    customer.ask("hola")
    with outage("redis_cache_manager_consolidated"):
        assert notice(customer).status_code == 200
    wait_text(customer, "Recibimos tu pago")


def test_an_address_can_be_a_pin(shop: Shop, customer: Customer):
    asked = step(customer, put_in_cart(customer), "checkout:")
    before = len(customer.replies())
    customer.send("location", location={"latitude": 19.4326, "longitude": -99.1332})
    pinned = customer.wait_messages(before + 1)[-1]
    assert pinned["text"] != asked["text"]
    assert "Recibimos tu ubicación" not in pinned["text"]
    assert actions(customer.ask(ADDRESS), "ship:")
