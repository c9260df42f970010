"""Limits: who writes too much is told once, politely; everybody else doesn't notice."""

from __future__ import annotations

import time

from tests.e2e.shop import Customer, Json, Shop

# Of a customer whom the shop doesn't know.
A_MINUTE = 5
NOTICE = "Recibimos muchos mensajes tuyos en poco tiempo. Podemos seguir en"


def use_up(shop: Shop, customer: Customer, left: int = 0) -> None:
    for number in range(A_MINUTE - left):
        assert shop.check_limit(customer.key, f"wamid.before-{customer.key}-{number}")["allowed"]


def text_of(customer: Customer, text: str) -> Json:
    return {"customer": customer.key, "type": "text", "text": text}


def test_eight_messages_get_five_answers_one_notice_and_then_silence(shop: Shop):
    customer = shop.customer()
    for number in range(1, 9):
        customer.text(f"pregunta {number}")
        # Each is answered before the next; what is limited is waited for as long as an answer takes.
        customer.until_replies(number, timeout_s=20 if number <= A_MINUTE + 1 else 1.5)
    texts = customer.wait_replies(A_MINUTE + 1)
    for number, text in enumerate(texts[:A_MINUTE], 1):
        assert f"«pregunta {number}»" in text
    assert NOTICE in texts[A_MINUTE]
    seconds = int(texts[A_MINUTE].partition(NOTICE)[2].split()[0])
    assert 1 <= seconds <= 60
    assert texts[A_MINUTE].rstrip(".").endswith("segundos")


def test_what_was_limited_is_handled_and_no_second_delivery_is_answered(shop: Shop):
    customer = shop.customer()
    use_up(shop, customer)
    since = shop.mark()
    message = customer.text("hola")
    customer.wait_replies(1)
    (run,) = shop.answering(since)
    assert [ended["state"] for ended in run.output("end_message")] == ["done"]
    assert not run.ran("begin_turn")
    shop.replay(message["delivery_id"])
    customer.wait_replies(1)


def test_in_one_webhook_each_message_goes_its_own_way(shop: Shop):
    """Limited and told, limited in silence, merged, alone, without an answer: all at once."""
    limited, silent, merged, alone = (shop.customer() for _ in range(4))
    use_up(shop, limited)
    use_up(shop, silent)
    assert shop.check_limit(silent.key, f"wamid.told-{silent.key}")["notify_customer"]
    messages = [
        text_of(silent, "nada"),
        text_of(merged, "botas"),
        text_of(limited, "basta"),
        text_of(alone, "mochila"),
        text_of(merged, "negras"),
    ]
    since = shop.mark()
    shop.batch(messages, "one_change")
    assert "«mochila»" in alone.wait_replies(1)[0]
    assert "«botas negras»" in merged.wait_replies(1)[0]
    assert NOTICE in limited.wait_replies(1)[0]
    silent.wait_replies(0)
    (run,) = shop.answering(since)
    assert run.status == "success" and not run.ran("note_failure")
    assert [ended["state"] for ended in run.output("end_message")] == ["done"] * len(messages)


def test_the_last_allowed_and_the_first_limited_of_one_customer_come_apart(shop: Shop):
    customer = shop.customer()
    use_up(shop, customer, left=1)
    shop.batch([text_of(customer, "cabe"), text_of(customer, "sobra")], "entries")
    texts = customer.wait_replies(2)
    assert "«cabe»" in texts[0]
    assert NOTICE in texts[1]


def test_a_customer_without_a_phone_number_is_told_too(shop: Shop):
    customer = shop.customer(user_id="MX.99123456789012345678", username="eva", phone_visible=False)
    use_up(shop, customer)
    customer.text("hola")
    assert NOTICE in customer.wait_replies(1)[0]


def test_a_reaction_does_not_count(shop: Shop):
    customer = shop.customer()
    customer.text("hola")
    customer.wait_replies(1)
    left = shop.limits(customer.key)["remaining"]["minute"]
    message_id = customer.replies()[0]["id"]
    for emoji in ("👍", "❤️", ""):
        customer.send("reaction", reaction={"message_id": message_id, "emoji": emoji})
    shop.settle()
    assert shop.limits(customer.key)["remaining"]["minute"] == left == A_MINUTE - 1


def test_a_notice_that_meta_refuses_is_noted_and_not_repeated(shop: Shop):
    customer = shop.customer()
    use_up(shop, customer)
    shop.settings(fail_next={"count": 1, "code": 131016, "http_status": 503})
    since = shop.mark()
    customer.text("hola")
    customer.wait_replies(0)
    (run,) = shop.answering(since)
    (failure,) = run.output("note_failure")
    assert "131016" in failure["reason"] and failure["customer_key"] == customer.key
    assert [ended["state"] for ended in run.output("end_message")] == ["done"]


def test_reset_limits_let_the_customer_go_on(shop: Shop):
    customer = shop.customer()
    use_up(shop, customer)
    customer.text("antes")
    assert NOTICE in customer.wait_replies(1)[0]
    shop.reset_limits(customer.key)
    time.sleep(0.1)
    customer.text("mochila")
    assert "«mochila»" in customer.wait_replies(2)[1]
