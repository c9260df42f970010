"""python -m tests.relevance [--split report|tune] [--tune] [--json] [--picture FILE] [--misses]"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from launcher.paths import build_folder
from tests.relevance import compare, judged, report, shop, tune
from tests.relevance.metrics import ndcg


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parse(arguments)
    binary = build_folder() / "bin" / shop.NODE
    if not binary.exists():
        print(f"relevance: {binary} isn't built: ./commerce relevance builds it", file=sys.stderr)
        return 1
    with shop.demo_database() as url:
        if options.tune:
            return _tune(url, binary, options)
        splits = [options.split] if options.split else ["report", "tune"]
        found = compare.compare(url, binary, splits, _progress, options.weights)
    if options.picture:
        options.picture.write_text(report.as_picture(found[0]), encoding="utf-8")
    if options.misses:
        _print_misses(found)
    print(report.as_text(found), file=sys.stderr if options.json else sys.stdout)
    if options.json:
        print(json.dumps(report.as_object(found), ensure_ascii=False))
    return 0


def _tune(url: str, binary: Path, options: argparse.Namespace) -> int:
    start = json.loads((options.weights or tune.WEIGHTS).read_text())
    with tune.scorer(url, binary) as score:
        before = score(start)
        _progress(f"before: {before:.4f}")
        best, after = tune.ascend(start, score, options.passes, _progress)
    _progress(f"after: {after:.4f} (mean of nDCG@10 by query and by kind, tune split)")
    print(json.dumps(best, indent=2))
    return 0


def _print_misses(found: Sequence[compare.Comparison]) -> None:
    """The worst of ours, only of the tune split: nobody looks at the others while building."""
    for comparison in found:
        if comparison.split != "tune":
            continue
        ranked = comparison.rankings["ours"]
        graded = [each for each in judged.read("tune") if each.grades]
        for each in sorted(graded, key=lambda each: ndcg(ranked[each.id], each.grades))[:40]:
            places = [f"{sku}={each.grades.get(sku, 0)}" for sku in ranked[each.id]]
            wanted = [sku for sku, grade in each.grades.items() if grade == 3]
            print(f"{ndcg(ranked[each.id], each.grades):.2f} {each.id} {each.kind} {each.query!r}: "
                  f"{' '.join(places)} | wanted {' '.join(wanted[:6])}", file=sys.stderr)  # fmt: skip


def _progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="commerce relevance", description="Measures the search with the judged queries."
    )
    parser.add_argument("--split", choices=judged.SPLITS, help="one of the two; both without it")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.add_argument("--tune", action="store_true",
                        help="look for better weights on the tune split, and print them")  # fmt: skip
    parser.add_argument("--passes", type=int, default=2, help="of --tune over all weights, 2 by default")
    parser.add_argument("--weights", type=Path, metavar="FILE", help="in place of those built in")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="an SVG of the first split")
    parser.add_argument("--misses", action="store_true", help="the worst queries of the tune split")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
