#include "../../unit.h"

#include <svc/status.h>

static const struct {
    enum svc_status status;
    int http;
    const char *title;
} cases[] = {
    {SVC_OK, 200, "OK"},
    {SVC_MALFORMED, 400, "Malformed request"},
    {SVC_UNAUTHORIZED, 401, "Unauthorized"},
    {SVC_FORBIDDEN, 403, "Forbidden"},
    {SVC_NOT_FOUND, 404, "Not found"},
    {SVC_METHOD_NOT_ALLOWED, 405, "Method not allowed"},
    {SVC_CONFLICT, 409, "Conflict"},
    {SVC_TOO_LARGE, 413, "Request too large"},
    {SVC_UNSUPPORTED_MEDIA_TYPE, 415, "Unsupported media type"},
    {SVC_INVALID, 422, "Request breaks the contract"},
    {SVC_INTERNAL, 500, "Internal error"},
    {SVC_BAD_GATEWAY, 502, "A system behind this service failed"},
    {SVC_UNAVAILABLE, 503, "Service unavailable"},
    {SVC_TIMEOUT, 504, "A system behind this service did not answer in time"},
};

static void test_status_maps_to_http_and_title(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(svc_status_http(cases[i].status), cases[i].http);
        assert_string_equal(svc_status_title(cases[i].status), cases[i].title);
    }
}

/* A zeroed status must mean that nothing went wrong. */
static void test_status_ok_is_zero(void **state)
{
    (void)state;
    assert_int_equal(SVC_OK, 0);
}

static void test_status_every_one_has_a_case(void **state)
{
    (void)state;
#define X(code, http, title) +1
    size_t count = 0 SVC_STATUS_MAP(X);
#undef X
    assert_int_equal(COUNT_OF(cases), count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_status_maps_to_http_and_title),
        cmocka_unit_test(test_status_ok_is_zero),
        cmocka_unit_test(test_status_every_one_has_a_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
