"""What the contract tests do with a running service: each in its file says with which data."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from openapi_spec_validator import OpenAPIV31SpecValidator
from openapi_spec_validator.readers import read_from_filename

from tests.contract.schemas import local_pointers, references
from tests.service import Service

TOKEN = "contract-token"
AUTHORIZATION = {"Authorization": f"Bearer {TOKEN}"}


@dataclass(frozen=True)
class Effort:
    examples: int
    timeout_s: int
    options: Sequence[str] = ()  # further ones of schemathesis


def run_schemathesis(
    svc: Service, contract: Path, document: dict[str, Any], folder: Path, source: str, effort: Effort
) -> str:
    """All checks, with data that keeps the contract and data that breaks it, from the file or from
    what the service serves; what schemathesis printed."""
    served = folder / "openapi.json"
    served.write_text(json.dumps(document))
    argv = [
        Path(sys.executable).with_name("schemathesis"),
        "run",
        str(contract if source == "written" else served),
        f"--url={svc.url}",
        f"--header=Authorization: Bearer {TOKEN}",
        "--checks=all",
        *effort.options,
        "--mode=all",
        f"--max-examples={effort.examples}",
        "--seed=1",
        "--generation-database=none",
        # Neither a path nor a query can hold one; bodies are tested with it.
        "--generation-allow-x00=false",
        "--output-truncate=false",
        "--no-color",
    ]
    result = subprocess.run(argv, cwd=folder, capture_output=True, text=True, timeout=effort.timeout_s)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def check_operations(output: str, selected: int, total: int) -> None:
    assert re.search(rf"Operations: +{selected} selected / {total} total", output), output


def check_is_openapi(contract: Path, document: dict[str, Any], source: str) -> None:
    found, uri = read_from_filename(str(contract)) if source == "written" else (document, "")
    OpenAPIV31SpecValidator(found, base_uri=uri).validate()


def check_served_as_written(contract: Path, document: dict[str, Any]) -> None:
    """But for references to other files, which are resolved."""
    written = yaml.safe_load(contract.read_text())
    assert document["info"] == written["info"]
    assert set(document["paths"]) == set(written["paths"])
    assert references(document) <= set(local_pointers(document))
