#include "client_fixture.h"

#include <svc/trace.h>

#define THREADS 8
#define CALLS 100

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_call_gets),
        cmocka_unit_test(test_call_sends_a_body),
        cmocka_unit_test(test_call_sends_no_body),
        cmocka_unit_test(test_call_passes_the_trace_on),
        cmocka_unit_test(test_call_reads_chunks),
        cmocka_unit_test(test_reply_header_is_found),
        cmocka_unit_test(test_call_follows_redirects_when_asked),
        cmocka_unit_test(test_call_streams),
        cmocka_unit_test(test_call_reuses_connections),
        cmocka_unit_test(test_call_happens_at_most_once),
        cmocka_unit_test(test_call_verifies_the_certificate),
        cmocka_unit_test(test_call_serves_many_threads),
    };

    setenv("no_proxy", "*", 1);
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
