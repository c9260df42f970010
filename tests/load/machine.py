"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def describe() -> dict[str, object]:
    return {"cpu": _cpu_model(), "cores": len(os.sched_getaffinity(0)), "kernel": _kernel()}


def text() -> str:
    facts = describe()
    return f"{facts['cpu']}, {facts['cores']} cores, {facts['kernel']}"


def busy() -> str:
    """A warning when others already use the machine, else an empty string."""
    load, cores = os.getloadavg()[0], len(os.sched_getaffinity(0))
    if load < 0.25 * cores:
        return ""
    return f"the machine is already busy (load {load:.1f} on {cores} cores): figures will be noisy"


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def _kernel() -> str:
    return f"{platform.system()} {platform.release()}"
