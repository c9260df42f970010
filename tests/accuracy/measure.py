"""All figures of one language's held-out messages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.accuracy import heldout, metrics

THRESHOLD = 0.8
"""The service's own, AI_LOCAL_THRESHOLD."""


@dataclass(frozen=True)
class Figures:
    accuracy: float
    macro_f1: float


@dataclass(frozen=True)
class Measured:
    language: str
    messages: int
    threshold: float
    overall: Mapping[str, Figures]
    """By keywords, classifier, cascade, and the surer of the two."""
    new_accuracy: float
    """Of the classifier, without the messages that the training has word for word."""
    new_messages: int
    coverage: float
    precision: float
    precision_of_surest: float
    """Of three quarters of the messages."""
    calibration_error: float
    reliability: Sequence[metrics.Bin]
    intents: Mapping[str, metrics.Score]
    keywords_intents: Mapping[str, metrics.Score]
    entities: Mapping[str, metrics.FieldScore]
    confusion: Counter[tuple[str, str]]
    median_us: float


def measure(program: Path, language: str, threshold: float = THRESHOLD) -> Measured:
    messages = heldout.read(heldout.HERE / f"{language}.tsv")
    answers = heldout.ask(program, messages, language)
    labels = [each.intent for each in messages]
    sure = [each.classifier for each in answers]
    guesses = {
        "keywords": [each.keywords.intent for each in answers],
        "classifier": [each.intent for each in sure],
        "cascade": metrics.cascade(answers, threshold),
        "surer": metrics.surer(answers),
    }
    known = heldout.training_texts()
    new = [number for number, each in enumerate(messages) if heldout.folded(each.text) not in known]
    bins = metrics.reliability(labels, sure)
    coverage, precision = metrics.sure(labels, sure, threshold)
    return Measured(
        language=language,
        messages=len(messages),
        threshold=threshold,
        overall={
            name: Figures(metrics.accuracy(labels, each), metrics.macro_f1(labels, each))
            for name, each in guesses.items()
        },
        new_accuracy=metrics.accuracy(
            [labels[number] for number in new], [sure[number].intent for number in new]
        ),
        new_messages=len(new),
        coverage=coverage,
        precision=precision,
        precision_of_surest=metrics.precision_of_surest(labels, sure, 0.75),
        calibration_error=metrics.calibration_error(bins),
        reliability=bins,
        intents=metrics.by_intent(labels, guesses["classifier"]),
        keywords_intents=metrics.by_intent(labels, guesses["keywords"]),
        entities=metrics.by_field(
            [each.entities for each in messages], [each.entities for each in answers]
        ),
        confusion=metrics.confusion(labels, guesses["classifier"]),
        median_us=median(each.took_us for each in answers),
    )
