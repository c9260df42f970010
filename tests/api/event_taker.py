"""Stands where lightweight_metrics is, for what a service sends to it."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Metrics:
    """Takes events as lightweight_metrics does."""

    def __init__(self, port: int = 0) -> None:
        self.events: list[dict[str, Any]] = []
        self.batches = 0
        self.tokens: set[str | None] = set()
        self.status = 200
        metrics = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                batch = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                metrics.tokens.add(self.headers.get("Authorization"))
                metrics.batches += 1
                if self.path == "/v1/events" and metrics.status == 200:
                    metrics.events += batch["events"]
                self.send_response(metrics.status)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    def numbers(self) -> list[int]:
        return [int(event["data"]["message_id"]) for event in self.events]

    def stop(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
