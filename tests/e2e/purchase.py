"""How a customer buys: the steps of a purchase in the chat, and the gateway's page."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlsplit

import httpx

from tests.e2e.shop import Customer, Json, Shop

ADDRESS = "Av. Juárez 123, int. 4, Col. Centro, Cuauhtémoc, 06050 Ciudad de México"
WAIT_S = 15


def actions(message: Json, prefix: str) -> list[str]:
    return [action["id"] for action in message["actions"] if action["id"].startswith(prefix)]


def step(customer: Customer, message: Json, prefix: str) -> Json:
    """Presses the first button or row of the message that begins so; the shop's next message."""
    found = actions(message, prefix)
    assert found, f"no {prefix} in {message['text']!r}: {message['actions']}"
    return customer.choose(found[0])


def put_in_cart(customer: Customer, words: str = "zapatillas rojas") -> Json:
    shown = step(customer, customer.ask(words), "prod:")
    return step(customer, shown, "add:")


def order(customer: Customer, method: str = "pay:stripe") -> Json:
    """From the cart to the message with the payment link, or without one."""
    asked = step(customer, put_in_cart(customer), "checkout:")
    assert "direcci" in asked["text"].lower(), asked["text"]
    shipping = customer.ask(ADDRESS)
    payment = step(customer, shipping, "ship:")
    confirmation = step(customer, payment, method)
    return step(customer, confirmation, "confirm:")


def link_of(message: Json) -> str:
    """The address of the payment page, as the customer sees it."""
    found = [word.strip(".,)") for word in message["text"].split() if "/pay/page/" in word]
    url = message["message"].get("interactive", {}).get("action", {}).get("parameters", {}).get("url")
    assert found or url, message["text"]
    return found[0] if found else url


def press_page(shop: Shop, url: str, button: str) -> str:
    answer = shop.sim.post(f"{urlsplit(url).path}/{button}", follow_redirects=True)
    assert answer.is_success, answer.text
    return answer.text


def wait_text(customer: Customer, words: str) -> Json:
    """A message of the shop with these words, that nobody asked for."""
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        for message in reversed(customer.replies()):
            if words in message["text"]:
                return message
        time.sleep(0.1)
    raise AssertionError(f"no {words!r} in {[reply['text'] for reply in customer.replies()]}")


class Editor:
    """n8n's own page, as whoever owns it uses it: runs a workflow by hand."""

    def __init__(self, env: dict[str, str]) -> None:
        self.http = httpx.Client(base_url=env["N8N_URL"], timeout=30, headers={"browser-id": "tests"})
        owner = {"emailOrLdapLoginId": env["N8N_OWNER_EMAIL"], "password": env["N8N_OWNER_PASSWORD"]}
        assert self.http.post("/rest/login", json=owner).is_success

    def run(self, workflow: str, trigger: str) -> None:
        """Not waited for."""
        data: Any = self.http.get(f"/rest/workflows/{workflow}").json()["data"]
        body = {"workflowData": data, "triggerToStartFrom": {"name": trigger}}
        answer = self.http.post(f"/rest/workflows/{workflow}/run", json=body)
        assert answer.is_success, answer.text

    def close(self) -> None:
        self.http.close()
