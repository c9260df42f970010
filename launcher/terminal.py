"""What a person sees while it works: one line a step, on standard error."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

from launcher.errors import LauncherError
from launcher.paths import short

FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
TAIL_LINES = 15
Detail = Callable[[], str]


def say(text: str = "") -> None:
    print(text, file=sys.stderr, flush=True)


def _is_tty(stream: TextIO) -> bool:
    return stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def _paint(code: str, text: str, stream: TextIO | None = None) -> str:
    plain = "NO_COLOR" in os.environ or not _is_tty(stream or sys.stderr)
    return text if plain else f"\033[{code}m{text}\033[0m"


def bold(text: str, stream: TextIO | None = None) -> str:
    return _paint("1", text, stream)


class Step:
    """A step that runs; `note` becomes part of its last line."""

    def __init__(self, title: str, detail: Detail | None) -> None:
        self.title = title
        self.note = ""
        self._detail = detail
        self._started = time.monotonic()
        self._over = threading.Event()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._started

    def spin(self) -> None:
        frame = 0
        while not self._over.wait(0.1):
            frame += 1
            detail = f" {self._detail()}" if self._detail else ""
            line = f"{FRAMES[frame % len(FRAMES)]} {self.title} {self.seconds:.0f} s{detail}"
            sys.stderr.write(f"\r\033[K{line[: _columns()]}")
            sys.stderr.flush()

    def end(self) -> None:
        self._over.set()


@contextlib.contextmanager
def step(title: str, detail: Detail | None = None) -> Iterator[Step]:
    """Shows the title while the block runs, then how it went and how long it took.

    On a terminal the line moves; elsewhere, in CI for one, plain lines are printed.
    """
    running = Step(title, detail)
    tty = _is_tty(sys.stderr)
    spinner = threading.Thread(target=running.spin, daemon=True)
    if tty:
        spinner.start()
    else:
        say(f"{title} ...")
    mark, word = _paint("31", "✗"), "failed"
    try:
        yield running
        mark, word = _paint("32", "✓"), running.note or "done"
    finally:
        running.end()
        if tty:
            spinner.join()
            sys.stderr.write("\r\033[K")
        took = f"{running.seconds:.1f} s"
        say(f"{mark} {title}  {word}, {took}" if tty else f"{title}: {word}, {took}")


def show_error(error: LauncherError) -> None:
    say(f"{_paint('31', 'commerce:')} {error}")
    if error.log is None:
        return
    for line in last_lines(error.log, TAIL_LINES):
        say(f"  | {line}")
    say(f"The whole log: {short(error.log)}")


def last_lines(file: Path, count: int) -> list[str]:
    try:
        return file.read_text(errors="replace").splitlines()[-count:]
    except OSError:
        return []


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns
    except OSError:
        return 80
