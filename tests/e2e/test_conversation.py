"""A customer writes, n8n runs, the shop answers: once, and only where an answer is due."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from tests.e2e.shop import PIXEL, Shop


def test_a_text_gets_exactly_one_reply(shop: Shop):
    customer = shop.customer()
    customer.text("hola, ¿tienen leche? 🥛")
    (reply,) = customer.wait_replies(1)
    assert "«hola, ¿tienen leche? 🥛»" in reply


def test_a_customer_without_a_phone_number_is_answered(shop: Shop):
    customer = shop.customer(user_id="MX.13491208655302741918", username="ana", phone_visible=False)
    customer.text("hola")
    customer.wait_replies(1)


def test_a_long_text_is_quoted_in_part(shop: Shop):
    customer = shop.customer()
    customer.text("ñ" * 4096)
    (reply,) = customer.wait_replies(1)
    assert "ñ" * 60 in reply and "ñ" * 61 not in reply and len(reply) < 1000


def test_a_duplicate_delivery_gets_no_second_reply(shop: Shop):
    customer = shop.customer()
    message = customer.text("hola")
    customer.wait_replies(1)
    for _ in range(3):
        shop.replay(message["delivery_id"])
    customer.wait_replies(1)


def test_an_answered_message_is_known_as_handled(shop: Shop, system: dict[str, str]):
    """Not only as being handled: such a lease runs out after a minute, and Meta repeats for days."""
    customer = shop.customer()
    message = customer.text("hola")
    customer.wait_replies(1)
    (body,) = [d["body"] for d in shop.deliveries() if d["id"] == message["delivery_id"]]
    secret = system["WHATSAPP_APP_SECRET"].encode()
    signature = "sha256=" + hmac.new(secret, body.encode(), hashlib.sha256).hexdigest()
    (parsed,) = shop.parse(body, signature)["messages"]
    assert (parsed["is_duplicate"], parsed["skip_reason"]) == (True, "duplicate")


def test_statuses_start_no_reply(shop: Shop):
    customer = shop.customer()
    customer.text("hola")
    customer.wait_replies(1)
    statuses = [d for d in shop.deliveries() if customer.key in d["customers"] and "statuses" in d["kinds"]]
    assert statuses, "the simulator sent no statuses, so this test shows nothing"
    assert all(d["http_status"] == 200 for d in statuses)
    assert len(customer.replies()) == 1


@pytest.mark.parametrize("layout", ["one_change", "changes", "entries"])
def test_a_batch_of_three_gets_three_replies(shop: Shop, layout: str):
    customers = [shop.customer() for _ in range(3)]
    texts = list(zip(customers, ("uno", "dos", "tres")))
    shop.batch([{"customer": c.key, "type": "text", "text": text} for c, text in texts], layout)
    for customer, text in texts:
        assert f"«{text}»" in customer.wait_replies(1)[0]


def test_a_burst_of_customers_is_answered_one_by_one(shop: Shop):
    customers = [shop.customer() for _ in range(20)]
    for number, customer in enumerate(customers):
        customer.text(f"olla {number}")
    customers[-1].wait_replies(1)
    for number, customer in enumerate(customers):
        (reply,) = customer.replies()
        assert f"«olla {number}»" in reply["text"]


def button(id_: str, title: str) -> dict:
    return {"interactive": {"type": "button_reply", "button_reply": {"id": id_, "title": title}}}


@pytest.mark.parametrize(
    ("type_", "content", "expected"),
    [
        # A button that the workflow doesn't know, of an advertisement: its title is looked for.
        ("interactive", button("ofertas", "Ver ofertas"), "«Ver ofertas»"),
        ("location", {"latitude": 19.43, "longitude": -99.13, "name": "Zócalo"}, "«Zócalo»"),
        (
            "order",
            {
                "product_items": [
                    {"product_retailer_id": "A", "quantity": 2, "item_price": 10, "currency": "MXN"},
                    {"product_retailer_id": "B", "quantity": 1, "item_price": 7.99, "currency": "MXN"},
                ]
            },
            "No encontré A",
        ),
    ],
    ids=["button", "location", "order"],
)
def test_each_type_is_answered_as_what_it_is(shop: Shop, type_: str, content: dict, expected: str):
    customer = shop.customer()
    customer.send(type_, **content)
    (reply,) = customer.wait_replies(1)
    assert expected in reply


def test_a_picture_is_answered_with_its_caption(shop: Shop):
    customer = shop.customer()
    media_id = shop.upload(PIXEL, "foto.png", "image/png")
    customer.send("image", media_id=media_id, caption="¿tienen esta?")
    (reply,) = customer.wait_replies(1)
    assert "imagen" in reply and "«¿tienen esta?»" in reply


def test_a_reaction_gets_no_reply(shop: Shop):
    customer = shop.customer()
    customer.text("hola")
    customer.wait_replies(1)
    message_id = customer.replies()[0]["id"]
    customer.send("reaction", reaction={"message_id": message_id, "emoji": "👍"})
    customer.wait_replies(1)
