"""A shop of a few answers, for the chat page's test: buttons, a list, refusals, a request."""

from __future__ import annotations

from typing import Any

from tests.simulator.helper import Received, Shop, SimulatorProcess


def buttons(text: str, *titles: str, **more: Any) -> dict[str, Any]:
    return {"type": "interactive", "interactive": {
        "type": "button", "body": {"text": text}, **more,
        "action": {"buttons": [{"type": "reply", "reply": {"id": f"b{i}", "title": title}}
                               for i, title in enumerate(titles)]}}}


OFFERS = {"type": "interactive", "interactive": {
    "type": "list", "header": {"type": "text", "text": "Ofertas de hoy"},
    "body": {"text": "Tengo *3 ofertas* para ti. Todas con _envío gratis_ 🚚"},
    "footer": {"text": "Precios con IVA"},
    "action": {"button": "Ver ofertas", "sections": [
        {"title": "Calzado", "rows": [
            {"id": "p1", "title": "Zapatillas rojas 42", "description": "$899.00 · quedan 4"},
            {"id": "p2", "title": "Zapatillas blancas 42", "description": "$949.00 · quedan 2"}]},
        {"title": "Ropa", "rows": [{"id": "p3", "title": "Playera básica", "description": "$119.00"}]},
    ]}}}
TOO_LONG = buttons("¿Confirmas tu pedido?", "Sí, confirmar mi pedido ahora", "No")
WELCOME = buttons("¡Hola, Ana! 👋 Soy *Nopalera*. ¿Qué buscas hoy?\n\nMira también "
                  "https://nopalera.example/catalogo", "Ver ofertas", "Mis pedidos", "Ayuda",
                  footer={"text": "Responde cuando quieras"})
LOCATION = {"type": "interactive", "interactive": {
    "type": "location_request_message", "body": {"text": "¿A dónde lo enviamos?"},
    "action": {"name": "send_location"}}}


def answer_to(message: dict[str, Any]) -> list[dict[str, Any]]:
    kind = message["type"]
    reply = message.get("interactive", {})
    if kind == "order":
        items = message["order"]["product_items"]
        total = sum(i["quantity"] * i["item_price"] for i in items)
        return [{"type": "text", "text": {"body": f"Recibí tu pedido: *${total:,.2f}*. ¡Gracias! 🎉"}}]
    if kind == "image":
        return [{"type": "text", "text": {"body": "Linda foto 📷 Busco algo parecido."}}]
    if kind == "location":
        return [{"type": "text", "text": {"body": "Te llega mañana antes de las 18:00 🚚"}}]
    if reply.get("type") == "button_reply":
        return [OFFERS]
    if reply.get("type") == "list_reply":
        return [{"type": "text", "text": {"body": f"Anotado: {reply['list_reply']['title']} ✅"}}, LOCATION]
    if "confirmar" in message.get("text", {}).get("body", ""):
        return [TOO_LONG]
    return [WELCOME]


def open_shop(shop: Shop, simulator: SimulatorProcess) -> None:
    def react(received: Received) -> None:
        for message in received.items("messages"):
            simulator.send({"status": "read", "message_id": message["id"],
                            "typing_indicator": {"type": "text"}})
            for body in answer_to(message):
                simulator.send({**body, "to": message.get("from"),
                                "recipient": message["from_user_id"]})
    shop.react = react
