"""What the played model answers: simple rules over the customer's words."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any

# The first that is found counts; what it says of confidence is made up.
RULES: tuple[tuple[str, float, str], ...] = (
    ("cancel_order", 0.93, r"\b(cancel\w*|devolver|devolucion|reembolso)\b"),
    ("order_status", 0.92, r"(donde (esta|viene)|cuando llega|rastre\w+|estado de mi"
                           r"|mi (pedido|paquete|orden)|ya (salio|enviaron)|track)"),
    ("human_agent", 0.94, r"\b(humano|persona|asesor\w*|agente|queja|reclamo|supervisor|vendedor)\b"),
    ("apply_coupon", 0.95, r"\b(cupon\w*|codigo de descuento|promo code|coupon)\b"),
    ("remove_from_cart", 0.93, r"\b(quita\w*|elimina\w*|borra\w*|saca\w*|vacia\w*|remove)\b"),
    ("view_cart", 0.94, r"\b(ver (mi |el )?carrito|mi carrito|que llevo|cuanto (va|llevo)|cart)\b"),
    ("checkout", 0.93, r"\b(pagar|finalizar|checkout|terminar (la )?compra|cerrar (el )?pedido)\b"),
    ("choose_payment", 0.9, r"\b(efectivo|tarjeta|transferencia|mercado ?pago|pix|oxxo|contra ?entrega)\b"),
    ("provide_address", 0.91, r"\b(calle|avenida|av|colonia|col|barrio|depto|mi direccion"
                              r"|codigo postal|cp)\b"),
    ("offers", 0.92, r"\b(ofertas?|promo\w*|descuentos?|rebajas?|liquidacion|sale)\b"),
    ("browse_categories", 0.91, r"\b(categorias?|catalogo|que (venden|tienen|manejan)|departamentos)\b"),
    ("product_details", 0.88, r"\b(cuanto (cuesta|vale|sale)|precio|que tallas?|que colores|material|medidas"
                              r"|viene en)\b"),
    ("add_to_cart", 0.92, r"\b(quiero|dame|deme|agrega\w*|anade\w*|me llevo|ponme|mandame|add)\b"),
    ("search_product", 0.9, r"\b(busco|buscando|tienen|tiene|hay|venden|necesito|looking for)\b"),
    ("help", 0.88, r"\b(ayuda|como (funciona|compro)|horario|envios?|garantia|help)\b"),
    ("thanks", 0.96, r"\b(gracias|graciass?|thank\w*|obrigad[oa])\b"),
    ("goodbye", 0.95, r"\b(adios|chao|chau|bye|hasta luego|nos vemos)\b"),
    ("greeting", 0.96, r"\b(hola|holi|buenas|buenos dias|buen dia|que tal|hello|hi|oi)\b"),
    ("deny", 0.95, r"^(no|nop|nel|para nada|mejor no)\b"),
    ("affirm", 0.95, r"^(si|sip|claro|dale|ok|va|de acuerdo|correcto|confirmo|simon)\b"),
)
_COMPILED = tuple((intent, confidence, re.compile(pattern)) for intent, confidence, pattern in RULES)
_ORDER = re.compile(r"\b(?:responde|contesta|answer|intent)\W+(?:con |with |es |is )?\W*([a-z_]{3,40})")


def plain(text: str) -> str:
    apart = unicodedata.normalize("NFD", text.lower())
    return "".join(c for c in apart if not unicodedata.combining(c))


def message_of(turn: str) -> str:
    """The customer's words in the user's turn, which is a JSON object or just a text."""
    try:
        value = json.loads(turn)
    except (ValueError, RecursionError):
        return turn
    if isinstance(value, dict) and isinstance(value.get("message"), str):
        return value["message"]
    return turn


def answer(turn: str) -> dict[str, Any]:
    text = plain(message_of(turn))
    for intent, confidence, pattern in _COMPILED:
        if pattern.search(text):
            return {"intent": intent, "confidence": confidence}
    return {"intent": "other", "confidence": 0.55}


def obey(turn: str) -> dict[str, Any]:
    """A model that does what a customer tells it."""
    found = _ORDER.search(plain(message_of(turn)))
    return {"intent": found.group(1), "confidence": 1} if found else answer(turn)
