"""The chat page in a browser, with the real shop behind it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.browser import PICTURES, open_page, playwright
from tests.e2e.shop import Customer, Shop, wa_id

TIMEOUT_MS = 15_000
# A step of a purchase, with its statuses, on a machine that does something else too.
PURCHASE_MS = 40_000


@pytest.fixture
def page(shop: Shop, system: dict[str, str]) -> Iterator[playwright.Page]:
    size = {"width": 1280, "height": 860}
    with open_page(system["SIMULATOR_URL"], TIMEOUT_MS, viewport=size) as page:
        yield page


def write_as(page: playwright.Page, shop: Shop, name: str, text: str) -> Customer:
    """As a customer of their own, whom no other test writes to."""
    customer = shop.customer(wa_id=wa_id(), name=name)
    page.locator("#customer-list").get_by_text(name).click()
    say(page, text)
    return customer


def say(page: playwright.Page, text: str) -> None:
    page.locator("#composer-text").fill(text)
    page.locator("#send").click()


def picture(page: playwright.Page, name: str) -> None:
    page.wait_for_timeout(400)  # the end of a sheet's movement
    page.screenshot(path=PICTURES / f"shop-{name}.png")
    assert (PICTURES / f"shop-{name}.png").stat().st_size > 10_000


def test_a_person_searches_opens_the_list_and_sees_the_product(page: playwright.Page, shop: Shop):
    log = page.locator("#log")
    write_as(page, shop, "Sofía", "zapatiyas")
    log.get_by_role("button", name="Ver productos").click()
    sheet = page.get_by_role("dialog", name="Ver productos")
    row = sheet.locator("label.row").first
    playwright.expect(row).to_contain_text("Zapatillas rojas")
    row.click()
    picture(page, "list")
    sheet.get_by_role("button", name="Enviar").click()

    image = log.locator(".msg.in img").last
    playwright.expect(log).to_contain_text("Zapatillas rojas deportivas", timeout=TIMEOUT_MS)
    # It was loaded and drawn, not only linked.
    width = image.evaluate("async (image) => { await image.decode(); return image.naturalWidth; }")
    assert width >= 300
    for title in ("Agregar al carrito", "Menú"):
        # The page has followed the answer to its end, though the picture came after the text.
        playwright.expect(log.get_by_role("button", name=title).last).to_be_in_viewport()
    picture(page, "product")


def test_a_greeting_shows_the_categories(page: playwright.Page, shop: Shop):
    write_as(page, shop, "Lucía", "hola")
    log = page.locator("#log")
    playwright.expect(log).to_contain_text("¡Hola, Lucía! 👋", timeout=TIMEOUT_MS)
    log.get_by_role("button", name="Ver categorías").last.click()
    sheet = page.get_by_role("dialog", name="Ver categorías")
    assert sheet.locator("label.row").count() == 10
    picture(page, "categories")


def test_a_person_buys_on_the_page(page: playwright.Page, shop: Shop):
    """From the search to the order's state, with the gateway's page in a tab of its own."""
    log = page.locator("#log")
    customer = write_as(page, shop, "Marta", "zapatillas rojas")
    choose(page, "Ver productos", 0)
    press(page, "Agregar al carrito")
    press(page, "Pagar")
    # Nobody types as fast as this; a new customer may send five messages a minute.
    shop.reset_limits(customer.key)
    say(page, "Av. Juárez 123, int. 4, Col. Centro, Cuauhtémoc, 06050 Ciudad de México")
    choose(page, "Ver opciones", 1)
    choose(page, "Formas de pago", "Tarjeta (Stripe)")
    picture(page, "payment")
    shop.reset_limits(customer.key)
    press(page, "Confirmar")
    link = log.locator('a[href*="pay/page/"]').last
    playwright.expect(link).to_be_visible(timeout=PURCHASE_MS)
    picture(page, "order")
    with page.expect_popup() as opened:
        link.click()
    opened.value.get_by_role("button", name="Pagar $").click()
    playwright.expect(opened.value.get_by_role("status")).to_contain_text("Pago aprobado")
    playwright.expect(log).to_contain_text("¡Recibimos tu pago!", timeout=PURCHASE_MS)
    say(page, "¿dónde está mi pedido?")
    playwright.expect(log).to_contain_text("pagado, en preparación", timeout=PURCHASE_MS)
    playwright.expect(log.get_by_role("button", name="Seguir comprando").last).to_be_in_viewport()
    picture(page, "bought")


def press(page: playwright.Page, title: str) -> None:
    button = page.locator("#log").get_by_role("button", name=title, exact=True).last
    button.click(timeout=PURCHASE_MS)


def choose(page: playwright.Page, title: str, row: int | str) -> None:
    """A row of the list under the newest button with that title."""
    press(page, title)
    sheet = page.get_by_role("dialog", name=title)
    rows = sheet.locator("label.row")
    (rows.nth(row) if isinstance(row, int) else rows.filter(has_text=row)).first.click()
    sheet.get_by_role("button", name="Enviar").click()
