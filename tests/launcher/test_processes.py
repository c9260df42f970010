"""Processes known by pid files: the right one is found, all of it is stopped, nobody else's is."""

from __future__ import annotations

import os
import sys
import time

import pytest

from launcher.errors import LauncherError
from launcher.parts import Part, version_of
from launcher.processes import Process
from launcher.terminal import show_error
from launcher.waiting import wait_for


def start(tmp_path, *argv: str, name: str = "sleeper") -> Process:
    return Process.start(name, argv, pid_file=tmp_path / f"{name}.pid", log=tmp_path / f"{name}.log")


def gone(pid: int) -> bool:
    """Also when only its entry is left: nobody here waits for grandchildren."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_it_is_found_again_and_stopped(tmp_path):
    process = start(tmp_path, "sleep", "60")
    found = Process.load("sleeper", process.pid_file)
    assert found == process and found.alive
    assert found.stop() == -15
    assert not process.pid_file.exists()
    assert Process.load("sleeper", process.pid_file) is None


def test_a_pid_that_somebody_else_has_now_is_not_ours(tmp_path):
    pid_file = tmp_path / "sleeper.pid"
    pid_file.write_text(f"{os.getpid()} 1\n")
    assert Process.load("sleeper", pid_file) is None
    pid_file.write_text("nonsense\n")
    assert Process.load("sleeper", pid_file) is None


def test_one_that_ended_by_itself_is_not_alive(tmp_path):
    process = start(tmp_path, "sh", "-c", "exit 3")
    assert process.wait(5)
    assert not process.alive and process.exit_code == 3


def test_what_ignores_the_signal_is_killed_with_its_children(tmp_path):
    script = "trap '' TERM; sleep 60 & echo $!; wait; sleep 60"
    process = start(tmp_path, "sh", "-c", script)
    log = tmp_path / "sleeper.log"
    while not log.read_text().strip():
        time.sleep(0.01)
    child = int(log.read_text())
    process.stop(grace_s=0.3)
    end = time.monotonic() + 5
    while not gone(child) and time.monotonic() < end:
        time.sleep(0.01)
    assert gone(child) and not process.alive


def test_a_program_that_is_not_there_fails_with_its_name(tmp_path):
    with pytest.raises(LauncherError, match="ghost can't be started"):
        start(tmp_path, str(tmp_path / "no-such-program"), name="ghost")


def test_a_part_that_ends_while_it_starts_shows_the_end_of_its_log(tmp_path, capsys):
    process = start(tmp_path, "sh", "-c", "echo port 1 is taken; exit 4", name="broken")
    with pytest.raises(LauncherError, match="broken ended with 4") as failure:
        wait_for(process, lambda: False, 5, tmp_path / "broken.log")
    show_error(failure.value)
    printed = capsys.readouterr().err
    assert "  | port 1 is taken" in printed
    assert str(tmp_path / "broken.log") in printed


def test_a_part_that_never_answers_is_stopped(tmp_path):
    process = start(tmp_path, "sleep", "60")
    with pytest.raises(LauncherError, match="no answer for 0 s"):
        wait_for(process, lambda: False, 0.1, tmp_path / "sleeper.log")
    assert not process.alive


def test_a_part_is_out_of_date_when_its_settings_or_sources_change(state, tmp_path):
    source = tmp_path / "source.py"
    source.write_text("1")

    def part(**env: str) -> Part:
        argv = [sys.executable, "-c", "import time; time.sleep(60)"]
        return Part("part", argv, env, lambda: True, 5, version=version_of(source))

    process = part(PORT="1").start()
    try:
        assert part(PORT="1").up_to_date
        assert part(PORT="1", PATH="/another/terminal").up_to_date
        assert not part(PORT="2").up_to_date
        source.write_text("12")
        assert not part(PORT="1").up_to_date
    finally:
        process.stop()
