#include "client_fixture.h"

#include <svc/client_async.h>

#include <pthread.h>
#include <stdatomic.h>

#define MANY 60

static atomic_int ended_count;
static atomic_int statuses[16];
static atomic_int bodies;

static void count_end(void *context, enum svc_status status,
    const struct svc_client_reply *reply, const struct svc_client_error *error)
{
    (void)context;
    if (status == SVC_OK && reply->http_status == 200 && reply->body.length > 0) {
        atomic_fetch_add(&bodies, 1);
    }
    if (status != SVC_OK && error->message[0] == '\0') {
        status = SVC_OK; /* which no test below expects of a failure */
    }
    atomic_fetch_add(&statuses[status], 1);
    atomic_fetch_add(&ended_count, 1);
}

static struct svc_client_async *make(int64_t size)
{
    struct svc_client_async *client = NULL;
    struct svc_client_error error;
    struct svc_client_settings settings = {
        .size = size, .connect_timeout_ms = 1000, .user_agent = "test/1"};

    atomic_store(&ended_count, 0);
    atomic_store(&bodies, 0);
    for (size_t i = 0; i < COUNT_OF(statuses); i++) {
        atomic_store(&statuses[i], 0);
    }
    assert_int_equal(svc_client_async_new(&settings, &client, &error), SVC_OK);
    return client;
}

static void start(
    struct svc_client_async *client, const struct svc_client_request *request)
{
    struct svc_client_error error;

    assert_int_equal(
        svc_client_async_start(client, request, count_end, NULL, &error), SVC_OK);
}

static void wait_for(int count)
{
    for (int i = 0; i < 5000 && atomic_load(&ended_count) < count; i++) {
        usleep(1000);
    }
    assert_int_equal(atomic_load(&ended_count), count);
}

static void test_start_carries_many(void **state)
{
    struct svc_client_async *client = make(MANY);
    struct svc_client_request request = get("/echo");
    struct svc_client_request silent = get("/never");
    char url[256];

    (void)state;
    snprintf(url, sizeof url, "%s", get("/echo").url);
    request.url = url;
    silent.url = url_of("/never");
    silent.deadline_ms = 300;
    int64_t start_ms = svc_clock_monotonic_ms();
    for (int i = 0; i < MANY; i++) {
        start(client, i % 2 == 0 ? &request : &silent);
    }
    wait_for(MANY);
    assert_in_range(svc_clock_monotonic_ms() - start_ms, 299, 300 + SLACK_MS);
    assert_int_equal(atomic_load(&statuses[SVC_OK]), MANY / 2);
    assert_int_equal(atomic_load(&bodies), MANY / 2);
    assert_int_equal(atomic_load(&statuses[SVC_TIMEOUT]), MANY / 2);
    svc_client_async_free(&client);
}

static void test_start_cuts_a_trickle(void **state)
{
    struct svc_client_async *client = make(1);
    struct svc_client_request request = get("/trickle");

    (void)state;
    request.deadline_ms = 250;
    int64_t start_ms = svc_clock_monotonic_ms();
    start(client, &request);
    wait_for(1);
    assert_in_range(svc_clock_monotonic_ms() - start_ms, 249, 250 + SLACK_MS);
    assert_int_equal(atomic_load(&statuses[SVC_TIMEOUT]), 1);
    svc_client_async_free(&client);
}

static void test_start_reports_failures(void **state)
{
    static const char *const paths[] = {"/reset", "/cut-off", "/nothing", "/garbage"};
    struct svc_client_async *client = make(1);
    struct svc_client_error error;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        struct svc_client_request request = get(paths[i]);
        start(client, &request);
        wait_for((int)i + 1);
    }
    assert_int_equal(atomic_load(&statuses[SVC_BAD_GATEWAY]), COUNT_OF(paths));
    struct svc_client_request wrong = {
        .method = "GET", .url = "ftp://x", .deadline_ms = 9};
    assert_int_equal(
        svc_client_async_start(client, &wrong, count_end, NULL, &error), SVC_INVALID);
    svc_client_async_free(&client);
}

static void test_start_refuses_beyond_its_size(void **state)
{
    struct svc_client_async *client = make(2);
    struct svc_client_request request = get("/never");
    struct svc_client_error error;

    (void)state;
    start(client, &request);
    start(client, &request);
    assert_int_equal(svc_client_async_start(client, &request, count_end, NULL, &error),
        SVC_UNAVAILABLE);
    svc_client_async_free(&client);
    assert_int_equal(atomic_load(&ended_count), 2);
    assert_int_equal(atomic_load(&statuses[SVC_UNAVAILABLE]), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_start_carries_many),
        cmocka_unit_test(test_start_cuts_a_trickle),
        cmocka_unit_test(test_start_reports_failures),
        cmocka_unit_test(test_start_refuses_beyond_its_size),
    };

    setenv("no_proxy", "*", 1);
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
