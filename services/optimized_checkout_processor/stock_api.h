/* The shop's own Stock Management API, over HTTP, where STOCK_API_URL is set: what is
 * there now, and what orders hold of it. The protocol is in STOCK_API.md. Thread-safe.
 *
 * An order that is placed calls stock_api_reserve before its transaction and
 * stock_api_release where that fails; one that is paid stock_api_commit; one that is
 * cancelled or expired stock_api_release. Each may be repeated as often as one likes, by
 * the same order key; commit and release that were DOWN have to be, until they aren't. */
#ifndef STOCK_API_H
#define STOCK_API_H

#include <svc/mem.h>
#include <svc/status.h>
#include <svc/text.h>

enum { STOCK_API_LINES_MAX = 200, STOCK_API_KEY_MAX = 200 };

/* STOCK_API_WHEN_DOWN: refuse, trust. */
enum stock_api_when_down {
    STOCK_API_REFUSES, /* the customer is kindly told to try later */
    STOCK_API_TRUSTS,  /* PostgreSQL's own numbers count */
};

struct stock_api_settings {
    const char *url;   /* STOCK_API_URL; no slash at its end needed */
    const char *token; /* STOCK_API_TOKEN, as a Bearer; NULL: none is sent */
    enum stock_api_when_down when_down;
    int64_t timeout_ms;  /* STOCK_API_TIMEOUT_MS, 800: of a whole call */
    int64_t connections; /* calls at the same time, 16 */
};

struct stock_api_line {
    struct svc_slice sku;
    int64_t quantity; /* for reserve and commit, from 1 */

    /* Answered. */
    bool is_known;     /* the API said something of it */
    int64_t available; /* as it said, from 0; of `is_known` only */
};

enum stock_api_outcome {
    STOCK_API_DONE,
    STOCK_API_SHORT, /* of at least one line there isn't enough: nothing was changed; the
                        lines say what there is, as far as the API does */
    STOCK_API_DOWN,  /* no answer in time, a broken one, or it wasn't asked, since it has
                        just failed so often; see stock_api_trusts */
};

/* For a log; empty for anything but DOWN. */
struct stock_api_error {
    char message[200];
    bool asked; /* it may have taken effect there all the same */
};

struct stock_api;

/* "refuse" and "trust"; false for anything else. */
bool stock_api_when_down_read(const char *word, enum stock_api_when_down *ret_when_down);

/* False, with one line, for settings that can't work. `url` and `token` are copied. */
SVC_MUST_CHECK bool stock_api_new(const struct stock_api_settings *settings,
    struct stock_api **ret_api, char ret_error[256]);
void stock_api_free(struct stock_api **api);

/* Whether an order goes on by PostgreSQL's own numbers while the API is DOWN. */
bool stock_api_trusts(const struct stock_api *api);

/* For /readyz and a gauge: whether the next call will be made at all. */
bool stock_api_is_up(struct stock_api *api);

/* What can be sold now, of each line. DONE or DOWN. */
enum stock_api_outcome stock_api_current(struct stock_api *api,
    struct stock_api_line *lines, size_t count, struct stock_api_error *ret_error);

/* Holds all lines for an order until EXPIRES_AT_S (since 1970), or none. The same key
 * is one reservation: repeated it renews its expiry, other lines take the first ones'
 * place. After DOWN it may be
 * held all the same: release it where the order doesn't go on. */
enum stock_api_outcome stock_api_reserve(struct stock_api *api, const char *order_key,
    int64_t expires_at_s, struct stock_api_line *lines, size_t count,
    struct stock_api_error *ret_error);

/* Ends a reservation; one that isn't there is DONE as well. */
enum stock_api_outcome stock_api_release(
    struct stock_api *api, const char *order_key, struct stock_api_error *ret_error);

/* Sells the lines of an order: those that it holds, or, where the reservation ran out or
 * never came to be, from what is there now. SHORT: it isn't there any more (the order is
 * paid_shortfall). */
enum stock_api_outcome stock_api_commit(struct stock_api *api, const char *order_key,
    struct stock_api_line *lines, size_t count, struct stock_api_error *ret_error);

#endif
