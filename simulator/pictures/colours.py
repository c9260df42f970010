"""A product's picture: the drawing of its kind, in its first colour.

The drawings are greys of 8 bits. The same bytes are as good an index into a palette, so a
picture in a colour is the file with another header and the colour's palette.
"""

from __future__ import annotations

import re
import struct
import unicodedata
from functools import lru_cache
from pathlib import Path

from .png import chunk

FOLDER = Path(__file__).parent
Colour = tuple[int, int, int]

# By the product's name; else the drawing is called as its category begins.
NAMES = (
    (r"\b(bota|botas|botin|botines)\b", "bota"),
    (r"\b(audifonos|auriculares|diadema)\b", "audifonos"),
    (r"\b(laptop|laptops|monitor)\b", "computacion"),
    (r"\b(celular|movil|iphone)\b", "celulares"),
)
ANY = "caja"
COLOURS: dict[str, Colour] = {
    "rojo": (216, 48, 48), "azul": (44, 104, 196), "negro": (52, 54, 60), "blanco": (236, 236, 238),
    "gris": (138, 144, 152), "verde": (52, 146, 88), "amarillo": (240, 190, 40),
    "rosa": (236, 120, 160), "naranja": (238, 126, 40), "plata": (178, 184, 192),
    "dorado": (206, 164, 72), "cafe": (128, 84, 54), "beige": (222, 204, 174),
    "vino": (126, 32, 56), "terracota": (190, 92, 62), "morado": (122, 78, 176),
    "mostaza": (208, 158, 34), "marino": (34, 54, 104), "lavanda": (170, 150, 214),
    "grafito": (76, 80, 88), "cromo": (178, 184, 192), "crema": (238, 226, 200),
    "caqui": (160, 148, 104), "natural": (206, 176, 132), "madera": (172, 122, 76),
    "nude": (226, 188, 162), "transparente": (182, 208, 220), "calido": (246, 200, 110),
    "multicolor": (240, 106, 84),
}  # fmt: skip
# Without a colour of its own, each kind has one, so that a list is not all grey.
KIND_COLOURS: dict[str, Colour] = {
    "despensa": (196, 96, 56), "bebes": (98, 176, 206), "belleza": (218, 122, 158),
    "mascotas": (184, 122, 66), "papeleria": (64, 120, 190), "ferreteria": (232, 148, 36),
    "deportes": (232, 232, 234), "juguetes": (190, 130, 80), "hogar": (70, 128, 150),
}  # fmt: skip
PLAIN: Colour = (78, 132, 150)
WHITE: Colour = (255, 255, 255)
BEHIND_LIGHT: Colour = (196, 206, 216)
# The greys of drawings.svg that stand for the product's colour and for the background.
MAIN, BACKGROUND = 128, 215


def plain(text: str) -> str:
    letters = unicodedata.normalize("NFD", text.lower())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def kind_of(name: str, category: str) -> str:
    for pattern, kind in NAMES:
        if re.search(pattern, plain(name)):
            return kind
    first = re.split(r"\W+", plain(category), maxsplit=1)[0]
    return first if first and (FOLDER / f"{first}.png").exists() else ANY


def colour_of(colours: str, kind: str) -> Colour:
    first = plain(colours.split(",")[0]).strip()
    return COLOURS.get(first) or KIND_COLOURS.get(kind, PLAIN)


@lru_cache(maxsize=256)
def picture(kind: str, colour: Colour) -> bytes:
    """The PNG; each is made once, from a small file."""
    data = (FOLDER / f"{kind}.png").read_bytes()
    head_end = 8 + 25
    size = data[16:24]
    palette = b"".join(bytes(shade(grey, colour)) for grey in range(256))
    head = chunk(b"IHDR", size + struct.pack(">BBBBB", 8, 3, 0, 0, 0))
    return data[:8] + head + chunk(b"PLTE", palette) + data[head_end:]


def shade(grey: int, colour: Colour) -> Colour:
    """Black to the colour, to the background, to white."""
    light = sum(colour) > 3 * 190
    behind = BEHIND_LIGHT if light else mix(colour, WHITE, 0.82)
    if grey <= MAIN:
        return mix(mix(colour, (16, 18, 24), 0.82 if light else 0.72), colour, grey / MAIN)
    if grey <= BACKGROUND:
        return mix(colour, behind, (grey - MAIN) / (BACKGROUND - MAIN))
    return mix(behind, WHITE, (grey - BACKGROUND) / (255 - BACKGROUND))


def mix(one: Colour, other: Colour, part: float) -> Colour:
    red, green, blue = (round(a + (b - a) * part) for a, b in zip(one, other))
    return red, green, blue
