"""What the tests of intents share: a model that can be told how to behave, and the shop's rows."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import psycopg
import pytest

from tests.service import Service

NODE = "ai_provider_ultra_optimized"
# What a busy machine adds to a bound of the service's.
SLACK_S = 0.35
DEADLINE_S = 0.45
# No classifier: every question that is no button goes to the providers.
NEVER_SURE = {"CLASSIFIER_THRESHOLD": "2", "REDIS_TIMEOUT_MS": "1000"}
KEY = "sk-clave-que-nadie-debe-ver"
INTENTS = (
    "greeting search_product browse_categories offers product_details add_to_cart "
    "remove_from_cart view_cart apply_coupon checkout provide_address choose_payment "
    "order_status cancel_order human_agent help thanks goodbye affirm deny other"
).split()


class Model:
    """Speaks OpenAI's protocol; `behave` is what it does with a request."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.answer: Any = {"intent": "search_product", "confidence": 0.93}
        self.status = 200
        self.headers: dict[str, str] = {}
        self.models: list[dict[str, Any]] = [{"id": "modelo", "object": "model"}]
        self.cached = 0
        self.delay_s = 0.0
        self.trickles = False
        self.stopping = threading.Event()
        model = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                model.requests.append(json.loads(body))
                model.keys.append(self.headers.get("Authorization", ""))
                model.serve(self)

            def do_GET(self) -> None:
                body = json.dumps({"object": "list", "data": model.models}).encode()
                self.send_response(200 if self.path.endswith("/models") else 404)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 256

            def handle_error(self, *_: Any) -> None:
                pass  # callers that have given up

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    @property
    def calls(self) -> int:
        return len(self.requests)

    def said(self) -> str:
        """All that was ever sent to it."""
        return json.dumps(self.requests, ensure_ascii=False)

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        if self.trickles:
            self._trickle(handler)
            return
        self.stopping.wait(self.delay_s)
        content = self.answer if isinstance(self.answer, str) else json.dumps(self.answer)
        whole: Any = {"error": {"message": "no", "type": "x", "code": "x"}}
        if self.status == 200:
            whole = {
                "id": "1", "object": "chat.completion", "model": "modelo",
                "choices": [{"index": 0, "finish_reason": "stop",
                             "message": {"role": "assistant", "content": content}}],
                "usage": {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100,
                          "prompt_tokens_details": {"cached_tokens": self.cached}},
            }  # fmt: skip
        body = json.dumps(whole).encode()
        handler.send_response(self.status)
        for name, value in self.headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def _trickle(self, handler: BaseHTTPRequestHandler) -> None:
        """Blank lines for ever, as DeepSeek does while it waits."""
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Connection", "close")
        handler.end_headers()
        while not self.stopping.wait(0.02):
            handler.wfile.write(b"\n")

    def stop(self) -> None:
        self.stopping.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


class Shop:
    """The database's rows, and calls of the service."""

    def __init__(self, database: str) -> None:
        self.database = database
        self.http = httpx.Client(timeout=20, limits=httpx.Limits(max_connections=300))
        self.sql("DELETE FROM ai_provider_config")

    def sql(self, text: str, *values: Any) -> list[tuple]:
        with psycopg.connect(self.database, autocommit=True) as connection:
            cursor = connection.execute(text, values or None)
            return cursor.fetchall() if cursor.description else []

    def add(self, name: str, url: str, **more: Any) -> dict[str, str]:
        """A row of an OpenAI-compatible provider; the settings that give it a key."""
        row = {
            "provider_name": name, "base_url": url, "protocol": "openai", "model": "modelo",
            "input_usd_per_million": 1, "output_usd_per_million": 2, **more,
        }  # fmt: skip
        columns = ", ".join(row)
        places = ", ".join(["%s"] * len(row))
        self.sql(f"INSERT INTO ai_provider_config ({columns}) VALUES ({places})", *row.values())
        return {f"AI_API_KEY_{name.upper()}": KEY}

    def use_ai(self, value: str) -> None:
        self.sql("UPDATE system_config SET value = %s WHERE key = 'use_ai_providers'", value)

    def ask(self, svc: Service, text: Any, **more: Any) -> dict[str, Any]:
        answer = self.http.post(f"{svc.url}/v1/intent", json={"text": text, **more})
        assert answer.status_code == 200, answer.text
        said = answer.json()
        assert said["intent"] in INTENTS and 0 <= said["confidence"] <= 1
        return said

    def timed(self, svc: Service, text: str, **more: Any) -> tuple[dict[str, Any], float]:
        began = time.monotonic()
        return self.ask(svc, text, **more), time.monotonic() - began

    def providers(self, svc: Service) -> dict[str, dict[str, Any]]:
        answer = self.http.get(f"{svc.url}/v1/providers")
        assert answer.status_code == 200, answer.text
        return {row["name"]: row for row in answer.json()["providers"]}

    def post(self, svc: Service, path: str) -> dict[str, Any]:
        answer = self.http.post(f"{svc.url}{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()


def until(condition: Callable[[], Any], timeout_s: float, what: str) -> Any:
    """What the condition gives once it is true."""
    end = time.monotonic() + timeout_s
    while not (found := condition()):
        assert time.monotonic() < end, f"not in {timeout_s} s: {what}"
        time.sleep(0.02)
    return found


@pytest.fixture
def ai(shop_database: str) -> Iterator[Shop]:
    shop = Shop(shop_database)
    yield shop
    shop.http.close()


@pytest.fixture
def make_model() -> Iterator[Callable[[], Model]]:
    made: list[Model] = []

    def make() -> Model:
        made.append(Model())
        return made[-1]

    yield make
    for model in made:
        model.stop()


@pytest.fixture
def model(make_model) -> Model:
    return make_model()
