"""The held-out messages, and what the program says of them."""

from __future__ import annotations

import json
import re
import subprocess
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
TRAINING = HERE.parents[1] / "services" / "ai_provider_ultra_optimized" / "training" / "es.tsv"
PROGRAM = Path("tests") / "intent_eval"
"""In the build's folder."""


@dataclass(frozen=True)
class Message:
    intent: str
    state: str
    text: str
    entities: Mapping[str, Any]


@dataclass(frozen=True)
class Guess:
    intent: str
    confidence: float


@dataclass(frozen=True)
class Answer:
    keywords: Guess
    classifier: Guess
    entities: Mapping[str, Any]
    took_us: float
    """Of the classifier."""


def read(path: Path) -> list[Message]:
    lines = path.read_text(encoding="utf-8").splitlines()[1:]
    rows = [[*line.split("\t"), ""] for line in lines if line]
    return [Message(row[0], row[1], row[2], json.loads(row[3] or "{}")) for row in rows]


def folded(text: str) -> str:
    """Without case, accents and marks: two texts that are the same to a reader."""
    plain = unicodedata.normalize("NFD", text.lower())
    kept = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(re.findall(r"\w+", kept)) or text


def training_texts() -> set[str]:
    return {folded(message.text) for message in read(TRAINING)}


def ask(program: Path, messages: Sequence[Message], language: str) -> list[Answer]:
    lines = "".join(f"{language}\t{each.state}\t{each.text}\n" for each in messages)
    done = subprocess.run([program], input=lines, capture_output=True, text=True, check=True)
    answers = [_answer(json.loads(line)) for line in done.stdout.splitlines()]
    assert len(answers) == len(messages), f"{len(answers)} answers to {len(messages)} messages"
    return answers


def _answer(row: Mapping[str, Any]) -> Answer:
    keywords, classifier = (
        Guess(row[name]["intent"], row[name]["confidence"]) for name in ("keywords", "classifier")
    )
    return Answer(keywords, classifier, row["entities"], row["classifier"]["took_ns"] / 1000)
