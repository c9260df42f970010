/* What a cart costs: lines, discounts, shipping, taxes and a total whose parts add up to
 * the minor unit. Pure: whole numbers, no I/O, no clock. */
#ifndef QUOTE_H
#define QUOTE_H

#include "address.h"

#include <svc/mem.h>
#include <svc/text.h>

enum {
    QUOTE_LINES_MAX = 50,
    QUOTE_QUANTITY_MAX = 999,
    QUOTE_COUPONS_MAX = 3,
    QUOTE_TAXES_MAX = 8,
    QUOTE_WEIGHT_G_MAX = 100000000, /* of one piece; more is taken for that much */
    QUOTE_TAX_RATE_SEVERAL = -1,
    MONEY_PARTS_MAX = 64,
};

/* Amounts are bounded, so that no sum of a cart can overflow. */
#define QUOTE_UNIT_PRICE_MAX INT64_C(100000000000)
#define QUOTE_SHIPPING_MAX INT64_C(100000000000000)

/* A line as the cart has it, with its product as it is now. */
struct quote_line {
    int64_t product_id;
    struct svc_slice name;
    int64_t category_id; /* 0: none */
    int64_t quantity;
    int64_t unit_price_minor; /* now: the offer's where one is on */
    int64_t seen_price_minor; /* what the customer was told last */
    int64_t available;        /* stock - reserved */
    int64_t weight_g;         /* 0: not known */
    bool is_sold;             /* there is such a product, and it's for sale */

    /* Reckoned. */
    int64_t gross_minor;    /* quantity * unit price */
    int64_t discount_minor; /* its share of all discounts */
    int64_t tax_minor;      /* inside or on top */
};

enum coupon_kind {
    COUPON_PERCENT,
    COUPON_FIXED,
    COUPON_BUY_X_PAY_Y,
    COUPON_FREE_SHIPPING,
};

/* A row of coupons, and how often it was used. Times are seconds since 1970, 0: open. */
struct coupon {
    struct svc_slice code;
    enum coupon_kind kind;
    int64_t value; /* hundredths of a percent, or minor units */
    int64_t buy_quantity;
    int64_t pay_quantity;
    int64_t minimum_minor;
    int64_t maximum_minor;     /* -1: none */
    int64_t category_id;       /* 0: all */
    int64_t product_id;        /* 0: all */
    int64_t uses_max;          /* -1: any number */
    int64_t uses_per_customer; /* -1: any number */
    int64_t uses;
    int64_t uses_by_customer;
    int64_t starts_at_s;
    int64_t ends_at_s;
    bool is_active;
    bool stacks; /* with other coupons that stack */
};

/* Why a coupon doesn't count. Each has a text `coupon_<name>` of its own. */
enum coupon_fault {
    COUPON_GOOD,
    COUPON_UNKNOWN,
    COUPON_NOT_YET,
    COUPON_OVER,
    COUPON_USED_UP,
    COUPON_USED_BY_CUSTOMER,
    COUPON_BELOW_MINIMUM, /* `missing_minor` says how much more it takes */
    COUPON_NOT_FOR_THESE, /* no line that it is for */
    COUPON_ALONE,         /* doesn't go with another */
};

struct shipping_zone {
    int64_t id;
    int64_t priority;
    struct svc_slice country; /* MX */
    struct svc_slice postal_from;
    struct svc_slice postal_to;
    const struct svc_slice *cities; /* folded */
    size_t city_count;
    const struct svc_slice *states; /* folded */
    size_t state_count;
    double latitude;
    double longitude;
    double radius_km; /* 0: none */
};

struct shipping_rate {
    int64_t id;
    int64_t zone_id; /* 0: everywhere */
    struct svc_slice name;
    int64_t base_minor;
    int64_t per_kg_minor;
    int64_t included_g;
    int64_t weight_max_g;    /* 0: none */
    int64_t free_over_minor; /* -1: never */
    int64_t days_min;
    int64_t days_max;
    bool is_pickup;
    struct svc_slice pickup_address;
};

struct tax_rate {
    struct svc_slice country;
    struct svc_slice name;
    int64_t rate_hundredths;
    int64_t category_id; /* 0: the usual one */
    bool prices_include;
    bool applies_shipping;
};

struct quote_input {
    struct svc_slice currency;
    struct quote_line *lines; /* reckoned in place */
    size_t line_count;
    const struct coupon *coupons; /* those asked for, in the order in which they were */
    size_t coupon_count;
    const struct tax_rate *taxes;
    size_t tax_count;
    struct svc_slice country;         /* of the shop: its taxes count */
    const struct shipping_rate *rate; /* the one chosen; NULL: none yet */
    int64_t now_s;
};

struct quote_coupon {
    struct svc_slice code;
    enum coupon_fault fault;
    int64_t discount_minor; /* of free shipping: what it took off the shipping */
    int64_t missing_minor;
};

struct quote_tax {
    struct svc_slice name;
    int64_t rate_hundredths; /* QUOTE_TAX_RATE_SEVERAL: what had no room of its own */
    int64_t amount_minor;
    bool included;
};

/* subtotal - discount + shipping + taxes on top = total; the discounts of the lines add
 * up to `discount_minor`, the taxes of lines and shipping to those of `taxes`. Never
 * below zero. */
struct quote {
    int64_t subtotal_minor;
    int64_t discount_minor;
    int64_t shipping_minor; /* 0 also where it isn't known: see has_shipping */
    bool has_shipping;
    int64_t tax_included_minor;
    int64_t tax_added_minor;
    int64_t shipping_tax_minor; /* of both, that on shipping */
    int64_t total_minor;
    int64_t weight_g;
    struct quote_coupon coupons[QUOTE_COUPONS_MAX];
    size_t coupon_count;
    struct quote_tax taxes[QUOTE_TAXES_MAX];
    size_t tax_count;
};

/* Whether a line is sold, its quantity is there and all of it is within bounds: what can
 * be ordered now. */
bool quote_line_counts(const struct quote_line *line);

/* Lines that don't count cost nothing. Coupons are taken off in this order, whatever the
 * one they were asked for in: free units, percents (of what is left), fixed amounts, each
 * shared out over the lines it is for by what they still cost. A minimum is of the goods
 * that the coupon is for, before discounts. */
void quote_reckon(const struct quote_input *input, struct quote *ret_quote);

/* The rates for ADDRESS (NULL: pickup and those for everywhere) and a cart of that
 * weight, cheapest first, and what each costs for goods of GOODS_MINOR. Returns how many,
 * ROOM at most. */
struct shipping_choice {
    const struct shipping_rate *rate;
    int64_t cost_minor;
};
struct shipping_table {
    const struct shipping_zone *zones;
    size_t zone_count;
    const struct shipping_rate *rates;
    size_t rate_count;
};
size_t shipping_choices(const struct shipping_table *table, const struct address *address,
    int64_t weight_g, int64_t goods_minor, struct shipping_choice *choices, size_t room);

int64_t shipping_cost(
    const struct shipping_rate *rate, int64_t weight_g, int64_t goods_minor);

/* Divides AMOUNT over parts by their weights, to the unit: largest remainders first, then
 * the earlier part. WEIGHTS are from 0, MONEY_PARTS_MAX of them at most; those of zero
 * get nothing unless all are zero. */
void money_allocate(
    int64_t amount, const int64_t *weights, size_t count, int64_t *ret_shares);

/* AMOUNT * rate / divisor, halves away from zero, without overflow for any amount and
 * rate within the bounds above. */
int64_t money_portion(int64_t amount, int64_t rate, int64_t divisor);

/* SHA-256, in hex, over what a customer agrees to: lines with prices and quantities,
 * coupons, shipping, payment method, address, total. Two quotes a person would call the
 * same have the same. */
struct quote_agreement {
    const struct quote_input *input;
    const struct quote *quote;
    const struct address *address;
    struct svc_slice payment_method;
};
void quote_digest(const struct quote_agreement *agreement, char ret_hex[65]);

#endif
