"""What goes wrong around the shop: forged webhooks, a service that is down, Meta refusing."""

from __future__ import annotations

import os
import signal

import pytest

from launcher.system import find
from tests.e2e.shop import Shop, wa_id

SERVICE = "parse_message_optimized"
CHALLENGE = "1158201444"


def message_webhook(sender: str, message_id: str) -> dict:
    text = {"type": "text", "text": {"body": "hola"}}
    message = {"from": sender, "id": message_id, "timestamp": "1749416383", **text}
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550783881", "phone_number_id": "106540352242922"},
        "contacts": [{"profile": {"name": "Eva"}, "wa_id": sender}],
        "messages": [message],
    }
    change = {"field": "messages", "value": value}
    return {"object": "whatsapp_business_account", "entry": [{"id": "102290129340398", "changes": [change]}]}


@pytest.mark.parametrize("signature", ["invalid", "missing"])
def test_a_wrong_signature_gets_no_reply(shop: Shop, signature: str):
    customer = shop.customer()
    body = message_webhook(customer.key, f"wamid.forged-{customer.key}")
    shop.webhook(body, signature=signature)
    customer.wait_replies(0)
    # The same one signed right is answered: nothing but the signature kept it out.
    shop.webhook(body)
    customer.wait_replies(1)


def test_webhooks_without_messages_end_quietly(shop: Shop):
    before = len(shop.executions())
    change = {"field": "account_update", "value": {"event": "VERIFIED_ACCOUNT"}}
    entry = {"id": "102290129340398", "time": 1749416383, "changes": [change]}
    shop.webhook({"object": "whatsapp_business_account", "entry": [entry]})
    shop.settle()
    after = shop.executions()
    assert len(after) == before + 1
    assert after[-1][1] == "success"


@pytest.mark.parametrize("right", [True, False])
def test_the_handshake_passes_through_n8n(shop: Shop, system: dict[str, str], right: bool):
    token = system["WHATSAPP_VERIFY_TOKEN"] if right else "wrong"
    query = {"hub.mode": "subscribe", "hub.challenge": CHALLENGE, "hub.verify_token": token}
    answer = shop.n8n.get("/webhook/whatsapp", params=query)
    if right:
        assert (answer.status_code, answer.text) == (200, CHALLENGE)
        assert answer.headers["content-type"].startswith("text/plain")
    else:
        assert answer.status_code == 403
        assert CHALLENGE not in answer.text


def test_a_reply_that_meta_fails_for_a_moment_is_sent_again_once(shop: Shop):
    ana, luis = shop.customer(), shop.customer()
    shop.settings(fail_next={"count": 1, "code": 131016, "http_status": 503})
    shop.batch([{"customer": c.key, "type": "text", "text": "hola"} for c in (ana, luis)], "one_change")
    ana.wait_replies(1)
    luis.wait_replies(1)


def test_a_message_that_could_not_be_answered_is_answered_when_it_comes_again(shop: Shop):
    customer = shop.customer()
    shop.settings(fail_next={"count": 2, "code": 131016, "http_status": 503})
    message = customer.text("hola")
    customer.wait_replies(0)
    shop.replay(message["delivery_id"])
    customer.wait_replies(1)


def test_a_reply_that_meta_refuses_is_not_repeated(shop: Shop):
    customer = shop.customer()
    shop.settings(fail_next={"count": 1, "code": 131047, "http_status": 400})
    customer.text("hola")
    customer.wait_replies(0)


def test_while_the_service_is_down_customers_are_asked_to_write_again(shop: Shop, commerce):
    customer = shop.customer()
    process = find(SERVICE)
    assert process is not None
    os.kill(process.pid, signal.SIGTERM)
    try:
        assert process.wait(10)
        customer.text("hola")
        (apology,) = customer.wait_replies(1)
        assert "problema técnico" in apology
        answer = shop.n8n.get("/webhook/whatsapp", params={"hub.challenge": CHALLENGE})
        assert CHALLENGE not in answer.text
        assert answer.status_code == 503
    finally:
        commerce("up")
    other = shop.customer(wa_id=wa_id())
    other.text("hola")
    assert "«hola»" in other.wait_replies(1)[0]
