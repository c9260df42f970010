"""Private PostgreSQL and Redis servers: own data, own free port, loopback only.

They never touch the servers a machine may already run. Both know a running server of theirs
again, so that `start` on the same folder twice gives the same server.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from launcher.errors import LauncherError
from launcher.ports import LOOPBACK, free_port, kept_port, lasting_port
from launcher.processes import Process
from launcher.waiting import wait_for

__all__ = ["Postgres", "Redis", "RedisCluster", "free_port", "postgres_bin"]

ROLE = "commerce"
START_TIMEOUT_S = 30
# A path of a Unix socket may be 107 bytes long, and PostgreSQL adds "/.s.PGSQL.12345.lock".
SOCKET_FOLDER_MAX = 80


def postgres_bin() -> Path:
    """The folder with the newest installed server's programs (Debian keeps them off PATH)."""
    versions = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if versions:
        return max(versions, key=lambda path: int(re.sub(r"\D", "", path.parent.name) or 0))
    initdb = shutil.which("initdb")
    if initdb is None:
        raise LauncherError("PostgreSQL is not installed: apt-get install postgresql")
    return Path(initdb).resolve().parent


@dataclass
class Postgres:
    port: int
    password: str
    process: Process

    # "Fast" shutdown: it ends the sessions instead of waiting for them.
    STOP_SIGNAL: ClassVar[signal.Signals] = signal.SIGINT

    @staticmethod
    def start(
        directory: Path,
        *,
        log: Path | None = None,
        pid_file: Path | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> Postgres:
        """Makes the cluster at the first start; `settings` are options of the server."""
        directory = directory.resolve()
        directory.mkdir(parents=True, exist_ok=True)
        log = log or directory / "postgres.log"
        pid_file = pid_file or directory / "postgres.pid"
        running = Process.load("postgres", pid_file)
        password = _kept_secret(directory / "password")
        if running is not None:
            return Postgres(int((directory / "port").read_text()), password, running)

        user = "postgres" if os.geteuid() == 0 else None
        home = postgres_home(directory, user)
        _init_cluster(home, password, user, log)
        port = kept_port(directory / "port")
        options = {
            "listen_addresses": LOOPBACK,
            "port": str(port),
            "unix_socket_directories": str(_socket_folder(home, user)),
            "max_connections": "200",
            "logging_collector": "off",
            **(settings or {}),
        }
        argv = [str(postgres_bin() / "postgres"), "-D", str(home / "data")]
        for name, value in options.items():
            argv += ["-c", f"{name}={value}"]
        process = Process.start(
            "postgres", argv, pid_file=pid_file, log=log, env=_plain_env(), cwd=home, user=user
        )
        server = Postgres(port, password, process)
        wait_for(process, server._answers, START_TIMEOUT_S, log)
        return server

    @property
    def url(self) -> str:
        """The server, through its database `postgres`."""
        return self.database_url("postgres")

    def database_url(self, database: str) -> str:
        return f"postgresql://{ROLE}:{self.password}@{LOOPBACK}:{self.port}/{database}"

    def query(self, sql: str, *, database: str = "postgres") -> str:
        """Runs SQL with psql and returns its rows, unaligned. `sql` must be trusted text."""
        psql = [str(postgres_bin() / "psql"), "-XqAt", "-v", "ON_ERROR_STOP=1", "-c", sql]
        result = subprocess.run(
            [*psql, self.database_url(database)], capture_output=True, text=True, env=_plain_env()
        )
        if result.returncode != 0:
            raise LauncherError(f"PostgreSQL says: {result.stderr.strip()}")
        return result.stdout.strip()

    def create_database(self, name: str) -> str:
        """Makes the database unless it is there; returns its URL."""
        if not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", name):
            raise ValueError(f"not a plain database name: {name}")
        if self.query(f"SELECT 1 FROM pg_database WHERE datname = '{name}'") != "1":
            self.query(f"CREATE DATABASE {name}")
        return self.database_url(name)

    def stop(self) -> None:
        self.process.stop(self.STOP_SIGNAL, grace_s=20)

    def _answers(self) -> bool:
        ready = [str(postgres_bin() / "pg_isready"), "-q", "-t", "1", "-d", self.url]
        return subprocess.run(ready, env=_plain_env()).returncode == 0


@dataclass
class Redis:
    port: int
    process: Process

    @staticmethod
    def start(
        directory: Path,
        *,
        appendonly: bool = True,
        log: Path | None = None,
        pid_file: Path | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> Redis:
        directory = directory.resolve()
        directory.mkdir(parents=True, exist_ok=True)
        log = log or directory / "redis.log"
        pid_file = pid_file or directory / "redis.pid"
        running = Process.load("redis", pid_file)
        if running is not None:
            return Redis(int((directory / "port").read_text()), running)

        program = _redis_program("redis-server")
        port = kept_port(directory / "port")
        options = {
            "port": str(port),
            "bind": LOOPBACK,
            "dir": str(directory),
            "appendonly": "yes" if appendonly else "no",
            "save": "",
            "daemonize": "no",
            **(settings or {}),
        }
        argv = [program]
        for name, value in options.items():
            argv += [f"--{name}", value]
        process = Process.start("redis", argv, pid_file=pid_file, log=log, env=_plain_env())
        server = Redis(port, process)
        wait_for(process, server._answers, START_TIMEOUT_S, log)
        return server

    @property
    def url(self) -> str:
        return f"redis://{LOOPBACK}:{self.port}/0"

    def command(self, *words: str) -> str:
        """Sends one command, returns the first line of the answer: enough for PING and FLUSHALL."""
        request = f"*{len(words)}\r\n"
        for word in words:
            request += f"${len(word.encode())}\r\n{word}\r\n"
        with socket.create_connection((LOOPBACK, self.port), timeout=2) as connection:
            connection.sendall(request.encode())
            return connection.makefile().readline().strip()

    def stop(self) -> None:
        self.process.stop()

    def _answers(self) -> bool:
        try:
            return self.command("PING") == "+PONG"
        except OSError:
            return False


@dataclass
class RedisCluster:
    """Masters that share all slots, each with replicas; for tests: nothing is kept on disk."""

    directory: Path
    nodes: list[Redis]

    NODE_TIMEOUT_MS: ClassVar[int] = 1000

    @staticmethod
    def start(directory: Path, *, masters: int = 3, replicas: int = 1) -> RedisCluster:
        directory = directory.resolve()
        count = masters * (1 + replicas)
        cluster = RedisCluster(directory, [])
        for number in range(count):
            cluster.nodes.append(cluster.start_node(number))
        addresses = [f"{LOOPBACK}:{node.port}" for node in cluster.nodes]
        argv = [
            _redis_program("redis-cli"), "--cluster", "create", *addresses,
            "--cluster-replicas", str(replicas), "--cluster-yes",
        ]  # fmt: skip
        result = subprocess.run(argv, capture_output=True, text=True, env=_plain_env(), timeout=60)
        if result.returncode != 0:
            cluster.stop()
            raise LauncherError(f"redis-cli --cluster create: {result.stdout[-500:]}")
        process = cluster.nodes[0].process
        wait_for(process, cluster.is_whole, START_TIMEOUT_S, directory / "0" / "redis.log")
        return cluster

    def start_node(self, number: int) -> Redis:
        """Starts a node, at its own port where it ran before."""
        folder = self.directory / str(number)
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "port").exists():
            # The nodes talk to each other at this port + 10000.
            (folder / "port").write_text(f"{lasting_port()}\n")
        settings = {
            "cluster-enabled": "yes",
            "cluster-node-timeout": str(self.NODE_TIMEOUT_MS),
            "repl-diskless-sync-delay": "0",
        }
        return Redis.start(folder, appendonly=False, settings=settings)

    @property
    def url(self) -> str:
        hosts = ",".join(f"{LOOPBACK}:{node.port}" for node in self.nodes[:2])
        return f"redis+cluster://{hosts}"

    def masters(self) -> list[Redis]:
        """The nodes that run as masters with slots, as they see themselves."""
        return [node for node in self.nodes if node.process.alive and self._is_master(node)]

    def is_whole(self) -> bool:
        """Whether every node runs, knows all, and each replica is connected to its master."""
        return all(self._is_well(node) for node in self.nodes)

    def query(self, node: Redis, *words: str) -> str:
        """One command through redis-cli; the whole of its answer."""
        argv = [_redis_program("redis-cli"), "-h", LOOPBACK, "-p", str(node.port), *words]
        result = subprocess.run(argv, capture_output=True, text=True, env=_plain_env(), timeout=10)
        return result.stdout.strip()

    def stop(self) -> None:
        for node in self.nodes:
            node.process.send(signal.SIGCONT)
            node.process.stop(signal.SIGKILL)

    def _is_master(self, node: Redis) -> bool:
        myself = next(line for line in self._lines(node) if "myself" in line)
        return "myself,master" in myself and len(myself.split()) > 8

    def _is_well(self, node: Redis) -> bool:
        lines = self._lines(node)
        known = len(lines) == len(self.nodes) and not any("fail" in line for line in lines)
        if "cluster_state:ok" not in self.query(node, "CLUSTER", "INFO"):
            return False
        role = self.query(node, "ROLE").splitlines()
        return known and (role[0] == "master" or role[3] == "connected")

    def _lines(self, node: Redis) -> list[str]:
        return self.query(node, "CLUSTER", "NODES").splitlines()


def _redis_program(name: str) -> str:
    program = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/bin")
    if program is None:
        raise LauncherError("Redis is not installed: apt-get install redis-server")
    return program


def _plain_env() -> dict[str, str]:
    """Without PG* variables: a developer's PGHOST must not lead to another server."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    return {**env, "LC_ALL": "C.UTF-8"}


def _kept_secret(file: Path) -> str:
    if not file.exists():
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as output:
            output.write(secrets.token_hex(16))
    return file.read_text().strip()


def postgres_home(directory: Path, user: str | None) -> Path:
    """Where the data lives: in `directory`, or elsewhere when its owner couldn't get there.

    PostgreSQL refuses to run as root, and user postgres can't enter, say, /root.
    """
    if user is None:
        return directory
    account = pwd.getpwnam(user)
    if all(_enterable(parent, account) for parent in directory.parents):
        directory.chmod(0o755)
        return directory
    mark = hashlib.sha256(str(directory).encode()).hexdigest()[:16]
    home = Path("/var/lib/whatsapp-commerce") / mark
    note = directory / "data-is-in"
    if not note.exists():
        # The checkout's folder is new: what lies there is of an earlier one, with another password.
        shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True, exist_ok=True)
    home.chmod(0o755)
    note.write_text(f"{home}\n")
    return home


def _enterable(folder: Path, account: pwd.struct_passwd) -> bool:
    info = folder.stat()
    if info.st_uid == account.pw_uid:
        return bool(info.st_mode & 0o100)
    if info.st_gid == account.pw_gid:
        return bool(info.st_mode & 0o010)
    return bool(info.st_mode & 0o001)


def _owned_folder(folder: Path, user: str | None) -> Path:
    folder.mkdir(mode=0o700, exist_ok=True)
    if user is not None:
        shutil.chown(folder, user, user)
    return folder


def _socket_folder(home: Path, user: str | None) -> Path:
    folder = home / "socket"
    if len(str(folder)) > SOCKET_FOLDER_MAX:
        mark = hashlib.sha256(str(home).encode()).hexdigest()[:16]
        folder = Path("/tmp") / f"commerce-pg-{os.geteuid()}-{mark}"
    return _owned_folder(folder, user)


def _init_cluster(home: Path, password: str, user: str | None, log: Path) -> None:
    if (home / "data" / "PG_VERSION").exists():
        return
    # Made beside and renamed: an initdb that was interrupted never looks like a cluster.
    fresh = home / "data.new"
    shutil.rmtree(fresh, ignore_errors=True)
    _owned_folder(fresh, user)
    password_file = home / "password.new"
    password_file.touch(mode=0o600)
    password_file.write_text(password)
    if user is not None:
        shutil.chown(password_file, user, user)
    argv = [
        str(postgres_bin() / "initdb"), "-D", str(fresh), "-U", ROLE, "--auth=scram-sha-256",
        f"--pwfile={password_file}", "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions",
    ]  # fmt: skip
    result = subprocess.run(
        argv, capture_output=True, text=True, env=_plain_env(), cwd=home,
        user=user, group=user, extra_groups=[] if user else None,
    )  # fmt: skip
    password_file.unlink()
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a") as output:
        output.write(result.stdout + result.stderr)
    if result.returncode != 0:
        raise LauncherError("initdb failed", log=log)
    fresh.rename(home / "data")
