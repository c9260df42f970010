/* JSON from outside (RFC 8259), read strictly and within limits into an arena: one pass,
 * no allocation a value, strings decoded once. Values can't be changed; documents that
 * are changed belong to jansson, text that is written belongs to json_write.h.
 *
 * Why not jansson here: reading one webhook with it costs more than everything else that
 * parse_message_optimized does to it (see `./commerce bench parse`). */
#ifndef SVC_JSON_H
#define SVC_JSON_H

#include "mem.h"
#include "text.h"

enum svc_json_type {
    SVC_JSON_NULL,
    SVC_JSON_FALSE,
    SVC_JSON_TRUE,
    SVC_JSON_NUMBER,
    SVC_JSON_STRING,
    SVC_JSON_ARRAY,
    SVC_JSON_OBJECT,
};

struct svc_json {
    enum svc_json_type type;
    uint32_t count;               /* of an array or object: its members */
    struct svc_slice text;        /* of a string: decoded; of a number: as written */
    struct svc_slice key;         /* in an object: the member's name, decoded */
    const struct svc_json *first; /* of an array or object */
    const struct svc_json *next;  /* in an array or object */
};

struct svc_json_limits {
    size_t depth;  /* arrays and objects inside each other, at most */
    size_t values; /* values of any type, at most */
};

struct svc_json_error {
    enum svc_status status; /* MALFORMED, or TOO_LARGE for a limit */
    size_t offset;          /* the byte where it was seen */
    const char *reason;     /* a fixed text */
};

/* Reads LENGTH bytes. The value lives in ARENA and doesn't refer to BYTES.
 *
 * `ret_replaced` counts escapes that name no character (\u0000, which neither C strings
 * nor PostgreSQL take, and halves of surrogate pairs): each becomes U+FFFD, since one
 * such message must not cost its neighbours in a batch. Invalid UTF-8 is refused. Of a
 * name that is in an object twice the last counts, as in JavaScript.
 *
 * NULL on failure, with `ret_error` set. */
SVC_MUST_CHECK const struct svc_json *svc_json_read(struct svc_arena *arena,
    const char *bytes, size_t length, const struct svc_json_limits *limits,
    size_t *ret_replaced, struct svc_json_error *ret_error);

/* The member NAME of an object; NULL where it isn't there, or VALUE is no object. */
const struct svc_json *svc_json_get(const struct svc_json *value, const char *name);

/* The element INDEX of an array, or NULL. */
const struct svc_json *svc_json_at(const struct svc_json *value, size_t index);

/* False also where VALUE is NULL. */
bool svc_json_is(const struct svc_json *value, enum svc_json_type type);

/* The text of a string; {NULL, 0} for anything else. */
struct svc_slice svc_json_text(const struct svc_json *value);
struct svc_slice svc_json_get_text(const struct svc_json *value, const char *name);

/* A number without fraction that fits; `1.0` and `1e3` count, as in JSON Schema. */
SVC_MUST_CHECK bool svc_json_to_int64(const struct svc_json *value, int64_t *ret_value);

/* Any number, rounded to a double (1e400 is infinite); NaN for anything else. */
double svc_json_to_double(const struct svc_json *value);

/* "string", "object" ... as JSON Schema calls it. */
const char *svc_json_type_name(const struct svc_json *value);

#endif
