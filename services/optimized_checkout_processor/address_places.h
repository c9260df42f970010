/* What is known of the places of a country: its states, their postal codes, and the names
 * of cities and districts that people give without their state. */
#ifndef ADDRESS_PLACES_H
#define ADDRESS_PLACES_H

#include "address.h"

/* A list of names is one text, with | between; the first of a list of names of one thing
 * is the canonical one. */
struct place_state {
    const char *names;    /* "Nuevo León|NL|N.L." */
    const char *prefixes; /* first digits of its postal codes, or a letter: "64-67|C" */
    const char *capital;  /* the city that is meant where the state alone is said, or one
                             of its districts; NULL: none */
    const char *cities;   /* each is "Name" or "Name=another name=..." */
    const char *districts;
};

/* What a parcel can't do without. */
enum place_need {
    NEEDS_STREET = 1,
    NEEDS_NUMBER = 2,
    NEEDS_DISTRICT = 4,
    NEEDS_CITY = 8,
    NEEDS_STATE = 16,
    NEEDS_POSTAL_CODE = 32,
};

struct place_country {
    const char *code;
    const char *names; /* "México|Mexico|Méx" */
    const struct place_state *states;
    size_t state_count;
    unsigned needs;
    unsigned needs_with_location;
    size_t postal_digits; /* 0: none are checked */
    bool has_letter_code; /* also C1425DKF */
    bool number_in_street;
    bool district_first; /* what isn't known is a district rather than a city */
};

extern const struct place_country place_mexico;
extern const struct place_country place_colombia;
extern const struct place_country place_argentina;
extern const struct place_country place_chile;
extern const struct place_country place_peru;
extern const struct place_country place_spain;

/* By its code in any case; NULL: it has no rules here. */
const struct place_country *place_country_find(struct svc_slice code);

/* By any of its names, of all countries. */
const struct place_country *place_country_by_name(struct svc_slice name);

/* By any of its names, without case or accents; NULL: none. */
const struct place_state *place_state_find(
    const struct place_country *country, struct svc_slice name);
struct svc_slice place_state_name(const struct place_state *state);

/* A city or district by name: its state, and its canonical name. NULL: none. */
const struct place_state *place_city_find(const struct place_country *country,
    struct svc_slice name, struct svc_slice *ret_name);
const struct place_state *place_district_find(const struct place_country *country,
    struct svc_slice name, struct svc_slice *ret_name);

/* Whether that city is (also) in STATE. */
bool place_city_is_in(const struct place_state *state, struct svc_slice name);

/* Whether CODE, upper case and without spaces, has the form of that country. */
bool place_postal_code_fits(const struct place_country *country, struct svc_slice code);

/* NULL: not known, or of no state. */
const struct place_state *place_state_of_postal_code(
    const struct place_country *country, struct svc_slice code);

#endif
