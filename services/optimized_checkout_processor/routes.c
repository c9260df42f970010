#include "routes.h"

#include <svc/clock.h>
#include <svc/crypto.h>

#include <string.h>
#include <time.h>

#define KEY_MAX 200
#define HASH_TEXT_MAX ((size_t)1024 * 1024)
/* What a repeated request waits for the first one's answer. */
#define WAIT_STEP_MS 20
#define WAIT_STEPS 100

enum svc_status visit_begin(
    struct svc_request *request, struct svc_slice customer, struct visit *ret_visit)
{
    struct service *service = request->runtime->state;
    struct shop *shop = NULL;
    enum svc_status status = shop_take(service->shops, &shop);

    if (status != SVC_OK) {
        return status;
    }
    struct svc_slice locale = routes_text(request, "locale");
    *ret_visit = (struct visit){
        .talk =
            {
                .service = service,
                .arena = request->arena,
                .customer = customer,
                .locale = locale.length > 0
                              ? locale
                              : (struct svc_slice){shop->locale, strlen(shop->locale)},
                .shop = shop,
                .now_s = svc_clock_unix_ms() / 1000,
                .store = {service->pg, request->arena, customer, shop->minor_per_unit},
            },
        .shop = shop,
    };
    return SVC_OK;
}

void visit_end(struct visit *visit)
{
    shop_give_back(&visit->shop);
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

struct svc_slice routes_path(const struct svc_request *request, const char *name)
{
    return svc_json_text(svc_request_parameter(request, name));
}

int64_t routes_path_int(
    const struct svc_request *request, const char *name, int64_t fallback)
{
    int64_t number = 0;

    return svc_json_to_int64(svc_request_parameter(request, name), &number) ? number
                                                                            : fallback;
}

/* COUNT digits at TEXT; -1 for anything else. */
static int64_t digits(const char *text, size_t count)
{
    int64_t number = 0;

    for (size_t i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return -1;
        }
        number = number * 10 + (text[i] - '0');
    }
    return number;
}

/* H. Hinnant, "chrono-Compatible Low-Level Date Algorithms": days since 1970. */
static int64_t days_from_civil(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = year / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 +
           day_of_year - 719468;
}

/* "+05:30" in seconds; 0 for Z and what is none. */
static int64_t offset_of(struct svc_slice text)
{
    if (text.length < 6 || (text.text[0] != '+' && text.text[0] != '-')) {
        return 0;
    }
    int64_t seconds = digits(text.text + 1, 2) * 3600 + digits(text.text + 4, 2) * 60;
    return text.text[0] == '-' ? -seconds : seconds;
}

int64_t routes_time_s(struct svc_slice text)
{
    if (text.length < 20 || text.length > 40) {
        return 0;
    }
    const char *at = text.text;
    int64_t parts[] = {digits(at, 4), digits(at + 5, 2), digits(at + 8, 2),
        digits(at + 11, 2), digits(at + 14, 2), digits(at + 17, 2)};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (parts[i] < 0) {
            return 0;
        }
    }
    if (parts[0] < 1970 || parts[1] < 1 || parts[1] > 12 || parts[2] < 1 ||
        parts[2] > 31 || parts[3] > 23 || parts[4] > 59 || parts[5] > 60) {
        return 0;
    }
    size_t zone = text.length - 1;
    while (zone > 19 && at[zone] != '+' && at[zone] != '-') {
        zone--;
    }
    int64_t offset = offset_of((struct svc_slice){at + zone, text.length - zone});
    return days_from_civil(parts[0], parts[1], parts[2]) * 86400 + parts[3] * 3600 +
           parts[4] * 60 + parts[5] - offset;
}

struct cart_context routes_context(const struct svc_request *request)
{
    return (struct cart_context){
        .phone_number_id = routes_text(request, "phone_number_id"),
        .locale = routes_text(request, "locale"),
        .service_window_s =
            routes_time_s(routes_text(request, "service_window_expires_at")),
    };
}

static struct svc_slice to_hex(const struct svc_request *request, struct svc_sha256 *hash)
{
    char *hex = svc_arena_alloc(request->arena, SVC_SHA256_HEX_SIZE);

    svc_sha256_finish_hex(hash, hex);
    return (struct svc_slice){hex, SVC_SHA256_HEX_SIZE - 1};
}

struct svc_slice routes_key(const struct svc_request *request, const char *family)
{
    struct svc_slice key = svc_request_idempotency_key(request);
    struct svc_sha256 hash;

    if (key.length == 0) {
        key = routes_text(request, "message_id");
    }
    if (key.length == 0) {
        return (struct svc_slice){NULL, 0};
    }
    /* Each body of an array is a request of its own; and a key may hold anything. */
    svc_sha256_init(&hash);
    svc_sha256_add(&hash, key.text, key.length);
    svc_sha256_add(&hash, &request->element, sizeof request->element);
    struct svc_slice hex = to_hex(request, &hash);
    char *whole = svc_arena_alloc(request->arena, KEY_MAX);
    size_t length = strlen(family);
    memcpy(whole, family, length);
    whole[length] = ':';
    memcpy(whole + length + 1, hex.text, hex.length);
    return (struct svc_slice){whole, length + 1 + hex.length};
}

struct svc_slice routes_hash(const struct svc_request *request)
{
    const struct svc_operation *operation = request->operation;
    struct svc_json_writer writer;
    struct svc_sha256 hash;
    struct svc_buf text;

    svc_buf_init(&text, HASH_TEXT_MAX);
    svc_json_write_init(&writer, &text);
    svc_json_write_array_begin(&writer);
    svc_json_write_text(&writer, operation->id);
    for (size_t i = 0; i < operation->parameter_count; i++) {
        svc_json_write_value(&writer, request->parameters[i]);
    }
    svc_json_write_value(&writer, request->body);
    svc_json_write_array_end(&writer);
    svc_sha256_init(&hash);
    svc_sha256_add(&hash, svc_buf_text(&text), text.length);
    svc_buf_done(&text);
    return to_hex(request, &hash);
}

enum svc_status routes_fail(struct svc_reply *reply, enum svc_status status)
{
    switch (status) {
    case SVC_INVALID:
        reply->detail = "this key was used for another request, or a text can't be kept";
        break;
    case SVC_UNAVAILABLE:
    case SVC_TIMEOUT:
        reply->detail = "the database can not serve this now";
        break;
    case SVC_CONFLICT:
        reply->detail = "it changed meanwhile: try again";
        break;
    default:
        break;
    }
    return status;
}

/* Until the first request of this key has its answer; it may have died, too. */
static enum svc_status wait_answer(const struct talk *talk, struct svc_slice key,
    struct svc_slice hash, enum store_request *request, struct svc_slice *answer)
{
    static const struct timespec step = {.tv_nsec = WAIT_STEP_MS * 1000000};
    enum svc_status status = SVC_OK;

    for (int i = 0; i < WAIT_STEPS && status == SVC_OK && answer->length == 0 &&
                    *request == STORE_REQUEST_KNOWN;
         i++) {
        nanosleep(&step, NULL);
        status = store_request_begin(&talk->store, key, hash, request, answer);
    }
    return status;
}

static enum svc_status answer_first(struct svc_request *request, struct svc_reply *reply,
    const struct talk *talk, struct svc_slice key, routes_handler *handler)
{
    size_t start = reply->json.buf->length;
    enum svc_status status = handler(request, reply, talk);

    if (status != SVC_OK || key.length == 0) {
        return routes_fail(reply, status);
    }
    struct svc_slice answer = {
        reply->json.buf->bytes + start, reply->json.buf->length - start};
    if (answer.length > 0 && answer.text[0] == ',') {
        answer = (struct svc_slice){answer.text + 1, answer.length - 1};
    }
    /* Where it can't be kept a repeated request is worked on again, which all steps
     * bear. */
    status = store_request_end(&talk->store, key, answer);
    (void)status;
    return SVC_OK;
}

enum svc_status routes_answer_once(struct svc_request *request, struct svc_reply *reply,
    const char *family, routes_handler *handler)
{
    VISIT_AUTO_END struct visit visit = {0};
    enum store_request known = STORE_REQUEST_NEW;
    struct svc_slice answer = {NULL, 0};
    struct svc_slice key = routes_key(request, family);
    enum svc_status status =
        visit_begin(request, routes_path(request, "customer_phone"), &visit);

    if (status == SVC_OK && key.length > 0) {
        struct svc_slice hash = routes_hash(request);
        status = store_request_begin(&visit.talk.store, key, hash, &known, &answer);
        if (status == SVC_OK) {
            status = wait_answer(&visit.talk, key, hash, &known, &answer);
        }
    }
    if (status == SVC_OK && known == STORE_REQUEST_OTHER) {
        status = SVC_INVALID;
    }
    if (status != SVC_OK) {
        return routes_fail(reply, status);
    }
    if (answer.length > 0) {
        svc_json_write_raw(&reply->json, answer);
        return SVC_OK;
    }
    return answer_first(request, reply, &visit.talk, key, handler);
}
