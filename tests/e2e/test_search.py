"""A customer looks for something: lists, details, pages, categories; and what is said without them."""

from __future__ import annotations

import time

import httpx
import pytest

from tests.e2e.shop import PIXEL, Json, Shop

SEARCH = "ultra_optimized_product_search"
# The webhook, the turn's quiet time and what n8n needs, beside the search's own time-out.
ANSWER_S_MAX = 6


def rows(reply: Json, kind: str = "prod") -> list[str]:
    """The ids of that kind that can be pressed in the reply."""
    return [a["id"] for a in reply["actions"] if a["id"].startswith(f"{kind}:")]


def found(shop: Shop, reply: Json) -> list[Json]:
    """The products of a list; one that was found alone is shown at once."""
    return [shop.product(id_) for id_ in rows(reply) or rows(reply, "add")]


@pytest.mark.parametrize("text", ["zapatiyas rojas 42", "zapatillas rojas 42"])
def test_slips_and_filters_are_understood(shop: Shop, text: str):
    products = found(shop, shop.customer().ask(text))
    assert products[0]["sku"] == "CAL-0001"
    for product in products[:3]:
        assert product["category"] == "Calzado" and "rojo" in product["colors"], product["name"]


def test_a_question_in_a_sentence_is_understood(shop: Shop):
    reply = shop.customer().ask("hola tienen audifonos inalambricos?")
    assert "Audífonos inalámbricos" in found(shop, reply)[0]["name"]


def test_a_slip_is_asked_about(shop: Shop):
    reply = shop.customer().ask("zapatiyas")
    assert "¿Quisiste decir «zapatillas»?" in reply["text"]
    assert shop.product(rows(reply)[0])["category"] == "Calzado"


def test_a_pressed_row_shows_the_product_with_its_picture(shop: Shop):
    customer = shop.customer()
    row = rows(customer.ask("botas"))[0]
    product = shop.product(row)
    since, known = shop.mark(), len(shop.feedback())
    reply = customer.choose(row)
    assert product["name"] in reply["text"] and product["description"] in reply["text"]
    picture = httpx.get(reply["message"]["interactive"]["header"]["image"]["link"])
    assert picture.headers["content-type"] == "image/png" and len(picture.content) > 1000
    assert rows(reply, "add") == [f"add:{product['id']}"] and rows(reply, "menu") == ["menu:"]
    assert shop.feedback()[known:] == [("botas", product["id"], "click")]
    (run,) = shop.answering(since)
    assert run.begun("note_click") > run.begun("end_turn") > run.begun("send_reply")


def test_pages_follow_each_other_without_repeats(shop: Shop):
    customer = shop.customer()
    reply = customer.ask("zapatos")
    category = shop.product(rows(reply)[0])["category_id"]
    customer.ask("hola")
    reply, seen = customer.choose(f"cat:{category}"), []
    for _ in range(10):
        seen += rows(reply)
        if not rows(reply, "more"):
            break
        reply = customer.choose(rows(reply, "more")[0])
    assert len(seen) == len(set(seen)) > 20
    assert {shop.product(row)["category_id"] for row in seen} == {category}


def test_the_next_page_of_a_long_question(shop: Shop):
    """Its cursor has no room for the question: that comes from the session."""
    customer = shop.customer()
    reply = customer.ask("negro" + " supercalifragilisticoespialidoso" * 6)
    seen, more = rows(reply), rows(reply, "more")
    assert len(more[0]) < 30
    page = rows(customer.choose(more[0]))
    assert page and not set(seen) & set(page)


def test_a_greeting_is_answered_with_one_and_the_categories(shop: Shop):
    customer = shop.customer()
    for text in ("hola", "¡Buenos días! 😊"):
        reply = customer.ask(text)
        assert reply["text"].startswith("¡Hola, Ana! 👋") and len(rows(reply, "cat")) >= 9
    further = customer.choose(rows(reply, "cats")[0])
    assert not further["text"].startswith("¡Hola")
    assert rows(further, "cat") and not set(rows(further, "cat")) & set(rows(reply, "cat"))
    products = customer.choose(rows(further, "cat")[0])
    assert len(rows(products)) >= 9


def test_what_nobody_sells_is_answered_with_categories(shop: Shop):
    reply = shop.customer().ask("xqzwvk")
    assert "«xqzwvk»" in reply["text"] and len(rows(reply, "cat")) >= 5


def test_thanks_are_no_search(shop: Shop):
    customer = shop.customer()
    for text in ("¡Muchas gracias! 🙏", "ok"):
        reply = customer.ask(text)
        assert reply["text"].startswith("¡Con gusto!") and reply["actions"] == []


def test_a_product_goes_into_the_cart_and_the_search_learns_of_it(shop: Shop):
    customer = shop.customer()
    row, known = rows(customer.ask("botas"))[0], len(shop.feedback())
    reply = customer.choose(rows(customer.choose(row), "add")[0])
    assert f"1 × {shop.product(row)['name']}" in reply["text"]
    assert rows(reply, "checkout") == ["checkout:"] and rows(reply, "menu") == ["menu:"]
    assert [action for _, _, action in shop.feedback()[known:]] == ["click", "add"]


def test_a_product_that_is_gone_is_said_so(shop: Shop):
    customer = shop.customer()
    customer.send("list_reply", id="prod:999999999", title="Algo de ayer")
    assert "ya no está" in customer.wait_replies(1)[0]


def test_in_one_webhook_each_customer_gets_their_own(shop: Shop):
    """Five ways through the workflow in one execution, two of them twice."""
    ana, luis, eva, leo, mia, rosa = (shop.customer() for _ in range(6))
    row = rows(ana.ask("botas"))[0]
    pressed = {"customer": ana.key, "type": "list_reply", "id": row, "title": "Botas"}
    media_id = shop.upload(PIXEL, "foto.png", "image/png")
    texts = [(luis, "sartenes"), (eva, "hola"), (mia, "gracias"), (rosa, "tazas")]
    messages = [{"customer": c.key, "type": "text", "text": text} for c, text in texts]
    messages += [pressed, {"customer": leo.key, "type": "image", "media_id": media_id}]
    since, known = shop.mark(), len(shop.feedback())
    shop.batch(messages, "one_change")
    assert shop.product(row)["name"] in ana.wait_replies(2)[1]
    assert "«sartenes»" in luis.wait_replies(1)[0]
    assert "«tazas»" in rosa.wait_replies(1)[0]
    assert "¡Hola, Ana!" in eva.wait_replies(1)[0]
    assert "imagen" in leo.wait_replies(1)[0]
    assert "¡Con gusto!" in mia.wait_replies(1)[0]
    assert shop.feedback()[known:] == [("botas", int(row.partition(":")[2]), "click")]
    (run,) = shop.answering(since)
    assert run.status == "success" and not run.ran("note_failure")
    assert [ended["ended"] for ended in run.output("end_turn")] == [True] * 6
    assert shop.session(luis.key)["session"]["context_data"]["last_search"] == "sartenes"


def test_a_customer_without_a_phone_number_finds_and_chooses(shop: Shop):
    customer = shop.customer(user_id="MX.73491208655302741918", username="sol", phone_visible=False)
    row = rows(customer.ask("botas"))[0]
    assert shop.product(row)["name"] in customer.choose(row)["text"]


@pytest.mark.parametrize("hung", [False, True], ids=["down", "hung"])
def test_without_the_search_customers_are_answered_all_the_same(shop: Shop, outage, hung: bool):
    writing, greeting, choosing = (shop.customer() for _ in range(3))
    row = rows(choosing.ask("botas"))[0]
    since = shop.mark()
    with outage(SEARCH, hung=hung):
        begin = time.monotonic()
        writing.text("botas")
        greeting.text("hola")
        choosing.press(row)
        choosing.until_replies(2)
        for customer in (writing, greeting):
            customer.until_replies(1)
        assert time.monotonic() - begin < ANSWER_S_MAX
        assert "«botas»" in writing.wait_replies(1)[0]
        assert "«hola»" in greeting.wait_replies(1)[0]
        assert "Elegiste «" in choosing.wait_replies(2)[1]
        for customer in (writing, greeting, choosing):
            assert "no podemos ver el catálogo" in customer.replies()[-1]["text"]
    runs = shop.answering(since)
    assert {run.status for run in runs} == {"success"}
    assert [len(run.output("note_failure")) for run in runs] == [1, 1, 1]
    assert [run.output("end_message")[0]["state"] for run in runs] == ["done"] * 3
    assert "«botas de lluvia»" in writing.ask("botas de lluvia")["text"]


def test_a_click_that_cannot_be_noted_costs_nothing(shop: Shop):
    """The service answers the product and refuses the click: a session without a sensible search."""
    customer = shop.customer()
    row = rows(customer.ask("botas"))[0]
    turn = shop.turn("begin", customer.key, message={"message_id": f"wamid.{customer.key}"})
    context = {"context_data": {"last_search": ["no", "text"]}}
    shop.turn("end", customer.key, lease=turn["lease"]["token"], session=context)
    since = shop.mark()
    assert shop.product(row)["name"] in customer.choose(row)["text"]
    (run,) = shop.answering(since)
    assert len(run.output("note_failure")) == 1 and run.status == "success"
    assert [ended["state"] for ended in run.output("end_message")] == ["done"]
