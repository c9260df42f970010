"""The figures as tables, as JSON, and as a picture."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from xml.sax.saxutils import escape

from tests.relevance.compare import LABELS, Comparison

# Colours of the bars, by search.
_FILLS = {
    "ts_rank": "#b8c0cc", "ts_rank_any": "#98a3b3", "trigram": "#7c8899", "bm25": "#5d6878",
    "ours": "#2f9e62", "learned": "#1d6b42",
}  # fmt: skip


def as_object(found: list[Comparison]) -> dict[str, Any]:
    return {
        each.split: {key: asdict(summary) for key, summary in each.summaries.items()}
        for each in found
    }


def as_text(found: list[Comparison]) -> str:
    return "\n\n".join(f"{_overall(each)}\n\n{_by_kind(each)}" for each in found)


def _overall(comparison: Comparison) -> str:
    queries = next(iter(comparison.summaries.values())).overall.queries
    rows = [(f"{comparison.split} split, {queries} queries", "nDCG@10", "by kind", "MRR@10",
             "got nothing", "rightly nothing")]  # fmt: skip
    for key, each in comparison.summaries.items():
        alone = "" if each.left_alone is None else f"{each.left_alone:.0%}"
        rows.append((LABELS[key], f"{each.overall.ndcg:.4f}", f"{each.macro_ndcg:.4f}",
                     f"{each.overall.mrr:.4f}", f"{each.overall.empty:.1%}", alone))  # fmt: skip
    return _aligned(rows)


def _by_kind(comparison: Comparison) -> str:
    keys = list(comparison.summaries)
    rows = [("nDCG@10 by kind", "queries", *keys)]
    for kind, figures in comparison.summaries[keys[0]].kinds.items():
        values = [f"{comparison.summaries[key].kinds[kind].ndcg:.3f}" for key in keys]
        rows.append((kind, str(figures.queries), *values))
    return _aligned(rows)


def _aligned(rows: list[tuple[str, ...]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        first, *others = (cell for cell in row)
        cells = [first.ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        lines.append("  ".join(cells).rstrip())
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)


WIDTH, LEFT, TOP, BAR, GAP = 760, 110, 108, 9, 14


def as_picture(comparison: Comparison) -> str:
    """Bars of nDCG@10, all queries first, then each kind: an SVG."""
    keys = list(comparison.summaries)
    groups = [("all queries", {key: comparison.summaries[key].overall.ndcg for key in keys})]
    for kind in comparison.summaries[keys[0]].kinds:
        groups.append((kind, {key: comparison.summaries[key].kinds[kind].ndcg for key in keys}))
    step = BAR * len(keys) + GAP
    height = TOP + step * len(groups) + 26
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="12" fill="#24292f">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="16" y="24" font-size="15" font-weight="bold">nDCG@10 of '
        f"{comparison.summaries[keys[0]].overall.queries} judged queries ({comparison.split} split), "
        "by kind</text>",
        *_legend(keys),
        *_axis(height),
    ]
    for number, (name, values) in enumerate(groups):
        parts += _group(name, values, TOP + number * step)
    return "\n".join([*parts, "</svg>", ""])


def _x(value: float) -> float:
    return LEFT + value * (WIDTH - LEFT - 60)


def _legend(keys: list[str]) -> list[str]:
    parts = []
    for number, key in enumerate(keys):
        x, y = 16 + 360 * (number // 3), 38 + 18 * (number % 3)
        parts.append(f'<rect x="{x}" y="{y}" width="12" height="10" fill="{_FILLS[key]}"/>')
        parts.append(f'<text x="{x + 18}" y="{y + 9}">{escape(LABELS[key])}</text>')
    return parts


def _axis(height: int) -> list[str]:
    parts = []
    for tenths in range(0, 11, 2):
        x = _x(tenths / 10)
        parts.append(f'<line x1="{x:.0f}" y1="{TOP - 8}" x2="{x:.0f}" y2="{height - 24}" '
                     'stroke="#e4e7eb"/>')  # fmt: skip
        parts.append(f'<text x="{x:.0f}" y="{height - 8}" text-anchor="middle">{tenths / 10}</text>')
    return parts


def _group(name: str, values: dict[str, float], top: int) -> list[str]:
    middle = top + BAR * len(values) / 2 + 4
    parts = [f'<text x="{LEFT - 10}" y="{middle:.0f}" text-anchor="end">{escape(name)}</text>']
    for number, (key, value) in enumerate(values.items()):
        y = top + BAR * number
        parts.append(f'<rect x="{LEFT}" y="{y}" width="{_x(value) - LEFT:.1f}" height="{BAR - 1}" '
                     f'fill="{_FILLS[key]}"/>')  # fmt: skip
        parts.append(f'<text x="{_x(value) + 4:.1f}" y="{y + BAR - 1}" font-size="9">'
                     f"{value:.2f}</text>")  # fmt: skip
    return parts
