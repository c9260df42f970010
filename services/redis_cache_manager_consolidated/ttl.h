/* How long a session lives: as the call says, else by its state, by the customer's tier,
 * or the shop's standard. Each use makes it live that long again ("sliding"), up to an
 * age at which it ends in any case. */
#ifndef TTL_H
#define TTL_H

#include <svc/text.h>

#define TTL_S_MIN 60
#define TTL_S_MAX 2592000
#define TTL_RULES_MAX 32

struct ttl_rule {
    bool by_state; /* else by tier */
    struct svc_slice name;
    int64_t ttl_s;
};

struct ttl_rules {
    struct ttl_rule rules[TTL_RULES_MAX];
    size_t count;
    int64_t longest_s; /* from the creation on */
};

/* Reads "state:checkout=14400,tier:vip=86400" (NULL: none), from which the rules borrow.
 * False, with a line that says what is wrong. */
SVC_MUST_CHECK bool ttl_rules_read(
    const char *text, struct ttl_rules *rules, char ret_error[256]);

/* ASKED_S: 0 where the call says nothing; STANDARD_S: the shop's. */
int64_t ttl_choose_s(const struct ttl_rules *rules, int64_t asked_s, int64_t standard_s,
    struct svc_slice state, struct svc_slice tier);

/* What of TTL_S is left to a session that was created then; never under a second, so that
 * a write of a session at its end isn't refused. CREATED_MS 0: not known, counts as now.
 */
int64_t ttl_left_ms(
    const struct ttl_rules *rules, int64_t ttl_s, int64_t created_ms, int64_t now_ms);

#endif
