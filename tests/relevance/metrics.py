"""What a ranking is worth, against the grades of a query."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

DEPTH = 10
GOOD = 2
"""The least grade that a customer would call an answer."""


def dcg(grades: Sequence[int]) -> float:
    """Of grades in the order of the ranking: a gain of 2^grade - 1, less by log2 of the place."""
    return sum((2**grade - 1) / math.log2(place + 1) for place, grade in enumerate(grades, 1))


def ndcg(ranking: Sequence[str], grades: Mapping[str, int], depth: int = DEPTH) -> float:
    """By the best that all graded products could give. GRADES has one product at least; one that
    is in the ranking twice counts once."""
    first = list(dict.fromkeys(ranking))[:depth]
    best = dcg(sorted(grades.values(), reverse=True)[:depth])
    return dcg([grades.get(product, 0) for product in first]) / best


def reciprocal_rank(ranking: Sequence[str], grades: Mapping[str, int], depth: int = DEPTH) -> float:
    """1 by the place of the first good product; 0 where there is none."""
    for place, product in enumerate(ranking[:depth], 1):
        if grades.get(product, 0) >= GOOD:
            return 1 / place
    return 0.0


@dataclass(frozen=True)
class Figures:
    queries: int
    ndcg: float
    mrr: float
    empty: float
    """The share of queries that got nothing, though something fits."""


@dataclass(frozen=True)
class Outcome:
    """One query with what came of it."""

    kind: str
    grades: Mapping[str, int]
    ranking: Sequence[str]


def figures(outcomes: Sequence[Outcome]) -> Figures:
    """Of those that have grades; the means of no query are 0."""
    graded = [each for each in outcomes if each.grades]
    count = len(graded) or 1
    return Figures(
        len(graded),
        sum(ndcg(each.ranking, each.grades) for each in graded) / count,
        sum(reciprocal_rank(each.ranking, each.grades) for each in graded) / count,
        sum(not each.ranking for each in graded) / count,
    )


@dataclass(frozen=True)
class Summary:
    overall: Figures
    macro_ndcg: float
    """The mean over kinds, however many queries each has."""
    kinds: Mapping[str, Figures]
    left_alone: float | None
    """The share of queries that nothing fits, and that got nothing. None without such queries."""


def summary(outcomes: Sequence[Outcome]) -> Summary:
    names = sorted({each.kind for each in outcomes if each.grades})
    kinds = {name: figures([each for each in outcomes if each.kind == name]) for name in names}
    hopeless = [each for each in outcomes if not each.grades]
    return Summary(
        figures(outcomes),
        sum(kind.ndcg for kind in kinds.values()) / (len(kinds) or 1),
        kinds,
        sum(not each.ranking for each in hopeless) / len(hopeless) if hopeless else None,
    )
