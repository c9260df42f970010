"""The whole system of this checkout: starts it part by part, finds it again, stops it."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

from launcher import build, installs, models, n8n, packages, settings, shop
from launcher.errors import LauncherError
from launcher.parts import Part, version_of
from launcher.paths import ROOT, log_file, pid_file, state_folder
from launcher.processes import STOP_SIGNAL, Process
from launcher.servers import Postgres, Redis
from launcher.services import SERVICES
from launcher.terminal import say, step
from launcher.waiting import http_ok

SIMULATOR = "simulator"
SIMULATOR_REQUIREMENTS = "simulator/requirements.txt"
# What it plays takes the keys and secrets that the services have.
SIMULATED = ("WHATSAPP_", "STRIPE_", "MERCADO_PAGO_")
# In the order of starting; stopped the other way round.
NAMES = ("postgres", "redis", SIMULATOR, *(service.name for service in SERVICES), n8n.NAME)


@dataclass
class Started:
    """What one command started: it stops that, and leaves what ran before."""

    env: dict[str, str] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)

    def stop(self) -> None:
        stop([name for name in NAMES if name in self.names])

    def ended(self) -> str | None:
        """The name of a part that doesn't run any more."""
        return next((name for name in self.names if find(name) is None), None)


def find(name: str) -> Process | None:
    return Process.load(name, pid_file(name))


def running() -> list[str]:
    return [name for name in NAMES if find(name)]


def prepare(*, with_n8n: bool) -> None:
    """All that takes long the first time: installs and the build."""
    packages.ensure(packages.BUILD, packages.RUN)
    build.build()
    installs.python_with(SIMULATOR_REQUIREMENTS)
    if with_n8n:
        installs.n8n_program()


def start(*, with_n8n: bool) -> Started:
    """Starts what doesn't run yet, or is out of date; all of that, or nothing."""
    started = Started()
    with _alone():
        try:
            _pick_ports()
            prepare(with_n8n=with_n8n)
            postgres, redis = _start_servers(started)
            with step("Loading the demo shop") as running_step:
                database_url, new = shop.prepare(postgres, f"{settings.url(SIMULATOR)}/media-demo")
                running_step.note = "" if new else "there already"
            models.point(postgres, shop.DATABASE, settings.url(SIMULATOR))
            started.env = settings.environment(database_url, redis.url)
            for part in _parts(started.env, with_n8n):
                _start_part(part, started)
            if with_n8n:
                _start_n8n(postgres, started)
            settings.write_env_file(started.env)
        except BaseException:
            started.stop()
            raise
    return started


def stop(names: list[str] | None = None) -> list[str]:
    """Stops the named parts, or all; returns those that ran."""
    stopped = []
    for name in reversed(NAMES if names is None else names):
        process = find(name)
        if process is None:
            continue
        with step(f"Stopping {name}"):
            process.stop(Postgres.STOP_SIGNAL if name == "postgres" else STOP_SIGNAL)
        stopped.append(name)
    if not running():
        settings.env_file().unlink(missing_ok=True)
    return stopped


def stop_all() -> list[str]:
    with _alone():
        return stop()


def _start_servers(started: Started) -> tuple[Postgres, Redis]:
    before = running()
    with step("Starting PostgreSQL and Redis") as running_step:
        folder = state_folder()
        postgres = Postgres.start(
            folder / "postgres", log=log_file("postgres"), pid_file=pid_file("postgres")
        )
        if "postgres" not in before:
            started.names.append("postgres")
        redis = Redis.start(folder / "redis", log=log_file("redis"), pid_file=pid_file("redis"))
        if "redis" not in before:
            started.names.append("redis")
        running_step.note = "" if started.names else "running already"
    return postgres, redis


def _pick_ports() -> None:
    """A part that runs keeps its port; the others' addresses have to be known before they start.

    Comes before everything else: a fixed port that is taken is said at once, not after a build.
    """
    for name in (*(service.name for service in SERVICES), SIMULATOR):
        if find(name) is None:
            settings.pick_port(name)
    # Even without n8n: the file with the addresses is the same, and n8n may be started later.
    if find(n8n.NAME) is None:
        settings.pick_port(n8n.NAME)
        settings.pick_port("n8n-runners")


def _parts(env: dict[str, str], with_n8n: bool) -> Iterator[Part]:
    yield Part(
        SIMULATOR,
        [str(installs.python_with(SIMULATOR_REQUIREMENTS)), "-m", "simulator"],
        {
            **{key: env[key] for key in env if key.startswith(SIMULATED)},
            "SIMULATOR_PAYMENT_WEBHOOK_URL": f"{env['PUBLIC_URL']}/v1/payments/{{gateway}}/webhook",
            "SIMULATOR_MODEL_KEY": env["SIMULATOR_MODEL_KEY"],
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "PYTHONUNBUFFERED": "1",
            "SIMULATOR_PORT": str(settings.noted_port(SIMULATOR)),
            "SIMULATOR_CATALOGUE": str(ROOT / "database" / "demo"),
            "WEBHOOK_URL": env["N8N_WEBHOOK_URL"] if with_n8n or find(n8n.NAME) else "",
        },
        answers=partial(http_ok, f"{env['SIMULATOR_URL']}/healthz"),
        timeout_s=20,
        cwd=ROOT,
        version=version_of(ROOT / "simulator"),
    )
    for service in SERVICES:
        yield Part(
            service.name,
            [str(service.binary)],
            settings.service_environment(service, env),
            answers=partial(http_ok, f"{env[service.url_variable]}/readyz"),
            timeout_s=15,
            version=version_of(service.binary),
        )

def _start_part(part: Part, started: Started) -> None:
    process = part.running()
    with step(f"Starting {part.name}") as running_step:
        if process and part.up_to_date:
            running_step.note = "running already"
            return
        if process:
            process.stop()
            running_step.note = "restarted, it had changed"
        else:
            started.names.append(part.name)
        part.start()


def _start_n8n(postgres: Postgres, started: Started) -> None:
    postgres.create_database(n8n.DATABASE)
    process = find(n8n.NAME)
    with step("Importing the workflows into n8n") as running_step:
        changed = n8n.import_workflows(postgres, started.env)
        running_step.note = "" if changed else "there already"
    part = n8n.part(postgres)
    if process and changed:
        # n8n reads what is published only when it starts.
        process.stop()
    _start_part(part, started)


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """One command at a time starts or stops things here; the next one waits."""
    folder = state_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "lock").open("w")
    except OSError as error:
        raise LauncherError(f"can't write to {folder}: {error.strerror}") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another ./commerce starts or stops things here; waiting for it.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
