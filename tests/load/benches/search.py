"""search: what customers ask for, in a catalogue of 100,000 or a million products."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tests.load import goals, postgres_peer, programs
from tests.load.catalogue import Catalogue, Query
from tests.load.catalogue_server import SETTINGS_TEXT
from tests.load.model import Bench, Fact, Peer, Request, Workload

NODE = "ultra_optimized_product_search"
TOKEN = "bench-token-0123456789abcdef0123456789abcdef"
CONNECTIONS = (16,)
QUERIES = 2000
# Of so many the share with an answer is found out.
ASKED = 200
# Rows that stand for the whole catalogue where queries are made: its words are the same.
SAMPLED_ROWS = 100_000
PRODUCTS = 100_000
PLAIN = "ours-plain"


def bench(products: int = PRODUCTS) -> Bench:
    asked = _queries(products)
    texts = [query.text for query in asked]
    in_sql = Workload([postgres_peer.request_of(text) for text in texts], check_rows)
    server = f"catalogue:{products}"
    large = products >= 1_000_000
    return Bench(
        name="search",
        title=f"search: the ten best of {products:,} products, {QUERIES:,} queries in turn",
        peers=(
            _ours(goals.OURS, f"{NODE}, POST /v1/search", server),
            replace(_ours(PLAIN, f"{NODE}, without facets", server),
                    workload=Workload([search_request(text, TOKEN, facets=False) for text in texts],
                                      check_answer)),
            Peer("ts_rank", "PostgreSQL ts_rank, the guide's index", postgres_peer.argv("ts_rank"),
                 needs=(server,), workload=in_sql, start=postgres_peer.start),
            Peer("trigram", "PostgreSQL pg_trgm, word_similarity", postgres_peer.argv("trigram"),
                 needs=(server,), workload=in_sql, start=postgres_peer.start),
        ),
        connections=CONNECTIONS,
        workload=Workload([search_request(text, TOKEN) for text in texts], check_answer,
                          search_request(texts[0], "not-the-token")),
        goals=(
            *(goals.p95_below(n, 5.0) for n in CONNECTIONS),
            *(goals.ratio_at_least("ts_rank", "ts_rank", n, 20.0) for n in CONNECTIONS),
            *(goals.ratio_at_least("trigram", "pg_trgm", n, 20.0) for n in CONNECTIONS),
            *((goals.memory_below(1024),) if large else ()),
            goals.first_start_below(90_000, "first start, which builds the index"),
            goals.ready_below(5_000, "start from the snapshot"),
        ),
        starts=3,
        first_apart=True,
        facts=[_answered(key, label, texts[:ASKED]) for key, label in
               ((goals.OURS, "ours"), ("ts_rank", "ts_rank"), ("trigram", "pg_trgm"))],
        notes=(_shares(asked), f"{SETTINGS_TEXT}; prepared queries, over libpq without HTTP"),
    )  # fmt: skip


def _ours(key: str, label: str, server: str) -> Peer:
    settings = {"SERVICE_TOKEN": TOKEN, "LOG_LEVEL": "warn", "BIND_ADDRESS": "127.0.0.1"}
    return Peer(
        key, label, programs.with_folder(programs.service(NODE), "SNAPSHOT_DIR"), settings,
        needs=(server,), ready_timeout_s=300, ready_path="/v1/index",
        ready_headers=authorised(TOKEN), ready=is_whole,
    )  # fmt: skip


def _queries(products: int) -> list[Query]:
    catalogue = Catalogue(min(products, SAMPLED_ROWS))
    for _ in catalogue.lines():
        pass
    return catalogue.queries(QUERIES)


def _shares(queries: Sequence[Query]) -> str:
    kinds = sorted({query.kind for query in queries})
    counts = {kind: sum(query.kind == kind for query in queries) for kind in kinds}
    ranked = sorted(counts, key=counts.__getitem__, reverse=True)
    return "Queries: " + ", ".join(f"{kind} {counts[kind] / len(queries):.0%}" for kind in ranked)


def authorised(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}


def is_whole(index: bytes) -> bool:
    """Whether GET /v1/index says that the index answers; before, PostgreSQL does."""
    return json.loads(index)["ready"]


def search_request(text: str, token: str, *, facets: bool = True) -> Request:
    """FACETS is what a caller gets who doesn't say; PostgreSQL's peers count none."""
    asked = {"query": text, "limit": 10, **({} if facets else {"facets": False})}
    body = json.dumps(asked, ensure_ascii=False, separators=(",", ":"))
    return Request("POST", "/v1/search", authorised(token), body.encode())


def check_answer(request: Request, answer: bytes) -> str:
    try:
        found = json.loads(answer)
        products = found["products"]
        if found["source"] != "index":
            return f"answered by {found['source']}"
        if len(products) > 10:
            return f"{len(products)} products instead of 10"
        if any(not product["name"] or product["score"] is None for product in products):
            return f"a product without name or score: {answer[:200]!r}"
    except (ValueError, KeyError, TypeError) as error:
        return f"{type(error).__name__} {error} in {answer[:200]!r}"
    return ""


def check_rows(request: Request, answer: bytes) -> str:
    names = json.loads(answer)
    return "" if len(names) <= 10 and all(names) else f"not ten names: {answer[:200]!r}"


def _answered(key: str, label: str, texts: Sequence[str]) -> Fact:
    """A query without an answer costs little: who leaves more of them is faster for it."""

    def find(running: Mapping[str, Any]) -> float:
        peer = running[key]
        if key == goals.OURS:
            answers = [json.loads(peer.ask(search_request(text, TOKEN))[1]) for text in texts]
            counts = [len(answer["products"]) for answer in answers]
        else:
            counts = [len(rows) for rows in peer.rows(texts)]
        return 100 * sum(count > 0 for count in counts) / len(counts)

    return Fact(f"queries with an answer, {label}", "%", find)
