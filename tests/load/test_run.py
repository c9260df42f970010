"""Whole runs: wrk, with small servers in Python as peers."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence

import pytest

from tests.load import measure
from tests.load.model import Bench, BenchError, Peer, Request, Workload

pytestmark = pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not installed")

SERVER = """
import os, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        good = self.path == "/readyz" or sys.argv[1] != "refuses"
        self.send_response(200 if good else 503)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")
    def log_message(self, *words): pass
if sys.argv[1] == "fails": sys.exit("no luck today")
ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""


def bench(workload: Workload, peers: Sequence[Peer]) -> Bench:
    return Bench("trial", "trial: a bench", peers, (16,), workload, (), starts=2)


def python_peer(key: str, mood: str) -> Peer:
    return Peer(key, f"{key} that {mood}",
                lambda port, folder: [sys.executable, "-c", SERVER, mood])  # fmt: skip


def test_a_whole_run():
    workload = Workload([Request("GET", "/", {})], lambda _, body: "" if body == b"ok" else "?")
    peers = [python_peer("ours", "works"), python_peer("other", "works")]
    found = measure.run(bench(workload, peers), measure.Effort(1, 1))
    assert found.errors("ours", 16) == 0
    assert found.samples["ours", 16][0].requests > 10
    assert found.samples["ours", 16][0].cpu_s > 0
    assert found.ratio("ours", "other", 16) is not None
    ours = found.footprints["ours"]
    assert 0 < ours.rss_mb <= ours.peak_mb
    assert ours.ready_ms is not None and ours.ready_ms.median > 1


@pytest.mark.parametrize(
    ("mood", "reason"), [("refuses", "answers wrongly: status 503"), ("fails", "no luck today")]
)
def test_a_peer_that_does_not_work_stops_the_bench(mood: str, reason: str):
    workload = Workload([Request("GET", "/", {})], lambda request, body: "")
    with pytest.raises(BenchError, match=reason):
        measure.run(bench(workload, [python_peer("ours", mood)]),
                    measure.Effort(1, 1))  # fmt: skip
