"""test, bench, relevance, accuracy: installs what they need, runs them, says how it went in one line."""

from __future__ import annotations

import os
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from launcher import build, installs, packages
from launcher.errors import LauncherError
from launcher.paths import ROOT, state_folder
from launcher.terminal import bold, say

# In the order of running: what fails soonest, and in seconds, comes first.
PARTS = ("lint", "unit", "api", "contract", "relevance", "accuracy", "simulator", "load", "launcher", "e2e")
REQUIREMENTS = ("tests/requirements.txt", "simulator/requirements.txt")


@dataclass(frozen=True)
class Count:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: Count) -> Count:
        return Count(
            self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped
        )

    def __str__(self) -> str:
        text = f"{self.passed} passed, {self.failed} failed"
        return f"{text}, {self.skipped} skipped" if self.skipped else text


def test(part: str | None) -> int:
    parts = [part] if part else [name for name in PARTS if name == "unit" or _folder(name).is_dir()]
    if part and part != "unit" and not _folder(part).is_dir():
        raise LauncherError(f"there are no {part} tests: {_folder(part)} is missing", status=2)
    packages.ensure(packages.BUILD, packages.RUN, packages.TEST, packages.BENCH)
    build.build()
    python = installs.python_with(*REQUIREMENTS)
    if "e2e" in parts:
        installs.n8n_program()

    total, broken = Count(), []
    for name in parts:
        say(bold(f"\n== {name}"))
        status, count = _run_unit() if name == "unit" else _run_pytest(python, name)
        total += count
        if status != 0 or count.passed + count.failed == 0:
            broken.append(name)
    say()
    if broken:
        say(f"Not all well in: {', '.join(broken)}")
    print(total, flush=True)
    return 1 if broken or total.failed else 0


def bench(arguments: list[str]) -> int:
    """Hands over to the harness, with the release build and its tools in reach."""
    return _hand_over("tests.load", arguments, installs.node_environment)


def relevance(arguments: list[str]) -> int:
    """The search, measured with the judged queries."""
    return _hand_over("tests.relevance", arguments, lambda: dict(os.environ))


def accuracy(arguments: list[str]) -> int:
    """Intents and entities, measured on held-out messages."""
    return _hand_over("tests.accuracy", arguments, lambda: dict(os.environ))


def _hand_over(module: str, arguments: list[str], environment: Callable[[], Mapping[str, str]]) -> int:
    packages.ensure(packages.BUILD, packages.RUN, packages.BENCH)
    build.build()
    python = installs.python_with(*REQUIREMENTS)
    env = {**environment(), "PRESET": build.PRESET}
    os.chdir(ROOT)
    os.execve(python, [str(python), "-m", module, *arguments], env)


def _folder(part: str) -> Path:
    return ROOT / "tests" / part


def _run_pytest(python: Path, part: str) -> tuple[int, Count]:
    report = _report(part)
    argv = [str(python), "-m", "pytest", "-q", f"--junitxml={report}", str(_folder(part))]
    env = {**os.environ, "PRESET": build.PRESET, "PYTHONUNBUFFERED": "1"}
    status = subprocess.run(argv, cwd=ROOT, env=env).returncode
    return status, _count(report)


def _run_unit() -> tuple[int, Count]:
    report = _report("unit")
    argv = ["ctest", "--preset", build.PRESET, "--output-on-failure", "--output-junit"]
    argv.append(str(report))
    status = subprocess.run(argv, cwd=ROOT).returncode
    return status, _count(report)


def _report(part: str) -> Path:
    file = state_folder() / "reports" / f"{part}.xml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    return file


def _count(report: Path) -> Count:
    """Counts the cases of a JUnit report, as both pytest and ctest write one."""
    if not report.exists():
        return Count()
    passed = failed = skipped = 0
    for case in ET.parse(report).iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif case.find("skipped") is not None:
            skipped += 1
        else:
            passed += 1
    return Count(passed, failed, skipped)
