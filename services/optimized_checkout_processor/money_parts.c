#include "quote.h"

#include <assert.h>

/* Holds the product of any two amounts. */
__extension__ typedef __int128 wide;

int64_t money_portion(int64_t amount, int64_t rate, int64_t divisor)
{
    assert(divisor > 0);
    wide product = (wide)amount * rate;
    wide half = divisor / 2;

    return (int64_t)(product < 0 ? -((half - product) / divisor)
                                 : (product + half) / divisor);
}

/* The part with the largest remainder among those that were given no unit for it yet;
 * COUNT where there is none. */
static size_t find_largest(const int64_t *remainders, const bool *given, size_t count)
{
    size_t best = count;

    for (size_t i = 0; i < count; i++) {
        if (!given[i] && (best == count || remainders[i] > remainders[best])) {
            best = i;
        }
    }
    return best;
}

void money_allocate(
    int64_t amount, const int64_t *weights, size_t count, int64_t *ret_shares)
{
    int64_t remainders[MONEY_PARTS_MAX];
    bool given[MONEY_PARTS_MAX] = {0};
    int64_t whole = amount < 0 ? -amount : amount;
    int64_t left = whole;
    int64_t total = 0;

    assert(count <= MONEY_PARTS_MAX);
    for (size_t i = 0; i < count; i++) {
        assert(weights[i] >= 0);
        total += weights[i];
    }
    bool all_zero = total == 0;
    total = all_zero ? (int64_t)count : total;
    for (size_t i = 0; i < count; i++) {
        wide part = (wide)whole * (all_zero ? 1 : weights[i]);
        ret_shares[i] = (int64_t)(part / total);
        remainders[i] = (int64_t)(part % total);
        left -= ret_shares[i];
    }
    for (; left > 0 && count > 0; left--) {
        size_t best = find_largest(remainders, given, count);
        ret_shares[best]++;
        given[best] = true;
    }
    for (size_t i = 0; amount < 0 && i < count; i++) {
        ret_shares[i] = -ret_shares[i];
    }
}
