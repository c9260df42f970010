/* The rows of customers, as they were a minute ago at most. */
#include "store_private.h"

#include <svc/clock.h>

#include <string.h>

#define CUSTOMER_TTL_MS 60000

/* name, NUL, tier, NUL, orders; empty: no such customer. */
static void keep_customer(
    struct store *store, struct svc_slice key, const struct store_customer *customer)
{
    struct svc_buf out;

    svc_buf_init(&out, 1024);
    if (customer->known) {
        svc_buf_add(&out, customer->name.text != NULL ? customer->name.text : "",
            customer->name.length);
        svc_buf_add_char(&out, '\0');
        svc_buf_add(&out, customer->tier.text != NULL ? customer->tier.text : "",
            customer->tier.length);
        svc_buf_printf(&out, "%c%lld", '\0', (long long)customer->total_orders);
    }
    near_put(store->customers, near_ticket(store->customers, key), key,
        (struct svc_slice){svc_buf_text(&out), out.length},
        svc_clock_monotonic_ms() + CUSTOMER_TTL_MS);
    svc_buf_done(&out);
}

static void read_kept(struct svc_slice text, struct store_customer *ret_customer)
{
    *ret_customer = (struct store_customer){0};
    if (text.length == 0) {
        return;
    }
    const char *tier = text.text + strlen(text.text) + 1;
    const char *orders = tier + strlen(tier) + 1;
    ret_customer->known = true;
    ret_customer->name = (struct svc_slice){text.text, strlen(text.text)};
    if (ret_customer->name.length == 0) {
        ret_customer->name.text = NULL;
    }
    ret_customer->tier = (struct svc_slice){tier, strlen(tier)};
    if (!svc_text_to_int64(
            (struct svc_slice){orders, strlen(orders)}, &ret_customer->total_orders)) {
        ret_customer->total_orders = 0;
    }
}

/* Where PostgreSQL doesn't answer, the customer is as the session has it. */
void store_customer_load(
    struct store *store, struct svc_arena *arena, struct store_record *record)
{
    struct near_text kept;

    if (store->pg == NULL || record->new_id.text != NULL) {
        if (record->new_id.text != NULL) {
            keep_customer(store, record->key, &record->customer);
        }
        return;
    }
    if (near_get(store->customers, arena, record->key, svc_clock_monotonic_ms(), &kept)) {
        read_kept(kept.text, &record->customer);
        return;
    }
    pthread_mutex_lock(&store->lock);
    bool up = store->pg_up;
    pthread_mutex_unlock(&store->lock);
    if (up && store_pg_customer(store, arena, record->key, &record->customer) == SVC_OK) {
        keep_customer(store, record->key, &record->customer);
    }
}
