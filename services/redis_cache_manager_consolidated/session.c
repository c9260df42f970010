#include "session.h"

#include "merge_patch.h"

#include <svc/crypto.h>

#include <stdio.h>
#include <string.h>

#define HEAD "{\"session_version\":"
#define WRITES_KEPT 4

/* A document of ours that is read back; what came from outside was bounded at the door.
 */
static const struct svc_json_limits document_limits = {.depth = 600, .values = 1000000};

static const struct svc_json empty_array = {.type = SVC_JSON_ARRAY};
static const struct svc_json empty_object = {.type = SVC_JSON_OBJECT};

/* Takes LITERAL off the front of TEXT. */
static bool take(struct svc_slice *text, const char *literal)
{
    size_t length = strlen(literal);

    if (text->length < length || memcmp(text->text, literal, length) != 0) {
        return false;
    }
    text->text += length;
    text->length -= length;
    return true;
}

static bool take_number(struct svc_slice *text, int64_t *ret_number)
{
    size_t length = 0;

    while (
        length < text->length && text->text[length] >= '0' && text->text[length] <= '9') {
        length++;
    }
    if (!svc_text_to_int64((struct svc_slice){text->text, length}, ret_number)) {
        return false;
    }
    text->text += length;
    text->length -= length;
    return true;
}

/* Up to the next quote: what stands there is ours and holds no escape. */
static bool take_quoted(struct svc_slice *text, struct svc_slice *ret_quoted)
{
    const char *end = memchr(text->text, '"', text->length);

    if (end == NULL) {
        return false;
    }
    *ret_quoted = (struct svc_slice){text->text, (size_t)(end - text->text)};
    text->length -= ret_quoted->length + 1;
    text->text = end + 1;
    return true;
}

static bool read_own_head(struct svc_slice text, struct session_head *head)
{
    struct svc_slice rest = text;

    if (!take(&rest, HEAD) || !take_number(&rest, &head->version) ||
        !take(&rest, ",\"epoch\":") || !take_number(&rest, &head->epoch) ||
        !take(&rest, ",\"created_ms\":") || !take_number(&rest, &head->created_ms) ||
        !take(&rest, ",\"writes\":\"") || !take_quoted(&rest, &head->writes) ||
        !take(&rest, ",")) {
        return false;
    }
    head->body = (size_t)(rest.text - text.text);
    head->form = SESSION_LIVE;
    if (take(&rest, "\"deleted\":true")) {
        head->form = SESSION_DELETED;
    } else if (take(&rest, "\"moved_to\":\"")) {
        head->form = SESSION_MOVED;
        return take_quoted(&rest, &head->moved_to);
    }
    return true;
}

void session_head_read(struct svc_slice text, struct session_head *ret_head)
{
    *ret_head = (struct session_head){.form = SESSION_NONE};
    if (text.text == NULL) {
        return;
    }
    if (!read_own_head(text, ret_head)) {
        *ret_head = (struct session_head){.form = SESSION_LIVE, .version = 1};
    }
}

static const struct svc_json *or_empty(
    const struct svc_json *value, const struct svc_json *empty)
{
    return value != NULL && value->type != SVC_JSON_NULL ? value : empty;
}

static struct svc_slice or_text(struct svc_slice text, const char *standard)
{
    return text.text != NULL ? text : (struct svc_slice){standard, strlen(standard)};
}

bool session_read(
    struct svc_arena *arena, struct svc_slice text, struct session *ret_session)
{
    struct svc_json_error error;
    size_t replaced = 0;
    const struct svc_json *whole =
        svc_json_read(arena, text.text, text.length, &document_limits, &replaced, &error);

    if (!svc_json_is(whole, SVC_JSON_OBJECT)) {
        return false;
    }
    session_init(ret_session, svc_json_get_text(whole, "customer_phone"));
    session_head_read(text, &ret_session->head);
    ret_session->id = svc_json_get(whole, "id");
    ret_session->customer_name =
        or_text(svc_json_get_text(whole, "customer_name"), "Cliente");
    ret_session->session_state =
        or_text(svc_json_get_text(whole, "session_state"), "greeting");
    ret_session->cart_data = or_empty(svc_json_get(whole, "cart_data"), &empty_array);
    ret_session->context_data =
        or_empty(svc_json_get(whole, "context_data"), &empty_object);
    if (!svc_json_to_int64(
            svc_json_get(whole, "total_orders"), &ret_session->total_orders)) {
        ret_session->total_orders = 0;
    }
    ret_session->customer_tier =
        or_text(svc_json_get_text(whole, "customer_tier"), "new");
    ret_session->last_activity = svc_json_get_text(whole, "last_activity");
    ret_session->migrated_at = svc_json_get(whole, "migrated_at");
    return true;
}

void session_init(struct session *session, struct svc_slice customer_key)
{
    *session = (struct session){
        .head = {.form = SESSION_LIVE},
        .customer_phone = customer_key,
        .customer_name = SVC_SLICE("Cliente"),
        .session_state = SVC_SLICE("greeting"),
        .cart_data = &empty_array,
        .context_data = &empty_object,
        .customer_tier = SVC_SLICE("new"),
    };
}

static void write_head(const struct session_head *head, struct svc_buf *out)
{
    svc_buf_printf(out,
        HEAD "%lld,\"epoch\":%lld,\"created_ms\":%lld,\"writes\":\"%.*s\",",
        (long long)head->version, (long long)head->epoch, (long long)head->created_ms,
        (int)head->writes.length, head->writes.text != NULL ? head->writes.text : "");
}

void session_write(const struct session *session, struct svc_buf *out)
{
    struct svc_json_writer writer;

    write_head(&session->head, out);
    svc_json_write_init(&writer, out);
    svc_json_write_key(&writer, "id");
    svc_json_write_value(&writer, session->id);
    svc_json_write_field_slice(&writer, "customer_phone", session->customer_phone);
    svc_json_write_field_slice(&writer, "customer_name", session->customer_name);
    svc_json_write_field_slice(&writer, "session_state", session->session_state);
    svc_json_write_key(&writer, "cart_data");
    svc_json_write_value(&writer, session->cart_data);
    svc_json_write_key(&writer, "context_data");
    svc_json_write_value(&writer, session->context_data);
    svc_json_write_field_int(&writer, "total_orders", session->total_orders);
    svc_json_write_field_slice(&writer, "customer_tier", session->customer_tier);
    svc_json_write_field_slice(&writer, "last_activity", session->last_activity);
    svc_json_write_key(&writer, "migrated_at");
    svc_json_write_value(&writer, session->migrated_at);
    svc_json_write_field_text(&writer, "version", "v2");
    svc_json_write_object_end(&writer);
}

void session_write_remains(const struct session_head *head, struct svc_buf *out)
{
    write_head(head, out);
    if (head->form == SESSION_MOVED) {
        svc_buf_printf(out, "\"moved_to\":\"%.*s\"}", (int)head->moved_to.length,
            head->moved_to.text);
    } else {
        svc_buf_add_text(out, "\"deleted\":true}");
    }
}

void session_write_body(struct svc_slice text, const struct session_head *head,
    struct svc_json_writer *writer)
{
    if (head->body == 0) {
        svc_json_write_raw(writer, text);
        return;
    }
    svc_json_write_raw(writer, SVC_SLICE("{"));
    svc_buf_add(writer->buf, text.text + head->body, text.length - head->body);
}

void session_set(struct session *session, const struct svc_json *parts)
{
    session->session_state =
        or_text(svc_json_get_text(parts, "session_state"), "greeting");
    session->cart_data = or_empty(svc_json_get(parts, "cart_data"), &empty_array);
    session->context_data = or_empty(svc_json_get(parts, "context_data"), &empty_object);
}

void session_patch(
    struct svc_arena *arena, struct session *session, const struct svc_json *parts)
{
    const struct svc_json *state = svc_json_get(parts, "session_state");
    const struct svc_json *cart = svc_json_get(parts, "cart_data");
    const struct svc_json *context = svc_json_get(parts, "context_data");

    if (state != NULL) {
        session->session_state = or_text(svc_json_text(state), "greeting");
    }
    if (cart != NULL) {
        session->cart_data =
            or_empty(merge_patch(arena, session->cart_data, cart), &empty_array);
    }
    if (context != NULL) {
        session->context_data =
            or_empty(merge_patch(arena, session->context_data, context), &empty_object);
    }
}

void session_join(
    struct svc_arena *arena, struct session *current, const struct session *previous)
{
    if (svc_slice_equals(current->session_state, "greeting")) {
        current->session_state = previous->session_state;
    }
    if (current->cart_data->count == 0) {
        current->cart_data = previous->cart_data;
    }
    current->context_data =
        merge_patch(arena, previous->context_data, current->context_data);
    if (current->head.created_ms == 0 ||
        previous->head.created_ms < current->head.created_ms) {
        current->head.created_ms = previous->head.created_ms;
    }
}

void session_write_token(
    struct svc_slice idempotency_key, char ret_token[SESSION_WRITE_SIZE])
{
    struct svc_sha256 hash;
    uint8_t digest[SVC_SHA256_SIZE];

    svc_sha256_init(&hash);
    svc_sha256_add(&hash, idempotency_key.text, idempotency_key.length);
    svc_sha256_finish(&hash, digest);
    svc_text_to_hex(digest, (SESSION_WRITE_SIZE - 1) / 2, ret_token);
}

/* Takes one "token=version" off the front. */
static bool take_write(struct svc_slice *writes, struct svc_slice *ret_write)
{
    if (writes->length == 0) {
        return false;
    }
    const char *comma = memchr(writes->text, ',', writes->length);
    size_t length = comma != NULL ? (size_t)(comma - writes->text) : writes->length;
    size_t step = comma != NULL ? length + 1 : length;
    *ret_write = (struct svc_slice){writes->text, length};
    writes->text += step;
    writes->length -= step;
    return true;
}

int64_t session_writes_find(struct svc_slice writes, const char *token)
{
    size_t length = SESSION_WRITE_SIZE - 1;
    struct svc_slice write;

    while (take_write(&writes, &write)) {
        int64_t version = 0;
        if (write.length > length + 1 && memcmp(write.text, token, length) == 0 &&
            svc_text_to_int64(
                (struct svc_slice){write.text + length + 1, write.length - length - 1},
                &version)) {
            return version;
        }
    }
    return 0;
}

struct svc_slice session_writes_add(
    struct svc_arena *arena, struct svc_slice writes, const char *token, int64_t version)
{
    enum { ROOM = WRITES_KEPT * (SESSION_WRITE_SIZE + 24) };
    char *text = svc_arena_alloc(arena, ROOM);
    struct svc_slice write;
    int length = snprintf(text, ROOM, "%s=%lld", token, (long long)version);

    for (int kept = 1; kept < WRITES_KEPT && take_write(&writes, &write); kept++) {
        length += snprintf(text + length, (size_t)(ROOM - length), ",%.*s",
            (int)write.length, write.text);
        if (length >= ROOM) {
            length = ROOM - 1;
            break;
        }
    }
    return (struct svc_slice){text, (size_t)length};
}
