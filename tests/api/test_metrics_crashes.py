"""Nothing that was acknowledged is lost, and nothing counts twice, whatever is killed."""

from __future__ import annotations

import contextlib
import datetime as dt
import http.client
import itertools
import json
import os
import random
import signal
import threading
import time
from pathlib import Path

import psycopg
import pytest

from launcher.errors import LauncherError
from launcher.servers import Postgres, free_port
from tests.api.metrics_shop import (
    NODE,
    call,
    counted,
    event,
    execute,
    migrate,
    projections,
    send,
    until,
)
from tests.service import Service

EVENTS = int(os.environ.get("METRICS_EVENTS", "30000"))
BATCH = 100
SENDERS = 4
# Crashes are what is tested: nothing may be turned off that makes a commit safe.
SETTINGS = {"fsync": "on", "full_page_writes": "on"}


def children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(word) for word in text.split()]


class OwnPostgres:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server = Postgres.start(folder, settings=SETTINGS)

    def kill(self) -> None:
        """The postmaster and all its processes, as when the machine's power goes."""
        pid = self.server.process.pid
        for each in [pid, *children(pid)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)
        self.server.stop()

    def start(self) -> None:
        for attempt in range(20):
            try:
                self.server = Postgres.start(self.folder, settings=SETTINGS)
                return
            except LauncherError:
                if attempt == 19:
                    raise
                time.sleep(0.5)


@pytest.fixture
def own_postgres(tmp_path: Path):
    server = OwnPostgres(tmp_path / "postgres")
    migrate(server.server.create_database("metrics"))
    yield server
    server.server.stop()


def url_of(postgres: OwnPostgres) -> str:
    return postgres.server.database_url("metrics")


def make_batches() -> list[list[dict]]:
    """EVENTS different ones, of them 5 % of yesterday, and one in ten again somewhere."""
    chance = random.Random(7)
    yesterday = (dt.datetime.now(dt.UTC) - dt.timedelta(days=1)).isoformat()
    kinds = ("message", "search", "cart", "reply")
    events = []
    for number in range(EVENTS):
        one = event(
            kinds[number % 4], f"crash{number}", customer_key=str(number % 50),
            data={"query": f"q{number % 9}", "latency_ms": number % 100, "total": number % 2},
        )  # fmt: skip
        if chance.random() < 0.05:
            one["occurred_at"] = yesterday
        events.append(one)
    events += chance.sample(events, EVENTS // 10)
    chance.shuffle(events)
    return [events[at : at + BATCH] for at in range(0, len(events), BATCH)]


class Senders:
    """Each sends its batches in order, and each again until it is acknowledged; once it is through,
    it begins again, until it is told to end."""

    def __init__(self, port: int, batches: list[list[dict]]) -> None:
        self.port = port
        self.retries = 0
        self.spooled = 0
        self.through = 0
        self.ending = False
        parts = [batches[at::SENDERS] for at in range(SENDERS)]
        self.threads = [threading.Thread(target=self.run, args=(part,)) for part in parts]
        for thread in self.threads:
            thread.start()

    def run(self, batches: list[list[dict]]) -> None:
        contents = [json.dumps({"events": batch}).encode() for batch in batches]
        for number, content in enumerate(itertools.cycle(contents)):
            if number == len(contents):
                self.through += 1
            if self.ending and number >= len(contents):
                return
            while not self.post(content):
                self.retries += 1
                time.sleep(0.05)

    def post(self, content: bytes) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("POST", "/v1/events", content, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            told = json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError):
            return False
        finally:
            connection.close()
        if answer.status == 200:
            self.spooled += told["spooled"]
            assert told["rejected"] == []
        return answer.status == 200

    def end(self) -> None:
        self.ending = True
        for thread in self.threads:
            thread.join()


def total(url: str) -> int:
    try:
        return sum(counted(url, "events").values())
    except psycopg.Error:
        return -1


@pytest.mark.parametrize("spool", [False, True], ids=["without spool", "with spool"])
def test_counts_are_exact_after_kills(service, own_postgres: OwnPostgres, tmp_path: Path, spool: bool):
    port = free_port()
    settings = {"DATABASE_URL": url_of(own_postgres), "WRITE_TIMEOUT_MS": "1500"}
    if spool:
        (tmp_path / "spool").mkdir()
        settings["SPOOL_DIR"] = str(tmp_path / "spool")
    svc: Service = service(NODE, port=port, **settings)
    senders = Senders(port, make_batches())
    kills = 0
    while senders.through < SENDERS or kills < 4:
        time.sleep(0.4 + 0.1 * (kills % 5))
        if kills % 2 == 0:
            svc.kill()
            svc = service(NODE, port=port, ready=False, **settings)
        else:
            own_postgres.kill()
            time.sleep(0.3 if kills % 4 == 1 else 1.2)
            own_postgres.start()
        kills += 1
    senders.end()
    url = url_of(own_postgres)
    until(lambda: total(url) >= EVENTS, "all are counted", 60)
    time.sleep(1)
    assert total(url) == EVENTS, (kills, senders.retries)
    assert execute(url, "SELECT count(*), count(DISTINCT event_id) FROM events") == [(EVENTS, EVENTS)]
    assert execute(url, "SELECT count(*) FROM event_ids") == [(EVENTS,)]
    assert sum(counted(url, "message").values()) == (EVENTS + 3) // 4
    if spool:
        assert senders.spooled > 0
    else:
        assert senders.retries > 0
    before = projections(url)
    assert call(svc, "POST", "/v1/rebuild")[0] == 200
    until(lambda: total(url) == EVENTS, "all are counted again", 60)
    assert projections(url) == before


def spooling(service, postgres: OwnPostgres, folder: Path, **more: str) -> Service:
    folder.mkdir(exist_ok=True)
    return service(
        NODE, DATABASE_URL=url_of(postgres), SPOOL_DIR=str(folder), WRITE_TIMEOUT_MS="500", ready=False,
        **more,
    )  # fmt: skip


def alive(svc: Service) -> bool:
    try:
        return call(svc, "GET", "/healthz")[0] == 200
    except OSError:
        return False


def test_the_spool_outlives_the_service_and_its_torn_end(service, own_postgres, tmp_path: Path):
    folder = tmp_path / "spool"
    svc = spooling(service, own_postgres, folder)
    until(lambda: alive(svc), "it runs")
    sent = [event("message", f"s{number}") for number in range(50)]
    send(svc, *sent[:10])
    own_postgres.kill()
    answer = send(svc, *sent)
    assert answer == {"accepted": 50, "duplicate": 0, "spooled": True, "rejected": []}
    svc.kill()
    with (folder / "events.spool").open("ab") as file:
        file.write(b"\x10\x00\x00\x00torn")
    svc = spooling(service, own_postgres, folder)
    until(lambda: alive(svc), "it runs again")
    assert send(svc, event("message", "after"))["spooled"] is True
    own_postgres.start()
    url = url_of(own_postgres)
    until(lambda: total(url) == 51, "all are counted once", 30)
    until(lambda: (folder / "events.spool").stat().st_size == 0, "the spool is empty")
    assert send(svc, *sent)["duplicate"] == 50


def test_a_full_spool_lets_debug_go_first_and_money_never(service, own_postgres, tmp_path: Path):
    svc = spooling(service, own_postgres, tmp_path / "spool", SPOOL_MAX_BYTES="65536")
    until(lambda: alive(svc), "it runs")
    own_postgres.kill()
    seen: list[tuple[str, str]] = []
    for number in range(400):
        fill = {"x": "y" * 400}
        for kind in ("debug.trace", "message", "order"):
            status, answer = call(svc, "POST", "/v1/events", event(kind, f"{kind}{number}", data=fill))
            what = "refused" if status == 503 else "kept" if answer["accepted"] else "dropped"
            if (kind, what) not in seen:
                seen.append((kind, what))
    assert seen == [
        ("debug.trace", "kept"), ("message", "kept"), ("order", "kept"), ("debug.trace", "dropped"),
        ("message", "dropped"), ("order", "refused"),
    ]  # fmt: skip


def test_without_a_spool_a_caller_is_told(service, own_postgres):
    svc = service(NODE, DATABASE_URL=url_of(own_postgres), WRITE_TIMEOUT_MS="500")
    own_postgres.kill()
    status, answer = call(svc, "POST", "/v1/events", event())
    assert status == 503 and answer["title"] == "Service unavailable"
