#include "shop.h"

#include <sys/stat.h>
#include <unistd.h>

static const struct line lines[] = {
    {1, "Zapatillas rojas", "Andina", "Calzado", 10, "38,39", "rojo", "Para correr.",
        "CAL-0001", 100000, 80000, 5, 90, false},
    {2, "Camiseta azul", "Kancha", "Ropa", 20, "S,M", "azul", NULL, "ROP-0001", 20000, 0,
        3, 40, false},
    {3, "Lámpara", NULL, NULL, 0, NULL, NULL, NULL, NULL, 50000, 0, 0, 99, false},
};

struct fixture {
    struct shop shop;
    char folder[64];
    char path[128];
    char error[256];
};

static int open_fixture(void **state)
{
    struct fixture *fixture = svc_alloc_zero(1, sizeof *fixture);

    shop_open(&fixture->shop);
    shop_build(&fixture->shop, lines, COUNT_OF(lines));
    snprintf(fixture->folder, sizeof fixture->folder, "/tmp/snapshot_XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    snprintf(fixture->path, sizeof fixture->path, "%s/index", fixture->folder);
    *state = fixture;
    return 0;
}

static int close_fixture(void **state)
{
    struct fixture *fixture = *state;

    unlink(fixture->path);
    rmdir(fixture->folder);
    shop_close(&fixture->shop);
    free(fixture);
    return 0;
}

static void save(struct fixture *fixture)
{
    assert_int_equal(
        index_save(fixture->shop.index, fixture->path, fixture->error), SVC_OK);
}

/* A second segment with one product, and a dead one in the first. */
static void change(struct shop *shop)
{
    static const struct line changed = {2, "Camiseta verde", "Kancha", "Ropa", 20, "S",
        "verde", NULL, "ROP-0001", 20000, 0, 3, 40, false};
    struct product product = make_product(&changed);
    const struct index_change changes[] = {{2, &product}, {3, NULL}};

    index_apply(shop->index, changes, 2, 42);
}

static void test_round_trip(void **state)
{
    struct fixture *fixture = *state;
    struct index_stats saved;
    struct index_stats loaded;
    struct shop other;

    change(&fixture->shop);
    save(fixture);
    index_stats(fixture->shop.index, &saved);
    shop_open(&other);
    assert_int_equal(index_load(other.index, fixture->path, fixture->error), SVC_OK);
    index_stats(other.index, &loaded);
    assert_int_equal(loaded.checksum, saved.checksum);
    assert_int_equal(loaded.products, 2);
    assert_int_equal(loaded.segments, saved.segments);
    assert_int_equal(index_cursor(other.index), 42);
    assert_found(&other, "zapatillas", "1");
    assert_found(&other, "camiseta verde", "2");
    assert_found(&other, "azul", "");
    assert_found(&other, "lampara", "");
    assert_found(&other, "zapatiyas", "1");
    /* What is mapped is changed in memory only. */
    struct product product = make_product(&lines[0]);
    product.facts.stock = 77;
    const struct index_change facts = {1, &product};
    index_apply(other.index, &facts, 1, 43);
    assert_true(index_get(other.index, 1, &other.arena, &product));
    assert_int_equal(product.facts.stock, 77);
    change(&other);
    shop_close(&other);
    shop_open(&other);
    assert_int_equal(index_load(other.index, fixture->path, fixture->error), SVC_OK);
    assert_true(index_get(other.index, 1, &other.arena, &product));
    assert_int_equal(product.facts.stock, 5);
    shop_close(&other);
}

static void test_save_replaces(void **state)
{
    struct fixture *fixture = *state;
    struct stat stat_buffer;
    char aside[160];

    save(fixture);
    change(&fixture->shop);
    save(fixture);
    assert_int_equal(
        index_load(fixture->shop.index, fixture->path, fixture->error), SVC_OK);
    assert_int_equal(index_cursor(fixture->shop.index), 42);
    snprintf(aside, sizeof aside, "%s.new", fixture->path);
    assert_int_not_equal(stat(aside, &stat_buffer), 0);
}

static void test_save_says_why_it_cannot(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(
        index_save(fixture->shop.index, "/no/such/folder/index", fixture->error),
        SVC_UNAVAILABLE);
    assert_non_null(strstr(fixture->error, "No such file"));
}

static void test_load_without_a_file(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(
        index_load(fixture->shop.index, "/no/such/file", fixture->error), SVC_NOT_FOUND);
    assert_found(&fixture->shop, "zapatillas", "1");
}

static void test_load_refuses_other_weights_and_languages(void **state)
{
    struct fixture *fixture = *state;
    struct shop other;

    save(fixture);
    shop_open(&other);
    other.weights.k1 = 2;
    assert_int_equal(index_load(other.index, fixture->path, fixture->error), SVC_INVALID);
    assert_non_null(strstr(fixture->error, "other weights"));
    other.weights.k1 = fixture->shop.weights.k1;
    other.weights.phrase = 5; /* isn't built in */
    assert_int_equal(index_load(other.index, fixture->path, fixture->error), SVC_OK);
    shop_close(&other);
    struct analyser *english = analyser_new("en");
    struct index *index = index_new(
        &(struct index_settings){.analyser = english, .weights = &fixture->shop.weights});
    assert_int_equal(index_load(index, fixture->path, fixture->error), SVC_INVALID);
    assert_non_null(strstr(fixture->error, "another language"));
    index_free(&index);
    analyser_free(&english);
}

static void write_file(const char *path, const char *bytes, size_t length)
{
    FILE *stream = fopen(path, "wb");

    assert_non_null(stream);
    assert_int_equal(fwrite(bytes, 1, length, stream), length);
    assert_int_equal(fclose(stream), 0);
}

static char *read_file(const char *path, size_t *ret_length)
{
    struct stat stat_buffer;
    FILE *stream = fopen(path, "rb");

    assert_non_null(stream);
    assert_int_equal(fstat(fileno(stream), &stat_buffer), 0);
    *ret_length = (size_t)stat_buffer.st_size;
    char *bytes = svc_alloc(*ret_length);
    assert_int_equal(fread(bytes, 1, *ret_length, stream), *ret_length);
    fclose(stream);
    return bytes;
}

static void test_load_refuses_what_is_cut_off(void **state)
{
    struct fixture *fixture = *state;
    size_t length = 0;

    save(fixture);
    char *bytes = read_file(fixture->path, &length);
    for (size_t cut = 0; cut < length; cut += cut < 64 ? 1 : 509) {
        write_file(fixture->path, bytes, cut);
        assert_int_equal(
            index_load(fixture->shop.index, fixture->path, fixture->error), SVC_INVALID);
    }
    free(bytes);
    assert_found(&fixture->shop, "zapatillas", "1");
}

/* Each byte counts, but those that fill up a page or lie between two sections. */
static void test_load_refuses_flipped_bits(void **state)
{
    struct fixture *fixture = *state;
    size_t length = 0;
    size_t taken = 0;
    size_t tried = 0;

    save(fixture);
    char *bytes = read_file(fixture->path, &length);
    for (size_t at = 0; at < length; at += 13) {
        char old = bytes[at];
        if (old == 0 && at % 52 != 0) {
            continue; /* most of the filling */
        }
        bytes[at] = (char)(old ^ (1 << at % 8));
        write_file(fixture->path, bytes, length);
        struct shop other;
        shop_open(&other);
        bool took = index_load(other.index, fixture->path, fixture->error) == SVC_OK;
        shop_close(&other);
        if (took && old != 0) {
            fail_msg("took a wrong byte at %zu", at);
        }
        taken += took;
        tried++;
        bytes[at] = old;
    }
    free(bytes);
    assert_true(tried > 200 && taken < tried / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_round_trip, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(test_save_replaces, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(
            test_save_says_why_it_cannot, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(
            test_load_without_a_file, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(
            test_load_refuses_other_weights_and_languages, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(
            test_load_refuses_what_is_cut_off, open_fixture, close_fixture),
        cmocka_unit_test_setup_teardown(
            test_load_refuses_flipped_bits, open_fixture, close_fixture),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
