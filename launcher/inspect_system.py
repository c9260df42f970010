"""status and logs: looking at what runs without touching it."""

from __future__ import annotations

import os
import re
import sys

from launcher import system
from launcher.errors import LauncherError
from launcher.paths import log_file, state_folder
from launcher.settings import read_env_file

NOTHING_RUNS = 3


def status() -> int:
    env = read_env_file()
    found = {name: system.find(name) for name in system.NAMES}
    if not any(found.values()):
        print("Nothing is running here. ./commerce demo or ./commerce up starts it.")
        return NOTHING_RUNS
    width = max(len(name) for name in found)
    for name, process in found.items():
        if process:
            print(f"{name:<{width}}  running  pid {process.pid:<8} {_address(name, env)}".rstrip())
        else:
            print(f"{name:<{width}}  stopped")
    return 0


def logs(name: str, *, follow: bool) -> int:
    file = log_file(name)
    if "/" in name or not file.exists():
        known = sorted(path.stem for path in (state_folder() / "logs").glob("*.log"))
        raise LauncherError(f"no log of {name}; there are: {', '.join(known) or 'none yet'}", status=2)
    if follow:
        os.execvp("tail", ["tail", "-n", "100", "-F", str(file)])
    try:
        sys.stdout.write(file.read_text(errors="replace"))
        sys.stdout.flush()
    except BrokenPipeError:
        # `| head` has what it wanted; Python must not complain of it when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _address(name: str, env: dict[str, str]) -> str:
    variable = {"postgres": "DATABASE_URL", "redis": "REDIS_URL"}.get(name, f"{name.upper()}_URL")
    # Without the password: what status prints is pasted into chats and shown on screens.
    return re.sub(r"://([^:/@]+):[^@]+@", r"://\1@", env.get(variable, ""))
