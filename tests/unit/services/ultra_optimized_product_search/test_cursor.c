#include "../../unit.h"

#include "search_request.h"

static struct svc_arena arena;

static struct svc_slice make(const struct search *search, size_t offset)
{
    struct svc_buf out;

    svc_buf_init(&out, 1000);
    cursor_write(search, offset, &out);
    assert_false(out.overflow);
    struct svc_slice text = {
        svc_arena_strndup(&arena, svc_buf_text(&out), out.length), out.length};
    svc_buf_done(&out);
    return text;
}

static struct search some_search(void)
{
    struct search search;

    search_init(&search);
    search.text = SVC_SLICE("zapatos rojos de niño");
    search.category_id = 12;
    search.price_min_minor = 0;
    search.price_max_minor = 50000;
    search.on_offer = true;
    search.brand = SVC_SLICE("Nopalera");
    search.sort = QUERY_SORT_PRICE_UP;
    search.limit = 25;
    search.facets = true;
    return search;
}

static int teardown(void **state)
{
    (void)state;
    svc_arena_done(&arena);
    return 0;
}

static void assert_slice(struct svc_slice slice, const char *text)
{
    assert_int_equal(slice.length, strlen(text));
    assert_memory_equal(slice.text, text, slice.length);
}

static void test_cursor_alone_is_enough(void **state)
{
    struct search search = some_search();
    struct search read;

    (void)state;
    search_init(&read);
    assert_int_equal(cursor_read(make(&search, 18), &arena, &read), CURSOR_FINE);
    assert_slice(read.text, "zapatos rojos de niño");
    assert_slice(read.brand, "Nopalera");
    assert_int_equal(read.category_id, 12);
    assert_int_equal(read.price_min_minor, 0);
    assert_int_equal(read.price_max_minor, 50000);
    assert_true(read.on_offer);
    assert_false(read.in_stock);
    assert_true(read.facets);
    assert_int_equal(read.sort, QUERY_SORT_PRICE_UP);
    assert_int_equal(read.limit, 25);
    assert_int_equal(read.offset, 18);
}

static void test_cursor_with_its_search(void **state)
{
    struct search search = some_search();
    struct search again = some_search();

    (void)state;
    again.limit = 3;
    again.facets = false;
    assert_int_equal(cursor_read(make(&search, 999), &arena, &again), CURSOR_FINE);
    assert_int_equal(again.offset, 999);
    assert_int_equal(again.limit, 3);
    assert_false(again.facets);
}

static void test_cursor_of_another_search(void **state)
{
    struct search search = some_search();
    struct search others[8];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        others[i] = some_search();
    }
    others[0].text = SVC_SLICE("zapatos rojos");
    others[1].category_id = 13;
    others[2].price_min_minor = -1;
    others[3].price_max_minor = 50001;
    others[4].on_offer = false;
    others[5].in_stock = true;
    others[6].brand = SVC_SLICE("");
    others[7].sort = -1;
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        assert_int_equal(
            cursor_read(make(&search, 10), &arena, &others[i]), CURSOR_OTHER);
    }
}

static void test_cursor_of_a_long_search(void **state)
{
    static char words[2000];
    struct search search;
    struct search read;

    (void)state;
    memset(words, 'a', sizeof words);
    for (size_t length = 1; length < sizeof words; length += 7) {
        search_init(&search);
        search_init(&read);
        search.text = (struct svc_slice){words, length};
        search.limit = 10;
        struct svc_slice cursor = make(&search, 500);
        assert_true(cursor.length <= CURSOR_TEXT_MAX);
        enum cursor_outcome alone = cursor_read(cursor, &arena, &read);
        assert_int_equal(alone, length <= 122 ? CURSOR_FINE : CURSOR_SHORT);
        assert_int_equal(cursor_read(cursor, &arena, &search), CURSOR_FINE);
        assert_int_equal(search.offset, 500);
        svc_arena_reset(&arena);
    }
}

/* Any byte of it, and any length: none is taken for what it isn't. */
static void test_cursor_broken(void **state)
{
    static const char alphabet[] = "A9-_z=+ \x80\n";
    struct search search = some_search();
    struct svc_slice cursor = make(&search, 10);

    (void)state;
    for (size_t at = 0; at < cursor.length; at++) {
        for (size_t letter = 0; letter < sizeof alphabet - 1; letter++) {
            char *copy = svc_arena_strndup(&arena, cursor.text, cursor.length);
            struct search read;
            search_init(&read);
            copy[at] = alphabet[letter];
            struct svc_slice text = {copy, cursor.length};
            if (copy[at] != cursor.text[at] &&
                cursor_read(text, &arena, &read) == CURSOR_FINE) {
                /* Of the offset, the limit, and bits beyond the end, no hash is made. */
                assert_true(read.offset < INDEX_WINDOW_MAX);
                assert_in_range(read.limit, 1, INDEX_LIMIT_MAX);
                assert_slice(read.text, "zapatos rojos de niño");
            }
        }
    }
    for (size_t length = 0; length < cursor.length; length++) {
        struct search read;
        search_init(&read);
        assert_int_not_equal(
            cursor_read((struct svc_slice){cursor.text, length}, &arena, &read),
            CURSOR_FINE);
    }
}

static void test_cursor_noise(void **state)
{
    uint64_t seed = 7;

    (void)state;
    for (size_t round = 0; round < 20000; round++) {
        char text[200];
        size_t length = unit_next(&seed) % sizeof text;
        struct search read;
        for (size_t i = 0; i < length; i++) {
            text[i] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
                [unit_next(&seed) % 64];
        }
        search_init(&read);
        assert_int_not_equal(
            cursor_read((struct svc_slice){text, length}, &arena, &read), CURSOR_FINE);
        svc_arena_reset(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_cursor_alone_is_enough, teardown),
        cmocka_unit_test_teardown(test_cursor_with_its_search, teardown),
        cmocka_unit_test_teardown(test_cursor_of_another_search, teardown),
        cmocka_unit_test_teardown(test_cursor_of_a_long_search, teardown),
        cmocka_unit_test_teardown(test_cursor_broken, teardown),
        cmocka_unit_test_teardown(test_cursor_noise, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
