"""Makes the demo shop's pictures from drawings.svg, as grey PNGs: run it after a change there.

    python -m simulator.pictures.draw      (needs Chromium and playwright, as the tests do)
"""

from __future__ import annotations

import base64
import os
import re
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from .png import grey_png

FOLDER = Path(__file__).parent
SIZE = 480
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
# A light from above, and a shadow on the floor, under every drawing.
SCENE = """<defs><radialGradient id="air" cx=".5" cy=".42" r=".75"><stop offset="0" stop-color="#e2e2e2"/>
<stop offset=".6" stop-color="#d7d7d7"/><stop offset="1" stop-color="#c9c9c9"/></radialGradient>
<radialGradient id="floor"><stop offset="0" stop-color="#7d7d7d" stop-opacity=".75"/>
<stop offset="1" stop-color="#d7d7d7" stop-opacity="0"/></radialGradient></defs>
<rect width="640" height="640" fill="url(#air)"/>
<ellipse cx="320" cy="506" rx="250" ry="34" fill="url(#floor)"/>"""
TO_GREYS = """async ([svg, size]) => {
  const picture = new Image();
  picture.src = 'data:image/svg+xml;base64,' + btoa(svg);
  await picture.decode();
  const canvas = new OffscreenCanvas(size, size), brush = canvas.getContext('2d');
  brush.drawImage(picture, 0, 0, size, size);
  const points = brush.getImageData(0, 0, size, size).data;
  let greys = '';
  for (let i = 0; i < points.length; i += 4) greys += String.fromCharCode(points[i]);
  return btoa(greys);
}"""


def draw(page: Page, name: str, group: str, head: str) -> None:
    svg = f'{head}{SCENE}{group}</svg>'.encode("ascii").decode()
    svg = svg.replace("<svg ", f'<svg width="{SIZE}" height="{SIZE}" ', 1)
    greys = base64.b64decode(page.evaluate(TO_GREYS, [svg, SIZE]))
    (FOLDER / f"{name}.png").write_bytes(grey_png(greys, SIZE))


def main() -> None:
    text = (FOLDER / "drawings.svg").read_text()
    head = text[: text.index('<g id="')]
    groups = re.findall(r'\n  <g id="(\w+)">.*?\n  </g>', text, re.S)
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        for name in groups:
            start = text.index(f'  <g id="{name}">')
            draw(page, name, text[start : text.index("\n  </g>", start) + 7], head)
        browser.close()
    print(f"{len(groups)} pictures in {FOLDER}")


if __name__ == "__main__":
    main()
