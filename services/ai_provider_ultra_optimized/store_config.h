/* What the shop's database says: the providers, and whether they are used at all. Read
 * again every second by a thread of its own, so that a change is in force within two;
 * without PostgreSQL what was read last stays in force. */
#ifndef STORE_CONFIG_H
#define STORE_CONFIG_H

#include "provider_list.h"

struct store_config;
struct svc_pg;

/* Is told of a list that says something new, one at a time. LIST is borrowed for the
 * call; it may be held. */
typedef void store_config_change(void *context, struct provider_list *list);

/* PG may be NULL: no providers, ever. It is borrowed. CHANGE is called once before this
 * returns. */
struct store_config *store_config_new(
    struct svc_pg *pg, store_config_change *change, void *context);
/* Ends the thread. Takes a pointer to NULL. */
void store_config_free(struct store_config **config);

/* What is in force, for the caller to release. */
struct provider_list *store_config_take(struct store_config *config);

#endif
