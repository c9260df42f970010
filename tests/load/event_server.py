"""A private PostgreSQL with the whole schema, that keeps what it has committed."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from launcher.paths import ROOT
from launcher.servers import Postgres
from tests.load.model import BenchError

# Safe commits, as a shop has them, and a log that no checkpoint interrupts for a while.
SETTINGS = {
    "shared_buffers": "512MB",
    "synchronous_commit": "on",
    "fsync": "on",
    "full_page_writes": "on",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "30min",
    "wal_compression": "lz4",
}
SETTINGS_TEXT = "PostgreSQL, one for each: " + ", ".join(
    f"{name} {SETTINGS[name]}" for name in ("shared_buffers", "synchronous_commit", "fsync")
)


def start(folder: Path, stack: ExitStack) -> Mapping[str, str]:
    server = Postgres.start(folder, settings=SETTINGS)
    stack.callback(server.stop)
    url = server.create_database("events")
    result = subprocess.run(
        ["database/migrate.sh", "--init", url], cwd=ROOT, capture_output=True, text=True,
        env={"PATH": os.environ.get("PATH", "/usr/bin:/bin")},
    )  # fmt: skip
    if result.returncode != 0:
        raise BenchError(f"migrate.sh: {result.stderr.strip()[-300:]}")
    return {"DATABASE_URL": url, "POSTGRES_PID": str(server.process.pid)}
