"""The chat page in a browser, with the real shop behind it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.e2e.shop import Shop

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
PICTURE = ROOT / "build" / "screenshots" / "shop-answers.png"


def test_a_person_writes_and_reads_the_answer(shop: Shop, system: dict[str, str]):
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    with playwright.sync_playwright() as player:
        # Chromium refuses its sandbox to root, whom CI runs as.
        browser = player.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 860})
        page.goto(system["SIMULATOR_URL"])
        page.locator("#composer-text").fill("hola, ¿tienen café?")
        page.locator("#send").click()
        log = page.locator("#log")
        playwright.expect(log).to_contain_text("Recibimos tu mensaje: «hola, ¿tienen café?»", timeout=15_000)
        page.screenshot(path=PICTURE)
        browser.close()
    assert PICTURE.stat().st_size > 10_000
