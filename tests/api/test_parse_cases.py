"""Each file of tests/cases/parse: a webhook, and what its answer must say.

A file holds `webhook`, or the `messages` and `statuses` (and `contacts`) of a usual one.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.api.webhooks import CASES, NODE, change, differences, envelope, hashes, parse

KNOWN = [{"profile": {"name": "Ana"}, "wa_id": "5215512345678"}]


def webhook_of(case: dict[str, Any]) -> dict[str, Any]:
    if "webhook" in case:
        return case["webhook"]
    contacts = case.get("contacts", KNOWN)
    return envelope(change(case.get("messages"), case.get("statuses"), contacts))


@pytest.mark.parametrize("path", sorted(CASES.glob("*.json")), ids=lambda path: path.stem)
def test_case(service, path: Path):
    case = json.loads(path.read_text())
    svc = service(NODE)
    answer = parse(svc, webhook_of(case))
    wrong = differences(case["answer"], answer)
    assert not wrong, f"{case['what']}:\n" + "\n".join(wrong) + f"\n{json.dumps(answer, indent=1)}"


def well_formed() -> list[Path]:
    """Cases with one message that nothing is wrong with."""
    found = []
    for path in sorted(CASES.glob("*.json")):
        case = json.loads(path.read_text())
        answered = case["answer"].get("messages") or [{}]
        if len(case.get("messages", [])) == 1 and answered[0].get("validation") == []:
            found.append(path)
    return found


@pytest.mark.parametrize("path", well_formed(), ids=lambda path: path.stem)
def test_hashes_are_the_canonical_forms(service, path: Path):
    case = json.loads(path.read_text())
    (message,) = parse(service(NODE), webhook_of(case))["messages"]
    expected = hashes(case["messages"][0], known=message["type"] != "unknown")
    assert {name: message[name] for name in expected} == expected
