"""Settings, keys and rows of ai_provider_config: what is right, what is refused, what is said."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.api.ai_shop import KEY, NEVER_SURE, NODE, until
from tests.conftest import binary

SEEN_S = 3  # rows and files of keys are read again every second


def run(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [binary(NODE), *arguments], env={"PATH": "/usr/bin:/bin", **env},
        capture_output=True, text=True, timeout=20,
    )  # fmt: skip


def test_help_names_every_setting():
    printed = run("--help").stdout
    for name in (
        "CLASSIFIER_THRESHOLD", "DEADLINE_MS", "HEDGE_MS", "CALLS_MAX", "CACHE_TTL_S",
        "KEYWORDS_DIR", "METRICS_URL", "DEEPSEEK_API_KEY", "GEMINI_API_KEY", "OPENAI_API_KEY",
        "AI_API_KEY_<NAME>", "TEXT_MAX", "EVENTS_MAX",
    ):  # fmt: skip
        assert f"\n  {name} " in printed


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CLASSIFIER_THRESHOLD", "much"), ("CLASSIFIER_THRESHOLD", "-1"),
        ("CLASSIFIER_THRESHOLD", "nan"), ("DEADLINE_MS", "5"), ("CALLS_MAX", "1e9"),
        ("METRICS_URL", "metrics:8107"), ("DEEPSEEK_API_KEY_FILE", "/nowhere/key"),
    ],
)  # fmt: skip
def test_a_bad_setting_stops_the_start_with_one_line(name: str, value: str):
    result = run(**{name: value, "PORT": "1"})
    assert result.returncode in (1, 2)
    assert len(result.stderr.splitlines()) == 1 and name in result.stderr, result.stderr


def test_without_any_dependency_it_answers(service, ai):
    svc = service(NODE)
    assert ai.ask(svc, "hola")["source"] in ("local", "keywords")
    assert ai.providers(svc) == {}


def test_a_base_url_that_is_none(service, ai, model):
    """One clear line; the others are asked as if it weren't there."""
    keys = ai.add("Roto", "no es una URL", priority=1) | ai.add("Bueno", model.url)
    svc = service(NODE, DATABASE_URL=ai.database, **keys, **NEVER_SURE)
    assert ai.ask(svc, "busco una mochila")["source"] == "bueno"
    lines = [line for line in svc.log_lines() if line.get("provider") == "Roto"]
    assert len(lines) == 1 and lines[0]["level"] == "warn" and "base_url" in lines[0]["reason"]
    rows = ai.providers(svc)
    assert not rows["Roto"]["usable"] and "base_url" in rows["Roto"]["reason"]
    assert rows["Bueno"]["usable"]
    ready = ai.http.get(f"{svc.url}/readyz")
    assert ready.status_code == 200 and ready.json()["status"] == "degraded"
    assert "Roto" in ready.json()["dependencies"]["providers"]["error"]


def test_check_says_so(ai):
    keys = ai.add("Roto", "ftp://modelos.example/v1")
    result = run("--check", DATABASE_URL=ai.database, **keys)
    assert result.returncode == 0, result.stderr
    part = json.loads(result.stdout)["dependencies"]["providers"]
    assert part["state"] == "down" and "Roto" in part["error"] and "base_url" in part["error"]
    assert KEY not in result.stdout + result.stderr


def test_what_is_off_or_without_a_key_is_no_fault(service, ai, model):
    ai.add("Sin", model.url)
    keys = ai.add("Apagado", "nada", is_enabled=False)
    svc = service(NODE, DATABASE_URL=ai.database, **keys, **NEVER_SURE)
    rows = ai.providers(svc)
    assert (rows["Sin"]["reason"], rows["Sin"]["has_key"]) == ("no API key is set", False)
    assert rows["Apagado"]["reason"] == "is_enabled is false"
    dependencies = ai.http.get(f"{svc.url}/readyz").json()["dependencies"]
    assert dependencies["providers"]["state"] == "up"
    assert ai.ask(svc, "busco una mochila")["source"] == "keywords"
    assert model.calls == 0


def test_a_key_from_a_file_that_changes(service, ai, model, tmp_path: Path):
    file = tmp_path / "key"
    file.write_text("primera\n")
    ai.add("Mi_modelo-2", model.url)
    svc = service(
        NODE, DATABASE_URL=ai.database, AI_API_KEY_MI_MODELO_2_FILE=str(file), **NEVER_SURE
    )
    ai.ask(svc, "busco una mochila 1")
    assert model.keys == ["Bearer primera"]
    file.write_text("segunda\n")

    def asked() -> bool:
        ai.ask(svc, "busco una mochila 1")
        return model.keys[-1] == "Bearer segunda"

    until(asked, SEEN_S, "the new key is used")


def test_rows_that_come_change_and_go(service, ai, model, make_model):
    other = make_model()
    keys = ai.add("Uno", model.url, priority=5)
    svc = service(NODE, DATABASE_URL=ai.database, AI_API_KEY_OTRO=KEY, **keys, **NEVER_SURE)
    assert ai.ask(svc, "busco una mochila 1")["source"] == "uno"
    ai.add("Otro", other.url, priority=1)
    until(lambda: ai.ask(svc, "mochila 1")["source"] == "otro", SEEN_S, "a new row")
    ai.sql("UPDATE ai_provider_config SET priority = 9 WHERE provider_name = 'Otro'")
    until(lambda: ai.ask(svc, "mochila 1")["source"] == "uno", SEEN_S, "another order")
    ai.sql("UPDATE ai_provider_config SET model = 'nuevo' WHERE provider_name = 'Uno'")
    until(lambda: ai.ask(svc, "mochila 1").get("model") == "nuevo", SEEN_S, "another model")
    ai.sql("DELETE FROM ai_provider_config")
    until(lambda: ai.ask(svc, "mochila 1")["source"] == "keywords", SEEN_S, "no row")


def model_of(ai, svc) -> tuple[str, str | None]:
    row = ai.providers(svc)["Uno"]
    return row["model_state"], row.get("model_shutdown_date")


def test_models_that_are_there_are_missing_or_will_be(service, ai, model):
    keys = ai.add("Uno", model.url)
    svc = service(NODE, DATABASE_URL=ai.database, **keys)
    until(lambda: model_of(ai, svc) == ("there", None), SEEN_S, "it was asked at the start")
    ai.sql("UPDATE ai_provider_config SET model = 'retirado'")
    until(lambda: model_of(ai, svc)[0] == "missing", SEEN_S, "it was asked after a change")
    model.models.append({"id": "viejo", "shutdown_date": "2027-01-14"})
    ai.sql("UPDATE ai_provider_config SET model = 'viejo'")
    until(lambda: model_of(ai, svc) == ("there", "2027-01-14"), SEEN_S, "its end is known")
    said = [line for line in svc.log_lines() if "model" in line["message"]]
    assert [line["model"] for line in said] == ["retirado", "viejo"]


@pytest.mark.parametrize("status", [200, 401, 500])
def test_no_key_is_ever_said(service, ai, model, redis_url, status: int):
    model.status = status
    keys = ai.add("Uno", model.url)
    svc = service(
        NODE, DATABASE_URL=ai.database, REDIS_URL=redis_url, LOG_LEVEL="debug",
        LOG_PRIVATE="true", **keys, **NEVER_SURE,
    )  # fmt: skip
    said = [
        json.dumps(ai.ask(svc, "busco una mochila", explain=True)),
        json.dumps(ai.providers(svc)),
        json.dumps(ai.post(svc, "/v1/providers/uno/test")),
        ai.http.get(f"{svc.url}/metrics").text,
        ai.http.get(f"{svc.url}/readyz").text,
    ]
    assert model.keys[0] == f"Bearer {KEY}"
    assert svc.stop() == 0
    assert KEY not in "".join(said) + svc.log_text()
