#include "routes.h"

#include <svc/clock.h>
#include <svc/random.h>

#include <string.h>

struct manager *routes_manager(const struct svc_request *request)
{
    return request->runtime->state;
}

struct svc_slice routes_text(const struct svc_request *request, const char *name)
{
    return svc_json_get_text(request->body, name);
}

int64_t routes_int(const struct svc_request *request, const char *name, int64_t fallback)
{
    int64_t number = 0;

    return svc_json_to_int64(svc_json_get(request->body, name), &number) ? number
                                                                         : fallback;
}

const struct store_profile *routes_profile(
    const struct svc_request *request, const struct svc_json *object)
{
    struct store_profile *profile = svc_arena_alloc(request->arena, sizeof *profile);

    *profile = (struct store_profile){
        .name = svc_json_get_text(object, "name"),
        .username = svc_json_get_text(object, "username"),
        .locale = svc_json_get_text(object, "locale"),
        .wa_id = svc_json_get_text(object, "wa_id"),
        .user_id = svc_json_get_text(object, "user_id"),
        .parent_user_id = svc_json_get_text(object, "parent_user_id"),
    };
    return svc_json_is(object, SVC_JSON_OBJECT) ? profile : NULL;
}

const char *routes_write_token(const struct svc_request *request)
{
    struct svc_slice key = svc_request_idempotency_key(request);
    char *token = svc_arena_alloc(request->arena, SESSION_WRITE_SIZE);
    uint8_t random[(SESSION_WRITE_SIZE - 1) / 2];

    if (key.length > 0) {
        /* Each body of an array is a write of its own. */
        char element[24];
        struct svc_buf text;
        svc_buf_init(&text, 4096);
        svc_buf_add(&text, key.text, key.length < 2048 ? key.length : 2048);
        svc_buf_add_char(&text, '\0');
        svc_buf_add(
            &text, element, svc_text_put_int64(element, (int64_t)request->element));
        session_write_token((struct svc_slice){text.bytes, text.length}, token);
        svc_buf_done(&text);
        return token;
    }
    svc_random_fast(random, sizeof random);
    svc_text_to_hex(random, sizeof random, token);
    return token;
}

/* "5" or W/"5", which means the same here, or 5 as people write it; * is any. */
static bool read_if_match(struct svc_slice header, int64_t *ret_version)
{
    bool weak = header.length > 2 && memcmp(header.text, "W/", 2) == 0;

    if (weak) {
        header.text += 2;
        header.length -= 2;
    }
    bool quoted = header.length > 2 && header.text[0] == '"' &&
                  header.text[header.length - 1] == '"';
    if (quoted) {
        header.text++;
        header.length -= 2;
    }
    if (weak && !quoted) {
        return false;
    }
    if (!quoted && header.length == 1 && header.text[0] == '*') {
        *ret_version = 0;
        return true;
    }
    return header.length > 0 && header.length <= 18 && header.text[0] != '0' &&
           svc_text_to_int64(header, ret_version) && *ret_version > 0;
}

bool routes_if_version(
    const struct svc_request *request, struct svc_reply *reply, int64_t *ret_version)
{
    struct svc_slice header = svc_request_header(request, "If-Match");

    *ret_version = routes_int(request, "version", 0);
    if (header.text == NULL) {
        return true;
    }
    if (!read_if_match(header, ret_version)) {
        reply->detail = "the header If-Match must be a session's version, as in \"5\"";
        return false;
    }
    return true;
}

void routes_write_session(
    struct svc_json_writer *writer, const struct store_record *record, bool created)
{
    static const char *const sources[] = {
        [STORE_MEMORY] = "memory",
        [STORE_REDIS] = "redis",
        [STORE_POSTGRES] = "postgres",
    };
    char expires[SVC_CLOCK_TEXT_SIZE];
    int64_t left_ms = record->expires_ms - record->now_ms;

    if (record->head.form != SESSION_LIVE) {
        svc_json_write_field_int(writer, "version", record->session_known);
        svc_json_write_key(writer, "session");
        svc_json_write_null(writer);
        return;
    }
    svc_json_write_field_int(writer, "version", record->head.version);
    svc_json_write_field_text(
        writer, "source", created ? "created" : sources[record->source]);
    if (record->degraded) {
        svc_json_write_field_bool(writer, "degraded", true);
    }
    svc_json_write_field_int(writer, "ttl_s", left_ms > 0 ? (left_ms + 500) / 1000 : 0);
    svc_json_write_field_text(
        writer, "expires_at", svc_clock_format_ms(record->expires_ms, expires));
    svc_json_write_key(writer, "session");
    session_write_body(record->session, &record->head, writer);
}

const char *routes_reason(enum session_refusal refusal)
{
    static const char *const names[] = {
        [SESSION_TAKEN_AS_IS] = "none",
        [SESSION_VERSION_CONFLICT] = "version_conflict",
        [SESSION_LEASE_LOST] = "lease_lost",
        [SESSION_WAS_DELETED] = "deleted",
        [SESSION_NOT_FOUND] = "not_found",
        [SESSION_TOO_LARGE] = "too_large",
    };

    return names[refusal];
}

enum svc_status routes_fail(struct svc_reply *reply, enum svc_status status)
{
    switch (status) {
    case SVC_UNAVAILABLE:
        reply->detail = "the stores behind can not serve this now";
        break;
    case SVC_TOO_LARGE:
        reply->detail = "the session would be larger than SESSION_LIMIT_BYTES";
        break;
    default:
        break;
    }
    return status;
}
