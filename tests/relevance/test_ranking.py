"""The search beside what it replaces, on the report queries: ratios in one run, no speed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import binary
from tests.relevance import compare, judged, shop, tune

MARGIN = 0.05


@pytest.fixture(scope="module")
def demo(postgres_server) -> Iterator[str]:
    url = postgres_server.create_database("relevance")
    shop.load_demo(url)
    yield url
    postgres_server.query("DROP DATABASE relevance WITH (FORCE)")


@pytest.fixture(scope="module")
def comparison(demo: str) -> compare.Comparison:
    return compare.compare(demo, binary(shop.NODE), ["report"])[0]


@pytest.mark.parametrize("baseline", compare.BASELINES)
def test_ours_is_above_every_baseline(comparison: compare.Comparison, baseline: str) -> None:
    ours, other = comparison.summaries["ours"], comparison.summaries[baseline]
    assert ours.overall.ndcg > other.overall.ndcg + MARGIN
    assert ours.macro_ndcg > other.macro_ndcg + MARGIN
    assert ours.overall.mrr > other.overall.mrr + MARGIN
    assert ours.overall.empty <= other.overall.empty


def test_no_kind_is_worse_than_the_guide_s_query(comparison: compare.Comparison) -> None:
    ours, guide = comparison.summaries["ours"], comparison.summaries["ts_rank"]
    worse = {kind for kind, found in ours.kinds.items() if found.ndcg < guide.kinds[kind].ndcg}
    assert not worse


def test_learning_does_no_harm(comparison: compare.Comparison) -> None:
    """What is learned of other queries has to leave these at least as they were."""
    before, after = comparison.summaries["ours"], comparison.summaries["learned"]
    assert after.overall.ndcg > before.overall.ndcg - 0.005


def test_the_weights_file_is_what_is_built_in(demo: str, tmp_path: Path) -> None:
    texts = [each.query for each in judged.read("tune")[::7]]

    def scores(weights: Path | None) -> list[list[tuple[int, float]]]:
        with shop.ours(demo, binary(shop.NODE), weights=weights) as running:
            # Rounded: what was learned fades while the test runs.
            found = [running.products(text) for text in texts]
            return [[(each["id"], round(each["score"], 4)) for each in row] for row in found]

    built_in = scores(None)
    assert any(built_in)
    assert scores(tune.WEIGHTS) == built_in
    other = tmp_path / "other.json"
    weights = json.loads(tune.WEIGHTS.read_text())
    other.write_text(json.dumps({**weights, "head": weights["head"] + 0.5}))
    assert scores(other) != built_in
