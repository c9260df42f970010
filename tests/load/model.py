"""What a bench is made of: peers that are loaded, the requests, the samples, and the goals."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# Given the port and a folder of the peer's own. Called once; builds or installs what is missing.
Argv = Callable[[int, Path], Sequence[str]]
# Given the peer, its argv, what it needs in its environment, its folder and its port: a
# `process.Running`, or what does the same.
Start = Callable[["Peer", Sequence[str], Mapping[str, str], Path, int], Any]


class BenchError(Exception):
    """Why nothing could be measured, in one line."""


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""

    def raw(self) -> bytes:
        """The request as it goes over the wire. Host has no port: it is the same for all peers."""
        fields = {"Host": "127.0.0.1", **self.headers, "Content-Length": str(len(self.body))}
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        return f"{self.method} {self.path} HTTP/1.1\r\n{head}\r\n".encode() + self.body


@dataclass(frozen=True)
class Workload:
    """Requests in rotation, and what makes an answer to one right."""

    requests: Sequence[Request]
    check: Callable[[Request, bytes], str]
    """Given a request and the body of its answer: what is wrong with it, or an empty string."""
    refused: Request | None = None
    """One that must get a 4xx: a peer that doesn't look is faster, and no comparison."""


@dataclass(frozen=True)
class Peer:
    """A program under load. PORT, and what it needs, come to it in its environment."""

    key: str
    label: str
    argv: Argv
    env: Mapping[str, str] = field(default_factory=dict)
    needs: Sequence[str] = ()
    """Servers behind it, by their name in `backing.SERVERS`."""
    ready_path: str = "/readyz"
    ready_headers: Mapping[str, str] = field(default_factory=dict)
    ready: Callable[[bytes], bool] = lambda body: True
    """Whether an answer of 200 says that all is there."""
    constant: bool = False
    """It answers the same whatever is asked: a ceiling, whose answers aren't checked."""
    workload: Workload | None = None
    """In place of the bench's, for a peer that speaks otherwise."""
    start: Start | None = None
    """In place of `process.start`, for a peer that isn't a server of HTTP."""
    ready_timeout_s: float = 15


@dataclass(frozen=True)
class Sample:
    """One peer under one number of connections, for a few seconds."""

    requests: int
    duration_s: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    errors: int
    """Answers that weren't 2xx or 3xx, and connections that failed or timed out."""
    cpu_s: float = 0.0
    """What the peer's process used meanwhile, user and system."""
    others: float | None = None
    """The share of the machine's time that neither the peer nor wrk used, but somebody else.
    Unknown where a server behind the peer would count as one."""

    @property
    def requests_per_s(self) -> float:
        return self.requests / self.duration_s

    @property
    def cpu_us_per_request(self) -> float:
        return self.cpu_s * 1e6 / self.requests if self.requests else 0.0


@dataclass(frozen=True)
class Spread:
    median: float
    min: float
    max: float

    @staticmethod
    def of(values: Sequence[float]) -> Spread | None:
        if not values:
            return None
        return Spread(statistics.median(values), min(values), max(values))


@dataclass(frozen=True)
class Footprint:
    """A peer apart from its answers: memory after all load, and how long it takes to start."""

    rss_mb: float
    peak_mb: float
    ready_ms: Spread | None
    first_ms: float | None = None
    """The first start, where it is told from the later ones (Bench.first_apart)."""


@dataclass
class Results:
    """Samples by (peer's key, connections), one for each round, in the order of the rounds."""

    samples: dict[tuple[str, int], list[Sample]] = field(default_factory=dict)
    footprints: dict[str, Footprint] = field(default_factory=dict)
    timings: dict[str, Spread] = field(default_factory=dict)
    facts: dict[str, float] = field(default_factory=dict)

    def add(self, key: str, connections: int, sample: Sample) -> None:
        self.samples.setdefault((key, connections), []).append(sample)

    def errors(self, key: str, connections: int) -> int:
        return sum(sample.errors for sample in self.samples[key, connections])

    def spread(self, key: str, connections: int, value: Callable[[Sample], float]) -> Spread:
        spread = Spread.of([value(sample) for sample in self.samples[key, connections]])
        assert spread is not None, "a bench has at least one round"
        return spread

    def ratio(self, key: str, other: str, connections: int) -> Spread | None:
        """Requests/s of one by those of the other, round by round: what slows the machine for a
        minute slows both. None when either met an error, for then it did other work."""
        if self.errors(key, connections) or self.errors(other, connections):
            return None
        mine, theirs = self.samples[key, connections], self.samples[other, connections]
        if any(sample.requests == 0 for sample in theirs):
            return None
        pairs = zip(mine, theirs, strict=True)
        return Spread.of([a.requests_per_s / b.requests_per_s for a, b in pairs])


@dataclass(frozen=True)
class Goal:
    name: str
    bound: float
    unit: str
    at_least: bool
    measure: Callable[[Results], float | None]

    @property
    def text(self) -> str:
        return f"{'>=' if self.at_least else '<'} {self.bound:g} {self.unit}".rstrip()

    def holds(self, value: float | None) -> bool:
        if value is None:
            return False
        return value >= self.bound if self.at_least else value < self.bound


@dataclass(frozen=True)
class Timing:
    """Steps that follow from each other, which a load generator can't take: timed one by one."""

    name: str
    run: Callable[[str], Sequence[float]]
    """Given the URL of our peer: milliseconds, one a time."""


@dataclass(frozen=True)
class Fact:
    """What is found out once, of the peers that run, by their keys."""

    name: str
    unit: str
    find: Callable[[Mapping[str, Any]], float]


@dataclass(frozen=True)
class Bench:
    name: str
    title: str
    peers: Sequence[Peer]
    """The first is ours, which the others are compared with."""
    connections: Sequence[int]
    workload: Workload
    goals: Sequence[Goal]
    timings: Sequence[Timing] = ()
    starts: int = 10
    first_apart: bool = False
    """The first start leaves something for the later ones, which is why it takes longer."""
    facts: Sequence[Fact] = ()
    notes: Sequence[str] = ()
    """Lines under the title: settings of the servers, what the requests are."""
