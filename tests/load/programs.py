"""Where the programs under load come from: our build, npm, or the C compiler.

Peers are installed once into a cache outside of the checkout, under a name that changes with
their files, so that an edited peer is built again and an old one never runs by mistake.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from launcher.paths import build_folder, cache_folder, short
from tests.load.model import Argv, BenchError

PEERS = Path(__file__).with_name("peers")


def service(name: str) -> Argv:
    """Our release binary."""
    binary = build_folder() / "bin" / name

    def argv(port: int, folder: Path) -> list[str]:
        if not os.access(binary, os.X_OK):
            raise BenchError(
                f"{short(binary)} isn't built: "
                "cmake --preset release && cmake --build --preset release"
            )
        return [str(binary)]

    return argv


def seeded(argv: Argv, commands: Sequence[Sequence[str]]) -> Argv:
    """A program that finds COMMANDS done in its Redis (REDIS_URL) when it starts."""

    def wrapped(port: int, folder: Path) -> list[str]:
        seed = folder / "seed.resp"
        seed.write_bytes(b"".join(_resp(command) for command in commands))
        script = 'redis-cli -u "$REDIS_URL" --pipe <"$0" >/dev/null && exec "$@"'
        return ["sh", "-c", script, str(seed), *argv(port, folder)]

    return wrapped


def with_folder(argv: Argv, variable: str) -> Argv:
    """A program that has a folder of its own, the same at each of its starts."""

    def wrapped(port: int, folder: Path) -> list[str]:
        own = folder / "own"
        own.mkdir(exist_ok=True)
        return ["env", f"{variable}={own}", *argv(port, folder)]

    return wrapped


def _resp(command: Sequence[str]) -> bytes:
    parts = [part.encode() for part in command]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts)


def node(key: str, script: str) -> Argv:
    """A script of peers/<key>, run by Node with the packages its lock file names."""

    def argv(port: int, folder: Path) -> list[str]:
        interpreter = node_program()
        installed = _cached(key, lambda target: _npm_install(interpreter, target))
        return [interpreter, str(installed / script)]

    return argv


def npm_version(key: str, package: str) -> str:
    """The version of a package that peers/<key> is pinned to."""
    manifest = json.loads((PEERS / key / "package.json").read_text())
    return str(manifest["dependencies"][package])


def compiled(key: str, *libraries: str) -> Argv:
    """peers/<key>/server.c, compiled as our services are."""

    def compile_in(target: Path) -> None:
        flags = [f"-l{library}" for library in libraries]
        source, program = str(target / "server.c"), str(target / "server")
        _run(["cc", "-O2", "-o", program, source, *flags], f"{key} can't be compiled")

    def argv(port: int, folder: Path) -> list[str]:
        return [str(_cached(key, compile_in) / "server")]

    return argv


def debian(key: str, script: str, *packages: str) -> Argv:
    """A script of peers/<key>, with Debian's packages unpacked into its folder `root`."""

    def unpack_in(target: Path) -> None:
        failure = f"{key} can't be installed"
        _run(["apt-get", "download", *packages], failure, cwd=target)
        for package in target.glob("*.deb"):
            _run(["dpkg-deb", "--extract", str(package), str(target / "root")], failure)

    def argv(port: int, folder: Path) -> list[str]:
        return [str(_cached(key, unpack_in) / script)]

    return argv


def node_program() -> str:
    """The interpreter itself: what is called `node` may be a script that only starts it, and
    then memory and time would be read from the script."""
    name = os.environ.get("NODE") or "node"
    if shutil.which(name) is None:
        raise BenchError(f"Node isn't found as {name}: set NODE to its path")
    return _run([name, "-p", "process.execPath"], "Node doesn't run").strip()


def node_version() -> str:
    """For labels, which are wanted also where nothing is measured."""
    try:
        return _run([node_program(), "--version"], "Node doesn't run").strip().removeprefix("v")
    except BenchError:
        return "(not found)"


def _npm(interpreter: str) -> list[str]:
    """npm of the same Node where it brings one, else the one on PATH."""
    home = Path(interpreter).parent
    for script in (home.parent / "lib" / "node_modules", home / "lib" / "node_modules"):
        if (script / "npm" / "bin" / "npm-cli.js").exists():
            return [interpreter, str(script / "npm" / "bin" / "npm-cli.js")]
    beside = Path(os.environ.get("NODE", "")).with_name("npm") if os.environ.get("NODE") else None
    if beside is not None and os.access(beside, os.X_OK):
        return [str(beside)]
    if shutil.which("npm"):
        return ["npm"]
    raise BenchError("npm isn't found, neither beside Node nor on PATH")


def _npm_install(interpreter: str, target: Path) -> None:
    _run(
        [*_npm(interpreter), "ci", "--prefix", str(target), "--ignore-scripts", "--no-audit",
         "--no-fund", "--loglevel=error"],
        f"{target.name} can't be installed by npm",
        env={"PATH": f"{Path(interpreter).parent}:{os.environ.get('PATH', '')}"},
    )  # fmt: skip


def _cached(key: str, build: Callable[[Path], None]) -> Path:
    """peers/<key> with what `build` made of it; a build that broke off leaves nothing behind."""
    source = PEERS / key
    digest = hashlib.sha256()
    for file in sorted(source.iterdir()):
        if file.is_file():
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
    ready = cache_folder() / f"peers-{digest.hexdigest()[:12]}" / key
    if ready.exists():
        return ready
    print(f"installing the peer {key} into {ready}", file=sys.stderr)
    draft = ready.with_name(f".{key}-{os.getpid()}")
    try:
        shutil.copytree(source, draft, ignore=shutil.ignore_patterns("node_modules"))
        build(draft)
        draft.rename(ready)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return ready


def _run(
    argv: Sequence[str],
    failure: str,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> str:
    try:
        result = subprocess.run(
            argv, capture_output=True, text=True, env={**os.environ, **(env or {})}, cwd=cwd
        )
    except OSError as error:
        raise BenchError(f"{failure}: {error}") from error
    if result.returncode != 0:
        lines = (result.stderr.strip() or result.stdout.strip()).splitlines()
        raise BenchError(f"{failure}: {lines[0] if lines else f'exit {result.returncode}'}")
    return result.stdout
