"""PNG files, as far as the pictures need them."""

from __future__ import annotations

import struct
import zlib


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def grey_png(greys: bytes, size: int) -> bytes:
    """8 bits a point; each row as its differences from the row above, which pack well."""
    rows, above = b"", bytes(size)
    for start in range(0, len(greys), size):
        row = greys[start : start + size]
        rows += b"\x02" + bytes((a - b) & 255 for a, b in zip(row, above))
        above = row
    head = struct.pack(">IIBBBBB", size, size, 8, 0, 0, 0, 0)
    parts = (b"IHDR", head), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(kind, data) for kind, data in parts)
