"""Reads C source as far as style rules need it: comments, strings, directives, functions.

No preprocessor and no grammar: what it can't tell apart it takes as clang-format writes it
(a compound literal's brace stands right behind its parenthesis, a block's after a space).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

_TOKEN = re.compile(
    r"""(?P<line_comment>//(?:\\\n|[^\n])*)
      | (?P<comment>/\*.*?(?:\*/|\Z))
      | (?P<string>"(?:\\.|[^"\\\n])*"?)
      | (?P<character>'(?:\\.|[^'\\\n])*'?)""",
    re.DOTALL | re.VERBOSE,
)
_DIRECTIVE = re.compile(r"^[ \t]*#(?:\\\n|[^\n])*", re.MULTILINE)
_INCLUDE = re.compile(r"^[ \t]*#[ \t]*include[ \t]*(?P<name><[^>\n]*>|\"[^\"\n]*\")", re.MULTILINE)
_ATTRIBUTE = re.compile(r"__attribute__\s*\(\((?:[^()]|\([^()]*\))*\)\)|\[\[[^\]]*\]\]")
_BLOCK_WORD = re.compile(r"\b(?:else|do)\s*\Z")


@dataclass(frozen=True)
class Comment:
    line: int
    text: str


@dataclass(frozen=True)
class Include:
    line: int
    name: str  # without its quotes or brackets
    quoted: bool


@dataclass(frozen=True)
class Function:
    name: str
    line: int
    lines: int
    parameters: int
    depth: int  # of blocks inside its own
    header: str = field(default="", compare=False)  # all before its brace


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


@dataclass
class CSource:
    """TEXT, and the same with parts of it blanked; all keep each line where it was."""

    text: str
    comments: list[Comment] = field(default_factory=list)
    code: str = ""  # without comments, strings emptied
    body: str = ""  # the same without directives
    includes: list[Include] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._starts = [0, *(m.end() for m in re.finditer("\n", self.text))]
        no_comments = _TOKEN.sub(self._drop_comment, self.text)
        self.code = _TOKEN.sub(_empty_string, no_comments)
        self.body = _DIRECTIVE.sub(lambda m: _blank(m[0]), self.code)
        for match in _INCLUDE.finditer(no_comments):
            name = match["name"]
            self.includes.append(Include(self.line(match.start()), name[1:-1], name[0] == '"'))

    def _drop_comment(self, match: re.Match[str]) -> str:
        if match.lastgroup not in ("comment", "line_comment"):
            return match[0]
        self.comments.append(Comment(self.line(match.start()), match[0]))
        return _blank(match[0])

    def line(self, offset: int) -> int:
        """The number, from 1, of the line that OFFSET is in."""
        return bisect_right(self._starts, offset)

    def functions(self) -> Iterator[Function]:
        for header_start, open_brace, close_brace in self._top_level_blocks():
            header = self.body[header_start:open_brace]
            signature = _signature(header)
            if signature is None:
                continue
            name, parameters = signature
            first = self.line(header_start + len(header) - len(header.lstrip()))
            yield Function(
                name=name,
                line=first,
                lines=self.line(close_brace) - first + 1,
                parameters=parameters,
                depth=_block_depth(self.body[open_brace + 1 : close_brace]),
                header=header.strip(),
            )

    def prototypes(self) -> Iterator[tuple[str, int]]:
        """Name and last line of each function that is declared, not defined."""
        outside = list(self.body)
        for _, open_brace, close_brace in self._top_level_blocks():
            outside[open_brace : close_brace + 1] = _blank(self.body[open_brace : close_brace + 1])
        start = 0
        for end in (m.start() for m in re.finditer(";", "".join(outside))):
            statement = "".join(outside[start:end])
            signature = None if "typedef" in statement else _signature(statement)
            if signature is not None:
                yield signature[0], self.line(end)
            start = end + 1

    def _top_level_blocks(self) -> Iterator[tuple[int, int, int]]:
        """For each: where what stands before it begins, its opening and closing brace."""
        start, depth, open_brace = 0, 0, 0
        for match in re.finditer(r"[{};]", self.body):
            at = match.start()
            if match[0] == ";":
                start = at + 1 if depth == 0 else start
            elif match[0] == "{":
                open_brace = at if depth == 0 else open_brace
                depth += 1
            else:
                depth -= 1
                if depth == 0:
                    yield start, open_brace, at
                    start = at + 1

    def unbraced(self) -> Iterator[tuple[str, int]]:
        """Word and line of each if, for, while, switch, else or do without a block."""
        for match in re.finditer(r"\b(if|for|while|switch)\s*\(", self.body):
            after = self.body[_closing(self.body, match.end() - 1) + 1 :].lstrip()
            closes_do = match[1] == "while" and self.body[: match.start()].rstrip().endswith("}")
            if not after.startswith("{") and not (closes_do and after.startswith(";")):
                yield match[1], self.line(match.start())
        for match in re.finditer(r"\b(else|do)\b(?!\s*\{)(?!\s+if\b)", self.body):
            yield match[1], self.line(match.start())


def _empty_string(match: re.Match[str]) -> str:
    quote = match[0][0]
    return quote + _blank(match[0][1:-1]) + quote if len(match[0]) > 1 else match[0]


def _closing(text: str, opening: int) -> int:
    """Where the parenthesis at OPENING closes; the end of TEXT if it doesn't."""
    depth = 0
    for match in re.finditer(r"[()]", text[opening:]):
        depth += 1 if match[0] == "(" else -1
        if depth == 0:
            return opening + match.start()
    return len(text)


def _signature(header: str) -> tuple[str, int] | None:
    """Name and number of parameters where HEADER is a function's; else None."""
    header = _ATTRIBUTE.sub(lambda m: " " * len(m[0]), header).rstrip()
    if not header.endswith(")"):
        return None
    depth, opening = 0, 0
    for opening in range(len(header) - 1, -1, -1):
        depth += {")": 1, "(": -1}.get(header[opening], 0)
        if depth == 0:
            break
    name = re.search(r"([A-Za-z_]\w*)\s*\Z", header[:opening])
    if name is None or "=" in header[:opening] or not header[: name.start()].strip():
        return None
    return name[1], _count_parameters(header[opening + 1 : -1])


def _count_parameters(text: str) -> int:
    """A pointer to a function is one, whatever it takes itself."""
    while (flat := re.sub(r"\([^()]*\)", "@", text)) != text:
        text = flat
    names = [part for part in text.split(",") if part.strip() not in ("", "void", "...")]
    return len(names)


def _block_depth(body: str) -> int:
    """How deep blocks go inside BODY; the braces of initialisers are none."""
    stack: list[bool] = []
    deepest = 0
    for match in re.finditer(r"[{}]", body):
        if match[0] == "}":
            if stack:
                stack.pop()
            continue
        before = body[: match.start()]
        inside_initialiser = bool(stack) and not stack[-1]
        stack.append(not inside_initialiser and _opens_block(before))
        deepest = max(deepest, sum(stack))
    return deepest


def _opens_block(before: str) -> bool:
    last = before.rstrip()[-1:]
    if last == ")":
        return before[-1:].isspace()
    return last in ("", ";", "{", "}", ":", "(") or _BLOCK_WORD.search(before) is not None
