"""checkout: a product added to a cart, and a purchase confirmed."""

from __future__ import annotations

import json

from tests.load import checkout_server, confirmations, goals, programs
from tests.load.model import Bench, Peer, Request, Workload
from tests.load.wrk import MARK

NODE = "optimized_checkout_processor"
TOKEN = "bench-token-0123456789abcdef0123456789abcdef"
CONNECTIONS = (16,)
CUSTOMERS = 5000
# Up to so many different products in one cart.
PRODUCTS = 6
REQUESTS = CUSTOMERS * PRODUCTS
CONFIRM, PGBENCH = "confirm", "pgbench"


def bench() -> Bench:
    packages = ("fastify", "ioredis", "pg")
    versions = [f"{name} {programs.npm_version('fastify-cart', name)}" for name in packages]
    settings = {
        "SERVICE_TOKEN": TOKEN,
        "LOG_LEVEL": "warn",
        "BIND_ADDRESS": "127.0.0.1",
        "CHECKOUT_SECRET": checkout_server.SECRET,
        "DATABASE_POOL_SIZE": "16",
    }
    nothing = Workload([Request("GET", "/", {})], lambda request, answer: "")
    return Bench(
        name="checkout",
        title="checkout: add to a cart, once a message and answered with the whole cart; confirm",
        peers=(
            Peer(goals.OURS, f"{NODE}, cart add", programs.service(NODE), settings,
                 needs=("checkout:ours",)),
            Peer("fastify", f"{', '.join(versions)}, cart add", programs.node("fastify-cart", "cart.js"),
                 {"SERVICE_TOKEN": TOKEN, "NODE_ENV": "production"},
                 needs=("checkout:fastify", "redis:fastify")),
            Peer(CONFIRM, f"{NODE}, confirm", programs.service(NODE), settings,
                 needs=("checkout:confirm",), workload=nothing, start=confirmations.start_ours),
            Peer(PGBENCH, "pgbench, order_place alone", lambda port, folder: [],
                 needs=("checkout:confirm",), workload=nothing, start=confirmations.start_pgbench),
        ),
        connections=CONNECTIONS,
        workload=Workload([add_request(n, TOKEN) for n in range(REQUESTS)], check_answer,
                          add_request(0, "not-the-token")),
        goals=(
            *(goals.ratio_at_least("fastify", "Fastify", n, 2.0) for n in CONNECTIONS),
            *(goals.ratio_between(CONFIRM, PGBENCH, "confirmations/s by pgbench's", n, 0.7)
              for n in CONNECTIONS),
            *(goals.p99_of_below(CONFIRM, "confirmations", n, 50.0) for n in CONNECTIONS),
        ),
        starts=3,
        notes=(checkout_server.SETTINGS_TEXT,),
    )  # fmt: skip


def add_request(number: int, token: str) -> Request:
    customer = f"52155{number % CUSTOMERS * 7919 % 10**8:08d}"
    product = 1 + (number // CUSTOMERS * 31 + number * 7) % checkout_server.PRODUCTS
    body = {"product_id": product, "quantity": 1, "message_id": f"wamid.HBgN{number}FQIAEhgUM0E{MARK}A="}
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    return Request(
        "POST", f"/v1/carts/{customer}/items", headers, json.dumps(body, separators=(",", ":")).encode()
    )


def check_answer(request: Request, answer: bytes) -> str:
    product = json.loads(request.body)["product_id"]
    try:
        found = json.loads(answer)
        if found["status"] != "added" or found["quantity"] < 1:
            return f"not added: {answer[:200]!r}"
        line = next(line for line in found["cart"]["lines"] if line["product_id"] == product)
        if line["unit_price_minor"] != (50 + product) * 100:
            return f"another price: {line}"
        if "Producto" not in found["reply"]["interactive"]["body"]["text"]:
            return f"no reply: {answer[:200]!r}"
    except (ValueError, KeyError, TypeError, StopIteration) as error:
        return f"{type(error).__name__} {error} in {answer[:200]!r}"
    return ""
