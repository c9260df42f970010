"""Carts: what is there, what it costs, what is wrong with a call, and old buttons."""

from __future__ import annotations

import time

import pytest

from tests.api.checkout_shop import ADDRESS, CheckoutShop, choices, new_customer, said


def test_a_cart_is_capped_at_what_there_is(checkout: CheckoutShop):
    customer, product = new_customer(), checkout.product(stock=3)
    assert checkout.add(customer, product, 2)["status"] == "added"
    answer = checkout.add(customer, product, 2)
    assert (answer["status"], answer["quantity"]) == ("limited", 3)
    checkout.sql("UPDATE products SET stock = 1 WHERE id = %s", product)
    (line,) = checkout.cart(customer)["lines"]
    assert (line["status"], line["available"]) == ("limited", 1)
    checkout.sql("UPDATE products SET stock = 0 WHERE id = %s", product)
    assert checkout.add(customer, product)["status"] == "out_of_stock"
    checkout.sql("UPDATE products SET is_available = false WHERE id = %s", product)
    assert checkout.add(customer, product)["status"] == "not_sold"
    assert checkout.cart(customer)["total_minor"] == 0


def test_the_same_key_is_one_change_and_with_another_body_refused(checkout: CheckoutShop):
    customer, product = new_customer(), checkout.product()
    first = checkout.add(customer, product, 2, Idempotency_Key="a")
    again = checkout.add(customer, product, 2, Idempotency_Key="a")
    assert again == {**first, "repeated": True}
    checkout.add(customer, product, 3, Idempotency_Key="a", status=422)
    assert checkout.cart(customer)["lines"][0]["quantity"] == 2


BAD = [
    {"product_id": "p", "quantity": 0},
    {"product_id": "p", "quantity": -1},
    {"product_id": "p", "quantity": 10**9},
    {"product_id": "p", "quantity": 1.5},
    {"product_id": "p", "quantity": "2"},
    {"product_id": 10**12},
    {"product_id": "eins"},
    {},
]


@pytest.mark.parametrize("body", BAD, ids=str)
def test_bad_quantities_change_nothing(checkout: CheckoutShop, body):
    customer, product = new_customer(), checkout.product()
    checkout.add(customer, product)
    before = checkout.cart(customer)
    body = {name: product if value == "p" else value for name, value in body.items()}
    answer = checkout.call("POST", f"/v1/carts/{customer}/items", body, status=422)
    assert answer["errors"]
    assert checkout.cart(customer) == before


def test_an_address_of_10000_characters_is_refused_in_words(checkout: CheckoutShop):
    customer = new_customer()
    checkout.add(customer, checkout.product())
    checkout.step(customer, "start")
    path = f"/v1/checkout/{customer}"
    checkout.call("POST", path, {"action": "set_address", "text": "x" * 10000}, status=422)
    answer = checkout.chat(customer, text="Calle " + "x" * 9000 + " 5")
    assert answer["state"] == "address"
    assert answer["missing"]


def test_a_catalogue_order_is_repriced_and_its_differences_are_told(checkout: CheckoutShop):
    customer = new_customer()
    checkout.product(sku="ZAP-1", name="Zapato", price="499.00", stock=2)
    checkout.product(sku="BOL-1", name="Bolsa", price="100.00", stock=9)
    answer = checkout.chat(
        customer,
        order={
            "catalog_id": "1",
            "product_items": [
                {"product_retailer_id": "ZAP-1", "quantity": 1, "item_price": 1.0, "currency": "MXN"},
                {"product_retailer_id": "BOL-1", "quantity": 99, "item_price": 100, "currency": "MXN"},
                {"product_retailer_id": "NADA", "quantity": 1, "item_price": 5, "currency": "MXN"},
            ],
        },
        message_id="o1",
    )
    assert answer["cart"]["subtotal_minor"] == 49900 + 9 * 10000
    text = said(answer)
    assert "Zapato cuesta $499.00 (el catálogo decía $1.00)" in text
    assert "Bolsa" in text and "NADA" in text


def test_an_old_button_confirms_no_changed_cart_and_says_what_changed(checkout: CheckoutShop):
    customer = new_customer()
    dearer, gone = checkout.product(name="Taza", price="100.00"), checkout.product(name="Plato")
    token = checkout.ready(customer, dearer, gone)
    checkout.sql("UPDATE products SET price = 120 WHERE id = %s", dearer)
    answer = checkout.chat(customer, action_id=f"confirm:{token}", message_id="1")
    assert (answer["status"], answer["state"]) == ("changed", "confirmation")
    assert "Taza: antes $100.00, ahora $120.00" in said(answer)
    checkout.sql("UPDATE products SET stock = 0 WHERE id = %s", gone)
    answer = checkout.chat(customer, action_id=choices(answer)[0], message_id="2")
    assert (answer["status"], answer["state"]) == ("out_of_stock", "cart")
    assert "Plato: se agotó" in said(answer)
    assert checkout.one("SELECT count(*) FROM orders") == 0


def test_a_purchase_by_chat_alone(checkout: CheckoutShop):
    customer, product = new_customer(), checkout.product(price="300.00")
    checkout.chat(customer, action_id=f"add:{product}:2", message_id="1")
    asked = checkout.chat(customer, intent="checkout", text="quiero pagar", message_id="2")
    assert asked["state"] == "address"
    partly = checkout.chat(customer, text="Insurgentes Sur 1234 int 5", message_id="3")
    assert partly["missing"]
    whole = checkout.chat(customer, text=ADDRESS, message_id="4")
    assert whole["state"] == "shipping"
    paying = checkout.chat(customer, action_id=f"ship:{checkout.standard}", message_id="5")
    assert "pay:bank_transfer" in choices(paying)
    sure = checkout.chat(customer, intent="choose_payment", text="en efectivo", message_id="6")
    assert (sure["state"], sure["cart"]["total_minor"]) == ("confirmation", 60000 + 9900)
    done = checkout.chat(customer, intent="affirm", text="sí", message_id="7")
    assert done["status"] == "placed"
    assert checkout.chat(customer, intent="affirm", text="sí", message_id="7") == done
    assert checkout.chat(customer, intent="search_product", text="tenis")["handled"] is False
    checkout.check()


@pytest.mark.parametrize(
    ("currency", "price", "total"), [("CLP", "12990", 12990), ("COP", "49900.00", 4990000)]
)
def test_currencies_have_their_own_minor_units(make_checkout, shop_database, currency, price, total):
    shop = make_checkout()
    shop.sql("UPDATE system_config SET value = %s WHERE key = 'currency'", currency)
    time.sleep(0.3)
    customer = new_customer()
    shop.add(customer, shop.product(price=price))
    shop.cart(customer)
    cart = shop.cart(customer)
    assert (cart["currency"], cart["subtotal_minor"]) == (currency, total)


def test_a_transfer_says_where_to_pay_and_for_what(checkout: CheckoutShop):
    customer = new_customer()
    token = checkout.ready(customer, checkout.product(), method="bank_transfer")
    answer = checkout.step(customer, "confirm", token=token)
    assert answer["state"] == "awaiting_payment"
    assert "CLABE 012345678901234567" in said(answer)
    assert answer["order"]["order_number"] in said(answer)
    # Until it's paid or cancelled there is no second one.
    checkout.add(customer, checkout.product())
    again = checkout.step(customer, "start")
    assert (again["status"], again["state"]) == ("order_exists", "awaiting_payment")
    assert f"cancel_order:{answer['order']['id']}" in choices(again)
