"""What a person reads of a message, and what they can press in it."""

from __future__ import annotations

import re
from typing import Any

Fields = dict[str, Any]


def _part(parent: Any, *names: str) -> Any:
    for name in names:
        parent = parent.get(name) if isinstance(parent, dict) else None
    return parent


def _objects(parent: Any, *names: str) -> list[Fields]:
    """The objects of a list somewhere inside; a raw message may hold anything there."""
    found = _part(parent, *names)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def template_text(template: Fields, known: Fields) -> str:
    """The template's body with its parameters; its name and parameters where the body is unknown."""
    values = [str(_part(p, "text") or _part(p, "currency", "fallback_value")
                  or _part(p, "date_time", "fallback_value") or "")
              for c in _objects(template, "components") if str(c.get("type", "")).lower() == "body"
              for p in _objects(c, "parameters")]
    body = _part(known, str(template.get("name")), "body")
    if not body:
        return " · ".join([str(template.get("name", "")), *values])
    queue = iter(values)
    return re.sub(r"\{\{\w+\}\}", lambda _: next(queue, ""), str(body))


def text_of(body: Fields, templates: Fields) -> str:
    kind = str(body.get("type", ""))
    content = body.get(kind)
    if kind == "text":
        return str(_part(content, "body") or "")
    if kind == "template" and isinstance(content, dict):
        return template_text(content, templates)
    if kind == "interactive":
        for reply in ("button_reply", "list_reply"):
            if _part(content, reply):
                return str(_part(content, reply, "title") or "")
        return str(_part(content, "body", "text") or _part(content, "nfm_reply", "body") or "")
    if kind == "button":
        return str(_part(content, "text") or "")
    if kind == "reaction":
        return str(_part(content, "emoji") or "")
    if kind == "location":
        return str(_part(content, "name") or "")
    if kind == "order":
        return str(_part(content, "text") or "")
    if kind == "system":
        return str(_part(content, "body") or "")
    return str(_part(content, "caption") or "")


def actions_of(body: Fields) -> list[Fields]:
    """Buttons and rows: what the customer may press, in order."""
    kind = body.get("type")
    if kind == "template":
        return _template_buttons(body)
    if kind != "interactive":
        return []
    found = [{"kind": "button", "id": _part(b, "reply", "id"), "title": _part(b, "reply", "title")}
             for b in _objects(body, "interactive", "action", "buttons")]
    for section in _objects(body, "interactive", "action", "sections"):
        for row in _objects(section, "rows"):
            found.append({"kind": "row", "id": row.get("id"), "title": row.get("title"),
                          "description": row.get("description"), "section": section.get("title")})
    return found


def _template_buttons(body: Fields) -> list[Fields]:
    found = []
    for component in _objects(body, "template", "components"):
        kinds = (str(component.get("type", "")).lower(), str(component.get("sub_type", "")).lower())
        if kinds != ("button", "quick_reply"):
            continue
        for parameter in _objects(component, "parameters"):
            payload = str(parameter.get("payload") or "")
            found.append({"kind": "template_button", "id": payload, "title": payload})
    return found
