"""What Meta refuses in a message, by type. The details are worded as Meta words them."""

from __future__ import annotations

import re
from typing import Any, Callable

from .errors import GraphError, bad, invalid, missing
from .interactive import check_interactive, is_web_address

Fields = dict[str, Any]

TEXT_MAX = 4096
CAPTION_MAX = 1024
CALLBACK_DATA_MAX = 512
MEDIA_TYPES = ("image", "audio", "video", "document", "sticker")


def check_text(body: Fields) -> None:
    text = body["text"].get("body")
    if text is None:
        raise bad("The parameter text['body'] is required.")
    if not isinstance(text, str):
        raise bad("Param text['body'] must be a string.")
    if not text.strip():
        raise bad("Param text['body'] must be at least 1 characters long.")
    if len(text) > TEXT_MAX:
        raise bad(f"Param text['body'] must be at most {TEXT_MAX} characters long.")


def check_media(body: Fields) -> None:
    kind = body["type"]
    media = body[kind]
    media_id, link = media.get("id"), media.get("link")
    if not media_id and not link:
        raise bad(f"The parameter {kind}['id'] or {kind}['link'] is required.")
    if link and not is_web_address(link):
        raise bad(f"Param {kind}['link'] is not a valid URL.")
    caption = media.get("caption")
    if caption is None:
        return
    if kind in ("audio", "sticker"):
        raise bad(f"Unexpected key \"caption\" on param \"{kind}\".")
    if not isinstance(caption, str) or len(caption) > CAPTION_MAX:
        raise bad(f"Param {kind}['caption'] must be at most {CAPTION_MAX} characters long.")


def check_location(body: Fields) -> None:
    for name, limit in (("latitude", 90), ("longitude", 180)):
        value = body["location"].get(name)
        if value is None:
            raise missing(f"location['{name}']")
        try:
            fits = abs(float(value)) <= limit
        except (TypeError, ValueError, OverflowError):
            fits = False
        if not fits:
            raise invalid(f"Param location['{name}'] must be between -{limit} and {limit}.")


def check_contacts(body: Fields) -> None:
    contacts = body["contacts"]
    if not isinstance(contacts, list) or not contacts:
        raise bad("Param contacts must be a non-empty array.")
    for index, contact in enumerate(contacts):
        name = contact.get("name") if isinstance(contact, dict) else None
        if not isinstance(name, dict) or not name.get("formatted_name"):
            raise missing(f"contacts[{index}]['name']['formatted_name']")


def check_reaction(body: Fields) -> None:
    if not body["reaction"].get("message_id"):
        raise missing("reaction['message_id']")
    if not isinstance(body["reaction"].get("emoji"), str):
        raise missing("reaction['emoji']")


def check_template(body: Fields) -> None:
    template = body["template"]
    name = template.get("name")
    if not name:
        raise missing("template['name']")
    if not isinstance(name, str) or not re.fullmatch(r"[a-z0-9_]{1,512}", name):
        raise invalid("Template name must be lower-case letters, digits and underscores.")
    language = template.get("language")
    if not isinstance(language, dict) or not isinstance(language.get("code"), str):
        raise missing("template['language']['code']")
    if not isinstance(template.get("components", []), list):
        raise bad("Param template['components'] must be an array.")


CHECKS: dict[str, Callable[[Fields], None]] = {
    "text": check_text, "location": check_location, "contacts": check_contacts,
    "reaction": check_reaction, "template": check_template, "interactive": check_interactive,
    **{kind: check_media for kind in MEDIA_TYPES},
}


def check_envelope(body: Any) -> None:
    """What every call needs, read mark or message."""
    if not isinstance(body, dict):
        raise bad("The request body must be a JSON object.")
    if body.get("messaging_product") is None:
        raise bad("The parameter messaging_product is required.")
    if body["messaging_product"] != "whatsapp":
        raise bad("Param messaging_product must be one of {WHATSAPP} - got "
                  f"\"{str(body['messaging_product'])[:40]}\".")


def check_message(body: Fields) -> None:
    """Raises the error that Meta answers; fills in the type where it's left out."""
    if not body.get("to") and not body.get("recipient"):
        raise bad("The parameter to is required.")
    kind = body.setdefault("type", "text")
    if not isinstance(kind, str) or kind not in CHECKS:
        names = ", ".join(sorted(name.upper() for name in CHECKS))
        raise bad(f"Param type must be one of {{{names}}} - got \"{str(kind)[:40]}\".")
    content = body.get(kind)
    if content is None:
        raise bad(f"The parameter {kind} is required.")
    if not isinstance(content, (list if kind == "contacts" else dict)):
        raise bad(f"Param {kind} must be a JSON object.")
    callback = body.get("biz_opaque_callback_data")
    if callback is not None and (not isinstance(callback, str) or len(callback) > CALLBACK_DATA_MAX):
        raise bad("Param biz_opaque_callback_data must be at most "
                  f"{CALLBACK_DATA_MAX} characters long.")
    context = body.get("context")
    if context is not None and not (isinstance(context, dict) and context.get("message_id")):
        raise missing("context['message_id']")
    CHECKS[kind](body)


def check_known_template(template: Fields, known: dict[str, Any]) -> None:
    """Against the templates in the settings; with none there, every name is taken."""
    if not known:
        return
    name, language = template["name"], template["language"]["code"]
    entry = known.get(name)
    if entry is None or language not in entry.get("languages", [language]):
        raise GraphError(132001, f"template name ({name}) does not exist in {language}")
    expected = len(set(re.findall(r"\{\{\w+\}\}", str(entry.get("body", "")))))
    given = sum(len(c["parameters"]) for c in template.get("components", [])
                if isinstance(c, dict) and str(c.get("type", "")).lower() == "body"
                and isinstance(c.get("parameters"), list))
    if given != expected:
        raise GraphError(132000, f"body: number of localizable_params ({given}) does not match "
                                 f"the expected number of params ({expected})")
