"""What the local classifier and the keywords have to reach on the held-out messages."""

from __future__ import annotations

import pytest

from launcher.paths import build_folder
from tests.accuracy import heldout, report
from tests.accuracy.measure import Measured, measure


@pytest.fixture(scope="module")
def spanish() -> Measured:
    return measure(build_folder() / heldout.PROGRAM, "es")


def test_classifier(spanish: Measured) -> None:
    assert spanish.overall["classifier"].accuracy >= 0.90
    assert spanish.new_accuracy >= 0.88


def test_where_it_is_sure(spanish: Measured) -> None:
    assert spanish.coverage >= 0.75 and spanish.precision >= 0.97


def test_keywords(spanish: Measured) -> None:
    assert spanish.overall["keywords"].accuracy >= 0.75


def test_cascade_without_any_model_is_no_worse_than_keywords(spanish: Measured) -> None:
    assert spanish.overall["cascade"].accuracy >= spanish.overall["keywords"].accuracy


def test_no_held_out_line_is_only_in_training_by_far(spanish: Measured) -> None:
    """Short messages ("hola", "si") are the same everywhere; most must be new."""
    assert spanish.new_messages >= 0.8 * spanish.messages


@pytest.mark.parametrize("language", ["en", "pt"])
def test_keywords_of_other_languages(language: str) -> None:
    measured = measure(build_folder() / heldout.PROGRAM, language)
    assert measured.overall["keywords"].accuracy >= 0.65


def test_picture_and_text_name_every_intent(spanish: Measured) -> None:
    picture, text = report.as_picture(spanish), report.as_text([spanish])
    for intent in spanish.intents:
        assert f">{intent}</text>" in picture and intent in text
