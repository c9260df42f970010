"""POST /v1/webhook: stored, acknowledged, handed to n8n, each message done once and in order."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.api.intake_shop import FAST, NODE, Intake, settings
from tests.api.webhooks import CUSTOMER, new_id, text_message


@pytest.fixture
def make_intake(service, shop_database: str, redis_server) -> Iterator[Callable[..., Intake]]:
    made: list[Intake] = []

    def make(**env: str) -> Intake:
        intake = Intake(
            lambda: service(NODE, **settings(shop_database, redis_server.url, intake.n8n.url, **env)),
            shop_database,
        )
        made.append(intake)
        intake.start()
        return intake

    yield make
    for intake in made:
        intake.close()


def test_a_message_is_stored_delivered_and_done(make_intake):
    intake = make_intake()
    assert intake.say(CUSTOMER, "hola") == {"stored": 1, "known": 0, "statuses": 0}
    intake.until_done()
    assert intake.n8n.done == {CUSTOMER: ["hola"]}
    [(state, body, attempts)] = intake.sql("SELECT state, body, attempts FROM intake_messages")
    assert (state, body, attempts) == ("done", None, 1)
    assert intake.sql("SELECT count(*) FROM intake_lanes") == [(0,)]


def test_metrics_show_what_waits(make_intake):
    intake = make_intake()
    intake.n8n.status = 503
    intake.say(CUSTOMER, "hola")

    def value(name: str) -> float:
        text = httpx.get(f"{intake.service.url}/metrics").text
        return float(next(line for line in text.splitlines() if line.startswith(f"{name} ")).split()[1])

    end = time.monotonic() + 10
    while value("intake_waiting_messages") != 1 or value("intake_oldest_seconds") < 2:
        assert time.monotonic() < end
        time.sleep(0.1)
    assert value("intake_executions_limit") < 8 and value("intake_dead_letters") == 0


def test_what_meta_repeats_is_known(make_intake):
    intake = make_intake()
    message = new_id()
    intake.say(CUSTOMER, "hola", message)
    assert intake.say(CUSTOMER, "hola", message)["known"] == 1
    intake.until_done()
    assert intake.say(CUSTOMER, "hola", message) == {"stored": 0, "known": 1, "statuses": 0}
    time.sleep(0.5)
    assert intake.n8n.deliveries == [["hola"]]


def test_statuses_are_acknowledged_and_not_delivered(make_intake):
    intake = make_intake()
    status = {"id": "wamid.x", "status": "read", "timestamp": "1749416383", "recipient_id": CUSTOMER}
    assert intake.webhook(statuses=[status] * 3) == {"stored": 0, "known": 0, "statuses": 3}
    time.sleep(0.5)
    assert intake.n8n.deliveries == []


def test_one_customer_in_order_different_ones_side_by_side(make_intake):
    intake = make_intake()
    intake.n8n.work_s = 0.05
    customers = [f"52155{n:08}" for n in range(12)]
    for number in range(5):
        for customer in customers:
            intake.say(customer, str(number))
    intake.until_done()
    assert intake.n8n.done == {customer: list("01234") for customer in customers}
    assert 2 <= intake.n8n.most <= 64


def test_messages_of_a_quiet_time_come_as_one(make_intake):
    intake = make_intake(COALESCE_MS="400")
    for text in ("hola", "busco", "zapatillas"):
        intake.say(CUSTOMER, text)
        time.sleep(0.05)
    intake.until_done()
    assert intake.n8n.deliveries == [["hola", "busco", "zapatillas"]]


def test_a_button_does_not_wait(make_intake):
    intake = make_intake(COALESCE_MS="5000")
    press = {"type": "button_reply", "button_reply": {"id": "menu:", "title": "Menú"}}
    message = text_message(None, "")
    del message["text"]
    begin = time.monotonic()
    intake.webhook({**message, "type": "interactive", "interactive": press})
    intake.until_done()
    assert time.monotonic() - begin < 4


def test_an_execution_that_vanished_is_begun_again(make_intake):
    intake = make_intake(**FAST)
    lost = []
    intake.n8n.handle = lambda text: bool(lost) or lost.append(text)
    intake.say(CUSTOMER, "hola")
    end = time.monotonic() + 10
    while not lost:  # the execution, before another message could come with it
        assert time.monotonic() < end
        time.sleep(0.01)
    intake.say(CUSTOMER, "adiós")
    intake.until_done(30)
    assert intake.n8n.done[CUSTOMER] == ["hola", "adiós"]
    assert len(lost) == 1


@pytest.mark.parametrize("status", [404, 500, 503])
def test_nothing_dies_while_n8n_is_away(make_intake, status):
    intake = make_intake(ATTEMPTS_MAX="2")
    intake.n8n.status = status
    for number in range(4):
        intake.say(CUSTOMER, str(number))
    time.sleep(3)
    assert intake.totals()["waiting"] == 4 and intake.totals()["dead"] == 0
    intake.n8n.status = 200
    intake.until_done(40)
    assert intake.n8n.done[CUSTOMER] == list("0123")


def test_a_dead_letter_is_listed_replayed_and_dropped(make_intake):
    intake = make_intake(ATTEMPTS_MAX="2", **FAST)
    intake.n8n.handle = lambda text: text != "veneno"
    intake.say(CUSTOMER, "veneno")
    intake.say(CUSTOMER, "hola")
    intake.until_done(40)
    assert intake.n8n.done[CUSTOMER] == ["hola"]
    page = intake.call("GET", "/v1/dead-letters")
    [letter] = page["dead_letters"]
    assert (letter["attempts"], letter["message"]["text"]["body"]) == (2, "veneno")
    assert "never ended" in letter["error"] and page["next"] is None
    time.sleep(1.1)  # the message's own lease
    intake.n8n.handle = lambda text: True
    revive = {"action": "replay", "ids": [letter["id"]]}
    assert intake.call("POST", "/v1/dead-letters", revive) == {"count": 1}
    assert intake.call("POST", "/v1/dead-letters", revive) == {"count": 0}
    intake.until_done()
    assert intake.n8n.done[CUSTOMER] == ["hola", "veneno"]


def test_dropped_letters_are_gone(make_intake):
    intake = make_intake(ATTEMPTS_MAX="1", **FAST)
    intake.n8n.status = 400
    intake.say(CUSTOMER, "hola")
    intake.until_done(30)
    assert intake.totals()["dead"] == 1
    assert intake.call("GET", "/v1/dead-letters")["dead_letters"][0]["error"] == "n8n answered 400"
    assert intake.call("POST", "/v1/dead-letters", {"action": "drop"}) == {"count": 1}
    assert intake.totals()["dead"] == 0


def test_a_killed_intake_goes_on_where_it_was(make_intake):
    intake = make_intake(**FAST)
    intake.n8n.work_s = 0.02
    customers = [f"52155{n:08}" for n in range(20)]
    chance = random.Random(5)
    sent: dict[str, list[str]] = {customer: [] for customer in customers}

    def send() -> None:
        for number in range(200):
            customer, message = chance.choice(customers), new_id()
            while True:  # as Meta does, until it is acknowledged
                try:
                    intake.say(customer, str(number), message)
                    break
                except httpx.TransportError:
                    time.sleep(0.02)
            sent[customer].append(str(number))

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(send)
        for _ in range(3):
            time.sleep(0.4)
            intake.restart()
        future.result(60)
    intake.until_done(60)
    for customer in customers:
        assert list(dict.fromkeys(intake.n8n.done[customer])) == sent[customer]


def test_two_replicas_share_the_lanes(make_intake):
    intake = make_intake()
    intake.n8n.work_s = 0.01
    other = intake.start_one()
    customers = [f"52155{n:08}" for n in range(10)]
    for number in range(10):
        for customer in customers:
            intake.say(customer, str(number))
    intake.until_done(30)
    assert intake.n8n.done == {customer: list("0123456789") for customer in customers}
    for svc in (intake.service, other):
        text = httpx.get(f"{svc.url}/metrics").text
        assert "intake_delivered_total" in text


@pytest.mark.parametrize("signature", [None, "sha256=" + "0" * 64])
def test_forged_webhooks_are_refused(make_intake, signature):
    intake = make_intake()
    headers = {"Content-Type": "application/json"}
    if signature:
        headers["X-Hub-Signature-256"] = signature
    body = b'{"object": "whatsapp_business_account", "entry": []}'
    answer = intake.http.post(f"{intake.service.url}/v1/webhook", content=body, headers=headers)
    assert answer.status_code == 401
    assert intake.sql("SELECT count(*) FROM intake_messages") == [(0,)]


def test_a_thousand_updates_in_one_call(make_intake):
    intake = make_intake()
    messages = [text_message(None, str(n), **{"from": f"52155{n % 50:08}"}) for n in range(1000)]
    assert intake.webhook(*messages)["stored"] == 1000
    intake.until_done(60)
    for n in range(50):
        assert intake.n8n.done[f"52155{n:08}"] == [str(k) for k in range(n, 1000, 50)]
