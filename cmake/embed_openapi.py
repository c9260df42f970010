#!/usr/bin/env python3
"""Turns openapi/<name>.yaml into a C file with the same document as compact JSON, in which
references to other files (common.yaml) are resolved.

The services read JSON only, so that no YAML parser is linked into them; the document that
is served at /openapi.json is the one that requests are validated against.
"""

import json
import pathlib
import sys

import yaml

LINE = 84


class Bundler:
    """Puts what a contract refers to in other files into the contract itself."""

    def __init__(self, source: pathlib.Path) -> None:
        self.folder = source.parent
        self.files: dict[str, dict] = {}
        self.document = self.load(source.name)
        self.added: set[str] = set()

    def load(self, name: str) -> dict:
        if name not in self.files:
            text = (self.folder / name).read_text(encoding="utf-8")
            self.files[name] = yaml.safe_load(text)
        return self.files[name]

    def find(self, name: str, pointer: str) -> dict:
        value = self.load(name)
        for part in pointer.strip("/").split("/"):
            value = value[part.replace("~1", "/").replace("~0", "~")]
        return value

    def component(self, name: str, pointer: str) -> str:
        """Copies a component of file NAME; returns the reference to the copy."""
        kind, title = pointer.strip("/").split("/")[1:3]
        reference = f"#/components/{kind}/{title}"
        if reference not in self.added:
            self.added.add(reference)
            target = self.document.setdefault("components", {}).setdefault(kind, {})
            if title not in target or "$ref" in target[title]:
                target[title] = {}
                target[title] = self.bundled(self.find(name, pointer), name)
        return reference

    def bundled(self, value: object, name: str) -> object:
        """VALUE, which stands in file NAME, with references within this document only."""
        if isinstance(value, list):
            return [self.bundled(item, name) for item in value]
        if not isinstance(value, dict):
            return value
        reference = value.get("$ref")
        if not isinstance(reference, str):
            return {key: self.bundled(item, name) for key, item in value.items()}
        file, _, pointer = reference.partition("#")
        file = file or name
        if file == self.main_name:
            return {"$ref": f"#{pointer}"}
        if pointer.startswith("/components/"):
            return {"$ref": self.component(file, pointer)}
        return self.bundled(self.find(file, pointer), file)

    @property
    def main_name(self) -> str:
        return next(iter(self.files))

    def bundle(self) -> dict:
        components = self.document.get("components", {})
        for kind, titles in components.items():
            for title, value in list(titles.items()):
                if isinstance(value, dict) and not str(value.get("$ref", "#")).startswith("#"):
                    file, _, pointer = value["$ref"].partition("#")
                    titles[title] = self.bundled(self.find(file, pointer), file)
        result = self.bundled(self.document, self.main_name)
        copied = self.document.get("components", {})
        for kind, titles in copied.items():
            for title, value in titles.items():
                section = result["components"].setdefault(kind, {})
                section.setdefault(title, value)
        return result


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
    document = Bundler(pathlib.Path(source)).bundle()
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
