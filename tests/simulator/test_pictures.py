"""The pictures of the demo shop's products: drawn here, in the product's own colour."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import pytest

from simulator.pictures import colours
from tests.demo_files import read_tsv
from tests.simulator.helper import ROOT, SimulatorProcess

IMAGE_MAX = 5 * 1024 * 1024  # as Meta takes them


@pytest.fixture(scope="module")
def demo() -> Iterator[SimulatorProcess]:
    process = SimulatorProcess(SIMULATOR_CATALOGUE=str(ROOT / "database" / "demo"))
    yield process
    assert process.stop() == 0


def points(png: bytes) -> tuple[int, int, bytes]:
    """Width, height and three bytes a point; every checksum is looked at."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    parts, at = {}, 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        kind, data = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        assert struct.unpack(">I", png[at + 8 + length : at + 12 + length])[0] == zlib.crc32(kind + data)
        parts[kind] = parts.get(kind, b"") + data
        at += 12 + length
    width, height, depth, form = struct.unpack(">IIBB", parts[b"IHDR"][:10])
    assert (depth, form, len(parts[b"PLTE"])) == (8, 3, 768)
    rows, above, found = zlib.decompress(parts[b"IDAT"]), bytes(width), b""
    for start in range(0, len(rows), width + 1):
        assert rows[start] == 2
        row = rows[start + 1 : start + 1 + width]
        above = bytes((a + b) & 255 for a, b in zip(row, above))
        found += b"".join(parts[b"PLTE"][3 * point : 3 * point + 3] for point in above)
    assert len(found) == 3 * width * height
    return width, height, found


def test_red_shoes_are_red(demo: SimulatorProcess) -> None:
    answer = demo.http.get("/media-demo/CAL-0001.png")
    assert answer.headers["content-type"] == "image/png"
    width, height, found = points(answer.content)
    assert width == height >= 300
    reds = sum(1 for i in range(0, len(found), 3) if found[i] > 150 > 90 > found[i + 1])
    assert reds > width * height / 20
    white = demo.http.get("/media-demo/CAL-0002.png").content
    assert white != answer.content and points(white)[0] == width


def test_every_product_has_one_that_meta_takes(demo: SimulatorProcess) -> None:
    for product in read_tsv("products"):
        kind = colours.kind_of(product["name"], product["category"])
        assert kind != colours.ANY, product["name"]
        picture = colours.picture(kind, colours.colour_of(product["colors"], kind))
        assert 1000 < len(picture) < IMAGE_MAX


def test_what_no_drawing_fits_gets_a_box(demo: SimulatorProcess) -> None:
    assert colours.kind_of("Algo", "../../etc") == colours.kind_of("Algo", "") == colours.ANY
    assert points(colours.picture(colours.ANY, colours.PLAIN))


@pytest.mark.parametrize("path", ["CAL-9999.png", "..%2f..%2fREADME.md", "CAL-0001.jpg", ".png"])
def test_nothing_else_is_there(demo: SimulatorProcess, path: str) -> None:
    assert demo.http.get(f"/media-demo/{path}").status_code == 404
