/* What the gateways' files share among themselves. */
#ifndef GATEWAY_PRIVATE_H
#define GATEWAY_PRIVATE_H

#include "gateway.h"

#include <svc/buf.h>
#include <svc/json_write.h>

enum { GATEWAY_BODY_MAX = 65536, GATEWAY_ID_MAX = 100 };

/* A text of the arena, with NUL behind it. */
struct svc_slice gateway_printf(struct svc_arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* What BUF holds, which is done with then. */
struct svc_slice gateway_take(struct svc_arena *arena, struct svc_buf *buf);

/* For "%.*s". */
#define GATEWAY_ARG(slice) (int)(slice).length, (slice).text != NULL ? (slice).text : ""

/* All but letters, digits and -._~ as %XX. */
void gateway_escape(struct svc_buf *out, struct svc_slice text);

/* Letters, digits, - and _: what may stand in an address of ours. */
bool gateway_is_id(struct svc_slice text);

bool gateway_starts_with(struct svc_slice text, const char *prefix);
bool gateway_same(struct svc_slice left, struct svc_slice right);
/* In any case, ASCII; a slice without text equals nothing. */
bool gateway_same_word(struct svc_slice left, const char *right);

/* METHOD on config->base_url and PATH, with the bearer TOKEN. */
void gateway_request_init(struct svc_arena *arena, const struct gateway_config *config,
    const char *method, struct svc_slice path, struct gateway_request *ret_request);
void gateway_header_add(
    struct gateway_request *request, const char *name, const char *value);
void gateway_bearer_add(
    struct svc_arena *arena, struct gateway_request *request, struct svc_slice token);
/* BUF becomes the body. */
void gateway_body_set(struct svc_arena *arena, struct gateway_request *request,
    const char *content_type, struct svc_buf *buf);

/* An object, or NULL. */
const struct svc_json *gateway_read_json(struct svc_arena *arena, struct svc_slice body);
/* A text, or a whole number as it is written. */
struct svc_slice gateway_text_of(const struct svc_json *value);
/* The member at "a.b.c" below VALUE, or NULL. */
const struct svc_json *gateway_path(const struct svc_json *value, const char *path);
struct svc_slice gateway_path_text(const struct svc_json *value, const char *path);
bool gateway_is_true(const struct svc_json *value);

/* OK for 2xx; NOT_FOUND; INVALID: refused for good; UNAVAILABLE: to be tried again. */
enum svc_status gateway_status(int http_status);
/* The same for a request that changes something, where there is nothing to be found. */
enum svc_status gateway_refusal(
    int http_status, struct svc_slice reason, char ret_error[256]);

/* Upper case, in the arena. */
struct svc_slice gateway_currency(struct svc_arena *arena, struct svc_slice currency);

/* Whether HEX is the HMAC-SHA-256 of MESSAGE, by any of SECRETS (separated by commas). */
bool gateway_hmac_matches(
    struct svc_slice secrets, struct svc_slice message, struct svc_slice hex);

/* Sets `error` and returns false. */
bool gateway_check_set(struct svc_slice value, const char *name, char ret_error[256]);

#endif
