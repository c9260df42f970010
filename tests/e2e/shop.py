"""What the tests do with the running shop: customers write, n8n runs, replies come."""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import psycopg

from tests.e2e.executions import Execution, read_execution

REPLY_TIMEOUT_S = 20
SETTLE_TIMEOUT_S = 30
# How long the simulator takes from a message of the shop to its statuses, and a while more.
STATUS_DELAYS = {"sent_delay_ms": 20, "delivered_delay_ms": 60, "read_delay_ms": 150}
QUIET_S = 0.8
UNFINISHED = ("new", "running", "waiting")
# The smallest PNG: one pixel.
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c636060606000000005000157a1b8310000000049454e44ae426082"
)

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

    def press(self, id_: str) -> Json:
        """Presses a button or row of the shop's, in the latest message that has it."""
        return _json(self.shop.sim.post(f"{self.path}/press", json={"id": id_}))

    def replies(self) -> list[Json]:
        answer = self.shop.sim.get(f"{self.path}/messages", params={"direction": "to_customer"})
        return _json(answer)["messages"]

    def until_replies(self, count: int, timeout_s: float = REPLY_TIMEOUT_S) -> float:
        """Waits until there are so many, or the time is over; the seconds that it took."""
        begin = time.monotonic()
        while len(self.replies()) < count and time.monotonic() < begin + timeout_s:
            time.sleep(0.05)
        return time.monotonic() - begin

    def wait_replies(self, count: int = 1) -> list[str]:
        """The texts of that many replies, none more: what n8n runs is waited for."""
        return [reply["text"] for reply in self.wait_messages(count)]

    def wait_messages(self, count: int = 1) -> list[Json]:
        """The same, whole."""
        self.until_replies(count)
        self.shop.settle()
        replies = self.replies()
        texts = [reply["text"] for reply in replies]
        assert len(texts) == count, f"{len(texts)} replies, not {count}: {texts}"
        return replies

    def ask(self, text: str) -> Json:
        """Writes, and gives the one reply to it, of however many there are by then."""
        return self._answer(lambda: self.text(text))

    def choose(self, id_: str) -> Json:
        """Presses, and gives the reply."""
        return self._answer(lambda: self.press(id_))

    def _answer(self, act: Callable[[], Json]) -> Json:
        self.shop.reset_limits(self.key)
        before = len(self.replies())
        act()
        return self.wait_messages(before + 1)[-1]

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
        self._shop = psycopg.connect(env["DATABASE_URL"], autocommit=True)
        token = {"Authorization": f"Bearer {env['SERVICE_TOKEN']}"}
        self.services = httpx.Client(headers=token, timeout=30)

    def __enter__(self) -> Shop:
        return self

    def __exit__(self, *_: object) -> None:
        self.sim.close()
        self.n8n.close()
        self.services.close()
        self._executions.close()
        self._shop.close()

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
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": signature}
        url = f"{self.env['PARSE_MESSAGE_OPTIMIZED_URL']}/v1/parse"
        return _json(self.services.post(url, content=body.encode(), headers=headers))

    def check_limit(self, key: str, message_id: str) -> Json:
        """Counts a message against the customer's limits, as the workflow does."""
        url = f"{self.env['OPTIMIZED_RATE_LIMITER_URL']}/v1/check"
        return _json(self.services.post(url, json={"customer_phone": key, "message_id": message_id}))

    def limits(self, key: str) -> Json:
        return _json(self.services.get(f"{self.env['OPTIMIZED_RATE_LIMITER_URL']}/v1/limits/{key}"))

    def reset_limits(self, key: str) -> None:
        _json(self.services.delete(f"{self.env['OPTIMIZED_RATE_LIMITER_URL']}/v1/limits/{key}"))

    def session(self, key: str) -> Json:
        url = f"{self.env['REDIS_CACHE_MANAGER_CONSOLIDATED_URL']}/v1/sessions/{key}"
        return _json(self.services.get(url))

    def turn(self, step: str, key: str, **more: Any) -> Json:
        """Begins or ends a turn as another execution would."""
        url = f"{self.env['REDIS_CACHE_MANAGER_CONSOLIDATED_URL']}/v1/turns/{step}"
        return _json(self.services.post(url, json={"customer_phone": key, **more}))

    def product(self, row_id: str) -> Json:
        """The product of a row or button, as the service tells of it."""
        number = row_id.partition(":")[2]
        url = f"{self.env['ULTRA_OPTIMIZED_PRODUCT_SEARCH_URL']}/v1/products/{number}"
        return _json(self.services.get(url))["product"]

    def feedback(self) -> list[tuple[str, int, str]]:
        """What the search was told of customers' choices, in order."""
        sql = "SELECT query, product_id, action FROM search_feedback ORDER BY feedback_id"
        return self._shop.execute(sql).fetchall()

    def intents(self) -> list[str]:
        url = f"{self.env['AI_PROVIDER_ULTRA_OPTIMIZED_URL']}/v1/intents"
        return _json(self.services.get(url))["intents"]

    @contextlib.contextmanager
    def flag(self, key: str, value: str) -> Iterator[None]:
        """system_config has this value meanwhile."""
        sql = "UPDATE system_config SET value = %s WHERE key = %s"
        (before,) = self._shop.execute("SELECT value FROM system_config WHERE key = %s", (key,)).fetchone()
        self._shop.execute(sql, (value, key))
        try:
            yield
        finally:
            self._shop.execute(sql, (before, key))

    @contextlib.contextmanager
    def models(self, mode: str) -> Iterator[None]:
        """The simulator's AI providers answer in this way meanwhile; their breakers are closed after."""
        apis = ("gemini", "deepseek")
        for api in apis:
            _json(self.sim.put(f"/sim/models/{api}", json={"mode": mode}))
        try:
            yield
        finally:
            for api in apis:
                _json(self.sim.put(f"/sim/models/{api}", json={"mode": "ok"}))
                url = f"{self.env['AI_PROVIDER_ULTRA_OPTIMIZED_URL']}/v1/providers/{api}/reset"
                _json(self.services.post(url))

    def upload(self, data: bytes, name: str, mime_type: str) -> str:
        answer = self.sim.post("/sim/media", files={"file": (name, data, mime_type)})
        return _json(answer)["id"]

    def deliveries(self) -> list[Json]:
        return _json(self.sim.get("/sim/deliveries", params={"limit": 500}))["deliveries"]

    def executions(self) -> list[tuple[int, str]]:
        """n8n's runs with their status, from its own database."""
        rows = self._executions.execute('SELECT id, status FROM execution_entity ORDER BY id')
        return rows.fetchall()

    def mark(self) -> int:
        """What runs from now on has a higher id."""
        return max((id_ for id_, _ in self.executions()), default=0)

    def answering(self, since: int) -> list[Execution]:
        """The runs since then that had a message to handle, with all that n8n kept of them."""
        sql = (
            "SELECT e.id, e.status, d.data FROM execution_entity e JOIN execution_data d"
            ' ON d."executionId" = e.id WHERE e.id > %s ORDER BY e.id'
        )
        runs = [read_execution(*row) for row in self._executions.execute(sql, (since,)).fetchall()]
        return [run for run in runs if run.output("split_messages")]

    def calls(self, since: int) -> list[Json]:
        """What was called of the Graph API."""
        return _json(self.sim.get("/sim/calls", params={"after": since, "limit": 500}))["calls"]

    def settle(self, timeout_s: float = SETTLE_TIMEOUT_S, *, quiet_s: float = QUIET_S) -> None:
        """Until every webhook is delivered and n8n has had nothing to run for a moment."""
        end = time.monotonic() + timeout_s
        seen, since = self._activity(), time.monotonic()
        while time.monotonic() < end:
            now = self._activity()
            if now != seen or now[0]:
                seen, since = now, time.monotonic()
            elif time.monotonic() - since >= quiet_s:
                return
            time.sleep(0.1)
        raise AssertionError(f"still busy after {timeout_s} s: {self._activity()}")

    def _activity(self) -> tuple[bool, int, int]:
        executions, deliveries = self.executions(), self.deliveries()
        busy = any(status in UNFINISHED for _, status in executions) or any(
            delivery["state"] == "pending" for delivery in deliveries
        )
        return busy, len(executions), len(deliveries)


def _json(answer: httpx.Response) -> Any:
    assert answer.is_success, f"{answer.request.url}: {answer.status_code} {answer.text}"
    return answer.json()
