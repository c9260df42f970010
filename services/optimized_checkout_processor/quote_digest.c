#include "plain.h"
#include "quote.h"

#include <svc/crypto.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

_Static_assert(SVC_SHA256_HEX_SIZE == 65, "what quote.h says");

static void add_number(struct svc_sha256 *hash, const char *name, int64_t number)
{
    char text[64];
    int length = snprintf(text, sizeof text, "%s=%lld\n", name, (long long)number);

    svc_sha256_add(hash, text, (size_t)length);
}

/* With its length, so that no text can pass for two fields. */
static void add_text(struct svc_sha256 *hash, const char *name, struct svc_slice text)
{
    add_number(hash, name, (int64_t)text.length);
    svc_sha256_add(hash, text.text != NULL ? text.text : "", text.length);
}

/* As a person compares it: "Del Valle" is "del valle". */
static void add_plain(struct svc_sha256 *hash, const char *name, struct svc_slice text)
{
    char plain[ADDRESS_TEXT_MAX + 1];
    size_t length = plain_write(text, plain, ADDRESS_TEXT_MAX);

    add_text(hash, name, (struct svc_slice){plain, length});
}

/* The next line by product after AFTER; NULL: that was the last. */
static const struct quote_line *next_line(
    const struct quote_input *input, const struct quote_line *after)
{
    const struct quote_line *best = NULL;

    for (size_t i = 0; i < input->line_count; i++) {
        const struct quote_line *line = &input->lines[i];
        if ((after == NULL || line->product_id > after->product_id) &&
            (best == NULL || line->product_id < best->product_id)) {
            best = line;
        }
    }
    return best;
}

static void add_lines(struct svc_sha256 *hash, const struct quote_input *input)
{
    for (const struct quote_line *line = next_line(input, NULL); line != NULL;
         line = next_line(input, line)) {
        add_number(hash, "product", line->product_id);
        add_number(hash, "quantity", line->quantity);
        add_number(hash, "price", line->unit_price_minor);
        add_number(hash, "gross", line->gross_minor);
    }
}

static bool comes_before(struct svc_slice one, struct svc_slice other)
{
    size_t shorter = one.length < other.length ? one.length : other.length;
    int order = shorter > 0 ? memcmp(one.text, other.text, shorter) : 0;

    return order != 0 ? order < 0 : one.length < other.length;
}

/* Those that count, by code. */
static void add_coupons(struct svc_sha256 *hash, const struct quote *quote)
{
    const struct quote_coupon *last = NULL;

    for (;;) {
        const struct quote_coupon *best = NULL;
        for (size_t i = 0; i < quote->coupon_count; i++) {
            const struct quote_coupon *coupon = &quote->coupons[i];
            bool is_next = last == NULL || comes_before(last->code, coupon->code);
            if (coupon->fault == COUPON_GOOD && is_next &&
                (best == NULL || comes_before(coupon->code, best->code))) {
                best = coupon;
            }
        }
        if (best == NULL) {
            return;
        }
        add_text(hash, "coupon", best->code);
        add_number(hash, "coupon_discount", best->discount_minor);
        last = best;
    }
}

static void add_address(struct svc_sha256 *hash, const struct address *address)
{
    if (address == NULL) {
        return;
    }
    add_plain(hash, "country", address->country);
    add_plain(hash, "recipient", address->recipient);
    add_plain(hash, "street", address->street);
    add_plain(hash, "number", address->number);
    add_plain(hash, "interior", address->interior);
    add_plain(hash, "district", address->district);
    add_plain(hash, "city", address->city);
    add_plain(hash, "state", address->state);
    add_plain(hash, "postal_code", address->postal_code);
    add_plain(hash, "reference", address->reference);
    if (address->has_location) {
        /* A metre is nothing, ten are. */
        add_number(hash, "latitude", llround(address->latitude * 1e5));
        add_number(hash, "longitude", llround(address->longitude * 1e5));
    }
}

void quote_digest(const struct quote_agreement *agreement, char ret_hex[65])
{
    const struct quote_input *input = agreement->input;
    const struct quote *quote = agreement->quote;
    struct svc_sha256 hash;

    svc_sha256_init(&hash);
    add_text(&hash, "currency", input->currency);
    add_lines(&hash, input);
    add_coupons(&hash, quote);
    if (quote->has_shipping && input->rate != NULL) {
        add_number(&hash, "shipping", input->rate->id);
        add_number(&hash, "shipping_cost", quote->shipping_minor);
    }
    add_text(&hash, "payment_method", agreement->payment_method);
    add_address(&hash, agreement->address);
    add_number(&hash, "discount", quote->discount_minor);
    add_number(&hash, "tax_added", quote->tax_added_minor);
    add_number(&hash, "total", quote->total_minor);
    svc_sha256_finish_hex(&hash, ret_hex);
}
