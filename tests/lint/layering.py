"""Who may include whom."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from tests.lint.cscan import CSource, Include

# A library's header, and the only files that may include it.
LIBRARIES = {
    r"libpq-fe\.h": r"shared/svc/pg\w*\.[ch]",
    r"hiredis.*\.h": r"shared/svc/redis\w*\.[ch]",
    r"curl/.*": r"shared/svc/client\w*\.[ch]",
    r"nettle/.*": r"shared/svc/crypto\.c",
    r"pcre2\.h": r"shared/svc/schema\w*\.c",
    r"libstemmer\.h": r"services/ultra_optimized_product_search/stemmer\.c",
    r"(ulfius|microhttpd)\.h": r"shared/svc/\w+\.[ch]",
}
SERVER_FILES_MAX = 2

# Modules of shared/svc that touch nothing outside the process but what their name says.
PURE = frozenset(
    "status mem buf text fold json json_write clock condition log config trace random money".split()
)
# Further ones without I/O, which a domain may use as well.
DOMAIN = PURE | {"crypto", "problem", "schema", "backoff", "whatsapp_reply", "texts"}

_NETWORK = re.compile(r"(sys/socket|sys/un|netinet/.*|arpa/.*|netdb|poll|sys/epoll)\.h")
_HTTP_SIDE = re.compile(r"(main|routes\w*)\.[ch]")
_NOT_DOMAIN = re.compile(r"(main|routes\w*)\.[ch]|store\w*\.c")


def violations(path: str, source: CSource) -> list[str]:
    """What PATH includes and mustn't."""
    found = []
    for include in source.includes:
        for rule in (_library, _pure_module, _service):
            fault = rule(path, include)
            if fault:
                found.append(f"{path}:{include.line}: {include.name}: {fault}")
    return found


def _library(path: str, include: Include) -> str | None:
    if path.startswith("tests/"):
        return None
    for header, home in LIBRARIES.items():
        if re.fullmatch(header, include.name) and not re.fullmatch(home, path):
            return f"only {home} may include it"
    return None


def _svc_module(path: str, include: Include) -> str | None:
    """The module of shared/svc that PATH includes, or None for anything else."""
    own = path.startswith("shared/svc/") and include.quoted
    return PurePosixPath(include.name).stem if own or include.name.startswith("svc/") else None


def _pure_module(path: str, include: Include) -> str | None:
    if not path.startswith("shared/svc/") or PurePosixPath(path).stem not in PURE:
        return None
    module = _svc_module(path, include)
    if _NETWORK.fullmatch(include.name) or (module is not None and module not in PURE):
        return "a pure module includes pure ones only"
    return None


def _service(path: str, include: Include) -> str | None:
    parts = PurePosixPath(path).parts
    if parts[0] != "services":
        return None
    name, file = include.name, parts[-1]
    if "/" in name and include.quoted and not name.startswith("svc/"):
        return "a service includes its own folder's headers and those of svc"
    module = _svc_module(path, include)
    if module in ("http", "app") and not _HTTP_SIDE.fullmatch(file):
        return "HTTP belongs into routes and main"
    if _NOT_DOMAIN.fullmatch(file):
        return None
    if module is not None and module not in DOMAIN:
        return "a domain file does no I/O"
    if name.startswith("routes") or _NETWORK.fullmatch(name):
        return "a domain file knows no HTTP"
    return None
