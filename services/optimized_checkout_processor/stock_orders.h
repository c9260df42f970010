/* Orders at the shop's own stock: held before they are placed, then sold or given back
 * when PostgreSQL says so, as often as it takes. The checkout's id is the key. */
#ifndef STOCK_ORDERS_H
#define STOCK_ORDERS_H

#include "stock_api.h"

struct svc_pg;

struct stock_order {
    struct svc_slice checkout_id;
    int64_t expires_at_s; /* since 1970: somewhat after the order's own */
    struct stock_api_line *lines;
    size_t count;
};

/* Holds an order's lines, of those that have a SKU, before its own transaction. That it
 * was asked for is written down first: what is held for an order that never came is given
 * back by the sweep. DOWN also where PostgreSQL is. */
enum stock_api_outcome stock_orders_hold(struct stock_api *api, struct svc_pg *pg,
    struct stock_order *order, struct stock_api_error *ret_error);

struct stock_orders_swept {
    size_t told;
    size_t failed; /* will be tried again, later each time, an hour at most */
    size_t shorts; /* sold here, and not there any more: the shop has to look */
};

/* One round: tells of what was sold or released since. Safe on many replicas. */
void stock_orders_sweep(
    struct stock_api *api, struct svc_pg *pg, struct stock_orders_swept *ret_swept);

#endif
