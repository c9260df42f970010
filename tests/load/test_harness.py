"""The harness itself: what it reads, computes, decides and writes."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.load import __main__ as command
from tests.load import goals, measure, programs, report, wrk
from tests.load.benches import BENCHES, parse
from tests.load.model import (
    Bench,
    BenchError,
    Footprint,
    Goal,
    Peer,
    Request,
    Results,
    Sample,
    Spread,
    Workload,
)

FIGURES = {
    "duration_us": 3_000_000, "requests": 180_000, "p50_us": 210, "p95_us": 700, "p99_us": 1234,
    "max_us": 9000,
    "status_errors": 0, "connect_errors": 0, "read_errors": 0, "write_errors": 0, "timeouts": 0,
}  # fmt: skip


def wrk_text(**figures: int) -> str:
    head = "Running 3s test @ http://127.0.0.1:1\n  1 threads and 16 connections\n"
    return f"{head}Requests/sec:  60000.00\nWRK {json.dumps({**FIGURES, **figures})}\n"


def sample(per_s: float, p99_ms: float = 1.0, errors: int = 0) -> Sample:
    return Sample(int(per_s), 1.0, p99_ms / 2, p99_ms * 0.8, p99_ms, errors, cpu_s=per_s * 10e-6)


def results(ours: Sequence[Sample], theirs: Sequence[Sample]) -> Results:
    found = Results()
    for mine, other in zip(ours, theirs, strict=True):
        found.add("ours", 16, mine)
        found.add("other", 16, other)
    found.footprints = {
        "ours": Footprint(10.0, 12.5, Spread(20.0, 15.0, 31.0)),
        "other": Footprint(80.0, 90.0, None),
    }
    return found


def bench(*wanted: Goal) -> Bench:
    peers = [Peer(key, key.title(), lambda port, folder: []) for key in ("ours", "other")]
    nothing = Workload([], lambda request, body: "")
    return Bench("trial", "trial: a bench", peers, (16,), nothing, wanted)


def test_parse_output_reads_the_line_of_figures():
    read = wrk.parse_output(wrk_text())
    assert read.requests_per_s == 60_000
    assert (read.p50_ms, read.p95_ms, read.p99_ms, read.errors) == (0.21, 0.7, 1.234, 0)


@pytest.mark.parametrize("name", [name for name in FIGURES if "error" in name] + ["timeouts"])
def test_parse_output_counts_every_kind_of_error(name: str):
    assert wrk.parse_output(wrk_text(**{name: 3})).errors == 3


@pytest.mark.parametrize("text", ["", "unable to connect to 127.0.0.1:1 Connection refused\n"])
def test_parse_output_without_figures_is_an_error(text: str):
    with pytest.raises(BenchError, match="no figures"):
        wrk.parse_output(text)


def test_requests_file_frames_raw_requests(tmp_path: Path):
    request = Request("POST", "/a", {"X-Name": "1"}, "ñ".encode())
    wrk.write_requests(tmp_path / "requests", [request, request])
    raw = b"POST /a HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Name: 1\r\nContent-Length: 2\r\n\r\n\xc3\xb1"
    assert (tmp_path / "requests").read_bytes() == (b"%d\n" % len(raw) + raw) * 2


def test_spread_is_median_least_and_most():
    assert Spread.of([5.0, 1.0, 3.0]) == Spread(3.0, 1.0, 5.0)
    assert Spread.of([4.0, 1.0]) == Spread(2.5, 1.0, 4.0)
    assert Spread.of([]) is None


def test_ratio_is_taken_round_by_round():
    # The machine was slow in the second round, for both: the ratio doesn't notice.
    found = results([sample(300), sample(30), sample(330)], [sample(100), sample(10), sample(100)])
    assert found.ratio("ours", "other", 16) == Spread(3.0, 3.0, 3.3)


@pytest.mark.parametrize("broken", ["ours", "other"])
def test_ratio_is_none_where_anybody_met_an_error(broken: str):
    found = results([sample(300)], [sample(100)])
    found.samples[broken, 16] = [sample(300, errors=1)]
    assert found.ratio("ours", "other", 16) is None
    goal = goals.ratio_at_least("other", "Other", 16, 3)
    assert not goal.holds(goal.measure(found))


@pytest.mark.parametrize(("per_s", "holds"), [(299, False), (300, True), (301, True)])
def test_ratio_goal_includes_its_bound(per_s: int, holds: bool):
    goal = goals.ratio_at_least("other", "Other", 16, 3)
    assert goal.text == ">= 3"
    assert goal.holds(goal.measure(results([sample(per_s)], [sample(100)]))) is holds


@pytest.mark.parametrize(("p99_ms", "holds"), [(2.99, True), (3.0, False)])
def test_p99_goal_excludes_its_bound(p99_ms: float, holds: bool):
    goal = goals.p99_below(16, 3)
    assert goal.text == "< 3 ms"
    assert goal.holds(goal.measure(results([sample(1, p99_ms)], [sample(1)]))) is holds


@pytest.mark.parametrize(("p99_ms", "holds"), [(3.7, True), (3.75, False)])
def test_p95_goal_is_of_the_p95(p99_ms: float, holds: bool):
    goal = goals.p95_below(16, 3)
    assert goal.holds(goal.measure(results([sample(1, p99_ms)], [sample(1)]))) is holds
    assert goal.measure(results([sample(1, errors=1)], [sample(1)])) is None


def test_p99_goal_does_not_hold_with_errors():
    goal = goals.p99_below(16, 3)
    assert goal.measure(results([sample(1, errors=1)], [sample(1)])) is None


def test_memory_and_start_goals():
    found = results([sample(1)], [sample(1)])
    assert goals.memory_below(25).measure(found) == 12.5
    assert goals.ready_below(100).measure(found) == 20.0
    first = goals.first_start_below(90_000, "build")
    assert not first.holds(first.measure(found))
    found.footprints["ours"] = replace(found.footprints["ours"], first_ms=450.0)
    assert first.measure(found) == 450.0


def test_a_first_start_has_its_column_where_there_is_one():
    found = results([sample(1)], [sample(1)])
    trial, effort = bench(), measure.Effort()
    assert "first start" not in report.as_text(trial, effort, report.as_object(trial, effort, found))
    found.footprints["ours"] = replace(found.footprints["ours"], first_ms=1450.0)
    text = report.as_text(trial, effort, report.as_object(trial, effort, found))
    assert "first start" in text and "1,450" in text


def test_object_has_the_fixed_form():
    wanted = (goals.ratio_at_least("other", "Other", 16, 3), goals.p99_below(16, 3))
    found = results([sample(200), sample(220)], [sample(100), sample(100, errors=2)])
    trial = bench(*wanted)
    made = json.loads(json.dumps(report.as_object(trial, measure.Effort(rounds=2), found)))
    assert list(made) == ["name", "machine", "runs", "rows", "goals"]
    assert (made["name"], made["runs"]) == ("trial", 2)
    assert set(made["machine"]) == {"cpu", "cores", "kernel"}
    ours, other = made["rows"]
    assert ours["requests_per_s"] == {"median": 210, "min": 200, "max": 220}
    assert (ours["valid"], ours["errors"], ours["ours_to_this"]) == (True, 0, None)
    assert (other["valid"], other["errors"], other["ours_to_this"]) == (False, 2, None)
    assert made["goals"] == [
        {"name": wanted[0].name, "goal": ">= 3", "value": None, "holds": False},
        {"name": wanted[1].name, "goal": "< 3 ms", "value": 1.0, "holds": True},
    ]


def test_several_benches_join_into_one_object():
    one = report.as_object(bench(goals.p99_below(16, 3)), measure.Effort(),
                           results([sample(1)], [sample(1)]))  # fmt: skip
    both = report.joined([one, {**one, "name": "next"}])
    assert list(both) == list(one)
    assert [row["bench"] for row in both["rows"]] == ["trial", "trial", "next", "next"]
    assert [goal["name"].split(":")[0] for goal in both["goals"]] == ["trial", "next"]
    assert report.joined([one]) == one


def test_tables_mark_an_invalid_row_and_a_missed_goal():
    trial, effort = bench(goals.p99_below(16, 3)), measure.Effort()
    found = report.as_object(trial, effort, results([sample(5, 4.0)], [sample(5, errors=7)]))
    for text in (report.as_text(trial, effort, found), report.as_markdown(trial, effort, found)):
        assert "INVALID: 7 errors" in text
        assert "NO" in text
    assert "| --- | --- |" in report.as_markdown(trial, effort, found)


@pytest.mark.parametrize(("others", "warned"), [(0.01, False), (0.31, True)])
def test_strangers_on_the_machine_are_mentioned(others: float, warned: bool):
    disturbed = replace(sample(5), others=others)
    trial, effort = bench(), measure.Effort()
    found = report.as_object(trial, effort, results([disturbed], [disturbed]))
    assert ("used 31% of the machine" in report.as_text(trial, effort, found)) is warned


def test_every_round_has_the_same_turns_in_another_order():
    trial = bench()
    rounds = [measure.turns(trial, number) for number in range(2)]
    assert rounds[0] != rounds[1]
    assert sorted(rounds[0]) == sorted(rounds[1]) == [(0, 16), (1, 16)]


def test_parse_requests_are_distinct_and_signed():
    made = parse.requests(200)
    assert len({request.body for request in made}) == 200
    messages = [
        json.loads(request.body)["entry"][0]["changes"][0]["value"]["messages"][0]
        for request in made
    ]
    assert len({message["id"] for message in messages}) == 200
    for request in made:
        mac = hmac.new(parse.APP_SECRET.encode(), request.body, hashlib.sha256).hexdigest()
        assert request.headers["X-Hub-Signature-256"] == f"sha256={mac}"
    assert [request.body for request in parse.requests(200)] == [each.body for each in made]


def good_answer(request: Request) -> dict[str, Any]:
    value = json.loads(request.body)["entry"][0]["changes"][0]["value"]
    sent = value["messages"][0]
    return {
        "message_id": sent["id"], "message_hash": "a" * 64, "customer_key": sent["from"],
        "from": {"wa_id": sent["from"]}, "phone_number_id": value["metadata"]["phone_number_id"],
        "type": "text", "text": sent["text"]["body"],
        "timestamp": "2026-09-21T14:13:20.000Z",
        "service_window_expires_at": "2026-09-22T14:13:20Z",
    }  # fmt: skip


def test_parse_answers_are_checked():
    request = parse.requests(1)[0]
    good = good_answer(request)
    assert parse.check_answer(request, json.dumps({"messages": [good]}).encode()) == ""
    for name in good:
        wrong = json.dumps({"messages": [{**good, name: "x"}]}).encode()
        assert parse.check_answer(request, wrong), name
    for wrong in (b"", b"{}", b'{"messages": []}', b'{"messages": [{}]}', b"[1]"):
        assert parse.check_answer(request, wrong), wrong


def test_registered_benches_are_complete():
    for name, make in BENCHES.items():
        made = make()
        assert made.name == name
        assert made.peers[0].key == goals.OURS
        assert len({peer.key for peer in made.peers}) == len(made.peers)


def test_an_edited_peer_is_built_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COMMERCE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(programs, "PEERS", tmp_path)
    (tmp_path / "mine").mkdir()
    source = tmp_path / "mine" / "server.c"
    source.write_text("int main(void) { return 0; }")
    build = programs.compiled("mine")
    first = build(1, tmp_path)
    assert build(1, tmp_path) == first
    assert os.access(first[0], os.X_OK)
    source.write_text("int main(void) { return 1; }")
    assert build(1, tmp_path) != first
    source.write_text("broken")
    with pytest.raises(BenchError, match="mine can't be compiled"):
        build(1, tmp_path)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [(["nothing"], "no bench is called nothing"), (["parse"], "isn't built")],
)
def test_what_cannot_be_measured_is_one_line(
    arguments: list[str],
    reason: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    monkeypatch.setattr(programs, "build_folder", lambda: tmp_path)
    monkeypatch.setattr(wrk, "check_installed", lambda: None)
    monkeypatch.setattr(command.machine, "busy", lambda: "")
    assert command.main(arguments) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("bench: ") and reason in said.err
    assert said.err.count("\n") == 1
