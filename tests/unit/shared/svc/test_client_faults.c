#include "client_fixture.h"

#include <dlfcn.h>
#include <netdb.h>

/* In front of the C library's: a resolver that is slow for one name and lacks another. */
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
    struct addrinfo **found)
{
    int (*next)(const char *, const char *, const struct addrinfo *, struct addrinfo **);

    *(void **)&next = dlsym(RTLD_NEXT, "getaddrinfo");
    if (node != NULL && strcmp(node, "slow.test") == 0) {
        usleep(1500000);
        return EAI_AGAIN;
    }
    if (node != NULL && strcmp(node, "missing.test") == 0) {
        return EAI_NONAME;
    }
    return next(node, service, hints, found);
}

static void test_call_keeps_its_deadline(void **state)
{
    static const char *const paths[] = {"/slow-headers", "/trickle", "/never"};
    SVC_CLIENT_AUTO_REPLY struct svc_client_reply reply = {0};
    struct svc_client *client = make_client(1);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        struct svc_client_request request = get(paths[i]);
        request.deadline_ms = 350;
        int64_t start_ms = svc_clock_monotonic_ms();
        expect_failure(client, request, SVC_TIMEOUT, true);
        assert_in_range(svc_clock_monotonic_ms() - start_ms, 349, 350 + SLACK_MS);
    }
    expect_success(client, get("/echo"), 200, &reply);
    svc_client_free(&client);
}

static void test_call_limits_the_body(void **state)
{
    SVC_CLIENT_AUTO_REPLY struct svc_client_reply reply = {0};
    struct svc_client *client = make_client(1);

    (void)state;
    expect_failure(client, get("/no-body"), SVC_TOO_LARGE, true);
    expect_failure(client, get("/endless-chunks"), SVC_TOO_LARGE, true);
    struct svc_client_request request = get("/chunked");
    request.body_max = 10;
    expect_failure(client, request, SVC_TOO_LARGE, true);
    request.body_max = 11;
    expect_success(client, request, 200, &reply);
    expect_failure(client, get("/endless-headers"), SVC_BAD_GATEWAY, true);
    svc_client_free(&client);
}

static void test_call_reports_a_broken_answer(void **state)
{
    static const char *const paths[] = {"/reset", "/cut-off", "/nothing", "/garbage"};
    SVC_CLIENT_AUTO_REPLY struct svc_client_reply reply = {0};
    struct svc_client *client = make_client(1);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        expect_failure(client, get(paths[i]), SVC_BAD_GATEWAY, true);
        expect_success(client, get("/echo"), 200, &reply);
    }
    svc_client_free(&client);
}

static void test_call_reports_no_connection(void **state)
{
    SVC_CLIENT_AUTO_REPLY struct svc_client_reply reply = {0};
    struct svc_client *client = make_client(1);
    struct svc_client_request request = get("/echo");
    char url[64];
    int port = 0;

    (void)state;
    expect_success(client, request, 200, &reply);
    close(listen_on_free_port(&port));
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", port);
    request.url = url;
    expect_failure(client, request, SVC_UNAVAILABLE, false);
    request.url = "http://missing.test/";
    expect_failure(client, request, SVC_UNAVAILABLE, false);
    svc_client_free(&client);
}

static void test_call_does_not_wait_for_the_resolver(void **state)
{
    SVC_CLIENT_AUTO_REPLY struct svc_client_reply reply = {0};
    struct svc_client *client = make_client(1);
    struct svc_client_request request = get("/");

    (void)state;
    request.url = "http://slow.test/";
    request.deadline_ms = 200;
    for (int i = 0; i < 2; i++) {
        int64_t start_ms = svc_clock_monotonic_ms();
        expect_failure(client, request, SVC_TIMEOUT, false);
        assert_in_range(svc_clock_monotonic_ms() - start_ms, 199, 200 + SLACK_MS);
    }
    int64_t start_ms = svc_clock_monotonic_ms();
    expect_failure(client, request, SVC_UNAVAILABLE, false);
    assert_in_range(svc_clock_monotonic_ms() - start_ms, 0, 150);
    expect_success(client, get("/echo"), 200, &reply);
    svc_client_free(&client);
    usleep(1500000); /* until the resolver's threads have ended */
}

static void test_call_refuses_bad_requests(void **state)
{
    static const char *const urls[] = {NULL, "", "127.0.0.1/x", "ftp://127.0.0.1/",
        "file:///etc/passwd", "http://a b/", "http://127.0.0.1/\r\nX: y", "http://",
        "http://[::1", "http://127.0.0.1:99999/"};
    static const char *const methods[] = {NULL, "", "get", "GET / HTTP/1.1\r\n", "GÉT"};
    static const struct svc_client_header bad[] = {{"", "x"}, {"A B", "x"}, {"A:", "x"},
        {"A;", "x"}, {"A\n", "x"}, {"A", "x\r\nB: y"}, {"A", NULL}, {NULL, "x"}};
    struct svc_client *client = make_client(1);
    int before = atomic_load(&server_requests);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(urls); i++) {
        struct svc_client_request request = get("/echo");
        request.url = urls[i];
        expect_failure(client, request, SVC_INVALID, false);
    }
    for (size_t i = 0; i < COUNT_OF(methods); i++) {
        struct svc_client_request request = get("/echo");
        request.method = methods[i];
        expect_failure(client, request, SVC_INVALID, false);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct svc_client_request request = get("/echo");
        request.headers = &bad[i];
        request.header_count = 1;
        expect_failure(client, request, SVC_INVALID, false);
    }
    struct svc_client_request request = get("/echo");
    request.deadline_ms = 0;
    expect_failure(client, request, SVC_INVALID, false);
    assert_int_equal(atomic_load(&server_requests), before);
    svc_client_free(&client);
}

static void *call_never(void *argument)
{
    struct svc_client_request request = get("/never");
    struct svc_client_reply reply = {0};
    struct svc_client_error error;

    request.deadline_ms = 600;
    return (void *)(intptr_t)svc_client_call(argument, &request, &reply, &error);
}

static void test_call_gives_up_when_all_are_taken(void **state)
{
    struct svc_client *client = make_client(1);
    struct svc_client_request request = get("/echo");
    pthread_t thread;
    int before = atomic_load(&server_requests);

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, call_never, client), 0);
    while (atomic_load(&server_requests) == before) {
        usleep(1000);
    }
    request.deadline_ms = 150;
    int64_t start_ms = svc_clock_monotonic_ms();
    expect_failure(client, request, SVC_UNAVAILABLE, false);
    assert_in_range(svc_clock_monotonic_ms() - start_ms, 149, 150 + SLACK_MS);
    void *status = NULL;
    pthread_join(thread, &status);
    assert_int_equal((intptr_t)status, SVC_TIMEOUT);
    svc_client_free(&client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_call_keeps_its_deadline),
        cmocka_unit_test(test_call_limits_the_body),
        cmocka_unit_test(test_call_reports_a_broken_answer),
        cmocka_unit_test(test_call_reports_no_connection),
        cmocka_unit_test(test_call_does_not_wait_for_the_resolver),
        cmocka_unit_test(test_call_refuses_bad_requests),
        cmocka_unit_test(test_call_gives_up_when_all_are_taken),
    };

    setenv("no_proxy", "*", 1);
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
