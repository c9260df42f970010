/* The tokens of a text: its words and numbers, and what several of them are together. */
#include "analyser.h"
#include "scan.h"
#include "units.h"

#include <string.h>

enum { JOINED_PARTS_MAX = 6 };

struct tokenizer {
    struct svc_arena *arena;
    const struct atom *atoms;
    size_t atom_count;
    struct token *list;
    size_t count;
    size_t room;
    size_t max;
};

/* What is measured, from an atom on. */
struct measure {
    int64_t value; /* thousandths of the unit */
    const struct unit *unit;
    size_t parts;
};

static void add_token(struct tokenizer *tokenizer, enum token_kind kind, size_t first,
    size_t parts, struct svc_slice exact)
{
    if (tokenizer->count == tokenizer->max) {
        return;
    }
    if (tokenizer->count == tokenizer->room) {
        size_t room = tokenizer->room * 2;
        struct token *list = svc_arena_alloc(tokenizer->arena, room * sizeof *list);
        memcpy(list, tokenizer->list, tokenizer->count * sizeof *list);
        tokenizer->list = list;
        tokenizer->room = room;
    }
    tokenizer->list[tokenizer->count++] = (struct token){
        .exact = exact,
        .from = tokenizer->atoms[first].from,
        .until = tokenizer->atoms[first + parts - 1].until,
        .position = (uint16_t)first,
        .parts = (uint16_t)parts,
        .kind = kind,
    };
}

static const struct atom *atom_at(const struct tokenizer *tokenizer, size_t index)
{
    return index < tokenizer->atom_count ? &tokenizer->atoms[index] : NULL;
}

static bool is_word(const struct atom *atom, const char *text)
{
    return atom != NULL && svc_slice_equals(atom->exact, text);
}

/* Adds the unit that atom INDEX is, after PARTS others. */
static bool read_unit(
    const struct tokenizer *tokenizer, size_t index, bool digits, struct measure *measure)
{
    const struct atom *atom = atom_at(tokenizer, index);
    const struct atom *before = &tokenizer->atoms[index - 1];

    if (atom == NULL || atom->number || atom->from - before->until > 2) {
        return false;
    }
    const struct unit *unit = units_find(atom->exact);
    if (unit == NULL || (unit->after_digits && !digits) ||
        (unit->attached && atom->from > before->until)) {
        return false;
    }
    measure->unit = unit;
    measure->parts++;
    return true;
}

/* "kilo y medio" behind a measure that is there already. */
static void read_half(
    const struct tokenizer *tokenizer, size_t first, struct measure *measure)
{
    const struct atom *half = atom_at(tokenizer, first + measure->parts + 1);

    if (half != NULL && is_word(half - 1, "y") &&
        (is_word(half, "medio") || is_word(half, "media"))) {
        measure->value += 500;
        measure->parts += 2;
    }
}

/* In thousandths; -1: none. */
static int64_t read_fraction(const struct atom *atom)
{
    int64_t above = units_number(atom[0].exact);
    int64_t below = units_number(atom[1].exact);

    return above > 0 && above < 1000000 && below > 0 ? above * 1000 / below : -1;
}

static bool read_digits(
    const struct tokenizer *tokenizer, size_t first, struct measure *measure)
{
    const struct atom *atom = &tokenizer->atoms[first];

    measure->value = units_number(atom->exact);
    measure->parts = 1;
    if (atom->fraction) {
        measure->value = read_fraction(atom);
        measure->parts = 2;
        atom++;
    } else if (first + 2 < tokenizer->atom_count && atom[1].fraction && !atom->joined &&
               measure->value >= 0 && read_fraction(atom + 1) > 0 &&
               atom[1].from - atom->until == 1) {
        measure->value += read_fraction(atom + 1); /* "1 1/2" */
        measure->parts = 3;
        atom += 2;
    }
    if (measure->value < 0) {
        return false;
    }
    if (atom->inches) {
        measure->unit = &units_inch;
        return true;
    }
    return read_unit(tokenizer, first + measure->parts, true, measure);
}

static bool read_pack(
    const struct tokenizer *tokenizer, size_t first, struct measure *measure)
{
    const struct atom *of = atom_at(tokenizer, first + 1);
    const struct atom *number = atom_at(tokenizer, first + 2);
    struct measure other = {0};

    if (number == NULL || !number->number || number->fraction ||
        !units_is_pack(tokenizer->atoms[first].exact) ||
        !(is_word(of, "de") || is_word(of, "con") || is_word(of, "x") ||
            is_word(of, "of") || is_word(of, "com")) ||
        read_digits(tokenizer, first + 2, &other)) {
        return false;
    }
    *measure = (struct measure){units_number(number->exact), &units_piece, 3};
    return true;
}

/* "kilo y medio", which is one and a half. */
static bool read_bare_unit(
    const struct tokenizer *tokenizer, size_t first, struct measure *measure)
{
    const struct atom *atoms = tokenizer->atoms;
    const struct atom *half = atom_at(tokenizer, first + 2);
    bool counted = first > 0 && (atoms[first - 1].number ||
                                    units_number_word(atoms[first - 1].exact) > 0);
    const struct unit *unit = units_find(atoms[first].exact);

    if (counted || unit == NULL || unit->after_digits ||
        !(is_word(half, "medio") || is_word(half, "media"))) {
        return false;
    }
    *measure = (struct measure){1000, unit, 1};
    return true;
}

static bool read_words(
    const struct tokenizer *tokenizer, size_t first, struct measure *measure)
{
    int64_t value = units_number_word(tokenizer->atoms[first].exact);
    bool of = value == 250 && is_word(atom_at(tokenizer, first + 1), "de");

    *measure = (struct measure){value, NULL, of ? 2 : 1};
    if (value < 0 && is_word(atom_at(tokenizer, first + 1), "y")) {
        return read_bare_unit(tokenizer, first, measure);
    }
    return value > 0 && read_unit(tokenizer, first + measure->parts, false, measure);
}

/* Whether a measure begins at atom FIRST. */
static bool read_measure(
    const struct tokenizer *tokenizer, size_t first, struct measure *ret_measure)
{
    *ret_measure = (struct measure){0};
    if (tokenizer->atoms[first].number) {
        /* The lower half of a fraction was read with the upper one. */
        return !(first > 0 && tokenizer->atoms[first - 1].fraction) &&
               read_digits(tokenizer, first, ret_measure);
    }
    return read_words(tokenizer, first, ret_measure) ||
           read_pack(tokenizer, first, ret_measure);
}

static struct svc_slice add_quantity(struct tokenizer *tokenizer, size_t first)
{
    struct measure measure;
    char text[UNITS_TEXT_MAX];

    if (!read_measure(tokenizer, first, &measure)) {
        return (struct svc_slice){0};
    }
    read_half(tokenizer, first, &measure);
    size_t length = units_put(text, measure.value, measure.unit);
    if (length == 0) {
        return (struct svc_slice){0};
    }
    struct svc_slice exact = {svc_arena_strndup(tokenizer->arena, text, length), length};
    add_token(tokenizer, TOKEN_QUANTITY, first, measure.parts, exact);
    return exact;
}

/* A run of joined atoms as one word: with a letter in it, or a fraction alone. */
static void add_joined(
    struct tokenizer *tokenizer, size_t first, struct svc_slice quantity)
{
    const struct atom *atoms = &tokenizer->atoms[first];
    char text[TOKEN_BYTES_MAX];
    size_t length = 0;
    size_t parts = 0;
    bool letter = false;
    bool fraction = false;

    do {
        if (length + atoms[parts].exact.length + 1 > sizeof text ||
            parts == JOINED_PARTS_MAX) {
            return;
        }
        memcpy(text + length, atoms[parts].exact.text, atoms[parts].exact.length);
        length += atoms[parts].exact.length;
        letter = letter || !atoms[parts].number;
        if (atoms[parts].fraction) {
            fraction = true;
            text[length++] = '/';
        }
    } while (atoms[parts++].joined);
    bool same = quantity.text != NULL && quantity.length == length &&
                memcmp(quantity.text, text, length) == 0;
    if (same || letter == fraction || (fraction && parts > 2)) {
        return;
    }
    struct svc_slice exact = {svc_arena_strndup(tokenizer->arena, text, length), length};
    add_token(tokenizer, TOKEN_JOINED, first, parts, exact);
}

void analyser_tokens(const struct analyser *analyser, struct svc_arena *arena,
    struct svc_slice text, size_t max, struct token_list *ret_tokens)
{
    struct atom_list atoms;
    size_t most = max < UINT16_MAX ? max : UINT16_MAX;

    (void)analyser; /* no language's words are taken apart in another way */
    scan_atoms(arena, text, most, &atoms);
    struct tokenizer tokenizer = {
        .arena = arena,
        .atoms = atoms.list,
        .atom_count = atoms.count,
        .room = atoms.count + atoms.count / 4 + 4,
        .max = max,
    };
    tokenizer.list = svc_arena_alloc(arena, tokenizer.room * sizeof *tokenizer.list);
    for (size_t i = 0; i < atoms.count; i++) {
        const struct atom *atom = &atoms.list[i];
        struct svc_slice quantity = {0};
        add_token(
            &tokenizer, atom->number ? TOKEN_NUMBER : TOKEN_WORD, i, 1, atom->exact);
        if (i + 1 < atoms.count || atom->inches) {
            quantity = add_quantity(&tokenizer, i);
        }
        if (atom->joined && !(i > 0 && atoms.list[i - 1].joined)) {
            add_joined(&tokenizer, i, quantity);
        }
    }
    *ret_tokens = (struct token_list){tokenizer.list, tokenizer.count};
}
