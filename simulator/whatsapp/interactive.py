"""Interactive messages: Meta's limits on buttons, lists and their kin."""

from __future__ import annotations

from typing import Any, Callable
from urllib.parse import urlsplit

from .errors import bad, invalid, missing

Fields = dict[str, Any]

BODY_MAX = 1024
LIST_BODY_MAX = 4096
HEADER_MAX = FOOTER_MAX = 60
BUTTONS_MAX, BUTTON_TITLE_MAX, BUTTON_ID_MAX = 3, 20, 256
ROWS_MAX, ROW_TITLE_MAX, ROW_DESCRIPTION_MAX, ROW_ID_MAX = 10, 24, 72, 200
SECTIONS_MAX, SECTION_TITLE_MAX = 10, 24
PRODUCTS_MAX = 30
HEADER_MEDIA = ("image", "video", "document")


def is_web_address(value: Any) -> bool:
    try:
        parts = urlsplit(value) if isinstance(value, str) else None
    except ValueError:
        return False
    return parts is not None and parts.scheme in ("http", "https") and bool(parts.netloc)


def _text(value: Any, what: str, maximum: int) -> str:
    """A title of 1 to maximum characters, or Meta's refusal."""
    if value is None:
        raise missing(what)
    if not isinstance(value, str) or not 1 <= len(value.strip()) or len(value) > maximum:
        raise invalid(f"{what} length invalid. Min length: 1, Max length: {maximum}")
    return value


def _object(parent: Fields, name: str, path: str) -> Fields:
    value = parent.get(name)
    if value is None:
        raise missing(path)
    if not isinstance(value, dict):
        raise bad(f"Param {path} must be a JSON object.")
    return value


def _unique(values: list[str], what: str) -> None:
    for index, value in enumerate(values):
        if value in values[:index]:
            raise invalid(f"Duplicated {what}: \"{value[:60]}\". Each one must be unique.")


def _check_body(interactive: Fields, maximum: int, required: bool = True) -> None:
    if interactive.get("body") is None and not required:
        return
    body = _object(interactive, "body", "interactive['body']")
    text = body.get("text")
    if text is None:
        raise missing("interactive['body']['text']")
    if not isinstance(text, str) or not text.strip() or len(text) > maximum:
        raise invalid(f"Body text length invalid. Min length: 1, Max length: {maximum}")


def _check_header(interactive: Fields, text_only: bool) -> None:
    header = interactive.get("header")
    if header is None:
        return
    kind = header.get("type") if isinstance(header, dict) else None
    if kind == "text":
        _text(header.get("text"), "Header text", HEADER_MAX)
        return
    if kind not in HEADER_MEDIA:
        raise bad("Param interactive['header']['type'] must be one of "
                  f"{{TEXT, IMAGE, VIDEO, DOCUMENT}} - got \"{str(kind)[:40]}\".")
    if text_only:
        raise invalid("Header type must be text for this interactive type.")
    media = _object(header, kind, f"interactive['header']['{kind}']")
    if not media.get("id") and not media.get("link"):
        raise missing(f"interactive['header']['{kind}']['id']")
    if media.get("link") and not is_web_address(media["link"]):
        raise bad(f"Param interactive['header']['{kind}']['link'] is not a valid URL.")


def _check_footer(interactive: Fields) -> None:
    if interactive.get("footer") is not None:
        footer = _object(interactive, "footer", "interactive['footer']")
        _text(footer.get("text"), "Footer text", FOOTER_MAX)


def _sections(action: Fields) -> list[Fields]:
    sections = action.get("sections")
    if sections is None:
        raise missing("interactive['action']['sections']")
    if not isinstance(sections, list) or not 1 <= len(sections) <= SECTIONS_MAX:
        raise invalid(f"Invalid sections count. Min allowed: 1, Max allowed: {SECTIONS_MAX}")
    for section in sections:
        if not isinstance(section, dict):
            raise bad("Param interactive['action']['sections'] must hold JSON objects.")
        title = section.get("title")
        if title is None and len(sections) > 1:
            raise missing("section['title']")
        if title is not None and (not isinstance(title, str) or len(title) > SECTION_TITLE_MAX):
            raise invalid(f"Section title is too long. Max length is {SECTION_TITLE_MAX}")
    return sections


def _button(interactive: Fields, action: Fields) -> None:
    buttons = action.get("buttons")
    if buttons is None:
        raise missing("interactive['action']['buttons']")
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= BUTTONS_MAX:
        raise invalid("Invalid buttons count. Min allowed buttons: 1, "
                      f"Max allowed buttons: {BUTTONS_MAX}")
    ids, titles = [], []
    for button in buttons:
        if not isinstance(button, dict) or button.get("type", "reply") != "reply":
            raise bad("Param interactive['action']['buttons'] must hold buttons of type reply.")
        reply = _object(button, "reply", "button['reply']")
        titles.append(_text(reply.get("title"), "Button title", BUTTON_TITLE_MAX))
        ids.append(_text(reply.get("id"), "Button id", BUTTON_ID_MAX))
    _unique(ids, "button reply id")
    _unique(titles, "button title")


def _list(interactive: Fields, action: Fields) -> None:
    _text(action.get("button"), "Button label", BUTTON_TITLE_MAX)
    ids: list[str] = []
    for section in _sections(action):
        rows = section.get("rows")
        if not isinstance(rows, list) or not rows:
            raise invalid("Invalid rows count. Each section needs at least 1 row.")
        for row in rows:
            if not isinstance(row, dict):
                raise bad("Param section['rows'] must hold JSON objects.")
            ids.append(_check_row(row))
    if len(ids) > ROWS_MAX:
        raise invalid(f"Total row count exceed max allowed count: {ROWS_MAX}")
    _unique(ids, "row id")


def _check_row(row: Fields) -> str:
    title = row.get("title")
    if title is None:
        raise missing("row['title']")
    if not isinstance(title, str) or not title.strip():
        raise invalid("Row title is empty. Min length is 1")
    if len(title) > ROW_TITLE_MAX:
        raise invalid(f"Row title is too long. Max length is {ROW_TITLE_MAX}")
    description = row.get("description")
    if description is not None and (not isinstance(description, str)
                                    or len(description) > ROW_DESCRIPTION_MAX):
        raise invalid(f"Row description is too long. Max length is {ROW_DESCRIPTION_MAX}")
    return _text(row.get("id"), "Row id", ROW_ID_MAX)


def _parameters(action: Fields, name: str) -> Fields:
    if action.get("name") != name:
        raise invalid(f"Param interactive['action']['name'] must be \"{name}\".")
    return _object(action, "parameters", "interactive['action']['parameters']")


def _cta_url(interactive: Fields, action: Fields) -> None:
    parameters = _parameters(action, "cta_url")
    _text(parameters.get("display_text"), "Button label", BUTTON_TITLE_MAX)
    url = parameters.get("url")
    if url is None:
        raise missing("interactive['action']['parameters']['url']")
    if not is_web_address(url):
        raise invalid("Param interactive['action']['parameters']['url'] is not a valid URL.")


def _flow(interactive: Fields, action: Fields) -> None:
    parameters = _parameters(action, "flow")
    if not parameters.get("flow_id") and not parameters.get("flow_name"):
        raise missing("interactive['action']['parameters']['flow_id']")
    _text(parameters.get("flow_cta"), "Flow button", BUTTON_TITLE_MAX)
    if str(parameters.get("flow_message_version")) != "3":
        raise invalid("Param flow_message_version must be \"3\".")


def _product(interactive: Fields, action: Fields) -> None:
    for name in ("catalog_id", "product_retailer_id"):
        if not action.get(name):
            raise missing(f"interactive['action']['{name}']")


def _product_list(interactive: Fields, action: Fields) -> None:
    if not action.get("catalog_id"):
        raise missing("interactive['action']['catalog_id']")
    if interactive.get("header") is None:
        raise missing("interactive['header']")
    items: list[str] = []
    for section in _sections(action):
        products = section.get("product_items")
        if not isinstance(products, list):
            raise missing("section['product_items']")
        for item in products:
            if not isinstance(item, dict) or not item.get("product_retailer_id"):
                raise missing("product_items['product_retailer_id']")
            items.append(str(item["product_retailer_id"]))
    if not 1 <= len(items) <= PRODUCTS_MAX:
        raise invalid(f"Invalid product count. Min allowed: 1, Max allowed: {PRODUCTS_MAX}")


def _named(name: str) -> Callable[[Fields, Fields], None]:
    def check(interactive: Fields, action: Fields) -> None:
        if action.get("name") != name:
            raise invalid(f"Param interactive['action']['name'] must be \"{name}\".")
    return check


# type: (check of the action, longest body, is a body required, header of text only)
KINDS: dict[str, tuple[Callable[[Fields, Fields], None], int, bool, bool]] = {
    "button": (_button, BODY_MAX, True, False),
    "list": (_list, LIST_BODY_MAX, True, True),
    "cta_url": (_cta_url, BODY_MAX, True, False),
    "flow": (_flow, BODY_MAX, True, False),
    "product": (_product, BODY_MAX, False, True),
    "product_list": (_product_list, BODY_MAX, True, True),
    "catalog_message": (_named("catalog_message"), BODY_MAX, True, True),
    "location_request_message": (_named("send_location"), BODY_MAX, True, True),
    "request_contact_info": (_named("request_contact_info"), BODY_MAX, True, True),
}


def check_interactive(body: Fields) -> None:
    interactive = body["interactive"]
    kind = interactive.get("type")
    if kind is None:
        raise missing("interactive['type']")
    if not isinstance(kind, str) or kind not in KINDS:
        names = ", ".join(name.upper() for name in KINDS)
        raise bad(f"Param interactive['type'] must be one of {{{names}}} - got "
                  f"\"{str(kind)[:40]}\".")
    check_action, body_max, body_required, text_header = KINDS[kind]
    _check_body(interactive, body_max, body_required)
    _check_header(interactive, text_header)
    _check_footer(interactive)
    check_action(interactive, _object(interactive, "action", "interactive['action']"))
