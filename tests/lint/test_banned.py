"""Functions, tabs, line comments and notes to oneself that the code does without."""

import pytest

from tests.lint import banned, repo
from tests.lint.cscan import CSource


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("strcpy(a, b);", ["strcpy"]),
        ("int n = atoi (text);", ["atoi"]),
        ("#define NOW gmtime(&t)\n", ["gmtime"]),
        ("gmtime_r(&t, &tm); snprintf(a, 3, b); svc_system(); strtok_r();", []),
        ("store->system(store); table.rand(1);", []),
        ('/* strcpy(a) */ say("strcpy(a)");', []),
        ("struct gets { int rand; };", []),
    ],
)
def test_functions_rule(text: str, names: list[str]) -> None:
    assert [v.split(": ")[1] for v in banned.functions("a.c", CSource(text))] == names


def test_comment_rules() -> None:
    note = "TO" "DO"
    assert banned.line_comments("a.c", CSource("int a; // b\n/* // */")) == ["a.c:1: // b"]
    assert banned.left_over("a.c", "", CSource(f"/* {note}: later */"))
    assert not banned.left_over("a.c", "", CSource(f'char *a = "{note} a mitad de precio";'))
    assert banned.left_over("a.py", f"x = 1  # {note}\n", None)
    assert not banned.left_over("a.py", f"x = '# {note}'\n", None)
    assert banned.left_over("a.sql", f"select 1 -- {note}", None)
    assert banned.left_over("a.yaml", f"# {note}", None)
    assert not banned.left_over("a.yaml", f"title: {note} barato", None)
    assert banned.tabs("a.c", "a\n\tb") == ["a.c:2"]


def test_functions() -> None:
    found = [v for p in repo.c_files() for v in banned.functions(p, repo.source(p))]
    assert not found, repo.report(found)


def test_line_comments() -> None:
    found = [v for p in repo.c_files() for v in banned.line_comments(p, repo.source(p))]
    assert not found, repo.report(found)


def test_tabs() -> None:
    paths = repo.c_files() + repo.python_files() + repo.shell_files()
    found = [v for p in paths for v in banned.tabs(p, repo.text(p))]
    assert not found, repo.report(found)


def test_notes_left_over() -> None:
    kinds = (".py", ".sh", ".sql", ".yaml", ".yml", ".txt", ".cmake", ".js", ".css", ".html", ".md")
    c_files = set(repo.c_files())
    found = []
    for path in repo.files():
        if path in c_files:
            found += banned.left_over(path, "", repo.source(path))
        elif path.endswith(kinds) and not repo.is_case(path):
            found += banned.left_over(path, repo.text(path), None)
    assert not found, repo.report(found)
