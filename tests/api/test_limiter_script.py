"""windows.lua in a real Redis beside windows.c: the same verdicts and the same bytes."""

from __future__ import annotations

import os
import random
import struct
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import redis

from tests.conftest import ROOT

SCRIPT = ROOT / "services" / "optimized_rate_limiter" / "windows.lua"
START_MS = 1_790_000_123_457
DAY_MS = 86_400_000
NO_MESSAGE = b""
OPERATIONS = ("check", "shadow", "peek", "refund", "block", "reset")
# The script's request before the message, and its answer before the record.
REQUEST = struct.Struct(">BHIIIBQQ")
ANSWER = struct.Struct(">BBBBQIIIQ")
# Operations of Redis's script that write a record whatever they find.
ALWAYS_SAVED = ("block", "reset")
VIP_LIMITS = (20, 300, 2000, 0)


@dataclass
class Call:
    operation: str = "check"
    limits: tuple[int, int, int, int] = (5, 100, 500, 0)
    cost: int = 1
    message: bytes = NO_MESSAGE
    block_for_ms: int = 0
    now_ms: int = START_MS


@dataclass
class Verdict:
    allowed: int
    known: int
    window: int
    retry_after_ms: int
    notify: int
    used: tuple[int, int, int]
    now_ms: int
    record: bytes = field(repr=False)

    def without_record(self) -> tuple:
        return (self.allowed, self.known, self.window, self.retry_after_ms, self.notify,
                self.used, self.now_ms)  # fmt: skip


class InRedis:
    """The script, for one key."""

    def __init__(self, url: str, key: str = "rate_limit:5215512345678:windows") -> None:
        self.client = redis.Redis.from_url(url)
        self.key = key
        self.script = self.client.register_script(SCRIPT.read_text())

    def __call__(self, call: Call, seed: bytes = b"") -> Verdict:
        request = REQUEST.pack(OPERATIONS.index(call.operation), *call.limits, call.cost,
                               call.block_for_ms, call.now_ms)  # fmt: skip
        answer = self.script(keys=[self.key], args=[request + call.message, seed])
        allowed, known, window, notify, wait, *used, now_ms = ANSWER.unpack_from(answer)
        record = answer[ANSWER.size :]
        return Verdict(allowed, known, window, wait, notify, tuple(used), now_ms, record)

    def record(self) -> bytes:
        return self.client.get(self.key) or b""


class InC:
    """tests/unit/.../windows_driver.c, which judges by windows.c."""

    def __init__(self) -> None:
        folder = ROOT / "build" / os.environ.get("PRESET", "release") / "tests"
        self.process = subprocess.Popen(
            [folder / "windows_driver"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __call__(self, call: Call, record: bytes) -> Verdict:
        words = [call.operation, *call.limits, call.cost, call.message.hex() or "-",
                 call.block_for_ms, call.now_ms, record.hex() or "-"]  # fmt: skip
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline().split()
        assert line, "the driver ended"
        *numbers, record = line
        first, used, now_ms = map(int, numbers[:5]), tuple(map(int, numbers[5:8])), numbers[8]
        return Verdict(*first, used, int(now_ms), bytes.fromhex(record))

    def close(self) -> None:
        self.process.stdin.close()
        assert self.process.wait(10) == 0


@pytest.fixture
def in_redis(redis_url: str) -> InRedis:
    return InRedis(redis_url)


@pytest.fixture
def in_c() -> Iterator[InC]:
    driver = InC()
    yield driver
    driver.close()


def compare(in_redis: InRedis, in_c: InC, call: Call) -> Verdict:
    """One call by both, from the same record."""
    before = in_redis.record()
    ours = in_c(call, before)
    theirs = in_redis(call)
    assert theirs.without_record() == ours.without_record(), call
    after = in_redis.record()
    assert theirs.record == after
    if after != before or call.operation in ALWAYS_SAVED:
        assert after.hex() == ours.record.hex(), call
    else:
        # Nothing was counted: what C has now differs at most by what has left its window.
        probe = Call("peek", call.limits, now_ms=call.now_ms)
        assert in_c(probe, ours.record).used == theirs.used
    return theirs


LIMITS = [
    (5, 100, 500, 0),
    (5, 60, 500, 10),
    (20, 300, 2000, 50),
    (3, 5, 7, 0),
    (1, 1, 1, 0),
    (0, 0, 0, 0),
    (40, 4000, 20000, 0),
    (7, 1000, 20000, 33),
    (1000, 20000, 200000, 1500),
]
STEPS_MS = [0, 0, 1, 40, 999, 1000, 8_571, 60_000, 254_000, 255_000, 256_001, 600_000, 3_600_000]


def random_call(rng: random.Random, limits: tuple[int, ...], now_ms: int, ids: list[bytes]) -> Call:
    operation = rng.choices(
        ["check", "shadow", "peek", "refund", "block", "reset"], [80, 5, 5, 12, 1, 1]
    )[0]
    if rng.random() < 0.5 or not ids:
        ids.append(rng.randbytes(5))
    message = rng.choice([NO_MESSAGE, ids[-1], ids[-1], rng.choice(ids[-20:])])
    if operation in ("peek", "block", "reset"):
        message = NO_MESSAGE
    return Call(operation, limits, rng.choice([1, 1, 1, 1, 2, 20]), message,
                rng.choice([0, 0, 30_000, 90_000_000, 30 * DAY_MS]), now_ms)  # fmt: skip


@pytest.mark.parametrize("seed", range(6))
def test_random_operations(in_redis: InRedis, in_c: InC, seed: int):
    rng = random.Random(seed)
    now_ms, limits, ids = START_MS, rng.choice(LIMITS), []
    usual_ms = rng.choice([20, 500, 5_000, 60_000])
    for _ in range(2500):
        if rng.random() < 0.02:
            limits = rng.choice(LIMITS)
        if rng.random() < 0.001:
            now_ms += rng.randrange(60 * DAY_MS)
        elif rng.random() < 0.01:
            now_ms -= rng.choice([1, 1000, 300_000])
        else:
            now_ms += rng.choice([rng.randrange(usual_ms), rng.choice(STEPS_MS)])
        compare(in_redis, in_c, random_call(rng, limits, now_ms, ids))


def test_the_largest_limits(in_redis: InRedis, in_c: InC):
    limits, now_ms = (1000, 20000, 200000, 0), START_MS
    for number in range(1500):
        now_ms += 61_000 if number % 60 == 59 else 300_000 if number % 500 == 499 else 3
        compare(in_redis, in_c, Call(limits=limits, cost=20, now_ms=now_ms,
                                     message=number.to_bytes(5, "big")))  # fmt: skip
    last = compare(in_redis, in_c, Call("peek", limits, now_ms=now_ms))
    assert last.used[1] == 20000


def test_a_burst_beyond_what_the_minute_holds(in_redis: InRedis, in_c: InC):
    limits = (1000, 20000, 200000, 10000)
    for _ in range(130):
        compare(in_redis, in_c, Call(limits=limits, cost=20))
    assert compare(in_redis, in_c, Call("peek", limits)).used == (1000, 2600, 2600)


def test_wrong_bytes_are_an_empty_record(in_redis: InRedis, in_c: InC):
    rng = random.Random(8102)
    for _ in range(30):
        in_redis(Call(limits=VIP_LIMITS, message=rng.randbytes(5)))
    good = in_redis.record()
    broken = [b"", b"\x01", good[:62], good[:63], good[:-1], good + b"\0", b"\x02" + good[1:],
              bytes([1]) + bytes(28) + b"\0\1" + bytes(32), rng.randbytes(200)]  # fmt: skip
    for record in broken:
        in_redis.client.set(in_redis.key, record)
        verdict = compare(in_redis, in_c, Call(limits=VIP_LIMITS))
        assert verdict.allowed and verdict.used == (1, 1, 1)


def test_the_fullest_vip_customer_takes_less_than_1_kb(in_redis: InRedis):
    """Something in each ten minutes of a day, 300 in the last hour, 20 in the last minute."""
    # The first in a unit that has all but left, so that there are as many as there may be.
    end_ms = START_MS // 600_000 * 600_000 + 599_000
    last_hour = [end_ms - 60_000 - 12_400 * n for n in reversed(range(280))]
    times_ms = [
        *(end_ms - 600_000 * n - 1000 for n in reversed(range(6, 145))),
        *last_hour,
        *(end_ms - 2_900 * n for n in reversed(range(20))),
    ]
    for number, time_ms in enumerate(times_ms):
        message = number.to_bytes(5, "big")
        assert in_redis(Call(limits=VIP_LIMITS, message=message, now_ms=time_ms)).allowed
    denied = in_redis(Call(limits=VIP_LIMITS, message=b"last.", now_ms=end_ms))
    assert denied.used == (20, 300, 139 + 300) and not denied.allowed
    in_redis(Call("block", VIP_LIMITS, block_for_ms=60_000, now_ms=end_ms))
    # Head, minute, messages, hour, and a pair of bytes for each ten minutes.
    assert len(in_redis.record()) == 63 + 20 * 4 + 16 * 9 + 299 + 2 * 145
    assert memory(in_redis) < 1024


def memory(in_redis: InRedis) -> int:
    used = in_redis.client.memory_usage(in_redis.key)
    print(f"{used} bytes, of which {len(in_redis.record())} are the record")
    return used


def test_the_key_lives_as_long_as_its_record_matters(in_redis: InRedis):
    in_redis(Call(limits=VIP_LIMITS))
    day_s = in_redis.client.ttl(in_redis.key)
    assert 24 * 3600 <= day_s <= 24 * 3600 + 600
    in_redis(Call("block", block_for_ms=30 * DAY_MS))
    assert 30 * DAY_MS - 1000 < in_redis.client.pttl(in_redis.key) <= 30 * DAY_MS


def test_a_block_that_was_ended_does_not_come_back_from_a_replica(in_redis: InRedis):
    """A replica's record of before stands in for one that Redis lost, not for one that ended."""
    for end in (Call("block", block_for_ms=0), Call("reset")):
        in_redis(Call("block", block_for_ms=30 * DAY_MS))
        old = in_redis(Call("peek")).record
        in_redis(end)
        in_redis(Call())
        for _ in range(5):  # what else is written makes it end no sooner
            in_redis(Call())
        assert in_redis.client.pttl(in_redis.key) > 30 * DAY_MS - 60_000
        assert in_redis(Call("peek"), seed=old).window != 4
        in_redis.client.delete(in_redis.key)


def test_a_lost_record_is_restored(in_redis: InRedis):
    for number in range(5):
        in_redis(Call(message=bytes([number]) * 5))
    record = in_redis.record()
    in_redis.client.flushall()
    assert not in_redis(Call(), seed=record).allowed
    in_redis.client.flushall()
    assert in_redis(Call(message=bytes([3]) * 5), seed=record).known
    in_redis.client.flushall()
    assert in_redis(Call(), seed=b"").allowed


def test_redis_own_clock(in_redis: InRedis):
    before_ms = int(in_redis.client.time()[0]) * 1000
    call = Call()
    call.now_ms = 0
    verdict = in_redis(call)
    assert 0 <= verdict.now_ms - before_ms < 60_000
