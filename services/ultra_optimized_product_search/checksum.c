#include "checksum.h"

#include <string.h>

#define LANES 4
#define STEP (LANES * sizeof(uint64_t))
#define MULTIPLIER 0x9E3779B97F4A7C15u

uint64_t checksum_mix(uint64_t value)
{
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9u;
    value = (value ^ value >> 27) * 0x94D049BB133111EBu;
    return value ^ value >> 31;
}

/* Four lanes that don't wait for each other: a snapshot has hundreds of megabytes. Each
 * step can be undone, so that no changed word goes unnoticed. */
static const unsigned char *add_steps(
    const unsigned char *bytes, size_t steps, uint64_t lanes[LANES])
{
    for (size_t i = 0; i < steps; i++) {
        uint64_t words[LANES];
        memcpy(words, bytes, STEP);
        for (size_t lane = 0; lane < LANES; lane++) {
            lanes[lane] = (lanes[lane] ^ words[lane]) * MULTIPLIER;
            lanes[lane] = lanes[lane] << 29 | lanes[lane] >> 35;
        }
        bytes += STEP;
    }
    return bytes;
}

uint64_t checksum_bytes(const void *bytes, size_t length, uint64_t seed)
{
    const unsigned char *at = bytes;
    uint64_t sum = checksum_mix(seed + length * MULTIPLIER + 1);

    if (length >= STEP) {
        uint64_t lanes[LANES] = {sum, sum + 1, sum + 2, sum + 3};
        at = add_steps(at, length / STEP, lanes);
        for (size_t lane = 0; lane < LANES; lane++) {
            sum = checksum_mix(sum ^ lanes[lane]) * MULTIPLIER;
        }
    }
    for (size_t rest = length % STEP; rest > 0;) {
        uint64_t word = 0;
        size_t part = rest < sizeof word ? rest : sizeof word;
        memcpy(&word, at, part);
        sum = checksum_mix(sum ^ word) + MULTIPLIER;
        at += part;
        rest -= part;
    }
    return sum;
}
