#include "address_words.h"

#include "plain.h"

#include <string.h>

/* Names of things that people write a number right behind. */
static const char *const glued[] = {"ac", "ak", "apt", "apto", "av", "calle", "carrera",
    "casa", "cl", "cll", "cp", "cra", "depto", "dept", "dg", "dpto", "ext", "int", "km",
    "kr", "kra", "local", "lote", "lt", "lte", "manzana", "mz", "mza", "no", "num", "of",
    "oficina", "piso", "torre", "tv"};

struct cutter {
    struct address_words *words;
    const char *at;
    const char *end;
    bool starts; /* what parts has been seen since the last word */
};

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (unsigned char)byte >= 0x80;
}

static char byte_at(const struct cutter *cutter, const char *at)
{
    return (char)(at < cutter->end ? *at : '\0');
}

/* Past the character at AT, which is no ASCII where its first byte isn't. */
static const char *past(const struct cutter *cutter, const char *at)
{
    at++;
    while (at < cutter->end && ((unsigned char)*at & 0xC0) == 0x80) {
        at++;
    }
    return at;
}

/* Words are compared without their marks; the º of nº is an o, that of 3º nothing. */
static void set_plain(struct address_word *word)
{
    char spaced[ADDRESS_WORD_PLAIN_MAX + 1];
    size_t length = plain_write(word->text, spaced, ADDRESS_WORD_PLAIN_MAX);
    size_t kept = 0;

    for (size_t i = 0; i < length; i++) {
        if (spaced[i] != ' ') {
            word->plain[kept++] = spaced[i];
        }
    }
    word->plain[kept] = '\0';
    word->is_digits = word->text.length > 0;
    for (size_t i = 0; i < word->text.length; i++) {
        bool digit = is_digit(word->text.text[i]);
        word->has_digit = word->has_digit || digit;
        word->is_digits = word->is_digits && digit;
    }
    bool is_number_sign = word->text.length == 3 &&
                          strchr("nN", word->text.text[0]) != NULL &&
                          (memcmp(word->text.text + 1, "\u00BA", 2) == 0 ||
                              memcmp(word->text.text + 1, "\u00B0", 2) == 0);
    if (is_number_sign) {
        memcpy(word->plain, "no", 3);
    } else if (word->text.length == 2 && word->text.text[1] == '/') {
        memcpy(word->plain + kept, "/", 2);
    } else if (word->text.text[0] == '#') {
        memcpy(word->plain, "#", 2);
    }
}

static void add(struct cutter *cutter, const char *from, const char *to)
{
    if (from == to || cutter->words->count == ADDRESS_WORDS_MAX) {
        return;
    }
    struct address_word *word = &cutter->words->list[cutter->words->count++];
    *word = (struct address_word){
        .text = {from, (size_t)(to - from)}, .starts = cutter->starts};
    set_plain(word);
    cutter->starts = false;
}

/* int5, cp03100, no.45: the letters' end where they are one of `glued`, else NULL. */
static const char *find_seam(const char *from, const char *to)
{
    const char *seam = from;
    char plain[ADDRESS_WORD_PLAIN_MAX + 1];

    while (seam < to && is_letter(*seam)) {
        seam++;
    }
    if (seam == to || !is_digit(*seam) || seam - from > 10) {
        return NULL;
    }
    plain_write((struct svc_slice){from, (size_t)(seam - from)}, plain, 12);
    for (size_t i = 0; i < sizeof glued / sizeof glued[0]; i++) {
        if (strcmp(plain, glued[i]) == 0) {
            return seam;
        }
    }
    return NULL;
}

/* Whether the byte at AT, which is no letter or digit, belongs to the word from FROM. */
static bool holds_together(const struct cutter *cutter, const char *from, const char *at)
{
    char before = at[-1];
    char after = byte_at(cutter, at + 1);
    bool single = at - from == 1 || !is_letter(at[-2]); /* one letter stands before it */

    switch (*at) {
    case '.':
        if (is_digit(before)) {
            return is_digit(after);
        }
        return single && is_letter(after) && !is_letter(byte_at(cutter, at + 2));
    case '-':
        return (is_digit(before) || is_letter(before)) &&
               (is_digit(after) || is_letter(after));
    case '/':
        /* s/n, c/, e/, 12/B */
        return at - from == 1 ||
               (is_digit(before) && (is_digit(after) || is_letter(after)));
    case '\'':
    case '&':
        return is_letter(after);
    default:
        return false;
    }
}

/* c/Mayor, e/ 50 y 51: the two first bytes are a word. */
static const char *find_slash_seam(const char *from, const char *to)
{
    bool is_seam = to - from > 2 && from[1] == '/' && strchr("cCeE", from[0]) != NULL;

    return is_seam ? from + 2 : NULL;
}

static void take_word(struct cutter *cutter)
{
    const char *from = cutter->at;

    while (cutter->at < cutter->end) {
        if (!is_digit(*cutter->at) && !is_letter(*cutter->at) &&
            (cutter->at == from || !holds_together(cutter, from, cutter->at))) {
            break;
        }
        cutter->at = past(cutter, cutter->at);
    }
    const char *seam = find_seam(from, cutter->at);
    seam = seam != NULL ? seam : find_slash_seam(from, cutter->at);
    if (seam != NULL) {
        add(cutter, from, seam);
        from = seam;
    }
    add(cutter, from, cutter->at);
}

/* "Calle Juárez 45. Col. Centro": a full stop after a number or a long word ends
 * something, one after a short word shortens it. */
static bool ends_something(const struct cutter *cutter, char after)
{
    const struct address_words *words = cutter->words;

    if (words->count == 0 || after != ' ') {
        return false;
    }
    const struct address_word *last = &words->list[words->count - 1];
    return last->is_digits || strlen(last->plain) > 6;
}

/* "Av." keeps its full stop. */
static void take_full_stop(struct cutter *cutter, const char *at)
{
    struct address_words *words = cutter->words;
    char after = byte_at(cutter, at + 1);

    if (ends_something(cutter, after)) {
        cutter->starts = true;
        return;
    }
    struct address_word *last = words->count > 0 ? &words->list[words->count - 1] : NULL;
    if (last != NULL && last->text.text + last->text.length == at && !last->has_digit &&
        (after == ' ' || is_letter(after) || is_digit(after))) {
        last->text.length++;
    }
}

static void take_mark(struct cutter *cutter)
{
    struct address_words *words = cutter->words;
    const char *at = cutter->at++;

    switch (*at) {
    case '#':
    case '-':
        add(cutter, at, at + 1);
        break;
    case ':':
    case '=':
        if (words->count > 0) {
            words->list[words->count - 1].has_colon = true;
        }
        break;
    case '.':
        take_full_stop(cutter, at);
        break;
    default:
        cutter->starts = cutter->starts || strchr(",;|/()\n", *at) != NULL;
        break;
    }
}

struct twin {
    const char *text;
    char byte;
};

/* Characters that stand for an ASCII one. */
static const struct twin twins[] = {
    {"\u00A0", ' '},
    {"\u2013", '-'},
    {"\u2014", '-'},
    {"\u2212", '-'},
    {"\u2018", ' '},
    {"\u2019", ' '},
    {"\u201C", ' '},
    {"\u201D", ' '},
    {"\u00AB", ' '},
    {"\u00BB", ' '},
    {"\u00BF", ' '},
    {"\u00A1", ' '},
    {"\u00B4", ' '},
    {"\u2026", ','},
    {"\u2022", ','},
    {"\u00B7", ','},
    {"\u2116", '#'},
};

static char find_twin(const char *at, size_t size)
{
    for (size_t i = 0; i < sizeof twins / sizeof twins[0]; i++) {
        if (strlen(twins[i].text) == size && memcmp(at, twins[i].text, size) == 0) {
            return twins[i].byte;
        }
    }
    return '\0';
}

/* A copy without what isn't to be read: emoji part what is around them, other things are
 * spaces. */
static struct svc_slice simplify(struct svc_arena *arena, struct svc_slice text)
{
    char *out = svc_arena_alloc(arena, text.length + 1);
    const char *end = text.text + text.length;
    size_t length = 0;

    for (const char *at = text.text; at < end;) {
        size_t symbol = plain_symbol_length(at, end);
        size_t size = 1;
        while (at + size < end && ((unsigned char)at[size] & 0xC0) == 0x80) {
            size++;
        }
        char byte = (char)(symbol > 0 ? ',' : find_twin(at, size));
        if (*at == '\n' || *at == '\r') {
            byte = '\n';
        } else if (*at == '\t') {
            byte = ' ';
        }
        if (byte != '\0') {
            out[length++] = byte;
            at += symbol > 0 ? symbol : size;
            continue;
        }
        memcpy(out + length, at, size);
        length += size;
        at += size;
    }
    return (struct svc_slice){out, length};
}

static bool is_quadrant(const struct address_word *word)
{
    static const char *const quadrants[] = {"sur", "norte", "este", "oeste", "bis"};

    for (size_t i = 0; i < sizeof quadrants / sizeof quadrants[0]; i++) {
        if (strcmp(word->plain, quadrants[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* A dash between numbers belongs to them (# 12 - 30); any other one parts. */
static void settle_dashes(struct address_words *words)
{
    size_t kept = 0;
    bool starts = false;

    for (size_t i = 0; i < words->count; i++) {
        struct address_word word = words->list[i];
        bool is_dash = word.text.length == 1 && *word.text.text == '-';
        bool between = is_dash && !word.starts && kept > 0 && i + 1 < words->count &&
                       words->list[i + 1].has_digit &&
                       (words->list[kept - 1].has_digit ||
                           strlen(words->list[kept - 1].plain) == 1 ||
                           is_quadrant(&words->list[kept - 1]));
        if (is_dash && !between) {
            starts = true;
            continue;
        }
        word.starts = word.starts || starts;
        starts = false;
        words->list[kept++] = word;
    }
    words->count = kept;
}

void address_words_read(
    struct svc_arena *arena, struct svc_slice text, struct address_words *ret_words)
{
    struct address_words words = {
        .list = svc_arena_alloc(arena, ADDRESS_WORDS_MAX * sizeof *words.list)};
    struct svc_slice simple = simplify(arena, text);
    struct cutter cutter = {&words, simple.text, simple.text + simple.length, true};

    while (cutter.at < cutter.end) {
        if (is_digit(*cutter.at) || is_letter(*cutter.at)) {
            take_word(&cutter);
        } else {
            take_mark(&cutter);
        }
    }
    settle_dashes(&words);
    *ret_words = words;
}

struct svc_slice address_words_join(
    struct svc_arena *arena, const struct address_words *words, size_t from, size_t to)
{
    size_t size = 1;

    for (size_t i = from; i < to; i++) {
        size += words->list[i].text.length + 1;
    }
    if (from >= to) {
        return (struct svc_slice){0};
    }
    char *out = svc_arena_alloc(arena, size);
    size_t length = 0;
    for (size_t i = from; i < to; i++) {
        if (length > 0) {
            out[length++] = ' ';
        }
        memcpy(out + length, words->list[i].text.text, words->list[i].text.length);
        length += words->list[i].text.length;
    }
    return (struct svc_slice){out, length};
}
