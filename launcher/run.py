"""Commands that are waited for: output to a log, and a failure that names it."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from launcher.errors import LauncherError


def run_logged(
    what: str,
    argv: Sequence[str | Path],
    log: Path,
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> str:
    """Runs the command to its end and returns what it printed, which also goes to the log."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a") as output:
        output.write(f"$ {' '.join(str(word) for word in argv)}\n")
        output.flush()
        begin = output.tell()
        try:
            result = subprocess.run(
                [str(word) for word in argv],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=None if env is None else dict(env),
                cwd=cwd,
            )
        except OSError as error:
            raise LauncherError(f"{what} failed: {error}", log=log) from error
    if result.returncode != 0:
        raise LauncherError(f"{what} failed with exit status {result.returncode}", log=log)
    with log.open(errors="replace") as printed:
        printed.seek(begin)
        return printed.read()


def new_log(file: Path) -> Path:
    """An empty log; what an earlier run wrote would only mislead."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(time.strftime("# %Y-%m-%d %H:%M:%S UTC\n", time.gmtime()))
    return file
