"""A customer whose number changes: the system message, and the field of new user ids."""

from __future__ import annotations

import time
from typing import Any

from ..core import Simulator
from ..state import Customer, check_identity, country_of, new_user_id
from . import inbound

Fields = dict[str, Any]


def change_number(sim: Simulator, customer: Customer, wa_id: str | None, style: str) -> list[int]:
    """Tells the shop in Meta's two ways, and gives a new user id: Meta does so too.

    Answers the ids of the deliveries. `style` is the type of the system message.
    """
    check_identity({"wa_id": wa_id})
    old_wa_id, old_user_id = customer.wa_id, customer.user_id
    new_id = new_user_id(country_of(wa_id or old_wa_id))
    element: Fields = inbound.build(sim, customer, {"type": "system"})
    sim.store.change(customer, {"wa_id": wa_id, "user_id": new_id})
    before = old_wa_id if style == "user_changed_number" else old_user_id
    after = wa_id if style == "user_changed_number" else new_id
    system: Fields = {"body": f"User {customer.name} changed from {before} to {after}",
                      "type": style}
    if wa_id and customer.phone_visible:
        system["wa_id"] = wa_id
    if style != "user_changed_number":
        system["user_id"] = new_id
    element["system"] = system
    message = inbound.record(sim, customer, element)
    first = sim.dispatcher.add_change(inbound.change_of(sim, customer, element), customer.key)
    update: Fields = {"detail": "The user changed the phone number.",
                      "user_id": {"previous": old_user_id, "current": new_id},
                      "timestamp": int(time.time())}
    if wa_id and customer.phone_visible:
        update["wa_id"] = wa_id
    value = {"messaging_product": "whatsapp",
             "metadata": {"display_phone_number": sim.config.display_phone_number,
                          "phone_number_id": sim.config.phone_number_id},
             "user_id_update": [update]}
    second = sim.dispatcher.post([[{"value": value, "field": "user_id_update"}]], [customer.key])
    message.delivery_id = first.id if first else None
    sim.publish_message(customer, message)
    sim.publish_customer(customer)
    return [delivery.id for delivery in (first, second) if delivery]
