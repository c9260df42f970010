#include "address_reading.h"

#include "plain.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

struct field {
    const char *name;
    size_t offset;
    size_t limit; /* bytes */
};

static const struct field fields[] = {
    {"country", offsetof(struct address, country), 2},
    {"recipient", offsetof(struct address, recipient), 120},
    {"street", offsetof(struct address, street), 200},
    {"number", offsetof(struct address, number), 40},
    {"interior", offsetof(struct address, interior), 80},
    {"district", offsetof(struct address, district), 120},
    {"city", offsetof(struct address, city), 120},
    {"state", offsetof(struct address, state), 80},
    {"postal_code", offsetof(struct address, postal_code), 12},
    {"reference", offsetof(struct address, reference), 300},
};

enum { FIELDS = sizeof fields / sizeof fields[0] };

static struct svc_slice *field_of(struct address *address, const struct field *field)
{
    return (struct svc_slice *)((char *)address + field->offset);
}

void address_fields_fit(struct svc_arena *arena, struct address *address)
{
    for (size_t i = 0; i < FIELDS; i++) {
        struct svc_slice *value = field_of(address, &fields[i]);
        if (value->length > fields[i].limit) {
            *value = plain_clean(arena, *value, fields[i].limit);
        }
    }
}

/* Letters upper, spaces and dashes out: "c1425 dkf", "832-0000". */
static struct svc_slice compact(
    struct svc_arena *arena, struct svc_slice text, bool keeps_marks)
{
    char *out = svc_arena_alloc(arena, text.length + 1);
    size_t length = 0;

    for (size_t i = 0; i < text.length; i++) {
        char byte = text.text[i];
        if (!keeps_marks && (byte == ' ' || byte == '-')) {
            continue;
        }
        out[length++] = (char)(byte >= 'a' && byte <= 'z' ? byte - 'a' + 'A' : byte);
    }
    return length > 0 ? (struct svc_slice){out, length} : (struct svc_slice){0};
}

/* The canonical names of what is known, and the state where it isn't said. */
static void settle(struct svc_arena *arena, struct address *address)
{
    address->country = compact(arena, address->country, true);
    const struct place_country *country = place_country_find(address->country);
    address->postal_code = compact(arena, address->postal_code, country == NULL);
    if (country == NULL) {
        return;
    }
    const struct place_state *state = place_state_find(country, address->state);
    const struct place_state *city_of =
        place_city_find(country, address->city, &address->city);
    const struct place_state *district_of = NULL;
    struct svc_slice district = address->district;
    if (country == &place_chile || country == &place_peru) {
        district_of = place_district_find(country, district, &address->district);
    }
    if (state == NULL && address->state.length == 0) {
        state = place_state_of_postal_code(country, address->postal_code);
        state = state != NULL ? state : district_of;
        state = state != NULL ? state : city_of;
    }
    if (state != NULL) {
        address->state = place_state_name(state);
    }
}

static bool read_location(const struct svc_json *json, struct address *address)
{
    double latitude = svc_json_to_double(svc_json_get(json, "latitude"));
    double longitude = svc_json_to_double(svc_json_get(json, "longitude"));

    if (isnan(latitude) && isnan(longitude)) {
        return true;
    }
    if (!(fabs(latitude) <= 90) || !(fabs(longitude) <= 180) ||
        (latitude == 0 && longitude == 0)) {
        return false;
    }
    address->latitude = latitude;
    address->longitude = longitude;
    address->has_location = true;
    return true;
}

enum svc_status address_read_json(struct svc_arena *arena, const struct svc_json *json,
    struct svc_slice country, struct address *address)
{
    struct address read = *address;
    struct svc_slice text = svc_json_get_text(json, "text");

    read.too_long = false;
    if (text.length > ADDRESS_TEXT_MAX) {
        return SVC_INVALID;
    }
    struct svc_slice own = svc_json_get_text(json, "country");
    if (own.length == 2) {
        read.country = plain_clean(arena, own, 2);
    }
    if (text.length > 0) {
        address_read_text(arena, text, country, &read);
    }
    if (read.country.length == 0) {
        read.country = plain_clean(arena, country, 2);
    }
    for (size_t i = 0; i < FIELDS; i++) {
        struct svc_slice value = svc_json_get_text(json, fields[i].name);
        if (value.length > fields[i].limit) {
            return SVC_INVALID;
        }
        if (value.text != NULL) {
            *field_of(&read, &fields[i]) = plain_clean(arena, value, fields[i].limit);
        }
    }
    if (!read_location(json, &read)) {
        return SVC_INVALID;
    }
    settle(arena, &read);
    *address = read;
    return SVC_OK;
}

/* The name of a place, "Café Toscano", is no street: it tells the courier what to look
 * for. */
static void read_place(
    struct svc_arena *arena, struct svc_slice text, struct address *address)
{
    struct address read = *address;

    address_read_text(arena, text, address->country, &read);
    bool is_name = read.street.length > 0 && read.number.length == 0 &&
                   memchr(read.street.text, '#', read.street.length) == NULL &&
                   !plain_equals(read.street, address->street);
    if (!is_name) {
        *address = read;
        return;
    }
    if (address->reference.length == 0) {
        address->reference = plain_clean(arena, text, 300);
    }
}

bool address_read_location(struct svc_arena *arena, double latitude, double longitude,
    struct svc_slice text, struct address *address)
{
    if (!(fabs(latitude) <= 90) || !(fabs(longitude) <= 180) ||
        (latitude == 0 && longitude == 0)) {
        return false;
    }
    if (text.length > 0 && text.length <= ADDRESS_TEXT_MAX) {
        read_place(arena, text, address);
    }
    address->too_long = false;
    address->latitude = latitude;
    address->longitude = longitude;
    address->has_location = true;
    return true;
}
