"""The intake with a stand-in for n8n that takes, refuses, forgets or answers late: what real n8n
does of itself is tested end to end."""

from __future__ import annotations

import json
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import psycopg

from tests.api.webhooks import NODE, NUMBER, change, envelope, sign, text_message
from tests.service import Service

SECRET = "app-secret"
TOKEN = "token-of-the-intake-tests-0123456789"
FAST = {"LEASE_MS": "1000", "EXECUTION_MS": "2000", "DELIVERY_TIMEOUT_MS": "1000"}


class StandIn:
    """Answers each delivery with `status`, then ends its messages as the workflow does, in a
    thread of its own, after `work_s`; `handle` may do something else for a message's text."""

    def __init__(self) -> None:
        self.status = 200
        self.work_s = 0.0
        self.service: Service | None = None
        self.handle: Callable[[str], bool] = lambda text: True
        self.deliveries: list[list[str]] = []
        self.done: dict[str, list[str]] = defaultdict(list)
        self.running = self.most = 0
        self.lock = threading.Lock()
        self.http = httpx.Client(timeout=10, headers={"Authorization": f"Bearer {TOKEN}"})
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                status = stand_in.status
                if status == 200:
                    assert self.headers["X-Hub-Signature-256"] == sign(raw, SECRET)
                    threading.Thread(target=stand_in.run, args=(raw,), daemon=True).start()
                self.send_response(status)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/webhook/whatsapp"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def run(self, raw: bytes) -> None:
        """What the workflow does: parse, answer, end."""
        with self.lock:
            self.running += 1
            self.most = max(self.most, self.running)
        try:
            parsed = self.call("POST", "/v1/parse", raw, {"X-Hub-Signature-256": sign(raw, SECRET)})
            texts = [message["text"] for message in parsed["messages"]]
            with self.lock:
                self.deliveries.append(texts)
            time.sleep(self.work_s)
            for message in parsed["messages"]:
                if message["skip_processing"] or not self.handle(message["text"]):
                    continue
                with self.lock:
                    self.done[message["customer_key"]].append(message["text"])
                end = {"phone_number_id": NUMBER, "message_id": message["message_id"],
                       "lease": message["lease"]["token"], "outcome": "done"}  # fmt: skip
                self.call("POST", "/v1/messages/end", json.dumps(end).encode())
        except httpx.TransportError:
            pass  # the service was killed
        finally:
            with self.lock:
                self.running -= 1

    def call(self, method: str, path: str, body: bytes, headers: dict[str, str] | None = None) -> Any:
        answer = self.http.request(
            method, self.service.url + path, content=body,
            headers={"Content-Type": "application/json", **(headers or {})})  # fmt: skip
        assert answer.status_code == 200, answer.text
        return answer.json()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.http.close()


class Intake:
    def __init__(self, start: Callable[[], Service], database: str) -> None:
        self.database = database
        self.n8n = StandIn()
        self.start_one = start
        self.http = httpx.Client(timeout=20)
        self.service: Service | None = None

    def start(self) -> Service:
        self.service = self.n8n.service = self.start_one()
        return self.service

    def restart(self) -> None:
        self.service.kill()
        self.start()

    def webhook(self, *messages: dict[str, Any], status: int = 200, **more: Any) -> Any:
        raw = json.dumps(envelope(change(list(messages) or None, **more))).encode()
        answer = self.http.post(
            f"{self.service.url}/v1/webhook", content=raw,
            headers={"Content-Type": "application/json", "X-Hub-Signature-256": sign(raw, SECRET)})
        assert answer.status_code == status, answer.text
        return answer.json()

    def say(self, customer: str, text: str, message_id: str | None = None) -> Any:
        return self.webhook(text_message(message_id, text, **{"from": customer}))

    def call(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        answer = self.http.request(method, self.service.url + path, json=body,
                                   headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == status, answer.text
        return answer.json()

    def totals(self) -> Any:
        return self.call("GET", "/v1/intake")

    def until_done(self, timeout_s: float = 20) -> None:
        end = time.monotonic() + timeout_s
        while (totals := self.totals())["waiting"] > 0:
            assert time.monotonic() < end, totals
            time.sleep(0.02)

    def sql(self, query: str, *values: Any) -> list[Any]:
        with psycopg.connect(self.database, autocommit=True) as connection:
            cursor = connection.execute(query, values)
            return cursor.fetchall() if cursor.description else []

    def close(self) -> None:
        self.n8n.close()
        self.http.close()


def settings(database: str, redis: str, n8n: str, **env: str) -> dict[str, str]:
    return {
        "DATABASE_URL": database, "REDIS_URL": redis, "N8N_WEBHOOK_URL": n8n,
        "WHATSAPP_APP_SECRET": SECRET, "SERVICE_TOKEN": TOKEN, "BIND_ADDRESS": "127.0.0.1", **env,
    }  # fmt: skip


__all__ = ["FAST", "NODE", "SECRET", "TOKEN", "Intake", "StandIn", "settings"]
