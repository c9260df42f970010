#include "address_reading.h"

#include "plain.h"

#include <string.h>

/* The next text that nothing names; no text: there is none left. */
static struct svc_slice take_rest(struct reading *reading)
{
    struct svc_slice first = reading->rests[0];

    if (reading->rest_count == 0) {
        return (struct svc_slice){0};
    }
    reading->rest_count--;
    memmove(reading->rests, reading->rests + 1,
        reading->rest_count * sizeof reading->rests[0]);
    return first;
}

/* Another address, rather than what was missing. */
static bool is_another(const struct reading *reading)
{
    const struct address *found = &reading->found;

    return found->street.length > 0 && reading->before->street.length > 0 &&
           (found->district.length > 0 || found->city.length > 0 ||
               found->state.length > 0 || found->postal_code.length > 0 ||
               reading->rest_count > 0);
}

/* What a person leaves out of a name that stands for both. */
static void settle_both(struct reading *reading)
{
    struct address *found = &reading->found;
    struct svc_slice name;

    if (!reading->state_may_be_city) {
        return;
    }
    if (place_district_find(reading->rules, found->state, &name) == reading->state) {
        if (found->district.length == 0 && found->city.length == 0) {
            found->district = name;
            reading->district_of = reading->state;
        }
        return;
    }
    if (found->city.length == 0 &&
        place_city_find(reading->rules, found->state, &name) == reading->state) {
        found->city = name;
        reading->city_of = reading->state;
    }
}

/* An answer that says the city or state again, where a district is missing, means it:
 * the centre is often called like the whole. */
static void settle_again(struct reading *reading)
{
    struct address *found = &reading->found;
    const struct address *before = reading->before;
    bool says_city = found->city.length > 0 && plain_equals(found->city, before->city);
    bool says_state = reading->state_may_be_city && found->city.length == 0 &&
                      plain_equals(found->state, before->state);

    if ((reading->rules->needs & NEEDS_DISTRICT) == 0 || before->district.length > 0 ||
        found->district.length > 0 || found->street.length > 0 ||
        found->postal_code.length > 0 || reading->rest_count > 0) {
        return;
    }
    if (says_city || says_state) {
        found->district = says_city ? found->city : found->state;
    }
}

/* A borough of Mexico City is told to the courier; one that nothing says is one, and that
 * is all there is, may be a colonia of that name. */
static void settle_borough(struct reading *reading)
{
    struct address *found = &reading->found;
    bool district_known = found->district.length > 0 ||
                          reading->before->district.length > 0 || reading->rest_count > 0;

    if (district_known || reading->borough_is_named) {
        reading_append(reading, &found->reference, reading->borough);
    } else {
        found->district = reading->borough;
    }
}

/* "andador 3 casa 14" */
static void settle_house(struct reading *reading)
{
    struct address *found = &reading->found;
    char plain[8];

    plain_write(found->interior, plain, 5);
    if (reading->rules == NULL || reading->rules->number_in_street) {
        return;
    }
    if (found->number.length == 0 && reading->before->number.length == 0 &&
        (strcmp(plain, "casa ") == 0 || strcmp(plain, "nave ") == 0)) {
        found->number = found->interior;
        found->interior = (struct svc_slice){0};
    }
}

/* The other Buenos Aires, where the postal code or the district is in it, or where who
 * is asked for the city says the name again; else NULL. */
static const struct place_state *find_capital(const struct reading *reading)
{
    const struct place_state *of_code =
        place_state_of_postal_code(reading->rules, reading->found.postal_code);
    const struct address *before = reading->before;
    bool again = before->street.length > 0 && before->city.length == 0 &&
                 plain_equals(reading->found.state, before->state);

    if (of_code == NULL && reading->district_of == NULL && again) {
        return place_state_find(reading->rules, SVC_SLICE("CABA"));
    }
    return of_code != NULL ? of_code : reading->district_of;
}

/* "Palermo, Buenos Aires" is in the city, not in the province of that name. */
static void settle_buenos_aires(struct reading *reading)
{
    if (reading->state == NULL || reading->rules != &place_argentina ||
        !plain_equals(reading->found.state, SVC_SLICE("Buenos Aires")) ||
        reading->found.city.length > 0) {
        return;
    }
    const struct place_state *capital = find_capital(reading);
    if (capital == place_state_find(reading->rules, SVC_SLICE("CABA"))) {
        reading->state = capital;
        reading->found.state = place_state_name(capital);
    }
}

/* A name that is a city elsewhere, before a district is known, is one: colonia Santa
 * Catarina, in Mexico City. */
static void settle_city_elsewhere(struct reading *reading)
{
    const struct place_state *of_code =
        place_state_of_postal_code(reading->rules, reading->found.postal_code);
    const struct place_state *state = reading->state != NULL ? reading->state : of_code;

    if (!reading->rules->district_first || state == NULL || reading->city_of == NULL ||
        reading->city_of == state || reading->city_is_named ||
        reading->found.district.length > 0 || reading->before->district.length > 0 ||
        place_city_is_in(state, reading->found.city)) {
        return;
    }
    memmove(reading->rests + 1, reading->rests,
        (READING_RESTS_MAX - 1) * sizeof reading->rests[0]);
    reading->rests[0] = reading->found.city;
    reading->rest_count += reading->rest_count < READING_RESTS_MAX;
    reading->found.city = (struct svc_slice){0};
    reading->city_of = NULL;
}

/* Texts without a name, in the order in which an address is written. */
static void settle_rests(struct reading *reading, bool full)
{
    struct address *found = &reading->found;
    const struct address *before = reading->before;
    bool district_known =
        found->district.length > 0 || (!full && before->district.length > 0);
    bool city_known =
        found->city.length > 0 || (!full && before->city.length > 0) ||
        (reading->state != NULL && reading->state->capital != NULL &&
            reading->state->cities == NULL) ||
        (reading->district_of != NULL && reading->district_of->capital != NULL);
    bool district_first = reading->rules == NULL || reading->rules->district_first ||
                          city_known || reading->rest_count > 1;

    if (found->street.length == 0 && before->street.length == 0) {
        found->street = take_rest(reading);
        district_first = district_first || reading->rest_count > 1;
    }
    if (!district_known && district_first) {
        found->district = take_rest(reading);
    }
    if (!city_known) {
        found->city = take_rest(reading);
    }
    while (reading->rest_count > 0) {
        reading_append(reading, &found->reference, take_rest(reading));
    }
}

static void put(struct svc_slice *field, struct svc_slice found, bool anew)
{
    if (found.length > 0 || anew) {
        *field = found;
    }
}

/* The one that is named, else that of the city, where no other city of that name has the
 * postal code, else that of the code. */
static const struct place_state *choose_state(
    const struct reading *reading, const struct place_state *of_code)
{
    const struct place_state *of_city =
        reading->city_of != NULL ? reading->city_of : reading->district_of;

    if (reading->state != NULL) {
        return reading->state;
    }
    if (of_city == NULL ||
        (of_code != NULL && place_city_is_in(of_code, reading->found.city))) {
        return of_code;
    }
    return of_city;
}

/* What follows from what is known: of a postal code, a city or a district its state; of a
 * state that is a city that city. */
static void derive(struct reading *reading, struct address *address, bool full)
{
    const struct place_state *of_code =
        place_state_of_postal_code(reading->rules, reading->found.postal_code);
    const struct place_state *state = choose_state(reading, of_code);

    if (state == NULL) {
        return;
    }
    bool said = reading->state != NULL || of_code != NULL;
    if (said || full || address->state.length == 0 || reading->found.city.length > 0) {
        struct svc_slice name = place_state_name(state);
        bool moved = address->state.length > 0 && !plain_equals(address->state, name);
        address->state = name;
        if (moved && reading->found.city.length == 0) {
            address->city = (struct svc_slice){0};
        }
    }
    bool is_city = state->capital != NULL && state->cities == NULL;
    bool in_capital = reading->district_of == state && state->capital != NULL;
    if (address->city.length == 0 && (is_city || in_capital)) {
        address->city = (struct svc_slice){state->capital, strcspn(state->capital, "=|")};
    }
}

void reading_settle(struct reading *reading, struct address *address)
{
    struct address *found = &reading->found;
    bool full = is_another(reading);

    if (reading->is_question && found->street.length == 0) {
        reading->rest_count = 0;
    }

    if (reading->rules != NULL) {
        settle_buenos_aires(reading);
        settle_city_elsewhere(reading);
        settle_again(reading);
        settle_borough(reading);
        settle_both(reading);
    }
    settle_rests(reading, full);
    settle_house(reading);
    bool new_street = found->street.length > 0 && address->street.length > 0;
    put(&address->street, found->street, false);
    put(&address->number, found->number, new_street);
    put(&address->interior, found->interior, new_street);
    put(&address->district, found->district, full);
    put(&address->city, found->city, full);
    put(&address->state, found->state, full);
    put(&address->postal_code, found->postal_code, full);
    put(&address->recipient, found->recipient, false);
    put(&address->reference, found->reference, full);
    if (full) {
        /* The pin was of the address before. */
        address->has_location = false;
    }
    derive(reading, address, full);
    address_fields_fit(reading->arena, address);
}
