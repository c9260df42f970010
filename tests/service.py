"""A service's real binary, started for one test on a free port with the settings it asks for."""

from __future__ import annotations

import json
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

READY_TIMEOUT_S = 10


class ServiceFailed(AssertionError):
    pass


class Service:
    def __init__(self, binary: Path, port: int, env: Mapping[str, str], log: Path) -> None:
        self.name = binary.name
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [binary], env=dict(env), stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    def wait_ready(self, timeout_s: float = READY_TIMEOUT_S) -> None:
        """Until /readyz says 200; fails at once when the process ends before."""
        end = time.monotonic() + timeout_s
        while not self._is_ready():
            if self.process.poll() is not None:
                raise ServiceFailed(f"{self.name} ended with {self.process.returncode}{self._tail()}")
            if time.monotonic() > end:
                raise ServiceFailed(f"{self.name} wasn't ready in {timeout_s} s{self._tail()}")
            time.sleep(0.01)

    def log_text(self) -> str:
        return self.log.read_text(errors="replace")

    def log_lines(self) -> list[dict[str, Any]]:
        """The log's lines as objects; a line that isn't JSON is a failure in itself."""
        return [json.loads(line) for line in self.log_text().splitlines() if line.strip()]

    def stop(self, sig: signal.Signals = signal.SIGTERM, *, timeout_s: float = 15) -> int:
        """Sends the signal, waits for the end, returns the exit code (-N for signal N)."""
        if self.process.poll() is None:
            self.process.send_signal(sig)
        try:
            return self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()
            raise ServiceFailed(f"{self.name} didn't stop in {timeout_s} s{self._tail()}") from None

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=1) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def _tail(self) -> str:
        lines = self.log_text().splitlines()[-20:]
        return "".join(f"\n  | {line}" for line in lines)
