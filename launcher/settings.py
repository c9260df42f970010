"""What every part of the system is told: ports, secrets, addresses. Kept between starts."""

from __future__ import annotations

import os
import secrets
import shlex
from pathlib import Path

from launcher import models
from launcher.errors import LauncherError
from launcher.paths import state_folder
from launcher.ports import LOOPBACK, is_free, kept_port
from launcher.services import SERVICES, Service

# A fixed port for those who reach this machine through a tunnel: NAME -> variable.
FIXED_PORTS = {"n8n": "COMMERCE_N8N_PORT", "simulator": "COMMERCE_CHAT_PORT"}
PHONE_NUMBER_ID = "106540352242922"
CHECKOUT = "optimized_checkout_processor"
# Of n8n, for what WhatsApp sends.
WEBHOOK_PATH = "/webhook/whatsapp"
N8N_OWNER_EMAIL = "tienda@example.com"


def secret_file(name: str) -> Path:
    return state_folder() / "secrets" / name


def secret(name: str, *, size: int = 16) -> str:
    """Made at the first start, `size` bytes in hex; readable only by the user who starts."""
    file = secret_file(name)
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_private(file, secrets.token_hex(size))
    return file.read_text().strip()


def write_private(file: Path, text: str) -> None:
    """Replaces the file in one step; it is never readable by others, nor half written."""
    fresh = file.with_name(f".{file.name}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as output:
        output.write(text)
    fresh.replace(file)


def pick_port(name: str) -> int:
    """A port to listen on now. Only for a part that doesn't run: its own would not be free."""
    variable = FIXED_PORTS.get(name, "")
    asked = os.environ.get(variable, "") if variable else ""
    if not asked:
        return kept_port(_port_file(name))
    if not asked.isdecimal() or not 0 < int(asked) < 65536:
        raise LauncherError(f"{variable}={asked} is not a port", status=2)
    if not is_free(int(asked)):
        raise LauncherError(f"{variable}={asked}: the port is in use")
    _port_file(name).parent.mkdir(parents=True, exist_ok=True)
    _port_file(name).write_text(f"{asked}\n")
    return int(asked)


def noted_port(name: str) -> int | None:
    """The port it listens on, or did last."""
    try:
        return int(_port_file(name).read_text())
    except (OSError, ValueError):
        return None


def _port_file(name: str) -> Path:
    return state_folder() / "ports" / name


def url(name: str) -> str:
    return f"http://{LOOPBACK}:{noted_port(name)}"


def environment(database_url: str, redis_url: str) -> dict[str, str]:
    """The content of .commerce/env."""
    return {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "N8N_URL": url("n8n"),
        # Where the intake of parse_message_optimized hands on what it stored.
        "N8N_WEBHOOK_URL": url("n8n") + WEBHOOK_PATH,
        "N8N_OWNER_EMAIL": N8N_OWNER_EMAIL,
        "N8N_OWNER_PASSWORD": secret("n8n_owner_password", size=6),
        "SIMULATOR_URL": url("simulator"),
        **{service.url_variable: url(service.name) for service in SERVICES},
        "SERVICE_TOKEN": secret("service_token"),
        "WHATSAPP_APP_SECRET": secret("whatsapp_app_secret"),
        "WHATSAPP_VERIFY_TOKEN": secret("whatsapp_verify_token"),
        "WHATSAPP_ACCESS_TOKEN": secret("whatsapp_access_token"),
        "WHATSAPP_PHONE_NUMBER_ID": PHONE_NUMBER_ID,
        "SIMULATOR_MODEL_KEY": secret("simulator_model_key"),
        **_payments(),
    }


def _payments() -> dict[str, str]:
    """Gateways for the checkout: the simulator plays them, with test keys of this machine's own."""
    pay = f"{url('simulator')}/pay"
    return {
        "STRIPE_BASE_URL": f"{pay}/stripe",
        "STRIPE_API_KEY": f"sk_test_{secret('stripe_api_key')}",
        "STRIPE_WEBHOOK_SECRET": f"whsec_{secret('stripe_webhook_secret')}",
        "MERCADO_PAGO_BASE_URL": f"{pay}/mercado_pago",
        "MERCADO_PAGO_ACCESS_TOKEN": f"TEST-{secret('mercado_pago_access_token')}",
        "MERCADO_PAGO_WEBHOOK_SECRET": secret("mercado_pago_webhook_secret"),
        "PUBLIC_URL": url(CHECKOUT),
        "RETURN_URL": f"{url('simulator')}/",
        "N8N_NOTIFY_URL": f"{url('n8n')}/webhook/payment-notice",
        # What n8n's webhook takes, and so the same.
        "N8N_NOTIFY_TOKEN": secret("service_token"),
    }


def service_environment(service: Service, env: dict[str, str]) -> dict[str, str]:
    """Only what the service needs: a service never sees another's secrets."""
    return {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "BIND_ADDRESS": LOOPBACK,
        "PORT": str(noted_port(service.name)),
        "SERVICE_TOKEN": env["SERVICE_TOKEN"],
        **{name: env[name] for name in service.needs},
        **({} if service.watches else {"METRICS_URL": env["LIGHTWEIGHT_METRICS_URL"]}),
        **dict(service.settings),
        **(models.keys(env["SIMULATOR_MODEL_KEY"]) if service.models else {}),
        **_own_folder(service),
        **(_service_urls(env) if service.watches else {}),
    }


def _own_folder(service: Service) -> dict[str, str]:
    if not service.folder:
        return {}
    folder = state_folder() / service.name
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return {service.folder: str(folder)}


def _service_urls(env: dict[str, str]) -> dict[str, str]:
    return {"SERVICE_URLS": ",".join(f"{each.name}={env[each.url_variable]}" for each in SERVICES)}


def env_file() -> Path:
    return state_folder() / "env"


def write_env_file(env: dict[str, str]) -> None:
    lines = [f"{name}={shlex.quote(value)}\n" for name, value in env.items()]
    write_private(env_file(), "".join(lines))


def read_env_file() -> dict[str, str]:
    """What a running system was started with; empty when nothing was."""
    try:
        lines = env_file().read_text().splitlines()
    except OSError:
        return {}
    pairs = (line.partition("=") for line in lines if "=" in line)
    return {name: shlex.split(value)[0] if value else "" for name, _, value in pairs}
