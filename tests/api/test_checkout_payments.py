"""Payments: paid once whatever the gateway tells, how often and when; never what wasn't paid."""

from __future__ import annotations

import hashlib
import hmac
import json
import time

import pytest

from tests.api.pay_shop import PRICE_MINOR, WOMPI_KEYS, Order, PayShop, new_uuid, until

GATEWAYS = ("stripe", "mercado_pago", "paypal")


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_paid_once(pay: PayShop, gateway: str) -> None:
    order = pay.order(gateway)
    assert order.url and order.status == "awaiting_payment"
    assert pay.product() == {"stock": 100, "reserved": 1}
    order.pay()
    paid = order.wait("paid")
    assert paid["paid_minor"] == PRICE_MINOR
    assert [row["status"] for row in order.payments] == ["paid"]
    assert pay.product() == {"stock": 99, "reserved": 0}
    pay.settled()
    assert order.events.count("order.paid") == 1


@pytest.fixture
def pesos(service, shop_database: str, gateways) -> PayShop:
    """A shop in Colombia."""
    gateways.sim("POST", "reset", {})
    shop = PayShop(service, shop_database, gateways)
    shop.rows("UPDATE products SET price = 44900")
    shop.currency("COP")
    shop.start(**WOMPI_KEYS)
    shop.tell_here()
    return shop


def wompi_paid(pesos: PayShop) -> Order:
    order = pesos.order("wompi")
    page = pesos.http.get(order.url or "", follow_redirects=True)
    assert page.status_code == 200, page.text
    order.pay()
    assert order.wait("paid")["paid_minor"] == 4490000
    return order


def test_wompi_paid_and_given_back(pesos: PayShop) -> None:
    order = wompi_paid(pesos)
    assert order.refund()["status"] == "refund_asked"
    assert order.wait("refunded")["refunded_minor"] == 4490000


def test_wompi_part_is_given_back_by_hand(pesos: PayShop) -> None:
    """It can only take back the whole: a person is told, does it, and says so."""
    order = wompi_paid(pesos)
    order.refund(1000)
    until(lambda: order.refunds[0]["status"] == "manual", 8, lambda: str(order.refunds))
    assert "refund_needs_attention" in order.events and order.status == "paid"
    done = order.refund(1000, by_hand=True)
    assert (done["status"], done["refund"]["status"]) == ("refunded", "done")
    assert order.read()["refunded_minor"] == 1000


def test_link_is_one(pay: PayShop) -> None:
    """Asked for again it's the same; the gateway made one."""
    order = pay.order("stripe")
    for _ in range(3):
        shown = pay.call(f"/v1/checkout/{order.customer}", {"action": "show"})
        assert shown["payment_url"] == order.url
    assert len(pay.sim.sim("GET", "gateways/stripe")["payments"]) == 1


@pytest.mark.parametrize("gateway", GATEWAYS)
@pytest.mark.parametrize("mode", ["twice", "out_of_order", "late"])
def test_notices_come_as_they_like(pay: PayShop, gateway: str, mode: str) -> None:
    order = pay.order(gateway)
    pay.mode(gateway, mode, delay_ms=300)
    order.pay()
    order.wait("paid")
    until(lambda: all(n["state"] != "pending" for n in pay.notices(gateway)), 8,
          lambda: str(pay.notices(gateway)))
    pay.settled()
    assert order.events.count("order.paid") == 1
    assert order.read()["paid_minor"] == PRICE_MINOR
    assert pay.product() == {"stock": 99, "reserved": 0}


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_forged(pay: PayShop, gateway: str) -> None:
    """Not believed, not stored; what was really paid is found by asking."""
    order = pay.order(gateway)
    pay.mode(gateway, "forged")
    order.pay()
    answers = until(lambda: [a["http_status"] for n in pay.notices(gateway) for a in n["attempts"]
                             if "merchant" not in n["type"]], 5, lambda: "no attempt")
    assert set(answers) == {401}
    assert not [row for row in pay.inbox() if row["kind"] != "merchant_order"]
    order.wait("paid", 10)


@pytest.mark.parametrize("mode", ["wrong_amount", "other_currency", "wrong_mode"])
@pytest.mark.parametrize("gateway", ["stripe", "mercado_pago"])
def test_mismatch_never_pays(pay: PayShop, gateway: str, mode: str) -> None:
    order = pay.order(gateway)
    pay.mode(gateway, mode)
    order.pay()
    until(lambda: "payment_mismatch" in order.events, 8, lambda: str(order.events))
    pay.settled()
    time.sleep(1.5)  # the sweep has asked again
    assert order.status == "awaiting_payment"
    assert order.read()["paid_minor"] == 0
    assert order.events.count("payment_mismatch") == 1
    expected = {"wrong_amount": "amount", "other_currency": "currency", "wrong_mode": "mode"}[mode]
    assert order.payment["error"] == f"mismatch: {expected}"
    assert pay.product() == {"stock": 100, "reserved": 1}


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_no_webhook(pay: PayShop, gateway: str) -> None:
    order = pay.order(gateway)
    pay.mode(gateway, "no_webhook")
    order.pay()
    order.wait("paid", 10)
    assert pay.inbox() == []


@pytest.mark.parametrize("gateway", ["stripe", "mercado_pago"])
def test_two_captures(pay: PayShop, gateway: str) -> None:
    """What was paid once too often goes back; the order stays paid."""
    order = pay.order(gateway)
    pay.mode(gateway, "double_capture")
    order.pay()
    order.wait("paid")
    until(lambda: [r["status"] for r in order.refunds] == ["done"], 8, lambda: str(order.refunds))
    assert sorted(row["status"] for row in order.payments) == ["paid", "refunded"]
    assert sorted(float(c["refunded"]) for c in order.captures()) == [0, 1234.5]
    pay.settled()  # the gateway told of that refund, too
    found = order.read()
    assert (found["status"], found["paid_minor"], found["refunded_minor"]) == ("paid", PRICE_MINOR, 0)
    assert pay.product() == {"stock": 99, "reserved": 0}
    order.refund(1000)
    assert order.wait("partially_refunded")["refunded_minor"] == 1000


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_refund_after_partial_refund(pay: PayShop, gateway: str) -> None:
    order = pay.order(gateway)
    order.pay()
    order.wait("paid")
    first = order.refund(23450, "r1")
    assert first["status"] in ("refund_asked", "refunded")
    assert order.refund(23450, "r1")["refund"]["id"] == first["refund"]["id"]
    order.refund(500, "r1", status=409)
    assert order.wait("partially_refunded")["refunded_minor"] == 23450
    refused = order.refund(PRICE_MINOR)
    assert refused["status"] == "not_possible" and "100000" in refused["detail"]
    order.refund()
    assert order.wait("refunded")["refunded_minor"] == PRICE_MINOR
    assert order.refund()["status"] == "not_possible"
    assert sum(float(c["refunded"]) for c in order.captures()) == 1234.5
    assert len(order.refunds) == 2
    assert pay.product() == {"stock": 100, "reserved": 0}


def test_refund_by_the_shop_at_the_gateway(pay: PayShop) -> None:
    order = pay.order("stripe")
    order.pay()
    order.wait("paid")
    order.act("refund")
    assert order.wait("refunded")["refunded_minor"] == PRICE_MINOR
    assert order.refunds == []


def test_refund_when_the_gateway_is_down(pay: PayShop) -> None:
    order = pay.order("mercado_pago")
    order.pay()
    order.wait("paid")
    pay.mode("mercado_pago", "reset", count=1)  # done there, but we never hear of it
    order.refund(10000, "r")
    until(lambda: order.refunds[0]["status"] == "done", 15, lambda: str(order.refunds))
    assert sum(float(c["refunded"]) for c in order.captures()) == 100


def test_refund_needs_a_key(pay: PayShop) -> None:
    order = pay.order("stripe")
    answer = pay.http.post(f"{pay.url}/v1/orders/{order.id}/refund", json={})
    assert answer.status_code == 422
    nothing = order.refund()
    assert nothing["status"] == "not_possible" and nothing["refund"] is None


def test_cancelled_after_paid_is_given_back(pay: PayShop) -> None:
    order = pay.order("mercado_pago")
    order.pay()
    order.wait("paid")
    order.cancel()
    until(lambda: [r["status"] for r in order.refunds] == ["done"], 8, lambda: str(order.refunds))
    assert float(order.captures()[0]["refunded"]) == 1234.5
    assert pay.product() == {"stock": 100, "reserved": 0}


def test_cancelled_while_a_part_is_given_back(pay: PayShop) -> None:
    """The rest is, and no more, though both are tried at a gateway that is down."""
    order = pay.order("stripe")
    order.pay()
    order.wait("paid")
    pay.mode("stripe", "error_500")
    order.refund(23450)
    order.cancel()
    until(lambda: [r["attempts"] > 0 for r in order.refunds] == [True, True], 8,
          lambda: str(order.refunds))
    pay.mode("stripe", "ok")
    until(lambda: [r["status"] for r in order.refunds] == ["done", "done"], 15,
          lambda: str(order.refunds))
    assert float(order.captures()[0]["refunded"]) == 1234.5
    order.wait("refunded")


@pytest.mark.parametrize("gateway", ["stripe", "mercado_pago"])
def test_cancel_closes_the_link(pay: PayShop, gateway: str) -> None:
    order = pay.order(gateway)
    order.cancel()
    shown = until(lambda: (found := pay.sim.sim("GET", f"payments/{order.payment['id']}"))["status"]
                  == "expired" and found, 8, lambda: str(order.payments))
    assert shown["captures"] == []


def test_unknown_payment_is_parked(pay: PayShop) -> None:
    """Of another shop's order on the same account, or early: kept, asked about again."""
    other = new_uuid()
    made = pay.sim.http.post(
        "/pay/mercado_pago/checkout/preferences",
        headers={"Authorization": "Bearer TEST-simulator"},
        json={"items": [{"title": "x", "quantity": 1, "unit_price": 10, "currency_id": "MXN"}],
              "external_reference": other,
              "notification_url": f"{pay.url}/v1/payments/mercado_pago/webhook"}).json()
    pay.sim.sim("POST", f"payments/{made['id']}/pay", {})
    row = until(lambda: next((r for r in pay.inbox() if r["outcome"] == "unknown"), None), 8,
                lambda: str(pay.inbox()))
    assert row["next_try_at"] is not None
    # Our order comes to light, and the parked one is applied.
    order = pay.order("mercado_pago")
    pay.rows("UPDATE payments SET id = %s, amount_minor = 1000, next_ask_at = NULL"
             " WHERE order_id = %s", other, order.id)
    pay.rows("UPDATE payment_inbox SET next_try_at = NOW() WHERE id = %s", row["id"])
    order.wait("paid")
    # Past three days it's given up.
    pay.rows("UPDATE payments SET id = gen_random_uuid(), capture_id = NULL")
    pay.rows("UPDATE payment_inbox SET next_try_at = NOW(), received_at = NOW() - INTERVAL '4 days'"
             " WHERE id = %s", row["id"])
    until(lambda: pay.rows("SELECT outcome FROM payment_inbox WHERE id = %s AND next_try_at IS NULL",
                           row["id"])[0:1] == [{"outcome": "given_up_unknown"}], 5,
          lambda: str(pay.inbox()))


def test_gateway_down_at_confirm(pay: PayShop) -> None:
    """The order stands, the customer is told kindly, and the link comes later."""
    pay.mode("stripe", "error_500")
    order = pay.order("stripe")
    assert order.url is None and order.status == "awaiting_payment"
    pay.mode("stripe", "ok")
    shown = pay.call(f"/v1/checkout/{order.customer}", {"action": "show"})
    assert shown["payment_url"]
    order.pay()
    order.wait("paid")


def test_answer_lost_makes_no_second_link(pay: PayShop) -> None:
    pay.mode("stripe", "reset", count=1)
    order = pay.order("stripe")
    assert order.url is None
    shown = pay.call(f"/v1/checkout/{order.customer}", {"action": "show"})
    assert shown["payment_url"]
    assert len(pay.sim.sim("GET", "gateways/stripe")["payments"]) == 1


def signed(body: bytes, secret: str = "whsec_simulator", at: int | None = None) -> dict[str, str]:
    at = at or int(time.time())
    made = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return {"Stripe-Signature": f"t={at},v1={made}", "Content-Type": "application/json"}


EVENT = json.dumps({"id": "evt_1", "object": "event", "type": "charge.refunded",
                    "data": {"object": {"object": "charge", "payment_intent": "pi_none"}}}).encode()


def test_webhook_refusals(pay: PayShop) -> None:
    url = f"{pay.url}/v1/payments/stripe/webhook"
    plain = {"Content-Type": "application/json"}
    thin = json.dumps({"id": "evt_2", "object": "v2.core.event"}).encode()
    cases = [
        (url, EVENT, plain, 401),
        (url, EVENT, signed(EVENT, "whsec_other"), 401),
        (url, EVENT + b" ", signed(EVENT), 401),
        (url, EVENT, signed(EVENT, at=int(time.time()) - 301), 401),
        (url, thin, signed(thin), 422),
        (url, b"nothing", signed(b"nothing"), 400),
        (url, b"x" * 1_100_000, plain, 413),
        (f"{pay.url}/v1/payments/another/webhook", EVENT, signed(EVENT), 404),
        (f"{pay.url}/v1/payments/wompi/webhook", EVENT, signed(EVENT), 404),
        (url, EVENT, signed(EVENT), 200),
        (url, EVENT, signed(EVENT), 200),
    ]
    for where, body, headers, status in cases:
        answer = pay.http.post(where, content=body, headers=headers)
        assert answer.status_code == status, (body[:60], headers, answer.text)
    assert answer.json() == {"received": True}
    assert [row["event_id"] for row in pay.inbox()] == ["evt_1"]
    assert pay.http.get(url).status_code == 405


def test_webhook_forwarded_by_n8n(pay: PayShop) -> None:
    """Mercado Pago doesn't sign the body: its notification holds also as n8n passes it on."""
    order = pay.order("mercado_pago")
    pay.mode("mercado_pago", "no_webhook")
    pay.rows("UPDATE payments SET next_ask_at = NULL")
    order.pay()
    capture = order.captures()[0]["id"]
    at = str(int(time.time() * 1000))
    manifest = f"id:{capture};request-id:r-1;ts:{at};"
    made = hmac.new(b"mp_simulator", manifest.encode(), hashlib.sha256).hexdigest()
    item = {"headers": {"x-signature": f"ts={at},v1={made}", "x-request-id": "r-1"},
            "query": {"data.id": capture, "type": "payment"}, "params": {},
            "body": {"id": 1, "type": "payment", "action": "payment.updated",
                     "data": {"id": capture}}}
    url = f"{pay.url}/v1/payments/mercado_pago/webhook"
    forged = {**item, "query": {"data.id": capture + "0", "type": "payment"}}
    assert pay.http.post(url, json=forged).status_code == 401
    assert pay.http.post(url, json=item).json() == {"received": True}
    order.wait("paid")


def test_bank_transfer_received(pay: PayShop) -> None:
    order = pay.order("bank_transfer")
    assert "CLABE 012345678901234567" in json.dumps(order.reply)
    assert order.url is None and order.status == "awaiting_payment"
    at = f"/v1/orders/{order.number}/payment-received"
    wrong = pay.call(at, {"amount_minor": PRICE_MINOR - 1})
    assert wrong["status"] == "not_possible" and str(PRICE_MINOR) in wrong["detail"]
    assert order.status == "awaiting_payment"
    for _ in range(2):
        assert pay.call(at, {})["status"] == "paid"
    assert order.status == "paid" and order.events.count("order.paid") == 1
    assert order.refund(1000)["refund"]["status"] == "done"
    assert order.read()["refunded_minor"] == 1000
    assert pay.call("/v1/orders/999999/payment-received", {})["status"] == "not_found"


def test_cash_on_delivery_received(pay: PayShop) -> None:
    order = pay.order("cash_on_delivery")
    assert order.status == "placed"
    assert pay.call(f"/v1/orders/{order.id}/payment-received", {})["status"] == "paid"
    assert order.read()["paid_minor"] == PRICE_MINOR


def test_received_only_by_hand(pay: PayShop) -> None:
    order = pay.order("stripe")
    answer = pay.call(f"/v1/orders/{order.id}/payment-received", {})
    assert answer["status"] == "not_possible" and order.status == "awaiting_payment"


def test_made_up_notices_are_bounded(pay: PayShop) -> None:
    """Of a kind that nobody signs: hints, of which only so many wait."""
    pay.mode("mercado_pago", "slow", delay_ms=3000)
    url = f"{pay.url}/v1/payments/mercado_pago/webhook"
    for number in range(150):
        answer = pay.http.post(f"{url}?topic=payment&id={9000 + number}")
        assert answer.status_code == 200, answer.text
    assert 90 <= len(pay.inbox()) <= 110
    assert not any(row["is_signed"] for row in pay.inbox())
    pay.mode("mercado_pago", "ok")
