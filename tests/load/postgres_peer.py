"""A peer that is one SQL query, asked over PostgreSQL's own protocol by pg_load."""

from __future__ import annotations

import json
import os
import random
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import psycopg

from launcher.paths import build_folder
from tests.load import wrk
from tests.load.model import BenchError, Peer, Request, Sample, Workload

FOLDER = Path(__file__).with_name("peers") / "postgres"
CHECKED_REQUESTS = 5
GRACE_S = 90
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def query(name: str) -> str:
    """The SQL of peers/postgres/<name>.sql, for a driver that writes parameters as %s."""
    return (FOLDER / f"{name}.sql").read_text().replace("%", "%%").replace("$1", "%(text)s")


def argv(name: str):
    """Of a peer: the driver with its query."""
    program = build_folder() / "tests" / "pg_load"
    return lambda port, folder: [str(program), str(FOLDER / f"{name}.sql")]


class Running:
    """Has what process.Running has; the server itself is somebody else's."""

    def __init__(self, peer: Peer, argv: Sequence[str], env: Mapping[str, str], folder: Path) -> None:
        assert peer.workload is not None, "the texts of a peer in SQL are its own"
        if not os.access(argv[0], os.X_OK):
            raise BenchError(f"{argv[0]} isn't built: cmake --build --preset release")
        self.peer = peer
        self.url = env["DATABASE_URL"]
        self.ready_ms = 0.0
        self._argv = argv
        self._sql = query(Path(argv[1]).stem)
        self._pid = int(env["POSTGRES_PID"])
        self._texts = folder / "texts"
        self._texts.write_bytes(b"".join(each.body + b"\n" for each in peer.workload.requests))
        self._most_mb = 0.0

    def load(self, requests: Path, connections: int, seconds: int) -> Sample:
        seed = random.randrange(1 << 30)
        argv = [*self._argv, self.url, str(self._texts), str(connections), str(seconds), str(seed)]
        argv[1], argv[2] = argv[2], argv[1]
        with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True) as process:  # fmt: skip
            try:
                time.sleep(seconds / 2)
                self._most_mb = max(self._most_mb, _memory_mb(self._pid))
                output, errors = process.communicate(timeout=seconds + GRACE_S)
            except subprocess.TimeoutExpired as error:
                process.kill()
                raise BenchError(f"pg_load didn't end in {seconds + GRACE_S} s") from error
        if process.returncode != 0:
            raise BenchError(f"{self.peer.label}: {errors.strip()[:300]}")
        return wrk.parse_output(output, "pg_load")

    def rows(self, texts: Sequence[str]) -> list[list[tuple]]:
        """The answers to some texts, each (id, name, price, stock, score)."""
        with psycopg.connect(self.url) as connection:
            return [connection.execute(self._sql, {"text": text}).fetchall() for text in texts]

    def check_answers(self, workload: Workload) -> None:
        asked = workload.requests[:CHECKED_REQUESTS]
        answers = self.rows([request.body.decode() for request in asked])
        for request, rows in zip(asked, answers, strict=True):
            body = json.dumps([row[1] for row in rows]).encode()
            fault = workload.check(request, body)
            if fault:
                raise BenchError(f"{self.peer.label} answers wrongly: {fault}")

    def check_alive(self) -> None:
        if not Path(f"/proc/{self._pid}").exists():
            raise BenchError(f"{self.peer.label}: PostgreSQL ended under load")

    def memory_mb(self) -> tuple[float, float]:
        return _memory_mb(self._pid), self._most_mb

    def cpu_s(self) -> float:
        """Of the server, of its processes now, and of those that have ended."""
        ticks = 0
        for pid in [self._pid, *_children(self._pid)]:
            fields = _stat(pid)
            ticks += sum(int(field) for field in fields[11:15]) if fields else 0
        return ticks / _TICKS_PER_S

    def stop(self) -> None:
        pass


def start(peer: Peer, argv: Sequence[str], env: Mapping[str, str], folder: Path,
          port: int) -> Running:  # fmt: skip
    return Running(peer, argv, env, folder)


def _stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _children(pid: int) -> list[int]:
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return []
    return [int(word) for word in text.split()]


def _memory_mb(pid: int) -> float:
    """Of all its processes; what they share counts once (Pss)."""
    total = 0
    for each in [pid, *_children(pid)]:
        try:
            text = Path(f"/proc/{each}/smaps_rollup").read_text()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    return total / 1024


def request_of(text: str) -> Request:
    return Request("QUERY", "", {}, text.encode())
