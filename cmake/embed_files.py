#!/usr/bin/env python3
"""Puts the files of a folder into a C file, as web pages are served from:
embed_files.py FOLDER TARGET SYMBOL."""

import hashlib
import pathlib
import sys

from embed_text import c_line

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".json": "application/json; charset=utf-8",
}
LINE = 60


def c_bytes(data: bytes) -> str:
    parts = [data[start : start + LINE] for start in range(0, len(data), LINE)]
    return "\n".join(f'    "{c_line(part)}"' for part in parts) or '    ""'


def main() -> int:
    folder, target, symbol = sys.argv[1:4]
    files = [path for path in sorted(pathlib.Path(folder).iterdir()) if path.is_file()]
    text = [f"/* Made from the files of {pathlib.Path(folder).name}; changes here are lost. */"]
    text.append("#include <svc/files.h>\n")
    for number, path in enumerate(files):
        text.append(f"static const char bytes_{number}[] =\n{c_bytes(path.read_bytes())};\n")
    text.append(f"const struct svc_file {symbol}[] = {{")
    for number, path in enumerate(files):
        content_type = TYPES.get(path.suffix, "application/octet-stream")
        tag = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
        size = f"sizeof bytes_{number} - 1"
        text.append(
            f'    {{"{path.name}", "{content_type}", "\\"{tag}\\"", {{bytes_{number}, {size}}}}},'
        )
    text.append("    {0},\n};\n")
    out = pathlib.Path(target)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text("\n".join(text), encoding="ascii")
    return 0


if __name__ == "__main__":
    sys.exit(main())
