"""The load generator: wrk, its input file, and its figures."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.load.model import BenchError, Request, Sample

SCRIPT = Path(__file__).with_name("load.lua")
# Above the time asked for: wrk waits for its last answers, 2 s at most.
GRACE_S = 15
# Where a request has it, each sending has other characters: an id that never comes twice.
MARK = "@@@@@"


def write_requests(file: Path, requests: Sequence[Request]) -> None:
    """The form that load.lua reads: a length, a newline, the raw request, and so on."""
    with file.open("wb") as output:
        for request in requests:
            raw = request.raw()
            output.write(b"%d\n" % len(raw) + raw)


def parse_output(text: str, program: str = "wrk") -> Sample:
    """The sample of the line that load.lua, or another PROGRAM, prints at the end."""
    lines = [line for line in text.splitlines() if line.startswith("WRK {")]
    if len(lines) != 1:
        raise BenchError(f"{program} gave no figures: {text.strip()[:300] or 'no output'}")
    figures = json.loads(lines[0].removeprefix("WRK "))
    errors = [value for name, value in figures.items() if name.endswith("_errors")]
    return Sample(
        requests=figures["requests"],
        duration_s=figures["duration_us"] / 1e6,
        p50_ms=figures["p50_us"] / 1e3,
        p95_ms=figures["p95_us"] / 1e3,
        p99_ms=figures["p99_us"] / 1e3,
        errors=sum(errors) + figures["timeouts"],
    )


def check_installed() -> None:
    if shutil.which("wrk") is None:
        raise BenchError("wrk is not installed: apt-get install wrk")


def run(url: str, requests_file: Path, *, connections: int, seconds: int) -> Sample:
    argv = [
        "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(SCRIPT), url,
        "--", str(requests_file), str(random.randrange(1 << 30)),
    ]  # fmt: skip
    try:
        result = subprocess.run(argv, capture_output=True, text=True, timeout=seconds + GRACE_S)
    except subprocess.TimeoutExpired as error:
        raise BenchError(f"wrk didn't end in {seconds + GRACE_S} s on {url}") from error
    if result.returncode != 0:
        raise BenchError(f"wrk failed on {url}: {(result.stderr or result.stdout).strip()[:300]}")
    return parse_output(result.stdout)
