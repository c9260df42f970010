"""What goes wrong around the shop: forged webhooks, a service that is down, Meta refusing."""

from __future__ import annotations

import time

import pytest

from tests.e2e.shop import Shop, wa_id

PARSE = "parse_message_optimized"
LIMITER = "optimized_rate_limiter"
SESSIONS = "redis_cache_manager_consolidated"
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


def test_while_the_service_is_down_customers_are_asked_to_write_again(shop: Shop, outage):
    customer, eva = shop.customer(), shop.customer(wa_id=wa_id(), window_open=True)
    with outage(PARSE):
        customer.text("hola")
        (apology,) = customer.wait_replies(1)
        assert "problema técnico" in apology
        odd = message_webhook(eva.key, "wamid.odd")
        odd["entry"][0]["changes"][0]["value"]["messages"] += [None, "no message", {}]
        odd["entry"] += [None, {"changes": [None, {"value": None}]}]
        shop.webhook(odd)
        assert "problema técnico" in eva.wait_replies(1)[0]
        answer = shop.n8n.get("/webhook/whatsapp", params={"hub.challenge": CHALLENGE})
        assert CHALLENGE not in answer.text
        assert answer.status_code == 503
    other = shop.customer(wa_id=wa_id())
    other.text("hola")
    assert "¡Hola, Ana!" in other.wait_replies(1)[0]


@pytest.mark.parametrize("hung", [False, True], ids=["down", "hung"])
@pytest.mark.parametrize("service", [LIMITER, SESSIONS])
def test_without_limits_or_sessions_customers_are_answered_all_the_same(
    shop: Shop, outage, service: str, hung: bool
):
    ana, luis = shop.customer(), shop.customer()
    since = shop.mark()
    with outage(service, hung=hung):
        shop.batch([{"customer": c.key, "type": "text", "text": "tenis"} for c in (ana, luis)], "entries")
        assert "«tenis»" in ana.wait_replies(1)[0]
        assert "«tenis»" in luis.wait_replies(1)[0]
    (run,) = shop.answering(since)
    assert run.status == "success"
    # What the customers have is handled, whatever was down on the way.
    assert [ended["state"] for ended in run.output("end_message")] == ["done", "done"]
    if not (hung and service == SESSIONS):
        # There, calls that n8n gave up are still in the queue and get the turn: nobody ends it.
        ana.text("botas")
        assert "botas" in ana.wait_replies(2)[1]


def test_a_session_service_that_fails_at_the_end_of_a_turn_is_noted(shop: Shop, outage):
    customer = shop.customer()
    shop.settings(graph_delay_ms=2500)
    since = shop.mark()
    customer.text("hola")
    while not shop.session(customer.key)["found"]:
        time.sleep(0.05)
    with outage(SESSIONS):
        customer.wait_replies(1)
    (run,) = shop.answering(since)
    assert run.output("note_failure")[0]["customer_key"] == customer.key
    assert [ended["state"] for ended in run.output("end_message")] == ["done"]


def test_a_message_without_a_customer_ends_early(shop: Shop):
    body = message_webhook("5215550000000", "wamid.nobody")
    value = body["entry"][0]["changes"][0]["value"]
    del value["messages"][0]["from"], value["contacts"]
    since, calls = shop.mark(), len(shop.calls(0))
    shop.webhook(body)
    shop.settle()
    (run,) = shop.answering(since)
    assert [message["skip_reason"] for message in run.output("filter_duplicates")] == ["invalid"]
    assert run.status == "success"
    assert not run.ran("optimized_rate_limiter") and not run.ran("note_failure")
    assert len(shop.calls(0)) == calls


def test_beside_it_in_the_same_webhook_others_are_answered(shop: Shop):
    customer = shop.customer()
    body = message_webhook(customer.key, f"wamid.some-{customer.key}")
    messages = body["entry"][0]["changes"][0]["value"]["messages"]
    nobody = {**messages[0], "id": "wamid.nobody-else"}
    del nobody["from"]
    body["entry"][0]["changes"][0]["value"]["messages"] = [nobody, "no message", None, *messages, nobody]
    shop.webhook(body)
    assert "¡Hola, Eva!" in customer.wait_replies(1)[0]


@pytest.mark.parametrize("missing", ["timestamp", "text", "type"])
def test_a_message_with_a_part_missing_stops_nothing(shop: Shop, missing: str):
    customer = shop.customer(wa_id=wa_id(), window_open=True)
    body = message_webhook(customer.key, f"wamid.part-{customer.key}")
    del body["entry"][0]["changes"][0]["value"]["messages"][0][missing]
    since = shop.mark()
    shop.webhook(body)
    shop.settle()
    (run,) = shop.answering(since)
    assert run.status == "success" and not run.ran("note_failure")
    customer.wait_replies(1)
