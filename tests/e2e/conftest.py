"""The whole system, as ./commerce up starts it, in a state folder of its own: one for all tests."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher.settings import read_env_file
from launcher.system import find
from tests.conftest import ROOT
from tests.e2e.shop import STATUS_DELAYS, Shop


@pytest.fixture(scope="session")
def state_folder() -> Iterator[Path]:
    # Short and open: PostgreSQL's own user has to get there, and a socket's path may not be long.
    folder = Path(tempfile.mkdtemp(prefix="commerce-e2e-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def commerce(state_folder: Path):
    """Runs ./commerce with this folder; a failure shows what it printed."""
    env = {**os.environ, "COMMERCE_STATE": str(state_folder)}

    def run(*arguments: str, status: int = 0) -> subprocess.CompletedProcess[str]:
        result = subprocess.run(
            [ROOT / "commerce", *arguments], env=env, text=True, capture_output=True, timeout=900
        )
        assert result.returncode == status, f"{result.stdout}\n{result.stderr}"
        return result

    return run


@pytest.fixture(scope="session")
def system(commerce, state_folder: Path, monkeypatch_session) -> Iterator[dict[str, str]]:
    """The addresses and secrets of the running system, from its env file."""
    monkeypatch_session.setenv("COMMERCE_STATE", str(state_folder))
    commerce("up")
    try:
        yield read_env_file()
    finally:
        commerce("down")


@pytest.fixture(scope="session")
def monkeypatch_session() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture
def outage(commerce):
    """with outage(service): it is down, or (hung=True) takes calls and answers none."""

    @contextlib.contextmanager
    def down(name: str, *, hung: bool = False) -> Iterator[None]:
        process = find(name)
        assert process is not None, f"{name} doesn't run"
        os.kill(process.pid, signal.SIGSTOP if hung else signal.SIGTERM)
        try:
            assert hung or process.wait(10)
            yield
        finally:
            if hung:
                os.kill(process.pid, signal.SIGCONT)
            else:
                commerce("up")

    return down


@pytest.fixture
def shop(system: dict[str, str], request: pytest.FixtureRequest, state_folder: Path) -> Iterator[Shop]:
    """The shop with nothing under way; a failed test shows the ends of the logs."""
    with Shop(system) as shop:
        shop.settings(**STATUS_DELAYS)
        shop.settle()
        yield shop
        shop.settings(fail_next=None, graph_delay_ms=0)
    if getattr(request.node, "failed", False):
        for log in sorted((state_folder / "logs").glob("*.log")):
            lines = log.read_text(errors="replace").splitlines()[-15:]
            print(f"--- {log.name}", *(line[:300] for line in lines), sep="\n")
