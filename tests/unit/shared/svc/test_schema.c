#include "../../unit.h"

#include <svc/schema.h>

static const struct svc_json_limits limits = {.depth = 64, .values = 10000};

static const struct svc_json *read_json(struct svc_arena *arena, const char *text)
{
    struct svc_json_error error;
    size_t replaced = 0;
    const struct svc_json *value =
        svc_json_read(arena, text, strlen(text), &limits, &replaced, &error);

    if (value == NULL) {
        fail_msg("%s: %s", text, error.reason);
    }
    return value;
}

/* Keyword by keyword: a value that is good (no pointers), or where what is wrong stands,
 * in order, separated by blanks; "" stands for the whole value and is written "-". */
static const struct {
    const char *schema;
    const char *value;
    const char *pointers;
} cases[] = {
    {"true", "[1]", ""},
    {"{}", "null", ""},
    {"{\"type\":\"string\"}", "\"\"", ""},
    {"{\"type\":\"string\"}", "1", "-"},
    {"{\"type\":\"integer\"}", "1", ""},
    {"{\"type\":\"integer\"}", "1.0", ""},
    {"{\"type\":\"integer\"}", "1.5", "-"},
    {"{\"type\":\"integer\"}", "1e400", "-"},
    {"{\"type\":\"integer\"}", "\"1\"", "-"},
    {"{\"type\":\"number\"}", "1.5", ""},
    {"{\"type\":\"boolean\"}", "false", ""},
    {"{\"type\":\"boolean\"}", "0", "-"},
    {"{\"type\":\"null\"}", "null", ""},
    {"{\"type\":[\"string\",\"null\"]}", "null", ""},
    {"{\"type\":[\"string\",\"null\"]}", "{}", "-"},
    {"{\"enum\":[\"a\",2,null,true]}", "2.0", ""},
    {"{\"enum\":[\"a\",2,null,true]}", "true", ""},
    {"{\"enum\":[\"a\",2,null,true]}", "false", "-"},
    {"{\"enum\":[\"a\",2,null,true]}", "\"A\"", "-"},
    {"{\"const\":\"a\"}", "\"a\"", ""},
    {"{\"const\":\"a\"}", "\"a\\u0000\"", "-"},
    {"{\"const\":1}", "2", "-"},
    {"{\"minLength\":2,\"maxLength\":3}", "\"ñé\"", ""},
    {"{\"minLength\":2,\"maxLength\":3}", "\"😀\"", "-"},
    {"{\"minLength\":2,\"maxLength\":3}", "\"😀😀😀\"", ""},
    {"{\"minLength\":2,\"maxLength\":3}", "\"abcd\"", "-"},
    {"{\"minLength\":2}", "7", ""},
    {"{\"pattern\":\"^[0-9]+$\"}", "\"12\"", ""},
    {"{\"pattern\":\"^[0-9]+$\"}", "\"12\\n\"", "-"},
    {"{\"pattern\":\"^.$\"}", "\"ñ\"", ""},
    {"{\"pattern\":\"b\"}", "\"abc\"", ""},
    {"{\"minimum\":1,\"maximum\":2}", "1", ""},
    {"{\"minimum\":1,\"maximum\":2}", "2.0", ""},
    {"{\"minimum\":1,\"maximum\":2}", "0.99", "-"},
    {"{\"minimum\":1,\"maximum\":2}", "1e300", "-"},
    {"{\"exclusiveMinimum\":1,\"exclusiveMaximum\":2}", "1", "-"},
    {"{\"exclusiveMinimum\":1,\"exclusiveMaximum\":2}", "2", "-"},
    {"{\"exclusiveMinimum\":1,\"exclusiveMaximum\":2}", "1.5", ""},
    {"{\"minItems\":1,\"maxItems\":2}", "[]", "-"},
    {"{\"minItems\":1,\"maxItems\":2}", "[1,2]", ""},
    {"{\"minItems\":1,\"maxItems\":2}", "[1,2,3]", "-"},
    {"{\"items\":{\"type\":\"string\"}}", "[\"a\",1,\"b\",null]", "/1 /3"},
    {"{\"required\":[\"a\",\"b\"]}", "{\"a\":null}", "/b"},
    {"{\"required\":[\"a\",\"b\"]}", "{}", "/a /b"},
    {"{\"required\":[\"a\"]}", "[]", ""},
    {"{\"properties\":{\"a/b\":{\"type\":\"null\"},\"m~n\":{\"type\":\"null\"}}}",
        "{\"a/b\":1,\"m~n\":1,\"c\":1}", "/a~1b /m~0n"},
    {"{\"properties\":{\"a\":true},\"additionalProperties\":false}", "{\"a\":1,\"b\":2}",
        "/b"},
    {"{\"properties\":{\"a\":true},\"additionalProperties\":{\"type\":\"null\"}}",
        "{\"a\":1,\"b\":2,\"c\":null}", "/b"},
    {"{\"minProperties\":1,\"maxProperties\":2}", "{}", "-"},
    {"{\"minProperties\":1,\"maxProperties\":2}", "{\"a\":1,\"b\":1,\"c\":1}", "-"},
    {"{\"allOf\":[{\"minimum\":1},{\"maximum\":0}]}", "0.5", "- -"},
    {"{\"anyOf\":[{\"type\":\"null\"},{\"type\":\"array\"}]}", "[]", ""},
    {"{\"anyOf\":[{\"type\":\"null\"},{\"type\":\"array\"}]}", "1", "-"},
    {"{\"oneOf\":[{\"minimum\":1},{\"minimum\":2}]}", "1", ""},
    {"{\"oneOf\":[{\"minimum\":1},{\"minimum\":2}]}", "2", "-"},
    {"{\"title\":\"t\",\"description\":\"d\",\"format\":\"date\",\"default\":1,\"x-y\":{}"
     "}",
        "1", ""},
    {"{\"type\":\"object\",\"required\":[\"a\"],\"properties\":{\"b\":{\"items\":"
     "{\"properties\":{\"c\":{\"maximum\":1}},\"required\":[\"d\"]}}}}",
        "{\"b\":[{\"c\":5,\"d\":1},{\"c\":1}]}", "/a /b/0/c /b/1/d"},
};

/* The pointers of what is wrong, as the table writes them. */
static const char *pointers_of(const struct svc_problems *problems, char text[1000])
{
    text[0] = '\0';
    for (size_t i = 0; i < problems->count; i++) {
        const char *pointer = problems->list[i].pointer;
        size_t length = strlen(text);
        snprintf(text + length, 1000 - length, "%s%s", i > 0 ? " " : "",
            pointer[0] != '\0' ? pointer : "-");
        assert_true(strlen(problems->list[i].detail) > 0);
    }
    return text;
}

static void test_check_of_each_keyword(void **state)
{
    char found[1000];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct svc_arena arena = {0};
        struct svc_schema_compiler compiler = {.arena = &arena};
        struct svc_problems problems = {.arena = &arena};
        compiler.document = read_json(&arena, cases[i].schema);
        const struct svc_schema *schema =
            svc_schema_compile(&compiler, compiler.document);
        if (schema == NULL) {
            fail_msg("%s: %s", cases[i].schema, compiler.error);
        }
        bool good =
            svc_schema_check(schema, read_json(&arena, cases[i].value), NULL, &problems);
        if (strcmp(pointers_of(&problems, found), cases[i].pointers) != 0 ||
            good != (problems.count == 0)) {
            fail_msg("%s of %s: \"%s\" instead of \"%s\"", cases[i].schema,
                cases[i].value, found, cases[i].pointers);
        }
        svc_schema_compiler_done(&compiler);
        svc_arena_done(&arena);
    }
}

/* What the validator doesn't know must not look as if it were checked. */
static void test_compile_refuses_what_it_does_not_know(void **state)
{
    static const char *const schemas[] = {"false", "7", "{\"uniqueItems\":true}",
        "{\"type\":\"text\"}", "{\"type\":[]}", "{\"enum\":1}", "{\"required\":\"a\"}",
        "{\"pattern\":\"(\"}", "{\"minLength\":\"1\"}", "{\"minLength\":1.5}",
        "{\"$ref\":\"other.yaml#/x\"}", "{\"$ref\":\"#/nowhere\"}", "{\"allOf\":{}}",
        "{\"properties\":[]}", "{\"properties\":{\"a\":{\"odd\":1}}}", "{\"items\":[]}"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(schemas); i++) {
        struct svc_arena arena = {0};
        struct svc_schema_compiler compiler = {.arena = &arena};
        compiler.document = read_json(&arena, schemas[i]);
        if (svc_schema_compile(&compiler, compiler.document) != NULL) {
            fail_msg("%s was taken", schemas[i]);
        }
        assert_true(strlen(compiler.error) > 0);
        svc_schema_compiler_done(&compiler);
        svc_arena_done(&arena);
    }
}

static void test_check_of_a_schema_that_contains_itself(void **state)
{
    struct svc_arena arena = {0};
    struct svc_problems problems = {.arena = &arena};
    struct svc_schema_compiler compiler = {.arena = &arena};
    char found[1000];

    (void)state;
    compiler.document = read_json(&arena,
        "{\"tree\":{\"type\":\"object\",\"required\":[\"n\"],\"properties\":{\"n\":"
        "{\"type\":\"integer\"},\"in\":{\"type\":\"array\",\"items\":"
        "{\"$ref\":\"#/tree\"}}}}}");
    const struct svc_schema *schema =
        svc_schema_compile(&compiler, svc_json_get(compiler.document, "tree"));
    assert_non_null(schema);
    svc_schema_check(schema,
        read_json(&arena, "{\"n\":1,\"in\":[{\"n\":2},{\"in\":[{\"n\":\"x\"}]},5]}"),
        NULL, &problems);
    assert_string_equal(pointers_of(&problems, found), "/in/1/n /in/1/in/0/n /in/2");
    svc_schema_compiler_done(&compiler);
    svc_arena_done(&arena);
}

static void test_check_stops_listing_at_its_limit(void **state)
{
    struct svc_arena arena = {0};
    struct svc_problems problems = {.arena = &arena};
    struct svc_schema_compiler compiler = {.arena = &arena};
    char value[2 * 80 + 2] = "[";

    (void)state;
    for (size_t i = 0; i < 80; i++) {
        strncat(value, i > 0 ? ",1" : "1", 3);
    }
    strncat(value, "]", 2);
    compiler.document = read_json(&arena, "{\"items\":{\"type\":\"null\"}}");
    const struct svc_schema *schema = svc_schema_compile(&compiler, compiler.document);
    assert_false(svc_schema_check(schema, read_json(&arena, value), NULL, &problems));
    assert_int_equal(problems.count, SVC_PROBLEMS_MAX);
    assert_int_equal(problems.left_out, 80 - SVC_PROBLEMS_MAX);
    svc_schema_compiler_done(&compiler);
    svc_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check_of_each_keyword),
        cmocka_unit_test(test_compile_refuses_what_it_does_not_know),
        cmocka_unit_test(test_check_of_a_schema_that_contains_itself),
        cmocka_unit_test(test_check_stops_listing_at_its_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
