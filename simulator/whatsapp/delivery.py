"""Sends webhooks: signed, in a bounded number at a time, retried with backoff, all on record."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any, Callable

import aiohttp

from ..config import Config
from ..hub import Hub
from ..settings import Settings
from . import webhook

DELIVERIES_KEPT = 2000
BYTES_KEPT = 64 * 1024 * 1024
PENDING_MAX = 20_000
CONCURRENT_MAX = 64
BATCH_CHANGES_MAX = 1000  # Meta's most updates in one POST
ANSWER_KEPT = 2000


async def _read_answer(response: aiohttp.ClientResponse) -> str:
    """To its end where it's short, so that the connection is used again."""
    kept = b""
    async for chunk in response.content.iter_chunked(ANSWER_KEPT):
        kept += chunk
        if len(kept) >= ANSWER_KEPT:
            break
    return kept[:ANSWER_KEPT].decode("utf-8", "replace")


class DeliveryError(Exception):
    """Too many webhooks wait already."""


@dataclass
class Delivery:
    id: int
    raw: bytes
    kinds: list[str]
    customers: list[str]
    message_ids: list[str]
    created_at: float
    signature: str | None = None  # None: computed when sent; "": left out
    state: str = "pending"        # pending, delivered, failed, or held: nowhere to send it
    attempts: list[dict[str, Any]] = field(default_factory=list)

    def as_dict(self, with_body: bool = True) -> dict[str, Any]:
        last = self.attempts[-1] if self.attempts else {}
        answer = {"id": self.id, "state": self.state, "kinds": self.kinds,
                  "customers": self.customers, "message_ids": self.message_ids,
                  "created_at": self.created_at, "attempts": self.attempts,
                  "http_status": last.get("http_status"), "latency_ms": last.get("latency_ms"),
                  "bytes": len(self.raw)}
        if with_body:
            answer["body"] = self.raw.decode("utf-8", "replace")
        return answer


class Dispatcher:
    def __init__(self, config: Config, settings: Settings, hub: Hub) -> None:
        self.config, self.settings, self.hub = config, settings, hub
        self.deliveries: OrderedDict[int, Delivery] = OrderedDict()
        self.on_done: Callable[[Delivery], None] = lambda delivery: None
        self.dropped = 0
        self._bytes = 0
        self._pending = 0
        self._ids = itertools.count(1)
        self._slots = asyncio.Semaphore(CONCURRENT_MAX)
        self._tasks: set[asyncio.Task[None]] = set()
        self._batch: list[tuple[webhook.Change, str]] = []
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=CONCURRENT_MAX), auto_decompress=False,
            headers={"User-Agent": "facebookexternalua"})

    async def stop(self) -> None:
        self.cancel()
        if self._session:
            await self._session.close()

    def cancel(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        self._batch.clear()

    def clear(self) -> None:
        self.cancel()
        self.deliveries.clear()
        self._bytes = 0

    def add_change(self, change: webhook.Change, customer: str) -> Delivery | None:
        """One change as a POST of its own, or into the batch that is being gathered."""
        if not self.settings.batch_ms:
            return self.post([[change]], [customer])
        self._batch.append((change, customer))
        if len(self._batch) == 1:
            self._spawn(self._flush_later(self.settings.batch_ms / 1000))
        elif len(self._batch) >= BATCH_CHANGES_MAX:
            self._flush()
        return None

    def post(self, entries: list[list[webhook.Change]], customers: list[str]) -> Delivery:
        raw = webhook.encode(webhook.envelope(self.config, entries))
        values = [change["value"] for changes in entries for change in changes]
        kinds = sorted({part for value in values for part in value
                        if part not in ("messaging_product", "metadata", "contacts")})
        ids = [item["id"] for value in values for part in ("messages", "statuses")
               for item in value.get(part, []) if "id" in item]
        return self.post_raw(raw, kinds, customers, ids)

    def post_raw(self, raw: bytes, kinds: list[str], customers: list[str], ids: list[str],
                 signature: str | None = None) -> Delivery:
        if self._pending >= PENDING_MAX:
            self.dropped += 1
            raise DeliveryError(f"{PENDING_MAX} webhooks are waiting already")
        delivery = Delivery(next(self._ids), raw, kinds, sorted(set(customers)), ids[:1000],
                            time.time(), signature)
        self._keep(delivery)
        self._spawn(self._run(delivery))
        if random.random() < self.settings.duplicate_rate:
            self.replay(delivery)
        return delivery

    def replay(self, delivery: Delivery) -> Delivery:
        """The same bytes again, as Meta does when it missed the answer."""
        again = Delivery(next(self._ids), delivery.raw, delivery.kinds, delivery.customers,
                         delivery.message_ids, time.time(), delivery.signature)
        self._keep(again)
        self._spawn(self._run(again))
        return again

    def _keep(self, delivery: Delivery) -> None:
        self.deliveries[delivery.id] = delivery
        self._bytes += len(delivery.raw)
        while len(self.deliveries) > DELIVERIES_KEPT or (
                self._bytes > BYTES_KEPT and len(self.deliveries) > 1):
            _, old = self.deliveries.popitem(last=False)
            self._bytes -= len(old.raw)
        self._publish(delivery, with_body=True)

    def _publish(self, delivery: Delivery, with_body: bool = False) -> None:
        if self.hub.listening:
            self.hub.publish("delivery", delivery.as_dict(with_body))

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _flush_later(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._flush()

    def _flush(self) -> None:
        batch, self._batch = self._batch, []
        if batch:
            self.post([[change for change, _ in batch]], [customer for _, customer in batch])

    async def _run(self, delivery: Delivery) -> None:
        self._pending += 1
        try:
            if self.settings.shuffle_ms:
                await asyncio.sleep(random.uniform(0, self.settings.shuffle_ms / 1000))
            delays = list(self.settings.retry_delays_ms)
            while not await self._attempt(delivery) and delivery.state == "pending":
                if not delays:
                    delivery.state = "failed"
                    break
                await asyncio.sleep(delays.pop(0) / 1000 * random.uniform(0.9, 1.1))
        finally:
            self._pending -= 1
        self._publish(delivery)
        self.on_done(delivery)

    async def _attempt(self, delivery: Delivery) -> bool:
        """One POST. True when the answer is 200: anything else is retried, as Meta does."""
        url = self.settings.webhook_url
        if not url:
            delivery.state = "held"
            return False
        async with self._slots:
            attempt = await self._send(url, delivery)
        delivery.attempts.append(attempt)
        if attempt["http_status"] == 200:
            delivery.state = "delivered"
            return True
        self._publish(delivery)
        return False

    async def _send(self, url: str, delivery: Delivery) -> dict[str, Any]:
        headers = {"Content-Type": "application/json"}
        signature = delivery.signature
        if signature is None:
            signature = webhook.sign(self.config.app_secret, delivery.raw)
        if signature:
            headers["X-Hub-Signature-256"] = signature
        attempt: dict[str, Any] = {"at": time.time(), "url": url, "http_status": None,
                                   "latency_ms": None, "error": None, "answer": ""}
        started = time.perf_counter()
        timeout = aiohttp.ClientTimeout(total=self.settings.webhook_timeout_ms / 1000)
        assert self._session is not None
        try:
            async with self._session.post(url, data=delivery.raw, headers=headers,
                                          timeout=timeout, allow_redirects=False) as response:
                attempt["http_status"] = response.status
                attempt["answer"] = await _read_answer(response)
        except asyncio.TimeoutError:
            attempt["error"] = f"no answer within {self.settings.webhook_timeout_ms} ms"
        except (aiohttp.ClientError, OSError) as error:
            attempt["error"] = str(error)[:300] or type(error).__name__
        attempt["latency_ms"] = round((time.perf_counter() - started) * 1000, 2)
        return attempt

    async def handshake(self, url: str, params: dict[str, str]) -> dict[str, Any]:
        """Meta's GET: it must answer 200 with the challenge, exactly."""
        started = time.perf_counter()
        timeout = aiohttp.ClientTimeout(total=self.settings.webhook_timeout_ms / 1000)
        assert self._session is not None
        answer: dict[str, Any] = {"url": url, "http_status": None, "body": "", "error": None}
        try:
            async with self._session.get(url, params=params, timeout=timeout,
                                         allow_redirects=False) as response:
                answer["http_status"] = response.status
                answer["body"] = await _read_answer(response)
        except asyncio.TimeoutError:
            answer["error"] = "timeout"
        except (aiohttp.ClientError, OSError) as error:
            answer["error"] = str(error)[:300]
        answer["latency_ms"] = round((time.perf_counter() - started) * 1000, 2)
        answer["ok"] = answer["http_status"] == 200 and answer["body"] == params["hub.challenge"]
        return answer
