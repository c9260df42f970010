#include "address_places.h"

#include "plain.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct place_country *const countries[] = {&place_mexico, &place_colombia,
    &place_argentina, &place_chile, &place_peru, &place_spain};

enum { COUNTRIES = sizeof countries / sizeof countries[0] };

const struct place_country *place_country_find(struct svc_slice code)
{
    for (size_t i = 0; i < COUNTRIES; i++) {
        if (code.length == 2 && strncasecmp(code.text, countries[i]->code, 2) == 0) {
            return countries[i];
        }
    }
    return NULL;
}

/* The next name of a list whose names have one of MARKS between; false at its end. */
static bool next_name(const char **at, const char marks[2], struct svc_slice *ret_name)
{
    if (*at == NULL || **at == '\0') {
        return false;
    }
    size_t length = 0;
    while (
        (*at)[length] != '\0' && (*at)[length] != marks[0] && (*at)[length] != marks[1]) {
        length++;
    }
    *ret_name = (struct svc_slice){*at, length};
    *at += length + ((*at)[length] != '\0');
    return true;
}

static bool is_plain_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

/* Most of a thousand names differ in their first letter: only the rest is folded. */
static bool is_same(struct svc_slice own, struct svc_slice name)
{
    if (name.length == 0 || own.length == 0 ||
        (is_plain_letter(own.text[0]) && is_plain_letter(name.text[0]) &&
            ((own.text[0] ^ name.text[0]) & ~0x20) != 0)) {
        return false;
    }
    return plain_equals(own, name);
}

static bool is_in(const char *names, struct svc_slice name)
{
    struct svc_slice own;

    while (next_name(&names, "|", &own)) {
        if (is_same(own, name)) {
            return true;
        }
    }
    return false;
}

const struct place_country *place_country_by_name(struct svc_slice name)
{
    for (size_t i = 0; i < COUNTRIES; i++) {
        if (is_in(countries[i]->names, name)) {
            return countries[i];
        }
    }
    return NULL;
}

const struct place_state *place_state_find(
    const struct place_country *country, struct svc_slice name)
{
    for (size_t i = 0; country != NULL && i < country->state_count; i++) {
        if (is_in(country->states[i].names, name)) {
            return &country->states[i];
        }
    }
    return NULL;
}

struct svc_slice place_state_name(const struct place_state *state)
{
    return (struct svc_slice){state->names, strcspn(state->names, "|")};
}

/* Whether NAME is one of "Name=another|Next ..."; its canonical name then. */
static bool find_in(const char *names, struct svc_slice name, struct svc_slice *ret_name)
{
    struct svc_slice own;
    struct svc_slice canonical = {0};
    bool starts = true;

    while (next_name(&names, "|=", &own)) {
        canonical = starts ? own : canonical;
        if (is_same(own, name)) {
            *ret_name = canonical;
            return true;
        }
        starts = own.text[own.length] == '|';
    }
    return false;
}

bool place_city_is_in(const struct place_state *state, struct svc_slice name)
{
    struct svc_slice unused;

    return find_in(state->capital, name, &unused) ||
           find_in(state->cities, name, &unused);
}

const struct place_state *place_city_find(const struct place_country *country,
    struct svc_slice name, struct svc_slice *ret_name)
{
    for (size_t i = 0; country != NULL && i < country->state_count; i++) {
        const struct place_state *state = &country->states[i];
        if (find_in(state->capital, name, ret_name) ||
            find_in(state->cities, name, ret_name)) {
            return state;
        }
    }
    return NULL;
}

const struct place_state *place_district_find(const struct place_country *country,
    struct svc_slice name, struct svc_slice *ret_name)
{
    for (size_t i = 0; country != NULL && i < country->state_count; i++) {
        if (find_in(country->states[i].districts, name, ret_name)) {
            return &country->states[i];
        }
    }
    return NULL;
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_upper(char byte)
{
    return byte >= 'A' && byte <= 'Z';
}

static size_t digits_at(struct svc_slice text, size_t from)
{
    size_t count = 0;

    while (from + count < text.length && is_digit(text.text[from + count])) {
        count++;
    }
    return count;
}

/* C1425DKF, or its first half. */
static bool is_letter_code(struct svc_slice code)
{
    if (code.length < 5 || !is_upper(code.text[0]) || digits_at(code, 1) != 4) {
        return false;
    }
    return code.length == 5 || (code.length == 8 && is_upper(code.text[5]) &&
                                   is_upper(code.text[6]) && is_upper(code.text[7]));
}

bool place_postal_code_fits(const struct place_country *country, struct svc_slice code)
{
    if (country->has_letter_code && is_letter_code(code)) {
        return true;
    }
    return country->postal_digits > 0 && code.length == country->postal_digits &&
           digits_at(code, 0) == code.length;
}

/* RANGE: "64", "64-67": as the first digits of CODE; "C": its letter. */
static bool is_in_range(struct svc_slice range, struct svc_slice code)
{
    size_t first_length = strcspn(range.text, "-|");

    if (first_length > range.length) {
        first_length = range.length;
    }
    if (code.length < first_length) {
        return false;
    }
    const char *last = range.text;
    if (first_length < range.length) {
        last = range.text + first_length + 1;
    }
    return memcmp(code.text, range.text, first_length) >= 0 &&
           memcmp(code.text, last, first_length) <= 0;
}

const struct place_state *place_state_of_postal_code(
    const struct place_country *country, struct svc_slice code)
{
    if (country == NULL || !place_postal_code_fits(country, code)) {
        return NULL;
    }
    for (size_t i = 0; i < country->state_count; i++) {
        const char *ranges = country->states[i].prefixes;
        struct svc_slice range;
        while (next_name(&ranges, "|", &range)) {
            if (is_in_range(range, code)) {
                return &country->states[i];
            }
        }
    }
    return NULL;
}
