"""Fixtures for every layer: private servers, and the services' real binaries.

    def test_x(service, redis_url):
        svc = service("parse_message_optimized", REDIS_URL=redis_url, SERVICE_TOKEN="t")
        httpx.post(f"{svc.url}/v1/parse", ...)
        assert svc.stop() == 0
"""

from __future__ import annotations

import itertools
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from launcher.servers import Postgres, Redis, free_port  # noqa: E402
from tests.service import Service  # noqa: E402

ServiceFactory = Callable[..., Service]

_numbers = itertools.count(1)
# Tests measure behaviour, not disks: an fsync per commit would only make them slow.
_UNSAFE_BUT_FAST = {"fsync": "off", "full_page_writes": "off"}


@pytest.fixture(scope="session")
def _server_folder() -> Iterator[Path]:
    # Not pytest's own: that one is closed to the user postgres, which root's server runs as.
    folder = Path(tempfile.mkdtemp(prefix="commerce-tests-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_server(_server_folder: Path) -> Iterator[Postgres]:
    server = Postgres.start(_server_folder / "postgres", settings=_UNSAFE_BUT_FAST)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgres(postgres_server: Postgres) -> str:
    """URL of the server, through its database `postgres`."""
    return postgres_server.url


@pytest.fixture
def database(postgres_server: Postgres) -> Iterator[str]:
    """URL of an empty database of this test's own."""
    name = f"test_{next(_numbers)}"
    yield postgres_server.create_database(name)
    postgres_server.query(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def redis_server(_server_folder: Path) -> Iterator[Redis]:
    server = Redis.start(_server_folder / "redis", appendonly=False)
    yield server
    server.stop()


@pytest.fixture
def redis_url(redis_server: Redis) -> str:
    """URL of the server, emptied for this test, its scripts too."""
    redis_server.command("FLUSHALL")
    redis_server.command("SCRIPT", "FLUSH")
    return redis_server.url


def binary(name: str) -> Path:
    """The path of a built program: build/$PRESET/bin/<name>."""
    path = ROOT / "build" / os.environ.get("PRESET", "release") / "bin" / name
    if not path.exists():
        pytest.fail(f"{path.relative_to(ROOT)} isn't built: ./commerce test, or cmake --build")
    return path


@pytest.fixture
def service(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[ServiceFactory]:
    """Starts services: `service(name, NAME=value...)`; ends them all with the test.

    Only the given settings and PATH are in a service's environment. `ready=False` doesn't wait
    for /readyz; `port=` fixes the port, for one that is started again.
    """
    started: list[Service] = []

    def start(name: str, *, port: int | None = None, ready: bool = True, **env: str) -> Service:
        port = port or free_port()
        log = tmp_path / f"{name}-{len(started)}.log"
        path = os.environ.get("PATH", "/usr/bin:/bin")
        settings = {"PATH": path, "PORT": str(port), **_sanitizer_options(), **env}
        svc = Service(binary(name), port, settings, log)
        started.append(svc)
        if ready:
            svc.wait_ready()
        return svc

    yield start
    for svc in started:
        svc.kill()
    if getattr(request.node, "failed", False):
        for svc in started:
            print(f"--- {svc.log.name}, port {svc.port}\n{svc.log_text()}", file=sys.stderr)


def _sanitizer_options() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if key.endswith("SAN_OPTIONS")}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item):
    """Lets the `service` fixture see whether its test failed."""
    report = yield
    item.failed = getattr(item, "failed", False) or report.failed
    return report
