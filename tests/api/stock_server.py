"""A shop's own stock, over HTTP, as services/optimized_checkout_processor/STOCK_API.md asks for it."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Http(ThreadingHTTPServer):
    daemon_threads = True
    # Many come at once; the default of 5 makes the sixth wait a second.
    request_queue_size = 128


@dataclass
class Order:
    items: dict[str, int]
    state: str  # held, committed, released


@dataclass
class StockServer:
    """`on_hand` by SKU. `fault` is what goes wrong: status, slow, cut, html."""

    on_hand: dict[str, int]
    token: str = "stock-token"
    fault: str = ""
    orders: dict[str, Order] = field(default_factory=dict)
    requests: list[tuple[str, dict[str, Any], dict[str, str]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.lock = threading.Lock()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                owner.answer(self)

            def log_message(self, *_: Any) -> None:
                pass

        self.http = Http(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/erp/"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.http.shutdown()
        self.http.server_close()

    def held(self, sku: str) -> int:
        return sum(o.items.get(sku, 0) for o in self.orders.values() if o.state == "held")

    def available(self, sku: str) -> int:
        return self.on_hand[sku] - self.held(sku)

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        body = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
        with self.lock:
            self.requests.append((handler.path, body, dict(handler.headers)))
        fault = self.fault
        if fault == "slow":
            time.sleep(1.5)
        if fault == "slow but done":
            self.act(handler.path, body)
            time.sleep(1.5)
        if handler.headers.get("Authorization") != f"Bearer {self.token}":
            self.send(handler, 401, b"{}")
        elif fault.isdigit():
            self.send(handler, int(fault), b'{"title": "no"}')
        elif fault == "html":
            self.send(handler, 200, b"<html>maintenance</html>")
        elif fault == "cut":
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
            handler.close_connection = True
        else:
            status, answer = self.act(handler.path, body)
            self.send(handler, status, json.dumps(answer).encode())

    def send(self, handler: BaseHTTPRequestHandler, status: int, body: bytes) -> None:
        try:
            handler.send_response(status)
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):
            handler.close_connection = True

    def act(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        with self.lock:
            match path:
                case "/erp/stock/current":
                    known = [s for s in body["skus"] if s in self.on_hand]
                    return 200, {"items": [{"sku": s, "available": self.available(s)} for s in known]}
                case "/erp/stock/reserve":
                    return self.reserve(body["order"], body["items"])
                case "/erp/stock/release":
                    order = self.orders.get(body["order"])
                    if order and order.state == "held":
                        order.state = "released"
                    return 200, {"status": "released"}
                case "/erp/stock/commit":
                    return self.commit(body["order"], body["items"])
        return 404, {}

    def short(self, items: dict[str, int]) -> tuple[int, dict[str, Any]]:
        there = [{"sku": s, "available": self.available(s)} for s in items]
        return 409, {"status": "short", "items": there}

    def reserve(self, key: str, lines: list[dict[str, Any]]) -> tuple[int, dict[str, Any]]:
        items = {line["sku"]: line["quantity"] for line in lines}
        order = self.orders.get(key)
        if order and (order.state == "committed" or order == Order(items, "held")):
            return 200, {"status": "reserved"}
        own = order.items if order and order.state == "held" else {}
        if any(self.available(s) + own.get(s, 0) < n for s, n in items.items()):
            return self.short(items)
        self.orders[key] = Order(items, "held")
        return 200, {"status": "reserved"}

    def commit(self, key: str, lines: list[dict[str, Any]]) -> tuple[int, dict[str, Any]]:
        items = {line["sku"]: line["quantity"] for line in lines}
        order = self.orders.get(key)
        if order and order.state == "committed":
            return 200, {"status": "committed"}
        if (not order or order.state != "held") and any(self.available(s) < n for s, n in items.items()):
            return self.short(items)
        self.orders[key] = Order(items, "committed")
        for sku, count in items.items():
            self.on_hand[sku] -= count
        return 200, {"status": "committed"}
