#include "scan.h"

#include "analyser.h"
#include "units.h"
#include <svc/fold.h>

#include <string.h>

struct scan {
    struct svc_arena *arena;
    const char *text;
    const char *end;
    char *out; /* room for the whole text: folding never makes it longer */
    struct atom *list;
    size_t count;
    size_t room;
    size_t max;
    bool in_quotes;
};

static bool is_digit(const char *at, const char *end)
{
    return at < end && *at >= '0' && *at <= '9';
}

static size_t digits_at(const char *at, const char *end)
{
    size_t count = 0;

    while (is_digit(at + count, end)) {
        count++;
    }
    return count;
}

static struct atom *add_atom(struct scan *scan, const char *from)
{
    if (scan->count == scan->room) {
        size_t room = scan->room * 2;
        struct atom *list = svc_arena_alloc(scan->arena, room * sizeof *list);
        memcpy(list, scan->list, scan->count * sizeof *list);
        scan->list = list;
        scan->room = room;
    }
    struct atom *atom = &scan->list[scan->count++];
    *atom = (struct atom){
        .exact = {.text = scan->out},
        .from = (uint32_t)(from - scan->text),
    };
    return atom;
}

/* Letters go on until something parts them; those over the limit are read over. */
static const char *read_word(struct scan *scan, const char *at)
{
    struct atom *atom = add_atom(scan, at);
    char *out = scan->out;
    struct svc_folded folded;
    bool full = false;

    for (; at < scan->end; at += folded.size) {
        svc_fold_next(at, scan->end, &folded);
        size_t length = (size_t)(out - scan->out);
        if (folded.kind == SVC_FOLD_TILDE && length > 0 && out[-1] == 'n' && !full) {
            out--;
            memcpy(folded.bytes, "ñ", 2);
            folded.length = 2;
            length--;
        } else if (folded.kind == SVC_FOLD_NOTHING || folded.kind == SVC_FOLD_TILDE) {
            continue;
        } else if (folded.kind != SVC_FOLD_LETTER) {
            break;
        }
        full = full || length + folded.length > TOKEN_BYTES_MAX;
        if (!full) {
            memcpy(out, folded.bytes, folded.length);
            out += folded.length;
        }
    }
    atom->exact.length = (size_t)(out - scan->out);
    atom->until = (uint32_t)(at - scan->text);
    scan->out = out;
    return at;
}

/* The unit that stands right behind a number, or after a space: decides what a comma is.
 */
static bool unit_follows(const char *at, const char *end)
{
    char word[16];
    size_t length = 0;

    if (at < end && (*at == '"' || *at == '\'')) {
        return true;
    }
    if (at < end && *at == ' ') {
        at++;
    }
    while (
        at < end && length < sizeof word && (*at | 0x20) >= 'a' && (*at | 0x20) <= 'z') {
        word[length++] = (char)((unsigned char)*at++ | 0x20u);
    }
    return length > 0 && length < sizeof word &&
           units_find((struct svc_slice){word, length}) != NULL;
}

/* Bytes of groups of three digits after the first FIRST digits at AT: "1.500.000". A list
 * of sizes ("110,120,130") looks alike, so that three digits before a comma need round
 * ones at the end. */
static size_t groups_length(const char *at, const char *end, size_t first)
{
    const char *group = at + first;
    char separator = '\0';

    if (group < end) {
        separator = *group;
    }
    if (first > 3 || *at == '0' || (separator != ',' && separator != '.')) {
        return 0;
    }
    while (group < end && *group == separator && digits_at(group + 1, end) == 3) {
        group += 4;
    }
    size_t length = (size_t)(group - at) - first;
    bool goes_on = group + 1 < end && *group == separator && is_digit(group + 1, end);
    bool list = separator == ',' && first == 3 && length > 0 &&
                (group[-1] != '0' || group[-2] != '0');
    return goes_on || list ? 0 : length;
}

/* Digits behind a decimal point or comma at AT; 0: it is none. */
static size_t decimals_at(const char *at, const char *end, bool after_groups)
{
    if (at >= end || (*at != '.' && *at != ',')) {
        return 0;
    }
    size_t count = digits_at(at + 1, end);
    const char *next = at + 1 + count;
    bool chain = next + 1 < end && (*next == '.' || *next == ',') &&
                 is_digit(next + 1, end) && (*next == *at || after_groups);
    if (count == 0 || count > 4 || chain) {
        return 0;
    }
    bool comma = *at == ',' && !after_groups;
    return comma && !(count <= 3 && unit_follows(next, end)) ? 0 : count;
}

static void add_inches(struct scan *scan, const char **at, struct atom *atom)
{
    static const char *const signs[] = {"''", "\xE2\x80\xB3", "\xE2\x80\x9D"};

    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        size_t length = strlen(signs[i]);
        if ((size_t)(scan->end - *at) >= length && memcmp(*at, signs[i], length) == 0) {
            atom->inches = true;
            *at += length;
            return;
        }
    }
    /* A quotation that ends with a number isn't inches. */
    if (*at < scan->end && **at == '"' && !scan->in_quotes) {
        atom->inches = true;
        (*at)++;
    }
}

static const char *read_number(struct scan *scan, const char *at)
{
    struct atom *atom = add_atom(scan, at);
    size_t first = digits_at(at, scan->end);
    size_t groups = groups_length(at, scan->end, first);
    const char *end = at + first + groups;
    size_t decimals = decimals_at(end, scan->end, groups > 0);
    char *out = scan->out;

    for (const char *from = at; from < end; from++) {
        if (is_digit(from, end) && out - scan->out < TOKEN_BYTES_MAX) {
            *out++ = *from;
        }
    }
    if (decimals > 0) {
        size_t kept = decimals;
        while (kept > 0 && end[kept] == '0') {
            kept--;
        }
        if (kept > 0 && out - scan->out + (ptrdiff_t)kept < TOKEN_BYTES_MAX) {
            *out++ = '.';
            memcpy(out, end + 1, kept);
            out += kept;
        }
        end += decimals + 1;
    }
    atom->number = true;
    atom->exact.length = (size_t)(out - scan->out);
    atom->until = (uint32_t)(end - scan->text);
    scan->out = out;
    add_inches(scan, &end, atom);
    return end;
}

/* Whether the text between two atoms makes one word of them, too. A point or slash parts
 * sentences and lists as often, so that one side has to be short. */
static bool are_joined(const struct scan *scan, const struct atom *left,
    const struct atom *right, char *ret_joiner)
{
    const char *gap = scan->text + left->until;
    size_t length = right->from - left->until;
    bool numbers = left->number || right->number;
    size_t shorter = left->exact.length < right->exact.length ? left->exact.length
                                                              : right->exact.length;

    *ret_joiner = '\0';
    if (length == 1) {
        *ret_joiner = *gap;
    }
    if (length == 0) {
        return true;
    }
    if (length == 3) {
        return memcmp(gap, "\xE2\x80\x99", 3) == 0; /* a typographer's apostrophe */
    }
    switch (*ret_joiner) {
    case '-':
    case '_':
    case '\'':
    case '&':
        return true;
    case '/':
        return numbers || shorter <= 3;
    case '.':
        return numbers || shorter <= 2;
    default:
        return false;
    }
}

static void join_atoms(struct scan *scan)
{
    for (size_t i = 0; i + 1 < scan->count; i++) {
        struct atom *left = &scan->list[i];
        const struct atom *right = &scan->list[i + 1];
        char joiner = '\0';
        left->joined = !left->inches && are_joined(scan, left, right, &joiner);
        left->fraction = left->joined && joiner == '/' && left->number && right->number;
    }
}

void scan_atoms(struct svc_arena *arena, struct svc_slice text, size_t max,
    struct atom_list *ret_atoms)
{
    struct scan scan = {.arena = arena, .text = text.text, .max = max};
    const char *at = text.text;
    struct svc_folded folded;

    *ret_atoms = (struct atom_list){0};
    if (text.length == 0 || max == 0) {
        return;
    }
    scan.end = text.text + text.length;
    scan.out = svc_arena_alloc(arena, text.length);
    scan.room = text.length / 5 + 4;
    scan.list = svc_arena_alloc(arena, scan.room * sizeof *scan.list);
    while (at < scan.end && scan.count < max) {
        svc_fold_next(at, scan.end, &folded);
        if (folded.kind == SVC_FOLD_BROKEN) {
            break;
        }
        if (folded.kind == SVC_FOLD_LETTER) {
            at = read_word(&scan, at);
        } else if (folded.kind == SVC_FOLD_DIGIT && is_digit(at, scan.end)) {
            at = read_number(&scan, at);
        } else {
            scan.in_quotes = scan.in_quotes != (*at == '"');
            at += folded.size;
        }
    }
    join_atoms(&scan);
    *ret_atoms = (struct atom_list){scan.list, scan.count};
}
