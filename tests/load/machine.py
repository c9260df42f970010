"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def describe() -> dict[str, object]:
    return {"cpu": _cpu_model(), "cores": cores(), "kernel": _kernel()}


def text() -> str:
    facts = describe()
    return f"{facts['cpu']}, {facts['cores']} cores, {facts['kernel']}"


def busy() -> str:
    """A warning when others already use the machine, else an empty string."""
    load = os.getloadavg()[0]
    if load < 0.25 * cores():
        return ""
    return f"the machine is already busy (load {load:.1f}, {cores()} cores): expect noisy figures"


def busy_s() -> float:
    """Time that processes worked on all cores together since the start of the machine.

    Without interrupts: those of the network are the load's own, but no process is charged."""
    first = Path("/proc/stat").read_text().split("\n", 1)[0]
    user, nice, system = (int(word) for word in first.split()[1:4])
    return (user + nice + system) / os.sysconf("SC_CLK_TCK")


def cores() -> int:
    return len(os.sched_getaffinity(0))


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def _kernel() -> str:
    return f"{platform.system()} {platform.release()}"
