#include "normalise.h"

#include "normal_words.h"

#include <svc/fold.h>

#include <string.h>

struct reader {
    const char *start;
    const char *at;
    const char *end;
    size_t characters;
    struct normal_text *text;
};

/* The character at AT with its size; what isn't UTF-8 parts words. */
static struct svc_folded character(const char *at, const char *end)
{
    struct svc_folded folded;

    svc_fold_next(at, end, &folded);
    if (folded.kind == SVC_FOLD_BROKEN || folded.size == 0) {
        folded = (struct svc_folded){.kind = SVC_FOLD_OTHER, .size = 1};
    }
    /* People write ñ or n, and phones without ñ know neither. */
    if (folded.length == 2 && memcmp(folded.bytes, "\xC3\xB1", 2) == 0) {
        folded.length = 1;
        folded.bytes[0] = 'n';
    }
    return folded;
}

static bool is_word_part(enum svc_fold_kind kind)
{
    return kind == SVC_FOLD_LETTER || kind == SVC_FOLD_DIGIT;
}

static bool is_unseen(enum svc_fold_kind kind)
{
    return kind == SVC_FOLD_NOTHING || kind == SVC_FOLD_TILDE;
}

static bool put(struct normal_text *text, const char *bytes, size_t length)
{
    if (text->used + length > sizeof text->bytes) {
        return false;
    }
    memcpy(text->bytes + text->used, bytes, length);
    text->used += length;
    return true;
}

/* "1,200", "27.5": the mark belongs to the number where a digit is on both sides. */
static bool joins_digits(const struct reader *reader, bool after_digit)
{
    return after_digit && (*reader->at == '.' || *reader->at == ',') &&
           reader->end - reader->at > 1 && reader->at[1] >= '0' && reader->at[1] <= '9';
}

static void read_word(struct reader *reader)
{
    struct normal_text *text = reader->text;
    struct normal_token *token = &text->tokens[text->count];
    size_t start = text->used;
    bool letters = false;
    bool digits = false;
    bool after_digit = false;

    token->from = (uint32_t)(reader->at - reader->start);
    while (reader->at < reader->end && reader->characters < NORMAL_CHARACTERS_MAX) {
        struct svc_folded folded = character(reader->at, reader->end);
        if (!is_word_part(folded.kind) && !is_unseen(folded.kind)) {
            if (letters || !joins_digits(reader, after_digit)) {
                break;
            }
            folded = (struct svc_folded){.size = 1, .length = 1, .bytes = {*reader->at}};
        }
        after_digit = folded.kind == SVC_FOLD_DIGIT;
        digits = digits || after_digit;
        letters = letters || folded.kind == SVC_FOLD_LETTER;
        put(text, folded.bytes, folded.length);
        reader->at += folded.size;
        reader->characters++;
    }
    token->until = (uint32_t)(reader->at - reader->start);
    token->plain = (struct svc_slice){text->bytes + start, text->used - start};
    token->kind = !digits ? NORMAL_WORD : letters ? NORMAL_CODE : NORMAL_NUMBER;
    if (token->plain.length == 0) {
        return;
    }
    char canonical[64];
    size_t length = normal_word(token->plain, token->kind == NORMAL_WORD, canonical);
    start = text->used;
    token->word = token->plain;
    if (put(text, canonical, length)) {
        token->word = (struct svc_slice){text->bytes + start, length};
    }
    text->count++;
}

static uint32_t code_point(const char *at, size_t size)
{
    uint32_t code = (uint8_t)at[0] & (size == 1 ? 0x7Fu : 0xFFu >> (size + 1));

    for (size_t i = 1; i < size; i++) {
        code = code << 6 | ((uint8_t)at[i] & 0x3Fu);
    }
    return code;
}

static bool is_emoji(uint32_t code)
{
    bool skin_tone = code >= 0x1F3FB && code <= 0x1F3FF;

    return (code >= 0x2190 && code <= 0x2BFF) || (code >= 0x1F000 && !skin_tone);
}

static void read_other(struct reader *reader, size_t size)
{
    struct normal_text *text = reader->text;
    struct normal_token *token = &text->tokens[text->count];
    const char *at = reader->at;
    uint32_t code = size > 1 ? code_point(at, size) : (uint8_t)*at;
    bool mark = code < 0x80 && code != 0 && strchr("?!$#%+\n", (int)code) != NULL;

    reader->at += size;
    reader->characters++;
    if (!mark && code != 0xBF && code != 0xA1 && code != 0x20AC && !is_emoji(code)) {
        return;
    }
    size_t start = text->used;
    bool opens = code == 0xBF || code == 0xA1;
    if (!put(text, opens ? (code == 0xBF ? "?" : "!") : at, opens ? 1 : size)) {
        return;
    }
    token->kind = is_emoji(code) ? NORMAL_EMOJI : NORMAL_MARK;
    token->from = (uint32_t)(at - reader->start);
    token->until = (uint32_t)(reader->at - reader->start);
    token->plain = (struct svc_slice){text->bytes + start, text->used - start};
    token->word = token->plain;
    text->count++;
}

void normalise(struct svc_slice message, struct normal_text *ret_text)
{
    struct reader reader = {
        .start = message.text,
        .at = message.text,
        .end = message.text == NULL ? NULL : message.text + message.length,
        .text = ret_text,
    };

    ret_text->count = 0;
    ret_text->used = 0;
    while (reader.at < reader.end && reader.characters < NORMAL_CHARACTERS_MAX &&
           ret_text->count < NORMAL_TOKENS_MAX) {
        struct svc_folded folded = character(reader.at, reader.end);
        if (is_word_part(folded.kind)) {
            read_word(&reader);
        } else if (is_unseen(folded.kind)) {
            reader.at += folded.size;
            reader.characters++;
        } else {
            read_other(&reader, folded.size);
        }
    }
}

size_t normal_join(const struct normal_text *text, char *out, size_t size)
{
    size_t length = 0;

    for (size_t i = 0; i < text->count; i++) {
        const struct normal_token *token = &text->tokens[i];
        if (token->kind == NORMAL_MARK || token->kind == NORMAL_EMOJI) {
            continue;
        }
        if (length + 1 + token->plain.length > size) {
            break;
        }
        if (length > 0) {
            out[length++] = ' ';
        }
        memcpy(out + length, token->plain.text, token->plain.length);
        length += token->plain.length;
    }
    return length;
}
