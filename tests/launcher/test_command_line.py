"""What is typed, and what is read when it is wrong: one line that says what to do."""

from __future__ import annotations

import re
import socket

import pytest

from launcher import packages, settings, testing
from launcher.errors import LauncherError


def one_line(text: str) -> str:
    lines = text.strip().splitlines()
    assert len(lines) == 1, text
    return lines[0]


def test_help_names_every_command(commerce):
    result = commerce("--help")
    assert result.returncode == 0
    for command in ("demo", "up", "down", "status", "logs", "test", "bench", "relevance", "accuracy"):
        assert re.search(rf"^    {command}\s", result.stdout, re.MULTILINE), command
    assert "--mvp" not in commerce("demo", "--help").stdout


def test_the_mvp_demo_says_that_it_is_not_there_yet(commerce):
    result = commerce("demo", "--mvp")
    assert result.returncode == 2
    assert "isn't available yet" in one_line(result.stderr)


@pytest.mark.parametrize(
    "arguments",
    [(), ("dance",), ("test", "everything"), ("up", "--now"), ("logs",), ("demo", "--once")],
    ids=" ".join,
)
def test_wrong_use_exits_with_2_and_no_traceback(commerce, arguments):
    result = commerce(*arguments)
    assert result.returncode == 2
    assert "usage: ./commerce" in result.stderr
    assert "Traceback" not in result.stderr


def test_an_empty_message_is_refused_before_anything_starts(commerce, state):
    result = commerce("demo", "--once", "  ")
    assert result.returncode == 2
    assert "needs a text" in one_line(result.stderr)
    assert not state.exists()


def test_status_when_nothing_runs(commerce):
    result = commerce("status")
    assert result.returncode == 3
    assert "Nothing is running" in one_line(result.stdout)


def test_down_when_nothing_runs(commerce):
    result = commerce("down")
    assert result.returncode == 0
    assert "Nothing was running" in one_line(result.stderr)


@pytest.mark.parametrize("name", ["nobody", "../../etc/passwd"])
def test_logs_of_an_unknown_name_lists_the_known(commerce, state, name):
    (state / "logs").mkdir(parents=True)
    (state / "logs" / "n8n.log").write_text("started\n")
    result = commerce("logs", name)
    assert result.returncode == 2
    assert "n8n" in one_line(result.stderr)


def test_logs_prints_the_log(commerce, state):
    (state / "logs").mkdir(parents=True)
    (state / "logs" / "n8n.log").write_text("started\nready\n")
    assert commerce("logs", "n8n").stdout == "started\nready\n"


def test_a_fixed_port_in_use_is_said_in_one_line(commerce):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = commerce("up", COMMERCE_CHAT_PORT=str(port))
    assert result.returncode == 1
    assert f"COMMERCE_CHAT_PORT={port}: the port is in use" in one_line(result.stderr)


@pytest.mark.parametrize("port", ["chat", "0", "70000", "-1"])
def test_a_fixed_port_that_is_none(state, monkeypatch, port):
    monkeypatch.setenv("COMMERCE_N8N_PORT", port)
    with pytest.raises(LauncherError, match="is not a port"):
        settings.pick_port("n8n")


def test_a_missing_package_without_root_is_named(monkeypatch):
    monkeypatch.setattr(packages.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(packages.shutil, "which", lambda name: None)
    with pytest.raises(LauncherError) as failure:
        packages.ensure(("no-such-package-as-this",))
    assert one_line(str(failure.value)).endswith("apt-get install no-such-package-as-this")


def test_a_machine_that_is_not_debian(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(LauncherError, match="isn't a Debian machine"):
        packages.missing(("cmake",))


def test_installed_and_missing_packages_are_told_apart():
    assert packages.missing(("dpkg", "no-such-package-as-this")) == ["no-such-package-as-this"]


def test_it_runs_from_any_folder_and_through_a_link(commerce, tmp_path):
    assert commerce("status", cwd=tmp_path).returncode == 3


def test_reports_are_counted(tmp_path):
    report = tmp_path / "report.xml"
    report.write_text(
        "<testsuites><testsuite>"
        '<testcase name="a"/><testcase name="b"><failure/></testcase>'
        '<testcase name="c"><error/></testcase><testcase name="d"><skipped/></testcase>'
        "</testsuite></testsuites>"
    )
    assert str(testing._count(report)) == "1 passed, 2 failed, 1 skipped"
    assert str(testing._count(tmp_path / "none.xml")) == "0 passed, 0 failed"
