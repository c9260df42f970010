"""Turns: one customer's messages are answered together and one after the other, none is lost."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

import pytest

from launcher.settings import PHONE_NUMBER_ID
from tests.e2e.shop import PIXEL, Customer, Shop

# As the workflow asks for, before it asks again.
WAIT_S = 4


def answered(customer: Customer) -> list[str]:
    """What the shop quoted of the customer's texts, answer by answer, each in one line."""
    return [reply["text"].partition("«")[2].partition("»")[0] for reply in customer.replies()]


def until_begun(shop: Shop, customer: Customer) -> None:
    """Until the first turn of a new customer begins: that makes the session."""
    end = time.monotonic() + 10
    while not shop.session(customer.key)["found"]:
        assert time.monotonic() < end, "no turn began"
        time.sleep(0.05)


def test_three_quick_messages_get_one_answer(shop: Shop):
    customer = shop.customer()
    texts = ["ollas", "tazas", "platos"]
    for text in texts:
        customer.text(text)
    customer.wait_replies(1)
    # WhatsApp's times are whole seconds, and webhooks overtake each other within one.
    (answer,) = answered(customer)
    assert sorted(answer.split()) == sorted(texts)


@pytest.mark.parametrize("layout", ["one_change", "changes", "entries"])
def test_so_do_three_messages_in_one_webhook(shop: Shop, layout: str):
    ana, luis = shop.customer(), shop.customer()
    texts = [(ana, "ollas"), (luis, "botas"), (ana, "tazas"), (ana, "platos")]
    shop.batch([{"customer": c.key, "type": "text", "text": text} for c, text in texts], layout)
    ana.wait_replies(1)
    luis.wait_replies(1)
    assert (answered(ana), answered(luis)) == (["ollas tazas platos"], ["botas"])


def test_a_picture_after_a_text_is_answered_with_it(shop: Shop):
    customer = shop.customer()
    media_id = shop.upload(PIXEL, "foto.png", "image/png")
    text = {"customer": customer.key, "type": "text", "text": "¿tienen algo así?"}
    shop.batch([text, {"customer": customer.key, "type": "image", "media_id": media_id}], "one_change")
    (reply,) = customer.wait_replies(1)
    assert "imagen" in reply and "«¿tienen algo así?»" in reply


def test_the_session_keeps_the_service_window_and_grows(shop: Shop):
    customer = shop.customer()
    assert shop.session(customer.key)["found"] is False
    versions = []
    for number in (1, 2):
        message = customer.text("hola")
        customer.wait_replies(number)
        found = shop.session(customer.key)
        context = found["session"]["context_data"]
        assert context["last_message_id"] == message["id"]
        expires = datetime.fromisoformat(context["service_window_expires_at"])
        assert expires.timestamp() == pytest.approx(time.time() + 24 * 3600, abs=60)
        versions.append(found["version"])
    assert versions[1] > versions[0] >= 1


def test_a_customer_who_waits_keeps_nobody_else_waiting(shop: Shop):
    slow, quick = shop.customer(), shop.customer()
    turn = shop.turn("begin", slow.key, message={"message_id": f"wamid.{slow.key}"})
    slow.text("cobijas")
    quick.text("lamparas")
    assert quick.until_replies(1) < WAIT_S / 2
    assert slow.replies() == []
    shop.turn("end", slow.key, lease=turn["lease"]["token"])
    slow.wait_replies(1)
    assert (answered(slow), answered(quick)) == (["cobijas"], ["lamparas"])


def test_messages_during_a_turn_are_answered_by_the_next(shop: Shop):
    customer = shop.customer()
    shop.settings(graph_delay_ms=1500)
    customer.text("ollas")
    until_begun(shop, customer)
    for text in ("tazas", "platos"):
        customer.text(text)
        time.sleep(0.2)
    customer.wait_replies(2)
    assert answered(customer) == ["ollas", "tazas platos"]


def test_a_turn_may_take_longer_than_one_call_waits_for_it(shop: Shop):
    """In one webhook with somebody else's message: that one isn't answered twice for it."""
    ana, luis = shop.customer(), shop.customer()
    turn = shop.turn("begin", ana.key, message=lost_message(ana))
    since = shop.mark()
    messages = [(ana, "ollas"), (luis, "botas"), (ana, "tazas")]
    shop.batch([{"customer": c.key, "type": "text", "text": text} for c, text in messages], "one_change")
    time.sleep(2 * WAIT_S + 1)
    assert (answered(ana), answered(luis)) == ([], ["botas"])
    shop.turn("end", ana.key, lease=turn["lease"]["token"])
    ana.wait_replies(1)
    assert (answered(ana), answered(luis)) == (["ollas tazas"], ["botas"])
    (run,) = shop.answering(since)
    assert len(run.run_data["begin_turn"]) == 3
    assert [ended["state"] for ended in run.output("end_message")] == ["done"] * 3
    assert shop.turn("begin", ana.key, wait_ms=0)["reason"] == "empty"


def lost_message(customer: Customer) -> dict[str, Any]:
    return {
        "message_id": f"wamid.lost-{customer.key}",
        "type": "text",
        "text": "lamparas",
        "customer_key": customer.key,
        "from": {"wa_id": customer.key},
        "phone_number_id": PHONE_NUMBER_ID,
        "timestamp": int(time.time()) - 5,
    }


def test_a_flow_that_died_leaves_its_messages_to_the_next(shop: Shop):
    customer = shop.customer()
    lost = lost_message(customer)
    assert shop.turn("begin", customer.key, message=lost, lease_ms=(WAIT_S + 2) * 1000)["turn"] is True
    customer.text("ventiladores")
    customer.wait_replies(1)
    assert answered(customer) == ["lamparas ventiladores"]


def test_a_turn_that_meta_refused_is_failed_and_goes_to_the_next(shop: Shop):
    customer = shop.customer()
    shop.settings(fail_next={"count": 1, "code": 131047, "http_status": 400})
    since = shop.mark()
    customer.text("ollas")
    customer.wait_replies(0)
    (run,) = shop.answering(since)
    (failure,) = run.output("note_failure")
    assert "131047" in failure["reason"] and "24 hours" in failure["reason"]
    assert failure["customer_key"] == customer.key and failure["message_id"].startswith("wamid.")
    # Both are free again, and tried again when the customer writes, not before.
    assert [ended["state"] for ended in run.output("end_message")] == ["released"]
    assert [ended["pending"] for ended in run.output("end_turn")] == [1]
    customer.text("tazas")
    customer.wait_replies(1)
    assert answered(customer) == ["ollas tazas"]


def test_what_came_during_a_turn_that_failed_is_answered(shop: Shop):
    customer = shop.customer()
    shop.settings(
        graph_delay_ms=1500,
        fail_next={"count": 1, "code": 131047, "http_status": 400},
    )
    customer.text("ollas")
    until_begun(shop, customer)
    customer.text("tazas")
    customer.wait_replies(1)
    assert answered(customer) == ["ollas tazas"]
