#include "address_reading.h"

#include "plain.h"

#include <string.h>

/* "entre Mina y Abasolo" */
enum { BETWEEN_WORDS = 4 };

static const char *const steps[] = {"es", "el", "la", "#", "no", "num", "numero", NULL};
static const char *const ordinals[] = {"primer", "primero", "segundo", "tercer",
    "tercero", "cuarto", "quinto", "sexto", NULL};
static const char *const corners[] = {"y", "casi", "x", "con", NULL};

static const struct address_word *word_at(const struct reading *reading, size_t at)
{
    return &reading->words.list[at];
}

static bool is_place(struct reading *reading, struct span span)
{
    struct svc_slice name = reading_join(reading, span);
    struct svc_slice unused;

    return place_state_find(reading->rules, name) != NULL ||
           place_city_find(reading->rules, name, &unused) != NULL ||
           place_district_find(reading->rules, name, &unused) != NULL;
}

/* Two words or more that are a place: "Ciudad Juárez", where "ciudad" is no mark. */
static bool is_place_name(struct reading *reading, size_t at)
{
    size_t most = reading->words.count - at;

    for (size_t count = 2; count <= 4 && count <= most; count++) {
        if (word_at(reading, at + count - 1)->starts) {
            return false;
        }
        if (is_place(reading, (struct span){at, at + count})) {
            return true;
        }
    }
    return false;
}

/* 2do, 3er, 1º: a digit or two, then letters. */
static bool is_ordinal(const struct address_word *word)
{
    size_t digits = strspn(word->text.text, "0123456789");

    return digits >= 1 && digits <= 2 && digits < word->text.length &&
           !memchr(word->text.text, '-', word->text.length) &&
           strpbrk(word->plain + digits, "0123456789") == NULL;
}

/* "2do piso", "segundo piso" */
static bool is_floor_at(const struct reading *reading, size_t at)
{
    return at + 1 < reading->words.count && !word_at(reading, at + 1)->starts &&
           strcmp(word_at(reading, at + 1)->plain, "piso") == 0 &&
           (is_ordinal(word_at(reading, at)) ||
               reading_is_one_of(word_at(reading, at), ordinals));
}

static const struct address_mark *find_mark(
    struct reading *reading, size_t at, size_t *ret_words)
{
    static const struct address_mark floor = {"", PART_INTERIOR, MARK_WHOLE, NULL};
    const struct address_mark *mark =
        address_mark_find(&reading->words, at, reading->country, ret_words);

    if (is_floor_at(reading, at)) {
        *ret_words = 2;
        return &floor;
    }
    bool is_name = mark != NULL && (mark->flags & (MARK_VALUE | MARK_WHOLE)) == 0 &&
                   mark->part != PART_REFERENCE && is_place_name(reading, at);
    return is_name ? NULL : mark;
}

static bool has_number(const struct reading *reading, struct span span)
{
    for (size_t i = span.from + 1; i < span.to; i++) {
        if (word_at(reading, i)->has_digit) {
            return true;
        }
    }
    return false;
}

/* Whether what MARK begins ends a piece that is a PART. */
static bool interrupts(const struct reading *reading, enum address_part part,
    const struct address_mark *mark, struct span span)
{
    bool in_street = reading->rules != NULL && reading->rules->number_in_street &&
                     (part == PART_STREET || part == PART_NONE) &&
                     mark->part == PART_NUMBER &&
                     (mark->flags & (MARK_KEPT | MARK_WHOLE)) == 0;
    bool strong_district = mark->part == PART_DISTRICT && (mark->flags & MARK_WEAK) == 0;

    if (in_street || mark->part == part) {
        return false;
    }
    switch (part) {
    case PART_REFERENCE:
        if (mark->part == PART_NUMBER) {
            return reading->found.number.length == 0;
        }
        return mark->part == PART_POSTAL_CODE || strong_district ||
               mark->part == PART_RECIPIENT || mark->part == PART_IGNORED;
    case PART_RECIPIENT:
        return mark->part == PART_POSTAL_CODE || mark->part == PART_STREET ||
               strong_district || mark->part == PART_IGNORED;
    case PART_STREET:
        return (mark->part != PART_CITY && mark->part != PART_STATE) ||
               has_number(reading, span);
    default:
        return true;
    }
}

/* Where a piece that is a PART, and begins at FROM with MARK_WORDS, ends. */
static size_t find_end(
    struct reading *reading, size_t from, size_t mark_words, enum address_part part)
{
    size_t at = from + (mark_words > 0 ? mark_words : 1);
    size_t unused;

    for (; at < reading->words.count; at++) {
        bool after_label = mark_words > 0 && at == from + mark_words &&
                           word_at(reading, at - 1)->has_colon;
        if (word_at(reading, at)->starts && !after_label) {
            break;
        }
        const struct address_mark *mark = find_mark(reading, at, &unused);
        if (mark != NULL && interrupts(reading, part, mark, (struct span){from, at})) {
            break;
        }
    }
    return at;
}

static bool knows_street(const struct reading *reading)
{
    return reading->found.street.length > 0 || reading->before->street.length > 0;
}

/* "45", "45-B", "# 45": nothing but a number. */
static bool is_bare_number(const struct reading *reading, struct span span)
{
    return word_at(reading, span.from)->has_digit &&
           reading_number_words(reading, span) == span.to - span.from;
}

/* "x 55 y 57" */
static bool is_crossing(const struct reading *reading, struct span span)
{
    return span.from + 1 < span.to &&
           strcmp(word_at(reading, span.from)->plain, "x") == 0 &&
           word_at(reading, span.from + 1)->has_digit;
}

static void take_corner(struct reading *reading, struct span span);
static void take_after_number(struct reading *reading, struct span span);

/* Nothing but its name, right before a mark of a number: "Belgrano s/n". */
static bool is_numbered(struct reading *reading, struct span span)
{
    size_t unused;

    if (reading->found.street.length > 0 || span.to == reading->words.count ||
        word_at(reading, span.to)->starts) {
        return false;
    }
    const struct address_mark *mark = find_mark(reading, span.to, &unused);
    return mark != NULL && mark->part == PART_NUMBER;
}

static void take_nameless(struct reading *reading, struct span span)
{
    struct span rest;
    bool numbered = is_numbered(reading, span);

    /* "Mi Perú" is a district. */
    span = is_place(reading, span) ? span : reading_strip_chatter(reading, span);
    if (span.from < span.to && reading_complete_street(reading, span, &rest)) {
        take_after_number(reading, rest);
        return;
    }
    for (size_t before = 0; !numbered && before != span.to - span.from;) {
        before = span.to - span.from;
        reading_peel(reading, &span, 0);
        span = reading_strip_chatter(reading, span);
    }
    if (span.from == span.to || reading_is_chatter(reading, span)) {
        return;
    }
    if (is_crossing(reading, span)) {
        take_corner(reading, span);
        return;
    }
    bool number_known =
        reading->found.number.length > 0 ||
        (reading->before->number.length > 0 && reading->found.street.length == 0);
    if (is_bare_number(reading, span)) {
        /* A telephone number isn't a house's. */
        if (word_at(reading, span.from)->text.length > 7) {
            return;
        }
        if (!number_known && knows_street(reading)) {
            reading->found.number = reading_join(reading, span);
            return;
        }
    }
    if (number_known && reading_is_floor(reading, span)) {
        reading_append(reading, &reading->found.interior, reading_join(reading, span));
        return;
    }
    if (numbered || reading_is_street(reading, span)) {
        reading_take_street(reading, span, 0, &rest);
        take_after_number(reading, rest);
        return;
    }
    reading_keep_rest(reading, reading_join(reading, span));
}

/* "x 55 y 57 centro", as in Mérida; "y Callao": whatever comes. */
static void take_corner(struct reading *reading, struct span span)
{
    size_t end = span.to;

    if (span.from + 1 < span.to && word_at(reading, span.from + 1)->has_digit) {
        end = span.from + 2;
        if (end + 1 < span.to && strcmp(word_at(reading, end)->plain, "y") == 0 &&
            word_at(reading, end + 1)->has_digit) {
            end += 2;
        }
    }
    reading_append(reading, &reading->found.reference,
        reading_join(reading, (struct span){span.from, end}));
    take_nameless(reading, (struct span){end, span.to});
}

static void take_after_number(struct reading *reading, struct span span)
{
    if (span.from == span.to) {
        return;
    }
    if (reading_is_floor(reading, span)) {
        reading_append(reading, &reading->found.interior, reading_join(reading, span));
    } else if (reading_is_one_of(word_at(reading, span.from), corners)) {
        take_corner(reading, span);
    } else {
        take_nameless(reading, span);
    }
}

static void take_street(struct reading *reading, struct span span, size_t mark_words)
{
    struct span rest;

    reading_peel(reading, &span, mark_words + 1);
    span = reading_strip_end(reading, span);
    if (span.to - span.from <= mark_words && mark_words == 1) {
        return;
    }
    if (reading->found.street.length > 0 && !reading->street_is_estate) {
        /* The street is known: another one is where to find it. */
        reading_append(reading, &reading->found.reference, reading_join(reading, span));
        return;
    }
    if (reading->street_is_estate) {
        reading_append(reading, &reading->found.reference, reading->found.street);
        reading->street_is_estate = false;
    }
    reading_take_street(reading, span, mark_words, &rest);
    take_after_number(reading, rest);
}

/* A value after its mark; returns where what comes after it begins. */
static size_t take_value(struct reading *reading, const struct address_mark *mark,
    size_t from, size_t mark_words)
{
    size_t at = from + mark_words;
    size_t limit = reading->words.count;
    bool whole = (mark->flags & MARK_WHOLE) != 0;

    while (!whole && at + 1 < limit && !word_at(reading, at)->has_digit &&
           reading_is_one_of(word_at(reading, at), steps)) {
        at++;
    }
    size_t end = at;
    if (!whole) {
        for (end = at + 1; end < limit && !word_at(reading, end)->starts; end++) {
        }
        end = at + (mark->part == PART_POSTAL_CODE || mark->part == PART_IGNORED
                           ? 1
                           : reading_number_words(reading, (struct span){at, end}));
    }
    bool kept = whole || (mark->flags & MARK_KEPT) != 0;
    bool labelled = !whole && word_at(reading, from + mark_words - 1)->has_colon;
    struct svc_slice text =
        reading_join(reading, (struct span){kept && !labelled ? from : at, end});
    switch (mark->part) {
    case PART_NUMBER:
        reading->found.number = whole ? SVC_SLICE("s/n") : text;
        break;
    case PART_LOT:
    case PART_INTERIOR:
        reading_append(reading,
            mark->part == PART_LOT ? &reading->found.number : &reading->found.interior,
            text);
        break;
    case PART_DISTRICT:
        reading->found.district = text;
        break;
    case PART_POSTAL_CODE:
        reading->found.postal_code = reading_upper(reading, text);
        break;
    default: /* a telephone number, in groups */
        while (end < limit && word_at(reading, end)->is_digits &&
               !word_at(reading, end)->starts) {
            end++;
        }
        break;
    }
    return end;
}

static void take_named_city(struct reading *reading, struct svc_slice name)
{
    struct svc_slice canonical = name;
    const struct place_state *state = place_city_find(reading->rules, name, &canonical);
    const struct place_state *district_of =
        place_district_find(reading->rules, name, &canonical);

    if (state == NULL && district_of != NULL &&
        svc_slice_equals(reading->country, "MX")) {
        reading->district_of = district_of;
        reading->borough = canonical;
        reading->borough_is_named = true;
        return;
    }
    reading->city_of = state;
    reading->city_is_named = true;
    reading->found.city = state != NULL ? canonical : name;
}

static void take_named_state(struct reading *reading, struct svc_slice name)
{
    const struct place_state *state = place_state_find(reading->rules, name);

    reading->state = state;
    reading->state_may_be_city = false;
    reading->found.state = state != NULL ? place_state_name(state) : name;
}

static void take_named_district(struct reading *reading, struct svc_slice name)
{
    struct svc_slice canonical = name;

    reading->district_of = place_district_find(reading->rules, name, &canonical);
    reading->found.district = reading->district_of != NULL ? canonical : name;
}

/* A piece that its mark names; SPAN with the mark. */
static void take_named(struct reading *reading, const struct address_mark *mark,
    struct span span, size_t mark_words)
{
    if (mark->part == PART_STREET) {
        take_street(reading, span, mark_words);
        return;
    }
    bool labelled = word_at(reading, span.from + mark_words - 1)->has_colon;
    if ((mark->flags & MARK_KEPT) == 0 || labelled) {
        span.from += mark_words;
        mark_words = 0;
    }
    bool is_between = strncmp(mark->words, "e", 1) == 0; /* entre, e/, esquina */
    if (mark->part == PART_REFERENCE && is_between) {
        reading_peel(reading, &span, BETWEEN_WORDS);
    } else if (mark->part != PART_REFERENCE && mark->part != PART_RECIPIENT &&
               span.to > span.from && !is_place(reading, span)) {
        reading_peel(reading, &span, mark_words + 1);
    }
    if (mark_words == 0) {
        span = reading_strip_chatter(reading, span);
    }
    if (span.to - span.from <= mark_words && mark->part != PART_REFERENCE) {
        return;
    }
    struct svc_slice text = reading_join(reading, span);
    switch (mark->part) {
    case PART_DISTRICT:
        take_named_district(reading, text);
        break;
    case PART_CITY:
        take_named_city(reading, text);
        break;
    case PART_STATE:
        take_named_state(reading, text);
        break;
    case PART_RECIPIENT:
        reading->found.recipient = text;
        break;
    case PART_ESTATE:
        if (reading->found.street.length == 0) {
            reading->found.street = text;
            reading->street_is_estate = true;
            break;
        }
        reading_append(reading, &reading->found.reference, text);
        break;
    default:
        reading_append(reading, &reading->found.reference, text);
        break;
    }
}

static bool takes_value(const struct address_mark *mark)
{
    return (mark->flags & (MARK_VALUE | MARK_WHOLE)) != 0 && mark->part != PART_STREET;
}

static void read_words(struct reading *reading)
{
    size_t at = 0;

    while (at < reading->words.count) {
        size_t mark_words = 0;
        const struct address_mark *mark = find_mark(reading, at, &mark_words);
        bool in_street = mark != NULL && mark->part == PART_NUMBER &&
                         (mark->flags & (MARK_KEPT | MARK_WHOLE)) == 0 &&
                         reading->rules != NULL && reading->rules->number_in_street &&
                         reading->found.street.length == 0;
        if (mark != NULL && takes_value(mark) && !in_street) {
            at = take_value(reading, mark, at, mark_words);
            continue;
        }
        mark = in_street ? NULL : mark;
        mark_words = mark != NULL ? mark_words : 0;
        enum address_part part = mark != NULL ? mark->part : PART_NONE;
        struct span span = {at, find_end(reading, at, mark_words, part)};
        if (mark != NULL) {
            take_named(reading, mark, span, mark_words);
        } else {
            take_nameless(reading, span);
        }
        at = span.to;
    }
}

void address_read_text(struct svc_arena *arena, struct svc_slice text,
    struct svc_slice country, struct address *address)
{
    address->too_long = text.length > ADDRESS_TEXT_MAX;
    if (address->country.length == 0) {
        address->country = plain_clean(arena, country, 2);
    }
    if (address->too_long || text.length == 0) {
        return;
    }
    struct reading reading = {
        .arena = arena,
        .rules = place_country_find(address->country),
        .country = address->country,
        .before = address,
        .is_question = memchr(text.text, '?', text.length) != NULL,
    };
    address_words_read(arena, text, &reading.words);
    read_words(&reading);
    reading_settle(&reading, address);
}
