"""Webhooks: bytes, signature, order of statuses, retries, batches, identities."""

from __future__ import annotations

import json
import re
import time

from tests.simulator.helper import ANA, NUMBER, SECRET, Shop, SimulatorProcess

TEXT = {"type": "text", "text": {"body": "hola"}}


def test_signature_vector(simulator: SimulatorProcess, shop: Shop) -> None:
    """The known answer: secret `app_secret`, an empty envelope."""
    assert SECRET == "app_secret"
    simulator.sim("POST", "webhooks", {"raw": '{"object":"whatsapp_business_account","entry":[]}'})
    got = shop.wait(lambda received: received)[0]
    assert got.headers["x-hub-signature-256"] == (
        "sha256=c236c758c9b2bd40b388a550eeca09eaca72384dd0aa5e7c31d19cddac5bba46")


def test_bytes_as_meta_writes_them(simulator: SimulatorProcess, shop: Shop) -> None:
    simulator.say("¿Niño? 🛒 https://a.example/x")
    got = shop.wait(lambda received: received)[0]
    assert got.signed
    assert got.headers["content-type"] == "application/json"
    assert rb"\u00bfNi\u00f1o? \ud83d\uded2 https:\/\/a.example\/x" in got.raw
    assert got.raw.isascii() and b": " not in got.raw and not re.search(rb"[^\\]/", got.raw)
    message = got.items("messages")[0]
    assert message["text"]["body"] == "¿Niño? 🛒 https://a.example/x"
    assert message["from"] == ANA and message["id"].startswith("wamid.HBg")
    assert re.fullmatch(r"[0-9]{10}", message["timestamp"])
    value = got.values[0]
    assert value["metadata"] == {"display_phone_number": "15550783881", "phone_number_id": NUMBER}
    contact = value["contacts"][0]
    assert contact["wa_id"] == ANA and contact["profile"]["name"] == "Ana"
    assert re.fullmatch(r"MX\.[0-9]+", contact["user_id"]) and message["from_user_id"] == contact["user_id"]


def test_signatures_on_purpose(simulator: SimulatorProcess, shop: Shop) -> None:
    for kind in ("missing", "invalid", "sha256=abc"):
        simulator.sim("POST", "webhooks", {"body": {"a": "ñ/"}, "signature": kind})
    received = shop.wait(lambda all_: len(all_) == 3 and all_)
    headers = {r.headers.get("x-hub-signature-256") for r in received}
    assert headers == {None, "sha256=" + "0" * 64, "sha256=abc"}
    assert received[0].raw == rb'{"a":"\u00f1\/"}'


def test_statuses_in_order(simulator: SimulatorProcess, shop: Shop) -> None:
    simulator.say("hola")
    sent = simulator.send({**TEXT, "biz_opaque_callback_data": "pedido-1"}).json()
    statuses = shop.wait_items("statuses", 3)
    assert [s["status"] for s in statuses] == ["sent", "delivered", "read"]
    assert {s["id"] for s in statuses} == {sent["messages"][0]["id"]}
    assert {s["recipient_id"] for s in statuses} == {ANA}
    assert {s["biz_opaque_callback_data"] for s in statuses} == {"pedido-1"}
    expected = {"billable": False, "pricing_model": "PMP", "type": "free_customer_service",
                "category": "service"}
    assert statuses[0]["pricing"] == statuses[1]["pricing"] == expected
    assert "pricing" not in statuses[2]
    assert all(v.get("contacts") for r in shop.received for v in r.values)
    with_username = [v["contacts"][0]["profile"].get("username") for r in shop.received
                     for v in r.values if "statuses" in v]
    assert with_username == [None, "ana.mx", "ana.mx"]
    assert simulator.messages()[-1]["status"] == "read"


def test_pricing(simulator: SimulatorProcess, shop: Shop) -> None:
    def pricing(body: dict) -> dict:
        sent = simulator.send(body).json()["messages"][0]["id"]
        return shop.wait(lambda received: [s["pricing"] for r in received for s in r.items("statuses")
                                           if s["id"] == sent])[0]

    simulator.settings(free_service_messages=1, templates={
        "promo": {"body": "x", "category": "MARKETING"}, "pago": {"body": "x"}})
    simulator.say("hola")
    assert pricing(TEXT)["billable"] is False
    assert pricing(TEXT) == {"billable": True, "pricing_model": "PMP", "type": "regular",
                             "category": "service"}
    promo = {"type": "template", "template": {"name": "promo", "language": {"code": "es"}}}
    assert pricing(promo)["category"] == "marketing" and pricing(promo)["billable"] is True
    pago = {"type": "template", "template": {"name": "pago", "language": {"code": "es"}}}
    assert pricing(pago)["type"] == "free_customer_service"
    simulator.sim("POST", f"customers/{ANA}/messages",
                  {"type": "text", "text": "vi su anuncio", "referral": {"source_id": "1"}})
    assert pricing(TEXT)["type"] == "free_entry_point"


def test_failed_status_has_no_contacts(simulator: SimulatorProcess, shop: Shop) -> None:
    simulator.say("hola")
    simulator.settings(fail_delivery_next={"count": 1, "code": 131049})
    assert simulator.send(TEXT).status_code == 200
    failed = shop.wait_items("statuses")[0]
    assert failed["status"] == "failed" and failed["errors"][0]["code"] == 131049
    assert failed["errors"][0]["error_data"]["details"] and "pricing" not in failed
    assert "recipient_user_id" not in failed
    assert all("contacts" not in v for r in shop.received for v in r.values if "statuses" in v)


def test_refusals_by_webhook(simulator: SimulatorProcess, shop: Shop) -> None:
    simulator.settings(refusals="webhook")
    assert simulator.send(TEXT).status_code == 200
    assert shop.wait_items("statuses")[0]["errors"][0]["code"] == 131047
    shop.clear()
    simulator.sim("PUT", f"customers/{ANA}", {"reachable": False, "window_open": True})
    assert simulator.send(TEXT).status_code == 200
    assert shop.wait_items("statuses")[0]["errors"][0]["code"] == 131026


def test_offline_customer_gets_it_later(simulator: SimulatorProcess, shop: Shop) -> None:
    simulator.say("hola")
    simulator.sim("PUT", f"customers/{ANA}", {"online": False})
    simulator.send(TEXT)
    time.sleep(0.3)
    assert [s["status"] for s in shop.wait_items("statuses")] == ["sent"]
    simulator.sim("PUT", f"customers/{ANA}", {"online": True})
    assert [s["status"] for s in shop.wait_items("statuses", 3)] == ["sent", "delivered", "read"]


def test_statuses_off(simulator: SimulatorProcess, shop: Shop) -> None:
    simulator.settings(statuses=False)
    simulator.say("hola")
    simulator.send(TEXT)
    time.sleep(0.25)
    assert len(shop.received) == 1
    assert simulator.messages()[-1]["status"] == "read"


def test_retries_with_backoff(simulator: SimulatorProcess, shop: Shop) -> None:
    shop.answers[:] = [500, 204]  # 204 isn't 200 either
    message = simulator.say("hola")
    received = shop.wait(lambda all_: len(all_) == 3 and list(all_))
    assert len({r.raw for r in received}) == 1 and all(r.signed for r in received)
    assert received[2].at - received[1].at > 0.03
    time.sleep(0.1)
    delivery = simulator.sim("GET", f"deliveries?message_id={message['id']}")["deliveries"][0]
    assert [a["http_status"] for a in delivery["attempts"]] == [500, 204, 200]
    assert delivery["state"] == "delivered" and delivery["latency_ms"] > 0
    assert json.loads(delivery["body"])["object"] == "whatsapp_business_account"
    assert simulator.messages()[0]["status"] == "delivered"


def test_gives_up_and_replays(simulator: SimulatorProcess, shop: Shop) -> None:
    simulator.settings(retry_delays_ms=[10])
    shop.answers[:] = [503, 503]
    simulator.say("hola")
    shop.wait(lambda all_: len(all_) == 2)
    time.sleep(0.1)
    delivery = simulator.sim("GET", "deliveries")["deliveries"][-1]
    assert delivery["state"] == "failed" and simulator.messages()[0]["status"] == "failed"
    simulator.sim("POST", f"deliveries/{delivery['id']}/replay", {})
    received = shop.wait(lambda all_: len(all_) == 3 and list(all_))
    assert received[2].raw == received[0].raw


def test_slow_and_absent_shop(simulator: SimulatorProcess, shop: Shop) -> None:
    simulator.settings(retry_delays_ms=[], webhook_timeout_ms=100)
    shop.delay_s = 0.5
    simulator.say("lento")
    time.sleep(0.3)
    assert "100 ms" in simulator.sim("GET", "deliveries")["deliveries"][-1]["attempts"][0]["error"]
    simulator.settings(webhook_url="http://127.0.0.1:9/")
    simulator.say("nadie")
    time.sleep(0.3)
    attempt = simulator.sim("GET", "deliveries")["deliveries"][-1]["attempts"][0]
    assert attempt["http_status"] is None and attempt["error"]


def test_batches(simulator: SimulatorProcess, shop: Shop) -> None:
    simulator.sim("POST", "customers", {"name": "Luis", "wa_id": "573001234567"})
    messages = [{"customer": ANA, "type": "text", "text": "1"},
                {"customer": "573001234567", "type": "text", "text": "2"},
                {"customer": ANA, "type": "text", "text": "3"}]
    shapes = {"one_change": [1], "changes": [3], "entries": [1, 1, 1]}
    for layout, expected in shapes.items():
        shop.clear()
        simulator.sim("POST", "batch", {"messages": messages, "layout": layout})
        got = shop.wait(lambda all_: all_)[0]
        assert [len(e["changes"]) for e in json.loads(got.raw)["entry"]] == expected
        assert [m["text"]["body"] for m in got.items("messages")] == ["1", "2", "3"]
        if layout == "one_change":
            assert [c["profile"]["name"] for c in got.items("contacts")] == ["Ana", "Luis"]
    simulator.sim("POST", "batch", {"messages": []}, status=400)
    simulator.sim("POST", "batch", {"messages": [{"customer": "nadie"}]}, status=400)


def test_gathering_duplicates_and_shuffle(simulator: SimulatorProcess, shop: Shop) -> None:
    simulator.settings(batch_ms=100)
    for text in "abc":
        simulator.say(text)
    got = shop.wait(lambda all_: all_)[0]
    assert [m["text"]["body"] for m in got.items("messages")] == ["a", "b", "c"]
    simulator.settings(batch_ms=0, duplicate_rate=1)
    shop.clear()
    simulator.say("dos veces")
    received = shop.wait(lambda all_: len(all_) == 2 and list(all_))
    assert received[0].raw == received[1].raw
    simulator.settings(duplicate_rate=0, shuffle_ms=300)
    shop.clear()
    for n in range(12):
        simulator.say(str(n))
    bodies = [m["text"]["body"] for m in shop.wait_items("messages", 12)]
    assert sorted(bodies, key=int) == [str(n) for n in range(12)] and bodies != sorted(bodies, key=int)


def test_customer_without_a_number(simulator: SimulatorProcess, shop: Shop) -> None:
    user = "US.13491208655302741918"
    customer = simulator.sim("POST", "customers", {
        "name": "Sheena Nelson", "user_id": user, "username": "realsheenanelson",
        "parent_user_id": "US.ENT.11815799212886844830"})
    assert customer["key"] == user
    simulator.say("Does it come in another color?", user)
    got = shop.wait(lambda all_: all_)[0]
    assert got.items("contacts") == [{
        "profile": {"name": "Sheena Nelson", "username": "realsheenanelson"}, "user_id": user,
        "parent_user_id": "US.ENT.11815799212886844830"}]
    message = got.items("messages")[0]
    assert "from" not in message and message["from_user_id"] == user
    shop.clear()
    answer = simulator.send({**TEXT, "to": None, "recipient": user}).json()
    assert answer["contacts"] == [{"input": user, "user_id": user}]
    statuses = shop.wait_items("statuses", 3)
    assert all("recipient_id" not in s and s["recipient_user_id"] == user for s in statuses)
    # A number that the shop may not see is as good as none; where both are given the phone wins.
    hidden = simulator.sim("POST", "customers", {"name": "Eva", "wa_id": "34600111222",
                                                 "username": "eva", "phone_visible": False})
    assert hidden["key"] == hidden["user_id"] and hidden["user_id"].startswith("ES.")
    simulator.say("hola", "eva")
    assert "from" not in shop.wait_items("messages")[-1]
    answer = simulator.send({**TEXT, "to": ANA, "recipient": user})
    assert answer.status_code == 400 and answer.json()["error"]["code"] == 131047


def test_change_of_number(simulator: SimulatorProcess, shop: Shop) -> None:
    before = simulator.sim("GET", f"customers/{ANA}")
    simulator.sim("POST", f"customers/{ANA}/change-number", {"wa_id": "5215599998888"})
    message = shop.wait_items("messages")[0]
    assert message["from"] == ANA and message["type"] == "system"
    assert message["system"] == {
        "body": f"User Ana changed from {ANA} to 5215599998888",
        "type": "user_changed_number", "wa_id": "5215599998888"}
    update = shop.wait_items("user_id_update")[0]
    after = simulator.sim("GET", "customers/5215599998888")
    assert update["user_id"] == {"previous": before["user_id"], "current": after["user_id"]}
    assert after["user_id"] != before["user_id"] and after["id"] == before["id"]
    assert all("contacts" not in v for r in shop.received for v in r.values)
    simulator.sim("GET", f"customers/{ANA}", status=404)


def test_handshake(simulator: SimulatorProcess, shop: Shop) -> None:
    good = simulator.sim("POST", "handshake", {"challenge": "1158201444"})
    assert good["ok"] and good["body"] == "1158201444" and good["http_status"] == 200
    bad = simulator.sim("POST", "handshake", {"verify_token": "wrong"})
    assert not bad["ok"] and bad["http_status"] == 403


def test_read_mark_and_typing(simulator: SimulatorProcess, shop: Shop) -> None:
    first, second = simulator.say("uno"), simulator.say("dos")
    read = simulator.send({"status": "read", "message_id": second["id"], "to": None,
                           "typing_indicator": {"type": "text"}})
    assert read.json() == {"success": True}
    assert [m["status"] for m in simulator.messages()] == ["read", "read"]
    assert simulator.sim("GET", f"customers/{ANA}")["typing"] is True
    simulator.send(TEXT)
    assert simulator.sim("GET", f"customers/{ANA}")["typing"] is False
    assert simulator.refused({"status": "read", "message_id": "wamid.x"})["code"] == 131009
    assert simulator.refused({"status": "read"})["code"] == 131008
    assert first["seq"] == 1
