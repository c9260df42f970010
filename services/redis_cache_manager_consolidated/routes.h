/* HTTP only: takes a checked request apart, calls the domain, answers. */
#ifndef ROUTES_H
#define ROUTES_H

#include "cache.h"
#include "sessions.h"
#include "stats.h"
#include "turns.h"

#include <svc/app.h>

struct config {
    const char *session_ttls;
    int64_t session_ttl_s;
    int64_t session_longest_s;
    int64_t session_limit_bytes;
    int64_t near_sessions;
    int64_t flush_ms;
    int64_t sweep_after_ms;
    int64_t queue_max;
    int64_t quiet_ms;
    int64_t longest_wait_ms;
    const char *flush_words;
    int64_t lease_ms;
    int64_t turn_wait_ms;
    int64_t loader_ms;
};

struct manager {
    const struct config *config;
    struct stats *stats;
    struct store *store;
    struct sessions sessions;
    struct turns *turns;
    struct cache *cache;
};

/* --- routes_sessions.c */
svc_handler post_session_load;
svc_handler get_session;
svc_handler put_session;
svc_handler patch_session;
svc_handler delete_session;
svc_handler post_session_touch;

/* --- routes_turns.c */
svc_handler post_turn_begin;
svc_handler post_turn_end;

/* --- routes_identities.c */
svc_handler post_identity_change;

/* --- routes_cache.c */
svc_handler get_cache;
svc_handler put_cache;
svc_handler delete_cache;
svc_handler delete_cache_tag;

/* --- routes_stats.c */
svc_handler get_stats;
/* Registers what /metrics shows of the store. */
void routes_metrics(struct manager *manager, struct svc_metrics *metrics);

/* --- routes_common.c */

struct manager *routes_manager(const struct svc_request *request);

/* A text, a whole number (FALLBACK where it isn't there) of the body. */
struct svc_slice routes_text(const struct svc_request *request, const char *name);
int64_t routes_int(const struct svc_request *request, const char *name, int64_t fallback);

/* What the call says of the customer in OBJECT, from a message's `from` or a call's
 * `customer`; NULL where it says nothing. */
const struct store_profile *routes_profile(
    const struct svc_request *request, const struct svc_json *object);

/* The token of this write: by the Idempotency-Key, or one that nobody else has. */
const char *routes_write_token(const struct svc_request *request);

/* Reads If-Match ("5", 5, W/"5"; * is any), or the body's `version`. False, with the
 * reply's detail, for one that is neither. */
SVC_MUST_CHECK bool routes_if_version(
    const struct svc_request *request, struct svc_reply *reply, int64_t *ret_version);

/* Writes version, source, degraded, ttl_s, expires_at and session of RECORD as members of
 * an open object; nothing but null where there is no session. */
void routes_write_session(
    struct svc_json_writer *writer, const struct store_record *record, bool created);

/* Why a write was refused, as the answer's `reason`. */
const char *routes_reason(enum session_refusal refusal);

/* The answer of a call that the store couldn't serve. */
enum svc_status routes_fail(struct svc_reply *reply, enum svc_status status);

#endif
