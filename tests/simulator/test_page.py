"""The chat page in a browser: what a builder does on the first day. Leaves pictures of it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.simulator.demo_shop import open_shop
from tests.simulator.helper import ROOT, Shop, SimulatorProcess
from tests.simulator.test_media import PNG

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking",
             "--disable-component-update", "--disable-sync", "--no-first-run"]
PICTURES = ROOT / "build" / "screenshots"


@pytest.fixture(scope="module")
def browser() -> Iterator[playwright.Browser]:
    if not Path(CHROMIUM).exists():
        pytest.skip(f"no {CHROMIUM}: apt-get install chromium")
    PICTURES.mkdir(parents=True, exist_ok=True)
    with playwright.sync_playwright() as player:
        started = player.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def open_page(browser: playwright.Browser, simulator: SimulatorProcess, shop: Shop):
    """open_page(width, height, **options) gives the page; an error in it fails the test."""
    open_shop(shop, simulator)
    contexts, errors = [], []

    def open_it(width: int = 1440, height: int = 900, **options) -> playwright.Page:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        context.set_default_timeout(8000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
        page.on("request", lambda r: errors.append(r.url) if not r.url.startswith(
            (simulator.url, "blob:", "data:")) else None)
        page.goto(simulator.url)
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert errors == []


def picture(page: playwright.Page, name: str) -> None:
    page.wait_for_timeout(250)  # the end of a sheet's movement
    page.screenshot(path=PICTURES / f"simulator-{name}.png")


def shown(page: playwright.Page, text: str) -> None:
    """In the conversation; the list of customers shows the latest message too."""
    page.get_by_role("log").get_by_text(text).first.wait_for()


def say(page: playwright.Page, text: str) -> None:
    page.get_by_label("Escribe un mensaje").fill(text)
    page.keyboard.press("Enter")


def test_a_day_of_a_builder(open_page, shop: Shop) -> None:
    page = open_page()
    log = page.get_by_role("log", name="Conversación")
    page.get_by_text("Escribe como si fueras tu cliente").wait_for()
    picture(page, "empty")
    page.get_by_role("button", name="hola").click()
    shown(page, "Soy Nopalera")
    assert page.locator(".out .meta .read").count() == 1  # blue: the shop marked it read
    assert page.locator(".in strong").inner_text() == "Nopalera"

    log.get_by_role("button", name="Ver ofertas").click()
    log.get_by_text("Ofertas de hoy").wait_for()
    log.get_by_role("button", name="Ver ofertas").last.click()
    sheet = page.get_by_role("dialog", name="Ver ofertas")
    sheet.get_by_text("Zapatillas rojas 42").click()
    picture(page, "list")
    sheet.get_by_role("button", name="Enviar").click()
    log.get_by_text("Anotado: Zapatillas rojas 42").wait_for()

    log.get_by_role("button", name="Enviar ubicación").click()
    picture(page, "location")
    page.get_by_role("button", name="Bogotá").click()
    log.get_by_text("Te llega mañana").wait_for()
    say(page, "quiero *confirmar* ya")
    shown(page, "WhatsApp rechazó este mensaje")
    shown(page, "Button title length invalid")
    picture(page, "refused")
    kinds = [(m["type"], m.get("interactive", {}).get("type"))
             for m in shop.wait_items("messages", 5)]
    assert kinds == [("text", None), ("interactive", "button_reply"), ("interactive", "list_reply"),
                     ("location", None), ("text", None)]


def test_picture_order_and_coordinates(open_page, shop: Shop, tmp_path: Path) -> None:
    page = open_page()
    page.get_by_text("Escribe como si").wait_for()
    (tmp_path / "foto.png").write_bytes(PNG)
    page.set_input_files("#file", tmp_path / "foto.png")
    page.get_by_label("Añade un comentario").fill("¿tienen esta?")
    page.get_by_role("dialog").get_by_role("button", name="Enviar").click()
    shown(page, "Linda foto")
    page.wait_for_function("document.querySelector('.media img').naturalWidth === 1")

    page.get_by_role("button", name="Adjuntar").click()
    page.get_by_role("button", name="Pedido").click()
    page.get_by_role("button", name="Añadir uno").first.dblclick()
    picture(page, "order")
    page.get_by_role("button", name="Enviar pedido").click()
    shown(page, "Recibí tu pedido")

    page.get_by_role("button", name="Adjuntar").click()
    page.get_by_role("button", name="Ubicación").click()
    page.get_by_label("Latitud").fill("95")
    page.get_by_label("Longitud").fill("-70,62")
    page.keyboard.press("Enter")
    page.get_by_text("Latitud de -90 a 90").wait_for()
    page.get_by_label("Latitud").fill("-33.427")
    page.keyboard.press("Enter")
    shown(page, "-33.42700, -70.62000")
    got = shop.wait_items("messages", 3)
    assert got[0]["image"]["caption"] == "¿tienen esta?"
    assert got[1]["order"]["product_items"][0]["quantity"] == 2
    assert got[2]["location"] == {"latitude": -33.427, "longitude": -70.62}


def test_reply_reaction_and_formats(open_page, shop: Shop) -> None:
    page = open_page()
    say(page, "hola _ya_ ~no~ `x` 3*4*5 https://a.example/b?c=1.")
    shown(page, "Soy Nopalera")
    mine = page.locator(".msg.out").first
    assert [mine.locator(tag).inner_text() for tag in ("em", "s", "code", "a")] == [
        "ya", "no", "x", "https://a.example/b?c=1"]
    assert mine.locator("strong").count() == 0
    say(page, "<img src=x onerror=alert(1)>")
    shown(page, "<img src=x")
    theirs = page.locator(".msg.in").first
    theirs.get_by_role("button", name="Opciones").click()
    page.get_by_role("button", name="Responder").click()
    say(page, "a esto")
    page.locator(".quote", has_text="Soy Nopalera").wait_for()
    theirs.get_by_role("button", name="Opciones").click()
    page.get_by_role("button", name="Reaccionar 👍").click()
    page.locator(".reaction", has_text="👍").wait_for()
    got = shop.wait_items("messages", 4)
    assert got[2]["context"]["id"] and got[3]["reaction"]["emoji"] == "👍"


def test_ticks_and_typing(open_page, simulator: SimulatorProcess, shop: Shop) -> None:
    shop.react, shop.answers[:] = None, [500, 500]
    simulator.settings(retry_delays_ms=[1000, 1000])
    page = open_page()
    say(page, "hola")
    page.locator(".out .meta .sent").wait_for()       # one: the shop hasn't it yet
    page.locator(".out .meta .delivered").wait_for()  # two: it answered 200
    message = simulator.messages()[0]
    simulator.send({"status": "read", "message_id": message["id"], "typing_indicator": {"type": "text"}})
    page.locator(".out .meta .read").wait_for()       # blue
    page.locator(".typing").wait_for()
    assert page.locator("#chat-sub").inner_text() == "escribiendo…"
    picture(page, "typing")
    simulator.send({"text": {"body": "listo"}})
    shown(page, "listo")
    assert not page.locator(".typing").is_visible()


def test_panel(open_page, simulator: SimulatorProcess, shop: Shop) -> None:
    page = open_page()
    say(page, "hola")
    panel = page.get_by_role("complementary")
    panel.get_by_text("Mensaje a tu tienda").wait_for()
    panel.get_by_text("Estado: leído").wait_for()
    panel.get_by_text("Mensaje a tu tienda").click()
    panel.locator("pre", has_text='"whatsapp_business_account"').wait_for()
    panel.get_by_role("button", name="Enviar otra vez").click()
    shop.wait(lambda received: sum(len(r.items("messages")) for r in received) == 2)
    panel.get_by_role("button", name="Probar").click()
    panel.get_by_text("Verificación correcta").wait_for()
    panel.get_by_text("Provocar situaciones").click()
    panel.get_by_label("Ventana de 24 h cerrada").check()
    page.wait_for_timeout(150)
    assert simulator.refused({"text": {"body": "tarde"}})["code"] == 131047
    shown(page, "(#131047) Re-engagement message")
    picture(page, "panel")
    panel.get_by_role("button", name="Cerrar").click()
    assert not panel.is_visible()
    page.get_by_role("button", name="Lo que pasa por detrás").click()
    assert panel.is_visible()


def test_customers_languages_and_keyboard(open_page, shop: Shop) -> None:
    page = open_page()
    page.get_by_role("button", name="Nuevo").click()
    page.get_by_label("Nombre").fill("Luis, Colombia")
    page.get_by_label("Teléfono con país").fill("+57 300 123 4567")
    page.get_by_label("Oculta su teléfono").check()
    page.get_by_role("button", name="Crear cliente").click()
    page.get_by_text("Escribes como Luis, Colombia").wait_for()
    say(page, "hola")
    message = shop.wait_items("messages")[0]
    assert "from" not in message and message["from_user_id"].startswith("CO.")
    page.get_by_label("Idioma").select_option("pt")
    page.get_by_text("Você escreve como Luis").wait_for()
    page.get_by_label("Idioma").select_option("en")
    page.get_by_label("Write a message").wait_for()
    assert page.locator("html").get_attribute("lang") == "en"
    page.reload()
    page.get_by_label("Write a message").wait_for()  # the language and the customer stay
    page.get_by_text("You write as Luis").wait_for()
    attach = page.get_by_role("button", name="Attach")
    attach.focus()
    page.keyboard.press("Enter")
    page.get_by_role("dialog").wait_for()
    assert page.locator("#composer").evaluate("node => node.inert") is True
    page.keyboard.press("Escape")
    assert page.get_by_role("dialog").count() == 0
    assert attach.evaluate("node => node === document.activeElement")


def test_phone_dark(open_page) -> None:
    page = open_page(390, 844, color_scheme="dark", is_mobile=True, has_touch=True)
    page.get_by_text("Escribe como si").wait_for()
    assert not page.get_by_role("complementary").is_visible()
    assert not page.locator("#customer-list").is_visible()
    page.get_by_role("button", name="ver ofertas").tap()
    shown(page, "Soy Nopalera")
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide == 390
    picture(page, "phone-dark")
    page.get_by_role("button", name="Clientes").tap()
    page.locator("#customer-list").get_by_text("Ana", exact=True).wait_for()
    picture(page, "phone-customers")
    page.locator("#customer-list").get_by_text("Ana", exact=True).tap()


def test_a_customer_who_comes_while_the_page_loads_is_shown(
    open_page, simulator: SimulatorProcess
) -> None:
    """The state is older than what the page has heard meanwhile."""
    page = open_page()
    customers = page.locator("#customer-list")
    playwright.expect(customers).to_contain_text("Ana")
    came: list[str] = []

    def answer_late(route: playwright.Route) -> None:
        response = route.fetch()
        came.append(f"Lucía {len(came)}")
        simulator.sim("POST", "customers", {"name": came[-1], "wa_id": f"521551111222{len(came)}"})
        time.sleep(0.5)
        route.fulfill(response=response)

    page.route("**/sim/state", answer_late)
    page.reload()
    playwright.expect(customers).to_contain_text("Lucía 0")
    page.wait_for_timeout(1500)  # another state, after the live events have begun
    playwright.expect(customers).to_contain_text(came[-1])


def test_reconnects_by_itself(browser: playwright.Browser) -> None:
    first = SimulatorProcess()
    page = browser.new_page()
    page.goto(first.url)
    first.say("antes")
    shown(page, "antes")
    assert first.stop() == 0
    page.get_by_text("Sin conexión con el simulador").wait_for()
    second = SimulatorProcess(SIMULATOR_PORT=first.url.rsplit(":", 1)[1])
    try:
        page.get_by_text("Sin conexión con el simulador").wait_for(state="hidden")
        second.say("después")
        shown(page, "después")
        assert page.get_by_role("log").get_by_text("antes").count() == 0  # a new simulator is empty
    finally:
        page.close()
        second.stop()
