"""Secrets, ports and the env file."""

from __future__ import annotations

import stat
import subprocess

import pytest

from launcher import models, settings
from launcher.servers import Postgres
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
    own = {"PATH", "BIND_ADDRESS", "PORT", "SERVICE_TOKEN", "METRICS_URL"}
    assert set(given) == {*own, *service.needs}
    assert "WHATSAPP_ACCESS_TOKEN" not in given or "WHATSAPP_ACCESS_TOKEN" in service.needs


def test_the_models_are_played_unless_there_is_a_key(env, monkeypatch):
    for provider in models.PROVIDERS:
        monkeypatch.delenv(provider.key, raising=False)
    (service,) = [each for each in SERVICES if each.models]
    monkeypatch.setenv("DEEPSEEK_API_KEY", "sk-real")
    given = settings.service_environment(service, env)
    assert given["DEEPSEEK_API_KEY"] == "sk-real"
    assert given["GEMINI_API_KEY"] == given["OPENAI_API_KEY"] == env["SIMULATOR_MODEL_KEY"]
    assert "sk-real" not in env.values()


def test_providers_are_pointed_at_the_simulator_and_back(tmp_path, monkeypatch):
    for provider in models.PROVIDERS:
        monkeypatch.delenv(provider.key, raising=False)
    server = Postgres.start(tmp_path / "postgres")
    try:
        server.create_database("shop")
        own = ", ".join(f"('{one.name}', '{one.base_url}')" for one in models.PROVIDERS)
        server.query(
            "CREATE TABLE ai_provider_config (provider_name TEXT, base_url TEXT, updated_at TIMESTAMPTZ);"
            f" INSERT INTO ai_provider_config VALUES {own}, ('Mine', 'https://ai.example')",
            database="shop",
        )

        def urls() -> dict[str, str]:
            rows = server.query("SELECT provider_name, base_url FROM ai_provider_config", database="shop")
            return dict(row.split("|") for row in rows.splitlines())

        models.point(server, "shop", "http://127.0.0.1:5")
        assert urls() == {
            "Gemini": "http://127.0.0.1:5/ai/gemini/v1beta",
            "DeepSeek": "http://127.0.0.1:5/ai/deepseek",
            "OpenAI": "http://127.0.0.1:5/ai/openai/v1",
            "Mine": "https://ai.example",
        }
        server.query(
            "UPDATE ai_provider_config SET base_url = 'https://proxy.example' WHERE provider_name = 'Gemini'",
            database="shop",
        )
        monkeypatch.setenv("DEEPSEEK_API_KEY", "sk-real")
        monkeypatch.setenv("GEMINI_API_KEY", "real")
        models.point(server, "shop", "http://127.0.0.1:6")
        assert urls() == {
            "Gemini": "https://proxy.example",
            "DeepSeek": "https://api.deepseek.com",
            "OpenAI": "http://127.0.0.1:6/ai/openai/v1",
            "Mine": "https://ai.example",
        }
    finally:
        server.stop()


def test_there_is_no_env_file_when_nothing_was_started(state):
    assert settings.read_env_file() == {}
