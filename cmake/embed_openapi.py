#!/usr/bin/env python3
"""Turns openapi/<name>.yaml into a C file with the same document as compact JSON.

The services read JSON only, so that no YAML parser is linked into them; the document that
is served at /openapi.json is the one that requests are validated against.
"""

import json
import sys

import yaml

LINE = 84


def c_string_lines(text: str) -> list[str]:
    """TEXT as C string literals, cut so that no line gets long and no escape is split."""
    data = text.encode("ascii").decode("ascii")
    lines = []
    for start in range(0, len(data), LINE):
        part = data[start : start + LINE].replace("\\", "\\\\").replace('"', '\\"')
        lines.append(f'    "{part}"'.replace("?", "\\?"))
    return lines


def main() -> int:
    source, target = sys.argv[1:3]
    with open(source, encoding="utf-8") as file:
        document = yaml.safe_load(file)
    text = json.dumps(document, ensure_ascii=True, separators=(",", ":"))
    with open(target, "w", encoding="ascii") as file:
        file.write(f"/* Made from {source.rsplit('/', 1)[-1]}; changes here are lost. */\n")
        file.write("#include <svc/openapi.h>\n\n")
        file.write("const char svc_openapi_document[] =\n")
        file.write("\n".join(c_string_lines(text)))
        file.write(";\n\n")
        file.write("const size_t svc_openapi_document_size = sizeof svc_openapi_document - 1;\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
