"""All searches over the same queries: PostgreSQL's, plain BM25, ours before and after learning."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.relevance import feedback, judged, shop
from tests.relevance.judged import Judged
from tests.relevance.metrics import Outcome, Summary, summary

# From the plainest on; the keys of all results.
LABELS = {
    "ts_rank": "PostgreSQL ts_rank, the guide's index, all words",
    "ts_rank_any": "PostgreSQL ts_rank, any of the words",
    "trigram": "PostgreSQL pg_trgm, word_similarity",
    "bm25": "plain BM25: exact words, one field",
    "ours": "ours",
    "learned": "ours, after clicks on the tune queries",
}
BASELINES = ("ts_rank", "ts_rank_any", "trigram", "bm25")


@dataclass(frozen=True)
class Comparison:
    """By the keys of LABELS."""

    split: str
    summaries: Mapping[str, Summary]
    rankings: Mapping[str, Mapping[str, Sequence[str]]]
    """Of each query, by its id."""


def measure(split: str, searches: Mapping[str, shop.Search]) -> Comparison:
    queries = judged.read(split)
    rankings = {key: ranked(queries, search) for key, search in searches.items()}
    return Comparison(
        split, {key: score(queries, found) for key, found in rankings.items()}, rankings
    )


def ranked(queries: Sequence[Judged], search: shop.Search) -> dict[str, Sequence[str]]:
    return {each.id: search(each.query) for each in queries}


def score(queries: Sequence[Judged], rankings: Mapping[str, Sequence[str]]) -> Summary:
    return summary([Outcome(each.kind, each.grades, rankings[each.id]) for each in queries])


def compare(
    url: str,
    binary: Path,
    splits: Sequence[str],
    progress: Callable[[str], None] = lambda text: None,
    weights: Path | None = None,
) -> list[Comparison]:
    """On a database with the demo shop and no feedback yet; leaves the made-up feedback in it."""
    searches: dict[str, shop.Search] = {
        "ts_rank": shop.ts_rank(url),
        "ts_rank_any": shop.ts_rank_any(url),
        "trigram": shop.trigram(url),
    }
    found = {split: measure(split, searches) for split in splits}
    progress("PostgreSQL's searches measured")
    with shop.ours(url, binary, weights=shop.HERE / "bm25.json") as plain:
        _extend(found, {"bm25": plain.search})
    progress("plain BM25 measured")
    with shop.ours(url, binary, weights=weights) as untaught:
        _extend(found, {"ours": untaught.search})
        events = list(feedback.events(judged.read("tune"), untaught.search))
    feedback.store(url, events)
    progress(f"ours measured; {len(events):,} events of made-up customers stored")
    with shop.ours(url, binary, weights=weights) as taught:
        _extend(found, {"learned": taught.search})
    return list(found.values())


def _extend(found: dict[str, Comparison], searches: Mapping[str, shop.Search]) -> None:
    for split, before in found.items():
        more = measure(split, searches)
        found[split] = Comparison(
            split, {**before.summaries, **more.summaries}, {**before.rankings, **more.rankings}
        )
