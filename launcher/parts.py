"""One running part of the system: started, recognised, restarted when it changed, stopped."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from launcher.paths import log_file, pid_file
from launcher.processes import Process
from launcher.run import new_log
from launcher.waiting import wait_for
from launcher.workflows import fingerprint


@dataclass(frozen=True)
class Part:
    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    answers: Callable[[], bool]
    timeout_s: float
    cwd: Path | None = None
    # What it was built from: when that changes, a running one is out of date.
    version: str = ""

    def running(self) -> Process | None:
        return Process.load(self.name, pid_file(self.name))

    @property
    def up_to_date(self) -> bool:
        return _mark_file(self.name).exists() and _mark_file(self.name).read_text() == self._mark()

    def start(self) -> Process:
        log = new_log(log_file(self.name))
        process = Process.start(
            self.name, self.argv, pid_file=pid_file(self.name), log=log, env=self.env, cwd=self.cwd
        )
        wait_for(process, self.answers, self.timeout_s, log)
        _mark_file(self.name).write_text(self._mark())
        return process

    def _mark(self) -> str:
        # HOME and PATH differ from terminal to terminal, and change nothing that matters.
        env = {key: value for key, value in self.env.items() if key not in ("HOME", "PATH")}
        return fingerprint(list(self.argv), env, self.version)


def version_of(*paths: Path) -> str:
    """Changes with the files, or with the files in the folders."""
    files = [f for path in paths for f in (sorted(path.rglob("*")) if path.is_dir() else [path])]
    sources = [f for f in files if f.is_file() and f.suffix != ".pyc"]
    return fingerprint([(str(f), f.stat().st_mtime_ns, f.stat().st_size) for f in sources])


def _mark_file(name: str) -> Path:
    return pid_file(name).with_suffix(".mark")
