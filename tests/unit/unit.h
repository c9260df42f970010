/* What every unit test includes: cmocka with the headers that it wants before it, and
 * case files. */
#ifndef UNIT_H
#define UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* The whole of tests/cases/PATH, in a block of exactly its size, so that AddressSanitizer
 * sees a read past its end. The caller frees it. */
static inline char *unit_read_case(const char *path, size_t *ret_length)
{
    char full[512];

    snprintf(full, sizeof full, "%s/%s", TEST_CASES_DIR, path);
    FILE *stream = fopen(full, "rb");
    if (stream == NULL) {
        fail_msg("no case file %s", full);
    }
    fseek(stream, 0, SEEK_END);
    size_t length = (size_t)ftell(stream);
    rewind(stream);
    char *bytes = malloc(length > 0 ? length : 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, length, stream), length);
    fclose(stream);
    *ret_length = length;
    return bytes;
}

/* The next number of a generator that gives the same ones on every run (splitmix64). */
static inline uint64_t unit_next(uint64_t *state)
{
    uint64_t value = (*state += 0x9E3779B97F4A7C15u);

    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9u;
    value = (value ^ value >> 27) * 0x94D049BB133111EBu;
    return value ^ value >> 31;
}

#endif
