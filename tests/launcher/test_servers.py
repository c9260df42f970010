"""The private servers: the same folder gives the same server, and nothing stays behind."""

from __future__ import annotations

import psycopg
import redis

from launcher.ports import free_port, is_free, kept_port
from launcher.servers import Postgres, Redis


def test_postgres_starts_again_with_its_data(tmp_path, _server_folder):
    folder = _server_folder / "again"
    server = Postgres.start(folder)
    try:
        url = server.create_database("shop")
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE t AS SELECT 'áéñ' AS name")
        assert Postgres.start(folder).process == server.process
    finally:
        server.stop()
    assert is_free(server.port)

    server = Postgres.start(folder)
    try:
        assert server.database_url("shop") == url
        assert server.query("SELECT name FROM t", database="shop") == "áéñ"
    finally:
        server.stop()


def test_postgres_wants_its_password(postgres_server):
    wrong = postgres_server.url.replace(postgres_server.password, "wrong")
    try:
        psycopg.connect(wrong)
    except psycopg.OperationalError as error:
        assert "password" in str(error)
    else:
        raise AssertionError("anybody on this machine could read the shop's data")


def test_redis_keeps_what_it_acknowledged(tmp_path):
    server = Redis.start(tmp_path)
    redis.Redis.from_url(server.url).set("key", "value")
    server.stop()
    assert is_free(server.port)
    server = Redis.start(tmp_path)
    try:
        assert redis.Redis.from_url(server.url).get("key") == b"value"
    finally:
        server.stop()


def test_each_test_gets_its_own_database(database, postgres):
    assert database != postgres
    with psycopg.connect(database) as connection:
        tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        assert connection.execute(tables).fetchone() == (0,)


def test_a_kept_port_stays_unless_it_is_taken(tmp_path):
    note = tmp_path / "port"
    port = kept_port(note)
    assert kept_port(note) == port
    note.write_text("not a number")
    assert kept_port(note) != 0
    assert is_free(free_port())
