"""What a bad day brings: a frozen PostgreSQL, half a schema, a shop that changes its currency."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import time
from pathlib import Path

import psycopg
import pytest

from launcher.servers import Postgres
from tests.api.search_shop import DATABASE, NODE, PATIENCE_S, Shop, until
from tests.conftest import binary

SECRET = "lo que la clienta escribió"


def warnings(svc, message: str) -> list[str]:
    return [line.get("error", "") for line in svc.log_lines()
            if line["level"] == "warn" and line["message"] == message]  # fmt: skip


def check(url: str, **env: str) -> subprocess.CompletedProcess[str]:
    settings = {"PATH": os.environ["PATH"], "DATABASE_URL": url, **env}
    return subprocess.run([binary(NODE), "--check"], env=settings, capture_output=True, text=True,
                          timeout=20)  # fmt: skip


def processes_of(server: Postgres) -> list[int]:
    """The server's own, and one for each of its sessions."""
    found = [server.process.pid]
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue
        if parent == server.process.pid:
            found.append(int(stat.parent.name))
    return found


def send_all(server: Postgres, sig: signal.Signals) -> None:
    for pid in processes_of(server):
        try:
            os.kill(pid, sig)
        except ProcessLookupError:
            continue


@pytest.fixture
def own_server(tmp_path: Path):
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    server = Postgres.start(tmp_path / "postgres", settings={"fsync": "off"})
    yield server
    send_all(server, signal.SIGCONT)
    server.stop()


def test_it_ends_in_time_while_postgres_hangs(own_server, service):
    url = own_server.create_database("shop")
    subprocess.run([DATABASE / "load-demo.sh", "--full", url], check=True, capture_output=True)
    shop = Shop(service, url)
    svc = shop.start()
    send_all(own_server, signal.SIGSTOP)
    time.sleep(1)
    assert shop.ids(svc, "playera")
    began = time.monotonic()
    assert svc.stop() == 0
    assert time.monotonic() - began < 8
    shop.http.close()


def test_an_empty_customer_is_none(catalogue):
    svc = catalogue.start()
    for body in ({"query": "playera", "customer_phone": ""}, {"query": "qqqqq", "customer_phone": ""}):
        assert "to" not in catalogue.call(svc, "POST", "/v1/search", body)["reply"]
    assert "to" not in catalogue.get(svc, "products/1", customer_phone="")["reply"]


def test_the_log_says_why_postgres_refuses(catalogue):
    svc = catalogue.start()
    catalogue.sql("ALTER TABLE product_changes RENAME TO product_changes_away")
    said = until(lambda: warnings(svc, "can't read the change feed"), PATIENCE_S, "a warning")
    assert 'relation "product_changes" does not exist' in said[0] and "42P01" in said[0]
    assert len(said) == 1


def test_the_log_never_has_a_customer_s_words(catalogue):
    catalogue.sql(f"ALTER TABLE search_feedback ADD CHECK (query <> '{SECRET}')")
    svc = catalogue.start()
    body = {"query": SECRET, "product_id": 1, "action": "click"}
    catalogue.call(svc, "POST", "/v1/feedback", body, status=503)
    assert "23514" in warnings(svc, "can't store feedback")[0]
    assert SECRET not in svc.log_text()


def test_a_trouble_is_said_once(catalogue):
    catalogue.sql("ALTER TABLE search_feedback RENAME TO search_feedback_away")
    svc = catalogue.start()
    until(lambda: warnings(svc, "can't read the feedback"), PATIENCE_S, "a warning")
    time.sleep(5)
    assert len(warnings(svc, "can't read the feedback")) == 1


@pytest.mark.parametrize("url", ["away", "empty", "fine"])
def test_check_says_whether_it_could_work(catalogue, database, url):
    urls = {"away": "postgresql://nobody@127.0.0.1:1/none", "empty": database, "fine": catalogue.url}
    result = check(urls[url])
    assert (result.returncode == 0) == (url == "fine"), result.stdout
    if url == "empty":
        assert "does not exist" in result.stdout


def test_it_is_not_ready_where_nothing_can_answer(service, database):
    svc = service(NODE, ready=False, DATABASE_URL=database)
    shop = Shop(service, database)
    until(lambda: "listening" in svc.log_text(), PATIENCE_S, "a start")
    assert shop.http.get(f"{svc.url}/readyz").status_code == 503
    shop.call(svc, "POST", "/v1/search", {"query": "playera"}, status=503)
    assert "does not exist" in warnings(svc, "PostgreSQL can't answer")[0]
    shop.http.close()


def test_prices_are_right_while_the_currency_changes(catalogue):
    catalogue.sql("INSERT INTO products (name, price, stock, category_id) SELECT 'Gramófono ' || n, "
                  "100, 1, 1 FROM generate_series(1, 60000) n")  # fmt: skip
    svc = catalogue.start()
    catalogue.sql("INSERT INTO system_config (key, value) VALUES ('currency', 'CLP') "
                  "ON CONFLICT (key) DO UPDATE SET value = excluded.value")  # fmt: skip
    seen: set[tuple[str, float]] = set()
    end = time.monotonic() + 30
    while catalogue.index(svc)["builds"] < 2 or not catalogue.index(svc)["ready"]:
        assert time.monotonic() < end
        product = catalogue.search(svc, "gramófono", limit=1)["products"][0]
        seen.add((product["currency"], product["price"]))
    assert seen <= {("MXN", 100.0), ("CLP", 100)}
    assert catalogue.search(svc, "gramófono", limit=1)["products"][0]["price_text"] == "$100"


def test_pruning_under_a_transaction_that_stays_open(catalogue):
    """An index that is built now must not find itself too old."""
    svc = catalogue.start()
    with psycopg.connect(catalogue.url) as long:
        long.execute("SELECT pg_current_xact_id()")
        catalogue.add("Xilófono")
        catalogue.sql("UPDATE product_changes SET changed_at = NOW() - INTERVAL '4 days'")
        time.sleep(9)  # the first pruning is five seconds after the start
        assert catalogue.index(svc)["builds"] <= 2
    again = catalogue.start()
    until(lambda: catalogue.one("SELECT count(*) FROM product_changes") == 0, 20, "a pruning")
    assert catalogue.ids(again, "xilofono")


def test_one_replica_at_a_time_saves_in_a_folder(catalogue, tmp_path):
    first = catalogue.start(SNAPSHOT_DIR=str(tmp_path), SNAPSHOT_EVERY_S="1")
    saved = until(lambda: list(tmp_path.glob("products-*.index")), PATIENCE_S, "a snapshot")[0]
    first.stop()
    before = saved.read_bytes()
    aside = Path(f"{saved}.new")
    with aside.open("wb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        other.write(b"of another replica")
        other.flush()
        svc = catalogue.start(SNAPSHOT_DIR=str(tmp_path), SNAPSHOT_EVERY_S="1")
        catalogue.add("Xilófono")
        said = until(lambda: warnings(svc, "can't save the index"), PATIENCE_S, "a warning")
        assert "another replica" in said[0]
        assert aside.read_bytes() == b"of another replica" and saved.read_bytes() == before
    until(lambda: saved.read_bytes() != before, PATIENCE_S, "the next snapshot")
    assert not aside.exists()
