"""Free TCP ports on loopback, kept between starts as long as nobody else took them."""

from __future__ import annotations

import random
import socket
from pathlib import Path

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As servers do: a port whose old connections still linger counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def lasting_port() -> int:
    """A free one that the kernel gives to no outgoing connection, and the port 10000 above it:
    nobody takes them while their server is down. Both are free."""
    while True:
        port = random.randrange(12000, 22000)
        if is_free(port) and is_free(port + 10000):
            return port


def kept_port(file: Path) -> int:
    """The port noted in the file if it is free, else a new one, noted there."""
    try:
        port = int(file.read_text())
        if 0 < port < 65536 and is_free(port):
            return port
    except (OSError, ValueError):
        pass
    port = free_port()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{port}\n")
    return port
