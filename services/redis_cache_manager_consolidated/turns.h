/* What callers do with turns: the rules of turn.h over the store, and the waiting. */
#ifndef TURNS_H
#define TURNS_H

#include "sessions.h"
#include "turn.h"

struct turns;

/* Borrows SESSIONS and what RULES points to. Free takes a pointer to NULL. */
struct turns *turns_new(struct sessions *sessions, const struct turn_rules *rules);
void turns_free(struct turns **turns);

struct turn_begin_call {
    struct session_call session;
    const struct svc_json *message; /* NULL: what waits */
    struct svc_slice owner;         /* one execution */
    int64_t wait_ms;
    int64_t lease_ms; /* 0: by the rules */
    /* Whether the caller is gone, who then gets no lease; NULL: never. Its message waits
     * for the next turn. */
    bool (*is_gone)(const void *caller);
    const void *caller;
};

struct turn_outcome {
    enum turn_step step;
    struct turn turn;           /* as it is now */
    struct turn_list messages;  /* of TAKEN and AGAIN, in order */
    struct store_record record; /* the session, of TAKEN and AGAIN */
    bool created;               /* the session was */
};

/* TIMEOUT: the caller is gone. */
SVC_MUST_CHECK enum svc_status turns_begin(struct turns *turns, struct svc_arena *arena,
    const struct turn_begin_call *call, struct turn_outcome *ret_outcome);

struct turn_end_call {
    struct session_call session;
    bool done;                    /* else its messages wait again */
    const struct svc_json *parts; /* a patch of the session; NULL: none */
    const struct svc_json *reply; /* kept for whoever asks again; NULL: none */
};

struct turn_end_outcome {
    enum turn_end_step step;
    enum session_refusal refusal; /* of the session; where it is, nothing was ended */
    struct turn turn;
    struct store_record record;
    int64_t took_ms; /* of ENDED: since its first message arrived; -1: it had none */
};

SVC_MUST_CHECK enum svc_status turns_end(struct turns *turns, struct svc_arena *arena,
    const struct turn_end_call *call, struct turn_end_outcome *ret_outcome);

#endif
