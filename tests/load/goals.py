"""The kinds of goals a bench may set, for its first peer unless another is named."""

from __future__ import annotations

from tests.load.model import Goal, Results

OURS = "ours"


def ratio_at_least(other: str, label: str, connections: int, bound: float) -> Goal:
    def measure(results: Results) -> float | None:
        ratio = results.ratio(OURS, other, connections)
        return None if ratio is None else ratio.median

    return Goal(f"requests/s by {label}'s, {connections} connections", bound, "", True, measure)


def p99_below(connections: int, bound_ms: float) -> Goal:
    def measure(results: Results) -> float | None:
        if results.errors(OURS, connections):
            return None
        return results.spread(OURS, connections, lambda sample: sample.p99_ms).median

    return Goal(f"p99, {connections} connections", bound_ms, "ms", False, measure)


def p99_of_below(key: str, label: str, connections: int, bound_ms: float) -> Goal:
    """Of another peer than the first."""

    def measure(results: Results) -> float | None:
        if results.errors(key, connections):
            return None
        return results.spread(key, connections, lambda sample: sample.p99_ms).median

    return Goal(f"p99 of {label}, {connections} connections", bound_ms, "ms", False, measure)


def p95_below(connections: int, bound_ms: float) -> Goal:
    def measure(results: Results) -> float | None:
        if results.errors(OURS, connections):
            return None
        return results.spread(OURS, connections, lambda sample: sample.p95_ms).median

    return Goal(f"p95, {connections} connections", bound_ms, "ms", False, measure)


def ratio_between(mine: str, other: str, label: str, connections: int, bound: float) -> Goal:
    """Between two peers of which neither need be the first."""

    def measure(results: Results) -> float | None:
        ratio = results.ratio(mine, other, connections)
        return None if ratio is None else ratio.median

    return Goal(f"{label}, {connections} connections", bound, "", True, measure)


def timing_below(name: str, bound_ms: float) -> Goal:
    return Goal(
        f"{name}, median", bound_ms, "ms", False, lambda results: results.timings[name].median
    )


def memory_below(bound_mb: float) -> Goal:
    """By the peak, which a quiet moment at the end doesn't hide."""
    return Goal(
        "resident memory, peak", bound_mb, "MB", False,
        lambda results: results.footprints[OURS].peak_mb,
    )  # fmt: skip


def ready_below(bound_ms: float, name: str = "start to ready") -> Goal:
    def measure(results: Results) -> float | None:
        ready = results.footprints[OURS].ready_ms
        return None if ready is None else ready.median

    return Goal(name, bound_ms, "ms", False, measure)


def first_start_below(bound_ms: float, name: str) -> Goal:
    return Goal(name, bound_ms, "ms", False, lambda results: results.footprints[OURS].first_ms)
