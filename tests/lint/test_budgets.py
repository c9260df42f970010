"""Nothing grows past what one can read at once."""

from tests.lint import budgets, repo
from tests.lint.cscan import CSource


def c_function(lines: int, depth: int = 0, parameters: int = 0) -> CSource:
    inside = "if (a) {\n" * depth + "}\n" * depth
    inside += "x();\n" * (lines - 3 - 2 * depth)
    arguments = ", ".join(f"int p{i}" for i in range(parameters)) or "void"
    return CSource(f"int f({arguments})\n{{\n{inside}}}\n")


def test_c_function_rules() -> None:
    assert not budgets.c_functions("a.c", c_function(70, depth=3, parameters=6))
    assert budgets.c_functions("a.c", c_function(71)) == ["a.c:1: f: 71 lines"]
    assert budgets.c_functions("a.c", c_function(20, depth=4)) == ["a.c:1: f: 4 blocks deep"]
    assert budgets.c_functions("a.c", c_function(9, parameters=7)) == ["a.c:1: f: 7 parameters"]


def test_callback_takes_what_its_library_gives() -> None:
    text = "int f(void *a, struct MHD_Connection *b, int c, int d, int e, int f, int g)\n{\n}\n"
    assert not budgets.c_functions("a.c", CSource(text))


def test_python_function_rule() -> None:
    assert not budgets.python_functions("a.py", "def f():\n" + "    x()\n" * 69)
    assert budgets.python_functions("a.py", "async def f():\n" + "    x()\n" * 70)


def test_file_and_line_rules() -> None:
    assert not budgets.file_length("a.c", "\n" * 500)
    assert not budgets.file_length("a.c", "\n" * 499 + "x")
    assert budgets.file_length("a.c", "\n" * 501) == ["a.c: 501 lines"]
    assert budgets.file_length("a.c", "\n" * 500 + "x")
    assert not budgets.line_lengths("a.c", "ñ" * 90, 90)
    assert budgets.line_lengths("a.c", "\n" + "x" * 91, 90) == ["a.c:2: 91 columns"]


def test_file_lengths() -> None:
    paths = repo.c_files() + repo.python_files()
    found = [v for p in paths for v in budgets.file_length(p, repo.text(p))]
    assert not found, repo.report(found)


def test_line_lengths() -> None:
    scripts = repo.python_files() + repo.shell_files()
    found = [
        v for p in repo.c_files() for v in budgets.line_lengths(p, repo.text(p), budgets.C_COLUMNS)
    ] + [v for p in scripts for v in budgets.line_lengths(p, repo.text(p), budgets.SCRIPT_COLUMNS)]
    assert not found, repo.report(found)


def test_c_functions() -> None:
    found = [v for p in repo.c_files() for v in budgets.c_functions(p, repo.source(p))]
    assert not found, repo.report(found)


def test_python_functions() -> None:
    found = [v for p in repo.python_files() for v in budgets.python_functions(p, repo.text(p))]
    assert not found, repo.report(found)
