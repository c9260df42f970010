"""The measures, against values worked out by hand."""

from __future__ import annotations

import pytest

from tests.accuracy import metrics
from tests.accuracy.heldout import Answer, Guess, folded

LABELS = ["a", "a", "a", "b"]
GUESSES = ["a", "a", "b", "b"]
SURE = [Guess("a", 0.95), Guess("a", 0.85), Guess("b", 0.45), Guess("b", 0.55)]


def test_accuracy_and_f1() -> None:
    assert metrics.accuracy(LABELS, GUESSES) == 0.75
    scores = metrics.by_intent(LABELS, GUESSES)
    assert scores["a"].precision == 1 and scores["a"].recall == pytest.approx(2 / 3)
    assert scores["b"].precision == 0.5 and scores["b"].recall == 1
    # a: 2 * 1 * 2/3 / (5/3) = 0.8; b: 2 * 0.5 / 1.5 = 0.6667
    assert metrics.macro_f1(LABELS, GUESSES) == pytest.approx((0.8 + 2 / 3) / 2)


def test_an_intent_that_is_never_guessed_has_no_f1() -> None:
    assert metrics.by_intent(["a", "b"], ["a", "a"])["b"] == metrics.Score(1, 0, 0, 0)


def test_coverage_and_precision() -> None:
    assert metrics.sure(LABELS, SURE, 0.8) == (0.5, 1)
    assert metrics.sure(LABELS, SURE, 0.4) == (1, 0.75)
    assert metrics.sure(LABELS, SURE, 0.99) == (0, 0)
    assert metrics.precision_of_surest(LABELS, SURE, 0.75) == 1
    assert metrics.precision_of_surest(LABELS, SURE, 1) == 0.75


def test_calibration() -> None:
    bins = metrics.reliability(LABELS, SURE)
    assert bins[9] == metrics.Bin(1, 0.95, 1) and bins[4] == metrics.Bin(1, 0.45, 0)
    # (0.05 + 0.15 + 0.45 + 0.45) / 4
    assert metrics.calibration_error(bins) == pytest.approx(0.275)
    assert metrics.reliability(["a"], [Guess("a", 1.0)])[9].count == 1


def test_cascade_takes_the_classifier_where_it_is_sure() -> None:
    answers = [
        Answer(Guess("kw", 0.5), Guess("local", confidence), {}, 1) for confidence in (0.8, 0.79)
    ]
    assert metrics.cascade(answers, 0.8) == ["local", "kw"]


def test_entities_are_compared_folded() -> None:
    wanted = [{"color": "Café", "quantity": 2}, {"size": "m"}]
    found = [{"color": "cafe", "quantity": 3}, {"brand": "m"}]
    scores = metrics.by_field(wanted, found)
    assert scores["color"] == metrics.FieldScore(1, 1, 1)
    assert scores["quantity"] == metrics.FieldScore(1, 1, 0)
    assert scores["size"] == metrics.FieldScore(1, 0, 0)
    assert scores["brand"] == metrics.FieldScore(0, 1, 0)


def test_folding_leaves_a_text_of_marks_alone() -> None:
    assert folded("¿Qué TAL?") == "que tal"
    assert folded("👍") == "👍"
