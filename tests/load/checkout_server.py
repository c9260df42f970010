"""A private PostgreSQL with the whole schema and a small shop, and checkouts to be confirmed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import subprocess
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import psycopg

from launcher.paths import ROOT
from launcher.servers import Postgres, postgres_bin
from tests.load.model import BenchError

PRODUCTS = 500
STOCK = 100_000_000
SECRET = "bench-secret-0123456789abcdef"
# A commit waits for the disk, as it has to where money is.
SETTINGS = {"shared_buffers": "256MB", "max_wal_size": "4GB", "jit": "off"}
SETTINGS_TEXT = "PostgreSQL: " + ", ".join(f"{name} {value}" for name, value in SETTINGS.items())


def start(folder: Path, stack: ExitStack) -> Mapping[str, str]:
    server = Postgres.start(folder, settings=SETTINGS)
    stack.callback(server.stop)
    url = server.create_database("shop")
    env = {**os.environ, "PATH": f"{postgres_bin()}:{os.environ.get('PATH', '/usr/bin:/bin')}"}
    result = subprocess.run(
        ["database/migrate.sh", "--init", url], cwd=ROOT, env=env, capture_output=True, text=True
    )
    if result.returncode != 0:
        raise BenchError(f"migrate.sh failed: {result.stderr.strip()[:200]}")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO products (sku, name, price, stock, weight_g)"
            " SELECT 'B-' || n, 'Producto número ' || n, 50 + n, %s, 300"
            f" FROM generate_series(1, {PRODUCTS}) AS n",
            (STOCK,),
        )
        connection.execute(
            "INSERT INTO shipping_rates (name, is_pickup, pickup_address)"
            " VALUES ('Recoger', true, 'Centro 1')"
        )
        connection.execute(
            "INSERT INTO tax_rates (country, name, rate_hundredths) VALUES ('MX', 'IVA', 1600)"
        )
        connection.execute("ANALYZE")
    return {"DATABASE_URL": url, "POSTGRES_PID": str(server.process.pid)}


# Customer n of a batch buys two products; neighbours buy others, as customers do.
_CARTS = """
    WITH batch AS (
        SELECT n, %(batch)s || n AS customer FROM generate_series(0, %(count)s - 1) AS n
    ), cart AS (
        INSERT INTO carts (customer_phone, version) SELECT customer, 1 FROM batch
    ), line AS (
        INSERT INTO cart_items (customer_phone, product_id, product_name, quantity, unit_price_minor)
        SELECT customer, product.id, product.name, 1, round(product.price * 100)
        FROM batch CROSS JOIN generate_series(0, 1) AS which
        JOIN products AS product ON product.id = 1 + (n * 7 + which * 31) %% %(products)s
    )
    INSERT INTO checkouts (customer_phone, state, shipping_rate_id, payment_method, shown_digest)
    SELECT customer, 'confirmation', (SELECT id FROM shipping_rates), 'cash_on_delivery', ''
    FROM batch
    RETURNING customer_phone, id::text"""


def prepare(url: str, batch: str, count: int) -> list[tuple[str, str]]:
    """COUNT checkouts that wait to be confirmed: each customer's key and checkout's id."""
    values = {"batch": batch, "count": count, "products": PRODUCTS}
    with psycopg.connect(url, autocommit=True) as connection:
        rows = connection.execute(_CARTS, values).fetchall()
        connection.execute("ANALYZE carts, cart_items, checkouts")
    return sorted(rows, key=lambda row: int(row[0].removeprefix(batch)))


def token(checkout_id: str, digest: str) -> str:
    """What the button would hold: services/optimized_checkout_processor/token.h."""
    message = f"{checkout_id}|{digest}".encode()
    mac = hmac.new(SECRET.encode(), message, hashlib.sha256).digest()[:20]
    return base64.urlsafe_b64encode(bytes.fromhex(digest[:24]) + mac).decode().rstrip("=")
