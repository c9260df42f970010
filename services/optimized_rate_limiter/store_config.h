/* What the shop's database says: the tiers, who has which, and who was limited.
 * Everything here is behind the answer to a customer: it's read again every two seconds
 * by a thread of its own, and written in batches. Without PostgreSQL the guide's tiers
 * are in force. */
#ifndef STORE_CONFIG_H
#define STORE_CONFIG_H

#include "customers.h"
#include "tiers.h"

#include <svc/status.h>

struct store_config;
struct svc_pg;
struct svc_metrics;

/* PG may be NULL. It and CUSTOMERS are borrowed. */
struct store_config *store_config_new(
    struct svc_pg *pg, struct customers *customers, struct svc_metrics *metrics);

/* Writes what is waiting, and ends the thread. */
void store_config_free(struct store_config **config);

/* The tier called NAME; NULL where there is none. The answer is a copy in `ret_tier`. */
bool store_config_tier(
    struct store_config *config, struct svc_slice name, struct tier *ret_tier);
bool store_config_burst(struct store_config *config);

/* The tier of CUSTOMER in customers.customer_tier, at most 5 s old; false where nobody
 * knows. Asks PostgreSQL for no more than 40 ms. */
bool store_config_customer_tier(struct store_config *config, struct svc_slice customer,
    char ret_name[TIER_NAME_SIZE]);

/* Makes or changes a tier, in the table and here. UNAVAILABLE without PostgreSQL. */
SVC_MUST_CHECK enum svc_status store_config_set_tier(
    struct store_config *config, const struct tier *tier);

struct limited_message {
    char customer[161];
    char message_id[256];
    char type[31];
    int64_t time_ms;
};

/* Writes down, soon, that MESSAGE was limited. When too much waits, the oldest is dropped
 * and counted. */
void store_config_note_limited(
    struct store_config *config, const struct limited_message *message);

#endif
