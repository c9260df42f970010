"""The AI providers of the demo shop: the simulator plays each whose key isn't in the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass

from launcher.servers import Postgres


@dataclass(frozen=True)
class Provider:
    name: str  # as in ai_provider_config
    key: str  # the variable
    base_url: str  # its own, as the migration writes it
    played_at: str  # below the simulator's address


PROVIDERS = (
    Provider(
        "Gemini",
        "GEMINI_API_KEY",
        "https://generativelanguage.googleapis.com/v1beta",
        "/ai/gemini/v1beta",
    ),
    Provider("DeepSeek", "DEEPSEEK_API_KEY", "https://api.deepseek.com", "/ai/deepseek"),
    Provider("OpenAI", "OPENAI_API_KEY", "https://api.openai.com/v1", "/ai/openai/v1"),
)


def keys(played_key: str) -> dict[str, str]:
    """One for each provider: of whoever started us, else the one that the simulator takes."""
    return {one.key: os.environ.get(one.key) or played_key for one in PROVIDERS}


def point(postgres: Postgres, database: str, simulator: str) -> None:
    """Writes where each provider answers. An address that the shop chose itself stays.

    A key of a real provider never goes to the simulator, nor the simulator's to a provider.
    """
    rows = ", ".join(
        f"('{one.name}', '{one.played_at}', '{one.base_url}', "
        f"'{one.base_url if os.environ.get(one.key) else simulator + one.played_at}')"
        for one in PROVIDERS
    )
    postgres.query(
        "UPDATE ai_provider_config AS row SET base_url = wanted.base_url, updated_at = NOW()"
        f" FROM (VALUES {rows}) AS wanted (name, played_at, own_url, base_url)"
        " WHERE row.provider_name = wanted.name AND row.base_url <> wanted.base_url"
        " AND (row.base_url = wanted.own_url"
        " OR row.base_url ~ ('^http://127[.]0[.]0[.]1:[0-9]+' || wanted.played_at || '$'))",
        database=database,
    )
