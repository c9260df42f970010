#!/usr/bin/env python3
"""Puts a text file into a C file as a string: embed_text.py SOURCE TARGET SYMBOL."""

import pathlib
import sys


def c_line(data: bytes) -> str:
    """DATA as a C string literal; what isn't plain ASCII as octal, which needs no end mark."""
    special = {ord('"'): '\\"', ord("\\"): "\\\\", ord("\n"): "\\n", ord("?"): "\\?"}
    return "".join(
        special.get(byte, chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}") for byte in data
    )


def main() -> int:
    source, target, symbol = sys.argv[1:4]
    lines = pathlib.Path(source).read_bytes().splitlines(keepends=True)
    body = "\n".join(f'    "{c_line(line)}"' for line in lines) or '    ""'
    folder = pathlib.Path(target)
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text(
        f"/* Made from {pathlib.Path(source).name}; changes here are lost. */\n"
        f"extern const char {symbol}[];\n\nconst char {symbol}[] =\n{body};\n",
        encoding="ascii",
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
