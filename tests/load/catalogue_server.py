"""A private PostgreSQL with the whole schema and a catalogue of any size in it."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import psycopg

from launcher.paths import ROOT
from launcher.servers import Postgres, postgres_bin
from tests.load.catalogue import COLUMNS, Catalogue
from tests.load.model import BenchError

DATABASE = "catalogue"
SEARCH_INDEXES = ROOT / "database" / "migrations" / "0008_search_indexes.sql"
# As for a shop's server of a few GB: a million products and their indexes stay in memory, an
# index is preferred to reading the table, and 16 connections on few cores share no query.
SETTINGS = {
    "shared_buffers": "1GB",
    "effective_cache_size": "3GB",
    "work_mem": "32MB",
    "maintenance_work_mem": "512MB",
    "random_page_cost": "1.1",
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
    "max_wal_size": "4GB",
    "synchronous_commit": "off",
}
SETTINGS_TEXT = "PostgreSQL: " + ", ".join(
    f"{name} {SETTINGS[name]}"
    for name in ("shared_buffers", "work_mem", "random_page_cost", "max_parallel_workers_per_gather",
                 "jit")
)  # fmt: skip


def start(folder: Path, stack: ExitStack, count: int) -> Mapping[str, str]:
    server = Postgres.start(folder, settings=SETTINGS)
    stack.callback(server.stop)
    url = server.create_database(DATABASE)
    _run(["database/migrate.sh", "--init", url])
    _load(url, Catalogue(count))
    _run(["psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-f", str(SEARCH_INDEXES), url])
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE) products")
        connection.execute("REFRESH MATERIALIZED VIEW category_overview")
    return {"DATABASE_URL": url, "POSTGRES_PID": str(server.process.pid)}


def _load(url: str, catalogue: Catalogue) -> None:
    """Without the indexes, which are made faster of the whole."""
    with psycopg.connect(url) as connection:
        for index in re.findall(r"CREATE INDEX CONCURRENTLY IF NOT EXISTS (\w+)",
                                SEARCH_INDEXES.read_text()):  # fmt: skip
            connection.execute(f"DROP INDEX IF EXISTS {index}")
        for number, name in enumerate(catalogue.categories(), 1):
            connection.execute("INSERT INTO categories (id, name, display_order) VALUES (%s, %s, %s)",
                               (number, name, number))  # fmt: skip
        with connection.cursor().copy(f"COPY products ({', '.join(COLUMNS)}) FROM STDIN") as copy:
            for line in catalogue.lines():
                copy.write(line)
        for table in ("products", "categories"):
            connection.execute(f"SELECT setval('{table}_id_seq', (SELECT max(id) FROM {table}))")


def _run(argv: list[str]) -> None:
    env = {**os.environ, "PATH": f"{postgres_bin()}:{os.environ.get('PATH', '/usr/bin:/bin')}"}
    result = subprocess.run(argv, cwd=ROOT, env=env, capture_output=True, text=True)
    if result.returncode != 0:
        last = (result.stderr.strip() or result.stdout.strip()).splitlines()[-1:]
        raise BenchError(f"{argv[0]} failed: {''.join(last)}")
