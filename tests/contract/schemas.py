"""What the contract tests ask of a document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def references(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*map(references, value.values()))
    return set().union(*map(references, value)) if isinstance(value, list) else set()


def local_pointers(document: dict[str, Any]) -> Iterator[str]:
    for kind, named in document["components"].items():
        yield from (f"#/components/{kind}/{name}" for name in named)


def closed(value: Any) -> Any:
    """A schema that allows no member but those that it names."""
    if isinstance(value, list):
        return [closed(item) for item in value]
    if not isinstance(value, dict):
        return value
    copy = {name: closed(item) for name, item in value.items()}
    if isinstance(value.get("properties"), dict):
        copy.setdefault("additionalProperties", False)
    return copy
