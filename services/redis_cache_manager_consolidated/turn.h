/* Turns: whose execution answers a customer, and which messages it gets.
 *
 * A message that comes is pending. One execution, the collector, waits until the customer
 * is quiet and nobody else has the turn; then it takes all that is pending, in order,
 * with a lease. The others are told that their message was merged. When the turn ends,
 * its messages are done; when its lease runs out instead, they are pending again.
 *
 * Rules only: a turn is loaded, changed here, and saved if nobody else has saved it
 * meanwhile. Every time is in milliseconds by the store's clock. */
#ifndef TURN_H
#define TURN_H

#include <svc/json_write.h>

#define TURN_MESSAGES_MAX 100
#define TURN_BYTES_MAX ((size_t)256 * 1024)
#define TURN_DONE_MAX 64
#define TURN_TOKEN_MAX 129
#define TURN_REPLY_MAX ((size_t)16 * 1024)

struct turn_message {
    struct turn_message *next;
    struct svc_slice id;
    int64_t sent_ms;    /* as WhatsApp says; 0: it doesn't */
    int64_t arrived_ms; /* here */
    int64_t number;     /* in the order of arrival */
    bool flush;         /* ends the wait */
    bool again;         /* was handed out before, to somebody who didn't end */
    const struct svc_json *content;
};

struct turn_list {
    struct turn_message *first; /* in the order of arrival */
    size_t count;
};

struct turn {
    int64_t version; /* 0: not stored yet */
    int64_t epoch;
    int64_t fence;  /* of the last lease; the next is higher */
    int64_t number; /* of the last message */

    struct svc_slice lease; /* NULL: nobody has the turn */
    struct svc_slice lease_owner;
    int64_t lease_expires_ms;
    struct turn_list taken;

    struct svc_slice collector; /* NULL: nobody waits */
    int64_t collector_expires_ms;
    int64_t due_ms;    /* quiet enough by then */
    int64_t latest_ms; /* and not later */
    struct turn_list pending;

    struct svc_slice last; /* the lease of the last turn that ended */
    int64_t last_version;  /* of the session that it saved; 0: none */
    const struct svc_json *last_reply;
    const struct svc_json *last_ids; /* of its messages */
    const struct svc_json *done; /* ids of messages that were answered, latest first */
};

/* --- turn_document.c */

/* Reads what turn_write wrote; no text is a customer without turns yet. False for a text
 * that isn't one. */
SVC_MUST_CHECK bool turn_read(
    struct svc_arena *arena, struct svc_slice text, struct turn *ret_turn);
void turn_write(const struct turn *turn, struct svc_buf *out);

struct turn_rules {
    int64_t quiet_ms;   /* 0: never waits */
    int64_t longest_ms; /* from the first message on */
    int64_t lease_ms;
    const char *flush_words; /* separated by commas */
};

/* --- turn_words.c */

/* Whether a message ends the wait: a pressed button or row, an order, a place, a flush
 * word. MESSAGE is as parse_message_optimized gives it. */
bool turn_is_flush(const struct turn_rules *rules, const struct svc_json *message);

/* --- turn.c */

/* Who asks. */
struct turn_caller {
    struct svc_slice owner; /* one execution */
    int64_t now_ms;
    int64_t until_ms; /* it waits no longer than this */
};

enum turn_step {
    TURN_TAKEN,  /* the lease is the caller's: save the turn, and answer */
    TURN_AGAIN,  /* the caller has it already: answer as before */
    TURN_WAIT,   /* the caller collects: save, look again by `wait_until_ms` */
    TURN_MERGED, /* save; another execution gets the message */
    TURN_DONE,   /* the message was answered already */
    TURN_BUSY,   /* another execution has the turn, and the caller's time is over: save */
    TURN_EMPTY,  /* nothing waits */
    TURN_FULL,   /* too much waits */
};

struct turn_answer {
    enum turn_step step;
    bool changed; /* to be saved */
    int64_t wait_until_ms;
};

/* One look of a caller. MESSAGE may be NULL: it asks for what waits. TOKEN becomes the
 * lease's where the caller gets the turn. */
void turn_begin(struct turn *turn, const struct turn_rules *rules,
    const struct turn_caller *caller, struct turn_message *message,
    struct svc_slice token, struct turn_answer *ret_answer);

/* OWNER waits no longer; its message stays for whoever comes next. False: nothing has
 * changed. */
bool turn_leave(struct turn *turn, struct svc_slice owner);

enum turn_end_step {
    TURN_ENDED,
    TURN_ENDED_BEFORE, /* by the same lease: answer as then */
    TURN_LEASE_LOST,   /* somebody else has had the turn since, or nobody ever gave it */
};

/* Ends the turn of LEASE. DONE: its messages were answered; else they wait again. */
enum turn_end_step turn_end(struct svc_arena *arena, struct turn *turn,
    struct svc_slice lease, bool done, int64_t now_ms);

/* Whether LEASE may write: it's the latest that was given, and its turn hasn't ended. */
bool turn_holds(const struct turn *turn, struct svc_slice lease);

/* The order in which a customer wrote: as sent, else as they came. */
void turn_list_sort(struct svc_arena *arena, struct turn_list *list);

/* Their texts, one a line. Lives in ARENA. */
struct svc_slice turn_list_text(struct svc_arena *arena, const struct turn_list *list);

/* Two customers who are one: what waited for PREVIOUS waits for CURRENT, who takes its
 * lease over, too, unless it has one. */
void turn_join(struct turn *current, const struct turn *previous, int64_t now_ms);

/* --- turn_time.c */

/* "2026-11-24T18:00:00Z", with a fraction or an offset, or seconds since 1970; 0 for
 * anything else. */
int64_t turn_time_ms(const struct svc_json *value);

#endif
