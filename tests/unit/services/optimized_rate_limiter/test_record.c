/* The bytes of a customer's windows: there and back, and bytes that are none. */
#include "windows_fixture.h"

#include <record.h>

static struct customer_fixture customer;
static struct windows decoded;
static uint8_t bytes[RECORD_SIZE_MAX];

static struct svc_slice slice_of(const uint8_t *record, size_t size)
{
    return (struct svc_slice){(const char *)record, size};
}

/* Something in every field. */
static void fill(uint64_t seed, int messages)
{
    struct windows_request block = {
        .operation = OPERATION_BLOCK, .block_for_ms = 5000, .now_ms = START_MS};
    struct windows_verdict verdict;

    fixture_init(&customer, 20, 300, 2000, 50);
    for (int i = 1; i <= messages; i++) {
        customer.now_ms += (int64_t)(unit_next(&seed) % 90000);
        (void)fixture_apply(&customer, OPERATION_CHECK, (uint32_t)unit_next(&seed) | 1);
    }
    block.now_ms = customer.now_ms;
    windows_apply(&customer.windows, &block, &verdict);
    (void)fixture_apply(&customer, OPERATION_CHECK, 7);
}

static void test_record_there_and_back(void **state)
{
    static uint8_t again[RECORD_SIZE_MAX];

    (void)state;
    for (uint64_t seed = 1; seed < 200; seed++) {
        fill(seed, (int)seed * 3);
        size_t size = record_encode(&customer.windows, bytes);
        assert_true(record_decode(slice_of(bytes, size), &decoded));
        assert_int_equal(record_encode(&decoded, again), size);
        assert_memory_equal(again, bytes, size);
        customer.windows = decoded;
        assert_int_equal(
            fixture_apply(&customer, OPERATION_PEEK, 0).exceeded, WINDOW_BLOCK);
    }
}

static void test_record_of_the_fullest_windows(void **state)
{
    (void)state;
    fixture_init(&customer, 1000, 20000, 200000, 0);
    for (int i = 0; i < 400000; i++) {
        (void)fixture_apply(&customer, OPERATION_CHECK, (uint32_t)i + 1);
        customer.now_ms += i % 1000 == 0 ? 61000 : i % 7777 == 0 ? 600000 : 1;
    }
    size_t size = record_encode(&customer.windows, bytes);
    assert_in_range(size, 1000, RECORD_SIZE_MAX);
    assert_true(record_decode(slice_of(bytes, size), &decoded));
}

static void test_record_layout(void **state)
{
    (void)state;
    fixture_init(&customer, 5, 100, 500, 0);
    (void)fixture_apply(&customer, OPERATION_CHECK, 0x04030201);
    size_t size = record_encode(&customer.windows, bytes);
    assert_int_equal(size, RECORD_HEAD_SIZE + 4 + 9 + 0 + 2);
    assert_int_equal(bytes[0], 1);
    static const uint8_t counts[] = {0, 1, 0, 1, 0, 0, 0, 1, 0, 0};
    assert_memory_equal(bytes + 29, counts, sizeof counts);
    uint32_t low = (uint32_t)START_MS;
    const uint8_t time[] = {low >> 24, low >> 16 & 0xFF, low >> 8 & 0xFF, low & 0xFF};
    assert_memory_equal(bytes + RECORD_HEAD_SIZE, time, 4);
    static const uint8_t message[] = {1, 2, 3, 4, 0};
    assert_memory_equal(bytes + RECORD_HEAD_SIZE + 4, message, 5);
    static const uint8_t day[] = {0, 1};
    assert_memory_equal(bytes + RECORD_HEAD_SIZE + 13, day, 2);
}

static void test_record_of_nothing(void **state)
{
    (void)state;
    fill(1, 10);
    decoded = customer.windows;
    assert_false(record_decode((struct svc_slice){NULL, 0}, &decoded));
    assert_int_equal(decoded.minute_count, 0);
    assert_int_equal(decoded.day_count, 0);
    assert_int_equal(decoded.block_until_ms, 0);
    size_t size = record_encode(&customer.windows, bytes);
    bytes[0] = 2;
    assert_false(record_decode(slice_of(bytes, size), &decoded));
}

/* Applies every operation to what was read: whatever is taken for a record must hold. */
static void use(int64_t now_ms)
{
    static const enum operation operations[] = {
        OPERATION_PEEK, OPERATION_CHECK, OPERATION_REFUND, OPERATION_CHECK};
    static uint8_t again[RECORD_SIZE_MAX];

    customer.windows = decoded;
    customer.limits = (struct limits){1000, 20000, 200000, 0};
    customer.now_ms = now_ms;
    uint32_t message = 0;
    if (decoded.message_count > 0) {
        memcpy(&message, decoded.messages[0].hash, sizeof message);
    }
    for (size_t i = 0; i < COUNT_OF(operations); i++) {
        (void)fixture_apply(&customer, operations[i], message);
        customer.now_ms += 1234567;
    }
    (void)record_encode(&customer.windows, again);
}

/* In a block of exactly its size, so that AddressSanitizer sees a read past its end. */
static void read_and_use(const uint8_t *record, size_t size)
{
    uint8_t *copy = malloc(size > 0 ? size : 1);

    assert_non_null(copy);
    memcpy(copy, record, size);
    if (record_decode(slice_of(copy, size), &decoded)) {
        use(START_MS);
        use(customer.now_ms + DAY_MS);
        use(0);
    } else {
        assert_int_equal(decoded.minute_count + decoded.day_count, 0);
    }
    free(copy);
}

static void test_record_cut_at_each_byte(void **state)
{
    (void)state;
    fill(3, 200);
    size_t size = record_encode(&customer.windows, bytes);
    for (size_t cut = 0; cut < size; cut++) {
        assert_false(record_decode(slice_of(bytes, cut), &decoded));
        read_and_use(bytes, cut);
    }
    bytes[size] = 0;
    assert_false(record_decode(slice_of(bytes, size + 1), &decoded));
}

static void test_record_with_wrong_bytes(void **state)
{
    static uint8_t wrong[RECORD_SIZE_MAX];
    uint64_t random = 9;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        fill(unit_next(&random) % 7, (int)(unit_next(&random) % 40));
        size_t size = record_encode(&customer.windows, bytes);
        memcpy(wrong, bytes, size);
        for (uint64_t n = 1 + unit_next(&random) % 4; n > 0; n--) {
            size_t head = unit_next(&random) % 4 > 0 ? RECORD_HEAD_SIZE : size;
            wrong[1 + unit_next(&random) % (head - 1)] = (uint8_t)unit_next(&random);
        }
        read_and_use(wrong, size);
    }
}

static void test_record_of_random_bytes(void **state)
{
    uint64_t random = 5;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        size_t size = unit_next(&random) % 400;
        for (size_t at = 0; at < size; at++) {
            bool small = at < RECORD_HEAD_SIZE && unit_next(&random) % 3 > 0;
            bytes[at] = small ? 0 : (uint8_t)unit_next(&random);
        }
        bytes[0] = 1;
        read_and_use(bytes, size);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_record_there_and_back),
        cmocka_unit_test(test_record_of_the_fullest_windows),
        cmocka_unit_test(test_record_layout),
        cmocka_unit_test(test_record_of_nothing),
        cmocka_unit_test(test_record_cut_at_each_byte),
        cmocka_unit_test(test_record_with_wrong_bytes),
        cmocka_unit_test(test_record_of_random_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
