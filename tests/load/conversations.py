"""`intake`: the same conversations straight on n8n's webhook and through the durable intake, in the
same real n8n, with the statuses and repeats that WhatsApp sends along.

    python -m tests.load intake [--messages N] [--json]

Each customer writes a few messages, which may be answered as one turn. The simulator delivers them
as Meta does, tells of each answer that it was sent, delivered and read, and repeats some
deliveries. Measured is how many messages a second are answered until the last answer, how long one
waits, and what is left unanswered."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from launcher.settings import read_env_file
from tests.conftest import ROOT
from tests.e2e.shop import Customer, Shop
from tests.load import machine
from tests.load.measure import progress
from tests.load.model import BenchError

# A new customer may write five a minute.
EACH = 3
REPEATED = 0.05
SENDERS = 16
PATIENCE_S = 600
# Longer than an execution that vanished is waited for.
SILENCE_S = 90
GOAL = 4.0
DIRECT, INTAKE = "direct", "intake"
LABELS = {DIRECT: "n8n's webhook", INTAKE: "the intake, then n8n"}


def run(messages: int, rounds: int, *, as_json: bool) -> int:
    with _shop() as shop:
        targets = {
            DIRECT: shop.sim.get("/sim/state").json()["settings"]["webhook_url"],
            INTAKE: f"{shop.env['PARSE_MESSAGE_OPTIMIZED_URL']}/v1/webhook",
        }
        _measure(shop, targets[INTAKE], 2 * EACH)  # a warm-up
        rows: dict[str, list[dict[str, Any]]] = {DIRECT: [], INTAKE: []}
        for number in range(rounds):
            for key in (DIRECT, INTAKE) if number % 2 == 0 else (INTAKE, DIRECT):
                rows[key].append(_measure(shop, targets[key], messages))
                progress(f"round {number + 1}/{rounds}: {LABELS[key]}: {rows[key][-1]}")
    found = _summary(rows, messages)
    print(json.dumps(found, ensure_ascii=False) if as_json else _text(found))
    return 0


@contextmanager
def _shop() -> Iterator[Shop]:
    """The whole system, in a state folder of its own."""
    with tempfile.TemporaryDirectory(prefix="commerce-bench-") as folder:
        Path(folder).chmod(0o755)
        os.environ["COMMERCE_STATE"] = folder
        _commerce("up")
        try:
            with Shop(read_env_file()) as shop:
                yield shop
        finally:
            _commerce("down")


def _commerce(command: str) -> None:
    result = subprocess.run([ROOT / "commerce", command], text=True, capture_output=True)
    if result.returncode != 0:
        raise BenchError(f"./commerce {command}: {result.stdout}{result.stderr}")


def _measure(shop: Shop, target: str, messages: int) -> dict[str, Any]:
    shop.settings(webhook_url=target)
    customers = [shop.customer() for _ in range(max(messages // EACH, 1))]
    since = shop.mark()
    begin = time.time()
    with ThreadPoolExecutor(SENDERS) as pool:
        sent = list(pool.map(lambda n: customers[n % len(customers)].text("hola"),
                             range(len(customers) * EACH)))  # fmt: skip
        repeated = sent[: int(len(sent) * REPEATED)]
        list(pool.map(lambda one: shop.replay(one["delivery_id"]), repeated))
    _wait(customers)
    # What n8n still runs, statuses above all, isn't to slow what comes next.
    shop.settle(PATIENCE_S, quiet_s=4)
    chats = [_chat(customer) for customer in customers]
    waits = sorted(wait for chat in chats for wait in _waits(*chat))
    last = max((told[-1] for _, told in chats if told), default=begin)
    return {
        "messages": len(sent),
        "answers": sum(len(told) for _, told in chats),
        "unanswered": len(sent) - len(waits),
        "per_s": round(len(waits) / max(last - begin, 0.001), 2),
        "median_s": round(statistics.median(waits), 2) if waits else None,
        "p95_s": round(waits[int(len(waits) * 0.95)], 2) if waits else None,
        "executions": sum(1 for id_, _ in shop.executions() if id_ > since),
    }


def _chat(customer: Customer) -> tuple[list[float], list[float]]:
    """When the customer wrote, and when the shop."""
    messages = customer.shop.sim.get(f"{customer.path}/messages").json()["messages"]
    asked = [one["timestamp"] for one in messages if one["direction"] == "from_customer"]
    told = [one["timestamp"] for one in messages if one["direction"] == "to_customer"]
    return sorted(asked), sorted(told)


def _waits(asked: Sequence[float], told: Sequence[float]) -> list[float]:
    """From each message to the answer that came after it, which may be to several as one turn; of
    those that have none nothing."""
    return [min(answers) - question for question in asked
            if (answers := [answer for answer in told if answer >= question])]  # fmt: skip


def _wait(customers: Sequence[Customer]) -> None:
    """Until all is answered, or nothing has come for a while."""
    end = time.monotonic() + PATIENCE_S
    open_, since, seen = list(customers), time.monotonic(), -1
    while open_ and time.monotonic() < end and time.monotonic() - since < SILENCE_S:
        open_ = [one for one in open_ if len(_waits(*(chat := _chat(one)))) < len(chat[0])]
        if len(open_) != seen:
            seen, since = len(open_), time.monotonic()
        time.sleep(1)


def _summary(rows: dict[str, list[dict[str, Any]]], messages: int) -> dict[str, Any]:
    ratios = [ours["per_s"] / max(theirs["per_s"], 0.001)
              for ours, theirs in zip(rows[INTAKE], rows[DIRECT])]  # fmt: skip
    ratio = round(statistics.median(ratios), 2)
    lost = sum(row["unanswered"] for row in rows[INTAKE])
    return {
        "name": "intake",
        "machine": machine.describe(),
        "messages": messages,
        "rounds": rows,
        "goals": [
            {"name": "messages answered a second, by n8n's alone", "goal": f">= {GOAL:g}",
             "value": ratio, "holds": ratio >= GOAL},
            {"name": "unanswered through the intake", "goal": "0", "value": lost, "holds": lost == 0},
        ],
    }  # fmt: skip


def _text(found: dict[str, Any]) -> str:
    lines = [
        f"intake: {found['messages']} messages, {EACH} of each customer, three statuses an answer,"
        f" {REPEATED:.0%} repeated",
        machine.text(),
        "",
        f"{'way':<22}{'answered/s':>11}{'median s':>10}{'p95 s':>8}{'executions':>12}"
        f"{'answers':>9}{'unanswered':>12}",
    ]
    for key, rows in found["rounds"].items():
        lines += [
            f"{LABELS[key]:<22}{row['per_s']:>11}{row['median_s'] or '-':>10}{row['p95_s'] or '-':>8}"
            f"{row['executions']:>12}{row['answers']:>9}{row['unanswered']:>12}"
            for row in rows
        ]
    lines.append("")
    lines += [f"{goal['name']}: {goal['value']} (wanted {goal['goal']}): "
              f"{'yes' if goal['holds'] else 'NO'}" for goal in found["goals"]]  # fmt: skip
    return "\n".join(lines)
