"""python -m tests.accuracy [--json] [--picture FILE] [--threshold NUMBER]"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from launcher.paths import build_folder
from tests.accuracy import heldout, report
from tests.accuracy.measure import THRESHOLD, measure


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parse(arguments)
    program = build_folder() / heldout.PROGRAM
    if not program.exists():
        print(f"accuracy: {program} isn't built: ./commerce accuracy builds it", file=sys.stderr)
        return 1
    measured = [measure(program, language, options.threshold) for language in ("es", "en", "pt")]
    if options.picture:
        options.picture.write_text(report.as_picture(measured[0]), encoding="utf-8")
    print(report.as_text(measured), file=sys.stderr if options.json else sys.stdout)
    if options.json:
        print(json.dumps(report.as_object(measured), ensure_ascii=False))
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="commerce accuracy", description="Measures intents and entities on held-out messages."
    )
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="the confusion matrix, an SVG")
    parser.add_argument("--threshold", type=float, default=THRESHOLD, metavar="NUMBER",
                        help=f"of the classifier's confidence, {THRESHOLD} by default")  # fmt: skip
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
