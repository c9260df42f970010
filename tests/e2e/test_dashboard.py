"""The dashboard in a browser: what happens in the shop is there, live."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.browser import PICTURES, open_page, playwright
from tests.e2e.shop import Shop

TIMEOUT_MS = 20_000


@pytest.fixture
def page(system: dict[str, str]) -> Iterator[playwright.Page]:
    size, url = {"width": 390, "height": 844}, system["LIGHTWEIGHT_METRICS_URL"]
    with open_page(url, TIMEOUT_MS, viewport=size, locale="es-MX") as page:
        yield page


def sign_in(page: playwright.Page, key: str) -> None:
    page.get_by_label("Clave").fill(key)
    page.get_by_role("button", name="Entrar").click()


def figure(page: playwright.Page, name: str) -> playwright.Locator:
    return page.locator(".figures > div", has_text=name).locator("dd")


def test_an_owner_signs_in_and_sees_what_happens(
    page: playwright.Page, shop: Shop, system: dict[str, str]
):
    faults: list[str] = []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    sign_in(page, "otra")
    playwright.expect(page.get_by_role("alert")).to_contain_text("no es la del servicio")
    sign_in(page, system["SERVICE_TOKEN"])
    playwright.expect(page.get_by_role("status")).to_have_text("En vivo")
    shop.customer().ask("zapatiyas")
    wanted = page.get_by_role("region", name="Lo que buscan", exact=True)
    playwright.expect(wanted).to_contain_text("zapatiyas", timeout=TIMEOUT_MS)
    assert int(figure(page, "Mensajes").first.inner_text().replace(",", "")) > 0
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390, "a phone's page doesn't scroll sideways"
    page.screenshot(path=PICTURES / "dashboard-phone.png", full_page=True)
    assert not faults


def test_an_operator_sees_services_and_metrics_in_three_languages(
    page: playwright.Page, system: dict[str, str]
):
    sign_in(page, system["SERVICE_TOKEN"])
    page.get_by_role("link", name="Operación").click()
    services = page.get_by_role("region", name="Servicios")
    playwright.expect(services.get_by_text("Funciona").first).to_be_visible()
    for name in ("optimized_checkout_processor", "lightweight_metrics"):
        playwright.expect(services).to_contain_text(name)
    page.get_by_label("Idioma").select_option("pt")
    playwright.expect(page.get_by_role("region", name="Métricas de sucesso")).to_contain_text("99")
    page.get_by_label("Idioma").select_option("en")
    playwright.expect(page.get_by_role("region", name="Success metrics")).to_contain_text("Target")
    page.get_by_role("link", name="Reports").press("Enter")
    playwright.expect(page.get_by_role("button", name="Download CSV")).to_be_visible()
    page.screenshot(path=PICTURES / "dashboard-reports.png")
