"""clang-tidy over what the build compiles: a minute or two, so only with LINT_TIDY=1."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.lint import repo

CLANG_TIDY = shutil.which("clang-tidy-14") or shutil.which("clang-tidy")
BUILD = repo.ROOT / "build" / os.environ.get("PRESET", "release")

if not os.environ.get("LINT_TIDY"):
    pytest.skip("takes a minute or two: set LINT_TIDY=1", allow_module_level=True)


def compiled_files() -> list[str]:
    """The product's own files among what the build compiles."""
    try:
        commands = json.loads((BUILD / "compile_commands.json").read_text())
    except FileNotFoundError:
        return []
    paths = {Path(command["file"]) for command in commands}
    inside = [p.relative_to(repo.ROOT).as_posix() for p in paths if p.is_relative_to(repo.ROOT)]
    return sorted(p for p in inside if p.startswith(("shared/", "services/", "migration/")))


def run_tidy(path: str) -> tuple[int, str]:
    assert CLANG_TIDY is not None, "clang-tidy is not installed"
    result = subprocess.run(
        [CLANG_TIDY, "--quiet", "-p", BUILD, repo.ROOT / path],
        cwd=repo.ROOT,
        capture_output=True,
        text=True,
    )
    return result.returncode, result.stdout + result.stderr


@pytest.fixture(scope="module")
def results():
    """All files at once over the cores; each test waits for its own."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        futures: dict[str, Future] = {p: pool.submit(run_tidy, p) for p in compiled_files()}
        yield futures
        for future in futures.values():
            future.cancel()


def test_there_is_a_build() -> None:
    assert compiled_files(), f"{BUILD}/compile_commands.json names no file: build first"


@pytest.mark.parametrize("path", compiled_files())
def test_clang_tidy(path: str, results: dict[str, Future]) -> None:
    status, output = results[path].result()
    assert status == 0, output
