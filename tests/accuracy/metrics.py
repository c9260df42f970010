"""What guesses are worth, against the labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.accuracy.heldout import Answer, Guess, folded

BINS = 10


@dataclass(frozen=True)
class Score:
    """Of one intent."""

    count: int
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class Bin:
    """Guesses whose confidence lies in one tenth."""

    count: int
    confidence: float
    accuracy: float


@dataclass(frozen=True)
class FieldScore:
    wanted: int
    found: int
    exact: int


def share(part: float, whole: float) -> float:
    """0 of nothing."""
    return part / whole if whole else 0.0


def accuracy(labels: Sequence[str], guesses: Sequence[str]) -> float:
    pairs = zip(labels, guesses, strict=True)
    return share(sum(label == guess for label, guess in pairs), len(labels))


def by_intent(labels: Sequence[str], guesses: Sequence[str]) -> dict[str, Score]:
    wanted, found = Counter(labels), Counter(guesses)
    right = Counter(label for label, guess in zip(labels, guesses, strict=True) if label == guess)
    made = {}
    for intent in sorted(wanted):
        precision = share(right[intent], found[intent])
        recall = share(right[intent], wanted[intent])
        f1 = share(2 * precision * recall, precision + recall)
        made[intent] = Score(wanted[intent], precision, recall, f1)
    return made


def macro_f1(labels: Sequence[str], guesses: Sequence[str]) -> float:
    """The mean over the intents that are labels, however many messages each has."""
    scores = by_intent(labels, guesses)
    return share(sum(score.f1 for score in scores.values()), len(scores))


def cascade(answers: Sequence[Answer], threshold: float) -> list[str]:
    """The classifier where it is sure, else the keywords: no model is asked."""
    return [
        each.classifier.intent if each.classifier.confidence >= threshold else each.keywords.intent
        for each in answers
    ]


def surer(answers: Sequence[Answer]) -> list[str]:
    """Of the classifier and the keywords, the one with more confidence."""
    return [
        (
            each.classifier
            if each.classifier.confidence >= each.keywords.confidence
            else each.keywords
        ).intent
        for each in answers
    ]


def sure(
    labels: Sequence[str], guesses: Sequence[Guess], threshold: float
) -> tuple[float, float]:
    """The share of messages at or above the threshold, and the share of these that is right."""
    pairs = zip(labels, guesses, strict=True)
    kept = [label == guess.intent for label, guess in pairs if guess.confidence >= threshold]
    return share(len(kept), len(labels)), share(sum(kept), len(kept))


def precision_of_surest(labels: Sequence[str], guesses: Sequence[Guess], part: float) -> float:
    """The share that is right of the surest PART of all messages."""
    pairs = sorted(
        zip(labels, guesses, strict=True), key=lambda pair: pair[1].confidence, reverse=True
    )
    kept = pairs[: round(len(pairs) * part)]
    return share(sum(label == guess.intent for label, guess in kept), len(kept))


def reliability(labels: Sequence[str], guesses: Sequence[Guess]) -> list[Bin]:
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for label, guess in zip(labels, guesses, strict=True):
        place = min(int(guess.confidence * BINS), BINS - 1)
        bins[place].append((guess.confidence, label == guess.intent))
    return [
        Bin(
            len(each),
            share(sum(confidence for confidence, _ in each), len(each)),
            share(sum(right for _, right in each), len(each)),
        )
        for each in bins
    ]


def calibration_error(bins: Sequence[Bin]) -> float:
    """Expected: the mean distance of confidence and accuracy, each bin by its messages."""
    distance = sum(each.count * abs(each.confidence - each.accuracy) for each in bins)
    return share(distance, sum(each.count for each in bins))


def confusion(labels: Sequence[str], guesses: Sequence[str]) -> Counter[tuple[str, str]]:
    return Counter(zip(labels, guesses, strict=True))


def same_value(left: Any, right: Any) -> bool:
    if isinstance(left, str) and isinstance(right, str):
        return folded(left) == folded(right)
    return bool(left == right)


def by_field(
    wanted: Sequence[Mapping[str, Any]], found: Sequence[Mapping[str, Any]]
) -> dict[str, FieldScore]:
    counts: dict[str, Counter[str]] = {}
    for want, find in zip(wanted, found, strict=True):
        for key in {**want, **find}:
            count = counts.setdefault(key, Counter())
            count["wanted"] += key in want
            count["found"] += key in find
            count["exact"] += key in want and key in find and same_value(want[key], find[key])
    return {
        key: FieldScore(count["wanted"], count["found"], count["exact"])
        for key, count in sorted(counts.items())
    }
