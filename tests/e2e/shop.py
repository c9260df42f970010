"""What the tests do with the running shop: customers write, n8n runs, replies come."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass
from typing import Any

import httpx
import psycopg

REPLY_TIMEOUT_S = 20
SETTLE_TIMEOUT_S = 30
# Longer than the simulator takes from a message of the shop to its last status.
QUIET_S = 1.5
UNFINISHED = ("new", "running", "waiting")

_numbers = itertools.count(int(time.time()) % 1_000_000 * 1000)
Json = dict[str, Any]


def wa_id() -> str:
    """A phone number that no other test uses."""
    return f"5215{next(_numbers):09d}"


@dataclass(frozen=True)
class Customer:
    shop: Shop
    key: str

    def send(self, type_: str, **content: Any) -> Json:
        """Sends a message; returns it as the simulator sees it, with its delivery_id."""
        answer = self.shop.sim.post(f"{self.path}/messages", json={"type": type_, **content})
        return _json(answer)

    def text(self, text: str) -> Json:
        return self.send("text", text=text)

    def replies(self) -> list[Json]:
        answer = self.shop.sim.get(f"{self.path}/messages", params={"direction": "to_customer"})
        return _json(answer)["messages"]

    def wait_replies(self, count: int = 1) -> list[str]:
        """The texts of that many replies, none more: what n8n runs is waited for."""
        end = time.monotonic() + REPLY_TIMEOUT_S
        while len(self.replies()) < count and time.monotonic() < end:
            time.sleep(0.05)
        self.shop.settle()
        texts = [reply["text"] for reply in self.replies()]
        assert len(texts) == count, f"{len(texts)} replies, not {count}: {texts}"
        return texts

    @property
    def path(self) -> str:
        return f"/sim/customers/{self.key}"


class Shop:
    def __init__(self, env: dict[str, str]) -> None:
        self.env = env
        self.sim = httpx.Client(base_url=env["SIMULATOR_URL"], timeout=30)
        self.n8n = httpx.Client(base_url=env["N8N_URL"], timeout=30)
        n8n_database = env["DATABASE_URL"].rpartition("/")[0] + "/n8n"
        self._executions = psycopg.connect(n8n_database, autocommit=True)

    def __enter__(self) -> Shop:
        return self

    def __exit__(self, *_: object) -> None:
        self.sim.close()
        self.n8n.close()
        self._executions.close()

    def customer(self, **identity: Any) -> Customer:
        spec = {"name": "Ana", **(identity or {"wa_id": wa_id()})}
        return Customer(self, _json(self.sim.post("/sim/customers", json=spec))["key"])

    def settings(self, **changes: Any) -> None:
        _json(self.sim.put("/sim/settings", json=changes))

    def webhook(self, body: Json, *, signature: str = "valid") -> Json:
        answer = self.sim.post("/sim/webhooks", json={"body": body, "signature": signature})
        return _json(answer)

    def replay(self, delivery_id: int) -> None:
        _json(self.sim.post(f"/sim/deliveries/{delivery_id}/replay"))

    def batch(self, messages: list[Json], layout: str) -> None:
        _json(self.sim.post("/sim/batch", json={"messages": messages, "layout": layout}))

    def parse(self, body: str, signature: str) -> Json:
        """What the service says of a webhook body, asked directly."""
        headers = {
            "Authorization": f"Bearer {self.env['SERVICE_TOKEN']}",
            "Content-Type": "application/json",
            "X-Hub-Signature-256": signature,
        }
        url = f"{self.env['PARSE_MESSAGE_OPTIMIZED_URL']}/v1/parse"
        return _json(httpx.post(url, content=body.encode(), headers=headers))

    def upload(self, data: bytes, name: str, mime_type: str) -> str:
        answer = self.sim.post("/sim/media", files={"file": (name, data, mime_type)})
        return _json(answer)["id"]

    def deliveries(self) -> list[Json]:
        return _json(self.sim.get("/sim/deliveries", params={"limit": 500}))["deliveries"]

    def executions(self) -> list[tuple[int, str]]:
        """n8n's runs with their status, from its own database."""
        rows = self._executions.execute('SELECT id, status FROM execution_entity ORDER BY id')
        return rows.fetchall()

    def calls(self, since: int) -> list[Json]:
        """What was called of the Graph API."""
        return _json(self.sim.get("/sim/calls", params={"after": since, "limit": 500}))["calls"]

    def settle(self) -> None:
        """Until every webhook is delivered and n8n has had nothing to run for a moment."""
        end = time.monotonic() + SETTLE_TIMEOUT_S
        seen, since = self._activity(), time.monotonic()
        while time.monotonic() < end:
            now = self._activity()
            if now != seen or now[0]:
                seen, since = now, time.monotonic()
            elif time.monotonic() - since >= QUIET_S:
                return
            time.sleep(0.1)
        raise AssertionError(f"still busy after {SETTLE_TIMEOUT_S} s: {self._activity()}")

    def _activity(self) -> tuple[bool, int, int]:
        executions, deliveries = self.executions(), self.deliveries()
        busy = any(status in UNFINISHED for _, status in executions) or any(
            delivery["state"] == "pending" for delivery in deliveries
        )
        return busy, len(executions), len(deliveries)


def _json(answer: httpx.Response) -> Any:
    assert answer.is_success, f"{answer.request.url}: {answer.status_code} {answer.text}"
    return answer.json()
