"""What is around the measures: made-up customers, tuning, the picture."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections import Counter

from tests.relevance import feedback, judged, report, tune
from tests.relevance.compare import LABELS, Comparison
from tests.relevance.judged import Judged
from tests.relevance.metrics import Outcome, summary

ASKED = [Judged("q1", "exact", "olla", {"A": 3, "B": 2, "C": 1})]


def test_queries_of_a_split_are_graded_by_what_is_sold() -> None:
    both = [each for split in judged.SPLITS for each in judged.read(split)]
    assert len({each.id for each in both}) == len(both) > 400
    assert all(each.grades or each.kind == "none" for each in both)


def test_events_are_the_same_for_a_seed() -> None:
    made = list(feedback.events(ASKED, lambda text: ["A", "X", "B"]))
    assert made == list(feedback.events(ASKED, lambda text: ["A", "X", "B"]))
    assert made != list(feedback.events(ASKED, lambda text: ["A", "X", "B"], seed=1))


def test_customers_look_at_the_top_and_click_what_fits() -> None:
    ranking = ["A", "X", "B", *(f"Y{number}" for number in range(6)), "A2"]
    asked = [Judged("q", "exact", f"olla {n}", {"A": 3, "A2": 3, "B": 2}) for n in range(20)]
    made = list(feedback.events(asked, lambda text: ranking))
    seen = Counter(event.sku for event in made)
    clicked = Counter(event.sku for event in made if event.action != "shown")
    assert seen["A"] == 20 * feedback.CUSTOMERS > 2 * seen["A2"]
    assert clicked["A"] > 0.6 * seen["A"] and clicked["X"] < 0.1 * seen["X"]
    assert clicked["B"] < clicked["A"]
    assert {event.action for event in made} == {"shown", "click", "add", "purchase"}
    assert all(0 <= event.days_ago <= feedback.DAYS for event in made)


WEIGHTS = {"k1": 1.0, "tier": {"stem": 0.5, "typo": 0.0}, "popularity": 0.1}


def test_places_are_all_numbers_but_the_fixed_ones() -> None:
    assert list(tune.places(WEIGHTS)) == [("k1",), ("tier", "stem"), ("tier", "typo")]
    made = tune.changed(WEIGHTS, ("tier", "stem"), 0.75)
    assert made["tier"] == {"stem": 0.75, "typo": 0.0} and WEIGHTS["tier"]["stem"] == 0.5


def test_candidates_stay_in_their_bounds() -> None:
    assert max(tune.candidates({"b": {"name": 0.8}}, ("b", "name"))) == 1.0
    assert tune.candidates(WEIGHTS, ("tier", "typo")) == sorted(tune.FROM_ZERO)
    assert 1.0 not in tune.candidates(WEIGHTS, ("k1",))


def test_a_farther_match_never_counts_more() -> None:
    assert tune.plausible({"tier": {"exact": 1, "stem": 0.9, "typo": 0.9}})
    assert not tune.plausible({"tier": {"exact": 1, "stem": 0.8, "typo": 0.9}})
    best, _ = tune.ascend(WEIGHTS, lambda weights: weights["tier"]["typo"])
    assert best["tier"]["typo"] <= best["tier"]["stem"]


def test_ascend_finds_the_top_of_a_hill() -> None:
    def score(weights: dict) -> float:
        return 1 - (weights["k1"] - 2.4) ** 2 / 10 - (weights["tier"]["stem"] - 0.9) ** 2

    best, top = tune.ascend(WEIGHTS, score, passes=4)
    assert top > 0.98 > score(WEIGHTS)
    assert abs(best["k1"] - 2.4) < 0.3 and best["popularity"] == 0.1
    assert tune.ascend(WEIGHTS, lambda weights: 0.5) == (WEIGHTS, 0.5)


def test_picture_has_a_bar_for_each_figure() -> None:
    outcomes = [Outcome("exact", {"A": 3}, ["A"]), Outcome("typo", {"A": 3}, ["X", "A"])]
    found = Comparison("report", {key: summary(outcomes) for key in LABELS}, {})
    root = ET.fromstring(report.as_picture(found))
    bars = [each for each in root.iter() if each.tag.endswith("rect")]
    # The ground, the legend, and three groups: all queries and two kinds.
    assert len(bars) == 1 + len(LABELS) + 3 * len(LABELS)
    assert "exact" in report.as_text([found]) and "0.8155" in report.as_text([found])
