"""The simulator's real process, and a tiny shop that gets its webhooks."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import os
import re
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Callable
from urllib.parse import parse_qs, urlsplit

import httpx

ROOT = Path(__file__).resolve().parents[2]
SECRET, TOKEN, NUMBER = "app_secret", "token-of-the-test", "106540352242922"
ANA = "5215512345678"


_numbers = itertools.count(1)


class SimulatorProcess:
    """On a port of its own choosing, which it prints."""

    def __init__(self, **env: str) -> None:
        settings = {"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1", "SIMULATOR_PORT": "0",
                    "WHATSAPP_APP_SECRET": SECRET, "WHATSAPP_ACCESS_TOKEN": TOKEN,
                    "WHATSAPP_VERIFY_TOKEN": "verify-me", **env}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "simulator"], cwd=ROOT, env=settings, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert self.process.stdout
        first = self.process.stdout.readline()
        match = re.search(r"http://[0-9.]+:[0-9]+", first)
        if not match:
            self.process.wait(5)
            raise AssertionError(f"the simulator didn't start: {first}")
        self.url = match.group(0)
        self.http = httpx.Client(base_url=self.url, timeout=20)
        self.graph_http = httpx.Client(base_url=self.url, timeout=20,
                                       headers={"Authorization": f"Bearer {TOKEN}"})

    def stop(self) -> int:
        self.process.terminate()
        try:
            return self.process.wait(10)
        finally:
            self.http.close()
            self.graph_http.close()

    def sim(self, method: str, path: str, body: Any = None, status: int | None = None) -> Any:
        answer = self.http.request(method, f"/sim/{path}", json=body)
        if status is None:
            assert answer.status_code < 300, answer.text
        else:
            assert answer.status_code == status, answer.text
        return answer.json()

    def settings(self, **changes: Any) -> None:
        self.sim("PUT", "settings", changes)

    def say(self, text: str, customer: str = ANA) -> dict[str, Any]:
        return self.sim("POST", f"customers/{customer}/messages", {"type": "text", "text": text})

    def send(self, body: Any, version: str = "v23.0") -> httpx.Response:
        """A call of /messages as the shop makes it."""
        full = {"messaging_product": "whatsapp", "to": ANA, **body} if isinstance(body, dict) else body
        return self.graph_http.post(f"/{version}/{NUMBER}/messages", json=full)

    def refused(self, body: Any) -> dict[str, Any]:
        answer = self.send(body)
        assert answer.status_code >= 400, answer.text
        return {"status": answer.status_code, **answer.json()["error"]}

    def messages(self, customer: str = ANA, **query: Any) -> list[dict[str, Any]]:
        return self.http.get(f"/sim/customers/{customer}/messages", params=query).json()["messages"]


class Received:
    def __init__(self, method: str, path: str, headers: dict[str, str], raw: bytes) -> None:
        self.method, self.path, self.headers, self.raw = method, path, headers, raw
        self.at = time.monotonic()

    @property
    def signed(self) -> bool:
        expected = "sha256=" + hmac.new(SECRET.encode(), self.raw, hashlib.sha256).hexdigest()
        return self.headers.get("x-hub-signature-256") == expected

    @property
    def values(self) -> list[dict[str, Any]]:
        return [change["value"] for entry in json.loads(self.raw)["entry"]
                for change in entry["changes"]]

    def items(self, part: str) -> list[dict[str, Any]]:
        return [item for value in self.values for item in value.get(part, [])]


class Shop:
    """Collects webhooks; `answers` holds statuses for the next ones; `react` is called for each."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.answers: list[int] = []
        self.delay_s = 0.0
        self.react: Callable[[Received], None] | None = None
        self.changed = threading.Condition()
        shop = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                self._answer(*shop._take("POST", self.path, dict(self.headers), raw))

            def do_GET(self) -> None:
                query = {k: v[0] for k, v in parse_qs(urlsplit(self.path).query).items()}
                fits = query.get("hub.verify_token") == "verify-me"
                self._answer(200 if fits else 403, query.get("hub.challenge", "") if fits else "no")

            def _answer(self, status: int, text: str) -> None:
                body = b"" if status == 204 else text.encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        # Whoever hangs up before the answer (a time-out is tested) is no error here.
        self.server.handle_error = lambda request, address: None  # type: ignore[method-assign]
        self.server.daemon_threads = True
        self.path = "/webhook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}{self.path}"

    def renew(self) -> None:
        """Another address for another test: what is late for the one before is not counted."""
        self.path = f"/webhook/{next(_numbers)}"
        self.clear()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def _take(self, method: str, path: str, headers: dict[str, str], raw: bytes) -> tuple[int, str]:
        got = Received(method, path, {k.lower(): v for k, v in headers.items()}, raw)
        if path.partition("?")[0] != self.path:
            return 200, "late"
        with self.changed:
            status = self.answers.pop(0) if self.answers else 200
            self.received.append(got)
            self.changed.notify_all()
        if self.delay_s:
            time.sleep(self.delay_s)
        if self.react and status == 200:
            threading.Thread(target=self.react, args=(got,), daemon=True).start()
        return status, "OK"

    def clear(self) -> None:
        with self.changed:
            self.received.clear()
            self.answers.clear()
            self.react, self.delay_s = None, 0.0

    def wait(self, fits: Callable[[list[Received]], Any], timeout_s: float = 8) -> Any:
        """What `fits` gives once it's true of all that was received."""
        end = time.monotonic() + timeout_s
        with self.changed:
            while not (result := fits(self.received)):
                left = end - time.monotonic()
                assert left > 0, f"not within {timeout_s} s; got {[r.raw[:300] for r in self.received]}"
                self.changed.wait(left)
            return result

    def wait_items(self, part: str, count: int = 1) -> list[dict[str, Any]]:
        def enough(received: list[Received]) -> list[dict[str, Any]] | None:
            found = [item for one in received for item in one.items(part)]
            return found if len(found) >= count else None
        return self.wait(enough)
