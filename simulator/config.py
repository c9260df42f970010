"""Configuration from the environment: one table, checked at start."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Mapping
from urllib.parse import urlsplit

from .payments.state import KEYS


class ConfigError(Exception):
    """A missing or bad variable; its text is the one line a person reads."""


@dataclass(frozen=True)
class Config:
    port: int
    bind: str
    public_url: str
    webhook_url: str
    verify_token: str
    app_secret: str
    access_token: str
    phone_number_id: str
    business_account_id: str
    display_phone_number: str
    catalogue: str
    model_key: str
    model_delay_ms: int
    payment_webhook_url: str
    payment_keys: Mapping[str, str]  # by the name of their variable


# name, default (None: required), what it is
VARIABLES: tuple[tuple[str, str | None, str], ...] = (
    ("SIMULATOR_PORT", "8190", "port to listen on; 0 takes a free one"),
    ("SIMULATOR_BIND", "127.0.0.1", "address to listen on"),
    ("SIMULATOR_PUBLIC_URL", "", "how others reach the simulator, for media addresses in webhooks"),
    ("SIMULATOR_CATALOGUE", "", "TSV or CSV file, or a folder of them, with sku, name, price"),
    ("SIMULATOR_MODEL_KEY", "sim-key", "key that the model APIs take"),
    ("SIMULATOR_MODEL_DELAY_MS", "30", "how long their models take"),
    ("SIMULATOR_PAYMENT_WEBHOOK_URL", "", "where gateways notify, with {gateway} for their name"),
    ("WEBHOOK_URL", "", "where signed webhooks go; PUT /sim/settings changes it"),
    ("WHATSAPP_VERIFY_TOKEN", "", "token of the GET handshake"),
    ("WHATSAPP_APP_SECRET", None, "signs webhooks (or WHATSAPP_APP_SECRET_FILE)"),
    ("WHATSAPP_ACCESS_TOKEN", None, "Bearer token of the Graph API (or WHATSAPP_ACCESS_TOKEN_FILE)"),
    ("WHATSAPP_PHONE_NUMBER_ID", "106540352242922", "id of the shop's number"),
    ("WHATSAPP_BUSINESS_ACCOUNT_ID", "102290129340398", "id of the business account"),
    ("WHATSAPP_DISPLAY_PHONE_NUMBER", "15550783881", "the shop's number, digits"),
    *((variable, default, f"what {gateway} takes as its {what.replace('_', ' ')}")
      for gateway, variables in KEYS.items() for what, (variable, default) in variables.items()),
)


def help_text() -> str:
    lines = ["python -m simulator: stands in for WhatsApp's Cloud API, with a chat page.", ""]
    for name, default, what in VARIABLES:
        shown = "required" if default is None else (default or "empty")
        lines.append(f"  {name:<32} {what} [{shown}]")
    return "\n".join(lines)


def _read(env: Mapping[str, str], name: str, default: str | None) -> str:
    value = env.get(name, "").strip()
    path = env.get(name + "_FILE", "").strip()
    if not value and path:
        try:
            value = Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ConfigError(f"{name}_FILE={path}: {error.strerror}") from None
    if value:
        return value
    if default is None:
        raise ConfigError(f"{name} is missing: set it, or {name}_FILE")
    return default


def check_url(name: str, value: str) -> str:
    if not value:
        return value
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or len(value) > 2048:
        raise ConfigError(f"{name}={value[:80]}: not an http(s) address")
    return value


def load(env: Mapping[str, str] = os.environ) -> Config:
    values = {name: _read(env, name, default) for name, default, _ in VARIABLES}
    port = values["SIMULATOR_PORT"]
    if not port.isdigit() or int(port) > 65535:
        raise ConfigError(f"SIMULATOR_PORT={port}: not a port (0 to 65535)")
    for name in ("WHATSAPP_PHONE_NUMBER_ID", "WHATSAPP_BUSINESS_ACCOUNT_ID",
                 "WHATSAPP_DISPLAY_PHONE_NUMBER"):
        if not re.fullmatch(r"[0-9]{5,25}", values[name]):
            raise ConfigError(f"{name}={values[name]}: digits only")
    delay = values["SIMULATOR_MODEL_DELAY_MS"]
    if not delay.isdigit() or int(delay) > 600_000:
        raise ConfigError(f"SIMULATOR_MODEL_DELAY_MS={delay}: milliseconds, to 600000")
    catalogue = values["SIMULATOR_CATALOGUE"]
    if catalogue and not Path(catalogue).exists():
        raise ConfigError(f"SIMULATOR_CATALOGUE={catalogue}: no such file")
    bind = values["SIMULATOR_BIND"]
    public = check_url("SIMULATOR_PUBLIC_URL", values["SIMULATOR_PUBLIC_URL"]).rstrip("/")
    return Config(
        port=int(port), bind=bind, public_url=public,
        webhook_url=check_url("WEBHOOK_URL", values["WEBHOOK_URL"]),
        verify_token=values["WHATSAPP_VERIFY_TOKEN"],
        app_secret=values["WHATSAPP_APP_SECRET"],
        access_token=values["WHATSAPP_ACCESS_TOKEN"],
        phone_number_id=values["WHATSAPP_PHONE_NUMBER_ID"],
        business_account_id=values["WHATSAPP_BUSINESS_ACCOUNT_ID"],
        display_phone_number=values["WHATSAPP_DISPLAY_PHONE_NUMBER"],
        catalogue=catalogue,
        model_key=values["SIMULATOR_MODEL_KEY"],
        model_delay_ms=int(delay),
        payment_webhook_url=check_url("SIMULATOR_PAYMENT_WEBHOOK_URL",
                                      values["SIMULATOR_PAYMENT_WEBHOOK_URL"]),
        payment_keys={variable: values[variable] for variables in KEYS.values()
                      for variable, _ in variables.values()},
    )
