"""The command line: what people type, and what they read when it goes wrong."""

from __future__ import annotations

import argparse
import signal
import sys
from types import FrameType

from launcher import demo, inspect_system, system, testing
from launcher.errors import LauncherError
from launcher.paths import short
from launcher.settings import env_file
from launcher.terminal import say, show_error

EPILOG = """\
files: .commerce/ holds the data, logs and secrets of this checkout; delete it after
./commerce down to begin anew. Node, n8n and Python packages are installed once for all
checkouts, in ~/.cache/whatsapp-commerce (COMMERCE_CACHE names another folder).

ports: free ones, the same at the next start where still free. COMMERCE_CHAT_PORT and
COMMERCE_N8N_PORT fix the two that a browser opens.
"""


def main(arguments: list[str]) -> int:
    try:
        # A closed terminal, or `kill`, must leave nothing running either.
        signal.signal(signal.SIGTERM, _interrupt)
        signal.signal(signal.SIGHUP, _interrupt)
        parser = _parser()
        options, others = parser.parse_known_args(arguments)
        if others and options.command not in ("accuracy", "bench", "relevance"):
            parser.error(f"unrecognized arguments: {' '.join(others)}")
        return _run(options, arguments)
    except LauncherError as error:
        show_error(error)
        return error.status
    except KeyboardInterrupt:
        say("Interrupted.")
        return 130
    except BrokenPipeError:
        # The reader has what it wanted, as in `./commerce logs n8n | head`.
        sys.stderr.close()
        return 0


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./commerce",
        description="A WhatsApp shop on n8n: run it, work on it, test it.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)

    command = commands.add_parser("demo", help="start everything, show the address of a chat with the shop")
    command.add_argument("--once", metavar="TEXT", help="send TEXT as a customer, print the reply, stop")
    command.add_argument("--mvp", action="store_true", help=argparse.SUPPRESS)

    command = commands.add_parser("up", help="start it in the background; addresses go to .commerce/env")
    command.add_argument("--without-n8n", action="store_true", help="servers, services and simulator")

    commands.add_parser("down", help="stop what up or demo started")
    commands.add_parser("status", help="what runs, and where; exit status 3 when nothing does")

    command = commands.add_parser("logs", help="print a part's log")
    command.add_argument("name", metavar="NAME", help="a name that status shows, or build, database ...")
    command.add_argument("-f", "--follow", action="store_true", help="go on as it grows")

    command = commands.add_parser("test", help="run the tests, all or one part")
    parts = " | ".join(testing.PARTS)
    command.add_argument("part", nargs="?", choices=testing.PARTS, metavar="PART", help=parts)

    command = commands.add_parser("bench", help="measure a service against its peers")
    command.add_argument("name", nargs="?", metavar="NAME", help="a benchmark's name; none: all")
    command.add_argument("--json", action="store_true", help="one JSON object on standard output")
    command.epilog = "Other options go to the harness: tests/load/README.md has them."

    command = commands.add_parser("relevance", help="measure the search with judged queries, or tune it")
    command.add_argument("--json", action="store_true", help="one JSON object on standard output")
    command.epilog = "Other options go to the measurement: tests/relevance/README.md has them."

    command = commands.add_parser("accuracy", help="measure intents and entities on held-out messages")
    command.add_argument("--json", action="store_true", help="one JSON object on standard output")
    command.epilog = "Other options go to the measurement: tests/accuracy/README.md has them."
    return parser


def _run(options: argparse.Namespace, arguments: list[str]) -> int:
    match options.command:
        case "demo" if options.mvp:
            raise LauncherError("demo --mvp isn't available yet; demo runs the full system", status=2)
        case "demo" if options.once is not None:
            return demo.once(options.once)
        case "demo":
            return demo.stay()
        case "up":
            return _up(with_n8n=not options.without_n8n)
        case "down":
            say("Stopped." if system.stop_all() else "Nothing was running here.")
            return 0
        case "status":
            return inspect_system.status()
        case "logs":
            return inspect_system.logs(options.name, follow=options.follow)
        case "test":
            return testing.test(options.part)
        case "relevance":
            return testing.relevance(arguments[1:])
        case "accuracy":
            return testing.accuracy(arguments[1:])
        case _:
            return testing.bench(arguments[1:])


def _up(*, with_n8n: bool) -> int:
    started = system.start(with_n8n=with_n8n)
    say(f"Up. Chat: {started.env['SIMULATOR_URL']}/")
    say(f"    Dashboard: {started.env['LIGHTWEIGHT_METRICS_URL']}/ (its key is SERVICE_TOKEN)")
    if with_n8n:
        say(f"    n8n:  {started.env['N8N_URL']}/")
    say(f"    All addresses: {short(env_file())}   Stop it: ./commerce down")
    return 0
