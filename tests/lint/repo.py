"""The files of the repository: those that git has, and new ones that it doesn't ignore."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

from tests.lint.cscan import CSource

ROOT = Path(__file__).resolve().parents[2]


@cache
def files() -> tuple[str, ...]:
    """Paths from the root of the repository."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return tuple(sorted(p for p in set(listing.split("\0")) if p and (ROOT / p).is_file()))


@cache
def text(path: str) -> str:
    """"" for a binary file."""
    data = (ROOT / path).read_bytes()
    return "" if b"\0" in data[:8192] else data.decode("utf-8", errors="replace")


def lines(path: str) -> list[str]:
    return text(path).split("\n")


def is_case(path: str) -> bool:
    """Inputs of tests may break any rule of form."""
    return path.startswith("tests/cases/")


def c_files() -> list[str]:
    return [p for p in files() if p.endswith((".c", ".h")) and not is_case(p)]


def python_files() -> list[str]:
    return [p for p in files() if p.endswith(".py") or _runs_with(p, "python")]


def shell_files() -> list[str]:
    return [p for p in files() if p.endswith(".sh") or _runs_with(p, "sh", "bash")]


@cache
def source(path: str) -> CSource:
    return CSource(text(path))


def _runs_with(path: str, *programs: str) -> bool:
    if "." in Path(path).name:
        return False
    first = text(path).split("\n", 1)[0]
    words = first.removeprefix("#!").replace("/", " ").split() if first.startswith("#!") else []
    return any(word.rstrip("0123456789.") in programs for word in words)


def report(violations: list[str]) -> str:
    return "\n" + "\n".join(violations)
