"""Payments that come when the order is over, or nearly: never silent, never lost."""

from __future__ import annotations

import time

import pytest

from tests.api.pay_shop import PRICE_MINOR, PayShop, until


@pytest.fixture
def brief(service, shop_database: str, gateways) -> PayShop:
    """A shop whose orders hold their stock for five seconds."""
    gateways.sim("POST", "reset", {})
    shop = PayShop(service, shop_database, gateways)
    shop.start(HOLD_S="5")
    shop.tell_here()
    return shop


def test_expires_and_closes_the_link(brief: PayShop) -> None:
    order = brief.order("stripe")
    order.wait("expired", 12)
    assert brief.product() == {"stock": 100, "reserved": 0}
    until(lambda: brief.sim.sim("GET", f"payments/{order.payment['id']}")["status"] == "expired", 8,
          lambda: str(order.payments))


def test_paid_is_not_expired(brief: PayShop) -> None:
    """No notification came; at the end of the hold the gateway is asked first."""
    brief.mode("stripe", "no_webhook")
    order = brief.order("stripe")
    brief.rows("UPDATE payments SET next_ask_at = NOW() + INTERVAL '5 seconds'")
    order.pay()
    order.wait("paid", 12)
    assert "order.expired" not in order.events


def test_not_expired_while_the_gateway_is_down(brief: PayShop) -> None:
    order = brief.order("stripe")
    brief.mode("stripe", "no_webhook")
    order.pay()
    brief.mode("stripe", "error_500")
    time.sleep(7)
    assert order.status == "awaiting_payment"
    brief.mode("stripe", "ok")
    order.wait("paid", 25)
    assert "order.expired" not in order.events


def settle_after_expiry(brief: PayShop) -> object:
    """A voucher that is paid in a shop when the order is over."""
    order = brief.order("mercado_pago")
    order.act("later")
    until(lambda: order.payment["told"], 8, lambda: str(order.payments))
    order.wait("expired", 15)
    return order


def test_late_with_stock(brief: PayShop) -> None:
    order = settle_after_expiry(brief)
    assert brief.product() == {"stock": 100, "reserved": 0}
    order.act("settle")
    assert order.wait("paid")["paid_minor"] == PRICE_MINOR
    assert brief.product() == {"stock": 99, "reserved": 0}


def test_late_without_stock(brief: PayShop) -> None:
    order = settle_after_expiry(brief)
    brief.rows("UPDATE products SET stock = 0")
    order.act("settle")
    assert order.wait("paid_shortfall")["paid_minor"] == PRICE_MINOR
    assert brief.product() == {"stock": 0, "reserved": 0}
    order.refund()
    order.wait("refunded")
    assert float(order.captures()[0]["refunded"]) == 1234.5


def test_paid_after_cancel(brief: PayShop) -> None:
    order = brief.order("mercado_pago")
    order.act("later")
    order.cancel()
    order.act("settle")
    until(lambda: [r["status"] for r in order.refunds] == ["done"], 10, lambda: str(order.payments))
    assert float(order.captures()[0]["refunded"]) == 1234.5


def test_replicas_and_a_kill(brief: PayShop) -> None:
    """Three of them over one database; the one that was told dies at once."""
    brief.start(HOLD_S="60")
    brief.start(HOLD_S="60")
    orders = [brief.order("stripe") for _ in range(4)]
    for order in orders:
        order.pay()
    brief.replicas[0].kill()
    brief.url = brief.replicas[1].url
    for order in orders:
        order.wait("paid", 20)
        assert order.events.count("order.paid") == 1
    assert brief.product() == {"stock": 96, "reserved": 0}
