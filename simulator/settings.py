"""What may change while the simulator runs: delays, faults, limits. One table of checks."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any, Callable

from .config import ConfigError, check_url


class SettingsError(ValueError):
    """A setting that can't be taken; the text names it."""


@dataclass
class Settings:
    webhook_url: str = ""
    verify_token: str = ""
    # delivery of webhooks
    webhook_timeout_ms: int = 10_000
    retry_delays_ms: list[int] = field(default_factory=lambda: [500, 1000, 2000, 4000, 8000])
    duplicate_rate: float = 0.0
    shuffle_ms: int = 0
    batch_ms: int = 0
    # statuses of what the shop sends
    statuses: bool = True
    read_receipts: bool = True
    sent_delay_ms: int = 60
    delivered_delay_ms: int = 250
    read_delay_ms: int = 900
    # refusals
    refusals: str = "sync"
    accept_unknown: bool = False
    window_s: int = 86_400
    pair_limit: int = 0
    pair_window_s: int = 60
    throughput_limit: int = 0
    graph_delay_ms: int = 0
    fail_next: dict[str, Any] | None = None
    fail_delivery_next: dict[str, Any] | None = None
    # money and templates
    free_service_messages: int = 1000
    templates: dict[str, Any] = field(default_factory=dict)


def _integer(low: int, high: int) -> Callable[[str, Any], int]:
    def check(name: str, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise SettingsError(f"{name}: an integer from {low} to {high}")
        return value
    return check


def _boolean(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise SettingsError(f"{name}: true or false")
    return value


def _rate(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise SettingsError(f"{name}: a number from 0 to 1")
    return float(value)


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or len(value) > 256:
        raise SettingsError(f"{name}: a text of at most 256 characters")
    return value


def _url(name: str, value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise SettingsError(f"{name}: an http(s) address")
    try:
        return check_url(name, value.strip())
    except ConfigError as error:
        raise SettingsError(str(error)) from None


def _delays(name: str, value: Any) -> list[int]:
    fits = isinstance(value, list) and len(value) <= 20
    if not fits or any(not isinstance(v, int) or isinstance(v, bool) or not 0 <= v <= 600_000
                       for v in value):
        raise SettingsError(f"{name}: at most 20 integers from 0 to 600000")
    return value


def _refusals(name: str, value: Any) -> str:
    if value not in ("sync", "webhook"):
        raise SettingsError(f"{name}: 'sync' or 'webhook'")
    return value


def _failure(name: str, value: Any) -> dict[str, Any] | None:
    """{count, code, http_status?, title?, details?}: the next `count` sends fail with `code`."""
    if value is None:
        return None
    if not isinstance(value, dict) or set(value) - {"count", "code", "http_status", "details"}:
        raise SettingsError(f"{name}: null or {{count, code, http_status?, details?}}")
    count = _integer(0, 1_000_000)(f"{name}.count", value.get("count", 1))
    failure = {"count": count, "code": _integer(0, 999_999)(f"{name}.code", value.get("code"))}
    if "http_status" in value:
        failure["http_status"] = _integer(400, 599)(f"{name}.http_status", value["http_status"])
    if "details" in value:
        failure["details"] = _text(f"{name}.details", value["details"])
    return failure if count else None


def _templates(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or len(value) > 250:
        raise SettingsError(f"{name}: an object of at most 250 templates by name")
    for key, template in value.items():
        if not isinstance(template, dict):
            raise SettingsError(f"{name}.{key}: {{body, category?, languages?}}")
    return value


DELAY = _integer(0, 600_000)
CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "webhook_url": _url, "verify_token": _text,
    "webhook_timeout_ms": _integer(10, 120_000), "retry_delays_ms": _delays,
    "duplicate_rate": _rate, "shuffle_ms": DELAY, "batch_ms": _integer(0, 60_000),
    "statuses": _boolean, "read_receipts": _boolean,
    "sent_delay_ms": DELAY, "delivered_delay_ms": DELAY, "read_delay_ms": DELAY,
    "refusals": _refusals, "accept_unknown": _boolean, "window_s": _integer(0, 10_000_000),
    "pair_limit": _integer(0, 100_000), "pair_window_s": _integer(1, 86_400),
    "throughput_limit": _integer(0, 100_000), "graph_delay_ms": DELAY,
    "fail_next": _failure, "fail_delivery_next": _failure,
    "free_service_messages": _integer(0, 1_000_000_000), "templates": _templates,
}
assert set(CHECKS) == {f.name for f in fields(Settings)}


def update(settings: Settings, changes: Any) -> None:
    """Takes all of the changes or none."""
    if not isinstance(changes, dict):
        raise SettingsError("an object of settings")
    unknown = sorted(set(changes) - set(CHECKS))
    if unknown:
        raise SettingsError(f"unknown setting: {unknown[0]}")
    checked = {name: CHECKS[name](name, value) for name, value in changes.items()}
    for name, value in checked.items():
        setattr(settings, name, value)


def as_dict(settings: Settings) -> dict[str, Any]:
    return asdict(settings)
