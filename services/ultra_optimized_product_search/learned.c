#include "learned.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

/* Evidence halves in a month. */
#define HALF_LIFE_S (30.0 * 24 * 60 * 60)
/* What came long before what is stored now would be nothing, what comes from after it is
 * a clock that is wrong: 2020 and 2100. */
#define LANDMARK_S 1577836800
#define LATEST_S 4102444800
/* Below it evidence counts for nothing: three customers' clicks, or one add to a cart. */
#define FLOOR 3.0
/* So much above the floor is worth one half. */
#define HALF_WORTH 12.0
/* What being looked over takes away: where fewer than one in twenty click, nothing is
 * left. */
#define SHOWN_COST 0.05

static const double action_weights[] = {
    [LEARNED_SHOWN] = 0.0,
    [LEARNED_CLICK] = 1.0,
    [LEARNED_ADD] = 3.0,
    [LEARNED_PURCHASE] = 6.0,
};

/* The parts of a score, 1 together. That a product is bought whatever is asked for has no
 * part in it: that is its popularity, and would put it first where it fits least. Nor has
 * that it is bought after a word among others: who asks for a red shoe in 42 chooses by
 * the colour, which says nothing of the next shoe. */
#define PART_QUESTION 0.4 /* this product after this very question, in whatever words */
#define PART_CATEGORY 0.6 /* its category after these words, asked for alone */

#define SET_SIZE ((size_t)8)

/* Forward decay (Cormode, Shkapenyuk, Srivastava, Xu, "Forward decay: a practical time
 * decay model for streaming systems", 2009): an event weighs more the later it is, by the
 * same factor by which the reader then divides. So weights are sums, in any order of
 * events, and no entry knows a time. 80 years are 2^974: a double holds it. */
struct entry {
    _Atomic uint64_t key; /* 0: empty */
    _Atomic double gained;
    _Atomic double shown;
};

struct set {
    _Atomic uint64_t replaced; /* how often an entry was */
    struct entry entries[SET_SIZE];
};

struct learned {
    struct set *sets;
    size_t set_count;
    _Atomic bool has_some;
    pthread_mutex_t lock; /* of those who write */
};

enum pair_kind {
    PAIR_QUESTION_PRODUCT = 1,
    PAIR_WORD_CATEGORY,
    PAIR_WORD,    /* with all categories */
    PAIR_PRODUCT, /* for what is asked without words */
};

struct learned *learned_new(size_t pairs_max)
{
    struct learned *learned = svc_alloc_zero(1, sizeof *learned);

    learned->set_count = pairs_max < SET_SIZE ? 1 : pairs_max / SET_SIZE;
    learned->sets = svc_alloc_zero(learned->set_count, sizeof *learned->sets);
    pthread_mutex_init(&learned->lock, NULL);
    return learned;
}

void learned_free(struct learned **learned_pointer)
{
    struct learned *learned = *learned_pointer;

    *learned_pointer = NULL;
    if (learned == NULL) {
        return;
    }
    pthread_mutex_destroy(&learned->lock);
    free(learned->sets);
    free(learned);
}

/* The end of splitmix64: every bit of the input in every bit of the output. */
static uint64_t mix(uint64_t bits)
{
    bits = (bits ^ bits >> 30) * 0xbf58476d1ce4e5b9u;
    bits = (bits ^ bits >> 27) * 0x94d049bb133111ebu;
    return bits ^ bits >> 31;
}

static uint64_t key_of(enum pair_kind kind, uint64_t word, int64_t id)
{
    uint64_t key = mix(word + mix((uint64_t)id * 8 + kind));

    return key == 0 ? 1 : key;
}

static double half_lives(int64_t when_s)
{
    int64_t bounded = when_s < LANDMARK_S ? LANDMARK_S
                      : when_s > LATEST_S ? LATEST_S
                                          : when_s;

    return (double)(bounded - LANDMARK_S) / HALF_LIFE_S;
}

static struct set *set_of(const struct learned *learned, uint64_t key)
{
    /* The high half chooses: a product of two halves, without a division. */
    return &learned->sets[(key >> 32) * (uint64_t)learned->set_count >> 32];
}

/* Each store is seen before the next one. Whoever sees the new numbers sees that an entry
 * was replaced, and whoever begins after that no longer sees the old key. */
static void replace(struct set *set, struct entry *entry, uint64_t key, double gained)
{
    uint64_t replaced = atomic_load_explicit(&set->replaced, memory_order_relaxed);

    atomic_store_explicit(&entry->key, 0, memory_order_relaxed);
    atomic_store_explicit(&set->replaced, replaced + 1, memory_order_release);
    atomic_store_explicit(&entry->gained, gained, memory_order_release);
    atomic_store_explicit(&entry->shown, 0.0, memory_order_release);
    atomic_store_explicit(&entry->key, key, memory_order_release);
}

static void grow(_Atomic double *sum, double weight)
{
    double old = atomic_load_explicit(sum, memory_order_relaxed);

    atomic_store_explicit(sum, old + weight, memory_order_release);
}

/* Under the lock. What was only shown makes no entry: it is worth what an unknown pair
 * is, and there would be ten of them for each click. */
static void note(struct learned *learned, uint64_t key, double gained, double shown)
{
    struct set *set = set_of(learned, key);
    struct entry *weakest = &set->entries[0];

    for (size_t i = 0; i < SET_SIZE; i++) {
        struct entry *entry = &set->entries[i];
        if (atomic_load_explicit(&entry->key, memory_order_relaxed) == key) {
            grow(&entry->gained, gained);
            grow(&entry->shown, shown);
            return;
        }
        if (atomic_load_explicit(&entry->gained, memory_order_relaxed) <
            atomic_load_explicit(&weakest->gained, memory_order_relaxed)) {
            weakest = entry;
        }
    }
    if (gained > 0) {
        replace(set, weakest, key, gained);
        atomic_store_explicit(&learned->has_some, true, memory_order_release);
    }
}

void learned_add(struct learned *learned, const struct query *query, int64_t product_id,
    int64_t category_id, enum learned_action action, int64_t when_s)
{
    double later = exp2(half_lives(when_s));
    double gained = action_weights[action] * later;
    double shown = action == LEARNED_SHOWN ? later : 0.0;

    pthread_mutex_lock(&learned->lock);
    note(learned, key_of(PAIR_PRODUCT, 0, product_id), gained, shown);
    if (query->slot_count > 0) {
        uint64_t question = key_of(PAIR_QUESTION_PRODUCT, query->key, product_id);
        note(learned, question, gained, shown);
    }
    /* Who asks for two words means both together, and neither alone. */
    if (query->slot_count == 1) {
        uint64_t word = query->slots[0].meaning;
        note(learned, key_of(PAIR_WORD, word, 0), gained, 0.0);
        note(learned, key_of(PAIR_WORD_CATEGORY, word, category_id), gained, 0.0);
    }
    pthread_mutex_unlock(&learned->lock);
}

/* What is left of the pair's evidence when its sums are worth EARLIER each; 0 where it
 * isn't known, or one of its set is being replaced at this moment. */
static double evidence(const struct learned *learned, uint64_t key, double earlier)
{
    struct set *set = set_of(learned, key);
    uint64_t replaced = atomic_load_explicit(&set->replaced, memory_order_acquire);

    for (size_t i = 0; i < SET_SIZE; i++) {
        struct entry *entry = &set->entries[i];
        if (atomic_load_explicit(&entry->key, memory_order_acquire) != key) {
            continue;
        }
        double gained = atomic_load_explicit(&entry->gained, memory_order_acquire);
        double shown = atomic_load_explicit(&entry->shown, memory_order_acquire);
        if (atomic_load_explicit(&set->replaced, memory_order_relaxed) != replaced) {
            return 0.0;
        }
        return (gained - SHOWN_COST * shown) * earlier;
    }
    return 0.0;
}

/* 0 up to the floor, then without a step towards 1. */
static double worth(double weight)
{
    return weight <= FLOOR ? 0.0 : (weight - FLOOR) / (weight - FLOOR + HALF_WORTH);
}

double learned_score(const struct learned *learned, const struct query *query,
    int64_t product_id, int64_t category_id, int64_t now_s)
{
    double categories = 0.0;

    if (!atomic_load_explicit(&learned->has_some, memory_order_acquire)) {
        return 0.0;
    }
    double earlier = exp2(-half_lives(now_s));
    if (query->slot_count == 0) {
        return worth(evidence(learned, key_of(PAIR_PRODUCT, 0, product_id), earlier));
    }
    for (size_t i = 0; i < query->slot_count; i++) {
        uint64_t word = query->slots[i].meaning;
        double all = evidence(learned, key_of(PAIR_WORD, word, 0), earlier);
        if (all <= FLOOR) {
            continue;
        }
        /* Which category a word means is a question of shares, since each of them would
         * have enough evidence in the end; squared, as "para" means all of them a little.
         */
        double in_it =
            evidence(learned, key_of(PAIR_WORD_CATEGORY, word, category_id), earlier);
        double share = fmin(in_it / all, 1.0);
        categories += worth(all) * share * share;
    }
    uint64_t question = key_of(PAIR_QUESTION_PRODUCT, query->key, product_id);
    return PART_QUESTION * worth(evidence(learned, question, earlier)) +
           PART_CATEGORY * categories / (double)query->slot_count;
}
