"""The shop's database: the full schema, and the demo shop in it."""

from __future__ import annotations

import os

from launcher.parts import version_of
from launcher.paths import ROOT, log_file
from launcher.run import new_log, run_logged
from launcher.servers import Postgres, postgres_bin

DATABASE = "commerce"
FOLDER = ROOT / "database"


def prepare(postgres: Postgres, pictures: str) -> tuple[str, bool]:
    """Migrates the database, loads the demo shop; returns its URL, and whether anything was new.

    pictures: the address under which the simulator draws the products.
    """
    url = postgres.create_database(DATABASE)
    mark = f"{version_of(FOLDER)} {pictures}"
    if _loaded(postgres) == mark:
        return url, False
    log = new_log(log_file("database"))
    env = {**os.environ, "PATH": f"{postgres_bin()}:{os.environ.get('PATH', '/usr/bin:/bin')}"}
    run_logged("database/migrate.sh", [FOLDER / "migrate.sh", "--init", url], log, env=env)
    load = [FOLDER / "load-demo.sh", "--pictures", pictures, url]
    run_logged("database/load-demo.sh", load, log, env=env)
    postgres.query(f"COMMENT ON DATABASE {DATABASE} IS 'demo shop {mark}'")
    return url, True


def _loaded(postgres: Postgres) -> str:
    """Noted on the database itself, and so gone with it."""
    sql = f"SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = '{DATABASE}'"
    return postgres.query(sql).removeprefix("demo shop ")
