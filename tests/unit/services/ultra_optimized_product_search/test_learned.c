/* What events teach: how much it takes, how it fades, whom it reaches. */
#include "../../unit.h"

#include <learned.h>

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>

#define NOW_S 1790000000
#define DAY_S (24 * 60 * 60)

enum { PRODUCT = 7, OTHER = 8, CATEGORY = 3, OTHER_CATEGORY = 4 };

static struct learned *learned;
static struct svc_arena arena;

static int setup(void **state)
{
    (void)state;
    learned = learned_new(100000);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    learned_free(&learned);
    assert_null(learned);
    learned_free(&learned);
    svc_arena_done(&arena);
    return 0;
}

/* A query of up to two words, each with a meaning of its own. */
static struct query *ask(const char *first, const char *second)
{
    const char *words[] = {first, second};
    struct query *query = svc_arena_alloc(&arena, sizeof *query);

    query->slots = svc_arena_alloc(&arena, 2 * sizeof *query->slots);
    for (size_t i = 0; i < 2 && words[i] != NULL; i++) {
        struct query_slot *slot = &query->slots[query->slot_count++];
        slot->phrase_count = 1;
        slot->phrases[0].count = 1;
        slot->phrases[0].words[0].forms.stem =
            (struct svc_slice){words[i], strlen(words[i])};
        slot->meaning = svc_text_hash(slot->phrases[0].words[0].forms.stem);
        query->key += slot->meaning;
    }
    return query;
}

static void add(const struct query *query, int64_t product, enum learned_action action,
    int times, int64_t when_s)
{
    for (int i = 0; i < times; i++) {
        learned_add(learned, query, product, CATEGORY, action, when_s);
    }
}

static double score(const struct query *query, int64_t product)
{
    return learned_score(learned, query, product, CATEGORY, NOW_S);
}

static void test_nothing_is_known_at_first(void **state)
{
    (void)state;
    assert_true(score(ask("remera", NULL), PRODUCT) == 0.0);
    assert_true(score(ask(NULL, NULL), PRODUCT) == 0.0);
}

static void test_a_few_clicks_count_for_nothing(void **state)
{
    struct query *query = ask("remera", "azul");

    (void)state;
    add(query, PRODUCT, LEARNED_CLICK, 3, NOW_S);
    assert_true(score(query, PRODUCT) < 1e-9); /* but for rounding */
    add(query, PRODUCT, LEARNED_CLICK, 1, NOW_S);
    assert_true(score(query, PRODUCT) > 0.0);
    assert_true(score(query, PRODUCT) < 0.15);
}

static void test_actions_weigh_1_3_and_6(void **state)
{
    struct query *query = ask("remera", NULL);

    (void)state;
    add(query, 1, LEARNED_CLICK, 12, NOW_S);
    add(query, 2, LEARNED_ADD, 4, NOW_S);
    add(query, 3, LEARNED_PURCHASE, 2, NOW_S);
    add(query, 4, LEARNED_PURCHASE, 3, NOW_S);
    assert_true(fabs(score(query, 1) - score(query, 2)) < 1e-9);
    assert_true(fabs(score(query, 1) - score(query, 3)) < 1e-9);
    assert_true(score(query, 4) > score(query, 3) + 0.01);
}

static void test_more_is_more_but_never_over_1(void **state)
{
    struct query *query = ask("remera", NULL);
    double before = 0.0;

    (void)state;
    for (int i = 0; i < 5; i++) {
        add(query, PRODUCT, LEARNED_PURCHASE, 10 << i, NOW_S);
        double after = score(query, PRODUCT);
        assert_true(after > before);
        before = after;
    }
    add(query, PRODUCT, LEARNED_PURCHASE, 100000, NOW_S);
    assert_true(score(query, PRODUCT) > 0.99);
    assert_true(score(query, PRODUCT) <= 1.0);
}

static void test_whom_an_event_reaches(void **state)
{
    struct query *query = ask("remera", NULL);

    (void)state;
    add(query, PRODUCT, LEARNED_CLICK, 50, NOW_S);
    struct query *akin = ask("remera", "roja");
    double elsewhere = learned_score(learned, query, OTHER, OTHER_CATEGORY, NOW_S);

    assert_true(score(query, PRODUCT) > score(query, OTHER));
    assert_true(score(query, OTHER) > score(akin, OTHER));
    /* Of another question the category alone is known, for any of its products. */
    assert_true(score(akin, PRODUCT) == score(akin, OTHER));
    assert_true(score(akin, OTHER) > 0.0);
    assert_true(elsewhere == 0.0);
    assert_true(score(ask("olla", NULL), PRODUCT) == 0.0);
    assert_true(score(ask(NULL, NULL), PRODUCT) > 0.5);
}

static void test_two_words_teach_nothing_of_each(void **state)
{
    (void)state;
    add(ask("mochila", "laptop"), PRODUCT, LEARNED_CLICK, 50, NOW_S);
    assert_true(score(ask("laptop", "mochila"), PRODUCT) > 0.2);
    assert_true(score(ask("mochila", "roja"), PRODUCT) == 0.0);
    assert_true(score(ask("mochila", NULL), PRODUCT) == 0.0);
}

static void test_a_category_is_a_share(void **state)
{
    struct query *query = ask("bateria", NULL);

    (void)state;
    for (int i = 0; i < 1000; i++) {
        int64_t category = i % 10 == 0 ? OTHER_CATEGORY : CATEGORY;
        learned_add(learned, query, i, category, LEARNED_CLICK, NOW_S);
    }
    double often = learned_score(learned, query, -1, CATEGORY, NOW_S);
    double seldom = learned_score(learned, query, -1, OTHER_CATEGORY, NOW_S);
    assert_true(fabs(often / seldom - 81.0) < 1e-6);
}

static void test_evidence_halves_in_30_days(void **state)
{
    struct query *old = ask("viejo", NULL);
    struct query *new = ask("nuevo", NULL);

    (void)state;
    add(old, 1, LEARNED_CLICK, 40, NOW_S - 30 * DAY_S);
    add(new, 2, LEARNED_CLICK, 20, NOW_S);
    assert_true(fabs(score(old, 1) - score(new, 2)) < 1e-9);
    assert_true(
        learned_score(learned, new, 2, CATEGORY, NOW_S + 90 * (int64_t)DAY_S) == 0.0);
}

static void test_the_order_of_events_is_nothing(void **state)
{
    struct query *query = ask("remera", NULL);

    (void)state;
    add(query, 1, LEARNED_CLICK, 20, NOW_S - 50 * DAY_S);
    add(query, 1, LEARNED_CLICK, 20, NOW_S);
    add(query, 2, LEARNED_CLICK, 20, NOW_S);
    add(query, 2, LEARNED_CLICK, 20, NOW_S - 50 * DAY_S);
    assert_true(fabs(score(query, 1) - score(query, 2)) < 1e-9);
}

static void test_looked_over_is_a_little_against_it(void **state)
{
    struct query *query = ask("remera", NULL);

    (void)state;
    add(query, PRODUCT, LEARNED_CLICK, 20, NOW_S);
    double liked = score(query, PRODUCT);
    add(query, PRODUCT, LEARNED_SHOWN, 100, NOW_S);
    double less = score(query, PRODUCT);
    assert_true(less > 0.0 && less < liked);
    add(query, PRODUCT, LEARNED_SHOWN, 300, NOW_S);
    /* What is left is the category's, which nobody was shown. */
    assert_true(fabs(score(query, PRODUCT) - score(query, OTHER)) < 1e-9);
}

static void test_shown_alone_is_not_even_kept(void **state)
{
    struct query *query = ask("remera", NULL);

    (void)state;
    add(query, PRODUCT, LEARNED_SHOWN, 1000, NOW_S);
    assert_true(score(query, PRODUCT) == 0.0);
    add(query, PRODUCT, LEARNED_CLICK, 10, NOW_S);
    assert_true(score(query, PRODUCT) > score(query, OTHER));
}

static void test_times_out_of_all_bounds(void **state)
{
    struct query *query = ask("remera", NULL);
    const int64_t times[] = {INT64_MIN, -1, 0, 4102444800, INT64_MAX};

    (void)state;
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        add(query, (int64_t)i, LEARNED_PURCHASE, 1000, times[i]);
        for (size_t j = 0; j < sizeof times / sizeof times[0]; j++) {
            double found = learned_score(learned, query, (int64_t)i, CATEGORY, times[j]);
            assert_true(found >= 0.0 && found <= 1.0);
        }
    }
}

static void test_the_weakest_make_room(void **state)
{
    struct query *query = ask("remera", NULL);
    int kept = 0;

    (void)state;
    learned_free(&learned);
    learned = learned_new(4096);
    add(query, PRODUCT, LEARNED_PURCHASE, 20, NOW_S);
    double before = score(query, PRODUCT);
    for (int i = 100; i < 20100; i++) {
        add(ask(NULL, NULL), i, LEARNED_CLICK, 4, NOW_S);
    }
    assert_true(score(query, PRODUCT) == before);
    for (int i = 100; i < 20100; i++) {
        kept += score(ask(NULL, NULL), i) > 0.0;
    }
    assert_in_range(kept, 3500, 4096);
    assert_true(score(ask(NULL, NULL), 20099) > 0.0);
}

static void test_no_room_at_all(void **state)
{
    struct query *query = ask(NULL, NULL);

    (void)state;
    learned_free(&learned);
    learned = learned_new(0);
    add(query, PRODUCT, LEARNED_PURCHASE, 20, NOW_S);
    assert_true(score(query, PRODUCT) > 0.0);
}

/* In a place for eight, a product with one click is pushed out by another that was
 * bought, again and again: who reads the one must never see what belongs to the other. */
static atomic_bool stop;

static void *write_much(void *context)
{
    const struct query *query = context;

    for (int i = 0; i < 100000; i++) {
        learned_add(learned, query, PRODUCT, CATEGORY, LEARNED_CLICK, NOW_S);
        learned_add(learned, query, 100 + i, CATEGORY, LEARNED_PURCHASE, NOW_S);
    }
    atomic_store(&stop, true);
    return NULL;
}

static void *read_much(void *context)
{
    uintptr_t wrong = 0;

    while (!atomic_load(&stop)) {
        wrong += score(context, PRODUCT) != 0.0;
    }
    return (void *)wrong;
}

static void test_readers_see_no_mixture(void **state)
{
    struct query *query = ask(NULL, NULL);
    pthread_t writer, readers[2];
    void *wrong;

    (void)state;
    learned_free(&learned);
    learned = learned_new(8);
    for (int i = 0; i < 8; i++) {
        add(query, 10 + i, LEARNED_PURCHASE, 1, NOW_S);
    }
    atomic_store(&stop, false);
    pthread_create(&writer, NULL, write_much, query);
    for (int i = 0; i < 2; i++) {
        pthread_create(&readers[i], NULL, read_much, query);
    }
    pthread_join(writer, NULL);
    for (int i = 0; i < 2; i++) {
        pthread_join(readers[i], &wrong);
        assert_int_equal((uintptr_t)wrong, 0);
    }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_nothing_is_known_at_first),
        TEST(test_a_few_clicks_count_for_nothing),
        TEST(test_actions_weigh_1_3_and_6),
        TEST(test_more_is_more_but_never_over_1),
        TEST(test_whom_an_event_reaches),
        TEST(test_two_words_teach_nothing_of_each),
        TEST(test_a_category_is_a_share),
        TEST(test_evidence_halves_in_30_days),
        TEST(test_the_order_of_events_is_nothing),
        TEST(test_looked_over_is_a_little_against_it),
        TEST(test_shown_alone_is_not_even_kept),
        TEST(test_times_out_of_all_bounds),
        TEST(test_the_weakest_make_room),
        TEST(test_no_room_at_all),
        TEST(test_readers_see_no_mixture),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
