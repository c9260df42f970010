#include "http_fixture.h"

#include <svc/client.h>
#include <svc/clock.h>
#include <svc/mem.h>
#include <svc/trace.h>

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

static struct svc_client *make_client(int size)
{
    struct svc_client_settings settings = {
        .size = size, .connect_timeout_ms = 1000, .user_agent = "test_client/1"};
    struct svc_client *client = NULL;
    struct svc_client_error error;

    assert_int_equal(svc_client_new(&settings, &client, &error), SVC_OK);
    return client;
}

/* Until this thread's next call. */
static const char *url_of(const char *path)
{
    static _Thread_local char url[256];

    snprintf(url, sizeof url, "http://127.0.0.1:%d%s", server_port, path);
    return url;
}

static struct svc_client_request get(const char *path)
{
    return (struct svc_client_request){
        .method = "GET", .url = url_of(path), .deadline_ms = 2000};
}

static void expect_failure(struct svc_client *client, struct svc_client_request request,
    enum svc_status status, bool sent)
{
    struct svc_client_reply reply = {0};
    struct svc_client_error error = {0};

    assert_int_equal(svc_client_call(client, &request, &reply, &error), status);
    assert_int_equal(error.status, status);
    assert_int_equal(error.sent, sent);
    assert_true(error.message[0] != '\0');
    assert_null(reply.body.bytes);
}

static void expect_success(struct svc_client *client, struct svc_client_request request,
    int http_status, struct svc_client_reply *reply)
{
    struct svc_client_error error = {0};

    if (svc_client_call(client, &request, reply, &error) != SVC_OK) {
        fail_msg("%s: %s", request.url, error.message);
    }
    assert_int_equal(reply->http_status, http_status);
}

static void test_call_gets(void **state)
{
    SVC_CLIENT_AUTO_REPLY struct svc_client_reply reply = {0};
    struct svc_client *client = make_client(1);

    (void)state;
    expect_success(client, get("/echo?q=1"), 200, &reply);
    const char *request = svc_buf_text(&reply.body);
    assert_non_null(strstr(request, "GET /echo?q=1 HTTP/1.1\r\n"));
    assert_non_null(strstr(request, "User-Agent: test_client/1\r\n"));
    assert_null(strstr(request, "Content-Type"));
    assert_null(strstr(request, "Content-Length"));
    assert_null(strstr(request, "traceparent"));
    assert_in_range(reply.elapsed_ms, 0, 1000);
    assert_in_range(reply.first_byte_ms, 0, reply.elapsed_ms + 1);
    expect_success(client, get("/not-found"), 404, &reply);
    assert_string_equal(svc_buf_text(&reply.body), "gone");
    assert_true(svc_slice_equals(svc_client_reply_header(&reply, "retry-after"), "7"));
    svc_client_free(&client);
    assert_null(client);
}

static void test_call_sends_a_body(void **state)
{
    static const char *const methods[] = {"POST", "PUT", "PATCH", "DELETE"};
    static const struct svc_client_header headers[] = {
        {"Content-Type", "application/json"}, {"X-Empty", ""}, {"X-Key", "a: b"}};
    static char large[40000];
    SVC_CLIENT_AUTO_REPLY struct svc_client_reply reply = {0};
    struct svc_client *client = make_client(1);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(methods); i++) {
        struct svc_client_request request = get("/echo");
        request.method = methods[i];
        request.headers = headers;
        request.header_count = COUNT_OF(headers);
        request.body = SVC_SLICE("{\"a\": 1}");
        expect_success(client, request, 200, &reply);
        const char *sent = svc_buf_text(&reply.body);
        assert_int_equal(strncmp(sent, methods[i], strlen(methods[i])), 0);
        assert_non_null(strstr(sent, "Content-Type: application/json\r\n"));
        assert_non_null(strstr(sent, "X-Empty:\r\n"));
        assert_non_null(strstr(sent, "X-Key: a: b\r\n"));
        assert_non_null(strstr(sent, "Content-Length: 8\r\n"));
        assert_non_null(strstr(sent, "\r\n\r\n{\"a\": 1}"));
        assert_null(strstr(sent, "Expect"));
    }
    memset(large, 'x', sizeof large);
    struct svc_client_request request = get("/echo");
    request.method = "POST";
    request.body = (struct svc_slice){large, sizeof large};
    expect_success(client, request, 200, &reply);
    assert_in_range(reply.body.length, sizeof large, sizeof large + 500);
    svc_client_free(&client);
}

static void test_call_sends_no_body(void **state)
{
    SVC_CLIENT_AUTO_REPLY struct svc_client_reply reply = {0};
    struct svc_client *client = make_client(1);
    struct svc_client_request request = get("/echo");

    (void)state;
    request.method = "POST";
    expect_success(client, request, 200, &reply);
    assert_non_null(strstr(svc_buf_text(&reply.body), "Content-Length: 0\r\n"));
    assert_null(strstr(svc_buf_text(&reply.body), "Content-Type"));
    request.method = "DELETE";
    expect_success(client, request, 200, &reply);
    assert_null(strstr(svc_buf_text(&reply.body), "Content-Length"));
    request = get("/no-body");
    request.method = "HEAD";
    expect_success(client, request, 200, &reply);
    assert_int_equal(reply.body.length, 0);
    assert_true(
        svc_slice_equals(svc_client_reply_header(&reply, "Content-Length"), "5000000"));
    svc_client_free(&client);
}

static void test_call_passes_the_trace_on(void **state)
{
    SVC_CLIENT_AUTO_REPLY struct svc_client_reply reply = {0};
    struct svc_client *client = make_client(1);
    struct svc_trace trace;
    char parent[SVC_TRACE_PARENT_SIZE];
    char line[SVC_TRACE_PARENT_SIZE + 32];

    (void)state;
    svc_trace_begin(
        &trace, SVC_SLICE("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
    svc_trace_set_current(&trace);
    expect_success(client, get("/echo"), 200, &reply);
    svc_trace_set_current(NULL);
    svc_trace_format(&trace, parent);
    snprintf(line, sizeof line, "traceparent: %s\r\n", parent);
    assert_non_null(strstr(svc_buf_text(&reply.body), line));
    expect_success(client, get("/echo"), 200, &reply);
    assert_null(strstr(svc_buf_text(&reply.body), "traceparent"));
    svc_client_free(&client);
}

static void test_call_reads_chunks(void **state)
{
    SVC_CLIENT_AUTO_REPLY struct svc_client_reply reply = {0};
    struct svc_client *client = make_client(1);

    (void)state;
    expect_success(client, get("/chunked"), 200, &reply);
    assert_string_equal(svc_buf_text(&reply.body), "hello world");
    assert_null(svc_client_reply_header(&reply, "Link").text);
    assert_true(svc_slice_equals(svc_client_reply_header(&reply, "X-Sum"), "11"));
    svc_client_free(&client);
}

static void test_reply_header_is_found(void **state)
{
    SVC_CLIENT_AUTO_REPLY struct svc_client_reply reply = {0};
    struct svc_client *client = make_client(1);

    (void)state;
    assert_null(svc_client_reply_header(&reply, "any").text);
    expect_success(client, get("/echo"), 200, &reply);
    assert_true(
        svc_slice_equals(svc_client_reply_header(&reply, "content-TYPE"), "text/plain"));
    assert_true(svc_slice_equals(svc_client_reply_header(&reply, "X-Empty"), ""));
    assert_null(svc_client_reply_header(&reply, "Content").text);
    assert_null(svc_client_reply_header(&reply, "").text);
    expect_success(client, get("/many-headers"), 200, &reply);
    assert_true(
        svc_slice_equals(svc_client_reply_header(&reply, "x-header-63"), "value 63"));
    assert_null(svc_client_reply_header(&reply, "x-header-64").text);
    assert_int_equal(reply.header_count, SVC_CLIENT_HEADERS_MAX);
    expect_success(client, get("/long-headers"), 200, &reply);
    assert_int_equal(svc_client_reply_header(&reply, "X-Long").length, 10000);
    assert_int_equal(reply.header_count, 3);
    assert_true(svc_slice_equals(svc_client_reply_header(&reply, "X-Short"), "1"));
    svc_client_free(&client);
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
        assert_in_range(svc_clock_monotonic_ms() - start_ms, 349, 450);
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
        assert_in_range(svc_clock_monotonic_ms() - start_ms, 199, 300);
    }
    int64_t start_ms = svc_clock_monotonic_ms();
    expect_failure(client, request, SVC_UNAVAILABLE, false);
    assert_in_range(svc_clock_monotonic_ms() - start_ms, 0, 50);
    expect_success(client, get("/echo"), 200, &reply);
    svc_client_free(&client);
    usleep(1500000); /* until the resolver's threads have ended */
}

static void test_call_follows_redirects_when_asked(void **state)
{
    SVC_CLIENT_AUTO_REPLY struct svc_client_reply reply = {0};
    struct svc_client *client = make_client(1);
    struct svc_client_request request = get("/redirect");

    (void)state;
    expect_success(client, request, 302, &reply);
    assert_true(svc_slice_equals(
        svc_client_reply_header(&reply, "Location"), "/echo?redirected"));
    assert_string_equal(svc_buf_text(&reply.body), "moved");
    request.redirects_max = 2;
    expect_success(client, request, 200, &reply);
    assert_non_null(strstr(svc_buf_text(&reply.body), "GET /echo?redirected"));
    assert_null(svc_client_reply_header(&reply, "Location").text);
    request.method = "POST";
    expect_success(client, request, 302, &reply);
    request = get("/redirect-for-ever");
    request.redirects_max = 2;
    expect_failure(client, request, SVC_BAD_GATEWAY, true);
    request = get("/redirect-to-file");
    request.redirects_max = 2;
    expect_failure(client, request, SVC_BAD_GATEWAY, true);
    svc_client_free(&client);
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

struct received {
    size_t length;
    int parts;
    enum svc_status answer;
};

static enum svc_status receive(
    void *context, const struct svc_client_reply *reply, struct svc_slice part)
{
    struct received *received = context;

    assert_int_equal(reply->http_status, 200);
    assert_non_null(svc_client_reply_header(reply, "Transfer-Encoding").text);
    received->length += part.length;
    received->parts++;
    return received->answer;
}

static void test_call_streams(void **state)
{
    SVC_CLIENT_AUTO_REPLY struct svc_client_reply reply = {0};
    struct svc_client *client = make_client(1);
    struct svc_client_request request = get("/chunked");
    struct received received = {0};

    (void)state;
    request.receive = receive;
    request.context = &received;
    expect_success(client, request, 200, &reply);
    assert_int_equal(received.length, 11);
    assert_int_equal(reply.body.length, 0);
    request.url = url_of("/endless-chunks");
    request.body_max = 300000;
    expect_failure(client, request, SVC_TOO_LARGE, true);
    assert_in_range(received.length, 200000, 300011);
    received = (struct received){.answer = SVC_CONFLICT};
    expect_failure(client, request, SVC_CONFLICT, true);
    assert_int_equal(received.parts, 1);
    svc_client_free(&client);
}

static void test_call_reuses_connections(void **state)
{
    SVC_CLIENT_AUTO_REPLY struct svc_client_reply reply = {0};
    struct svc_client *client = make_client(4);
    struct svc_client_request request = get("/echo");
    int before = atomic_load(&server_connections);

    (void)state;
    for (int i = 0; i < 20; i++) {
        expect_success(client, request, 200, &reply);
    }
    assert_int_equal(atomic_load(&server_connections) - before, 1);
    request.at_most_once = true;
    expect_success(client, request, 200, &reply);
    assert_int_equal(atomic_load(&server_connections) - before, 2);
    svc_client_free(&client);
}

/* A kept connection that ends with the request: libcurl repeats it unless told not to. */
static void test_call_happens_at_most_once(void **state)
{
    SVC_CLIENT_AUTO_REPLY struct svc_client_reply reply = {0};
    struct svc_client *client = make_client(1);
    struct svc_client_request request = get("/once");
    int before = atomic_load(&server_requests);

    (void)state;
    request.method = "POST";
    expect_success(client, request, 200, &reply);
    expect_success(client, request, 200, &reply);
    assert_int_equal(atomic_load(&server_requests) - before, 3);
    request.at_most_once = true;
    before = atomic_load(&server_requests);
    expect_success(client, request, 200, &reply);
    expect_success(client, request, 200, &reply);
    assert_int_equal(atomic_load(&server_requests) - before, 2);
    svc_client_free(&client);
}

/* With a server at TLS_URL whose certificate TLS_CA_FILE vouches for. */
static void test_call_verifies_the_certificate(void **state)
{
    SVC_CLIENT_AUTO_REPLY struct svc_client_reply reply = {0};
    struct svc_client_settings settings = {.size = 1,
        .connect_timeout_ms = 1000,
        .user_agent = "test_client/1",
        .ca_file = getenv("TLS_CA_FILE")};
    struct svc_client *trusting = NULL;
    struct svc_client_error error;

    (void)state;
    if (getenv("TLS_URL") == NULL || settings.ca_file == NULL) {
        print_message("TLS_URL or TLS_CA_FILE is not set\n");
        skip();
    }
    struct svc_client *client = make_client(1);
    struct svc_client_request request = get("/");
    request.url = getenv("TLS_URL");
    expect_failure(client, request, SVC_BAD_GATEWAY, false);
    svc_client_free(&client);
    assert_int_equal(svc_client_new(&settings, &trusting, &error), SVC_OK);
    expect_success(trusting, request, 200, &reply);
    svc_client_free(&trusting);
    settings.ca_file = "/no/such/file";
    assert_int_equal(svc_client_new(&settings, &trusting, &error), SVC_OK);
    expect_failure(trusting, request, SVC_INTERNAL, false);
    svc_client_free(&trusting);
}

#define THREADS 8
#define CALLS 100

static void *call_often(void *argument)
{
    SVC_CLIENT_AUTO_REPLY struct svc_client_reply reply = {0};
    struct svc_client *client = argument;
    intptr_t wrong = 0;

    for (int i = 0; i < CALLS; i++) {
        char path[32];
        struct svc_client_error error;
        snprintf(path, sizeof path, "/echo?i=%d ", i);
        path[strlen(path) - 1] = '\0';
        struct svc_client_request request = get(path);
        enum svc_status status = svc_client_call(client, &request, &reply, &error);
        wrong += status != SVC_OK || strstr(svc_buf_text(&reply.body), path) == NULL;
    }
    return (void *)wrong;
}

static void test_call_serves_many_threads(void **state)
{
    struct svc_client *client = make_client(4);
    pthread_t threads[THREADS];
    int before = atomic_load(&server_connections);

    (void)state;
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, call_often, client), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        void *wrong = NULL;
        pthread_join(threads[i], &wrong);
        assert_null(wrong);
    }
    assert_in_range(atomic_load(&server_connections) - before, 1, 4);
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
    assert_in_range(svc_clock_monotonic_ms() - start_ms, 149, 250);
    void *status = NULL;
    pthread_join(thread, &status);
    assert_int_equal((intptr_t)status, SVC_TIMEOUT);
    svc_client_free(&client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_call_gets),
        cmocka_unit_test(test_call_sends_a_body),
        cmocka_unit_test(test_call_sends_no_body),
        cmocka_unit_test(test_call_passes_the_trace_on),
        cmocka_unit_test(test_call_reads_chunks),
        cmocka_unit_test(test_reply_header_is_found),
        cmocka_unit_test(test_call_keeps_its_deadline),
        cmocka_unit_test(test_call_limits_the_body),
        cmocka_unit_test(test_call_reports_a_broken_answer),
        cmocka_unit_test(test_call_reports_no_connection),
        cmocka_unit_test(test_call_does_not_wait_for_the_resolver),
        cmocka_unit_test(test_call_follows_redirects_when_asked),
        cmocka_unit_test(test_call_refuses_bad_requests),
        cmocka_unit_test(test_call_streams),
        cmocka_unit_test(test_call_reuses_connections),
        cmocka_unit_test(test_call_happens_at_most_once),
        cmocka_unit_test(test_call_verifies_the_certificate),
        cmocka_unit_test(test_call_serves_many_threads),
        cmocka_unit_test(test_call_gives_up_when_all_are_taken),
    };

    setenv("no_proxy", "*", 1);
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
