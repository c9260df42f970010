"""The figures as text, as JSON, and the confusion matrix as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from xml.sax.saxutils import escape

from tests.accuracy.measure import Measured
from tests.accuracy.metrics import share

CELL, LEFT, TOP = 26, 140, 170


def as_object(measured: Sequence[Measured]) -> dict[str, Any]:
    made = {}
    for each in measured:
        row = asdict(each)
        row["confusion"] = {
            f"{label} as {guess}": count for (label, guess), count in each.confusion.items()
        }
        made[each.language] = row
    return made


def as_text(measured: Sequence[Measured]) -> str:
    first, *others = measured
    parts = [_overall(first), _sureness(first), _intents(first), _entities(first)]
    if others:
        parts.append(_others(others))
    return "\n\n".join(parts)


def _percent(value: float) -> str:
    return f"{value * 100:5.1f} %"


def _overall(one: Measured) -> str:
    lines = [f"{one.messages:,} held-out messages ({one.language})", f"{'':12}accuracy  macro-F1"]
    for name, figures in one.overall.items():
        lines.append(f"{name:12}{_percent(figures.accuracy)}   {_percent(figures.macro_f1)}")
    lines.append(
        f"classifier, {one.new_messages:,} messages that aren't in the training word for word: "
        f"{_percent(one.new_accuracy).strip()}"
    )
    lines.append(f"classifier: {one.median_us:.1f} microseconds a message (median)")
    return "\n".join(lines)


def _sureness(one: Measured) -> str:
    lines = [
        f"at the threshold {one.threshold}: {_percent(one.coverage).strip()} answered, "
        f"{_percent(one.precision).strip()} of them right",
        f"the surest 75 %: {_percent(one.precision_of_surest).strip()} right",
        f"expected calibration error: {one.calibration_error:.3f}",
        "confidence   messages    claimed    right",
    ]
    for number, each in enumerate(one.reliability):
        lines.append(
            f"{number / 10:.1f} to {(number + 1) / 10:.1f}   {each.count:8}    "
            f"{_percent(each.confidence)}  {_percent(each.accuracy)}"
        )
    return "\n".join(lines)


def _intents(one: Measured) -> str:
    lines = [f"{'intent':20}messages  precision   recall        F1   keywords' F1"]
    for intent, score in one.intents.items():
        lines.append(
            f"{intent:20}{score.count:8}    {_percent(score.precision)}  {_percent(score.recall)}  "
            f"{_percent(score.f1)}      {_percent(one.keywords_intents[intent].f1)}"
        )
    return "\n".join(lines)


def _entities(one: Measured) -> str:
    lines = [f"{'entity':20}labelled    found    exact   recall   precision"]
    for name, score in one.entities.items():
        lines.append(
            f"{name:20}{score.wanted:8} {score.found:8} {score.exact:8}  "
            f"{_percent(share(score.exact, score.wanted))}    "
            f"{_percent(share(score.exact, score.found))}"
        )
    return "\n".join(lines)


def _others(others: Sequence[Measured]) -> str:
    lines = ["other languages, keywords alone:"]
    for each in others:
        figures = each.overall["keywords"]
        lines.append(
            f"{each.language}: {each.messages} messages, accuracy "
            f"{_percent(figures.accuracy).strip()}, macro-F1 {_percent(figures.macro_f1).strip()}"
        )
    return "\n".join(lines)


def as_picture(one: Measured) -> str:
    """The confusion matrix of the classifier: a row a label, a column a guess; an SVG."""
    names = sorted({name for pair in one.confusion for name in pair})
    width, height = LEFT + CELL * len(names) + 20, TOP + CELL * len(names) + 20
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="11" fill="#24292f">',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        f'<text x="16" y="24" font-size="15" font-weight="bold">The classifier on {one.messages:,} '
        f"held-out messages: {_percent(one.overall['classifier'].accuracy).strip()} right</text>",
        '<text x="16" y="42">rows: what the message means; columns: what it was taken for</text>',
    ]
    for number, name in enumerate(names):
        middle = TOP + CELL * number + CELL // 2 + 4
        x = LEFT + CELL * number + CELL // 2
        parts.append(f'<text x="{LEFT - 8}" y="{middle}" text-anchor="end">{escape(name)}</text>')
        parts.append(
            f'<text transform="translate({x + 4} {TOP - 8}) rotate(-60)">{escape(name)}</text>'
        )
        parts += _row(one, names, number)
    return "\n".join([*parts, "</svg>", ""])


def _row(one: Measured, names: Sequence[str], number: int) -> list[str]:
    label = names[number]
    total = sum(one.confusion[label, guess] for guess in names)
    parts = []
    for column, guess in enumerate(names):
        count = one.confusion[label, guess]
        x, y = LEFT + CELL * column, TOP + CELL * number
        colour = "#2f9e62" if guess == label else "#d9480f"
        strength = share(count, total) ** 0.5 if count else 0
        parts.append(
            f'<rect x="{x}" y="{y}" width="{CELL - 1}" height="{CELL - 1}" fill="#f3f5f7"/>'
        )
        if count:
            parts.append(
                f'<rect x="{x}" y="{y}" width="{CELL - 1}" height="{CELL - 1}" '
                f'fill="{colour}" fill-opacity="{strength:.2f}"/>'
            )
            parts.append(
                f'<text x="{x + CELL / 2 - 0.5}" y="{y + CELL / 2 + 4}" text-anchor="middle">'
                f"{count}</text>"
            )
    return parts
