"""The page where a customer pays: what it is for, how much, and three buttons."""

from __future__ import annotations

from decimal import Decimal
from html import escape
from urllib.parse import quote, urlsplit

from aiohttp import web

from ..core import SIM
from . import actions
from .state import Gateway, Payment, exponent

NAMES = {"stripe": "Stripe", "mercado_pago": "Mercado Pago", "wompi": "Wompi", "paypal": "PayPal"}
LATER = {"MXN": "OXXO", "COP": "Efecty", "ARS": "Rapipago", "PEN": "PagoEfectivo",
         "CLP": "Servipag", "BRL": "boleto"}
# What a customer may do on the page; the rest is for the shop and the bank.
BUTTONS = ("pay", "reject", "later")
HEADERS = {"Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; "
           "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
           "Cache-Control": "no-store", "Referrer-Policy": "no-referrer",
           "X-Content-Type-Options": "nosniff"}
FRAME = """<!doctype html>
<html lang="es">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
  <meta name="color-scheme" content="light dark">
  <meta name="theme-color" content="#0b6b5d">
  <title>{title}</title>
  <link rel="icon" href="{root}web/icon.svg" type="image/svg+xml">
  <link rel="stylesheet" href="{root}web/css/base.css">
  <link rel="stylesheet" href="{root}web/css/pay.css">
</head>
<body class="pay">
  <main>
    <header><img src="{root}web/icon.svg" alt="" width="28" height="28"><p>{gateway}</p>
      <span class="mock">Simulador · dinero de mentira</span></header>
{body}
  </main>
</body>
</html>
"""
RESULTS = {
    "paid": ("ok", "Pago aprobado", "La tienda ya recibió tu pago. Te escribe por WhatsApp."),
    "pending": ("wait", "Pago pendiente",
                "Muestra esta referencia en la caja. La tienda sabrá cuando hayas pagado."),
    "authorized": ("wait", "Pago autorizado", "La tienda lo está cobrando. Te escribe por WhatsApp."),
    "expired": ("no", "Este enlace ya venció", "Pide otro a la tienda por WhatsApp."),
    "refunded": ("wait", "Pago devuelto", "Te devolvimos el dinero de este pago."),
    "partially_refunded": ("wait", "Pago devuelto en parte",
                           "Te devolvimos una parte del dinero de este pago."),
    "disputed": ("wait", "Pago en disputa", "Tu banco lo está revisando."),
}


def money(amount: Decimal, currency: str) -> str:
    return f"${amount:,.{exponent(currency)}f} {currency}"


def link_back(payment: Payment, own_url: str) -> str:
    """Only to a web page, whatever the shop gave. To the chat by a way that a tunnel has too."""
    url = payment.return_url
    if own_url and url.startswith(own_url + "/"):
        url = "../.." + url[len(own_url):]
    elif urlsplit(url).scheme not in ("http", "https"):
        return ""
    return f'<a class="back" href="{escape(url)}">Volver a la tienda</a>'


def result(payment: Payment, own_url: str) -> str:
    kind, title, text = RESULTS[payment.status]
    pending = payment.pending
    code = f'<p class="code">{escape(pending.id[-12:])}</p>' if pending else ""
    settle = ""
    if pending:
        settle = form(payment, "pay", "Ya pagué en la tienda", "primary")
    return (f'    <section class="result {kind}" role="status"><i aria-hidden="true"></i>'
            f"<h1>{title}</h1><p>{text}</p>{code}</section>\n{settle}{link_back(payment, own_url)}")


def form(payment: Payment, action: str, text: str, look: str) -> str:
    return (f'    <form method="post" action="{quote(payment.id)}/{action}">'
            f'<button class="{look}">{text}</button></form>\n')


def buttons(payment: Payment) -> str:
    tried = payment.captures and payment.captures[-1].status == "rejected"
    refused = ('    <p class="refused" role="alert">Tu banco rechazó el pago. No se te cobró nada: '
               "prueba otra vez.</p>\n") if tried else ""
    later = f"Pagar después en {LATER.get(payment.currency, 'efectivo')}"
    return (refused + form(payment, "pay", f"Pagar {money(payment.amount, payment.currency)}",
                           "primary")
            + form(payment, "later", later, "second")
            + form(payment, "reject", "Rechazar", "third"))


def render(gateway: Gateway, payment: Payment, own_url: str) -> str:
    # What was paid, where that isn't what was asked for, is seen on the page too.
    shown = payment.paid or payment
    summary = (f'    <section class="sum"><p>{escape(payment.title)}</p>'
               f"<strong>{money(shown.amount, shown.currency)}</strong></section>\n")
    body = summary + (buttons(payment) if payment.status == "open" else result(payment, own_url))
    return FRAME.format(root="../../", title=f"Pagar con {NAMES[gateway.name]}", gateway=NAMES[gateway.name],
                        body=body)


def no_such_page() -> web.HTTPNotFound:
    page = FRAME.format(root="/", title="Pago", gateway="Pagos", body=(
        '    <section class="result no"><i aria-hidden="true"></i><h1>No hay tal pago</h1>'
        "<p>Pide otro enlace a la tienda.</p></section>"))
    return web.HTTPNotFound(text=page, content_type="text/html", headers=HEADERS)


def the_payment(request: web.Request) -> tuple[Gateway, Payment]:
    found = request.app[SIM].gateways.find(request.match_info["id"])
    if not found:
        raise no_such_page()
    return found


async def get_page(request: web.Request) -> web.Response:
    text = render(*the_payment(request), request.app[SIM].public_url)
    return web.Response(text=text, content_type="text/html", headers=HEADERS)


async def post_button(request: web.Request) -> web.Response:
    """Pressed twice it's done once: what can't be done any more shows how it stands."""
    gateway, payment = the_payment(request)
    try:
        actions.ACTIONS[request.match_info["action"]](request.app[SIM], gateway, payment)
    except actions.ActionError:
        pass
    raise web.HTTPSeeOther(f"../{quote(payment.id)}")


def setup(app: web.Application) -> None:
    app.add_routes([
        web.get("/pay/page/{id}", get_page),
        web.post("/pay/page/{id}/{action:" + "|".join(BUTTONS) + "}", post_button),
    ])
