"""Sends notifications to the shop: signed, on time or not, once or twice, retried."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Callable

import aiohttp

from ..settings import Settings
from .state import Gateway

KEPT = 1000
PENDING_MAX = 5000
CONCURRENT_MAX = 16


@dataclass
class Notice:
    """`headers` signs with the secret given, at the time of sending; `body` where it's inside."""
    type: str
    raw: bytes
    headers: Callable[[str], dict[str, str]]
    query: str = ""
    url: str = ""  # where not to the gateway's own
    body: Callable[[str], bytes] | None = None


@dataclass
class Sent:
    id: int
    gateway: str
    payment: str
    type: str
    url: str
    body: str
    created_at: float
    state: str = "pending"  # delivered, failed, or dropped: nowhere to send it, or no_webhook
    attempts: list[dict[str, Any]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return dict(self.__dict__)


class Sender:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.sent: deque[Sent] = deque(maxlen=KEPT)
        self.ids = itertools.count(1)
        self.tasks: set[asyncio.Task[None]] = set()
        self.held: dict[str, list[tuple[Gateway, str, Notice]]] = {}
        self.session: aiohttp.ClientSession | None = None
        self.gate = asyncio.Semaphore(CONCURRENT_MAX)

    async def start(self) -> None:
        self.session = aiohttp.ClientSession()

    async def stop(self) -> None:
        self.clear()
        if self.session:
            await self.session.close()

    def clear(self) -> None:
        for task in self.tasks:
            task.cancel()
        self.tasks.clear()
        self.held.clear()
        self.sent.clear()

    def post(self, gateway: Gateway, payment_id: str, notices: list[Notice]) -> None:
        """All of what one event causes, in the ways of the gateway's mode."""
        if not notices:
            return
        mode = gateway.behaviour.mode
        delay_s = gateway.delay_s(mode)
        mode = gateway.take("late", "twice", "out_of_order", "forged", "no_webhook") or "ok"
        if mode == "out_of_order":
            waiting = self.held.setdefault(payment_id, [])
            waiting.extend((gateway, payment_id, notice) for notice in notices)
            self._spawn(self._flush(payment_id, len(waiting), delay_s))
            return
        for notice in notices:
            for _ in range(2 if mode == "twice" else 1):
                self._send(gateway, payment_id, notice, mode, delay_s)

    async def _flush(self, payment_id: str, count: int, delay_s: float) -> None:
        """Sends what was held, the last first, unless more has come meanwhile."""
        await asyncio.sleep(delay_s)
        if len(self.held.get(payment_id, ())) != count:
            return
        for gateway, payment, notice in reversed(self.held.pop(payment_id)):
            sent = self._record(gateway, payment, notice)
            await self._deliver(gateway, notice, sent, "ok", 0)

    def _record(self, gateway: Gateway, payment_id: str, notice: Notice) -> Sent:
        url = notice.url or gateway.webhook_url
        if notice.query and url:
            url += ("&" if "?" in url else "?") + notice.query
        sent = Sent(next(self.ids), gateway.name, payment_id, notice.type, url,
                    notice.raw.decode(), time.time())
        self.sent.append(sent)
        return sent

    def _send(self, gateway: Gateway, payment_id: str, notice: Notice, mode: str,
              delay_s: float) -> None:
        sent = self._record(gateway, payment_id, notice)
        if mode == "no_webhook" or not sent.url or len(self.tasks) >= PENDING_MAX:
            sent.state = "dropped"
            return
        self._spawn(self._deliver(gateway, notice, sent, mode, delay_s if mode == "late" else 0))

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _deliver(self, gateway: Gateway, notice: Notice, sent: Sent, mode: str,
                       delay_s: float) -> None:
        if not sent.url:
            sent.state = "dropped"
            return
        await asyncio.sleep(delay_s)
        for wait_ms in (0, *self.settings.retry_delays_ms):
            await asyncio.sleep(wait_ms / 1000)
            async with self.gate:
                status = await self._attempt(gateway, notice, sent, mode)
            if status is not None and 200 <= status < 300:
                sent.state = "delivered"
                return
        sent.state = "failed"

    async def _attempt(self, gateway: Gateway, notice: Notice, sent: Sent, mode: str) -> int | None:
        assert self.session
        secret = "forged" if mode == "forged" else gateway.keys["webhook_secret"]
        headers = notice.headers(secret)
        raw = notice.body(secret) if notice.body else notice.raw
        sent.body = raw.decode()
        entry: dict[str, Any] = {"at": time.time(), "http_status": None}
        started = time.perf_counter()
        timeout = aiohttp.ClientTimeout(total=self.settings.webhook_timeout_ms / 1000)
        try:
            async with self.session.post(sent.url, data=raw, headers=headers,
                                         timeout=timeout, allow_redirects=False) as answer:
                entry["http_status"] = answer.status
                entry["answer"] = (await answer.content.read(500)).decode("utf-8", "replace")
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError) as error:
            entry["error"] = type(error).__name__
        entry["latency_ms"] = round((time.perf_counter() - started) * 1000, 1)
        sent.attempts.append(entry)
        return entry["http_status"]
