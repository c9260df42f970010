"""Runs a bench: all peers up, then rounds in which each of them has its turn."""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from launcher.ports import free_port
from tests.load import machine, process, wrk
from tests.load.backing import Backing
from tests.load.model import Bench, Footprint, Peer, Results, Sample, Spread, Workload


@dataclass(frozen=True)
class Effort:
    rounds: int = 5
    seconds: int = 3


@dataclass(frozen=True)
class Entrant:
    """A peer with all that starting and loading it takes."""

    peer: Peer
    argv: Sequence[str]
    env: Mapping[str, str]
    port: int
    folder: Path
    requests_file: Path

    def start(self) -> process.Running:
        begin = self.peer.start or process.start
        return begin(self.peer, self.argv, self.env, self.folder, self.port)


def run(bench: Bench, effort: Effort) -> Results:
    wrk.check_installed()
    results = Results()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="commerce-bench-")))
        # For the user postgres, which a server of root's runs as.
        folder.chmod(0o755)
        backing = Backing(folder, stack)
        entrants = [_prepare(peer, bench.workload, folder, backing) for peer in bench.peers]
        ready = {entrant.peer.key: _time_starts(entrant, bench) for entrant in entrants}
        running = {}
        for entrant in entrants:
            server = entrant.start()
            stack.callback(server.stop)
            server.check_answers(entrant.peer.workload or bench.workload)
            running[entrant.peer.key] = server
        _run_rounds(bench, effort, entrants, running, results)
        for timing in bench.timings:
            progress(f"{timing.name}: one by one")
            spread = Spread.of(timing.run(running[bench.peers[0].key].url))
            assert spread is not None, "a timing has at least one value"
            results.timings[timing.name] = spread
        for fact in bench.facts:
            results.facts[fact.name] = fact.find(running)
        for key, server in running.items():
            rss_mb, peak_mb = server.memory_mb()
            results.footprints[key] = Footprint(rss_mb, peak_mb, *ready[key])
    return results


def turns(bench: Bench, round_number: int) -> list[tuple[int, int]]:
    """Indexes of peers with connections, in an order that starts elsewhere in each round: nobody
    always comes first, or always after the same neighbour's heat."""
    pairs = [(peer, count) for count in bench.connections for peer in range(len(bench.peers))]
    shift = round_number % len(pairs)
    return pairs[shift:] + pairs[:shift]


def _prepare(peer: Peer, workload: Workload, folder: Path, backing: Backing) -> Entrant:
    own = folder / peer.key
    own.mkdir()
    port = free_port()
    argv = peer.argv(port, own)
    env: dict[str, str] = {}
    for name in peer.needs:
        env.update(backing.settings(name))
    requests_file = own / "requests"
    wrk.write_requests(requests_file, (peer.workload or workload).requests)
    return Entrant(peer, argv, env, port, own, requests_file)


def _time_starts(entrant: Entrant, bench: Bench) -> tuple[Spread | None, float | None]:
    """Milliseconds; those of the first start apart where the bench says so."""
    if entrant.peer.start is not None:
        return None, None
    count = bench.starts + bench.first_apart
    progress(f"{entrant.peer.label}: starting it {count} times")
    times = []
    for _ in range(count):
        server = entrant.start()
        times.append(server.ready_ms)
        server.stop()
    return (Spread.of(times[1:]), times[0]) if bench.first_apart else (Spread.of(times), None)


def _run_rounds(
    bench: Bench,
    effort: Effort,
    entrants: Sequence[Entrant],
    running: Mapping[str, process.Running],
    results: Results,
) -> None:
    for number in range(effort.rounds + 1):
        name = f"round {number}/{effort.rounds}" if number else "warm-up"
        for index, connections in turns(bench, number):
            entrant = entrants[index]
            server = running[entrant.peer.key]
            sample = _load(server, entrant.requests_file, connections, effort.seconds)
            progress(
                f"{name}: {entrant.peer.label}, {connections} connections: "
                f"{sample.requests_per_s:,.0f}/s, p99 {sample.p99_ms:.2f} ms"
                + (f", {sample.errors} errors" if sample.errors else "")
            )
            if number > 0:
                results.add(entrant.peer.key, connections, sample)


def _load(server: process.Running, requests: Path, connections: int, seconds: int) -> Sample:
    begin_s, busy_s, peer_s, wrk_s = time.monotonic(), machine.busy_s(), server.cpu_s(), _wrk_s()
    sample = server.load(requests, connections, seconds)
    server.check_alive()
    cpu_s = server.cpu_s() - peer_s
    others_s = machine.busy_s() - busy_s - cpu_s - (_wrk_s() - wrk_s)
    whole_s = (time.monotonic() - begin_s) * machine.cores()
    others = None if server.peer.needs else max(0.0, others_s / whole_s)
    return replace(sample, cpu_s=cpu_s, others=others)


def _wrk_s() -> float:
    """Of all wrks so far: the only children that end while a sample is taken."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
