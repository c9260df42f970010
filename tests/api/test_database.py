"""The schema, the migrations and the demo shop, by the scripts that people run."""

from __future__ import annotations

import re
import shutil
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from launcher.servers import Postgres, postgres_bin
from tests.demo_files import read_tsv

ROOT = Path(__file__).resolve().parents[2]
DATABASE = ROOT / "database"
CASES = ROOT / "tests" / "cases" / "database"
MIGRATIONS = sorted((DATABASE / "migrations").glob("*.sql"))


def run(script: str, *arguments: str | Path, status: int = 0) -> subprocess.CompletedProcess[str]:
    result = subprocess.run(
        [DATABASE / script, *arguments],
        capture_output=True, text=True, env={"PATH": "/usr/local/bin:/usr/bin:/bin"},
    )  # fmt: skip
    assert result.returncode == status, result.stdout + result.stderr
    return result


def execute(url: str, sql: str) -> list[tuple]:
    """The rows of the last statement."""
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(sql)
        while cursor.nextset():
            pass
        return cursor.fetchall() if cursor.description else []


def one(url: str, sql: str):
    return execute(url, sql)[0][0]


def run_file(url: str, file: Path) -> None:
    subprocess.run(
        ["psql", url, "-Xq", "-v", "ON_ERROR_STOP=1", "-f", file],
        check=True, capture_output=True, text=True,
    )  # fmt: skip


def dump(url: str, *options: str) -> str:
    """Schema and rows as text; without the random word that newer pg_dumps add."""
    text = subprocess.run(
        [postgres_bin() / "pg_dump", *options, url], check=True, capture_output=True, text=True
    ).stdout
    return re.sub(r"^\\(un)?restrict .*$", "", text, flags=re.MULTILINE)


def without_sequences(text: str) -> str:
    return re.sub(r"^SELECT pg_catalog.setval.*$", "", text, flags=re.MULTILINE)


def applied(url: str) -> list[str]:
    rows = execute(url, "SELECT version || '_' || name FROM schema_migrations ORDER BY version")
    return [f"{row[0]}.sql" for row in rows]


@pytest.fixture
def mvp(database: str) -> str:
    run_file(database, DATABASE / "mvp" / "schema.sql")
    return database


@pytest.fixture
def mvp_shop(database: str) -> str:
    run("load-demo.sh", database)
    return database


@pytest.fixture(scope="module")
def full_template(postgres_server: Postgres) -> Iterator[str]:
    url = postgres_server.create_database("test_full_template")
    run("load-demo.sh", "--full", url)
    yield "test_full_template"
    postgres_server.query("DROP DATABASE test_full_template WITH (FORCE)")


@pytest.fixture
def full_shop(postgres_server: Postgres, full_template: str) -> Iterator[str]:
    """A copy for this test alone: copying takes a tenth of what loading takes."""
    postgres_server.query(f"CREATE DATABASE test_full TEMPLATE {full_template}")
    yield postgres_server.database_url("test_full")
    postgres_server.query("DROP DATABASE test_full WITH (FORCE)")


# --- the MVP beside the full system


@pytest.mark.parametrize("schema", ["mvp", "mvp_shop", "full_shop"])
def test_queries_of_the_mvp_work(schema: str, request: pytest.FixtureRequest) -> None:
    run_file(request.getfixturevalue(schema), CASES / "mvp_queries.sql")


def test_rows_of_the_mvp_get_what_the_full_system_needs(mvp: str) -> None:
    run("migrate.sh", mvp)
    run_file(mvp, CASES / "mvp_queries.sql")
    row = execute(mvp, "SELECT message_timestamp, rate_limit_exceeded FROM message_logs")[0]
    assert row[0] is not None and row[1] is False
    assert one(mvp, "SELECT version FROM customer_sessions") == 1
    assert one(mvp, "SELECT attributes FROM products") == {}


# --- the runner


def test_migrate_applies_each_file_once(mvp: str) -> None:
    first = run("migrate.sh", mvp).stdout.splitlines()
    assert first == [f"applied      {file.name}" for file in MIGRATIONS] + [
        f"up to date: {len(MIGRATIONS)} applied"
    ]
    before = dump(mvp)
    assert run("migrate.sh", mvp).stdout == "up to date: 0 applied\n"
    assert dump(mvp) == before
    assert applied(mvp) == [file.name for file in MIGRATIONS]


def test_migrations_are_idempotent(full_shop: str) -> None:
    # Where a sequence stands isn't compared: ON CONFLICT uses numbers up.
    before = without_sequences(dump(full_shop))
    for file in MIGRATIONS:
        run_file(full_shop, file)
    assert without_sequences(dump(full_shop)) == before


def test_migrate_takes_the_url_from_the_environment(mvp: str) -> None:
    result = subprocess.run(
        [DATABASE / "migrate.sh", "--dry-run"],
        capture_output=True, text=True,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "DATABASE_URL": mvp},
    )  # fmt: skip
    assert result.returncode == 0, result.stderr


def test_dry_run_changes_nothing(mvp: str) -> None:
    before = dump(mvp)
    output = run("migrate.sh", "--dry-run", mvp).stdout
    assert [line.split()[-1] for line in output.splitlines()[:-1]] == [f.name for f in MIGRATIONS]
    assert dump(mvp) == before


def test_init_equals_mvp_and_migrations(database: str, postgres_server: Postgres) -> None:
    other = postgres_server.create_database("test_init_other")
    try:
        run("migrate.sh", "--init", database)
        run_file(other, DATABASE / "mvp" / "schema.sql")
        run("migrate.sh", other)
        assert dump(database, "-s") == dump(other, "-s")
    finally:
        postgres_server.query("DROP DATABASE test_init_other WITH (FORCE)")


def test_a_changed_file_is_refused(mvp: str, tmp_path: Path) -> None:
    folder = shutil.copytree(DATABASE / "migrations", tmp_path / "migrations")
    run("migrate.sh", "--migrations", folder, mvp)
    with open(folder / MIGRATIONS[2].name, "a") as file:
        file.write("SELECT 1;\n")
    (folder / "9000_later.sql").write_text("CREATE TABLE later (id INTEGER);\n")

    result = run("migrate.sh", "--migrations", folder, mvp, status=4)
    assert MIGRATIONS[2].name in result.stderr
    assert one(mvp, "SELECT to_regclass('later')") is None


def test_line_ends_are_no_change(mvp: str, tmp_path: Path) -> None:
    folder = shutil.copytree(DATABASE / "migrations", tmp_path / "migrations")
    run("migrate.sh", mvp)
    for file in folder.iterdir():
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert run("migrate.sh", "--migrations", folder, mvp).stdout == "up to date: 0 applied\n"


def test_a_failed_file_leaves_nothing_and_can_be_run_again(mvp: str, tmp_path: Path) -> None:
    broken = tmp_path / "9000_broken.sql"
    broken.write_text("CREATE TABLE half (id INTEGER);\nSELECT 1 / 0;\n")
    result = run("migrate.sh", "--migrations", tmp_path, mvp, status=1)
    assert "9000_broken.sql:2" in result.stderr
    assert one(mvp, "SELECT to_regclass('half')") is None
    assert applied(mvp) == []

    broken.write_text("CREATE TABLE half (id INTEGER);\n")
    run("migrate.sh", "--migrations", tmp_path, mvp)
    assert applied(mvp) == ["9000_broken.sql"]


def test_a_later_branch_may_bring_a_lower_number(mvp: str, tmp_path: Path) -> None:
    (tmp_path / "9002_second.sql").write_text("SELECT 1;\n")
    run("migrate.sh", "--migrations", tmp_path, mvp)
    (tmp_path / "9001_first.sql").write_text("SELECT 1;\n")
    run("migrate.sh", "--migrations", tmp_path, mvp)
    assert applied(mvp) == ["9001_first.sql", "9002_second.sql"]


def test_two_runners_at_once_apply_each_file_once(mvp: str) -> None:
    outputs: list[str] = []
    runners = [
        threading.Thread(target=lambda: outputs.append(run("migrate.sh", mvp).stdout))
        for _ in range(3)
    ]
    for runner in runners:
        runner.start()
    for runner in runners:
        runner.join()
    lines = Counter(line for output in outputs for line in output.splitlines())
    assert len(outputs) == 3
    assert all(lines[f"applied      {file.name}"] == 1 for file in MIGRATIONS)


def test_a_busy_table_is_waited_for_without_holding_others_up(mvp: str) -> None:
    """A report reads products for 5 s; the shop's own reads must not queue behind the ALTER."""
    with psycopg.connect(mvp) as report:
        report.execute("SELECT count(*) FROM products")
        runner = threading.Thread(target=run, args=("migrate.sh", mvp))
        runner.start()
        longest = 0.0
        end = time.monotonic() + 5
        while time.monotonic() < end:
            asked = time.monotonic()
            execute(mvp, "SELECT count(*) FROM products")
            longest = max(longest, time.monotonic() - asked)
            time.sleep(0.05)
        report.commit()
        runner.join()
    assert applied(mvp) == [file.name for file in MIGRATIONS]
    assert longest < 2


ERRORS = {
    "no database": ([], 2),
    "unknown option": (["--frobnicate"], 2),
    "nothing listens": (["postgresql://nobody@127.0.0.1:1/none"], 3),
}


@pytest.mark.parametrize("script", ["migrate.sh", "load-demo.sh"])
@pytest.mark.parametrize("case", ERRORS)
def test_errors_are_one_line(script: str, case: str) -> None:
    arguments, status = ERRORS[case]
    result = run(script, *arguments, status=status)
    assert re.fullmatch(rf"{script}: .+\n", result.stderr)


@pytest.mark.parametrize("script", ["migrate.sh", "load-demo.sh"])
def test_help(script: str) -> None:
    assert run(script, "--help").stdout.startswith(f"usage: {script}")


def test_migrate_wants_the_mvp_schema(database: str) -> None:
    assert "--init" in run("migrate.sh", database, status=3).stderr


# --- safe on a live shop


def test_migrations_rewrite_no_table(mvp_shop: str) -> None:
    files = "SELECT relname, relfilenode FROM pg_class WHERE relname = ANY(ARRAY['customers', \
             'customer_sessions', 'products', 'categories', 'message_logs', 'orders', \
             'customers_phone_key', 'customer_sessions_customer_phone_key'])"
    before = sorted(execute(mvp_shop, files))
    assert len(before) == 8
    run("migrate.sh", mvp_shop)
    assert sorted(execute(mvp_shop, files)) == before


def test_old_messages_keep_their_time(mvp: str) -> None:
    execute(mvp, """
        INSERT INTO message_logs (customer_phone, created_at)
        SELECT '521', TIMESTAMPTZ '2025-01-01' + make_interval(mins => n)
        FROM generate_series(1, 25000) AS n""")
    run("migrate.sh", mvp)
    wrong = "SELECT count(*) FROM message_logs WHERE message_timestamp IS DISTINCT FROM created_at"
    assert one(mvp, wrong) == 0


def test_invalid_indexes_are_repaired(mvp: str) -> None:
    """A build that failed halfway, as PostgreSQL leaves it behind."""
    execute(mvp, "INSERT INTO products (name, price) VALUES ('a', 1), ('a', 1)")
    execute(mvp, "INSERT INTO message_logs (customer_phone) VALUES ('1'), ('1')")
    names = ["idx_products_search_vector", "idx_products_popularity", "idx_message_logs_rate_limit"]
    for name, column in zip(
        names, ["products (name)", "products (price)", "message_logs (customer_phone)"], strict=True
    ):
        with pytest.raises(psycopg.errors.UniqueViolation):
            execute(mvp, f"CREATE UNIQUE INDEX CONCURRENTLY {name} ON {column}")
    invalid = "SELECT count(*) FROM pg_index WHERE NOT indisvalid"
    assert one(mvp, invalid) == 3

    run("migrate.sh", mvp)
    assert one(mvp, invalid) == 0
    for name in names:
        definition = one(mvp, f"SELECT pg_get_indexdef('{name}'::regclass)")
        assert "UNIQUE" not in definition


def test_a_shop_that_ran_the_guides_scripts(mvp: str) -> None:
    run_file(mvp, CASES / "guide_scripts.sql")
    run("migrate.sh", mvp)
    # Its own limit stays, and mode is there.
    assert execute(mvp, "SELECT max_per_minute, mode FROM rate_limit_config ORDER BY id") == [
        (7, "enforce"), (10, "enforce"), (20, "enforce"),
    ]  # fmt: skip
    assert execute(mvp, """
        SELECT provider_name, model, temperature FROM ai_provider_config ORDER BY priority
        """) == [
        ("Gemini", "gemini-3.5-flash-lite", None),
        ("DeepSeek", "deepseek-flash", None),
        ("OpenAI", "gpt-6-luna", None),
    ]  # fmt: skip
    assert "COALESCE(name" in one(
        mvp, "SELECT pg_get_indexdef('idx_products_search_vector'::regclass)"
    )


# --- the full schema


def test_seeded_limits(full_shop: str) -> None:
    assert execute(full_shop, """
        SELECT customer_tier, max_per_minute, max_per_hour, max_per_day, burst_size, mode
        FROM rate_limit_config ORDER BY id""") == [
        ("new", 5, 60, 500, 10, "enforce"),
        ("regular", 10, 120, 1000, 20, "enforce"),
        ("vip", 20, 300, 2000, 50, "enforce"),
    ]  # fmt: skip
    with pytest.raises(psycopg.errors.CheckViolation):
        execute(full_shop, "UPDATE rate_limit_config SET mode = 'sometimes'")


def test_every_table_names_its_owner(full_shop: str) -> None:
    comments = execute(full_shop, """
        SELECT relname, obj_description(oid) FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'm')
          AND NOT relispartition""")
    assert [name for name, comment in comments if not (comment or "").startswith("owner: ")] == []
    readme = (DATABASE / "README.md").read_text(encoding="utf-8")
    assert [name for name, _ in comments if f"`{name}`" not in readme] == []


def test_a_customer_without_a_number_fits_everywhere(full_shop: str) -> None:
    key = "MX.ENT." + "a" * 128
    for table, column in [
        ("customers", "phone"), ("customer_sessions", "customer_phone"),
        ("message_logs", "customer_phone"), ("orders", "customer_phone"),
    ]:  # fmt: skip
        execute(full_shop, f"INSERT INTO {table} ({column}) VALUES ('{key}')")
    execute(full_shop, f"""
        INSERT INTO customer_identities (customer_key, user_id, parent_user_id)
        VALUES ('{key}', 'MX.{"a" * 128}', '{key}')""")


def test_two_living_customers_never_share_an_identity(full_shop: str) -> None:
    old = "5215500010001"
    with pytest.raises(psycopg.errors.UniqueViolation):
        execute(full_shop, f"""
            INSERT INTO customer_identities (customer_key, wa_id) VALUES ('x', '{old}')""")
    execute(full_shop, f"""
        INSERT INTO customer_identities (customer_key, wa_id) VALUES ('x', '5215599990001');
        UPDATE customer_identities SET replaced_by = 'x', replaced_at = NOW()
        WHERE customer_key = '{old}';
        INSERT INTO customer_identities (customer_key, wa_id) VALUES ('y', '{old}')""")


def test_customers_of_the_mvp_have_identities(mvp_shop: str) -> None:
    execute(mvp_shop, "INSERT INTO customers (phone) VALUES ('+52 1 55 1234 5678')")
    run("migrate.sh", mvp_shop)
    assert one(mvp_shop, "SELECT count(*) FROM customer_identities WHERE wa_id = customer_key") == 14


SEARCHES = [
    ("spanish", "iluminaciones", "Lámpara de escritorio con carga USB"),
    ("spanish_unaccent", "iluminacion", "Lámpara de escritorio con carga USB"),
    ("spanish", "sartenes", "Juego de sartenes de 3 piezas"),
    ("spanish_unaccent", "nino", "Playera infantil de dinosaurios para niño"),
]


@pytest.mark.parametrize(("config", "query", "name"), SEARCHES)
def test_search_goes_by_the_index(full_shop: str, config: str, query: str, name: str) -> None:
    sql = f"""
        SELECT name FROM products
        WHERE to_tsvector('{config}', COALESCE(name, '') || ' ' || COALESCE(description, ''))
              @@ plainto_tsquery('{config}', '{query}')"""
    assert (name,) in execute(full_shop, sql)
    # 478 rows are few enough that a scan is cheaper, so scans are made dear.
    plan = execute(full_shop, f"SET enable_seqscan = off; EXPLAIN {sql}")
    assert "idx_products_search_" in str(plan)


def test_search_bears_missing_names_and_typos(full_shop: str) -> None:
    execute(full_shop, """
        INSERT INTO products (name, description, price) VALUES (NULL, 'Zanfonía antigua', 1)""")
    assert one(full_shop, """
        SELECT count(*) FROM products
        WHERE to_tsvector('spanish', COALESCE(name, '') || ' ' || COALESCE(description, ''))
              @@ plainto_tsquery('spanish', 'zanfonías')""") == 1
    assert one(full_shop, """
        SELECT name FROM products
        ORDER BY word_similarity('zapatila', immutable_unaccent(lower(name))) DESC NULLS LAST,
                 popularity_score DESC
        LIMIT 1""") == "Zapatillas rojas deportivas"


def test_a_change_of_the_catalogue_is_announced(full_shop: str) -> None:
    with psycopg.connect(full_shop, autocommit=True) as listener:
        listener.execute("LISTEN catalogue_changed")
        before = one(full_shop, "SELECT updated_at FROM products WHERE sku = 'ROP-0001'")
        execute(full_shop, "UPDATE products SET stock = stock - 1")
        notice = next(listener.notifies(timeout=5, stop_after=1))
        assert notice.payload == "products"
    assert one(full_shop, "SELECT updated_at FROM products WHERE sku = 'ROP-0001'") > before


def test_category_overview_counts(full_shop: str) -> None:
    rows = execute(full_shop, "SELECT name, product_count, offer_count FROM category_overview")
    products = [row for row in read_tsv("products") if row["is_available"] == "t"]
    count = Counter(row["category"] for row in products)
    offers = Counter(row["category"] for row in products if row["offer_price"])
    assert {name: (total, offer) for name, total, offer in rows} == {
        name: (count[name], offers[name]) for name in count
    }
    execute(full_shop, "REFRESH MATERIALIZED VIEW CONCURRENTLY category_overview")


def test_an_offer_counts_only_while_it_holds(full_shop: str) -> None:
    execute(full_shop, """
        UPDATE products SET offer_price = NULL;
        UPDATE products SET offer_price = 5, offer_ends_at = NOW() - INTERVAL '1 day'
        WHERE sku = 'ROP-0001';
        UPDATE products SET offer_price = 5, offer_starts_at = NOW() + INTERVAL '1 day'
        WHERE sku = 'ROP-0002';
        UPDATE products SET offer_price = price + 1 WHERE sku = 'ROP-0003';
        UPDATE products SET offer_price = 5 WHERE sku = 'ROP-0004';
        REFRESH MATERIALIZED VIEW category_overview""")
    assert one(full_shop, "SELECT sum(offer_count) FROM category_overview") == 1


# --- the demo shop


def test_loading_the_demo_twice_changes_nothing(mvp_shop: str) -> None:
    before = dump(mvp_shop)
    run("load-demo.sh", mvp_shop)
    assert dump(mvp_shop) == before

    run("load-demo.sh", "--full", mvp_shop)
    assert one(mvp_shop, "SELECT count(*) FROM products WHERE ean IS NULL") == 0
    before = dump(mvp_shop)
    run("load-demo.sh", "--full", mvp_shop)
    assert dump(mvp_shop) == before


def test_pictures_follow_their_address_and_leave_a_shops_own(mvp_shop: str) -> None:
    own = "https://cdn.example/mio.jpg"
    execute(mvp_shop, f"UPDATE products SET image_url = '{own}' WHERE sku = 'ROP-0002'")
    for address in ("http://127.0.0.1:1/media-demo", "http://127.0.0.1:22/media-demo/"):
        run("load-demo.sh", "--pictures", address, mvp_shop)
        picture = one(mvp_shop, "SELECT image_url FROM products WHERE sku = 'ROP-0001'")
        assert picture == f"{address.rstrip('/')}/ROP-0001.png"
        assert one(mvp_shop, "SELECT count(*) FROM products WHERE image_url IS NULL") == 0
        assert one(mvp_shop, "SELECT image_url FROM products WHERE sku = 'ROP-0002'") == own
    before = dump(mvp_shop)
    run("load-demo.sh", "--pictures", address, mvp_shop)
    assert dump(mvp_shop) == before
    assert "needs an address" in run("load-demo.sh", "--pictures", "CAL", mvp_shop, status=2).stderr


def test_a_real_shop_is_refused(mvp: str) -> None:
    execute(mvp, "INSERT INTO products (sku, name, price) VALUES ('X', 'Mesa', 100)")
    before = dump(mvp)
    assert "another shop" in run("load-demo.sh", mvp, status=1).stderr
    assert dump(mvp) == before


def test_demo_customers_and_carts(full_shop: str) -> None:
    assert one(full_shop, "SELECT count(*) FROM customers") >= 12
    assert one(full_shop, "SELECT count(DISTINCT country) FROM customers") >= 6
    tiers = execute(full_shop, "SELECT DISTINCT customer_tier FROM customers")
    assert {tier for (tier,) in tiers} == {"new", "regular", "vip"}
    # Every total is the sum of its lines, and every file's item was found.
    assert execute(full_shop, """
        SELECT order_number FROM orders o
        WHERE total <> (SELECT sum(quantity * unit_price) FROM order_items WHERE order_id = o.id)
        """) == []  # fmt: skip
    items = sum(row["items"].count(":") for row in read_tsv("orders"))
    assert one(full_shop, "SELECT count(*) FROM order_items") == items
    lines = sum(row["cart"].count(":") for row in read_tsv("sessions"))
    assert one(full_shop, "SELECT sum(jsonb_array_length(cart_data)) FROM customer_sessions") == lines
