"""Media: uploads, ids, addresses that expire, and what Meta takes of which type and size."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from ..config import Config
from .errors import GraphError, bad

MEGABYTE = 1024 * 1024
URL_LASTS_S = 300
STORED_MAX = 256 * MEGABYTE
ITEMS_MAX = 5000

OFFICE = "application/vnd.openxmlformats-officedocument."
TYPES: dict[str, tuple[int, tuple[str, ...]]] = {
    "image": (5 * MEGABYTE, ("image/jpeg", "image/png")),
    "audio": (16 * MEGABYTE, ("audio/aac", "audio/mp4", "audio/mpeg", "audio/amr", "audio/ogg",
                              "audio/opus")),
    "video": (16 * MEGABYTE, ("video/mp4", "video/3gpp")),
    "sticker": (500 * 1024, ("image/webp",)),
    "document": (100 * MEGABYTE, (
        "text/plain", "application/pdf", "application/msword", "application/vnd.ms-excel",
        "application/vnd.ms-powerpoint", OFFICE + "wordprocessingml.document",
        OFFICE + "spreadsheetml.sheet", OFFICE + "presentationml.presentation")),
}
UPLOAD_MAX = max(size for size, _ in TYPES.values())


@dataclass
class Media:
    id: str
    data: bytes
    mime_type: str
    filename: str | None
    expires_at: float
    uploaded_by_shop: bool

    @property
    def kind(self) -> str:
        return kind_of(self.mime_type) or "document"


def plain_mime(mime_type: str) -> str:
    return mime_type.split(";")[0].strip().lower()


def kind_of(mime_type: str) -> str | None:
    return next((kind for kind, (_, types) in TYPES.items() if plain_mime(mime_type) in types), None)


class MediaStore:
    def __init__(self, config: Config) -> None:
        self._items: OrderedDict[str, Media] = OrderedDict()
        self._bytes = 0
        self._key = hashlib.sha256(b"media" + config.app_secret.encode()).digest()

    def add(self, data: bytes, mime_type: str, filename: str | None, by_shop: bool) -> Media:
        kind = kind_of(mime_type)
        if kind is None:
            allowed = ", ".join(t for _, types in TYPES.values() for t in types)
            raise bad(f"Param file must be a file with one of the following types: {allowed}. "
                      f"Received file of type '{plain_mime(mime_type)[:80]}'.")
        if not data:
            raise bad("Param file must not be empty.")
        if len(data) > TYPES[kind][0]:
            raise GraphError(131053, f"File size {len(data)} bytes exceeds the maximum of "
                                     f"{TYPES[kind][0]} bytes for {kind}.")
        lasts_days = 30 if by_shop else 7
        item = Media(str(secrets.randbelow(9 * 10**15) + 10**15), data, mime_type, filename,
                     time.time() + lasts_days * 86_400, by_shop)
        self._items[item.id] = item
        self._bytes += len(data)
        while len(self._items) > ITEMS_MAX or self._bytes > STORED_MAX:
            self.remove(next(iter(self._items)))
        return item

    def get(self, media_id: str) -> Media | None:
        item = self._items.get(media_id)
        return item if item and item.expires_at > time.time() else None

    def remove(self, media_id: str) -> bool:
        item = self._items.pop(media_id, None)
        if item:
            self._bytes -= len(item.data)
        return item is not None

    def clear(self) -> None:
        self._items.clear()
        self._bytes = 0

    def url(self, base: str, media_id: str) -> str:
        expires = int(time.time()) + URL_LASTS_S
        return (f"{base}/whatsapp_business/attachments/?mid={media_id}&source=getMedia"
                f"&ext={expires}&hash={self._hash(media_id, expires)}")

    def by_url(self, media_id: str, expires: str, given: str) -> Media | None:
        """None where the address is forged or older than five minutes: Meta answers 404."""
        if not expires.isdigit() or len(expires) > 12 or int(expires) < time.time():
            return None
        if not hmac.compare_digest(self._hash(media_id, int(expires)), given):
            return None
        return self.get(media_id)

    def _hash(self, media_id: str, expires: int) -> str:
        return hmac.new(self._key, f"{media_id}.{expires}".encode(), hashlib.sha256).hexdigest()[:40]


def metadata(item: Media, url: str) -> dict[str, Any]:
    return {"messaging_product": "whatsapp", "url": url, "mime_type": item.mime_type,
            "sha256": hashlib.sha256(item.data).hexdigest(), "file_size": len(item.data),
            "id": item.id}


def in_message(item: Media, url: str) -> dict[str, Any]:
    """As a webhook describes it: here the hash is base64, unlike in the metadata."""
    return {"mime_type": item.mime_type,
            "sha256": base64.b64encode(hashlib.sha256(item.data).digest()).decode(),
            "id": item.id, "url": url}
