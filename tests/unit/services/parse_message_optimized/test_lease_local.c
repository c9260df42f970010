#include "../../unit.h"

#include <lease_local.h>

#include <pthread.h>

#define LEASE_MS 1000
#define DONE_MS 100000

static int64_t now_ms;

static int64_t fake_now_ms(void)
{
    return now_ms;
}

static struct lease_local *local;
static struct lease_store store;

static int setup(void **state)
{
    static const struct lease_times times = {LEASE_MS, DONE_MS};

    (void)state;
    now_ms = 5;
    local = lease_local_new(&times, fake_now_ms);
    store = lease_local_store(local);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    lease_local_free(&local);
    assert_null(local);
    return 0;
}

/* The NUMBERth key: 64 hexadecimal digits, spread over the sets as a hash is. */
static const char *key_of(uint64_t number, char key[SVC_SHA256_HEX_SIZE])
{
    struct svc_sha256 hash;

    svc_sha256_init(&hash);
    svc_sha256_add(&hash, &number, sizeof number);
    svc_sha256_finish_hex(&hash, key);
    return key;
}

static struct lease_request request_of(const char *key, const char *token)
{
    return (struct lease_request){.key = key, .token = {token, strlen(token)}};
}

static enum lease_state take(uint64_t number, const char *token)
{
    char key[SVC_SHA256_HEX_SIZE];
    struct lease_request request = request_of(key_of(number, key), token);

    assert_int_equal(store.take(store.context, &request, 1), SVC_OK);
    return request.state;
}

static enum lease_end end(uint64_t number, const char *token, enum lease_outcome outcome)
{
    char key[SVC_SHA256_HEX_SIZE];
    struct svc_slice slice = {token, strlen(token)};
    enum lease_end end = LEASE_END_DONE;

    assert_int_equal(
        store.end(store.context, key_of(number, key), slice, outcome, &end), SVC_OK);
    return end;
}

static enum lease_state note(uint64_t number, const char *token, enum lease_state said)
{
    char key[SVC_SHA256_HEX_SIZE];
    struct lease_request request = request_of(key_of(number, key), token);

    request.state = said;
    lease_local_note(local, &request);
    return request.state;
}

static void test_take_gives_one_message_to_one_token(void **state)
{
    (void)state;
    assert_int_equal(take(1, "a"), LEASE_TAKEN);
    assert_int_equal(take(1, "b"), LEASE_IN_PROGRESS);
    assert_int_equal(take(1, "a"), LEASE_TAKEN);
    assert_int_equal(take(2, "b"), LEASE_TAKEN);
}

static void test_take_after_the_lease_ran_out(void **state)
{
    (void)state;
    assert_int_equal(take(1, "a"), LEASE_TAKEN);
    now_ms += LEASE_MS - 1;
    assert_int_equal(take(1, "b"), LEASE_IN_PROGRESS);
    now_ms += 1;
    assert_int_equal(take(1, "b"), LEASE_TAKEN);
    assert_int_equal(end(1, "a", LEASE_OUTCOME_DONE), LEASE_END_TAKEN_OVER);
    assert_int_equal(end(1, "a", LEASE_OUTCOME_FAILED), LEASE_END_TAKEN_OVER);
    assert_int_equal(take(1, "c"), LEASE_IN_PROGRESS);
    assert_int_equal(end(1, "b", LEASE_OUTCOME_DONE), LEASE_END_DONE);
}

static void test_take_again_renews(void **state)
{
    (void)state;
    take(1, "a");
    now_ms += LEASE_MS - 1;
    take(1, "a");
    now_ms += LEASE_MS - 1;
    assert_int_equal(take(1, "b"), LEASE_IN_PROGRESS);
}

static void test_end_done_is_remembered_as_long_as_it_says(void **state)
{
    (void)state;
    take(1, "a");
    assert_int_equal(end(1, "a", LEASE_OUTCOME_DONE), LEASE_END_DONE);
    assert_int_equal(end(1, "a", LEASE_OUTCOME_FAILED), LEASE_END_DONE);
    now_ms += DONE_MS - 1;
    assert_int_equal(take(1, "a"), LEASE_DONE);
    now_ms += 1;
    assert_int_equal(take(1, "b"), LEASE_TAKEN);
}

static void test_end_failed_frees(void **state)
{
    (void)state;
    take(1, "a");
    assert_int_equal(end(1, "a", LEASE_OUTCOME_FAILED), LEASE_END_RELEASED);
    assert_int_equal(take(1, "b"), LEASE_TAKEN);
}

static void test_end_of_what_is_not_known(void **state)
{
    (void)state;
    assert_int_equal(end(1, "a", LEASE_OUTCOME_FAILED), LEASE_END_RELEASED);
    assert_int_equal(end(1, "a", LEASE_OUTCOME_DONE), LEASE_END_DONE);
    assert_int_equal(take(1, "a"), LEASE_DONE);
}

static void test_take_many_at_once_is_in_order(void **state)
{
    char key[SVC_SHA256_HEX_SIZE];
    struct lease_request twice[] = {
        request_of(key_of(1, key), "a"), request_of(key, "b"), request_of(key, "a")};

    (void)state;
    assert_int_equal(store.take(store.context, twice, COUNT_OF(twice)), SVC_OK);
    assert_int_equal(twice[0].state, LEASE_TAKEN);
    assert_int_equal(twice[1].state, LEASE_IN_PROGRESS);
    assert_int_equal(twice[2].state, LEASE_TAKEN);
    assert_int_equal(store.take(store.context, NULL, 0), SVC_OK);
}

static void test_note_keeps_what_another_store_said(void **state)
{
    (void)state;
    assert_int_equal(note(1, "a", LEASE_TAKEN), LEASE_TAKEN);
    assert_int_equal(note(2, "a", LEASE_IN_PROGRESS), LEASE_IN_PROGRESS);
    assert_int_equal(note(3, "a", LEASE_DONE), LEASE_DONE);
    assert_int_equal(take(1, "a"), LEASE_TAKEN);
    assert_int_equal(take(1, "b"), LEASE_IN_PROGRESS);
    assert_int_equal(take(2, "a"), LEASE_IN_PROGRESS);
    assert_int_equal(take(3, "a"), LEASE_DONE);
}

static void test_note_of_a_duplicate_keeps_the_owner(void **state)
{
    (void)state;
    note(1, "a", LEASE_TAKEN);
    note(1, "b", LEASE_IN_PROGRESS);
    assert_int_equal(end(1, "a", LEASE_OUTCOME_DONE), LEASE_END_DONE);
}

static void test_end_of_a_lease_whose_token_is_not_known_here(void **state)
{
    (void)state;
    note(1, "b", LEASE_IN_PROGRESS);
    assert_int_equal(end(1, "a", LEASE_OUTCOME_DONE), LEASE_END_DONE);
    assert_int_equal(take(1, "c"), LEASE_DONE);
}

static void test_note_knows_better_what_was_decided_alone(void **state)
{
    (void)state;
    take(1, "a");
    assert_int_equal(note(1, "b", LEASE_TAKEN), LEASE_IN_PROGRESS);
    assert_int_equal(note(1, "a", LEASE_TAKEN), LEASE_TAKEN);
    assert_int_equal(note(1, "b", LEASE_TAKEN), LEASE_TAKEN);
    end(1, "b", LEASE_OUTCOME_DONE);
    assert_int_equal(note(1, "c", LEASE_TAKEN), LEASE_DONE);
    assert_int_equal(note(1, "c", LEASE_IN_PROGRESS), LEASE_DONE);
}

static void test_note_end_follows_the_other_store(void **state)
{
    char key[SVC_SHA256_HEX_SIZE];

    (void)state;
    note(1, "a", LEASE_TAKEN);
    lease_local_note_end(local, key_of(1, key), LEASE_END_TAKEN_OVER);
    assert_int_equal(take(1, "b"), LEASE_IN_PROGRESS);
    lease_local_note_end(local, key, LEASE_END_RELEASED);
    assert_int_equal(take(1, "b"), LEASE_TAKEN);
    lease_local_note_end(local, key, LEASE_END_DONE);
    assert_int_equal(take(1, "b"), LEASE_DONE);
}

/* Many more messages than there is room for: the last ones are known, and what makes room
 * is what ends first: leases before what is done. */
static void test_room_is_bounded_and_the_oldest_goes(void **state)
{
    enum { MANY = 300000, LAST = 1000 };
    size_t known = 0;

    (void)state;
    for (uint64_t number = 0; number < MANY; number++) {
        now_ms += number % 100 == 0;
        assert_int_equal(take(number, "a"), LEASE_TAKEN);
    }
    for (uint64_t number = MANY - LAST; number < MANY; number++) {
        known += take(number, "b") == LEASE_IN_PROGRESS;
    }
    assert_true(known > LAST * 99 / 100);
}

static void test_what_is_done_outlasts_many_leases(void **state)
{
    (void)state;
    take(0, "a");
    end(0, "a", LEASE_OUTCOME_DONE);
    for (uint64_t number = 1; number < 200000; number++) {
        take(number, "a");
    }
    assert_int_equal(take(0, "b"), LEASE_DONE);
}

/* The end of a message that is not known takes no other's room. */
static void test_end_failed_of_many_unknown_keeps_what_is_known(void **state)
{
    size_t known = 0;

    (void)state;
    for (uint64_t number = 0; number < 1000; number++) {
        take(number, "a");
    }
    for (uint64_t number = 1000; number < 200000; number++) {
        end(number, "a", LEASE_OUTCOME_FAILED);
    }
    for (uint64_t number = 0; number < 1000; number++) {
        known += take(number, "b") == LEASE_IN_PROGRESS;
    }
    assert_int_equal(known, 1000);
}

static void *take_all(void *taken)
{
    char token[24];

    snprintf(token, sizeof token, "%p", taken);
    for (uint64_t number = 0; number < 2000; number++) {
        *(size_t *)taken += take(number, token) == LEASE_TAKEN;
    }
    return NULL;
}

static void test_threads_never_share_a_message(void **state)
{
    pthread_t threads[4];
    size_t taken[COUNT_OF(threads)] = {0};
    size_t sum = 0;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(threads); i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, take_all, &taken[i]), 0);
    }
    for (size_t i = 0; i < COUNT_OF(threads); i++) {
        pthread_join(threads[i], NULL);
        sum += taken[i];
    }
    assert_int_equal(sum, 2000);
}

#define LEASE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LEASE_TEST(test_take_gives_one_message_to_one_token),
        LEASE_TEST(test_take_after_the_lease_ran_out),
        LEASE_TEST(test_take_again_renews),
        LEASE_TEST(test_end_done_is_remembered_as_long_as_it_says),
        LEASE_TEST(test_end_failed_frees),
        LEASE_TEST(test_end_of_what_is_not_known),
        LEASE_TEST(test_take_many_at_once_is_in_order),
        LEASE_TEST(test_note_keeps_what_another_store_said),
        LEASE_TEST(test_note_of_a_duplicate_keeps_the_owner),
        LEASE_TEST(test_end_of_a_lease_whose_token_is_not_known_here),
        LEASE_TEST(test_note_knows_better_what_was_decided_alone),
        LEASE_TEST(test_note_end_follows_the_other_store),
        LEASE_TEST(test_room_is_bounded_and_the_oldest_goes),
        LEASE_TEST(test_what_is_done_outlasts_many_leases),
        LEASE_TEST(test_end_failed_of_many_unknown_keeps_what_is_known),
        LEASE_TEST(test_threads_never_share_a_message),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
