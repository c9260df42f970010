"""Builds the C services: the release preset of CMakePresets.json."""

from __future__ import annotations

from launcher.errors import LauncherError
from launcher.paths import ROOT, build_folder, log_file
from launcher.run import new_log, run_logged
from launcher.services import SERVICES
from launcher.terminal import step

PRESET = "release"


def build() -> None:
    log = new_log(log_file("build"))
    with step("Building the services") as running:
        if not (build_folder() / "build.ninja").exists():
            run_logged("cmake", ["cmake", "--preset", PRESET], log, cwd=ROOT)
        printed = run_logged("the build", ["cmake", "--build", "--preset", PRESET], log, cwd=ROOT)
        if "no work to do" in printed:
            running.note = "nothing to do"
    for service in SERVICES:
        if not service.binary.exists():
            raise LauncherError(f"the build made no {service.binary}", log=log)
