"""The measures, against values worked out by hand."""

from __future__ import annotations

import pytest

from tests.relevance.metrics import Outcome, dcg, figures, ndcg, reciprocal_rank, summary


def test_dcg_of_three_places() -> None:
    # 7 / log2(2) + 3 / log2(3) + 1 / log2(4) = 7 + 1.892789 + 0.5
    assert dcg([3, 2, 1]) == pytest.approx(9.392789, abs=1e-6)
    assert dcg([]) == 0
    # 0 + 7 / log2(3)
    assert dcg([0, 3]) == pytest.approx(4.416508, abs=1e-6)


def test_ndcg_is_1_for_the_best_order_only() -> None:
    grades = {"a": 3, "b": 2, "c": 1}
    assert ndcg(["a", "b", "c"], grades) == pytest.approx(1)
    assert ndcg(["a", "b", "c", "x"], grades) == pytest.approx(1)
    # (1 + 3 / log2(3) + 7 / 2) / 9.392789 = 6.392789 / 9.392789
    assert ndcg(["c", "b", "a"], grades) == pytest.approx(0.680606, abs=1e-6)
    # (0 + 7 / log2(3) + 3 / 2) / 9.392789 = 5.916508 / 9.392789
    assert ndcg(["x", "a", "b"], grades) == pytest.approx(0.629899, abs=1e-6)
    assert ndcg([], grades) == 0
    assert ndcg(["x", "y"], grades) == 0


def test_ndcg_measures_by_all_that_is_graded() -> None:
    # What was left out counts: 7 / (7 + 7 / log2(3)) = 7 / 11.416508
    assert ndcg(["a"], {"a": 3, "b": 3}) == pytest.approx(0.613147, abs=1e-6)


def test_ndcg_ends_at_its_depth() -> None:
    grades = {f"p{number}": 3 for number in range(20)}
    assert ndcg([f"p{number}" for number in range(10)], grades) == pytest.approx(1)
    assert ndcg([*"abcdefghij", "p1"], grades) == 0


def test_ndcg_counts_a_product_once() -> None:
    assert ndcg(["a", "a", "a"], {"a": 3, "b": 3}) == ndcg(["a"], {"a": 3, "b": 3})


def test_reciprocal_rank_is_of_the_first_good_one() -> None:
    grades = {"a": 1, "b": 2, "c": 3}
    assert reciprocal_rank(["a", "x", "b", "c"], grades) == pytest.approx(1 / 3)
    assert reciprocal_rank(["c"], grades) == 1
    assert reciprocal_rank(["a", "x"], grades) == 0
    assert reciprocal_rank([*"0123456789", "c"], grades) == 0


def test_figures_leave_out_what_nothing_fits() -> None:
    found = figures([
        Outcome("exact", {"a": 3}, ["a"]),
        Outcome("exact", {"a": 3}, []),
        Outcome("none", {}, []),
    ])  # fmt: skip
    assert (found.queries, found.ndcg, found.mrr, found.empty) == (2, 0.5, 0.5, 0.5)


def test_summary_weighs_kinds_evenly() -> None:
    found = summary([
        Outcome("exact", {"a": 3}, ["a"]),
        Outcome("exact", {"a": 3}, ["a"]),
        Outcome("exact", {"a": 3}, ["a"]),
        Outcome("typo", {"a": 3}, ["x"]),
        Outcome("none", {}, []),
        Outcome("none", {}, ["x"]),
    ])  # fmt: skip
    assert found.overall.ndcg == 0.75
    assert found.macro_ndcg == 0.5
    assert set(found.kinds) == {"exact", "typo"}
    assert found.left_alone == 0.5
    assert summary([Outcome("exact", {"a": 3}, ["a"])]).left_alone is None
