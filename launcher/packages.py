"""Debian's packages: what is missing is named first, then installed."""

from __future__ import annotations

import os
import shutil
import subprocess

from launcher.errors import LauncherError
from launcher.paths import log_file
from launcher.run import new_log, run_logged
from launcher.terminal import say, step

BUILD = (
    "build-essential", "cmake", "ninja-build", "pkg-config", "libulfius-dev",
    "libcurl4-gnutls-dev", "libjansson-dev", "libhiredis-dev", "libpq-dev", "libpcre2-dev",
    "libcmocka-dev", "libgnutls28-dev", "libstemmer-dev", "nettle-dev", "python3-yaml",
)  # fmt: skip
RUN = ("postgresql", "redis-server", "python3-venv")
TEST = ("git", "chromium", "fonts-noto-color-emoji", "clang-format", "clang-tidy")
BENCH = ("wrk", "libmicrohttpd-dev")

# Debian starts a server as soon as its package is installed, and again at each boot. Ours are
# private ones, so the machine's are kept from starting, unless they were there before.
INSTALL = r"""
set -e
export DEBIAN_FRONTEND=noninteractive
guard=/usr/sbin/policy-rc.d
if [ ! -e $guard ]; then
    printf '#!/bin/sh\nexit 101\n' > $guard
    chmod 755 $guard
    trap 'rm -f $guard' EXIT
fi
if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
    mkdir -p /etc/postgresql-common
    echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf
fi
redis_was_here=$(command -v redis-server || true)
apt-get update
apt-get install -y --no-install-recommends -o Dpkg::Options::=--force-confold "$@"
if [ -z "$redis_was_here" ] && [ -d /run/systemd/system ]; then
    systemctl disable redis-server || true
fi
"""


def missing(names: tuple[str, ...]) -> list[str]:
    """The packages that aren't installed."""
    query = ["dpkg-query", "-W", "-f=${Package} ${db:Status-Status}\n", *names]
    try:
        result = subprocess.run(query, capture_output=True, text=True)
    except FileNotFoundError:
        raise LauncherError(
            f"this isn't a Debian machine (no dpkg-query). It needs: {' '.join(names)}"
        ) from None
    installed = {
        line.split()[0] for line in result.stdout.splitlines() if line.endswith(" installed")
    }
    return [name for name in names if name not in installed]


def ensure(*groups: tuple[str, ...]) -> None:
    """Installs what is missing of the groups; says what before it does."""
    wanted = missing(tuple(name for group in groups for name in group))
    if not wanted:
        return
    command = ["sh", "-c", INSTALL, "install", *wanted]
    if os.geteuid() != 0:
        if shutil.which("sudo") is None:
            raise LauncherError(
                f"these packages are missing, as root: apt-get install {' '.join(wanted)}"
            )
        command = ["sudo", *command]
    say(f"Debian packages to install: {' '.join(wanted)}")
    # Asked for here: later its prompt would be hidden by the line that moves.
    if command[0] == "sudo" and subprocess.run(["sudo", "-v"]).returncode != 0:
        raise LauncherError("sudo was refused, so nothing was installed")
    log = new_log(log_file("apt"))
    with step(f"Installing {len(wanted)} Debian packages"):
        run_logged("apt-get install", command, log)
