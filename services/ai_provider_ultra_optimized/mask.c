#include "provider.h"

#include <svc/buf.h>

#include <string.h>
#include <strings.h>

#define TEXT_MAX 1048576
#define WORD_MAX 12

/* Digits with what stands between them: "+52 1 55-1234-5678". */
struct run {
    size_t start; /* of the + or the first digit */
    size_t end;
    int digits;
    int longest; /* digits side by side */
    bool plus;
    bool grouped; /* 1.250.000 or 1,250,000.50: as amounts are written */
    bool plain;   /* nothing between */
};

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_letter(char byte)
{
    return ((unsigned char)(byte | 32) >= 'a' && (unsigned char)(byte | 32) <= 'z') ||
           ((unsigned char)byte & 0x80) != 0;
}

static bool is_separator(char byte)
{
    return byte != '\0' && strchr(" -.,()", byte) != NULL;
}

/* Where the next group of digits begins; up to two separators, as in "(55) 12", are
 * passed. */
static size_t next_group(struct svc_slice text, size_t at)
{
    size_t start = at;

    while (at < text.length && at < start + 2 && is_separator(text.text[at])) {
        at++;
    }
    return at > start && at < text.length && is_digit(text.text[at]) ? at : start;
}

static struct run read_run(struct svc_slice text, size_t at)
{
    struct run run = {.start = at, .plain = true, .grouped = true};
    int groups = 0;
    char between = '\0';

    if (text.text[at] == '+') {
        run.plus = true;
        at++;
    }
    for (;;) {
        size_t from = at;
        while (at < text.length && is_digit(text.text[at])) {
            at++;
        }
        int size = (int)(at - from);
        bool cents = groups > 0 && size == 2 && (between == '.' || between == ',');
        run.grouped = run.grouped && (groups == 0 ? size <= 3 : size == 3 || cents);
        run.digits += size;
        run.longest = size > run.longest ? size : run.longest;
        groups++;
        run.end = at;
        size_t next = next_group(text, at);
        if (next == at) {
            break;
        }
        between = text.text[at];
        run.plain = false;
        run.grouped = run.grouped && next == at + 1 && (between == '.' || between == ',');
        at = next;
    }
    run.grouped = run.grouped && groups > 1;
    return run;
}

/* The word before AT, lower case, without what stands between. */
static size_t word_before(struct svc_slice text, size_t at, char word[WORD_MAX])
{
    size_t length = 0;

    while (at > 0 && !is_letter(text.text[at - 1]) && !is_digit(text.text[at - 1]) &&
           text.text[at - 1] != '$') {
        at--;
    }
    size_t end = at;
    while (at > 0 && is_letter(text.text[at - 1]) && end - at < WORD_MAX) {
        at--;
    }
    for (; at + length < end && length < WORD_MAX; length++) {
        char byte = text.text[at + length];
        word[length] = (char)(byte >= 'A' && byte <= 'Z' ? byte | 32 : byte);
    }
    return length;
}

static bool is_one_of(
    const char *word, size_t length, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strlen(words[i]) == length && memcmp(words[i], word, length) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_order(struct svc_slice text, size_t at)
{
    static const char *const words[] = {"pedido", "orden", "order", "folio", "guia",
        "gu\303\255a", "ticket", "compra", "codigo", "c\303\263digo", "sku", "ref",
        "referencia"};
    char word[WORD_MAX];
    size_t length = word_before(text, at, word);
    char before = at > 0 ? text.text[at - 1] : ' ';

    /* A-1001, #1001, ORD1001 */
    if (before == '#' || is_letter(before) || before == '_' ||
        (before == '-' && at > 1 && is_letter(text.text[at - 2]))) {
        return true;
    }
    return is_one_of(word, length, words, sizeof words / sizeof words[0]);
}

static bool is_identity(struct svc_slice text, size_t at)
{
    static const char *const words[] = {"dni", "cedula", "c\303\251dula", "cc", "rut",
        "ruc", "cpf", "cnpj", "curp", "pasaporte", "documento", "ine", "ssn", "nit",
        "cuit", "cuil"};
    char word[WORD_MAX];
    size_t length = word_before(text, at, word);

    return is_one_of(word, length, words, sizeof words / sizeof words[0]);
}

static bool is_price(struct svc_slice text, const struct run *run)
{
    size_t at = run->start;

    while (at > 0 && text.text[at - 1] == ' ') {
        at--;
    }
    return run->grouped || (at > 0 && text.text[at - 1] == '$');
}

/* What the run becomes; NULL: it stays. */
static const char *replacement(struct svc_slice text, const struct run *run)
{
    if (run->digits >= 13) {
        return run->plus && run->digits <= 15 ? "[tel]" : "[num]";
    }
    if (run->digits >= 6 && is_identity(text, run->start)) {
        return "[num]";
    }
    if (run->plus && run->digits >= 8) {
        return "[tel]";
    }
    /* 36 38 40 42: sizes; 1.250.000: a price */
    if (run->digits < 8 || (!run->plain && run->longest < 3) || is_price(text, run) ||
        is_order(text, run->start)) {
        return NULL;
    }
    return run->plain && run->digits == 8 ? "[num]" : "[tel]";
}

static bool is_mail_byte(char byte)
{
    return is_letter(byte) || is_digit(byte) ||
           (byte != '\0' && strchr("._%+-", byte) != NULL);
}

/* The end of an address whose name begins at AT; AT: there is none. */
static size_t mail_end(struct svc_slice text, size_t at)
{
    size_t start = at;
    bool dot = false;

    while (at < text.length && is_mail_byte(text.text[at])) {
        at++;
    }
    if (at == start || at >= text.length || text.text[at] != '@') {
        return start;
    }
    size_t host = ++at;
    while (at < text.length && (is_letter(text.text[at]) || is_digit(text.text[at]) ||
                                   text.text[at] == '-' || text.text[at] == '.')) {
        dot = dot || (text.text[at] == '.' && at > host && at + 1 < text.length &&
                         is_letter(text.text[at + 1]));
        at++;
    }
    while (at > host && text.text[at - 1] == '.') {
        at--;
    }
    return dot ? at : start;
}

/* Mexico's CURP (18) and RFC (12 or 13): letters, a birthday, letters and digits. */
static size_t code_end(struct svc_slice text, size_t at)
{
    size_t end = at;
    size_t letters = 0;

    while (
        end < text.length && end < at + 19 &&
        (is_digit(text.text[end]) ||
            (is_letter(text.text[end]) && ((unsigned char)text.text[end] & 0x80) == 0))) {
        end++;
    }
    while (at + letters < end && is_letter(text.text[at + letters])) {
        letters++;
    }
    size_t length = end - at;
    if (letters < 3 || letters > 4 || (length != 18 && length != 9 + letters)) {
        return at;
    }
    for (size_t i = 0; i < 6; i++) {
        if (!is_digit(text.text[at + letters + i])) {
            return at;
        }
    }
    return end;
}

static bool begins_run(struct svc_slice text, size_t at)
{
    return is_digit(text.text[at]) ||
           (text.text[at] == '+' && at + 1 < text.length && is_digit(text.text[at + 1]));
}

/* Writes one piece of TEXT from AT on; returns where the next begins. */
static size_t mask_piece(struct svc_buf *out, struct svc_slice text, size_t at)
{
    bool fresh =
        at == 0 || (!is_mail_byte(text.text[at - 1]) && text.text[at - 1] != '@');
    size_t end = fresh ? mail_end(text, at) : at;
    const char *with = "[mail]";

    if (end == at && fresh) {
        end = code_end(text, at);
        with = "[num]";
    }
    if (end == at && begins_run(text, at)) {
        struct run run = read_run(text, at);
        with = replacement(text, &run);
        end = run.end;
        if (with == NULL) {
            svc_buf_add(out, text.text + at, end - at);
            return end;
        }
    }
    if (end > at) {
        svc_buf_add_text(out, with);
        return end;
    }
    svc_buf_add_char(out, text.text[at]);
    return at + 1;
}

struct svc_slice mask_text(struct svc_arena *arena, struct svc_slice text)
{
    struct svc_buf out;

    if (text.text == NULL || text.length == 0 || text.length > TEXT_MAX) {
        return (struct svc_slice){"", 0};
    }
    svc_buf_init(&out, 3 * TEXT_MAX);
    for (size_t at = 0; at < text.length;) {
        at = mask_piece(&out, text, at);
    }
    struct svc_slice masked = {
        svc_arena_strndup(arena, svc_buf_text(&out), out.length), out.length};
    svc_buf_done(&out);
    return masked;
}
