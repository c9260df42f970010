"""Secrets, ports and the env file."""

from __future__ import annotations

import stat
import subprocess

import pytest

from launcher import settings
from launcher.services import SERVICES

DATABASE = "postgresql://commerce:pw@127.0.0.1:5/commerce"
REDIS = "redis://127.0.0.1:6/0"


@pytest.fixture
def env(state) -> dict[str, str]:
    for name in ("n8n", "simulator", *(service.name for service in SERVICES)):
        settings.pick_port(name)
    return settings.environment(DATABASE, REDIS)


def mode(path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_shell_reads_the_env_file_as_it_is(env):
    env["WHATSAPP_APP_SECRET"] = "it's $HOME `date` & \"more\""
    settings.write_env_file(env)
    script = f"set -a; . {settings.env_file()}; env -0"
    printed = subprocess.run(["sh", "-c", script], env={}, capture_output=True, text=True).stdout
    read = dict(pair.split("=", 1) for pair in printed.split("\0") if pair)
    assert {name: read[name] for name in env} == env
    assert settings.read_env_file() == env


def test_the_env_file_has_every_name_that_scripts_rely_on(env):
    names = {
        "DATABASE_URL", "REDIS_URL", "N8N_URL", "SERVICE_TOKEN", "SIMULATOR_URL",
        "WHATSAPP_APP_SECRET", "WHATSAPP_VERIFY_TOKEN", "WHATSAPP_ACCESS_TOKEN",
        "WHATSAPP_PHONE_NUMBER_ID", "PARSE_MESSAGE_OPTIMIZED_URL",
    }  # fmt: skip
    assert names <= set(env)
    assert all(env[name] for name in names)


def test_secrets_are_made_once_and_are_private(env):
    settings.write_env_file(env)
    assert settings.environment(DATABASE, REDIS) == env
    assert mode(settings.env_file()) == 0o600
    files = [file for file in settings.secret_file("x").parent.iterdir() if file.is_file()]
    assert files and all(mode(file) == 0o600 for file in files)
    assert env.pop("N8N_NOTIFY_TOKEN") == env["SERVICE_TOKEN"]
    secret = [name for name in env if name.endswith(("_TOKEN", "_SECRET", "_KEY"))]
    assert len(secret) == len({env[name] for name in secret}) == 9


def test_a_service_gets_what_it_needs_and_no_more(env):
    service = SERVICES[0]
    given = settings.service_environment(service, env)
    assert set(given) == {"PATH", "BIND_ADDRESS", "PORT", "SERVICE_TOKEN", *service.needs}
    assert "WHATSAPP_ACCESS_TOKEN" not in given or "WHATSAPP_ACCESS_TOKEN" in service.needs


def test_there_is_no_env_file_when_nothing_was_started(state):
    assert settings.read_env_file() == {}
