"""Sets the weights, one after the other, to what ranks the tune split best."""

from __future__ import annotations

import copy
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.relevance import compare, judged, shop

WEIGHTS = Path(__file__).with_name("weights.json")
"""What is built in (weights_default), and where tuning begins."""
# Around the value of now; one that is 0 is tried at these steps instead.
FACTORS = (0.5, 0.7, 0.85, 1.2, 1.5, 2.0)
FROM_ZERO = (0.02, 0.05, 0.1, 0.2)
# What a change has to bring: less is chance, and moves with each word that is added.
LEAST_GAIN = 0.0003
TIERS = ("exact", "stem", "synonym", "prefix", "typo")
MOST = {"b": 1.0, "tier": 1.0}
# Set otherwise: what is for sale or in stock says nothing of what fits a query, and grades know
# nothing of popularity; the learned part has its own measure.
FIXED = {"available", "in_stock", "on_offer", "featured", "popularity", "learned"}

Weights = dict[str, Any]
# Where a number is: ("k1",) or ("field", "name").
Place = tuple[str, ...]


def places(weights: Weights) -> Iterator[Place]:
    for name, value in weights.items():
        if isinstance(value, dict):
            yield from ((name, part) for part in value)
        elif name not in FIXED:
            yield (name,)


def get(weights: Weights, place: Place) -> float:
    value: Any = weights
    for name in place:
        value = value[name]
    return float(value)


def changed(weights: Weights, place: Place, value: float) -> Weights:
    made = copy.deepcopy(weights)
    target = made
    for name in place[:-1]:
        target = target[name]
    target[place[-1]] = value
    return made


def candidates(weights: Weights, place: Place) -> list[float]:
    now = get(weights, place)
    tried = [now * factor for factor in FACTORS] if now else list(FROM_ZERO)
    bounded = {round(min(value, MOST.get(place[0], 1000.0)), 4) for value in tried}
    return sorted(bounded - {now})


def plausible(weights: Weights) -> bool:
    """Whether a match that is further from what was written counts no more than a nearer one:
    280 queries are too few to say otherwise."""
    tiers = [weights["tier"][name] for name in TIERS if name in weights["tier"]]
    return tiers == sorted(tiers, reverse=True)


def ascend(
    start: Weights,
    score: Callable[[Weights], float],
    passes: int = 2,
    progress: Callable[[str], None] = lambda text: None,
) -> tuple[Weights, float]:
    """Coordinate ascent: each number in turn to the best of its candidates, PASSES times or until
    a pass changes nothing."""
    best, best_score = start, score(start)
    for number in range(1, passes + 1):
        before = best_score
        for place in places(start):
            made = [changed(best, place, value) for value in candidates(best, place)]
            tried = [(score(each), get(each, place)) for each in made if plausible(each)]
            top, value = max(tried, default=(best_score, 0.0))
            if top > best_score + LEAST_GAIN:
                best, best_score = changed(best, place, value), top
                progress(f"pass {number}: {'.'.join(place)} = {value:g}: {top:.4f}")
        if best_score == before:
            break
    return best, best_score


def objective(found: Mapping[str, Any] | Any) -> float:
    """Half by query, half by kind: no kind is given up for the many of another."""
    return (found.overall.ndcg + found.macro_ndcg) / 2


@contextmanager
def scorer(url: str, binary: Path) -> Iterator[Callable[[Weights], float]]:
    """Scores weights on the tune split, with a service started for each."""
    queries = judged.read("tune")
    with tempfile.TemporaryDirectory(prefix="commerce-tune-") as folder:
        file = Path(folder) / "weights.json"

        def score(weights: Weights) -> float:
            file.write_text(json.dumps(weights))
            with shop.ours(url, binary, weights=file) as running:
                return objective(compare.score(queries, compare.ranked(queries, running.search)))

        yield score
