"""Message ids built as WhatsApp builds them: base64 of the other side's number and a random part."""

from __future__ import annotations

import base64
import secrets


def new_message_id(other_side: str, from_customer: bool) -> str:
    number = other_side.encode("ascii", "replace")[:24]
    size, marker = (10, b"\x15\x02\x00\x12\x18\x14") if from_customer else (9, b"\x15\x02\x00\x11\x18\x12")
    random_part = secrets.token_bytes(size).hex().upper().encode()
    raw = b"\x1c\x18" + bytes([len(number)]) + number + marker + random_part + b"\x00"
    return "wamid." + base64.b64encode(raw).decode()
