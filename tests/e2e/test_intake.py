"""WhatsApp's webhooks through the intake: n8n runs only what has to be answered, and what it loses
is begun again."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest

from launcher.system import find
from tests.e2e.shop import Shop

# An execution counts as vanished after 65 s.
PATIENCE_S = 240


@pytest.fixture
def intake(shop: Shop) -> Iterator[Shop]:
    before = shop.sim.get("/sim/state").json()["settings"]["webhook_url"]
    shop.settings(webhook_url=f"{shop.env['PARSE_MESSAGE_OPTIMIZED_URL']}/v1/webhook")
    try:
        yield shop
    finally:
        shop.settings(webhook_url=before)


def totals(shop: Shop) -> Any:
    answer = shop.services.get(f"{shop.env['PARSE_MESSAGE_OPTIMIZED_URL']}/v1/intake")
    assert answer.status_code == 200, answer.text
    return answer.json()


def until_done(shop: Shop) -> None:
    end = time.monotonic() + PATIENCE_S
    while (state := totals(shop))["waiting"] > 0:
        assert time.monotonic() < end, state
        time.sleep(0.25)


def test_a_conversation_through_the_intake(intake: Shop):
    since = intake.mark()
    customer = intake.customer()
    assert "¡Hola" in customer.ask("hola")["text"]
    assert "Zapatillas" in str(customer.ask("zapatillas rojas")["actions"])
    until_done(intake)
    # Two messages, and none of the statuses of their answers.
    assert len([id_ for id_, _ in intake.executions() if id_ > since]) == 2


def test_what_comes_while_n8n_is_away_is_answered(intake: Shop, commerce):
    customers = [intake.customer() for _ in range(12)]
    for customer in customers[:6]:
        customer.text("hola")
    os.kill(find("n8n").pid, signal.SIGKILL)
    for customer in customers[6:]:
        customer.text("hola")
    time.sleep(2)
    assert totals(intake)["waiting"] >= 6
    commerce("up")
    until_done(intake)
    intake.settle()
    assert all(customer.replies() for customer in customers)
    assert all(len(customer.replies()) == 1 for customer in customers[6:])
    assert totals(intake)["dead"] == 0
