"""The scanner that the other rules stand on."""

import pytest

from tests.lint.cscan import CSource, Function

SAMPLE = r'''
/* A head with "quotes" and a brace {. */
#include "own.h" /* not "this.h" */
#include <svc/json.h>
// #include "commented_out.h"
#define TWICE(x) \
    do {         \
        (x);     \
    } while (0)

struct pair {
    int (*call)(int a, int b);
};
enum { ONE, TWO };
static const char *const names[] = {"{", "}", "\"{", "/* no comment */", "// none"};

int declared(int a,
    char b);
typedef int callback(int a);
__attribute__((format(printf, 1, 2))) void say(const char *format, ...);

static inline int plus(int a, int b)
{
    return a + b;
}

__attribute__((noreturn)) static void
many(int a, void (*call)(int, int), const char *c, ...)
{
    char quote = '"', brace = '{', escaped = '\'';
    struct pair pairs[] = {{.call = plus}, {.call = NULL}};
    if (a) {
        for (;;) {
            use((struct pair){.call = plus}, "}");
        }
    } else if (a == 2) {
    } else {
        do {
            while (c) {
                switch (a) {
                case 1: {
                    break;
                }
                }
            }
        } while (a);
    }
}

void nothing(void)
{
}
'''


@pytest.fixture(scope="module")
def sample() -> CSource:
    return CSource(SAMPLE)


def test_blanking_keeps_every_place(sample: CSource) -> None:
    for text in (sample.code, sample.body):
        assert len(text) == len(SAMPLE)
        assert [len(line) for line in text.split("\n")] == [
            len(line) for line in SAMPLE.split("\n")
        ]


def test_comments(sample: CSource) -> None:
    assert [(c.line, c.text[:9]) for c in sample.comments] == [
        (2, "/* A head"),
        (3, "/* not \"t"),
        (5, "// #inclu"),
    ]


def test_includes_are_not_taken_from_comments(sample: CSource) -> None:
    assert [(i.line, i.name, i.quoted) for i in sample.includes] == [
        (3, "own.h", True),
        (4, "svc/json.h", False),
    ]


def test_code_holds_no_strings_and_no_comments(sample: CSource) -> None:
    assert "quotes" not in sample.code and "none" not in sample.code
    assert "TWICE" in sample.code and "TWICE" not in sample.body


def test_functions(sample: CSource) -> None:
    start = SAMPLE.split("\n").index("static inline int plus(int a, int b)") + 1
    assert list(sample.functions()) == [
        Function("plus", line=start, lines=4, parameters=2, depth=0),
        Function("many", line=start + 5, lines=22, parameters=3, depth=5),
        Function("nothing", line=start + 28, lines=3, parameters=0, depth=0),
    ]


def test_prototypes(sample: CSource) -> None:
    assert [name for name, _ in sample.prototypes()] == ["declared", "say"]


def test_comment_that_never_ends_hides_the_rest() -> None:
    assert CSource("int a; /* { \n int b() {}").body.strip() == "int a;"


def test_backslash_at_the_end_of_a_string() -> None:
    source = CSource(r'char *a = "\\"; int f(void) { return 0; } /* " */')
    assert [f.name for f in source.functions()] == ["f"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("if (a) { b(); }", []),
        ("if (a) b();", ["if"]),
        ("if (f(a) && (b)) { c(); } else d();", ["else"]),
        ("if (a) { } else if (b) { } else { }", []),
        ("for (;;) a();", ["for"]),
        ("while (a) ;", ["while"]),
        ("do { a(); } while (b);", []),
        ("do a(); while (b);", ["while", "do"]),
        ("switch (a) { }", []),
        ('if (a) /* { */ b("{");', ["if"]),
        ("#define M(x) if (x) y()\nint a;", []),
    ],
)
def test_unbraced(text: str, words: list[str]) -> None:
    assert [word for word, _ in CSource(text).unbraced()] == words
