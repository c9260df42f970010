"""What demo --once prints of a reply."""

from __future__ import annotations

from launcher.demo import readable


def test_a_text_is_printed_as_it_is():
    assert readable({"text": "hola\n¿qué tal?", "message": {}, "actions": []}) == "hola\n¿qué tal?"


def test_a_list_is_printed_with_its_rows_under_their_sections():
    rows = [
        {"kind": "row", "id": "1", "title": "Tenis", "description": "$899", "section": "Rojos"},
        {"kind": "row", "id": "2", "title": "Botas", "description": None, "section": "Rojos"},
        {"kind": "row", "id": "3", "title": "Ver más", "description": None, "section": "Otros"},
    ]
    printed = readable({"text": "Encontré 2", "message": {"interactive": {}}, "actions": rows})
    lines = ["Encontré 2", "  Rojos", "  - Tenis · $899", "  - Botas", "  Otros", "  - Ver más"]
    assert printed.split("\n") == lines


def test_a_picture_and_buttons_are_named():
    header = {"type": "image", "image": {"link": "http://127.0.0.1:1/a.png"}}
    message = {"interactive": {"header": header}}
    buttons = [{"kind": "button", "id": "a", "title": "Agregar"}]
    printed = readable({"text": "Tenis", "message": message, "actions": buttons})
    assert printed.split("\n") == ["  (http://127.0.0.1:1/a.png)", "Tenis", "  [Agregar]"]
