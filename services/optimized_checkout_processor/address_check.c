#include "address_places.h"

#include "plain.h"

#include <string.h>

static const unsigned needs_elsewhere = NEEDS_STREET | NEEDS_CITY;
static const unsigned needs_elsewhere_with_location = NEEDS_CITY;

bool address_knows_country(struct svc_slice country)
{
    return place_country_find(country) != NULL;
}

struct svc_slice address_state_of_postal_code(
    struct svc_slice country, struct svc_slice postal_code)
{
    const struct place_state *state =
        place_state_of_postal_code(place_country_find(country), postal_code);

    return state != NULL ? place_state_name(state) : (struct svc_slice){0};
}

static void add(struct address_check *check, enum address_fault_kind fault)
{
    if (check->count < ADDRESS_FAULTS_MAX) {
        check->faults[check->count++] = fault;
    }
}

static bool begins_with(struct svc_slice text, const char *beginning)
{
    char plain[20];

    plain_write(text, plain, sizeof plain - 1);
    return strncmp(plain, beginning, strlen(beginning)) == 0;
}

/* "Mz. B Lt. 5" stands for street and number. */
static bool is_lot(const struct address *address)
{
    return begins_with(address->number, "mz") ||
           begins_with(address->number, "manzana") ||
           begins_with(address->number, "lt") || begins_with(address->number, "lote");
}

/* Where the street has the number in it: Calle 45 # 12-30, or kilometre, or none. */
static bool has_number(const struct place_country *country, const struct address *address)
{
    if (address->number.length > 0 || begins_with(address->street, "domicilio conoc")) {
        return true;
    }
    return country != NULL && country->number_in_street && address->street.length > 0 &&
           memchr(address->street.text, '#', address->street.length) != NULL;
}

static void check_missing(const struct place_country *country,
    const struct address *address, unsigned needs, struct address_check *check)
{
    const struct {
        unsigned need;
        bool there;
        enum address_fault_kind fault;
    } parts[] = {
        {NEEDS_STREET,
            address->street.length > 0 ||
                (is_lot(address) && address->district.length + address->city.length > 0),
            ADDRESS_MISSING_STREET},
        {NEEDS_NUMBER, has_number(country, address), ADDRESS_MISSING_NUMBER},
        {NEEDS_DISTRICT, address->district.length > 0, ADDRESS_MISSING_DISTRICT},
        {NEEDS_CITY, address->city.length > 0, ADDRESS_MISSING_CITY},
        {NEEDS_STATE, address->state.length > 0, ADDRESS_MISSING_STATE},
        {NEEDS_POSTAL_CODE, address->postal_code.length > 0, ADDRESS_MISSING_POSTAL_CODE},
    };

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if ((needs & parts[i].need) != 0 && !parts[i].there) {
            add(check, parts[i].fault);
        }
    }
}

static void check_state(const struct place_country *country,
    const struct address *address, struct address_check *check)
{
    const struct place_state *state = place_state_find(country, address->state);

    if (address->state.length > 0 && state == NULL) {
        add(check, ADDRESS_UNKNOWN_STATE);
    }
    if (address->postal_code.length == 0) {
        return;
    }
    if (!place_postal_code_fits(country, address->postal_code)) {
        add(check, ADDRESS_BAD_POSTAL_CODE);
        return;
    }
    const struct place_state *of_code =
        place_state_of_postal_code(country, address->postal_code);
    if (of_code == NULL && country->states[0].prefixes != NULL &&
        !country->has_letter_code) {
        add(check, ADDRESS_BAD_POSTAL_CODE);
    } else if (of_code != NULL && state != NULL && of_code != state) {
        add(check, ADDRESS_POSTAL_CODE_ELSEWHERE);
    }
}

void address_check(const struct address *address, struct address_check *ret_check)
{
    const struct place_country *country = place_country_find(address->country);
    unsigned needs = country != NULL ? country->needs : needs_elsewhere;

    if (address->has_location) {
        needs = country != NULL ? country->needs_with_location
                                : needs_elsewhere_with_location;
    }
    *ret_check = (struct address_check){0};
    if (address->too_long) {
        add(ret_check, ADDRESS_TOO_LONG);
    }
    if (address->country.length != 2) {
        add(ret_check, ADDRESS_COUNTRY_NOT_SERVED);
        return;
    }
    check_missing(country, address, needs, ret_check);
    if (country != NULL) {
        check_state(country, address, ret_check);
    }
}

const char *address_fault_text(enum address_fault_kind fault)
{
    switch (fault) {
    case ADDRESS_MISSING_STREET:
        return "address_missing_street";
    case ADDRESS_MISSING_NUMBER:
        return "address_missing_number";
    case ADDRESS_MISSING_DISTRICT:
        return "address_missing_district";
    case ADDRESS_MISSING_CITY:
        return "address_missing_city";
    case ADDRESS_MISSING_STATE:
        return "address_missing_state";
    case ADDRESS_MISSING_POSTAL_CODE:
        return "address_missing_postal_code";
    case ADDRESS_BAD_POSTAL_CODE:
        return "address_bad_postal_code";
    case ADDRESS_POSTAL_CODE_ELSEWHERE:
        return "address_postal_code_elsewhere";
    case ADDRESS_UNKNOWN_STATE:
        return "address_unknown_state";
    case ADDRESS_COUNTRY_NOT_SERVED:
        return "address_country_not_served";
    default:
        return "address_too_long";
    }
}
