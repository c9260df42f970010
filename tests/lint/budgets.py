"""How large things may get."""

from __future__ import annotations

import ast
import re

from tests.lint.cscan import CSource

FILE_LINES = 500
FUNCTION_LINES = 70
BLOCK_DEPTH = 3
PARAMETERS = 6
C_COLUMNS = 90
SCRIPT_COLUMNS = 110

# A callback takes what its library gives it: libmicrohttpd and ulfius up to nine.
_DICTATED = re.compile(r"\bstruct (MHD_Connection|_u_request) \*")


def file_length(path: str, text: str) -> list[str]:
    count = text.count("\n") + (not text.endswith("\n"))
    return [f"{path}: {count} lines"] if count > FILE_LINES else []


def line_lengths(path: str, text: str, columns: int) -> list[str]:
    return [
        f"{path}:{number}: {len(line)} columns"
        for number, line in enumerate(text.split("\n"), 1)
        if len(line) > columns
    ]


def c_functions(path: str, source: CSource) -> list[str]:
    found = []
    for function in source.functions():
        place = f"{path}:{function.line}: {function.name}"
        if function.lines > FUNCTION_LINES:
            found.append(f"{place}: {function.lines} lines")
        if function.depth > BLOCK_DEPTH:
            found.append(f"{place}: {function.depth} blocks deep")
        callback = _DICTATED.search(function.header) is not None
        if function.parameters > PARAMETERS and not callback:
            found.append(f"{place}: {function.parameters} parameters")
    return found


def python_functions(path: str, text: str) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        count = (node.end_lineno or node.lineno) - node.lineno + 1
        if count > FUNCTION_LINES:
            found.append(f"{path}:{node.lineno}: {node.name}: {count} lines")
    return found
