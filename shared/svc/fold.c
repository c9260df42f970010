#include "fold.h"

#include "text.h"

#include <stdbool.h>
#include <string.h>

/* Code points 0xC0 to 0x17F: the letter that is left without accents. "?" is no letter,
 * "2" one of two letters. */
static const char latin[] = "aaaaaa2ceeeeiiii" /* C0 */
                            "dnooooo?ouuuuy22" /* D0: ñ, þ and ß are made elsewhere */
                            "aaaaaa2ceeeeiiii" /* E0 */
                            "dnooooo?ouuuuy2y" /* F0 */
                            "aaaaaaccccccccdd" /* 100 */
                            "ddeeeeeeeeeegggg" /* 110 */
                            "gggghhhhiiiiiiii" /* 120 */
                            "ii22jjkkklllllll" /* 130 */
                            "lllnnnnnnnnnoooo" /* 140 */
                            "oo22rrrrrrssssss" /* 150 */
                            "ssttttttuuuuuuuu" /* 160 */
                            "uuuuwwyyyzzzzzzs" /* 170 */;

struct range {
    uint32_t from;
    uint32_t until;
};

/* Where letters of other scripts are. Coarse: a sign among them counts as one, too. */
static const struct range letters[] = {
    {0x0180, 0x02AF},
    {0x0370, 0x1FFF},
    {0x2C00, 0x2DFF},
    {0x3041, 0x318F},
    {0x31A0, 0x31FF},
    {0x3400, 0x4DBF},
    {0x4E00, 0xABFF},
    {0xAC00, 0xD7FF},
    {0xF900, 0xFDFF},
    {0xFE70, 0xFEFE},
    {0x20000, 0x3FFFF},
};

static const char *two_letters(uint32_t code)
{
    switch (code) {
    case 0xC6:
    case 0xE6:
        return "ae";
    case 0xDE:
    case 0xFE:
        return "th";
    case 0xDF:
        return "ss";
    case 0x132:
    case 0x133:
        return "ij";
    default:
        return "oe";
    }
}

/* The code point at TEXT, and its size; 0: none. */
static size_t decode(const unsigned char *text, size_t length, uint32_t *ret_code)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t size = text[0] >= 0xF0 ? 4 : text[0] >= 0xE0 ? 3 : 2;

    if (text[0] < 0xC2 || text[0] > 0xF4 || size > length) {
        return 0;
    }
    uint32_t code = text[0] & (0xFFu >> (size + 1));
    for (size_t i = 1; i < size; i++) {
        if ((text[i] & 0xC0) != 0x80) {
            return 0;
        }
        code = code << 6 | (text[i] & 0x3Fu);
    }
    if (code < least[size] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) {
        return 0;
    }
    *ret_code = code;
    return size;
}

static bool is_letter(uint32_t code)
{
    for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++) {
        if (code >= letters[i].from && code <= letters[i].until) {
            return true;
        }
    }
    return false;
}

static uint32_t lower(uint32_t code)
{
    if (code >= 0x391 && code <= 0x3A9) {
        return code + 0x20;
    }
    if (code >= 0x400 && code <= 0x40F) {
        return code + 0x50;
    }
    return code >= 0x410 && code <= 0x42F ? code + 0x20 : code;
}

static void put(struct svc_folded *folded, const char *bytes, size_t length)
{
    folded->kind = SVC_FOLD_LETTER;
    folded->length = (uint8_t)length;
    memcpy(folded->bytes, bytes, length);
}

static void fold_latin(uint32_t code, struct svc_folded *folded)
{
    char letter = latin[code - 0xC0];

    if (code == 0xD1 || code == 0xF1) {
        put(folded, "ñ", 2);
    } else if (letter == '2') {
        put(folded, two_letters(code), 2);
    } else if (letter != '?') {
        put(folded, &letter, 1);
    }
}

static void fold_wide(uint32_t code, struct svc_folded *folded)
{
    if (code >= 0x300 && code <= 0x36F) {
        folded->kind = code == 0x303 ? SVC_FOLD_TILDE : SVC_FOLD_NOTHING;
    } else if (code == 0xAD || (code >= 0x200B && code <= 0x200D) || code == 0xFEFF) {
        folded->kind = SVC_FOLD_NOTHING;
    } else if (is_letter(code)) {
        folded->kind = SVC_FOLD_LETTER;
        folded->length = (uint8_t)svc_text_put_utf8(folded->bytes, lower(code));
    }
}

static void fold_ascii(unsigned char byte, struct svc_folded *folded)
{
    folded->length = 1;
    folded->bytes[0] = (char)byte;
    if (byte >= '0' && byte <= '9') {
        folded->kind = SVC_FOLD_DIGIT;
    } else if ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z') {
        folded->kind = SVC_FOLD_LETTER;
        folded->bytes[0] = (char)(byte | 0x20);
    }
}

void svc_fold_next(const char *text, const char *end, struct svc_folded *ret_folded)
{
    unsigned char byte = (unsigned char)*text;
    uint32_t code = 0;

    *ret_folded = (struct svc_folded){.kind = SVC_FOLD_OTHER, .size = 1};
    if (byte < 0x80) {
        fold_ascii(byte, ret_folded);
        return;
    }
    size_t size = decode((const unsigned char *)text, (size_t)(end - text), &code);
    if (size == 0) {
        ret_folded->kind = SVC_FOLD_BROKEN;
        return;
    }
    ret_folded->size = (uint8_t)size;
    /* Full-width forms are the ASCII ones, elsewhere. */
    if (code >= 0xFF01 && code <= 0xFF5E) {
        fold_ascii((unsigned char)(code - 0xFEE0), ret_folded);
    } else if (code >= 0xC0 && code <= 0x17F) {
        fold_latin(code, ret_folded);
    } else {
        fold_wide(code, ret_folded);
    }
}
