"""A peer that runs: started, waited for, asked, read from /proc, and stopped."""

from __future__ import annotations

import http.client
import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from launcher.ports import LOOPBACK, free_port
from tests.load import wrk
from tests.load.model import BenchError, Peer, Request, Sample, Workload

STOP_TIMEOUT_S = 10
# Fine enough for a start of some tens of milliseconds, too rare to slow it down.
READY_POLL_S = 0.0005
CHECKED_REQUESTS = 5
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class Running:
    def __init__(self, peer: Peer, argv: Sequence[str], env: Mapping[str, str], port: int,
                 log: Path) -> None:  # fmt: skip
        self.peer = peer
        self.port = port
        self.url = f"http://{LOOPBACK}:{port}"
        self._log = log
        settings = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "PORT": str(port)}
        begin = time.monotonic()
        with log.open("wb") as output:
            try:
                # A session of its own: Ctrl-C comes to us, and we end it in order.
                self._process = subprocess.Popen(
                    list(argv), env={**settings, **env}, stdin=subprocess.DEVNULL,
                    stdout=output, stderr=output, start_new_session=True,
                )  # fmt: skip
            except OSError as error:
                raise BenchError(f"{peer.label} can't be started: {error}") from error
        try:
            self._wait_ready(begin + peer.ready_timeout_s)
        except BaseException:
            self.stop()
            raise
        self.ready_ms = (time.monotonic() - begin) * 1e3

    def ask(self, request: Request) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=5)
        try:
            connection.request(request.method, request.path, request.body or None,
                               dict(request.headers))  # fmt: skip
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise BenchError(f"{self.peer.label} gave no answer: {error}") from error
        finally:
            connection.close()

    def load(self, requests: Path, connections: int, seconds: int) -> Sample:
        return wrk.run(self.url, requests, connections=connections, seconds=seconds)

    def check_answers(self, workload: Workload) -> None:
        """That the peer does the work: a wrong answer given fast is no measurement."""
        for request in workload.requests[:CHECKED_REQUESTS]:
            status, body = self.ask(request)
            fault = f"status {status}: {body[:200]!r}" if status != 200 else ""
            if not fault and not self.peer.constant:
                fault = workload.check(request, body)
            if fault:
                raise BenchError(f"{self.peer.label} answers wrongly: {fault}")
        if workload.refused is not None and not self.peer.constant:
            status, _ = self.ask(workload.refused)
            if not 400 <= status < 500:
                raise BenchError(f"{self.peer.label} answers {status} to what it has to refuse")

    def check_alive(self) -> None:
        code = self._process.poll()
        if code is not None:
            raise BenchError(f"{self.peer.label} ended with {code} under load{self._last_line()}")

    def memory_mb(self) -> tuple[float, float]:
        """Resident now, and at most so far."""
        fields = dict(
            line.split(":", 1)
            for line in Path(f"/proc/{self._process.pid}/status").read_text().splitlines()
        )
        rss, peak = (int(fields[name].split()[0]) for name in ("VmRSS", "VmHWM"))
        return rss / 1024, peak / 1024

    def cpu_s(self) -> float:
        stat = Path(f"/proc/{self._process.pid}/stat").read_text()
        fields = stat.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _wait_ready(self, end: float) -> None:
        while not self._is_ready():
            if self._process.poll() is not None:
                raise BenchError(f"{self.peer.label} ended with {self._process.returncode} "
                                 f"at its start{self._last_line()}")  # fmt: skip
            if time.monotonic() > end:
                raise BenchError(f"{self.peer.label} wasn't ready in {self.peer.ready_timeout_s:g} s"
                                 f"{self._last_line()}")  # fmt: skip
            time.sleep(READY_POLL_S)

    def _is_ready(self) -> bool:
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=1)
        try:
            connection.request("GET", self.peer.ready_path, headers=dict(self.peer.ready_headers))
            answer = connection.getresponse()
            return answer.status == 200 and self.peer.ready(answer.read())
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _last_line(self) -> str:
        lines = self._log.read_text(errors="replace").split("\n")
        last = next((line for line in reversed(lines) if line.strip()), "")
        return f": {last.strip()[:300]}" if last else ""


def start(peer: Peer, argv: Sequence[str], env: Mapping[str, str], folder: Path,
          port: int | None = None) -> Running:  # fmt: skip
    return Running(peer, argv, {**peer.env, **env}, port or free_port(), folder / "log")
