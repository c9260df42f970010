"""python -m tests.load [NAME] [--json | --markdown] [--rounds N] [--seconds N]"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Sequence

from launcher.errors import LauncherError
from tests.load import conversations, machine, measure, report
from tests.load.benches import BENCHES, SIZED
from tests.load.model import BenchError

# Whole conversations in a real n8n; not one of those that run without a name, as it takes long.
INTAKE = "intake"


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parse(arguments)
    effort = measure.Effort(rounds=options.rounds, seconds=options.seconds)
    # So that the servers it started are stopped, however it is told to end.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return _run(options, effort)
    except (BenchError, LauncherError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("bench: interrupted", file=sys.stderr)
        return 130


def _run(options: argparse.Namespace, effort: measure.Effort) -> int:
    if options.name and options.name not in (*BENCHES, INTAKE):
        names = ", ".join((*BENCHES, INTAKE))
        raise BenchError(f"no bench is called {options.name}; there is: {names}")
    warning = machine.busy()
    if warning:
        measure.progress(f"bench: {warning}")
    if options.name == INTAKE:
        return conversations.run(options.messages, min(options.rounds, 3), as_json=options.json)
    objects, texts = [], []
    for name in [options.name] if options.name else BENCHES:
        bench = BENCHES[name](options.products) if name in SIZED else BENCHES[name]()
        found = report.as_object(bench, effort, measure.run(bench, effort))
        objects.append(found)
        write = report.as_markdown if options.markdown else report.as_text
        texts.append(write(bench, effort, found))
    print("\n\n".join(texts), file=sys.stderr if options.json else sys.stdout)
    if options.json:
        print(json.dumps(report.joined(objects), ensure_ascii=False))
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="commerce bench", description="Measures our services beside other programs."
    )
    names = ", ".join((*BENCHES, INTAKE))
    parser.add_argument("name", nargs="?", metavar="NAME",
                        help=f"one of: {names}; all but {INTAKE} in turn without it")  # fmt: skip
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object on standard output")
    form.add_argument("--markdown", action="store_true", help="the tables as Markdown")
    parser.add_argument("--rounds", type=_positive, default=5, help="5 by default")
    parser.add_argument("--seconds", type=_positive, default=3,
                        help="for each load in a round, 3 by default")  # fmt: skip
    parser.add_argument("--products", type=_positive, default=100_000,
                        help="in the catalogue of the bench search, 100000 by default")  # fmt: skip
    parser.add_argument("--messages", type=_positive, default=300,
                        help="that customers write in the bench intake, 300 by default")  # fmt: skip
    return parser.parse_args(arguments)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


if __name__ == "__main__":
    sys.exit(main())
