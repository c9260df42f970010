#include "shop.h"

#include <svc/clock.h>
#include <svc/money.h>
#include <svc/pg.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct shop_cache {
    struct svc_pg *pg;
    int64_t keep_ms;
    pthread_mutex_t lock; /* of what follows */
    struct shop *shop;
    int64_t loaded_ms;
    bool loading;
};

/* Cities are a list of texts in one, a line each. */
static const char sql_settings[] = "SELECT key, value FROM system_config WHERE key IN"
                                   " ('currency', 'country', 'default_locale',"
                                   " 'shop_name', 'transfer_details')";
static const char sql_zones[] =
    "SELECT id, priority, country, postal_from, postal_to,"
    " array_to_string(cities, E'\\n'), array_to_string(states, E'\\n'),"
    " latitude, longitude, radius_km FROM shipping_zones WHERE is_active"
    " ORDER BY priority, id LIMIT 1000";
static const char sql_rates[] =
    "SELECT id, COALESCE(zone_id, 0), name, base_minor, per_kg_minor, included_g,"
    " COALESCE(weight_max_g, 0), COALESCE(free_over_minor, -1), days_min, days_max,"
    " is_pickup, pickup_address FROM shipping_rates WHERE is_active"
    " ORDER BY id LIMIT 2000";
static const char sql_taxes[] =
    "SELECT country, name, rate_hundredths, COALESCE(category_id, 0), prices_include,"
    " applies_shipping FROM tax_rates ORDER BY id LIMIT 200";

static struct svc_slice copy(struct shop *shop, struct svc_slice text)
{
    return svc_slice_keep(&shop->arena, text);
}

static double to_double(struct svc_slice text)
{
    return text.text != NULL ? strtod(text.text, NULL) : 0;
}

/* TEXT, a line each, as a list in the arena. */
static const struct svc_slice *split(
    struct shop *shop, struct svc_slice text, size_t *ret_count)
{
    struct svc_slice rest = copy(shop, text);
    size_t count = 0;
    size_t room = 1;

    if (rest.length == 0) {
        *ret_count = 0;
        return NULL;
    }
    for (size_t i = 0; i < rest.length; i++) {
        room += rest.text[i] == '\n';
    }
    struct svc_slice *list = svc_arena_alloc(&shop->arena, room * sizeof *list);
    const char *end = rest.text + rest.length;
    for (const char *at = rest.text; at <= end && count < room;) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        stop = stop != NULL ? stop : end;
        list[count++] = (struct svc_slice){at, (size_t)(stop - at)};
        at = stop + 1;
    }
    *ret_count = count;
    return list;
}

static void read_setting(struct shop *shop, struct svc_slice key, struct svc_slice value)
{
    if (svc_slice_equals(key, "currency")) {
        snprintf(shop->currency, sizeof shop->currency, "%s", value.text);
    } else if (svc_slice_equals(key, "country")) {
        snprintf(shop->country, sizeof shop->country, "%s", value.text);
    } else if (svc_slice_equals(key, "default_locale")) {
        snprintf(shop->locale, sizeof shop->locale, "%s", value.text);
    } else if (svc_slice_equals(key, "shop_name")) {
        shop->name = copy(shop, value);
    } else {
        shop->transfer_details = copy(shop, value);
    }
}

static void read_zones(struct shop *shop, const struct svc_pg_result *rows)
{
    size_t count = svc_pg_rows(rows);
    struct shipping_zone *zones =
        svc_arena_alloc(&shop->arena, (count + 1) * sizeof *zones);

    for (size_t i = 0; i < count; i++) {
        zones[i] = (struct shipping_zone){
            .id = svc_pg_get_int(rows, i, 0, 0),
            .priority = svc_pg_get_int(rows, i, 1, 0),
            .country = copy(shop, svc_pg_get(rows, i, 2)),
            .postal_from = copy(shop, svc_pg_get(rows, i, 3)),
            .postal_to = copy(shop, svc_pg_get(rows, i, 4)),
            .latitude = to_double(svc_pg_get(rows, i, 7)),
            .longitude = to_double(svc_pg_get(rows, i, 8)),
            .radius_km = to_double(svc_pg_get(rows, i, 9)),
        };
        zones[i].cities = split(shop, svc_pg_get(rows, i, 5), &zones[i].city_count);
        zones[i].states = split(shop, svc_pg_get(rows, i, 6), &zones[i].state_count);
    }
    shop->shipping.zones = zones;
    shop->shipping.zone_count = count;
}

static void read_rates(struct shop *shop, const struct svc_pg_result *rows)
{
    size_t count = svc_pg_rows(rows);
    struct shipping_rate *rates =
        svc_arena_alloc(&shop->arena, (count + 1) * sizeof *rates);

    for (size_t i = 0; i < count; i++) {
        rates[i] = (struct shipping_rate){
            .id = svc_pg_get_int(rows, i, 0, 0),
            .zone_id = svc_pg_get_int(rows, i, 1, 0),
            .name = copy(shop, svc_pg_get(rows, i, 2)),
            .base_minor = svc_pg_get_int(rows, i, 3, 0),
            .per_kg_minor = svc_pg_get_int(rows, i, 4, 0),
            .included_g = svc_pg_get_int(rows, i, 5, 0),
            .weight_max_g = svc_pg_get_int(rows, i, 6, 0),
            .free_over_minor = svc_pg_get_int(rows, i, 7, -1),
            .days_min = svc_pg_get_int(rows, i, 8, 1),
            .days_max = svc_pg_get_int(rows, i, 9, 1),
            .is_pickup = svc_pg_get_bool(rows, i, 10),
            .pickup_address = copy(shop, svc_pg_get(rows, i, 11)),
        };
    }
    shop->shipping.rates = rates;
    shop->shipping.rate_count = count;
}

static void read_taxes(struct shop *shop, const struct svc_pg_result *rows)
{
    size_t count = svc_pg_rows(rows);
    struct tax_rate *taxes = svc_arena_alloc(&shop->arena, (count + 1) * sizeof *taxes);

    for (size_t i = 0; i < count; i++) {
        taxes[i] = (struct tax_rate){
            .country = copy(shop, svc_pg_get(rows, i, 0)),
            .name = copy(shop, svc_pg_get(rows, i, 1)),
            .rate_hundredths = svc_pg_get_int(rows, i, 2, 0),
            .category_id = svc_pg_get_int(rows, i, 3, 0),
            .prices_include = svc_pg_get_bool(rows, i, 4),
            .applies_shipping = svc_pg_get_bool(rows, i, 5),
        };
    }
    shop->taxes = taxes;
    shop->tax_count = count;
}

static void read_settings(struct shop *shop, const struct svc_pg_result *rows)
{
    snprintf(shop->currency, sizeof shop->currency, "MXN");
    snprintf(shop->country, sizeof shop->country, "MX");
    snprintf(shop->locale, sizeof shop->locale, "es");
    shop->name = SVC_SLICE("Mi tienda");
    for (size_t i = 0; i < svc_pg_rows(rows); i++) {
        read_setting(shop, svc_pg_get(rows, i, 0), svc_pg_get(rows, i, 1));
    }
    shop->minor_per_unit = svc_money_minor_per_unit(
        (struct svc_slice){shop->currency, strlen(shop->currency)});
}

static void shop_free(struct shop *shop)
{
    svc_arena_done(&shop->arena);
    free(shop);
}

static enum svc_status load(struct svc_pg *pg, struct shop **ret_shop)
{
    static const struct {
        const char *sql;
        void (*read)(struct shop *shop, const struct svc_pg_result *rows);
    } parts[] = {
        {sql_settings, read_settings},
        {sql_zones, read_zones},
        {sql_rates, read_rates},
        {sql_taxes, read_taxes},
    };
    struct shop *shop = svc_alloc_zero(1, sizeof *shop);
    struct svc_pg_error error;

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        SVC_PG_AUTO_RESULT struct svc_pg_result *rows = NULL;
        const struct svc_pg_statement statement = {.sql = parts[i].sql, .prepare = true};
        enum svc_status status = svc_pg_query(pg, &statement, &rows, &error);
        if (status != SVC_OK) {
            shop_free(shop);
            return status;
        }
        parts[i].read(shop, rows);
    }
    atomic_init(&shop->holders, 1);
    *ret_shop = shop;
    return SVC_OK;
}

struct shop_cache *shop_cache_new(struct svc_pg *pg, int64_t keep_ms)
{
    struct shop_cache *cache = svc_alloc_zero(1, sizeof *cache);

    cache->pg = pg;
    cache->keep_ms = keep_ms;
    pthread_mutex_init(&cache->lock, NULL);
    return cache;
}

void shop_cache_free(struct shop_cache **cache)
{
    if (*cache == NULL) {
        return;
    }
    shop_give_back(&(*cache)->shop);
    pthread_mutex_destroy(&(*cache)->lock);
    free(*cache);
    *cache = NULL;
}

void shop_give_back(struct shop **shop)
{
    if (*shop != NULL && atomic_fetch_sub(&(*shop)->holders, 1) == 1) {
        shop_free(*shop);
    }
    *shop = NULL;
}

/* The one that is known, or NULL; says whether the caller is to load a newer one. */
static struct shop *look(struct shop_cache *cache, bool *ret_load)
{
    pthread_mutex_lock(&cache->lock);
    bool old = cache->shop == NULL ||
               svc_clock_monotonic_ms() - cache->loaded_ms > cache->keep_ms;
    *ret_load = old && (!cache->loading || cache->shop == NULL);
    cache->loading = cache->loading || *ret_load;
    struct shop *shop = cache->shop;
    if (shop != NULL) {
        atomic_fetch_add(&shop->holders, 1);
    }
    pthread_mutex_unlock(&cache->lock);
    return shop;
}

/* Puts the new one in place of the old; NULL: loading failed, and is tried again. */
static void replace(struct shop_cache *cache, struct shop *shop)
{
    struct shop *old = NULL;

    pthread_mutex_lock(&cache->lock);
    cache->loading = false;
    if (shop != NULL) {
        old = cache->shop;
        cache->shop = shop;
        cache->loaded_ms = svc_clock_monotonic_ms();
        atomic_fetch_add(&shop->holders, 1);
    }
    pthread_mutex_unlock(&cache->lock);
    shop_give_back(&old);
}

enum svc_status shop_take(struct shop_cache *cache, struct shop **ret_shop)
{
    bool is_to_load = false;
    struct shop *known = look(cache, &is_to_load);
    struct shop *loaded = NULL;

    if (!is_to_load) {
        *ret_shop = known;
        return SVC_OK;
    }
    enum svc_status status = load(cache->pg, &loaded);
    replace(cache, loaded);
    if (loaded == NULL && known == NULL) {
        return status;
    }
    if (loaded != NULL) {
        shop_give_back(&known);
        known = loaded;
    }
    *ret_shop = known;
    return SVC_OK;
}
