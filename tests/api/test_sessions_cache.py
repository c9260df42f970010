"""The cache: lifetimes, tags, one loader at a time; and without Redis."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest

from tests.api.session_shop import Shop, wait_until


class Cache:
    def __init__(self, shop: Shop) -> None:
        self.shop = shop

    def get(self, key: str = "k", space: str = "shop", **query: object) -> dict:
        text = "&".join(f"{name}={value}" for name, value in query.items())
        return self.shop.call("GET", f"/v1/cache/{space}/{quote(key, safe='')}?{text}")

    def put(self, value: object, key: str = "k", space: str = "shop", **more: object) -> dict:
        body = {"value": value, **more}
        return self.shop.call("PUT", f"/v1/cache/{space}/{quote(key, safe='')}", body)

    def delete(self, key: str = "k", space: str = "shop") -> dict:
        return self.shop.call("DELETE", f"/v1/cache/{space}/{quote(key, safe='')}")

    def drop(self, tag: str, space: str = "shop") -> dict:
        return self.shop.call("DELETE", f"/v1/cache/{space}?tag={quote(tag, safe='')}")


@pytest.fixture
def cache(make_shop) -> Cache:
    return Cache(make_shop(2, LOADER_MS="600"))


@pytest.mark.parametrize("value", [None, False, 0, "", [], {}, 1.10, "ñ€😀", {"a": [{"b": None}]}])
def test_any_json_comes_back(cache: Cache, value: object) -> None:
    assert cache.get() == {"found": False}
    assert cache.put(value)["saved"]
    found = cache.get()
    assert found["found"] and not found["stale"] and found["value"] == value
    assert cache.delete()["deleted"] and not cache.delete()["deleted"]
    assert cache.get() == {"found": False}


@pytest.mark.parametrize("key", ["a/b", "a b", "ñ", "{x}", "a}b{", "?&=#%", "😀" * 100])
def test_any_key(cache: Cache, key: str) -> None:
    cache.put(key, key)
    assert cache.get(key)["value"] == key
    assert not cache.get(key + "x" if len(key) < 100 else "y")["found"]


def test_ttl_and_jitter(cache: Cache) -> None:
    spread = {cache.put(1, f"k{n}", ttl_s=1000, jitter=0.5)["ttl_s"] for n in range(30)}
    assert len(spread) > 10 and min(spread) >= 500 and max(spread) <= 1000
    assert cache.put(1, "exact", ttl_s=1000, jitter=0)["ttl_s"] == 1000
    cache.put(1, "short", ttl_s=1, jitter=0)
    wait_until(lambda: not cache.get("short")["found"], 3)


def test_stale_while_one_loads(cache: Cache) -> None:
    cache.put("old", ttl_s=1, stale_s=60, jitter=0)
    wait_until(lambda: cache.get()["stale"], 3)
    first = cache.get(load=1)
    assert first["value"] == "old" and first["load"]
    second = cache.get(load=1)
    assert second["value"] == "old" and second["stale"] and not second["load"]
    assert cache.put("new", loader=first["loader"])["saved"]
    assert cache.get(load=1)["value"] == "new"


def test_one_loader_over_replicas(cache: Cache) -> None:
    with ThreadPoolExecutor(40) as pool:
        answers = [pool.submit(cache.get, load=1, wait_ms=5000) for _ in range(40)]
        wait_until(lambda: any(a.done() for a in answers), 3)
        time.sleep(0.2)
        done = [a.result() for a in answers if a.done()]
        assert len(done) == 1 and done[0]["load"] and not done[0]["found"]
        cache.put("made", loader=done[0]["loader"])
        others = [a.result() for a in answers]
    assert sum(a["load"] for a in others) == 1
    assert sum(a.get("value") == "made" for a in others) == 39


def test_dead_loader_is_followed(cache: Cache) -> None:
    dead = cache.get(load=1)
    assert dead["load"]
    assert cache.get(load=1, wait_ms=100)["reason"] == "loading"
    nxt = cache.get(load=1, wait_ms=3000)
    assert nxt["load"]
    assert cache.put("late", loader=dead["loader"]) == {"saved": False, "reason": "loader_lost"}
    assert cache.put("good", loader=nxt["loader"])["saved"]


def test_what_changes_while_it_is_loaded(cache: Cache) -> None:
    loader = cache.get(load=1)["loader"]
    cache.delete()
    assert cache.put("old", loader=loader)["reason"] == "loader_lost"
    loader = cache.get(load=1)["loader"]
    cache.drop("products")
    refused = cache.put("old", loader=loader, tags=["products"])
    assert refused == {"saved": False, "reason": "invalidated"}
    assert cache.get() == {"found": False}
    assert cache.put("new", tags=["products"])["saved"] and cache.get()["found"]


def test_tags(cache: Cache) -> None:
    for number in range(20):
        cache.put(number, f"k{number}", tags=["all", f"mod{number % 2}"])
    cache.put(1, "k0", space="other", tags=["all"])
    assert cache.drop("mod1")["deleted"]
    assert [cache.get(f"k{n}")["found"] for n in range(4)] == [True, False, True, False]
    cache.drop("all")
    assert not any(cache.get(f"k{n}")["found"] for n in range(20))
    assert cache.get("k0", space="other")["found"]
    cache.put(7, "k1", tags=["all"])
    assert cache.get("k1")["value"] == 7


def test_without_redis(cache: Cache) -> None:
    cache.shop.redis.kill()
    assert cache.get() == {"found": False, "degraded": True}
    assert cache.get(load=1) == {"found": False, "load": True, "degraded": True}
    assert cache.put(1) == {"saved": False, "reason": "unavailable"}
    cache.shop.call("DELETE", "/v1/cache/shop/k", status=503)
    cache.shop.redis.start()
    wait_until(lambda: cache.put(1)["saved"], 5)


def test_hit_rates(make_shop) -> None:
    shop = make_shop(1)
    cache = Cache(shop)
    cache.put(1, space="good")
    for _ in range(9):
        cache.get(space="good")
    cache.get("none", space="good")
    cache.get("none", space="bad")
    spaces = {s["namespace"]: s for s in shop.stats()["namespaces"]}
    assert spaces["good"]["hit_rate"] == 0.9 and spaces["good"]["judgement"] == "good"
    assert spaces["bad"]["judgement"] == "critical"
    for number in range(100):
        cache.get("x", space=f"s{number}")
    spaces = {s["namespace"]: s for s in shop.stats()["namespaces"]}
    assert len(spaces) <= 65 and spaces["other"]["misses"] >= 38


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/v1/cache/a%20b/k", None, 400),
        ("GET", f"/v1/cache/{'n' * 65}/k", None, 400),
        ("GET", "/v1/cache/n/a%0Ab", None, 400),
        ("GET", "/v1/cache/n/a%00b", None, 400),
        ("GET", "/v1/cache/n/%FF", None, 400),
        ("GET", f"/v1/cache/n/{'k' * 201}", None, 400),
        ("GET", "/v1/cache/n/k?load=2", None, 400),
        ("GET", "/v1/cache/n/k?wait_ms=-1", None, 400),
        ("DELETE", "/v1/cache/n", None, 400),
        ("DELETE", "/v1/cache/n?tag=a%0Ab", None, 400),
        ("PUT", "/v1/cache/n/k", {}, 422),
        ("PUT", "/v1/cache/n/k", {"value": 1, "ttl_s": 0}, 422),
        ("PUT", "/v1/cache/n/k", {"value": 1, "ttl_s": 31536000}, 422),
        ("PUT", "/v1/cache/n/k", {"value": 1, "jitter": 2}, 422),
        ("PUT", "/v1/cache/n/k", {"value": 1, "tags": ["a\nb"]}, 422),
        ("PUT", "/v1/cache/n/k", {"value": 1, "tags": ["t"] * 17}, 422),
        ("PUT", "/v1/cache/n/k", {"value": "x" * 1_100_000}, 413),
    ],
)
def test_bad_input(make_shop, method: str, path: str, body: object, status: int) -> None:
    shop = make_shop(1)
    answer = shop.call(method, path, body, status=status)
    assert answer["status"] == status
    assert shop.redis.client.keys("cache*") == []
