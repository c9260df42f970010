#include "plain.h"

#include <svc/fold.h>

#include <stdint.h>

/* Runs through a text, giving one comparable byte at a time, 0 at its end. */
struct reader {
    const char *at;
    const char *end;
    char pending[4];
    size_t pending_count;
    bool gap;   /* a space is due before the next letter */
    bool begun; /* something was given */
};

static struct reader reader_of(struct svc_slice text)
{
    const char *start = text.text != NULL ? text.text : "";

    return (struct reader){.at = start, .end = start + text.length};
}

/* Letters that fold to more than one byte: only ñ matters to our countries. */
static void set_pending(struct reader *reader, const struct svc_folded *folded)
{
    bool is_enye = folded->length == 2 && (unsigned char)folded->bytes[0] == 0xC3 &&
                   (unsigned char)folded->bytes[1] == 0xB1;

    reader->pending_count = is_enye ? 1 : folded->length;
    for (size_t i = 0; i < reader->pending_count; i++) {
        reader->pending[i] = folded->bytes[reader->pending_count - 1 - i];
    }
    if (is_enye) {
        reader->pending[0] = 'n';
    }
}

static char next_byte(struct reader *reader)
{
    while (reader->pending_count == 0 && reader->at < reader->end) {
        struct svc_folded folded;
        svc_fold_next(reader->at, reader->end, &folded);
        reader->at += folded.size > 0 ? folded.size : 1;
        if (folded.kind == SVC_FOLD_LETTER || folded.kind == SVC_FOLD_DIGIT) {
            set_pending(reader, &folded);
        } else if (folded.kind == SVC_FOLD_OTHER || folded.kind == SVC_FOLD_BROKEN) {
            reader->gap = true;
        }
    }
    if (reader->pending_count == 0) {
        return 0;
    }
    if (reader->gap && reader->begun) {
        reader->gap = false;
        return ' ';
    }
    reader->gap = false;
    reader->begun = true;
    return reader->pending[--reader->pending_count];
}

bool plain_equals(struct svc_slice one, struct svc_slice other)
{
    struct reader left = reader_of(one);
    struct reader right = reader_of(other);
    bool any = false;

    for (;;) {
        char a = next_byte(&left);
        char b = next_byte(&right);
        if (a != b) {
            return false;
        }
        if (a == 0) {
            return any;
        }
        any = true;
    }
}

size_t plain_write(struct svc_slice text, char *out, size_t room)
{
    struct reader reader = reader_of(text);
    size_t length = 0;

    for (char byte = next_byte(&reader); byte != 0 && length < room;
         byte = next_byte(&reader)) {
        out[length++] = byte;
    }
    out[length] = '\0';
    return length;
}

/* The character at TEXT and its size; UINT32_MAX for broken UTF-8, of size 1. */
static uint32_t read_character(const char *text, const char *end, size_t *ret_size)
{
    unsigned char first = (unsigned char)text[0];
    size_t size = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;

    *ret_size = 1;
    if ((size_t)(end - text) < size || !svc_text_is_utf8(text, size, NULL)) {
        return UINT32_MAX;
    }
    *ret_size = size;
    uint32_t value = size == 1 ? first : first & (0x7Fu >> size);
    for (size_t i = 1; i < size; i++) {
        value = value << 6 | ((unsigned char)text[i] & 0x3F);
    }
    return value;
}

struct range {
    uint32_t first;
    uint32_t last;
};

static const struct range symbols[] = {
    {0x00, 0x1F},
    {0x7F, 0x9F},
    {0xAD, 0xAD},
    {0x200B, 0x200F},
    {0x2028, 0x202E},
    {0x2060, 0x2064},
    {0x2066, 0x206F},
    {0x20D0, 0x20FF},
    {0x2190, 0x2BFF},
    {0xE000, 0xF8FF},
    {0xFE00, 0xFE0F},
    {0xFEFF, 0xFEFF},
    {0xFFF0, 0xFFFF},
    {0x1F000, 0x1FFFF},
    {0xE0000, UINT32_MAX},
};

size_t plain_symbol_length(const char *text, const char *end)
{
    size_t size;
    uint32_t character = read_character(text, end, &size);

    for (size_t i = 0; i < sizeof symbols / sizeof symbols[0]; i++) {
        if (character >= symbols[i].first && character <= symbols[i].last) {
            return size;
        }
    }
    return 0;
}

/* Also a no-break space is one. */
static size_t blank_length(const char *text, const char *end)
{
    if (*text == ' ') {
        return 1;
    }
    if (end - text >= 2 && (unsigned char)text[0] == 0xC2 &&
        (unsigned char)text[1] == 0xA0) {
        return 2;
    }
    return plain_symbol_length(text, end);
}

struct svc_slice plain_clean(struct svc_arena *arena, struct svc_slice text, size_t limit)
{
    const char *start = text.text != NULL ? text.text : "";
    const char *end = start + text.length;
    char *out = svc_arena_alloc(arena, (text.length < limit ? text.length : limit) + 2);
    size_t length = 0;
    bool gap = false;

    for (const char *at = start; at < end;) {
        size_t size = blank_length(at, end);
        if (size > 0) {
            gap = true;
            at += size;
            continue;
        }
        read_character(at, end, &size);
        if (length + size + (gap && length > 0) > limit) {
            break;
        }
        if (gap && length > 0) {
            out[length++] = ' ';
        }
        gap = false;
        for (size_t i = 0; i < size; i++) {
            out[length++] = at[i];
        }
        at += size;
    }
    return length > 0 ? (struct svc_slice){out, length} : (struct svc_slice){0};
}
