"""Results as one JSON object, as a table for a terminal, and as Markdown."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

from tests.load import machine
from tests.load.measure import Effort
from tests.load.model import Bench, Results, Spread


def as_object(bench: Bench, effort: Effort, results: Results) -> dict[str, Any]:
    return {
        "name": bench.name,
        "machine": machine.describe(),
        "runs": effort.rounds,
        "rows": _rows(bench, results),
        "goals": _goals(bench, results),
        **({"facts": _facts(bench, results)} if bench.facts else {}),
    }


def joined(objects: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Several benches in the form of one, their rows and goals marked with the bench's name."""
    if len(objects) == 1:
        return objects[0]
    return {
        **objects[0],
        "name": "all",
        "rows": [{"bench": each["name"], **row} for each in objects for row in each["rows"]],
        "goals": [
            {**goal, "name": f"{each['name']}: {goal['name']}"}
            for each in objects
            for goal in each["goals"]
        ],
    }


def _rows(bench: Bench, results: Results) -> list[dict[str, Any]]:
    ours = bench.peers[0]
    rows = []
    for connections in bench.connections:
        for peer in bench.peers:
            at = (peer.key, connections)
            footprint = results.footprints[peer.key]
            errors = results.errors(*at)
            ratio = None if peer is ours else results.ratio(ours.key, *at)
            cpu = results.spread(*at, lambda sample: sample.cpu_us_per_request)
            rows.append({
                "peer": peer.key,
                "label": peer.label,
                "connections": connections,
                "requests_per_s": _rounded(results.spread(*at, lambda s: s.requests_per_s), 0),
                "p50_ms": _rounded(results.spread(*at, lambda s: s.p50_ms), 3),
                "p95_ms": _rounded(results.spread(*at, lambda s: s.p95_ms), 3),
                "p99_ms": _rounded(results.spread(*at, lambda s: s.p99_ms), 3),
                "cpu_us_per_request": _rounded(cpu, 1),
                "ours_to_this": _rounded(ratio, 2),
                "others": _middle([s.others for s in results.samples[at]]),
                "errors": errors,
                "valid": errors == 0,
                "rss_mb": round(footprint.rss_mb, 1),
                "peak_mb": round(footprint.peak_mb, 1),
                "ready_ms": _rounded(footprint.ready_ms, 1),
                "first_start_ms": footprint.first_ms and round(footprint.first_ms, 1),
            })  # fmt: skip
    return rows


def _goals(bench: Bench, results: Results) -> list[dict[str, Any]]:
    goals = []
    for goal in bench.goals:
        value = goal.measure(results)
        goals.append({
            "name": goal.name,
            "goal": goal.text,
            "value": None if value is None else round(value, 3),
            "holds": goal.holds(value),
        })  # fmt: skip
    return goals


def _facts(bench: Bench, results: Results) -> list[dict[str, Any]]:
    return [
        {"name": fact.name, "value": round(results.facts[fact.name], 3), "unit": fact.unit}
        for fact in bench.facts
    ]


def _middle(shares: Sequence[float | None]) -> float | None:
    known = [share for share in shares if share is not None]
    return round(statistics.median(known), 3) if known else None


def _rounded(spread: Spread | None, digits: int) -> dict[str, float] | None:
    if spread is None:
        return None
    values = {"median": spread.median, "min": spread.min, "max": spread.max}
    # Without digits as an integer, not as 70123.0.
    return {name: round(value, digits or None) for name, value in values.items()}


# What an idle Linux and its interrupts take.
QUIET = 0.05

Table = list[tuple[str, ...]]

SPEED_HEAD = ("peer", "connections", "requests/s", "p50 ms", "p95 ms", "p99 ms", "CPU µs/request", "ours is")
FOOTPRINT_HEAD = ("peer", "memory MB", "peak MB", "start to ready ms", "first start ms")
GOALS_HEAD = ("goal", "wanted", "measured", "holds")
FACTS_HEAD = ("also", "measured")


def _speed_table(found: dict[str, Any]) -> Table:
    table: Table = [SPEED_HEAD]
    for row in found["rows"]:
        fault = "" if row["valid"] else f" INVALID: {row['errors']} errors"
        table.append((
            row["label"],
            str(row["connections"]),
            _span(row["requests_per_s"], ",.0f") + fault,
            f"{row['p50_ms']['median']:.2f}",
            f"{row['p95_ms']['median']:.2f}",
            _span(row["p99_ms"], ".2f"),
            f"{row['cpu_us_per_request']['median']:.1f}",
            "" if row["ours_to_this"] is None else _span(row["ours_to_this"], ".2f") + " times",
        ))  # fmt: skip
    return table


def _footprint_table(found: dict[str, Any]) -> Table:
    table: Table = [FOOTPRINT_HEAD]
    # Memory and start belong to the peer: each appears once, not once for every load.
    for row in {row["peer"]: row for row in found["rows"]}.values():
        ready = "" if row["ready_ms"] is None else _span(row["ready_ms"], ".0f")
        first = "" if row["first_start_ms"] is None else f"{row['first_start_ms']:,.0f}"
        table.append((row["label"], f"{row['rss_mb']:.1f}", f"{row['peak_mb']:.1f}", ready, first))
    # The column of first starts only where there are any.
    return table if any(line[-1] for line in table[1:]) else [line[:-1] for line in table]


def _goals_table(found: dict[str, Any]) -> Table:
    table: Table = [GOALS_HEAD]
    for goal in found["goals"]:
        measured = "not measured" if goal["value"] is None else f"{goal['value']:.2f}"
        table.append((goal["name"], goal["goal"], measured, "yes" if goal["holds"] else "NO"))
    return table


def _tables(found: dict[str, Any]) -> list[Table]:
    facts: Table = [FACTS_HEAD]
    for fact in found.get("facts", ()):
        facts.append((fact["name"], f"{fact['value']:,g} {fact['unit']}".rstrip()))
    tables = [_speed_table(found), _footprint_table(found), facts, _goals_table(found)]
    return [table for table in tables if len(table) > 1]


def _span(spread: dict[str, float], form: str) -> str:
    low, high = (format(spread[name], form) for name in ("min", "max"))
    return f"{spread['median']:{form}} ({low} to {high})"


def as_text(bench: Bench, effort: Effort, found: dict[str, Any]) -> str:
    parts = [_headline(bench, effort, found), *(_aligned(table) for table in _tables(found))]
    return "\n\n".join(parts)


def as_markdown(bench: Bench, effort: Effort, found: dict[str, Any]) -> str:
    tables = [_markdown(table) for table in _tables(found)]
    return "\n\n".join([_headline(bench, effort, found), *tables])


def _headline(bench: Bench, effort: Effort, found: dict[str, Any]) -> str:
    others = _middle([row["others"] for row in found["rows"]])
    warning = ""
    if others is not None and others > QUIET:
        warning = f" Other processes used {others:.0%} of the machine: the figures are noisy."
    notes = "".join(f"{note}\n" for note in bench.notes)
    return (
        f"{bench.title}\n{notes}{machine.text()}. Median of {effort.rounds} interleaved runs "
        f"of {effort.seconds} s (least to most).{warning}"
    )


def _aligned(table: Table) -> str:
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    lines = []
    for row in table:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        lines.append("  ".join(cells).rstrip())
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)


def _markdown(table: Table) -> str:
    lines = [f"| {' | '.join(row)} |" for row in table]
    lines.insert(1, f"|{' --- |' * len(table[0])}")
    return "\n".join(lines)
