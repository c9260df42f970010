"""The one exception that the command line turns into a message and an exit status."""

from __future__ import annotations

from pathlib import Path


class LauncherError(Exception):
    """Something a person can act on. `log` is the file that tells more."""

    def __init__(self, message: str, *, log: Path | None = None, status: int = 1) -> None:
        super().__init__(message)
        self.log = log
        self.status = status
