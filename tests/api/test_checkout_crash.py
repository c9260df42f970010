"""The service and PostgreSQL die at any moment: an order is whole or absent, and the same call
again ends what it began."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from launcher.servers import Postgres
from tests.api.checkout_shop import ADDRESS, CheckoutShop, new_customer
from tests.conftest import ROOT

STEPS = [
    ("start", {}),
    ("set_address", {"text": ADDRESS}),
    ("set_shipping", {"shipping_rate_id": "standard"}),
    ("set_payment", {"payment_method": "bank_transfer"}),
    ("confirm", {"token": "token"}),
    ("cancel", {}),
]


def kill_during(shop: CheckoutShop, call, delay_s: float) -> None:
    """Makes the call, kills the service meanwhile, and starts it anew on its port."""
    service = shop.replicas[0]

    def make() -> None:
        try:
            call()
        except (httpx.TransportError, AssertionError):
            pass

    thread = threading.Thread(target=make)
    thread.start()
    time.sleep(delay_s)
    service.kill()
    thread.join()
    shop.replicas[0] = shop.start()


@pytest.mark.parametrize("round_", range(3))
def test_service_is_killed_at_each_step(make_checkout, round_: int):
    shop = make_checkout()
    product = shop.product(stock=5)
    customer = new_customer()
    chance = random.Random(round_)
    shop.add(customer, product, 2)
    token = None
    for number, (action, fields) in enumerate(STEPS):
        fields = {k: {"standard": shop.standard, "token": token}.get(v, v) for k, v in fields.items()}

        def call(key=f"step-{number}", action=action, fields=fields):
            return shop.step(customer, action, key=key, **fields)

        kill_during(shop, call, chance.uniform(0, 0.02))
        shop.check()
        answer = call()
        assert answer["status"] in ("ok", "placed", "order_exists", "cancelled"), answer
        token = answer.get("token", token)
        shop.check()
    assert shop.one("SELECT count(*) FROM orders") == 1
    assert shop.one("SELECT status FROM orders") == "cancelled"
    assert shop.one("SELECT stock - reserved FROM products WHERE id = %s", product) == 5


def test_who_cancels_again_hears_that_it_is_cancelled(make_checkout):
    """The first answer may have been lost."""
    shop = make_checkout()
    customer = new_customer()
    shop.buy(customer, shop.product(stock=5), method="bank_transfer")
    for _ in range(2):
        answer = shop.step(customer, "cancel")
        assert (answer["status"], answer["state"]) == ("cancelled", "cancelled")
    assert shop.step(new_customer(), "cancel")["status"] == "nothing_to_cancel"


def test_service_is_killed_while_many_confirm(make_checkout):
    shop = make_checkout(3)
    product = shop.product(stock=15)
    customers = [new_customer() for _ in range(24)]
    with ThreadPoolExecutor(8) as pool:
        tokens = list(pool.map(lambda each: shop.ready(each, product), customers))

    def confirm(pair) -> str:
        customer, token = pair
        for _ in range(60):
            try:
                return shop.step(customer, "confirm", key="k", token=token)["status"]
            except (httpx.TransportError, AssertionError):
                time.sleep(0.05)
        raise AssertionError("never answered")

    with ThreadPoolExecutor(24) as pool:
        results = pool.map(confirm, zip(customers, tokens))
        time.sleep(0.03)
        shop.replicas[1].kill()
        time.sleep(0.05)
        shop.replicas[0].kill()
        shop.replicas[0] = shop.start()
        statuses = list(results)
    assert sum(status in ("placed", "order_exists") for status in statuses) == 15
    assert shop.one("SELECT count(*) FROM orders") == 15
    shop.check()


class OwnPostgres:
    """A PostgreSQL of this test's own, that keeps what it committed when it is killed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server = Postgres.start(folder)

    def kill(self) -> None:
        os.kill(self.server.process.pid, signal.SIGQUIT)  # immediate: no checkpoint, recovery next
        while self.server.process.alive:
            time.sleep(0.01)

    def start(self) -> None:
        self.server = Postgres.start(self.folder)


@pytest.fixture
def own_postgres() -> Iterator[OwnPostgres]:
    folder = Path(tempfile.mkdtemp(prefix="commerce-pg-"))
    folder.chmod(0o755)
    postgres = OwnPostgres(folder / "postgres")
    yield postgres
    postgres.server.stop()
    shutil.rmtree(folder, ignore_errors=True)


def test_postgres_is_killed_during_confirmation(make_checkout, own_postgres: OwnPostgres):
    database = own_postgres.server.create_database("shop")
    subprocess.run(
        [ROOT / "database" / "migrate.sh", "--init", database], check=True, capture_output=True
    )
    shop = make_checkout(2, database=database)
    product = shop.product(stock=20)
    customers = [new_customer() for _ in range(30)]
    with ThreadPoolExecutor(8) as pool:
        tokens = list(pool.map(lambda each: shop.ready(each, product), customers))
    acknowledged: dict[str, str] = {}

    def confirm(pair) -> None:
        customer, token = pair
        for _ in range(400):
            try:
                answer = shop.step(customer, "confirm", key="k", token=token)
            except (httpx.TransportError, AssertionError):
                time.sleep(0.05)
                continue
            if "order" in answer:
                acknowledged[customer] = answer["order"]["order_number"]
            return
        raise AssertionError("never answered")

    with ThreadPoolExecutor(30) as pool:
        done = pool.map(confirm, zip(customers, tokens))
        time.sleep(0.05)
        own_postgres.kill()
        own_postgres.start()
        list(done)
    shop.check()
    orders = dict(shop.sql("SELECT customer_phone, order_number FROM orders"))
    assert len(orders) == 20
    # What a customer was told stands, and nobody has an order without being told.
    assert acknowledged == orders
    assert shop.one("SELECT stock - reserved FROM products WHERE id = %s", product) == 0


def test_an_unanswered_request_is_answered_by_the_next_one(checkout: CheckoutShop):
    """A service that died between its work and its answer left the key without one."""
    customer = new_customer()
    token = checkout.ready(customer, checkout.product())
    first = checkout.step(customer, "confirm", key="k", token=token)
    checkout.sql("UPDATE checkout_requests SET answer = NULL WHERE customer_phone = %s", customer)
    again = checkout.step(customer, "confirm", key="k", token=token)
    assert again["order"]["order_number"] == first["order"]["order_number"]
    assert checkout.one("SELECT count(*) FROM orders") == 1
