/* One event as callers send it, and what makes it one that is taken. */
#ifndef EVENT_H
#define EVENT_H

#include <svc/buf.h>
#include <svc/json.h>

#define EVENT_KEY_SIZE 16
#define EVENT_ID_MAX ((size_t)100)
#define EVENT_TYPE_MAX ((size_t)40)
#define EVENT_CUSTOMER_MAX ((size_t)160)
#define EVENT_SOURCE_MAX ((size_t)100)
#define EVENT_DATA_MAX ((size_t)16 * 1024)
#define EVENT_REASON_SIZE 120

/* What is let go first where there is no room for all. */
enum event_class {
    EVENT_CLASS_DEBUG,
    EVENT_CLASS_USUAL,
    EVENT_CLASS_MONEY, /* is never let go: its sender is refused instead */
};

/* Texts are borrowed from what the event was read from. */
struct event {
    uint8_t key[EVENT_KEY_SIZE]; /* what stands for its id */
    struct svc_slice event_id;
    struct svc_slice type;
    struct svc_slice customer_key; /* {NULL, 0}: none */
    struct svc_slice source;       /* {NULL, 0}: none */
    const char *path;              /* "full" or "mvp" */
    int64_t occurred_ms;
    struct svc_slice data; /* JSON text; {NULL, 0}: none */
    enum event_class class;
};

/* What is taken. */
struct event_rules {
    int64_t now_ms; /* since 1970: when an event happened that doesn't say */
    int64_t earliest_ms;
    int64_t latest_ms;
    /* Only intents and what people say of them. The type may be left out, and the id
     * where there is a message_id: it is the one then that ai_provider_ultra_optimized
     * gives the intent of that message. */
    bool intents;
};

/* Reads VALUE. Its data are the member `data`, or where it has none, its members that are
 * no part of an event. False, with a reason for its sender, for one that isn't taken. */
SVC_MUST_CHECK bool event_read(struct svc_arena *arena, const struct svc_json *value,
    const struct event_rules *rules, struct event *ret_event,
    char ret_reason[EVENT_REASON_SIZE]);

/* Sets `key` by `event_id`. */
void event_set_key(struct event *event);

enum event_class event_class_of(struct svc_slice type);

#endif
