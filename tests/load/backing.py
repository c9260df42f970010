"""Private servers that a peer needs behind it, started once for a bench."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

from launcher.servers import Redis
from tests.load import catalogue_server, checkout_server, models_server


def _redis(folder: Path, stack: ExitStack, _detail: str) -> Mapping[str, str]:
    server = Redis.start(folder)
    stack.callback(server.stop)
    return {"REDIS_URL": server.url}


def _catalogue(folder: Path, stack: ExitStack, detail: str) -> Mapping[str, str]:
    return catalogue_server.start(folder, stack, int(detail))


def _checkout(folder: Path, stack: ExitStack, _detail: str) -> Mapping[str, str]:
    return checkout_server.start(folder, stack)


# Each gives the settings that lead to it. `redis:name` is another one than `redis`;
# `catalogue:1000` is a PostgreSQL with 1,000 products, `model:9000:300` a model at that port
# that takes 300 ms, `provider:9000` a PostgreSQL in which it is the provider.
SERVERS: Mapping[str, Callable[[Path, ExitStack, str], Mapping[str, str]]] = {
    "redis": _redis,
    "catalogue": _catalogue,
    "checkout": _checkout,
    "model": models_server.start_model,
    "provider": models_server.start_provider,
}


class Backing:
    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self._settings: dict[str, Mapping[str, str]] = {}

    def settings(self, name: str) -> Mapping[str, str]:
        if name not in self._settings:
            kind, _, detail = name.partition(":")
            folder = self._folder / name.replace(":", "-")
            self._settings[name] = SERVERS[kind](folder, self._stack, detail)
        return self._settings[name]
