"""The n8n workflows of the checkout, as a local n8n gets them.

The files name the services as compose and Kubernetes do, and Meta's Graph API. For a local run
those addresses are rewritten; nothing else of a workflow is changed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from launcher.paths import ROOT
from launcher.services import SERVICES

FOLDER = ROOT / "n8n-workflows"
GRAPH_API = "https://graph.facebook.com"


def workflow_files() -> list[Path]:
    return sorted(FOLDER.glob("*.json"))


def local_addresses(env: Mapping[str, str]) -> dict[str, str]:
    """What to replace by what: the beginnings of addresses."""
    addresses = {f"http://{s.host}:{s.port}": env[s.url_variable] for s in SERVICES}
    addresses[GRAPH_API] = env["SIMULATOR_URL"]
    return addresses


def rewrite_addresses(value: Any, addresses: Mapping[str, str]) -> Any:
    """A copy of the JSON value in which every address that a text starts with is replaced.

    Only whole origins: http://a:81 is not taken for the beginning of http://a:8101.
    """
    if isinstance(value, dict):
        return {key: rewrite_addresses(item, addresses) for key, item in value.items()}
    if isinstance(value, list):
        return [rewrite_addresses(item, addresses) for item in value]
    if not isinstance(value, str):
        return value
    # n8n marks an expression with a leading "=".
    mark, text = ("=", value[1:]) if value.startswith("=") else ("", value)
    for origin, local in addresses.items():
        rest = text[len(origin) :]
        if text.startswith(origin) and (not rest or rest[0] in "/?#"):
            return f"{mark}{local}{rest}"
    return value


def local_workflows(env: Mapping[str, str]) -> list[dict[str, Any]]:
    addresses = local_addresses(env)
    return [rewrite_addresses(json.loads(file.read_text()), addresses) for file in workflow_files()]


def credentials(env: Mapping[str, str]) -> list[dict[str, Any]]:
    """The two that the workflows use, found there by their names."""
    return [
        _bearer("commerceServiceToken", "Commerce Service Token", env["SERVICE_TOKEN"]),
        _bearer("commerceWhatsAppApi", "WhatsApp Cloud API", env["WHATSAPP_ACCESS_TOKEN"]),
    ]


def _bearer(id_: str, name: str, token: str) -> dict[str, Any]:
    data = {"name": "Authorization", "value": f"Bearer {token}"}
    return {"id": id_, "name": name, "type": "httpHeaderAuth", "data": data}


def fingerprint(*parts: Any) -> str:
    text = json.dumps(parts, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
