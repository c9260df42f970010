"""Starts, ends and restarts: of the service, and of PostgreSQL."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

import psycopg
import pytest

from launcher.servers import Postgres
from tests.api.search_shop import DATABASE, PATIENCE_S, SEEN_S, Shop, metric, until
from tests.conftest import binary

NODE = "ultra_optimized_product_search"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "snapshots"
    made.mkdir()
    return made


def snapshots(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.suffix == ".index"]


@pytest.fixture
def own_postgres(tmp_path: Path):
    """A server that a test can stop and start again, with the demo shop."""
    directory = tmp_path / "postgres"
    tmp_path.chmod(0o755)
    for parent in tmp_path.parents[:2]:
        parent.chmod(0o755)
    server = Postgres.start(directory, settings={"fsync": "off"})
    server.create_database("shop")
    servers = [server]

    def again() -> Postgres:
        servers.append(Postgres.start(directory, settings={"fsync": "off"}))
        return servers[-1]

    yield server, again
    servers[-1].stop()


def test_a_start_from_a_snapshot_catches_up(catalogue, folder):
    svc = catalogue.start(SNAPSHOT_DIR=str(folder))
    assert not catalogue.index(svc)["from_snapshot"]
    assert svc.stop() == 0
    assert len(snapshots(folder)) == 1
    changed = catalogue.add("Xilófono llegado de noche")
    catalogue.sql("UPDATE products SET price = 77, offer_price = NULL WHERE id = 1")
    catalogue.sql("DELETE FROM order_items WHERE product_id = 2")
    catalogue.sql("DELETE FROM products WHERE id = 2")
    catalogue.sql("UPDATE categories SET name = 'Prendas' WHERE id = 1")
    again = catalogue.start(SNAPSHOT_DIR=str(folder))
    state = catalogue.index(again)
    assert state["from_snapshot"] and state["builds"] == 0
    assert catalogue.ids(again, "xilofono") == [changed]
    assert catalogue.is_current(again)


def test_a_snapshot_is_saved_while_it_runs(catalogue, folder):
    svc = catalogue.start(SNAPSHOT_DIR=str(folder), SNAPSHOT_EVERY_S="1")
    until(lambda: snapshots(folder), PATIENCE_S, "the first")
    before = snapshots(folder)[0].stat().st_mtime_ns
    product = catalogue.add("Xilófono")
    until(lambda: snapshots(folder)[0].stat().st_mtime_ns > before, PATIENCE_S, "the next")
    time.sleep(0.5)
    svc.kill()
    again = catalogue.start(SNAPSHOT_DIR=str(folder))
    assert catalogue.index(again)["from_snapshot"]
    assert catalogue.ids(again, "xilofono") == [product]


@pytest.mark.parametrize("damage", ["cut", "bit", "empty", "noise"])
def test_a_damaged_snapshot_is_built_anew(catalogue, folder, damage):
    assert catalogue.start(SNAPSHOT_DIR=str(folder)).stop() == 0
    file = snapshots(folder)[0]
    content = bytearray(file.read_bytes())
    if damage == "bit":
        content[len(content) // 2] ^= 4
    file.write_bytes({"cut": content[: len(content) // 2], "bit": content, "empty": b"",
                      "noise": b"\xff" * 5000}[damage])  # fmt: skip
    svc = catalogue.start(SNAPSHOT_DIR=str(folder))
    assert not catalogue.index(svc)["from_snapshot"] and catalogue.index(svc)["builds"] == 1
    assert catalogue.is_current(svc)


def test_a_snapshot_of_another_database_is_left_alone(catalogue, folder, postgres_server, service):
    assert catalogue.start(SNAPSHOT_DIR=str(folder)).stop() == 0
    name = catalogue.url.rsplit("/", 1)[1].split("?")[0]
    postgres_server.query(f"CREATE DATABASE {name}_copy TEMPLATE {name}")
    copy = Shop(service, postgres_server.database_url(f"{name}_copy"))
    svc = copy.start(SNAPSHOT_DIR=str(folder))
    assert not copy.index(svc)["from_snapshot"]
    svc.stop()
    copy.http.close()
    postgres_server.query(f"DROP DATABASE {name}_copy WITH (FORCE)")


def test_changes_that_were_pruned_need_a_new_index(catalogue, folder):
    assert catalogue.start(SNAPSHOT_DIR=str(folder)).stop() == 0
    product = catalogue.add("Xilófono")
    catalogue.sql("WITH gone AS (DELETE FROM product_changes RETURNING xid) UPDATE product_feed "
                  "SET pruned_xid = (SELECT xid FROM gone ORDER BY xid DESC LIMIT 1)")  # fmt: skip
    svc = catalogue.start(SNAPSHOT_DIR=str(folder))
    assert catalogue.index(svc)["builds"] == 1
    assert catalogue.ids(svc, "xilofono") == [product]


def test_killed_at_any_moment_the_next_start_is_right(catalogue, folder):
    """While it builds, while it saves, while it follows."""
    catalogue.sql("INSERT INTO products (name, price, stock, category_id) SELECT 'Gramófono ' || n "
                  "|| ' de ' || md5(n::text), n, 1, 1 FROM generate_series(1, 40000) n")  # fmt: skip
    for number in range(8):
        svc = catalogue.start(index=False, SNAPSHOT_DIR=str(folder), SNAPSHOT_EVERY_S="1")
        time.sleep(0.05 + 0.15 * number)
        catalogue.sql("UPDATE products SET stock = stock + 1 WHERE mod(id, 7) = %s", number % 7)
        svc.kill()
    product = catalogue.add("Xilófono")
    svc = catalogue.start(SNAPSHOT_DIR=str(folder))
    assert catalogue.ids(svc, "xilofono") == [product]
    assert catalogue.is_current(svc)


def test_postgres_away_and_back(own_postgres, service):
    server, again = own_postgres
    url = server.database_url("shop")
    subprocess.run([DATABASE / "load-demo.sh", "--full", url], check=True, capture_output=True)
    shop = Shop(service, url)
    svc = shop.start()
    before = shop.search(svc, "playera")
    assert shop.get(svc, "categories")["total"] == 16
    server.stop()
    for _ in range(20):  # from memory, at once
        began = time.monotonic()
        assert shop.search(svc, "playera")["products"] == before["products"]
        assert time.monotonic() - began < 0.3
    product = shop.get(svc, "products/1")
    assert product["source"] == "index" and product["product"]["description"] is None
    assert shop.get(svc, "categories")["total"] == 16
    feedback = {"query": "playera", "product_id": 1, "action": "click"}
    shop.call(svc, "POST", "/v1/feedback", feedback, status=503)
    ready = until(lambda: state if (state := shop.call(svc, "GET", "/readyz"))["status"] == "degraded"
                  else None, 5, "degraded")  # fmt: skip
    assert ready["dependencies"]["index"]["state"] == "up"
    again()
    shop.sql("UPDATE products SET price = 55, offer_price = NULL WHERE sku = 'ROP-0001'")
    until(lambda: shop.search(svc, "ROP-0001")["products"][0]["price"] == 55, PATIENCE_S, "it")
    assert shop.is_current(svc)
    shop.http.close()


def test_without_an_index_postgres_answers(catalogue):
    """A table lock keeps the index from being built, and the service from nothing else."""
    catalogue.sql("REVOKE ALL ON product_changes FROM PUBLIC")
    catalogue.sql("ALTER TABLE product_feed RENAME TO product_feed_away")
    svc = catalogue.start(index=False)
    for query in ("playera de algodón", "PLAYERAS", "playeras de algodon"):
        answer = catalogue.search(svc, query)
        assert answer["source"] == "postgresql"
        assert "ROP-0001" in {product["sku"] for product in answer["products"]}
    assert catalogue.search(svc, "ROP-0003")["products"][0]["sku"] == "ROP-0003"
    assert catalogue.search(svc, "impresoora")["total"] > 0  # a typo
    catalogue.sql("UPDATE products SET offer_price = 0 WHERE sku = 'ROP-0001'")
    offers = catalogue.search(svc, "", on_offer=True, limit=100)
    assert offers["total"] > 0 and "ROP-0001" not in {p["sku"] for p in offers["products"]}
    assert catalogue.get(svc, "suggest", q="play")["source"] == "postgresql"
    assert metric(svc, "search_searches_total") > 0
    catalogue.sql("ALTER TABLE product_feed_away RENAME TO product_feed")
    catalogue.wait_index(svc)
    assert catalogue.search(svc, "playera de algodón")["source"] == "index"


@pytest.mark.parametrize(("name", "value", "said"), [
    ("LANGUAGE", "fr", "LANGUAGE"),
    ("RANKING_WEIGHTS", "/nowhere.json", "RANKING_WEIGHTS"),
    ("DATABASE_URL", "", "DATABASE_URL"),
    ("CHANGES_POLL_MS", "0", "CHANGES_POLL_MS"),
    ("TEXTS_DIR", "/nowhere", "TEXTS_DIR: /nowhere: No such file"),
    ("TEXTS_DIR", "/etc/passwd", "TEXTS_DIR: /etc/passwd: is no folder"),
    ("SEARCH_REGION", "mexico", "SEARCH_REGION=mexico"),
    ("SEARCH_REGION", "MX", "SEARCH_REGION=MX"),
    ("SEARCH_REGION", "zz", "SEARCH_REGION=zz"),
])  # fmt: skip
def test_a_bad_setting_stops_the_start(catalogue, name, value, said):
    env = {"PATH": "/usr/bin:/bin", "PORT": "18999", "DATABASE_URL": catalogue.url, name: value}
    result = subprocess.run([binary(NODE)], env=env, capture_output=True, text=True, timeout=20)
    assert result.returncode in (1, 2) and said in result.stderr, result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("region", ["cr", "mx"])
def test_a_country_with_or_without_words_of_its_own(catalogue, region):
    assert catalogue.search(catalogue.start(SEARCH_REGION=region), "playera")["total"] > 0


def test_it_ends_at_once_also_while_building(catalogue):
    catalogue.sql("INSERT INTO products (name, price) SELECT 'Gramófono ' || n, n "
                  "FROM generate_series(1, 60000) n")  # fmt: skip
    svc = catalogue.start(index=False)
    began = time.monotonic()
    assert svc.stop(signal.SIGTERM) == 0
    assert time.monotonic() - began < 3


def test_readyz_says_how_the_index_is(catalogue):
    svc = catalogue.start()
    until(lambda: catalogue.call(svc, "GET", "/readyz")["status"] == "ready", SEEN_S, "ready")
    state = catalogue.call(svc, "GET", "/readyz")["dependencies"]
    assert state["index"]["state"] == "up" and state["postgres"]["state"] == "up"


def test_old_rows_go_and_nothing_is_built_for_it(catalogue):
    catalogue.add("Gramófono")
    catalogue.sql("UPDATE product_changes SET changed_at = NOW() - INTERVAL '4 days'")
    catalogue.sql("INSERT INTO search_log (query, total, relaxed, took_us, source, created_at) "
                  "SELECT 'x', 0, false, 1, 'index', NOW() - make_interval(days => n) "
                  "FROM generate_series(0, 60) n")  # fmt: skip
    svc = catalogue.start(SEARCH_LOG_DAYS="7")
    product = catalogue.add("Xilófono")
    until(lambda: catalogue.one("SELECT count(*) FROM product_changes") == 1, PATIENCE_S, "the old")
    until(lambda: catalogue.one("SELECT count(*) FROM search_log") == 7, PATIENCE_S, "the old log")
    assert catalogue.one("SELECT pruned_xid::text::bigint FROM product_feed") > 0
    until(lambda: catalogue.ids(svc, "xilofono") == [product], SEEN_S, "the new product")
    assert catalogue.index(svc)["builds"] == 1


def test_while_a_transaction_is_open_what_came_after_it_stays(catalogue):
    with psycopg.connect(catalogue.url) as other:
        other.execute("CREATE TABLE something (x INTEGER)")
        catalogue.add("Gramófono")
        catalogue.sql("UPDATE product_changes SET changed_at = NOW() - INTERVAL '4 days'")
        svc = catalogue.start()
        time.sleep(3)
        own = other.execute("SELECT pg_current_xact_id()::text").fetchone()[0]
        count = catalogue.one("SELECT count(*) FROM product_changes WHERE xid > %s::xid8", own)
        assert count == 1 and catalogue.index(svc)["builds"] == 1
        other.rollback()
