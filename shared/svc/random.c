#include "random.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static _Thread_local uint64_t state[4];

void svc_random_secure(uint8_t *bytes, size_t length)
{
    while (length > 0) {
        ssize_t got = getrandom(bytes, length, 0);
        if (got < 0) {
            continue; /* only EINTR is possible for a valid buffer */
        }
        bytes += got;
        length -= (size_t)got;
    }
}

static uint64_t rotate_left(uint64_t value, int by)
{
    return value << by | value >> (64 - by);
}

/* Blackman and Vigna, xoshiro256**, public domain, https://prng.di.unimi.it/ */
static uint64_t next_word(void)
{
    if ((state[0] | state[1] | state[2] | state[3]) == 0) {
        svc_random_secure((uint8_t *)state, sizeof state);
    }
    uint64_t result = rotate_left(state[1] * 5, 7) * 9;
    uint64_t shifted = state[1] << 17;

    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = rotate_left(state[3], 45);
    return result;
}

void svc_random_fast(uint8_t *bytes, size_t length)
{
    while (length > 0) {
        uint64_t word = next_word();
        size_t part = length < sizeof word ? length : sizeof word;
        memcpy(bytes, &word, part);
        bytes += part;
        length -= part;
    }
}

uint64_t svc_random_below(uint64_t limit)
{
    /* Lemire's multiplication; its bias is under limit / 2^64. */
    return (uint64_t)(((unsigned __int128)next_word() * limit) >> 64);
}
