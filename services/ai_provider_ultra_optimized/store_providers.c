#include "store_providers.h"

#include "store_providers_private.h"

#include <svc/clock.h>
#include <svc/condition.h>
#include <svc/redis.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS_MAX 32
#define NOTES_MAX 256
#define NOTES_MANY 128
#define SWAPS_MAX 8
/* How long what Redis said of an open breaker is believed unasked. */
#define FRESH_MS 250
/* So long a closed one is taken as closed without asking Redis again: longer than the
 * notes of a call wait, after which Redis is heard, and short to be wrong for. */
#define CLOSED_MS 50
/* Answers alone are told in bundles; a failure at once. */
#define BUNDLE_MS 20
#define RETRY_MS 200
/* What was noted while Redis was gone for longer is of this process alone: told later, in
 * one go, it would open what has long come back. */
#define GONE_MS 500

struct outcome {
    enum provider_outcome outcome;
    int64_t retry_after_ms;
};

struct slot {
    char name[STORE_NAME_SIZE];
    struct provider_config config; /* its numbers alone */
    struct breaker breaker;        /* as this process knows it, with its own notes */
    struct budget budget;
    int64_t heard_ms;                /* when Redis said it, monotonic; 0: never */
    struct outcome notes[NOTES_MAX]; /* that Redis doesn't know yet, oldest first */
    size_t note_count;
    size_t pushed_out;      /* notes that were lost, since there were too many */
    int64_t alone_until_ms; /* opened without Redis, so long; by the wall clock */
};

struct store_providers {
    struct svc_redis *redis;
    pthread_t thread;
    /* Held by who reads what Redis knows, against who tells it what is noted here: what
     * is read has either all of that or nothing. Taken before the mutex. */
    pthread_rwlock_t telling;
    pthread_mutex_t mutex;
    pthread_cond_t noted;
    /* under the mutex: */
    struct slot slots[SLOTS_MAX];
    size_t slot_count;
    int64_t ahead_ms;      /* Redis's clock, of this machine's */
    int64_t gone_since_ms; /* Redis, monotonic; 0: it's there */
    bool urgent;
    bool waiting; /* there is something to tell */
    bool stopping;
};

static int64_t now_of(const struct store_providers *store)
{
    return svc_clock_unix_ms() + store->ahead_ms;
}

/* Under the mutex. NULL: there are too many names. */
static struct slot *find_slot(
    struct store_providers *store, const struct provider_config *config)
{
    char name[STORE_NAME_SIZE] = {0};

    for (size_t i = 0; i < config->name.length && i < PROVIDER_NAME_MAX; i++) {
        char byte = config->name.text[i];
        name[i] = (char)(byte >= 'A' && byte <= 'Z' ? byte | 32 : byte);
    }
    size_t at = 0;
    while (at < store->slot_count && strcmp(store->slots[at].name, name) != 0) {
        at++;
    }
    if (at == SLOTS_MAX) {
        return NULL;
    }
    struct slot *slot = &store->slots[at];
    if (at == store->slot_count) {
        store->slot_count++;
        memcpy(slot->name, name, sizeof name);
    }
    slot->config = *config;
    slot->config.name = slot->config.protocol = slot->config.base_url =
        slot->config.model = slot->config.key = (struct svc_slice){0};
    return slot;
}

static void apply(struct breaker *breaker, const struct slot *slot, int64_t now_ms)
{
    for (size_t i = 0; i < slot->note_count; i++) {
        breaker_note(breaker, &slot->config, slot->notes[i].outcome,
            slot->notes[i].retry_after_ms, now_ms);
    }
}

/* Under the mutex. What Redis said, and what it doesn't know yet. */
static void hear(
    struct store_providers *store, struct slot *slot, const struct store_record *record)
{
    store->ahead_ms = record->now_ms - svc_clock_unix_ms();
    slot->breaker = record->breaker;
    apply(&slot->breaker, slot, record->now_ms);
    slot->heard_ms = svc_clock_monotonic_ms();
    store->gone_since_ms = 0;
    if (slot->breaker.state == BREAKER_CLOSED && record->now_ms < slot->alone_until_ms) {
        slot->breaker.state = BREAKER_OPEN;
        slot->breaker.open_until_ms = slot->alone_until_ms;
    }
}

/* Under the mutex. Redis didn't answer. */
static void miss(struct store_providers *store)
{
    int64_t now_ms = svc_clock_monotonic_ms();

    if (store->gone_since_ms == 0) {
        store->gone_since_ms = now_ms;
    }
    for (size_t i = 0; i < store->slot_count; i++) {
        struct slot *slot = &store->slots[i];
        slot->heard_ms = 0;
        slot->alone_until_ms =
            slot->breaker.state == BREAKER_OPEN ? slot->breaker.open_until_ms : 0;
        if (now_ms - store->gone_since_ms > GONE_MS) {
            slot->pushed_out += slot->note_count;
            slot->note_count = 0;
        }
    }
}

static bool is_known_open(const struct store_providers *store, const struct slot *slot)
{
    struct breaker copy = slot->breaker;

    if (breaker_admits(&copy, now_of(store))) {
        return false;
    }
    return slot->heard_ms != 0 && svc_clock_monotonic_ms() - slot->heard_ms < FRESH_MS;
}

static bool is_known_closed(const struct store_providers *store, const struct slot *slot)
{
    return store->gone_since_ms == 0 && slot->heard_ms != 0 &&
           slot->breaker.state == BREAKER_CLOSED &&
           svc_clock_monotonic_ms() - slot->heard_ms < CLOSED_MS;
}

/* Lets go of the mutex for the time that it takes to get TELLING. */
static void keep_tellers_out(struct store_providers *store)
{
    pthread_mutex_unlock(&store->mutex);
    pthread_rwlock_rdlock(&store->telling);
    pthread_mutex_lock(&store->mutex);
}

/* Under TELLING and the mutex, but for the call of Redis. */
static bool look(
    struct store_providers *store, struct slot *slot, struct store_record *ret_record)
{
    int64_t day = budget_day(now_of(store));
    double spent_usd = 0;

    pthread_mutex_unlock(&store->mutex);
    bool there = store_record_look(store->redis, slot->name, day, ret_record, &spent_usd);
    pthread_mutex_lock(&store->mutex);
    if (!there) {
        miss(store);
        return false;
    }
    hear(store, slot, ret_record);
    budget_turn(&slot->budget, day);
    slot->budget.known_usd = spent_usd;
    return true;
}

/* Under TELLING. Asks Redis, without the mutex, which it holds again at its end. False:
 * it's gone. */
static bool ask_redis(
    struct store_providers *store, struct slot *slot, bool *ret_admitted)
{
    struct store_record record;

    if (!look(store, slot, &record)) {
        return false;
    }
    for (int i = 0; i < SWAPS_MAX; i++) {
        hear(store, slot, &record);
        struct breaker own = slot->breaker;
        struct breaker next = record.breaker;
        bool done = false;
        if (!breaker_admits(&own, record.now_ms) ||
            !breaker_admits(&next, record.now_ms)) {
            *ret_admitted = false;
            return true;
        }
        if (next.state == BREAKER_CLOSED) {
            *ret_admitted = true;
            return true;
        }
        /* Whoever writes that it's half open is its one probe. */
        pthread_mutex_unlock(&store->mutex);
        bool there = store_record_swap(store->redis, slot->name, &next, &record, &done);
        pthread_mutex_lock(&store->mutex);
        if (!there || done) {
            *ret_admitted = there;
            slot->breaker = there ? next : slot->breaker;
            return true;
        }
    }
    *ret_admitted = false;
    return true;
}

bool store_providers_admit(
    void *context, const struct provider_config *config, const char **ret_reason)
{
    struct store_providers *store = context;
    bool admitted = false;

    *ret_reason = "its circuit breaker is open";
    pthread_mutex_lock(&store->mutex);
    struct slot *slot = find_slot(store, config);
    if (slot == NULL || is_known_open(store, slot)) {
        pthread_mutex_unlock(&store->mutex);
        return false;
    }
    if (!budget_allows(&slot->budget, config, budget_day(now_of(store)))) {
        *ret_reason = "its budget for today is spent";
        pthread_mutex_unlock(&store->mutex);
        return false;
    }
    bool there = false;
    if (store->redis != NULL && !is_known_closed(store, slot)) {
        keep_tellers_out(store);
        there = ask_redis(store, slot, &admitted);
        pthread_rwlock_unlock(&store->telling);
    }
    if (!there) {
        admitted = breaker_admits(&slot->breaker, now_of(store));
    }
    if (admitted && !budget_allows(&slot->budget, config, budget_day(now_of(store)))) {
        *ret_reason = "its budget for today is spent";
        admitted = false;
    }
    pthread_mutex_unlock(&store->mutex);
    return admitted;
}

static void push_note(struct slot *slot, struct outcome note)
{
    if (slot->note_count == NOTES_MAX) {
        slot->note_count--;
        slot->pushed_out++;
        memmove(slot->notes, slot->notes + 1, slot->note_count * sizeof slot->notes[0]);
    }
    slot->notes[slot->note_count++] = note;
}

void store_providers_note(void *context, const struct provider_config *config,
    const struct provider_answer *answer)
{
    struct store_providers *store = context;

    pthread_mutex_lock(&store->mutex);
    struct slot *slot = find_slot(store, config);
    if (slot != NULL) {
        int64_t now_ms = now_of(store);
        breaker_note(&slot->breaker, &slot->config, answer->outcome,
            answer->retry_after_ms, now_ms);
        budget_add(&slot->budget, budget_day(now_ms), answer->usage.cost_usd);
        if (store->redis != NULL) {
            push_note(slot, (struct outcome){answer->outcome, answer->retry_after_ms});
            store->waiting = true;
            store->urgent = store->urgent || answer->outcome != PROVIDER_ANSWERED ||
                            slot->breaker.state != BREAKER_CLOSED ||
                            slot->note_count > NOTES_MANY;
            pthread_cond_signal(&store->noted);
        }
    }
    pthread_mutex_unlock(&store->mutex);
}

/* Under TELLING and the mutex, but for the calls of Redis. False: it's gone. */
static bool tell_notes(struct store_providers *store, struct slot *slot)
{
    struct store_record record;
    struct slot told = *slot;
    double spent_usd = 0;
    bool done = false;

    pthread_mutex_unlock(&store->mutex);
    bool there =
        store_record_look(store->redis, told.name, told.budget.day, &record, &spent_usd);
    for (int i = 0; there && !done && i < SWAPS_MAX; i++) {
        struct breaker next = record.breaker;
        apply(&next, &told, record.now_ms);
        there = store_record_swap(store->redis, told.name, &next, &record, &done);
    }
    pthread_mutex_lock(&store->mutex);
    if (!there || !done) {
        return false;
    }
    size_t lost = slot->pushed_out - told.pushed_out;
    size_t count = told.note_count > lost ? told.note_count - lost : 0;
    count = count < slot->note_count ? count : slot->note_count; /* after a reset */
    slot->note_count -= count;
    memmove(slot->notes, slot->notes + count, slot->note_count * sizeof slot->notes[0]);
    hear(store, slot, &record);
    return true;
}

static bool tell_spend(struct store_providers *store, struct slot *slot)
{
    int64_t day = slot->budget.day;
    double usd = slot->budget.owed_usd;
    double spent_usd = 0;

    pthread_mutex_unlock(&store->mutex);
    bool there = store_spend_add(store->redis, slot->name, day, usd, &spent_usd);
    pthread_mutex_lock(&store->mutex);
    if (there && slot->budget.day == day) {
        slot->budget.owed_usd -= usd;
        slot->budget.known_usd = spent_usd;
    }
    return there;
}

/* Under the mutex, but for the calls of Redis. */
static bool tell_all(struct store_providers *store)
{
    bool there = true;

    store->waiting = false;
    store->urgent = false;
    for (size_t i = 0; there && i < store->slot_count; i++) {
        struct slot *slot = &store->slots[i];
        there = slot->note_count == 0 || tell_notes(store, slot);
        there = there && (slot->budget.owed_usd <= 0 || tell_spend(store, slot));
    }
    return there;
}

static bool tell_alone(struct store_providers *store)
{
    pthread_mutex_unlock(&store->mutex);
    pthread_rwlock_wrlock(&store->telling);
    pthread_mutex_lock(&store->mutex);
    bool there = tell_all(store);
    pthread_rwlock_unlock(&store->telling);
    return there;
}

/* Until `urgent`, at most MS. Under the mutex. */
static void linger(struct store_providers *store, int64_t ms, bool until_urgent)
{
    int64_t until_ns = svc_condition_until_ns(ms);

    while (!store->stopping && !(until_urgent && store->urgent) &&
           svc_condition_wait(&store->noted, &store->mutex, until_ns)) {
    }
}

static void *tell(void *context)
{
    struct store_providers *store = context;

    pthread_mutex_lock(&store->mutex);
    while (!store->stopping) {
        if (!store->waiting) {
            pthread_cond_wait(&store->noted, &store->mutex);
            continue;
        }
        linger(store, BUNDLE_MS, true);
        if (!tell_alone(store)) {
            miss(store);
            store->waiting = true;
            linger(store, RETRY_MS, false);
        }
    }
    if (store->waiting) {
        tell_alone(store);
    }
    pthread_mutex_unlock(&store->mutex);
    return NULL;
}

struct store_providers *store_providers_new(struct svc_redis *redis)
{
    struct store_providers *store = svc_alloc_zero(1, sizeof *store);
    pthread_rwlockattr_t tellers_first;

    store->redis = redis;
    pthread_rwlockattr_init(&tellers_first);
    pthread_rwlockattr_setkind_np(
        &tellers_first, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(&store->telling, &tellers_first);
    pthread_rwlockattr_destroy(&tellers_first);
    pthread_mutex_init(&store->mutex, NULL);
    svc_condition_init(&store->noted);
    if (redis != NULL && pthread_create(&store->thread, NULL, tell, store) != 0) {
        abort();
    }
    return store;
}

void store_providers_free(struct store_providers **store)
{
    struct store_providers *old = *store;

    if (old == NULL) {
        return;
    }
    pthread_mutex_lock(&old->mutex);
    old->stopping = true;
    pthread_cond_signal(&old->noted);
    pthread_mutex_unlock(&old->mutex);
    if (old->redis != NULL) {
        pthread_join(old->thread, NULL);
    }
    pthread_rwlock_destroy(&old->telling);
    pthread_cond_destroy(&old->noted);
    pthread_mutex_destroy(&old->mutex);
    free(old);
    *store = NULL;
}

void store_providers_look(struct store_providers *store,
    const struct provider_config *config, struct provider_standing *ret_standing)
{
    struct provider_standing standing = {0};
    struct store_record record;

    pthread_mutex_lock(&store->mutex);
    struct slot *slot = find_slot(store, config);
    if (slot != NULL) {
        if (store->redis != NULL) {
            keep_tellers_out(store);
            standing.shared = look(store, slot, &record);
            pthread_rwlock_unlock(&store->telling);
        }
        budget_turn(&slot->budget, budget_day(now_of(store)));
        standing.breaker = slot->breaker;
        standing.spent_usd = slot->budget.known_usd + slot->budget.owed_usd;
    }
    standing.now_ms = now_of(store);
    pthread_mutex_unlock(&store->mutex);
    *ret_standing = standing;
}

bool store_providers_reset(
    struct store_providers *store, const struct provider_config *config)
{
    bool told = false;

    pthread_rwlock_rdlock(&store->telling);
    pthread_mutex_lock(&store->mutex);
    struct slot *slot = find_slot(store, config);
    if (slot != NULL) {
        slot->breaker = (struct breaker){0};
        slot->note_count = 0;
        slot->heard_ms = 0;
        slot->alone_until_ms = 0;
    }
    pthread_mutex_unlock(&store->mutex);
    if (slot != NULL && store->redis != NULL) {
        told = store_record_reset(store->redis, slot->name);
    }
    pthread_rwlock_unlock(&store->telling);
    return told;
}
