"""All benches by name: a new one is a file here and a line below."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.load.benches import ai, checkout, limiter, parse, search, sessions
from tests.load.model import Bench

BENCHES: Mapping[str, Callable[..., Bench]] = {
    "ai": ai.bench,
    "checkout": checkout.bench,
    "limiter": limiter.bench,
    "parse": parse.bench,
    "search": search.bench,
    "sessions": sessions.bench,
}
# Those that are told how many products there are.
SIZED = {"search"}
