#include "quote_tax.h"

#include <string.h>

enum { PARTS_MAX = QUOTE_LINES_MAX + 1 };

/* What is taxed: the lines after their discounts, then shipping. */
struct parts {
    const struct quote_input *input;
    int64_t amounts[PARTS_MAX];
    int64_t included[PARTS_MAX]; /* the rates inside its price, in all */
    int64_t net[PARTS_MAX];      /* without the taxes inside */
    int64_t taxes[PARTS_MAX];
    size_t count; /* the last one is shipping */
};

static bool slices_equal(struct svc_slice one, struct svc_slice other)
{
    return one.length == other.length &&
           (one.length == 0 || memcmp(one.text, other.text, one.length) == 0);
}

static bool is_in_force(const struct quote_input *input, const struct tax_rate *tax)
{
    return slices_equal(tax->country, input->country) && tax->rate_hundredths >= 0 &&
           tax->rate_hundredths <= 10000;
}

static bool has_own_rate(const struct quote_input *input, int64_t category_id)
{
    for (size_t i = 0; i < input->tax_count && category_id != 0; i++) {
        if (input->taxes[i].category_id == category_id &&
            is_in_force(input, &input->taxes[i])) {
            return true;
        }
    }
    return false;
}

static bool applies(
    const struct parts *parts, const struct tax_rate *tax, size_t part_index)
{
    const struct quote_input *input = parts->input;

    if (!is_in_force(input, tax)) {
        return false;
    }
    if (part_index == parts->count - 1) {
        return tax->category_id == 0 && tax->applies_shipping;
    }
    int64_t category_id = input->lines[part_index].category_id;
    int64_t wanted = has_own_rate(input, category_id) ? category_id : 0;
    return tax->category_id == wanted;
}

static void fill_parts(const struct quote_input *input, size_t line_count,
    int64_t shipping_minor, struct parts *parts)
{
    *parts = (struct parts){.input = input, .count = line_count + 1};
    for (size_t i = 0; i < line_count; i++) {
        parts->amounts[i] = input->lines[i].gross_minor - input->lines[i].discount_minor;
    }
    parts->amounts[line_count] = shipping_minor;
    for (size_t i = 0; i < parts->count; i++) {
        parts->net[i] = parts->amounts[i];
        for (size_t t = 0; t < input->tax_count; t++) {
            if (input->taxes[t].prices_include && applies(parts, &input->taxes[t], i)) {
                parts->included[i] += input->taxes[t].rate_hundredths;
            }
        }
    }
}

/* The entry of that tax, or a new one; where there is no room the last one takes in what
 * is left, so that all of it is said. */
static struct quote_tax *find_entry(struct quote *quote, const struct tax_rate *tax)
{
    for (size_t i = 0; i < quote->tax_count; i++) {
        struct quote_tax *entry = &quote->taxes[i];
        if (entry->rate_hundredths == tax->rate_hundredths &&
            entry->included == tax->prices_include &&
            slices_equal(entry->name, tax->name)) {
            return entry;
        }
    }
    if (quote->tax_count == QUOTE_TAXES_MAX) {
        struct quote_tax *last = &quote->taxes[QUOTE_TAXES_MAX - 1];
        last->rate_hundredths = QUOTE_TAX_RATE_SEVERAL;
        return last;
    }
    struct quote_tax *entry = &quote->taxes[quote->tax_count++];
    *entry = (struct quote_tax){
        .name = tax->name,
        .rate_hundredths = tax->rate_hundredths,
        .included = tax->prices_include,
    };
    return entry;
}

/* One rate on those parts whose price has INCLUDED inside: rounded once, shared out by
 * what is left of them without the taxes before, so that no part has more than it costs.
 * Returns how much. */
static int64_t tax_group(
    struct parts *parts, const struct tax_rate *tax, const bool *taken, int64_t included)
{
    int64_t divisor = tax->prices_include ? 10000 + included : 10000;
    int64_t weights[PARTS_MAX] = {0};
    int64_t shares[PARTS_MAX] = {0};
    int64_t base = 0;
    int64_t net = 0;

    for (size_t i = 0; i < parts->count; i++) {
        if (taken[i] && (!tax->prices_include || parts->included[i] == included)) {
            weights[i] = parts->net[i];
            base += parts->amounts[i];
            net += parts->net[i];
        }
    }
    int64_t amount =
        money_portion(tax->prices_include ? base : net, tax->rate_hundredths, divisor);
    amount = amount < net ? amount : net;
    if (amount == 0) {
        return 0;
    }
    money_allocate(amount, weights, parts->count, shares);
    for (size_t i = 0; i < parts->count; i++) {
        parts->taxes[i] += shares[i];
        parts->net[i] -= tax->prices_include ? shares[i] : 0;
    }
    return amount;
}

static void reckon_rate(
    struct parts *parts, const struct tax_rate *tax, struct quote *quote)
{
    bool taken[PARTS_MAX] = {0};
    int64_t goods_included = -1;
    int64_t amount = 0;

    for (size_t i = 0; i < parts->count; i++) {
        taken[i] = applies(parts, tax, i);
        if (taken[i] && i + 1 < parts->count) {
            goods_included = parts->included[i];
        }
    }
    /* The goods of one rate have the same rates inside; shipping may have fewer. */
    int64_t shipping_included = parts->included[parts->count - 1];
    if (goods_included >= 0) {
        amount += tax_group(parts, tax, taken, goods_included);
    }
    bool apart = goods_included < 0 ||
                 (tax->prices_include && shipping_included != goods_included);
    if (taken[parts->count - 1] && apart) {
        amount += tax_group(parts, tax, taken, shipping_included);
    }
    if (amount == 0) {
        return;
    }
    find_entry(quote, tax)->amount_minor += amount;
    *(tax->prices_include ? &quote->tax_included_minor : &quote->tax_added_minor) +=
        amount;
}

void quote_tax_reckon(
    const struct quote_input *input, size_t line_count, struct quote *quote)
{
    struct parts parts;

    fill_parts(input, line_count, quote->shipping_minor, &parts);
    /* Those inside first: what comes on top is reckoned without them. */
    for (int pass = 0; pass < 2; pass++) {
        for (size_t t = 0; t < input->tax_count; t++) {
            if (input->taxes[t].prices_include == (pass == 0)) {
                reckon_rate(&parts, &input->taxes[t], quote);
            }
        }
    }
    for (size_t i = 0; i < line_count; i++) {
        input->lines[i].tax_minor = parts.taxes[i];
    }
    quote->shipping_tax_minor = parts.taxes[line_count];
}
