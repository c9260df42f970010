#include "../../unit.h"

#include <svc/openapi.h>

const char svc_openapi_document[] = ""; /* the build's, which a service would have */
const size_t svc_openapi_document_size = 0;

static const char document[] =
    "{\"security\":[{\"token\":[]}],\"paths\":{"
    "\"/\":{\"get\":{\"operationId\":\"root\",\"security\":[]}},"
    "\"/v1/items\":{\"get\":{\"operationId\":\"list\",\"parameters\":["
    "{\"name\":\"limit\",\"in\":\"query\",\"schema\":{\"type\":\"integer\",\"maximum\":"
    "50}},"
    "{\"name\":\"q\",\"in\":\"query\",\"required\":true,\"schema\":{\"type\":\"string\"}}"
    ","
    "{\"name\":\"all\",\"in\":\"query\",\"schema\":{\"type\":\"boolean\"}},"
    "{\"name\":\"X-Y\",\"in\":\"header\",\"schema\":{\"type\":\"string\"}}]},"
    "\"post\":{\"operationId\":\"add\",\"requestBody\":{\"required\":true,\"content\":"
    "{\"application/json\":{\"schema\":{\"type\":\"object\"}}}}}},"
    "\"/v1/items/special\":{\"get\":{\"operationId\":\"special\"}},"
    "\"/v1/items/{id}\":{\"get\":{\"operationId\":\"one\",\"parameters\":["
    "{\"name\":\"id\",\"in\":\"path\",\"required\":true,\"schema\":"
    "{\"type\":\"string\",\"maxLength\":5}}]},\"delete\":{\"operationId\":\"drop\"}}}}";

static struct svc_openapi api;

static int setup(void **state)
{
    char error[256];

    (void)state;
    if (!svc_openapi_load(
            &api, (struct svc_slice){document, sizeof document - 1}, error)) {
        fail_msg("%s", error);
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    svc_openapi_done(&api);
    return 0;
}

static const struct {
    const char *method;
    const char *path;
    enum svc_status status;
    const char *id;
} matches[] = {
    {"GET", "/v1/items", SVC_OK, "list"},
    {"HEAD", "/v1/items", SVC_OK, "list"},
    {"POST", "/v1/items", SVC_OK, "add"},
    {"GET", "/v1/items/", SVC_OK, "list"},
    {"GET", "/v1/it%65ms", SVC_OK, "list"},
    {"GET", "/v1/items/special", SVC_OK, "special"},
    {"GET", "/v1/items/a%2Fb", SVC_OK, "one"},
    {"DELETE", "/v1/items/5", SVC_OK, "drop"},
    {"GET", "/", SVC_OK, "root"},
    {"GET", "http://example.org/v1/items", SVC_OK, "list"},
    {"GET", "HTTP://example.org", SVC_OK, "root"},
    {"PUT", "/v1/items", SVC_METHOD_NOT_ALLOWED, NULL},
    {"get", "/v1/items", SVC_METHOD_NOT_ALLOWED, NULL},
    {"GET", "/v1/items/5/6", SVC_NOT_FOUND, NULL},
    {"GET", "/v1//items", SVC_NOT_FOUND, NULL},
    {"GET", "//v1/items", SVC_NOT_FOUND, NULL},
    {"GET", "/V1/items", SVC_NOT_FOUND, NULL},
    {"GET", "*", SVC_NOT_FOUND, NULL},
    {"GET", "v1/items", SVC_NOT_FOUND, NULL},
    {"GET", "/a/b/c/d/e/f/g/h/i/j/k", SVC_NOT_FOUND, NULL},
    {"GET", "/v1/items/%zz", SVC_MALFORMED, NULL},
    {"GET", "/v1/items/%", SVC_MALFORMED, NULL},
    {"GET", "/v1/items/%00", SVC_MALFORMED, NULL},
    {"GET", "/v1/items/%ff", SVC_MALFORMED, NULL},
};

static void test_match(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(matches); i++) {
        char path[100];
        struct svc_openapi_match match = {0};
        snprintf(path, sizeof path, "%s", matches[i].path);
        if (svc_openapi_match(&api, matches[i].method, path, &match) !=
            matches[i].status) {
            fail_msg("%s %s", matches[i].method, matches[i].path);
        }
        if (matches[i].id != NULL) {
            assert_string_equal(match.operation->id, matches[i].id);
        }
    }
}

static void test_allowed(void **state)
{
    char path[] = "/v1/items";
    struct svc_buf allowed;

    (void)state;
    svc_buf_init(&allowed, 100);
    svc_openapi_allowed(&api, path, &allowed);
    assert_string_equal(svc_buf_text(&allowed), "GET, HEAD, POST");
    svc_buf_done(&allowed);
}

static void test_operations_are_as_the_contract_says(void **state)
{
    (void)state;
    assert_int_equal(api.operation_count, 6);
    for (size_t i = 0; i < api.operation_count; i++) {
        const struct svc_operation *operation = &api.operations[i];
        bool add = strcmp(operation->id, "add") == 0;
        assert_int_equal(operation->index, i);
        assert_int_equal(operation->secured, strcmp(operation->id, "root") != 0);
        assert_int_equal(operation->body != NULL, add);
        assert_int_equal(operation->body_required, add);
    }
}

/* A query of "list", and where it is wrong. */
static const struct {
    const char *query; /* NULL: none */
    const char *pointers;
} queries[] = {
    {"q=a", ""},
    {"q=", ""},
    {"q", ""},
    {"q=%C3%B1+%2B&limit=50&all=true&other=%zz&&", ""},
    {NULL, "query.q "},
    {"", "query.q "},
    {"limit=51", "query.limit query.q "},
    {"q=a&limit=x", "query.limit "},
    {"q=a&limit=", "query.limit "},
    {"q=a&limit=1.5", "query.limit "},
    {"q=a&limit=\"1\"", "query.limit "},
    {"q=a&all=yes", "query.all "},
    {"q=a&q=b", "query.q "},
    {"q=%ff", "query.q query.q "},
    {"q=%0", "query.q query.q "},
    {"q=%00", "query.q query.q "},
    {"q=a&%ff=1", "query "},
};

static void test_read_parameters_of_a_query(void **state)
{
    char path[] = "/v1/items";
    struct svc_openapi_match match;

    (void)state;
    assert_int_equal(svc_openapi_match(&api, "GET", path, &match), SVC_OK);
    assert_int_equal(match.operation->parameter_count, 3);
    for (size_t i = 0; i < COUNT_OF(queries); i++) {
        struct svc_arena arena = {0};
        struct svc_problems problems = {.arena = &arena};
        const struct svc_json *values[3] = {0};
        char query[200];
        char found[500] = "";
        snprintf(
            query, sizeof query, "%s", queries[i].query != NULL ? queries[i].query : "");
        svc_openapi_read_parameters(
            &match, queries[i].query != NULL ? query : NULL, values, &problems);
        for (size_t at = 0; at < problems.count; at++) {
            size_t length = strlen(found);
            snprintf(
                found + length, sizeof found - length, "%s ", problems.list[at].pointer);
        }
        if (strcmp(found, queries[i].pointers) != 0) {
            fail_msg("%s: \"%s\" instead of \"%s\"", queries[i].query, found,
                queries[i].pointers);
        }
        svc_arena_done(&arena);
    }
}

static void test_read_parameters_are_decoded(void **state)
{
    char path[] = "/v1/items/%C3%B1%2f%20";
    char query[] = "limit=5&q=a+b%2Bc";
    struct svc_arena arena = {0};
    struct svc_problems problems = {.arena = &arena};
    struct svc_openapi_match match;
    const struct svc_json *values[3] = {0};
    int64_t limit = 0;

    (void)state;
    assert_int_equal(svc_openapi_match(&api, "GET", path, &match), SVC_OK);
    svc_openapi_read_parameters(&match, NULL, values, &problems);
    assert_int_equal(problems.count, 0);
    assert_true(svc_slice_equals(svc_json_text(values[0]), "ñ/ "));

    char list[] = "/v1/items";
    assert_int_equal(svc_openapi_match(&api, "GET", list, &match), SVC_OK);
    memset((void *)values, 0, sizeof values);
    svc_openapi_read_parameters(&match, query, values, &problems);
    assert_int_equal(problems.count, 0);
    assert_true(svc_json_to_int64(values[0], &limit));
    assert_int_equal(limit, 5);
    assert_true(svc_slice_equals(svc_json_text(values[1]), "a b+c"));
    assert_null(values[2]);
    svc_arena_done(&arena);
}

static void test_read_parameters_of_a_path(void **state)
{
    char path[] = "/v1/items/too-long";
    struct svc_arena arena = {0};
    struct svc_problems problems = {.arena = &arena};
    struct svc_openapi_match match;
    const struct svc_json *values[1] = {0};

    (void)state;
    assert_int_equal(svc_openapi_match(&api, "GET", path, &match), SVC_OK);
    svc_openapi_read_parameters(&match, NULL, values, &problems);
    assert_int_equal(problems.count, 1);
    assert_string_equal(problems.list[0].pointer, "path.id");
    svc_arena_done(&arena);
}

static void test_load_refuses_broken_documents(void **state)
{
    static const char *const broken[] = {"", "[]", "{}", "{\"paths\":[]}",
        "{\"paths\":{\"/a\":{\"get\":{}}}}",
        "{\"paths\":{\"/a\":{\"get\":{\"operationId\":\"x\",\"parameters\":[{}]}}}}",
        "{\"paths\":{\"/a\":{\"post\":{\"operationId\":\"x\",\"requestBody\":{}}}}}",
        "{\"paths\":{\"/1/2/3/4/5/6/7/8/9\":{\"get\":{\"operationId\":\"x\"}}}}"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(broken); i++) {
        struct svc_openapi other;
        char error[256] = "";
        struct svc_slice text = {broken[i], strlen(broken[i])};
        if (svc_openapi_load(&other, text, error)) {
            fail_msg("%s was taken", broken[i]);
        }
        assert_true(strlen(error) > 0);
        svc_openapi_done(&other);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_match),
        cmocka_unit_test(test_allowed),
        cmocka_unit_test(test_operations_are_as_the_contract_says),
        cmocka_unit_test(test_read_parameters_of_a_query),
        cmocka_unit_test(test_read_parameters_are_decoded),
        cmocka_unit_test(test_read_parameters_of_a_path),
        cmocka_unit_test(test_load_refuses_broken_documents),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
