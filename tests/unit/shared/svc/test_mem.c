#include "../../unit.h"

#include <svc/mem.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void test_alloc_of_nothing_is_not_null(void **state)
{
    (void)state;
    SVC_AUTO_FREE void *one = svc_alloc(0);
    SVC_AUTO_FREE void *two = svc_alloc_zero(0, 8);
    SVC_AUTO_FREE void *three = svc_realloc(NULL, 0);

    assert_non_null(one);
    assert_non_null(two);
    assert_non_null(three);
}

static void test_alloc_zero_is_zero(void **state)
{
    (void)state;
    SVC_AUTO_FREE unsigned char *bytes = svc_alloc_zero(100, 7);

    for (size_t i = 0; i < 700; i++) {
        assert_int_equal(bytes[i], 0);
    }
}

static void test_strndup_copies_and_ends(void **state)
{
    (void)state;
    SVC_AUTO_FREE char *part = svc_strndup("abcdef", 3);
    SVC_AUTO_FREE char *none = svc_strndup("abcdef", 0);
    SVC_AUTO_FREE char *whole = svc_strdup("abcdef");

    assert_string_equal(part, "abc");
    assert_string_equal(none, "");
    assert_string_equal(whole, "abcdef");
}

static void test_strndup_keeps_nul_bytes(void **state)
{
    (void)state;
    SVC_AUTO_FREE char *copy = svc_strndup("a\0b", 3);

    assert_memory_equal(copy, "a\0b", 4);
}

static void test_arena_memory_is_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 15, 16, 17, 0, 255, 16384, 3, 16385, 100000, 8, 1};
    struct svc_arena arena = {0};
    unsigned char *all[COUNT_OF(sizes)];

    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        all[i] = svc_arena_alloc(&arena, sizes[i]);
        assert_non_null(all[i]);
        assert_int_equal((uintptr_t)all[i] % 16, 0);
        for (size_t at = 0; at < sizes[i]; at++) {
            assert_int_equal(all[i][at], 0);
        }
        memset(all[i], (int)i + 1, sizes[i]);
    }
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        for (size_t at = 0; at < sizes[i]; at++) {
            assert_int_equal(all[i][at], i + 1);
        }
    }
    svc_arena_done(&arena);
}

static void test_arena_memory_is_zeroed_after_reset(void **state)
{
    (void)state;
    struct svc_arena arena = {0};
    unsigned char *bytes = svc_arena_alloc(&arena, 4096);

    memset(bytes, 0xAA, 4096);
    svc_arena_reset(&arena);
    bytes = svc_arena_alloc(&arena, 4096);
    for (size_t i = 0; i < 4096; i++) {
        assert_int_equal(bytes[i], 0);
    }
    svc_arena_done(&arena);
}

static void test_arena_reset_keeps_the_first_block(void **state)
{
    (void)state;
    struct svc_arena arena = {0};
    void *first = svc_arena_alloc(&arena, 10);

    for (int i = 0; i < 100; i++) {
        svc_arena_alloc(&arena, 1000);
    }
    svc_arena_reset(&arena);
    assert_int_equal(arena.total, 0);
    assert_ptr_equal(svc_arena_alloc(&arena, 10), first);
    svc_arena_done(&arena);
}

/* One large request must not pin its memory to a thread for good. */
static void test_arena_reset_gives_a_large_first_block_back(void **state)
{
    (void)state;
    struct svc_arena arena = {0};

    svc_arena_alloc(&arena, 4 * 1024 * 1024);
    svc_arena_reset(&arena);
    assert_null(arena.block);
    assert_non_null(svc_arena_alloc(&arena, 1));
    svc_arena_done(&arena);
}

static void test_arena_total_counts_what_was_given_out(void **state)
{
    (void)state;
    struct svc_arena arena = {0};

    svc_arena_alloc(&arena, 16);
    svc_arena_alloc(&arena, 32);
    svc_arena_alloc(&arena, 50000);
    assert_in_range(arena.total, 16 + 32 + 50000, 16 + 32 + 50000 + 15);
    svc_arena_done(&arena);
}

static void test_arena_done_and_reset_take_an_empty_arena(void **state)
{
    (void)state;
    struct svc_arena arena = {0};

    svc_arena_reset(&arena);
    svc_arena_done(&arena);
    svc_arena_done(&arena);
    assert_null(arena.block);
}

static void test_arena_strndup_ends_with_nul(void **state)
{
    (void)state;
    struct svc_arena arena = {0};

    assert_string_equal(
        svc_arena_strndup(&arena, "abcdefghijklmnopqrstu", 16), "abcdefghijklmnop");
    assert_string_equal(svc_arena_strndup(&arena, "abc", 0), "");
    svc_arena_done(&arena);
}

static void allocate_too_much(void)
{
    struct svc_arena arena = {0};

    svc_arena_alloc(&arena, SIZE_MAX - 8);
}

static void allocate_almost_too_much(void)
{
    struct svc_arena arena = {0};

    svc_arena_alloc(&arena, SIZE_MAX - 32);
}

static int signal_that_ends(void (*run)(void))
{
    int status = 0;

    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        fclose(stderr);
        run();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

/* A size near SIZE_MAX must not wrap to a small block. */
static void test_arena_ends_the_process_rather_than_wrap(void **state)
{
    (void)state;
    assert_int_equal(signal_that_ends(allocate_too_much), SIGABRT);
    assert_int_equal(signal_that_ends(allocate_almost_too_much), SIGABRT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alloc_of_nothing_is_not_null),
        cmocka_unit_test(test_alloc_zero_is_zero),
        cmocka_unit_test(test_strndup_copies_and_ends),
        cmocka_unit_test(test_strndup_keeps_nul_bytes),
        cmocka_unit_test(test_arena_memory_is_zeroed_aligned_and_apart),
        cmocka_unit_test(test_arena_memory_is_zeroed_after_reset),
        cmocka_unit_test(test_arena_reset_keeps_the_first_block),
        cmocka_unit_test(test_arena_reset_gives_a_large_first_block_back),
        cmocka_unit_test(test_arena_total_counts_what_was_given_out),
        cmocka_unit_test(test_arena_done_and_reset_take_an_empty_arena),
        cmocka_unit_test(test_arena_strndup_ends_with_nul),
        cmocka_unit_test(test_arena_ends_the_process_rather_than_wrap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
