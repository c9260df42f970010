#include "plain.h"
#include "quote.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#define EARTH_RADIUS_KM 6371.0
#define DEGREE (3.14159265358979323846 / 180)

/* Holds the product of any two amounts. */
__extension__ typedef __int128 wide;

int64_t shipping_cost(
    const struct shipping_rate *rate, int64_t weight_g, int64_t goods_minor)
{
    int64_t over_g = weight_g - rate->included_g;

    if (rate->free_over_minor >= 0 && goods_minor >= rate->free_over_minor) {
        return 0;
    }
    int64_t begun_kg = over_g > 0 ? (over_g - 1) / 1000 + 1 : 0;
    wide cost = (wide)rate->base_minor + (wide)rate->per_kg_minor * begun_kg;
    if (cost < 0) {
        return 0;
    }
    return cost > QUOTE_SHIPPING_MAX ? QUOTE_SHIPPING_MAX : (int64_t)cost;
}

/* Argentina's long form has the short one inside: C1425DKF is 1425. */
static struct svc_slice digits_of(
    struct svc_slice country, struct svc_slice code, size_t wanted)
{
    if (svc_slice_equals(country, "AR") && wanted == 4 && code.length >= 5) {
        return (struct svc_slice){code.text + 1, 4};
    }
    return code;
}

static bool is_between(const struct shipping_zone *zone, struct svc_slice code)
{
    struct svc_slice from = zone->postal_from;
    struct svc_slice to = zone->postal_to.length > 0 ? zone->postal_to : from;

    if (from.length == 0) {
        from = to;
    }
    if (from.length == 0) {
        return true;
    }
    code = digits_of(zone->country, code, from.length);
    return code.length == from.length && code.length == to.length &&
           strncasecmp(code.text, from.text, code.length) >= 0 &&
           strncasecmp(code.text, to.text, code.length) <= 0;
}

static bool is_one_of(const struct svc_slice *names, size_t count, struct svc_slice name)
{
    for (size_t i = 0; i < count; i++) {
        if (plain_equals(names[i], name)) {
            return true;
        }
    }
    return false;
}

/* On the sphere (haversine): off by half a percent at most. */
static double distance_km(const struct shipping_zone *zone, const struct address *address)
{
    double latitude = sin((address->latitude - zone->latitude) * DEGREE / 2);
    double longitude = sin((address->longitude - zone->longitude) * DEGREE / 2);
    double part = latitude * latitude + cos(zone->latitude * DEGREE) *
                                            cos(address->latitude * DEGREE) * longitude *
                                            longitude;

    return 2 * EARTH_RADIUS_KM * asin(sqrt(part < 1 ? part : 1));
}

static bool matches(const struct shipping_zone *zone, const struct address *address)
{
    if (!plain_equals(zone->country, address->country) ||
        !is_between(zone, address->postal_code)) {
        return false;
    }
    if (zone->city_count > 0 &&
        !is_one_of(zone->cities, zone->city_count, address->city) &&
        !is_one_of(zone->cities, zone->city_count, address->district)) {
        return false;
    }
    if (zone->state_count > 0 &&
        !is_one_of(zone->states, zone->state_count, address->state)) {
        return false;
    }
    return zone->radius_km <= 0 ||
           (address->has_location && distance_km(zone, address) <= zone->radius_km);
}

static const struct shipping_zone *find_zone(
    const struct shipping_table *table, const struct address *address)
{
    const struct shipping_zone *best = NULL;

    for (size_t i = 0; i < table->zone_count && address != NULL; i++) {
        const struct shipping_zone *zone = &table->zones[i];
        bool first = best == NULL || zone->priority < best->priority ||
                     (zone->priority == best->priority && zone->id < best->id);
        if (first && matches(zone, address)) {
            best = zone;
        }
    }
    return best;
}

static bool comes_first(
    const struct shipping_choice *one, const struct shipping_choice *other)
{
    if (one->cost_minor != other->cost_minor) {
        return one->cost_minor < other->cost_minor;
    }
    if (one->rate->days_max != other->rate->days_max) {
        return one->rate->days_max < other->rate->days_max;
    }
    return one->rate->id < other->rate->id;
}

static size_t put_in_order(struct shipping_choice *choices, size_t count, size_t room,
    struct shipping_choice choice)
{
    size_t at = count;

    while (at > 0 && comes_first(&choice, &choices[at - 1])) {
        at--;
    }
    if (at >= room) {
        return count;
    }
    size_t kept = count < room ? count : room - 1;
    memmove(&choices[at + 1], &choices[at], (kept - at) * sizeof choices[0]);
    choices[at] = choice;
    return kept + 1;
}

static bool is_offered(const struct shipping_rate *rate, const struct address *address,
    const struct shipping_zone *zone, int64_t weight_g)
{
    if (rate->weight_max_g > 0 && weight_g > rate->weight_max_g) {
        return false;
    }
    if (rate->zone_id == 0) {
        return true;
    }
    return address == NULL ? rate->is_pickup : zone != NULL && zone->id == rate->zone_id;
}

size_t shipping_choices(const struct shipping_table *table, const struct address *address,
    int64_t weight_g, int64_t goods_minor, struct shipping_choice *choices, size_t room)
{
    const struct shipping_zone *zone = find_zone(table, address);
    size_t count = 0;

    for (size_t i = 0; i < table->rate_count; i++) {
        const struct shipping_rate *rate = &table->rates[i];
        if (!is_offered(rate, address, zone, weight_g)) {
            continue;
        }
        const struct shipping_choice choice = {
            rate, shipping_cost(rate, weight_g, goods_minor)};
        count = put_in_order(choices, count, room, choice);
    }
    return count;
}
