#include "bins.h"

#include <math.h>

#define EXACT 32
#define EXACT_BITS 5
#define PARTS 16
#define PARTS_BITS 4

int bins_of_us(int64_t microseconds)
{
    if (microseconds < EXACT) {
        return microseconds < 0 ? 0 : (int)microseconds;
    }
    int exponent = 63 - __builtin_clzll((unsigned long long)microseconds);
    int part = (int)(microseconds >> (exponent - PARTS_BITS)) & (PARTS - 1);
    int bin = EXACT + (exponent - EXACT_BITS) * PARTS + part;
    return bin < BINS_COUNT ? bin : BINS_COUNT - 1;
}

double bins_middle_us(int bin)
{
    if (bin < EXACT) {
        return bin;
    }
    int exponent = (bin - EXACT) / PARTS + EXACT_BITS;
    int part = (bin - EXACT) % PARTS;
    double width = ldexp(1.0, exponent - PARTS_BITS);
    return ldexp(1.0, exponent) + (part + 0.5) * width;
}

void bins_add(struct bins *bins, int bin, int64_t count)
{
    bin = bin < 0 || bin >= BINS_COUNT ? BINS_COUNT - 1 : bin;
    bins->counts[bin] += count;
    bins->total += count;
}

double bins_percentile_us(const struct bins *bins, double share)
{
    int64_t wanted = (int64_t)ceil(share * (double)bins->total);
    int64_t seen = 0;

    if (bins->total <= 0) {
        return -1;
    }
    for (int bin = 0; bin < BINS_COUNT; bin++) {
        seen += bins->counts[bin];
        if (seen >= wanted && seen > 0) {
            return bins_middle_us(bin);
        }
    }
    return bins_middle_us(BINS_COUNT - 1);
}
