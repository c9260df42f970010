"""A model that answers on a known port, and a database in which it is the only provider."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import psycopg

from launcher.paths import ROOT
from launcher.ports import LOOPBACK
from launcher.servers import Postgres, postgres_bin
from launcher.waiting import http_ok
from tests.load import process, programs
from tests.load.model import BenchError, Peer, Workload

DATABASE = "models"
PROVIDER = "Bench"
MODEL = "instant"


ANSWER = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": MODEL,
    "choices": [
        {
            "index": 0,
            "message": {
                "role": "assistant",
                "content": json.dumps({"intent": "search_product", "confidence": 0.94}),
            },
            "finish_reason": "stop",
        }
    ],
    "usage": {"prompt_tokens": 420, "completion_tokens": 14, "total_tokens": 434},
}


def model_peer(key: str, delay_ms: int, workload: Workload | None = None) -> Peer:
    return Peer(
        key, "the model itself", programs.compiled("microhttpd", "microhttpd"),
        {"DELAY_MS": str(delay_ms), "ANSWER": json.dumps(ANSWER)}, ready_path="/v1/models",
        workload=workload,
    )  # fmt: skip


def start_model(folder: Path, stack: ExitStack, detail: str) -> Mapping[str, str]:
    """DETAIL is PORT:DELAY_MS; what stands at the port already is taken as the model."""
    port, _, delay_ms = detail.partition(":")
    if not http_ok(f"{_base_url(port)}/models"):
        folder.mkdir()
        peer = model_peer("model", int(delay_ms))
        stack.callback(process.start(peer, peer.argv(int(port), folder), {}, folder, int(port)).stop)
    return {}


def start_provider(folder: Path, stack: ExitStack, detail: str) -> Mapping[str, str]:
    """DETAIL is the model's port. The provider costs, so that its budget is counted too."""
    server = Postgres.start(folder)
    stack.callback(server.stop)
    url = server.create_database(DATABASE)
    _migrate(url)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("UPDATE ai_provider_config SET is_enabled = false")
        connection.execute(
            "INSERT INTO ai_provider_config (provider_name, protocol, base_url, model, timeout_ms,"
            " input_usd_per_million, output_usd_per_million, daily_budget_usd)"
            " VALUES (%s, 'openai', %s, %s, 5000, 0.1, 0.5, 1000000)",
            (PROVIDER, _base_url(detail), MODEL),
        )
    return {"DATABASE_URL": url}


def _base_url(port: str) -> str:
    return f"http://{LOOPBACK}:{port}/v1"


def _migrate(url: str) -> None:
    env = {**os.environ, "PATH": f"{postgres_bin()}:{os.environ.get('PATH', '/usr/bin:/bin')}"}
    argv = ["database/migrate.sh", "--init", url]
    result = subprocess.run(argv, cwd=ROOT, env=env, capture_output=True, text=True)
    if result.returncode != 0:
        last = (result.stderr.strip() or result.stdout.strip()).splitlines()[-1:]
        raise BenchError(f"{argv[0]} failed: {''.join(last)}")
