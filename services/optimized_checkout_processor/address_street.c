#include "address_reading.h"

#include <string.h>

static const char *const quadrants[] = {"sur", "norte", "este", "oeste", "oriente",
    "poniente", "ote", "pte", "nte", "bis", NULL};
static const char *const vowels[] = {"y", "e", "o", "u", "a", NULL};
static const char *const number_words[] = {
    "#", "no", "nro", "num", "numero", "n", "con", NULL};
static const char *const floors[] = {"bajo", "bajos", "atico", "entresuelo", "principal",
    "izq", "izquierda", "izda", "dcha", "derecha", "dcho", "izqda", "centro", NULL};
static const char *const months[] = {"enero", "febrero", "marzo", "abril", "mayo",
    "junio", "julio", "agosto", "septiembre", "setiembre", "octubre", "noviembre",
    "diciembre", NULL};

static const struct address_word *word_at(const struct reading *reading, size_t at)
{
    return &reading->words.list[at];
}

/* A letter that stands alone, and is no word by itself. */
static bool is_letter(const struct address_word *word)
{
    return strlen(word->plain) == 1 && !word->has_digit && word->plain[0] >= 'a' &&
           !reading_is_one_of(word, vowels);
}

static bool is_suffix(const struct address_word *word)
{
    return is_letter(word) || strcmp(word->plain, "bis") == 0 ||
           (strcmp(word->plain, "a") == 0);
}

size_t reading_number_words(const struct reading *reading, struct span span)
{
    size_t next = span.from + 1;

    if (next >= span.to || !is_suffix(word_at(reading, next))) {
        return 1;
    }
    /* "45 a dos cuadras": an a that goes on is no letter of the number. */
    bool goes_on =
        next + 1 < span.to && (strcmp(word_at(reading, next)->plain, "a") == 0 ||
                                  (strcmp(word_at(reading, next)->plain, "x") == 0 &&
                                      word_at(reading, next + 1)->has_digit));
    return goes_on ? 1 : 2;
}

bool reading_is_floor(const struct reading *reading, struct span span)
{
    bool written_so = svc_slice_equals(reading->country, "ES") ||
                      svc_slice_equals(reading->country, "AR");

    if (!written_so || span.from >= span.to || span.to - span.from > 4) {
        return false;
    }
    for (size_t i = span.from; i < span.to; i++) {
        const struct address_word *word = word_at(reading, i);
        if (!word->has_digit && strlen(word->plain) > 1 &&
            !reading_is_one_of(word, floors)) {
            return false;
        }
    }
    return true;
}

/* 5 de Mayo */
static bool is_date(const struct reading *reading, struct span span, size_t at)
{
    return at + 2 < span.to && strcmp(word_at(reading, at + 1)->plain, "de") == 0 &&
           reading_is_one_of(word_at(reading, at + 2), months);
}

/* Of "5 de Mayo 123", "Calle 10 Norte 45", "Av. 9 de Julio 1000": where the house's
 * number is; span.to: nowhere. */
static size_t find_number(
    const struct reading *reading, struct span span, size_t name_start)
{
    for (size_t i = name_start; i < span.to; i++) {
        const struct address_word *word = word_at(reading, i);
        if (!word->has_digit || i == name_start || is_date(reading, span, i)) {
            continue;
        }
        return i;
    }
    return span.to;
}

static void take_plain_street(
    struct reading *reading, struct span span, size_t mark_words, struct span *ret_rest)
{
    /* "Gran Vía" is a name by itself: its number may follow at once. */
    size_t name_start = span.from + (mark_words > 1 ? mark_words - 1 : mark_words);
    size_t number = find_number(reading, span, name_start);
    bool labelled =
        mark_words > 0 && word_at(reading, span.from + mark_words - 1)->has_colon;
    size_t start = span.from + (labelled ? mark_words : 0);
    const struct address_word *first = word_at(reading, span.from);

    *ret_rest = (struct span){span.to, span.to};
    if (number == span.to && mark_words == 0 && first->is_digits &&
        span.to - span.from > 1 &&
        strcmp(word_at(reading, span.from + 1)->plain, "de") != 0) {
        /* 1234 Insurgentes Sur */
        reading->found.number = first->text;
        reading->found.street =
            reading_join(reading, (struct span){span.from + 1, span.to});
        return;
    }
    reading->found.street = reading_join(reading, (struct span){start, number});
    if (number == span.to) {
        return;
    }
    size_t count = reading_number_words(reading, (struct span){number, span.to});
    reading->found.number = reading_join(reading, (struct span){number, number + count});
    *ret_rest = (struct span){number + count, span.to};
}

/* --- Colombia: Calle 45 A Sur # 12 B - 30 Este. --- */

static bool is_tail(const struct address_word *word)
{
    return is_suffix(word) || reading_is_one_of(word, quadrants);
}

static bool has_dash(const struct address_word *word)
{
    return word->has_digit && memchr(word->text.text, '-', word->text.length) != NULL;
}

/* The next word with a digit after AT, over letters and quadrants alone. */
static size_t next_number(const struct reading *reading, struct span span, size_t at)
{
    for (at++; at < span.to; at++) {
        const struct address_word *word = word_at(reading, at);
        if (word->has_digit) {
            return at;
        }
        if (!is_tail(word) && word->text.text[0] != '-') {
            return span.to;
        }
    }
    return span.to;
}

/* Where the second half begins, and in `ret_name_end` where the first one ends. */
static size_t find_cross(const struct reading *reading, struct span span,
    size_t name_start, size_t *ret_name_end)
{
    for (size_t i = span.from + 1; i < span.to; i++) {
        const struct address_word *word = word_at(reading, i);
        bool says_so = reading_is_one_of(word, number_words) && i + 1 < span.to &&
                       word_at(reading, i + 1)->has_digit;
        bool is_pair = i > name_start && has_dash(word);
        size_t second = next_number(reading, span, i);
        bool is_second = i > name_start && word->has_digit && second < span.to &&
                         next_number(reading, span, second) == span.to;
        if (says_so || is_pair || is_second) {
            *ret_name_end = i;
            return says_so ? i + 1 : i;
        }
    }
    return span.to;
}

/* NAME # 12-30, of the words from CROSS on; `ret_end` is behind them. */
static struct svc_slice join_cross(struct reading *reading, struct svc_slice name,
    struct span span, size_t cross, size_t *ret_end)
{
    size_t house =
        has_dash(word_at(reading, cross)) ? span.to : next_number(reading, span, cross);
    bool apart = house < span.to;
    size_t end = apart ? house + 1 : cross + 1;

    while (end < span.to && is_tail(word_at(reading, end))) {
        end++;
    }
    size_t cross_end = apart ? house : end;
    while (cross_end > cross && *word_at(reading, cross_end - 1)->text.text == '-') {
        cross_end--;
    }
    const struct svc_slice parts[] = {
        name,
        SVC_SLICE(" # "),
        reading_join(reading, (struct span){cross, cross_end}),
        apart ? SVC_SLICE("-") : (struct svc_slice){0},
        reading_join(reading, (struct span){apart ? house : end, end}),
    };
    char *out = svc_arena_alloc(reading->arena, 2 * ADDRESS_TEXT_MAX + 16);
    size_t length = 0;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (parts[i].length > 0) {
            memcpy(out + length, parts[i].text, parts[i].length);
            length += parts[i].length;
        }
    }
    *ret_end = end;
    return (struct svc_slice){out, length};
}

static void take_colombian_street(
    struct reading *reading, struct span span, size_t mark_words, struct span *ret_rest)
{
    size_t end = span.to;
    size_t name_end = span.to;
    size_t cross = find_cross(reading, span, span.from + mark_words, &name_end);

    reading->found.street = reading_join(reading, (struct span){span.from, name_end});
    if (cross < span.to) {
        reading->found.street =
            join_cross(reading, reading->found.street, span, cross, &end);
    }
    *ret_rest = (struct span){end, span.to};
}

bool reading_complete_street(
    struct reading *reading, struct span span, struct span *ret_rest)
{
    struct svc_slice name = reading->found.street.length > 0 ? reading->found.street
                                                             : reading->before->street;
    bool says_so = reading_is_one_of(word_at(reading, span.from), number_words);
    size_t cross = span.from + says_so;
    size_t end;

    if (reading->rules == NULL || !reading->rules->number_in_street || name.length == 0 ||
        memchr(name.text, '#', name.length) != NULL || cross >= span.to ||
        !word_at(reading, cross)->has_digit ||
        (!says_so && !has_dash(word_at(reading, cross)))) {
        return false;
    }
    reading->found.street = join_cross(reading, name, span, cross, &end);
    *ret_rest = (struct span){end, span.to};
    return true;
}

void reading_take_street(
    struct reading *reading, struct span span, size_t mark_words, struct span *ret_rest)
{
    if (reading->rules != NULL && reading->rules->number_in_street) {
        take_colombian_street(reading, span, mark_words, ret_rest);
    } else {
        take_plain_street(reading, span, mark_words, ret_rest);
    }
}

bool reading_is_street(const struct reading *reading, struct span span)
{
    size_t words = 0;
    size_t numbers = 0;

    if (reading->found.street.length > 0) {
        return false;
    }
    for (size_t i = span.from; i < span.to; i++) {
        const struct address_word *word = word_at(reading, i);
        words += !word->has_digit && strlen(word->plain) > 1;
        numbers += word->has_digit;
    }
    return words > 0 && numbers > 0;
}
