"""A peer that is COPY: the same rows, as many a transaction, by copy_load."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import psycopg

from launcher.paths import build_folder
from tests.load import postgres_peer, wrk
from tests.load.model import BenchError, Peer, Sample, Workload

GRACE_S = 60


def argv(rows: int):
    """Of a peer: the driver, and how many rows go at once."""
    program = build_folder() / "tests" / "copy_load"
    return lambda port, folder: [str(program), str(rows)]


class Running(postgres_peer.Running):
    """The server is somebody else's. The requests' bodies are the rows of a transaction."""

    def __init__(self, peer: Peer, argv: Sequence[str], env: Mapping[str, str], folder: Path) -> None:
        if not os.access(argv[0], os.X_OK):
            raise BenchError(f"{argv[0]} isn't built: cmake --build --preset release")
        assert peer.workload is not None, "the rows are its own"
        self.peer = peer
        self.url = env["DATABASE_URL"]
        self.ready_ms = 0.0
        self._argv = argv
        self._pid = int(env["POSTGRES_PID"])
        self._most_mb = 0.0
        self._rows = folder / "rows"
        self._rows.write_bytes(b"".join(each.body for each in peer.workload.requests))
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS events_copy (LIKE events)")

    def load(self, requests: Path, connections: int, seconds: int) -> Sample:
        argv = [self._argv[0], self.url, "events_copy", str(self._rows), self._argv[1],
                str(connections), str(seconds)]  # fmt: skip
        result = subprocess.run(argv, capture_output=True, text=True, timeout=seconds + GRACE_S)
        if result.returncode != 0:
            raise BenchError(f"{self.peer.label}: {result.stderr.strip()[:300]}")
        return wrk.parse_output(result.stdout, "copy_load")

    def check_answers(self, workload: Workload) -> None:
        pass


def start(peer: Peer, argv: Sequence[str], env: Mapping[str, str], folder: Path,
          port: int) -> Running:  # fmt: skip
    return Running(peer, argv, env, folder)
