"""The shop's own stock over HTTP: what is held and sold, and what happens when it's away."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.api.stock_server import StockServer
from tests.conftest import ROOT

EXPIRES = 1795575600
# Longer than any call should take over its time, on a busy machine.
SLACK_MS = 500


class Driver:
    def __init__(self, url: str, **env: str) -> None:
        path = ROOT / "build" / os.environ.get("PRESET", "release") / "tests" / "stock_driver"
        if not path.exists():
            pytest.fail(f"{path} isn't built")
        settings = {"STOCK_API_URL": url, "STOCK_API_TOKEN": "stock-token", **env}
        self.process = subprocess.Popen([path], env={"PATH": os.environ["PATH"], **settings}, text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def do(self, *words: object) -> dict[str, Any]:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(" ".join(str(word) for word in words) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def outcome(self, *words: object) -> str:
        return str(self.do(*words)["outcome"])

    def close(self) -> None:
        self.process.communicate(timeout=20)
        assert self.process.returncode == 0


@pytest.fixture
def stock() -> Iterator[StockServer]:
    server = StockServer({"A": 5, "B": 1, "Ñ 1/2": 7})
    yield server
    server.stop()


Make = Callable[..., Driver]


@pytest.fixture
def make(stock: StockServer) -> Iterator[Make]:
    made: list[Driver] = []

    def start(**env: str) -> Driver:
        made.append(Driver(stock.url, **env))
        return made[-1]

    yield start
    for driver in made:
        driver.close()


def test_current(make: Make, stock: StockServer) -> None:
    driver = make()
    answer = driver.do("current", "A", "B", "nobody")
    assert answer["outcome"] == "done"
    assert answer["items"] == {"A": 5, "B": 1}, "what isn't managed there is left out"
    path, body, headers = stock.requests[-1]
    assert path == "/erp/stock/current" and body == {"skus": ["A", "B", "nobody"]}
    assert headers["Authorization"] == "Bearer stock-token"
    assert "Idempotency-Key" not in headers


def test_all_or_nothing(make: Make, stock: StockServer) -> None:
    driver = make()
    answer = driver.do("reserve", "o1", EXPIRES, "A=2", "B=2")
    assert answer["outcome"] == "short"
    assert answer["items"] == {"A": 5, "B": 1}
    assert stock.held("A") == 0
    assert driver.outcome("reserve", "o2", EXPIRES, "A=5", "B=1") == "done"
    assert driver.do("current", "A", "B")["items"] == {"A": 0, "B": 0}
    _, body, headers = stock.requests[-2]
    assert body["expires_at"] == "2026-11-25T03:00:00Z"
    assert headers["Idempotency-Key"] == body["order"] == "o2"


def test_a_repeated_key_is_one_order(make: Make, stock: StockServer) -> None:
    driver = make()
    for _ in range(3):
        assert driver.outcome("reserve", "o1", EXPIRES, "A=2") == "done"
    assert stock.held("A") == 2
    for _ in range(3):
        assert driver.outcome("commit", "o1", "A=2") == "done"
    assert stock.on_hand["A"] == 3 and stock.held("A") == 0
    assert driver.outcome("release", "o1") == "done"
    assert stock.on_hand["A"] == 3, "what is sold isn't released"


def test_other_lines_take_the_place_of_the_first(make: Make, stock: StockServer) -> None:
    driver = make()
    assert driver.outcome("reserve", "o1", EXPIRES, "A=4") == "done"
    assert driver.outcome("reserve", "o1", EXPIRES, "A=5", "B=1") == "done"
    assert stock.held("A") == 5 and stock.held("B") == 1
    assert driver.outcome("reserve", "o1", EXPIRES, "A=6") == "short"
    assert stock.held("A") == 5


def test_release_and_commit_of_what_is_not_there(make: Make, stock: StockServer) -> None:
    driver = make()
    assert driver.outcome("release", "never") == "done"
    assert driver.outcome("commit", "late", "B=1") == "done", "sold from what is there"
    assert driver.outcome("commit", "later", "B=1") == "short"
    assert stock.on_hand["B"] == 0


def test_slow_is_down_within_the_time(make: Make, stock: StockServer) -> None:
    driver = make(STOCK_API_TIMEOUT_MS="300")
    stock.fault = "slow"
    answer = driver.do("reserve", "o1", EXPIRES, "A=1")
    assert answer["outcome"] == "down" and answer["asked"]
    assert 250 < answer["ms"] < 300 + SLACK_MS


def test_an_answer_that_came_too_late_holds_once(make: Make, stock: StockServer) -> None:
    driver = make(STOCK_API_TIMEOUT_MS="300")
    stock.fault = "slow but done"
    assert driver.outcome("reserve", "o1", EXPIRES, "A=2") == "down"
    stock.fault = ""
    assert stock.held("A") == 2, "it took effect there"
    assert driver.outcome("reserve", "o1", EXPIRES, "A=2") == "done"
    assert stock.held("A") == 2
    assert driver.outcome("release", "o1") == "done"
    assert stock.held("A") == 0


@pytest.mark.parametrize("fault", ["500", "503", "401", "429", "302", "html", "cut", "slow"])
def test_five_failures_and_it_is_left_alone(make: Make, stock: StockServer, fault: str) -> None:
    driver = make(STOCK_API_TIMEOUT_MS="200")
    stock.fault = fault
    for _ in range(5):
        assert driver.do("up") == {"yes": True}
        assert driver.outcome("current", "A") == "down"
    assert driver.do("up") == {"yes": False}
    asked = len(stock.requests)
    answer = driver.do("current", "A")
    assert answer["outcome"] == "down" and not answer["asked"] and answer["ms"] < 50
    assert len(stock.requests) == asked


def test_a_success_between_failures_keeps_it_closed(make: Make, stock: StockServer) -> None:
    driver = make()
    for _ in range(3):
        stock.fault = "500"
        for _ in range(4):
            assert driver.outcome("current", "A") == "down"
        stock.fault = ""
        assert driver.outcome("current", "A") == "done"


def test_a_refusal_of_one_order_is_no_fault_of_the_system(make: Make, stock: StockServer) -> None:
    driver = make()
    stock.fault = "422"
    for _ in range(10):
        assert driver.outcome("reserve", "o1", EXPIRES, "A=1") == "down"
    stock.fault = ""
    assert driver.outcome("reserve", "o2", EXPIRES, "A=1") == "done"


def test_back_after_ten_seconds_by_one_probe(make: Make, stock: StockServer) -> None:
    driver = make(STOCK_API_TIMEOUT_MS="400")
    stock.fault = "500"
    for _ in range(5):
        driver.do("current", "A")
    time.sleep(10.1)
    stock.fault = "slow"
    asked = len(stock.requests)
    assert driver.do("crowd", 30, "A") == {"done": 0}
    assert len(stock.requests) - asked == 1, "one tries it out, the others don't wait for it"
    stock.fault = ""
    assert driver.outcome("current", "A") == "down", "that one failed: open again"
    time.sleep(10.1)
    assert driver.outcome("current", "A") == "done"
    assert driver.do("crowd", 30, "A") == {"done": 30}


def test_nobody_there(stock: StockServer) -> None:
    driver = Driver("http://127.0.0.1:9")
    answer = driver.do("reserve", "o1", EXPIRES, "A=1")
    assert answer["outcome"] == "down" and not answer["asked"]
    driver.close()


def test_out_of_bounds_is_not_sent(make: Make, stock: StockServer) -> None:
    driver = make()
    assert driver.outcome("reserve", "o1", EXPIRES, "A=0") == "down"
    assert driver.outcome("reserve", "o1", EXPIRES, "A=-1") == "down"
    assert driver.outcome("reserve", "o" * 201, EXPIRES, "A=1") == "down"
    assert driver.outcome("current", *["A"] * 201) == "down"
    assert stock.requests == [] and driver.do("up") == {"yes": True}


def test_what_to_do_when_down_is_a_setting(make: Make) -> None:
    assert make().do("trusts") == {"yes": False}
    assert make(STOCK_API_WHEN_DOWN="trust").do("trusts") == {"yes": True}


@pytest.mark.parametrize(
    "env",
    [
        {"STOCK_API_WHEN_DOWN": "maybe"},
        {"STOCK_API_URL": "ftp://x"},
        {"STOCK_API_URL": "http://x/?a=1"},
        {"STOCK_API_TOKEN": "two words"},
    ],
)
def test_settings_that_cannot_work(env: dict[str, str]) -> None:
    driver = Driver(env.pop("STOCK_API_URL", "http://127.0.0.1:9"), **env)
    out, _ = driver.process.communicate(timeout=20)
    assert driver.process.returncode == 2 and "STOCK_API" in out
