"""Private servers that a peer needs behind it, started once for a bench."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

from launcher.servers import Redis


def _redis(folder: Path, stack: ExitStack) -> Mapping[str, str]:
    server = Redis.start(folder)
    stack.callback(server.stop)
    return {"REDIS_URL": server.url}


# Each gives the settings that lead to it. `redis:name` is another one than `redis`.
SERVERS: Mapping[str, Callable[[Path, ExitStack], Mapping[str, str]]] = {"redis": _redis}


class Backing:
    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self._settings: dict[str, Mapping[str, str]] = {}

    def settings(self, name: str) -> Mapping[str, str]:
        if name not in self._settings:
            start = SERVERS[name.partition(":")[0]]
            self._settings[name] = start(self._folder / name.replace(":", "-"), self._stack)
        return self._settings[name]
