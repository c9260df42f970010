"""Data flows one way: route, domain, store; each library behind one module."""

import re

import pytest

from tests.lint import layering, repo
from tests.lint.cscan import CSource


@pytest.mark.parametrize(
    ("path", "include", "allowed"),
    [
        ("shared/svc/pg.c", "<libpq-fe.h>", True),
        ("shared/svc/pg_pool.c", "<libpq-fe.h>", True),
        ("shared/svc/app.c", "<libpq-fe.h>", False),
        ("services/a/store.c", "<libpq-fe.h>", False),
        ("shared/svc/redis_batch.c", "<hiredis/hiredis.h>", True),
        ("shared/svc/app.c", "<hiredis.h>", False),
        ("services/a/store.c", "<hiredis/hiredis.h>", False),
        ("shared/svc/client.c", "<curl/curl.h>", True),
        ("services/a/main.c", "<curl/curl.h>", False),
        ("shared/svc/crypto.c", "<nettle/sha2.h>", True),
        ("shared/svc/crypto.h", "<nettle/sha2.h>", False),
        ("shared/svc/schema_check.c", "<pcre2.h>", True),
        ("shared/svc/text.c", "<pcre2.h>", False),
        ("shared/svc/http.c", "<ulfius.h>", True),
        ("services/a/routes.c", "<ulfius.h>", False),
        ("services/a/routes.c", "<microhttpd.h>", False),
        ("shared/svc/json.c", '"mem.h"', True),
        ("shared/svc/json.c", '"redis.h"', False),
        ("shared/svc/log.h", "<svc/app.h>", False),
        ("shared/svc/clock.c", "<time.h>", True),
        ("shared/svc/log.c", "<sys/socket.h>", False),
        ("services/a/main.c", "<svc/app.h>", True),
        ("services/a/routes.c", "<svc/app.h>", True),
        ("services/a/routes_carts.c", '"svc/http.h"', True),
        ("services/a/store.c", "<svc/redis.h>", True),
        ("services/a/store_redis.c", "<svc/pg.h>", True),
        ("services/a/store.h", "<svc/pg.h>", False),
        ("services/a/store.c", "<svc/http.h>", False),
        ("services/a/cart.c", "<svc/json.h>", True),
        ("services/a/cart.c", "<svc/crypto.h>", True),
        ("services/a/cart.c", '"store.h"', True),
        ("services/a/cart.c", '"routes.h"', False),
        ("services/a/cart.c", "<svc/app.h>", False),
        ("services/a/cart.h", "<svc/redis.h>", False),
        ("services/a/cart.c", "<netdb.h>", False),
        ("services/a/cart.c", '"../b/cart.h"', False),
        ("services/a/main.c", '"b/cart.h"', False),
        ("tests/unit/services/a/test_store.c", "<hiredis/hiredis.h>", True),
    ],
)
def test_rule(path: str, include: str, allowed: bool) -> None:
    found = layering.violations(path, CSource(f"#include {include}\n"))
    assert (not found) == allowed, found


def test_includes_of_the_repository() -> None:
    found = [v for p in repo.c_files() for v in layering.violations(p, repo.source(p))]
    assert not found, repo.report(found)


def test_server_library_is_in_few_files() -> None:
    homes = {
        path
        for path in repo.c_files()
        for include in repo.source(path).includes
        if re.fullmatch(r"(ulfius|microhttpd)\.h", include.name)
    }
    assert len(homes) <= layering.SERVER_FILES_MAX, repo.report(sorted(homes))


def test_quoted_includes_of_services_are_files_of_their_folder() -> None:
    found = []
    for path in repo.c_files():
        if not path.startswith("services/"):
            continue
        folder = (repo.ROOT / path).parent
        for include in repo.source(path).includes:
            own = include.quoted and not include.name.startswith("svc/")
            if own and not (folder / include.name).is_file():
                found.append(f"{path}:{include.line}: {include.name}")
    assert not found, repo.report(found)


def test_pure_modules_exist() -> None:
    folder = repo.ROOT / "shared/svc"
    missing = [m for m in sorted(layering.DOMAIN) if not (folder / f"{m}.h").is_file()]
    assert not missing
