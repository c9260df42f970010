"""The chat page in a browser, with the real shop behind it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.e2e.shop import Shop

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
PICTURES = ROOT / "build" / "screenshots"
TIMEOUT_MS = 15_000


@pytest.fixture
def page(shop: Shop, system: dict[str, str]) -> Iterator[playwright.Page]:
    PICTURES.mkdir(parents=True, exist_ok=True)
    with playwright.sync_playwright() as player:
        # Chromium refuses its sandbox to root, whom CI runs as.
        browser = player.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 860})
        page.set_default_timeout(TIMEOUT_MS)
        page.goto(system["SIMULATOR_URL"])
        yield page
        browser.close()


def picture(page: playwright.Page, name: str) -> None:
    page.wait_for_timeout(400)  # the end of a sheet's movement
    page.screenshot(path=PICTURES / f"shop-{name}.png")
    assert (PICTURES / f"shop-{name}.png").stat().st_size > 10_000


def test_a_person_searches_opens_the_list_and_sees_the_product(page: playwright.Page):
    log = page.locator("#log")
    page.locator("#composer-text").fill("zapatiyas rojas 42")
    page.locator("#send").click()
    log.get_by_role("button", name="Ver productos").click()
    sheet = page.get_by_role("dialog", name="Ver productos")
    row = sheet.locator("label.row").first
    playwright.expect(row).to_contain_text("Zapatillas rojas")
    row.click()
    picture(page, "list")
    sheet.get_by_role("button", name="Enviar").click()

    image = log.locator(".msg.in img").last
    image.scroll_into_view_if_needed()
    playwright.expect(log).to_contain_text("Zapatillas rojas deportivas", timeout=TIMEOUT_MS)
    # It was loaded and drawn, not only linked.
    width = image.evaluate("async (image) => { await image.decode(); return image.naturalWidth; }")
    assert width >= 300
    for title in ("Agregar al carrito", "Menú"):
        playwright.expect(log.get_by_role("button", name=title).last).to_be_visible()
    picture(page, "product")


def test_a_greeting_shows_the_categories(page: playwright.Page):
    page.locator("#composer-text").fill("hola")
    page.locator("#send").click()
    log = page.locator("#log")
    playwright.expect(log).to_contain_text("¡Hola, Ana! 👋", timeout=TIMEOUT_MS)
    log.get_by_role("button", name="Ver categorías").last.click()
    sheet = page.get_by_role("dialog", name="Ver categorías")
    assert sheet.locator("label.row").count() == 10
    picture(page, "categories")
