"""The text of the repository speaks of the product, on any machine."""

import re

import pytest

from tests.lint import repo

# Each in two parts, so that this file holds none itself.
PATTERNS = {
    "who wrote it": r"(?i)\bcl" r"aude\b|\bsub" r"agents?\b",
    "how it was written": r"(?i)\bsess" r"ion [12]\b|\bissue" r" #",
    "a package host": r"(?i)\bpypi" r"\.org|\bnpmjs" r"\.(?:org|com)|\bdeb\.deb" r"ian\.org",
    "a path of one machine": r"(?<![\w./])/wo" r"rk/|/tm" r"p/m(?:[0-9/]|\b)",
}


def violations(path: str, text: str) -> list[str]:
    return [
        f"{path}:{text.count(chr(10), 0, match.start()) + 1}: {match[0]}: {what}"
        for what, pattern in PATTERNS.items()
        for match in re.finditer(pattern, text)
    ]


@pytest.mark.parametrize(
    "text",
    [
        "made by Cl" "aude",
        "as in sess" "ion 1",
        "see issue" " #12",
        "https://pypi" ".org/simple",
        "cd /wo" "rk/main",
        "'/tm" "p/m1/x'",
    ],
)
def test_rule_finds(text: str) -> None:
    assert len(violations("a", "\n" + text)) == 1


@pytest.mark.parametrize(
    "text", ["session:5215512345678", "sessions 12", "network/x", "src/work/a", "/tmp/mine"]
)
def test_rule_lets_pass(text: str) -> None:
    assert not violations("a", text)


def test_words() -> None:
    found = [v for p in repo.files() if p != "LICENSE" for v in violations(p, repo.text(p))]
    assert not found, repo.report(found)
