#include "address_reading.h"

#include "plain.h"

#include <string.h>

enum { PLACE_WORDS_MAX = 6 };

/* A name that goes on after one of these isn't the place's: Lomas de Guadalajara. */
static const char *const joints[] = {"de", "del", "la", "las", "los", "el", "san",
    "santa", "santo", "nueva", "nuevo", "villa", "ciudad", "general", "y", "e", "calle",
    "av", "avenida", "c", NULL};

bool reading_is_one_of(const struct address_word *word, const char *const *list)
{
    for (; *list != NULL; list++) {
        if (strcmp(word->plain, *list) == 0) {
            return true;
        }
    }
    return false;
}

struct svc_slice reading_join(struct reading *reading, struct span span)
{
    return address_words_join(reading->arena, &reading->words, span.from, span.to);
}

void reading_keep_rest(struct reading *reading, struct svc_slice text)
{
    char first[2];

    if (plain_write(text, first, 1) > 0 && reading->rest_count < READING_RESTS_MAX) {
        reading->rests[reading->rest_count++] = text;
    }
}

void reading_append(
    struct reading *reading, struct svc_slice *field, struct svc_slice text)
{
    if (text.length == 0) {
        return;
    }
    if (field->length == 0) {
        *field = text;
        return;
    }
    size_t length = field->length + 2 + text.length;
    char *out = svc_arena_alloc(reading->arena, length + 1);
    memcpy(out, field->text, field->length);
    out[field->length] = ',';
    out[field->length + 1] = ' ';
    memcpy(out + field->length + 2, text.text, text.length);
    *field = (struct svc_slice){out, length};
}

static bool take_state(struct reading *reading, struct svc_slice name)
{
    const struct place_state *state = place_state_find(reading->rules, name);
    struct svc_slice unused;

    if (state == NULL || reading->state != NULL) {
        return false;
    }
    reading->state = state;
    reading->found.state = place_state_name(state);
    reading->state_may_be_city =
        place_city_find(reading->rules, name, &unused) == state ||
        place_district_find(reading->rules, name, &unused) != NULL;
    return true;
}

/* Of two in a text the later one is it: the first was a district of that name. */
static bool take_city(struct reading *reading, struct svc_slice name, size_t at)
{
    struct svc_slice canonical;
    const struct place_state *state = place_city_find(reading->rules, name, &canonical);

    if (state == NULL || (reading->found.city.length > 0 &&
                             (reading->city_is_named || at < reading->city_at))) {
        return false;
    }
    if (reading->found.city.length > 0) {
        reading_keep_rest(reading, reading->found.city);
    }
    reading->city_of = state;
    reading->city_at = at;
    reading->found.city = canonical;
    return true;
}

static bool take_district(struct reading *reading, struct svc_slice name)
{
    struct svc_slice canonical;
    const struct place_state *state =
        place_district_find(reading->rules, name, &canonical);

    if (state == NULL || reading->district_of != NULL) {
        return false;
    }
    reading->district_of = state;
    if (svc_slice_equals(reading->country, "MX")) {
        reading->borough = canonical;
    } else if (reading->found.district.length == 0) {
        reading->found.district = canonical;
    }
    return true;
}

static bool take_country(struct reading *reading, struct svc_slice name)
{
    const struct place_country *country = place_country_by_name(name);

    /* "Colombia 123" is a street of many towns; the shop's own country tells nothing. */
    return country != NULL && country == reading->rules;
}

static bool take_place(struct reading *reading, struct svc_slice name, size_t at)
{
    if (take_state(reading, name) || take_city(reading, name, at) ||
        take_district(reading, name) || take_country(reading, name)) {
        return true;
    }
    /* "Querétaro, Qro." */
    return reading->state != NULL &&
           place_state_find(reading->rules, name) == reading->state;
}

/* The longest place at the end. */
static bool peel_place(struct reading *reading, struct span *span, size_t keep)
{
    size_t most = span->to - span->from - keep;

    most = most < PLACE_WORDS_MAX ? most : PLACE_WORDS_MAX;
    for (size_t count = most; count > 0; count--) {
        size_t first = span->to - count;
        if (first > span->from &&
            reading_is_one_of(&reading->words.list[first - 1], joints)) {
            continue;
        }
        if (take_place(
                reading, reading_join(reading, (struct span){first, span->to}), first)) {
            span->to = first;
            return true;
        }
    }
    return false;
}

struct svc_slice reading_upper(struct reading *reading, struct svc_slice text)
{
    char *out = svc_arena_strndup(reading->arena, text.text, text.length);

    for (size_t i = 0; i < text.length; i++) {
        out[i] = (char)(out[i] >= 'a' && out[i] <= 'z' ? out[i] - 'a' + 'A' : out[i]);
    }
    return (struct svc_slice){out, text.length};
}

static bool has_form(const struct reading *reading, const struct address_word *word)
{
    struct svc_slice text = word->text;
    char code[9];

    if (reading->rules == NULL || text.length > 8) {
        return false;
    }
    for (size_t i = 0; i < text.length; i++) {
        char byte = text.text[i];
        code[i] = (char)(byte >= 'a' && byte <= 'z' ? byte - 'a' + 'A' : byte);
    }
    return place_postal_code_fits(reading->rules, (struct svc_slice){code, text.length});
}

/* A number of that form may be the house's: where it's the only one of a piece that may
 * be a street, and another one like it comes; where four digits are what both have, until
 * the house's is known. */
static bool may_be_house(const struct reading *reading, struct span span)
{
    const struct address_word *word = &reading->words.list[span.to - 1];
    bool has_number =
        reading->found.number.length > 0 ||
        (reading->found.street.length == 0 && reading->before->number.length > 0);

    if (has_number) {
        return false;
    }
    if (word->is_digits && word->text.length <= 4) {
        return true;
    }
    for (size_t i = span.from; i + 1 < span.to; i++) {
        if (reading->words.list[i].has_digit) {
            return false;
        }
    }
    bool another = false;
    for (size_t i = span.to; i < reading->words.count; i++) {
        another = another || has_form(reading, &reading->words.list[i]);
    }
    return another && span.to - span.from > 1;
}

static bool peel_postal_code(struct reading *reading, struct span *span, size_t keep)
{
    const struct address_word *word = &reading->words.list[span->to - 1];

    if (span->to - span->from < keep + 1 || reading->found.postal_code.length > 0 ||
        !has_form(reading, word) || may_be_house(reading, *span)) {
        return false;
    }
    reading->found.postal_code = reading_upper(reading, word->text);
    span->to--;
    return true;
}

void reading_peel(struct reading *reading, struct span *span, size_t keep)
{
    while (span->to - span->from > keep) {
        if (!peel_postal_code(reading, span, keep) && !peel_place(reading, span, keep)) {
            return;
        }
    }
}
