"""The payment page on a phone: opened from the chat, refused once, paid. Leaves pictures."""

from __future__ import annotations

from tests.simulator.helper import ANA, Shop, SimulatorProcess
from tests.simulator.payments import new_session
from tests.simulator.test_page import browser, open_page, picture  # noqa: F401


def test_a_customer_pays_on_a_phone(open_page, simulator: SimulatorProcess,  # noqa: F811
                                    shop: Shop) -> None:
    shop.react = None
    session = new_session(simulator, success_url=simulator.url + "/")
    simulator.say("quiero pagar")
    simulator.send({"to": ANA, "type": "text", "text": {"body": f"Paga aquí: {session['url']}"}})
    page = open_page(390, 780, has_touch=True)
    link = page.get_by_role("log").locator('a[href*="pay/page/"]')
    # As an address of the page itself, so that it opens through a tunnel too.
    assert link.get_attribute("href") == f"pay/page/{session['id']}"
    with page.expect_popup() as opened:
        link.click()
    pay = opened.value
    picture(pay, "pay")
    for button in pay.get_by_role("button").all():
        box = button.bounding_box()
        assert box and box["height"] >= 44 and box["x"] >= 0 and box["x"] + box["width"] <= 390
    pay.get_by_role("button", name="Rechazar").click()
    pay.get_by_role("alert").get_by_text("rechazó el pago").wait_for()
    pay.get_by_role("button", name="Pagar $1,234.50 MXN").click()
    pay.get_by_role("status").get_by_text("Pago aprobado").wait_for()
    picture(pay, "paid")
    assert pay.evaluate("document.styleSheets.length") == 2
    pay.get_by_role("link", name="Volver a la tienda").click()
    pay.get_by_role("log").get_by_text("Paga aquí").wait_for()
