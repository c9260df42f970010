"""Processes that outlive the command that started them, known again by their pid file.

A pid alone is not an identity: it may be taken by a stranger after a reboot. So a pid file
also holds the start time the kernel gives, and both have to match.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from launcher.errors import LauncherError

POLL_S = 0.02
STOP_SIGNAL = signal.SIGTERM


@dataclass(frozen=True)
class Process:
    name: str
    pid: int
    start_ticks: int
    pid_file: Path

    @staticmethod
    def start(
        name: str,
        argv: Sequence[str],
        *,
        pid_file: Path,
        log: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        user: str | None = None,
    ) -> Process:
        """Starts argv in a session of its own, so that Ctrl-C in the terminal doesn't reach it."""
        log.parent.mkdir(parents=True, exist_ok=True)
        pid_file.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            try:
                child = subprocess.Popen(
                    list(argv),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env=None if env is None else dict(env),
                    cwd=cwd,
                    start_new_session=True,
                    user=user,
                    group=user,
                    extra_groups=[] if user else None,
                )
            except OSError as error:
                raise LauncherError(f"{name} can't be started: {error}", log=log) from error
        _children[child.pid] = child
        process = Process(name, child.pid, _start_ticks(child.pid) or 0, pid_file)
        pid_file.write_text(f"{process.pid} {process.start_ticks}\n")
        return process

    @staticmethod
    def load(name: str, pid_file: Path) -> Process | None:
        """The process of a pid file, or None when it doesn't run any more."""
        try:
            pid, ticks = (int(word) for word in pid_file.read_text().split())
        except (OSError, ValueError):
            return None
        process = Process(name, pid, ticks, pid_file)
        return process if process.alive else None

    @property
    def alive(self) -> bool:
        return _start_ticks(self.pid) == self.start_ticks

    @property
    def exit_code(self) -> int | None:
        """Known only to the command that started it, and only once it has ended."""
        child = _children.get(self.pid)
        return None if child is None else child.poll()

    def send(self, sig: signal.Signals) -> None:
        if self.alive:
            os.kill(self.pid, sig)

    def wait(self, timeout_s: float) -> bool:
        """True when it has ended in time."""
        end = time.monotonic() + timeout_s
        while self.alive:
            if time.monotonic() >= end:
                return False
            time.sleep(POLL_S)
        return True

    def stop(self, sig: signal.Signals = STOP_SIGNAL, *, grace_s: float = 20) -> int | None:
        """Asks it to stop, kills it and its children when the grace is over."""
        if self.alive:
            self.send(sig)
            self.wait(grace_s)
            # The leader may leave children behind; they are in its session and group.
            _kill_group(self.pid)
            self.wait(2)
        self.pid_file.unlink(missing_ok=True)
        return self.exit_code


_children: dict[int, subprocess.Popen[bytes]] = {}


def _start_ticks(pid: int) -> int | None:
    """Start time of a live process in clock ticks since boot; None for a dead one or a zombie."""
    child = _children.get(pid)
    if child is not None and child.poll() is not None:
        return None
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    # The command's name, in parentheses, may hold spaces: the fields are counted after it.
    fields = stat.rpartition(")")[2].split()
    # A zombie whose parent is us but that can't be waited for yet: a thread of it still ends, and
    # holds its ports till then.
    return None if fields[0] == "Z" and child is None else int(fields[19])


def _kill_group(pgid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pgid, signal.SIGKILL)
