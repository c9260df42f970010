/* Logs: one JSON object a line on standard error. Only handlers and the runtime log;
 * library and domain code returns its errors.
 *
 *     svc_log(SVC_LOG_WARN, "redis is gone", SVC_TEXT("error", text), SVC_INT("ms", 50));
 *
 * What tells who a customer is or what they wrote goes through SVC_PRIVATE, which masks
 * it unless LOG_PRIVATE is on. */
#ifndef SVC_LOG_H
#define SVC_LOG_H

#include "text.h"

#include <stdbool.h>
#include <stdint.h>

enum svc_log_level {
    SVC_LOG_DEBUG,
    SVC_LOG_INFO,
    SVC_LOG_WARN,
    SVC_LOG_ERROR,
};

enum svc_log_kind {
    SVC_LOG_END,
    SVC_LOG_KIND_TEXT,
    SVC_LOG_KIND_PRIVATE,
    SVC_LOG_KIND_INT,
};

struct svc_log_field {
    enum svc_log_kind kind;
    const char *name;
    struct svc_slice text;
    int64_t number;
};

#define SVC_TEXT(name, value) svc_log_text((name), (value))
#define SVC_TEXT_SLICE(name, value)                                                      \
    ((struct svc_log_field){SVC_LOG_KIND_TEXT, (name), (value), 0})
#define SVC_PRIVATE(name, value)                                                         \
    ((struct svc_log_field){SVC_LOG_KIND_PRIVATE, (name), (value), 0})
#define SVC_INT(name, value)                                                             \
    ((struct svc_log_field){SVC_LOG_KIND_INT, (name), {NULL, 0}, (value)})

#define svc_log(level, message, ...)                                                     \
    svc_log_fields((level), (message),                                                   \
        (const struct svc_log_field[]){                                                  \
            __VA_ARGS__ __VA_OPT__(, ){SVC_LOG_END, NULL, {NULL, 0}, 0}})

/* TEXT may be NULL, which is logged as null. */
struct svc_log_field svc_log_text(const char *name, const char *text);

/* Writes one line with time, level, service, trace id and the fields. One over 4 KiB
 * loses its fields for a `cut` that says so. Bytes that aren't UTF-8 become U+FFFD. */
void svc_log_fields(
    enum svc_log_level level, const char *message, const struct svc_log_field *fields);

/* Whether LEVEL is written: asked before fields that are costly to make. */
bool svc_log_is_on(enum svc_log_level level);

/* Called once at the start. SERVICE must live as long as the process. */
void svc_log_setup(const char *service, enum svc_log_level level, bool show_private);

#endif
