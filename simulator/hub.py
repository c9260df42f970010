"""Live events for the page: every change, to every open page, with bounded queues."""

from __future__ import annotations

import asyncio
import json
from typing import Any

QUEUE_MAX = 1000
SUBSCRIBERS_MAX = 64


class Hub:
    def __init__(self) -> None:
        self._queues: set[asyncio.Queue[str | None]] = set()

    @property
    def listening(self) -> bool:
        return bool(self._queues)

    def subscribe(self) -> asyncio.Queue[str | None] | None:
        if len(self._queues) >= SUBSCRIBERS_MAX:
            return None
        queue: asyncio.Queue[str | None] = asyncio.Queue(QUEUE_MAX)
        self._queues.add(queue)
        return queue

    def unsubscribe(self, queue: asyncio.Queue[str | None]) -> None:
        self._queues.discard(queue)

    def publish(self, kind: str, data: dict[str, Any]) -> None:
        if not self._queues:
            return
        text = f"event: {kind}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
        for queue in list(self._queues):
            try:
                queue.put_nowait(text)
            except asyncio.QueueFull:
                # A page that can't keep up is let go; it reconnects and reads the state anew.
                self._queues.discard(queue)
                queue.get_nowait()
                queue.put_nowait(None)

    def close(self) -> None:
        for queue in self._queues:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(None)
        self._queues.clear()
