"""clang-format, braces, and a comment on what others call."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.lint import repo
from tests.lint.cscan import CSource

CLANG_FORMAT = shutil.which("clang-format-14") or shutil.which("clang-format")


def unexplained(path: str, text: str) -> list[str]:
    """Functions declared in a header that no comment stands over, nor over their group:
    the lines up to the next empty one."""
    source = CSource(text)
    lines = text.split("\n")
    comments = {comment.line for comment in source.comments}
    found = []
    for name, line in source.prototypes():
        at = line
        while at > 0 and lines[at - 1].strip() and at not in comments:
            at -= 1
        if at not in comments:
            found.append(f"{path}:{line}: {name}")
    return found


def run_clang_format(paths: list[str], root: Path) -> str:
    assert CLANG_FORMAT is not None
    result = subprocess.run(
        [CLANG_FORMAT, "--dry-run", "-Werror", *paths], cwd=root, capture_output=True, text=True
    )
    return result.stderr if result.returncode != 0 else ""


def test_unexplained_rule() -> None:
    head = "/* The module. */\n#ifndef A_H\n\n"
    assert unexplained("a.h", head + "void f(void);\n") == ["a.h:4: f"]
    assert not unexplained("a.h", head + "/* What. */\nvoid f(void);\nint g(int a,\n    int b);\n")
    assert unexplained("a.h", head + "/* What. */\nvoid f(void);\n\nint g(void);\n") == ["a.h:7: g"]
    assert not unexplained("a.h", head + "struct a {\n    int (*call)(int);\n};\n")


@pytest.mark.skipif(CLANG_FORMAT is None, reason="clang-format is not installed")
def test_clang_format_rule(tmp_path: Path) -> None:
    shutil.copy(repo.ROOT / ".clang-format", tmp_path)
    (tmp_path / "good.c").write_text("int f(void)\n{\n    return 0;\n}\n")
    (tmp_path / "bad.c").write_text("int f(void) {\n  return 0;\n}\n")
    assert run_clang_format(["good.c"], tmp_path) == ""
    assert "bad.c" in run_clang_format(["bad.c"], tmp_path)


@pytest.mark.skipif(CLANG_FORMAT is None, reason="clang-format is not installed")
def test_clang_format() -> None:
    report = run_clang_format(repo.c_files(), repo.ROOT)
    found = sorted({line for line in report.split("\n") if "error:" in line})
    assert not report, repo.report(found or [report])


def test_braces_always() -> None:
    found = [
        f"{path}:{line}: {word}"
        for path in repo.c_files()
        for word, line in repo.source(path).unbraced()
    ]
    assert not found, repo.report(found)


def test_public_functions_are_explained() -> None:
    headers = [p for p in repo.c_files() if p.startswith("shared/svc/") and p.endswith(".h")]
    assert headers
    found = [v for p in headers for v in unexplained(p, repo.text(p))]
    assert not found, repo.report(found)
