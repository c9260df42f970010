/* From a request's bytes to its answer. */
#include "app_private.h"

#include "clock.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* What one call may cost: the bytes of its answer, and of what is made on the way to it.
 * A body within its own limit can still ask for much, an array of many such bodies for
 * more. */
#define ANSWER_MAX ((size_t)16 * 1024 * 1024)
#define MEMORY_MAX ((size_t)64 * 1024 * 1024)
/* A thread gives back what it needed beyond this as soon as it's done. */
#define MEMORY_KEPT ((size_t)1024 * 1024)
/* What most answers fit in, so that their buffer doesn't have to grow step by step. */
#define ANSWER_USUAL ((size_t)2000)

struct call {
    struct svc_app_state *state;
    struct svc_http_exchange *exchange;
    struct svc_arena *arena;
    struct svc_trace trace;
    struct svc_openapi_match match;
    char *query;
    const struct svc_json **parameters;
    struct svc_bodies bodies;
    size_t escapes_replaced;
    struct svc_problems problems;
    const char *detail;
    int http_status; /* of the answer, where a handler chose one; else 0 */
};

/* One arena a thread, so that a request asks the system for no memory in the usual case.
 * It ends with its thread, which in the mode of a thread a connection is often. */
static pthread_key_t arena_key;
static pthread_once_t arena_once = PTHREAD_ONCE_INIT;

static void end_arena(void *arena)
{
    svc_arena_done(arena);
    free(arena);
}

static void make_arena_key(void)
{
    if (pthread_key_create(&arena_key, end_arena) != 0) {
        abort();
    }
}

static struct svc_arena *thread_arena(void)
{
    pthread_once(&arena_once, make_arena_key);
    struct svc_arena *arena = pthread_getspecific(arena_key);
    if (arena == NULL) {
        arena = svc_alloc_zero(1, sizeof *arena);
        pthread_setspecific(arena_key, arena);
    }
    svc_arena_reset(arena);
    return arena;
}

struct svc_app_state *svc_app_state_of(const struct svc_request *request)
{
    return (struct svc_app_state *)(void *)((char *)request->runtime -
                                            offsetof(struct svc_app_state, runtime));
}

struct svc_slice svc_request_header(const struct svc_request *request, const char *name)
{
    return svc_http_header(request->exchange, name);
}

bool svc_request_is_abandoned(const struct svc_request *request)
{
    return svc_http_is_abandoned(request->exchange);
}

const struct svc_json *svc_request_parameter(
    const struct svc_request *request, const char *name)
{
    for (size_t i = 0; i < request->operation->parameter_count; i++) {
        if (strcmp(request->operation->parameters[i].name, name) == 0) {
            return request->parameters[i];
        }
    }
    return NULL;
}

void svc_reply_header(
    const struct svc_request *request, const char *name, const char *value)
{
    struct svc_http_exchange *exchange = (struct svc_http_exchange *)request->exchange;

    if (exchange->field_count < SVC_HTTP_HEADERS_MAX) {
        exchange->fields[exchange->field_count++] = (struct svc_http_field){name, value};
    }
}

struct svc_slice svc_request_idempotency_key(const struct svc_request *request)
{
    return svc_request_header(request, "Idempotency-Key");
}

static enum svc_status fail(struct call *call, enum svc_status status, const char *detail)
{
    call->detail = detail;
    return status;
}

static enum svc_status find_operation(struct call *call)
{
    const char *target = call->exchange->target;
    char *path = svc_arena_strndup(call->arena, target, strlen(target));
    char *query = strchr(path, '?');

    if (query != NULL) {
        *query = '\0';
        call->query = query + 1;
    }
    enum svc_status status =
        svc_openapi_match(&call->state->api, call->exchange->method, path, &call->match);
    if (status == SVC_METHOD_NOT_ALLOWED) {
        struct svc_buf allowed;
        svc_buf_init(&allowed, 64);
        path = svc_arena_strndup(call->arena, target, strcspn(target, "?"));
        svc_openapi_allowed(&call->state->api, path, &allowed);
        call->exchange->allow =
            svc_arena_strndup(call->arena, svc_buf_text(&allowed), allowed.length);
        svc_buf_done(&allowed);
        return fail(call, status, "see the Allow header for what this path takes");
    }
    return status == SVC_OK ? SVC_OK : fail(call, status, "there is no such path");
}

/* RFC 6750, in constant time. */
static enum svc_status authenticate(struct call *call)
{
    static const char scheme[] = "Bearer ";
    const char *token = call->state->settings.service_token;

    if (token == NULL || !call->match.operation->secured) {
        return SVC_OK;
    }
    struct svc_slice header = svc_http_header(call->exchange, "Authorization");
    size_t length = strlen(token);
    if (header.text != NULL && header.length == length + sizeof scheme - 1 &&
        strncasecmp(header.text, scheme, sizeof scheme - 1) == 0 &&
        svc_text_equals_secret(header.text + sizeof scheme - 1, token, length)) {
        return SVC_OK;
    }
    return fail(call, SVC_UNAUTHORIZED,
        header.text == NULL
            ? "the header Authorization: Bearer <SERVICE_TOKEN> is missing"
            : "the bearer token is not the service's");
}

static enum svc_status read_parameters(struct call *call)
{
    const struct svc_operation *operation = call->match.operation;

    call->parameters = svc_arena_alloc(
        call->arena, operation->parameter_count * sizeof *call->parameters);
    svc_openapi_read_parameters(
        &call->match, call->query, call->parameters, &call->problems);
    return call->problems.count > 0
               ? fail(call, SVC_MALFORMED, "the path or the query breaks the contract")
               : SVC_OK;
}

static enum svc_status read_json(struct call *call, const struct svc_json **ret_whole)
{
    const struct svc_common_settings *settings = &call->state->settings;
    struct svc_slice bytes = call->exchange->body;
    struct svc_json_limits limits = {
        .depth = (size_t)settings->json_depth_max,
        .values = (size_t)settings->json_values_max,
    };
    struct svc_json_error error = {0};

    *ret_whole = svc_json_read(
        call->arena, bytes.text, bytes.length, &limits, &call->escapes_replaced, &error);
    if (*ret_whole != NULL) {
        return SVC_OK;
    }
    struct svc_buf text;
    svc_buf_init(&text, 200);
    svc_buf_printf(&text, "byte %zu: %s", error.offset, error.reason);
    svc_problems_add_at(&call->problems, "", svc_buf_text(&text));
    svc_buf_done(&text);
    return fail(call, error.status,
        error.status == SVC_TOO_LARGE ? "the body is over a limit of this service"
                                      : "the body is not JSON");
}

static enum svc_status read_body(struct call *call)
{
    const struct svc_operation *operation = call->match.operation;
    const struct svc_json *whole = NULL;

    if (operation->body == NULL) {
        return SVC_OK;
    }
    if (call->exchange->body_too_large) {
        return fail(call, SVC_TOO_LARGE, "the body is larger than BODY_LIMIT_BYTES");
    }
    if (call->exchange->body.length == 0) {
        return operation->body_required ? fail(call, SVC_MALFORMED, "the body is missing")
                                        : SVC_OK;
    }
    enum svc_status status = read_json(call, &whole);
    if (status != SVC_OK) {
        return status;
    }
    svc_bodies_unwrap(call->arena, operation, whole, &call->bodies);
    for (size_t i = 0; i < call->bodies.count; i++) {
        struct svc_body *body = &call->bodies.list[i];
        const struct svc_place *place =
            body->item != NULL ? &body->place : body->place.parent;
        svc_schema_check(operation->body, body->value, place, &call->problems);
    }
    return call->problems.count > 0
               ? fail(call, SVC_INVALID, "the body breaks the contract")
               : SVC_OK;
}

/* Runs the handler for one body; a failure takes back what it wrote. */
static enum svc_status handle(
    struct call *call, const struct svc_body *body, struct svc_reply *reply)
{
    struct svc_slice raw = call->bodies.array || (body != NULL && body->item != NULL)
                               ? (struct svc_slice){0}
                               : call->exchange->body;
    struct svc_request request = {
        .operation = call->match.operation,
        .body = body != NULL ? body->value : NULL,
        .raw_body = raw,
        .item = body != NULL ? body->item : NULL,
        .element = body != NULL ? body->outer.index : 0,
        .parameters = call->parameters,
        .escapes_replaced = call->escapes_replaced,
        .arena = call->arena,
        .trace = &call->trace,
        .runtime = &call->state->runtime,
        .exchange = call->exchange,
    };
    struct svc_buf *answer = &call->exchange->answer;
    size_t before = answer->length;
    bool comma = reply->json.needs_comma;
    enum svc_status status =
        call->state->handlers[call->match.operation->index](&request, reply);

    if (status == SVC_OK && answer->overflow) {
        status = SVC_TOO_LARGE;
        reply->detail = "the answer would be larger than 16 MiB";
    }
    if (status != SVC_OK && !reply->own_body) {
        answer->length = before;
        answer->overflow = false;
        reply->json.needs_comma = comma;
    }
    return status;
}

/* Each element is answered in its place, a failed one with its problem; the status is the
 * first failure's, so that n8n tries again and idempotency keeps what went well. */
static enum svc_status handle_array(struct call *call, struct svc_reply *reply)
{
    enum svc_status result = SVC_OK;

    svc_json_write_array_begin(&reply->json);
    for (size_t i = 0; i < call->bodies.count; i++) {
        if (call->arena->total > MEMORY_MAX ||
            call->exchange->answer.length > ANSWER_MAX / 2) {
            return fail(call, SVC_TOO_LARGE, "the array as a whole asks for too much");
        }
        enum svc_status status = handle(call, &call->bodies.list[i], reply);
        if (status != SVC_OK) {
            svc_problem_write(&reply->json, status, reply->detail, reply->problems);
            call->problems.count = 0;
        }
        result = result == SVC_OK ? status : result;
    }
    svc_json_write_array_end(&reply->json);
    return result;
}

static void write_problem(struct call *call, enum svc_status status)
{
    struct svc_json_writer writer;

    svc_buf_clear(&call->exchange->answer);
    svc_json_write_init(&writer, &call->exchange->answer);
    svc_problem_write(&writer, status, call->detail, &call->problems);
    call->exchange->content_type = "application/problem+json; charset=utf-8";
}

static enum svc_status answer(struct call *call)
{
    struct svc_reply reply = {
        .problems = &call->problems, .content_type = "application/json; charset=utf-8"};

    svc_json_write_init(&reply.json, &call->exchange->answer);
    if (call->bodies.array) {
        call->exchange->content_type = reply.content_type;
        enum svc_status result = handle_array(call, &reply);
        if (call->detail != NULL) {
            write_problem(call, result);
        }
        return result;
    }
    enum svc_status status =
        handle(call, call->bodies.count > 0 ? call->bodies.list : NULL, &reply);
    if (status != SVC_OK && !reply.own_body) {
        call->detail = reply.detail;
        write_problem(call, status);
        return status;
    }
    call->exchange->content_type = reply.content_type;
    call->exchange->stream = reply.stream;
    call->http_status = reply.http_status;
    return status;
}

static enum svc_status run(struct call *call)
{
    static enum svc_status (*const steps[])(struct call *) = {
        find_operation, authenticate, read_parameters, read_body};

    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        enum svc_status status = steps[i](call);
        if (status != SVC_OK) {
            write_problem(call, status);
            return status;
        }
    }
    return answer(call);
}

/* Private, since a caller may have used a phone number as a name. */
static struct svc_slice first_pointer(const struct call *call)
{
    const char *pointer =
        call->problems.count > 0 ? call->problems.list[0].pointer : NULL;

    return (struct svc_slice){pointer, pointer != NULL ? strlen(pointer) : 0};
}

static void log_request(const struct call *call, enum svc_status status, int64_t took_ns)
{
    enum svc_log_level level = SVC_LOG_DEBUG;

    if (svc_status_http(status) >= 500) {
        level = SVC_LOG_ERROR;
    } else if (status != SVC_OK) {
        level = SVC_LOG_INFO;
    }
    if (!svc_log_is_on(level)) {
        return;
    }
    const struct svc_operation *operation = call->match.operation;
    svc_log(level, "request", SVC_TEXT("method", call->exchange->method),
        SVC_TEXT("route", operation != NULL ? operation->path : NULL),
        SVC_INT("status", svc_status_http(status)), SVC_INT("took_us", took_ns / 1000),
        SVC_TEXT("detail", call->detail), SVC_PRIVATE("pointer", first_pointer(call)),
        SVC_TEXT(
            "fault", call->problems.count > 0 ? call->problems.list[0].detail : NULL));
}

void svc_dispatch(void *state, struct svc_http_exchange *exchange)
{
    int64_t start_ns = svc_clock_monotonic_ns();
    struct call call = {.state = state, .exchange = exchange, .arena = thread_arena()};

    call.problems.arena = call.arena;
    svc_trace_begin(&call.trace, svc_http_header(exchange, "traceparent"));
    svc_trace_set_current(&call.trace);
    svc_buf_init(&exchange->answer, ANSWER_MAX);
    (void)svc_buf_reserve(&exchange->answer, ANSWER_USUAL);
    enum svc_status status = run(&call);
    exchange->status = call.http_status != 0 ? call.http_status : svc_status_http(status);
    exchange->authenticate = status == SVC_UNAUTHORIZED;
    exchange->close = atomic_load_explicit(&call.state->stopping, memory_order_relaxed);

    int64_t took_ns = svc_clock_monotonic_ns() - start_ns;
    svc_metrics_request(
        call.state->runtime.metrics, call.match.operation, status, took_ns);
    log_request(&call, status, took_ns);
    svc_trace_set_current(NULL);
    if (call.arena->total > MEMORY_KEPT && exchange->allow == NULL &&
        exchange->field_count == 0) {
        svc_arena_reset(call.arena); /* nothing of the answer is in it */
    }
}
