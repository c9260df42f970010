/* The rows of ai_provider_config with their keys, as they were at one moment. A list
 * never changes; a newer one takes its place, and whoever still calls a provider of the
 * old one holds it. */
#ifndef PROVIDER_LIST_H
#define PROVIDER_LIST_H

#include "provider.h"

#include <svc/mem.h>

#include <stdatomic.h>

struct provider_row {
    struct provider_config config; /* texts end with NUL, and live as long as the list */
    const char *reason;            /* why it isn't called; NULL: it is */
    bool faulty;                   /* the row is wrong, not just off or without a key */
};

struct provider_list {
    struct svc_arena arena;
    atomic_int holders;
    bool use_ai_providers;
    size_t count; /* rows[], by priority */
    struct provider_row rows[PROVIDERS_MAX];
};

/* An empty one, held once. */
struct provider_list *provider_list_new(void);
/* Drops one hold; the last ends the list. Takes a pointer to NULL. */
void provider_list_release(struct provider_list **list);
struct provider_list *provider_list_hold(struct provider_list *list);

/* The row of that name, in any case; NULL where there is none. */
const struct provider_row *provider_list_find(
    const struct provider_list *list, struct svc_slice name);

/* Sets why ROW isn't called, from its config with its key, and puts numbers that can't be
 * within bounds. The reason may be in ARENA. */
void provider_row_judge(struct svc_arena *arena, struct provider_row *row);

/* Whether two lists say the same. */
bool provider_list_equals(
    const struct provider_list *left, const struct provider_list *right);

/* "https://host:port" of a URL, without what may be secret in it; empty for none. */
struct svc_slice provider_origin(struct svc_slice url);

#endif
