"""Runs the C tests of shared/svc/pg against a PostgreSQL, which they ask to stop and start."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher.servers import Postgres

ROOT = Path(__file__).resolve().parents[2]


def c_test(name: str) -> Path:
    path = ROOT / "build" / os.environ.get("PRESET", "release") / "tests" / name
    if not path.exists():
        pytest.fail(f"{path.relative_to(ROOT)} isn't built: ./commerce test, or cmake --build")
    return path


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="commerce-tests-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


def obey(control: socket.socket, server: Postgres, folder: Path) -> None:
    """Stops the server, as a crash would, and starts it, until the other side hangs up."""
    for line in control.makefile("r"):
        if line == "stop\n":
            server.process.stop(signal.SIGKILL)
        else:
            server = Postgres.start(folder)
        control.sendall(b"ok\n")


@pytest.mark.parametrize("name", ["test_pg", "test_pg_pool"])
def test_c_suite(name: str, folder: Path) -> None:
    home = folder / name
    server = Postgres.start(home)
    ours, theirs = socket.socketpair()
    helper = threading.Thread(target=obey, args=(ours, server, home), daemon=True)
    helper.start()
    env = {
        **os.environ,
        "DATABASE_URL": server.create_database("tests"),
        "PG_CONTROL_FD": str(theirs.fileno()),
    }
    try:
        result = subprocess.run(
            [c_test(name)], env=env, pass_fds=[theirs.fileno()], timeout=100,
            capture_output=True, text=True,
        )  # fmt: skip
    finally:
        theirs.close()
        helper.join(10)
        Postgres.start(home).stop()
    assert result.returncode == 0, result.stdout + result.stderr
    assert "SKIPPED" not in result.stdout + result.stderr
