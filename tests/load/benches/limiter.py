"""limiter: one check of one customer's message: may it pass, and how many are left."""

from __future__ import annotations

import hashlib
import json
import struct
from urllib.parse import quote

from launcher.paths import ROOT
from tests.load import goals, programs
from tests.load.model import Bench, Peer, Request, Workload
from tests.load.wrk import MARK

NODE = "optimized_rate_limiter"
SCRIPT = ROOT / "services" / NODE / "windows.lua"
TOKEN = "bench-token-0123456789abcdef0123456789abcdef"
CONNECTIONS = (16, 64)
# At some 10,000 checks/s each sends one every few seconds: within their limits, so that all do
# the whole work; with 5,000 customers nearly all would be denied.
CUSTOMERS = 60_000
VIP_LIMITS = (20, 300, 2000)


def bench() -> Bench:
    versions = {
        package: programs.npm_version("fastify-limiter", package)
        for package in ("fastify", "rate-limiter-flexible")
    }
    fastify = (
        f"Fastify {versions['fastify']}, rate-limiter-flexible "
        f"{versions['rate-limiter-flexible']}, Node {programs.node_version()}"
    )
    ours = {"SERVICE_TOKEN": TOKEN, "LOG_LEVEL": "warn", "BIND_ADDRESS": "127.0.0.1"}
    return Bench(
        name="limiter",
        title="limiter: one check in minute, hour and day, counted once by its message id",
        peers=(
            Peer(goals.OURS, NODE, programs.service(NODE), ours, needs=("redis:ours",)),
            Peer("fastify", fastify, programs.node("fastify-limiter", "check.js"),
                 {"SERVICE_TOKEN": TOKEN, "NODE_ENV": "production"}, needs=("redis:fastify",)),
            Peer("webdis", "webdis, EVALSHA of our script",
                 programs.debian("webdis", "run.sh", "webdis", "libb64-0d", "libhiredis0.14",
                                 "libevent-2.1-7", "libjansson4"),
                 {"SCRIPT": str(SCRIPT)}, needs=("redis:webdis",), ready_path="/PING",
                 workload=Workload(webdis_requests(CUSTOMERS), check_webdis_answer)),
        ),
        connections=CONNECTIONS,
        workload=Workload(requests(CUSTOMERS), check_answer, unauthorised_request()),
        goals=(
            *(goals.ratio_at_least("fastify", "Fastify", n, 2.0) for n in CONNECTIONS),
            *(goals.ratio_at_least("webdis", "webdis", n, 0.9) for n in CONNECTIONS),
        ),
    )  # fmt: skip


def customer_of(number: int) -> str:
    # Neighbours in the rotation are none in the key's order.
    return f"52155{number * 7919 % 10**8:08d}"


def requests(count: int) -> list[Request]:
    return [check_request(number, TOKEN) for number in range(count)]


def unauthorised_request() -> Request:
    return check_request(0, "not-the-token")


def check_request(number: int, token: str) -> Request:
    customer = customer_of(number)
    body = {
        "customer_phone": customer,
        "customer_tier": "vip",
        "message_id": f"wamid.HBgN{customer}FQIAEhgUM0E{MARK}A=",
    }
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    return Request("POST", "/v1/check", headers, json.dumps(body, separators=(",", ":")).encode())


def check_answer(request: Request, answer: bytes) -> str:
    try:
        found = json.loads(answer)
        if found["allowed"] is not True or found["skip_processing"] is not False:
            return f"not allowed: {answer[:200]!r}"
        if found["backend"] != "redis" or found["exceeded_window"] is not None:
            return f"not judged by Redis: {answer[:200]!r}"
        if found["limits"]["minute"] != VIP_LIMITS[0] or not 0 <= found["remaining"]["minute"] < 20:
            return f"other limits: {answer[:200]!r}"
    except (ValueError, KeyError, TypeError) as error:
        return f"{type(error).__name__} {error} in {answer[:200]!r}"
    return ""


def webdis_requests(count: int) -> list[Request]:
    """The call that the service makes, by the same script with the same arguments."""
    sha1 = hashlib.sha1(SCRIPT.read_bytes()).hexdigest()
    return [webdis_request(sha1, number) for number in range(count)]


def webdis_request(sha1: str, number: int) -> Request:
    key = f"rate_limit:{customer_of(number)}:windows"
    request = struct.pack(">BHIIIBQQ", 0, *VIP_LIMITS, 0, 1, 0, 0)
    path = "/".join(["EVALSHA", sha1, "1", quote(key, safe=":"), quote(request) + MARK, ".raw"])
    return Request("GET", f"/{path}", {})


def check_webdis_answer(request: Request, answer: bytes) -> str:
    try:
        head, _, verdict = answer.partition(b"\r\n")
        if int(head.removeprefix(b"$")) < 32 or verdict[0] != 1:
            return f"not allowed: {answer[:200]!r}"
    except (ValueError, IndexError) as error:
        return f"{type(error).__name__} {error} in {answer[:200]!r}"
    return ""
