/* Many who search while one changes: for ThreadSanitizer, and for what no reader may see.
 */
#include "shop.h"

#include "index_private.h"

#include <pthread.h>
#include <stdatomic.h>

enum { PRODUCTS = 300, READERS = 4, BATCHES = 400 };

struct fixture {
    struct shop shop;
    atomic_bool stop;
    atomic_size_t searches;
    atomic_size_t faults;
};

/* Of every product, at any time: the offer is the price's half, the stock the price's
 * tenth, and one half of them says "uno", the other one "dos". */
static void make(size_t number, size_t round, char name[64], struct product *ret_product)
{
    int64_t price_minor = 100 + (int64_t)((number + round) % 50) * 20;

    snprintf(
        name, 64, "%s cosa numero%zu", (number + round) % 2 == 0 ? "uno" : "dos", number);
    *ret_product = (struct product){
        .id = (int64_t)number + 1,
        .name = slice(name),
        .facts =
            {
                .price_minor = price_minor,
                .offer_minor = price_minor / 2,
                .stock = (int32_t)(price_minor / 10),
                .flags = PRODUCT_AVAILABLE,
            },
    };
}

static void check_hits(struct fixture *fixture, const struct index_result *result)
{
    for (size_t i = 0; i < result->hit_count; i++) {
        const struct product_facts *facts = &result->hits[i].product.facts;
        if (facts->offer_minor != facts->price_minor / 2 ||
            facts->stock != facts->price_minor / 10) {
            atomic_fetch_add(&fixture->faults, 1);
        }
    }
}

/* Each product is there once, in this form or in that one. */
static void *read_on(void *argument)
{
    struct fixture *fixture = argument;
    struct shop own = fixture->shop;
    const struct index_options options = {.limit = 100, .now_s = NOW_S, .facets = true};

    own.arena = (struct svc_arena){0};
    while (!atomic_load(&fixture->stop)) {
        struct query query = shop_query(&own, "cosa");
        struct index_result result;
        index_search(own.index, &query, &options, &own.arena, &result);
        if (result.total != PRODUCTS) {
            atomic_fetch_add(&fixture->faults, 1);
        }
        check_hits(fixture, &result);
        struct product product;
        if (!index_get(own.index, 1 + (int64_t)atomic_load(&fixture->searches) % PRODUCTS,
                &own.arena, &product)) {
            atomic_fetch_add(&fixture->faults, 1);
        }
        struct index_stats stats;
        index_stats(own.index, &stats);
        if (stats.products != PRODUCTS) {
            atomic_fetch_add(&fixture->faults, 1);
        }
        atomic_fetch_add(&fixture->searches, 1);
        svc_arena_reset(&own.arena);
    }
    svc_arena_done(&own.arena);
    return NULL;
}

static void build(struct fixture *fixture)
{
    struct index_build *build = index_build_new(fixture->shop.index, PRODUCTS);
    char name[64];

    for (size_t i = 0; i < PRODUCTS; i++) {
        struct product product;
        make(i, 0, name, &product);
        index_build_add(build, &product);
    }
    assert_int_equal(index_build_finish(&build, 1), SVC_OK);
}

static void change(struct fixture *fixture, size_t round)
{
    enum { BATCH = 10 };
    struct product products[BATCH];
    struct index_change changes[BATCH];
    char names[BATCH][64];

    for (size_t i = 0; i < BATCH; i++) {
        size_t number = (round * 7 + i * 31) % PRODUCTS;
        /* Even rounds leave the words as they are somewhere: facts in place. */
        make(number, round % 3 == 0 ? round : round & ~(size_t)1, names[i], &products[i]);
        changes[i] = (struct index_change){products[i].id, &products[i]};
    }
    index_apply(fixture->shop.index, changes, BATCH, (int64_t)round);
}

static void test_readers_see_whole_changes(void **state)
{
    struct fixture fixture = {0};
    pthread_t readers[READERS];

    (void)state;
    shop_open(&fixture.shop);
    fixture.shop.index->small_docs = 20;
    fixture.shop.index->merge_docs = 100;
    build(&fixture);
    for (size_t i = 0; i < READERS; i++) {
        assert_int_equal(pthread_create(&readers[i], NULL, read_on, &fixture), 0);
    }
    for (size_t round = 1; round <= BATCHES; round++) {
        change(&fixture, round);
        if (round % 100 == 0) {
            build(&fixture);
        }
    }
    atomic_store(&fixture.stop, true);
    for (size_t i = 0; i < READERS; i++) {
        pthread_join(readers[i], NULL);
    }
    assert_int_equal(atomic_load(&fixture.faults), 0);
    assert_true(atomic_load(&fixture.searches) > 50);
    /* Nothing is kept back once the readers have left. */
    change(&fixture, 1);
    assert_int_equal(fixture.shop.index->retired.count, 0);
    shop_close(&fixture.shop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_readers_see_whole_changes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
