"""The other side of tests/unit/shared/svc/redis_driver.c: shared/svc/redis from Python."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
# What a call may take longer than it should, on a busy machine and under a sanitizer.
SLACK_MS = 400


class Driver:
    def __init__(self, url: str, timeout_ms: int, pool_size: int) -> None:
        path = ROOT / "build" / os.environ.get("PRESET", "release") / "tests" / "redis_driver"
        if not path.exists():
            pytest.fail(f"{path.relative_to(ROOT)} isn't built: ./commerce test, or cmake --build")
        self.timeout_ms = timeout_ms
        env = {
            **os.environ,
            "REDIS_URL": url,
            "REDIS_TIMEOUT_MS": str(timeout_ms),
            "REDIS_POOL_SIZE": str(pool_size),
        }
        self.process = subprocess.Popen(
            [path], env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )  # fmt: skip

    def ask(self, *words: object) -> dict[str, Any]:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write("\t".join(str(word) for word in words) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            pytest.fail(f"redis_driver ended: {self.process.communicate()[1]}")
        return json.loads(line)

    def get(self, key: str) -> Any:
        answer = self.ask("run", 1, "GET", key)
        assert answer["status"] == "OK", answer
        return answer["replies"][0]

    def set(self, key: str, value: object) -> dict[str, Any]:
        return self.ask("run", 1, "SET", key, value)

    def close(self) -> None:
        """Fails where a sanitizer had something to say."""
        _, errors = self.process.communicate(timeout=20)
        assert self.process.returncode == 0, errors[-5000:]


def until(condition: Callable[[], bool], seconds: float = 15) -> float:
    """Waits for it; how long that took."""
    start = time.monotonic()
    while not condition():
        assert time.monotonic() - start < seconds, "it didn't come true"
        time.sleep(0.02)
    return time.monotonic() - start
