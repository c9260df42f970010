"""Where things are: the checkout, what runs in it, and big installs shared by all checkouts."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def state_folder() -> Path:
    """What belongs to this checkout: data, logs, secrets, pid files. Tests use one of their own."""
    return Path(os.environ.get("COMMERCE_STATE") or ROOT / ".commerce").resolve()


def cache_folder() -> Path:
    """Venvs, Node and n8n, by version. It may be deleted at any time that nothing runs."""
    named = os.environ.get("COMMERCE_CACHE")
    return Path(named or Path.home() / ".cache" / "whatsapp-commerce").resolve()


def build_folder() -> Path:
    return ROOT / "build" / "release"


def log_file(name: str) -> Path:
    return state_folder() / "logs" / f"{name}.log"


def pid_file(name: str) -> Path:
    return state_folder() / "run" / f"{name}.pid"


def short(path: Path) -> str:
    """As a person standing in the checkout would type it."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
