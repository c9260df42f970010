"""What doesn't stand in the code."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator

from tests.lint.cscan import CSource

# Unbounded, without error, not thread-safe, dependent on the locale, or through a shell.
FUNCTIONS = (
    "strcpy strcat sprintf vsprintf gets atoi atol atoll atof strtok gmtime localtime ctime"
    " asctime system popen rand srand setjmp longjmp alloca setlocale"
).split()

_CALL = re.compile(rf"(?<![\w.])(?<!->)({'|'.join(FUNCTIONS)})\s*\(")
# In two parts, so that this file holds none itself.
_LEFT_OVER = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")


def functions(path: str, source: CSource) -> list[str]:
    return [
        f"{path}:{source.line(match.start())}: {match[1]}" for match in _CALL.finditer(source.code)
    ]


def line_comments(path: str, source: CSource) -> list[str]:
    return [f"{path}:{c.line}: {c.text}" for c in source.comments if c.text.startswith("//")]


def tabs(path: str, text: str) -> list[str]:
    return [f"{path}:{n}" for n, line in enumerate(text.split("\n"), 1) if "\t" in line]


def left_over(path: str, text: str, source: CSource | None) -> list[str]:
    """Notes to oneself in comments; a Spanish text may well say "TODO"."""
    return [
        f"{path}:{line}: {comment.strip()}"
        for line, comment in _comments(path, text, source)
        if _LEFT_OVER.search(comment)
    ]


def _comments(path: str, text: str, source: CSource | None) -> Iterator[tuple[int, str]]:
    if source is not None:
        yield from ((c.line, c.text) for c in source.comments)
    elif path.endswith(".py"):
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string
    else:
        for number, line in enumerate(text.split("\n"), 1):
            mark = re.search(r"(?:^|\s)(#|--|//|/\*|<!--)(.*)", line)
            if mark:
                yield number, mark[2]
