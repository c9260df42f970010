"""Waiting until something that was started answers."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from launcher.errors import LauncherError
from launcher.processes import Process


def wait_for(process: Process, answers: Callable[[], bool], timeout_s: float, log: Path) -> None:
    """Returns when it answers; stops it and fails when it ends before, or takes too long."""
    end = time.monotonic() + timeout_s
    while not answers():
        if not process.alive:
            code = process.exit_code
            process.stop()
            raise LauncherError(f"{process.name} ended with {code} while it started", log=log)
        if time.monotonic() > end:
            process.stop()
            raise LauncherError(f"{process.name} gave no answer for {timeout_s:.0f} s", log=log)
        time.sleep(0.05)


def http_ok(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(200 <= answer.status < 300)
    except (urllib.error.URLError, OSError):
        return False
