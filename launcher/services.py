"""The C services, in the order of their ports: the one list that the launcher has of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from launcher.paths import build_folder


@dataclass(frozen=True)
class Service:
    name: str
    port: int  # in containers and Kubernetes; here each gets a free one
    needs: tuple[str, ...]  # the variables of .commerce/env that it is started with
    settings: tuple[tuple[str, str], ...] = ()  # what the demo shop sets beside them
    models: bool = False  # it calls the AI providers, and gets their keys
    folder: str = ""  # the variable that names a folder of its own
    watches: bool = False  # is told where all services are, in SERVICE_URLS

    @property
    def url_variable(self) -> str:
        return f"{self.name.upper()}_URL"

    @property
    def host(self) -> str:
        """Its name in compose and Kubernetes, which the workflows use."""
        return self.name.replace("_", "-")

    @property
    def binary(self) -> Path:
        return build_folder() / "bin" / self.name


SERVICES = (
    Service(
        "parse_message_optimized", 8101,
        ("REDIS_URL", "DATABASE_URL", "N8N_WEBHOOK_URL", "WHATSAPP_APP_SECRET", "WHATSAPP_VERIFY_TOKEN"),
    ),
    Service("optimized_rate_limiter", 8102, ("REDIS_URL", "DATABASE_URL")),
    Service("redis_cache_manager_consolidated", 8103, ("REDIS_URL", "DATABASE_URL")),
    Service("ai_provider_ultra_optimized", 8104, ("REDIS_URL", "DATABASE_URL"), models=True),
    Service("ultra_optimized_product_search", 8105, ("DATABASE_URL",), (("SEARCH_REGION", "mx"),)),
    Service(
        "optimized_checkout_processor",
        8106,
        (
            "REDIS_URL", "DATABASE_URL", "PUBLIC_URL", "RETURN_URL", "N8N_NOTIFY_URL", "N8N_NOTIFY_TOKEN",
            "STRIPE_BASE_URL", "STRIPE_API_KEY", "STRIPE_WEBHOOK_SECRET",
            "MERCADO_PAGO_BASE_URL", "MERCADO_PAGO_ACCESS_TOKEN", "MERCADO_PAGO_WEBHOOK_SECRET",
        ),
    ),
    Service("lightweight_metrics", 8107, ("DATABASE_URL",), folder="SPOOL_DIR", watches=True),
)  # fmt: skip
