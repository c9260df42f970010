"""n8n on the private PostgreSQL, with the workflows imported and published before it starts."""

from __future__ import annotations

import json
import os
import shutil
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from launcher import installs, settings
from launcher.errors import LauncherError
from launcher.parts import Part
from launcher.paths import log_file, state_folder
from launcher.ports import LOOPBACK
from launcher.run import new_log, run_logged
from launcher.servers import ROLE, Postgres
from launcher.workflows import credentials, fingerprint, local_workflows

NAME = "n8n"
DATABASE = "n8n"
START_TIMEOUT_S = 120
# What has to be there before n8n counts as started: path and methods.
WEBHOOKS = ((settings.WEBHOOK_PATH, ("GET", "POST")), ("/webhook/payment-notice", ("POST",)))

# Modules of n8n that a shop doesn't use and that would slow its start or call out.
UNUSED_MODULES = (
    "agent-evals", "agents", "breaking-changes", "chat-hub", "insights", "instance-ai", "mcp",
    "mcp-registry", "quick-connect", "workflow-builder",
)  # fmt: skip


def n8n_environment(postgres: Postgres) -> dict[str, str]:
    return {
        # Nothing else of the caller's: a variable of another n8n must not reach this one.
        "HOME": os.environ.get("HOME", "/"),
        "PATH": installs.node_environment()["PATH"],
        "N8N_USER_FOLDER": str(_folder()),
        "N8N_ENCRYPTION_KEY": settings.secret("n8n_encryption_key"),
        "N8N_LISTEN_ADDRESS": LOOPBACK,
        "N8N_PORT": str(settings.noted_port(NAME)),
        "N8N_RUNNERS_BROKER_PORT": str(settings.noted_port("n8n-runners")),
        "DB_TYPE": "postgresdb",
        "DB_POSTGRESDB_HOST": LOOPBACK,
        "DB_POSTGRESDB_PORT": str(postgres.port),
        "DB_POSTGRESDB_DATABASE": DATABASE,
        "DB_POSTGRESDB_USER": ROLE,
        "DB_POSTGRESDB_PASSWORD": postgres.password,
        # What was published on the command line is what runs, from the first request on;
        # n8n's publication service would take it over some 10 s after the start.
        "N8N_USE_WORKFLOW_PUBLICATION_SERVICE": "false",
        "N8N_DISABLED_MODULES": ",".join(UNUSED_MODULES),
        "N8N_COMMUNITY_PACKAGES_ENABLED": "false",
        "N8N_DIAGNOSTICS_ENABLED": "false",
        "N8N_VERSION_NOTIFICATIONS_ENABLED": "false",
        "N8N_TEMPLATES_ENABLED": "false",
        "N8N_DYNAMIC_BANNERS_ENABLED": "false",
        "N8N_HIRING_BANNER_ENABLED": "false",
        "N8N_PERSONALIZATION_ENABLED": "false",
        # Without an owner, n8n's page would begin with a form to register one.
        "N8N_INSTANCE_OWNER_MANAGED_BY_ENV": "true",
        "N8N_INSTANCE_OWNER_EMAIL": settings.N8N_OWNER_EMAIL,
        "N8N_INSTANCE_OWNER_FIRST_NAME": "Tienda",
        "N8N_INSTANCE_OWNER_LAST_NAME": "Demo",
        "N8N_INSTANCE_OWNER_PASSWORD_HASH": _owner_password_hash(postgres),
        # The page is on plain HTTP, on loopback only.
        "N8N_SECURE_COOKIE": "false",
        "EXECUTIONS_DATA_MAX_AGE": "24",
    }


def import_workflows(postgres: Postgres, env: Mapping[str, str]) -> bool:
    """Brings n8n's database to the workflows of the checkout; False when it had them already."""
    workflows, secrets = local_workflows(env), credentials(env)
    mark = fingerprint(installs.N8N_VERSION, workflows, secrets)
    if _imported(postgres) == mark:
        return False
    log = new_log(log_file("n8n-import"))
    environment = n8n_environment(postgres)
    _import(log, environment, "credentials", secrets)
    _import(log, environment, "workflow", workflows)
    for workflow in workflows:
        printed = _command(log, environment, "publish:workflow", f"--id={workflow['id']}")
        if "Publishing workflow" not in printed or "Error" in printed:
            raise LauncherError(f"n8n didn't publish {workflow['name']}", log=log)
    postgres.query(f"COMMENT ON DATABASE {DATABASE} IS 'workflows {mark}'")
    return True


def part(postgres: Postgres) -> Part:
    return Part(
        NAME,
        [str(installs.node_folder() / "node"), str(installs.n8n_program()), "start"],
        n8n_environment(postgres),
        answers=_takes_webhooks,
        timeout_s=START_TIMEOUT_S,
        cwd=_folder(),
    )


def _owner_password_hash(postgres: Postgres) -> str:
    """n8n wants bcrypt, which PostgreSQL can do. The hash is kept: each new one has another salt."""
    file = settings.secret_file("n8n_owner_password_hash")
    if not file.exists():
        password = settings.secret("n8n_owner_password", size=6)
        postgres.query("CREATE EXTENSION IF NOT EXISTS pgcrypto")
        hashed = postgres.query(f"SELECT crypt('{password}', gen_salt('bf', 10))")
        settings.write_private(file, hashed)
    return file.read_text()


def _folder() -> Path:
    folder = state_folder() / "n8n"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _imported(postgres: Postgres) -> str:
    """Noted on the database itself: a new database hasn't got it, and so gets the workflows."""
    sql = f"SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = '{DATABASE}'"
    return postgres.query(sql).removeprefix("workflows ")


def _import(log: Path, env: dict[str, str], kind: str, things: list[dict[str, Any]]) -> None:
    folder = _folder() / "import"
    folder.mkdir(mode=0o700, exist_ok=True)
    file = folder / f"{kind}.json"
    try:
        settings.write_private(file, json.dumps(things))
        printed = _command(log, env, f"import:{kind}", f"--input={file}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    # n8n's commands exit with 0 on some failures, so what they say is read.
    if f"Successfully imported {len(things)} " not in printed:
        raise LauncherError(f"n8n didn't import every {kind}", log=log)


def _command(log: Path, env: dict[str, str], *words: str) -> str:
    argv = [str(installs.node_folder() / "node"), str(installs.n8n_program()), *words]
    return run_logged(f"n8n {words[0]}", argv, log, env=env)


def _takes_webhooks() -> bool:
    """n8n says that it is ready before the published webhooks are there, one after the other.

    Asked as a browser asks before a call from another site, it names the methods that it takes.
    """
    return all(_takes(settings.url(NAME) + path, methods) for path, methods in WEBHOOKS)


def _takes(url: str, methods: tuple[str, ...]) -> bool:
    request = urllib.request.Request(url, method="OPTIONS", headers={"Origin": "null"})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            taken = answer.headers.get("Access-Control-Allow-Methods", "")
    except (urllib.error.URLError, OSError):
        return False
    return all(method in taken for method in methods)
