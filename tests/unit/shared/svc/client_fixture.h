/* What the tests of client share. */
#ifndef CLIENT_FIXTURE_H
#define CLIENT_FIXTURE_H

#include "http_fixture.h"

#include <svc/client.h>
#include <svc/clock.h>

/* What a call may take longer than it should, on a busy machine. */
#define SLACK_MS 300

static inline struct svc_client *make_client(int size)
{
    struct svc_client_settings settings = {
        .size = size, .connect_timeout_ms = 1000, .user_agent = "test_client/1"};
    struct svc_client *client = NULL;
    struct svc_client_error error;

    assert_int_equal(svc_client_new(&settings, &client, &error), SVC_OK);
    return client;
}

/* Until this thread's next call. */
static inline const char *url_of(const char *path)
{
    static _Thread_local char url[256];

    snprintf(url, sizeof url, "http://127.0.0.1:%d%s", server_port, path);
    return url;
}

static inline struct svc_client_request get(const char *path)
{
    return (struct svc_client_request){
        .method = "GET", .url = url_of(path), .deadline_ms = 2000};
}

static inline void expect_failure(struct svc_client *client,
    struct svc_client_request request, enum svc_status status, bool sent)
{
    struct svc_client_reply reply = {0};
    struct svc_client_error error = {0};

    assert_int_equal(svc_client_call(client, &request, &reply, &error), status);
    assert_int_equal(error.status, status);
    assert_int_equal(error.sent, sent);
    assert_true(error.message[0] != '\0');
    assert_null(reply.body.bytes);
}

static inline void expect_success(struct svc_client *client,
    struct svc_client_request request, int http_status, struct svc_client_reply *reply)
{
    struct svc_client_error error = {0};

    if (svc_client_call(client, &request, reply, &error) != SVC_OK) {
        fail_msg("%s: %s", request.url, error.message);
    }
    assert_int_equal(reply->http_status, http_status);
}

#endif
