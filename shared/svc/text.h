/* Small things done to text from outside. Lengths are in bytes; nothing here allocates
 * unless it says so. */
#ifndef SVC_TEXT_H
#define SVC_TEXT_H

#include "status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A piece of text that belongs to somebody else; need not end with NUL. */
struct svc_slice {
    const char *text; /* NULL: not there */
    size_t length;
};

#define SVC_SLICE(literal) ((struct svc_slice){(literal), sizeof(literal) - 1})

struct svc_arena;
/* A copy in ARENA, which ends with NUL; of what isn't there, nothing. */
struct svc_slice svc_slice_keep(struct svc_arena *arena, struct svc_slice slice);

/* FNV-1a, 64 bits: for tables in memory; whoever chooses the text can choose its hash. */
uint64_t svc_text_hash(struct svc_slice text);

/* A slice that isn't there equals nothing, not even "". */
bool svc_slice_equals(struct svc_slice slice, const char *text);

/* True when TEXT is well-formed UTF-8 (no surrogates, nothing over U+10FFFF, no overlong
 * form). `ret_offset` (may be NULL) is the first wrong byte otherwise. */
bool svc_text_is_utf8(const char *text, size_t length, size_t *ret_offset);

/* The bytes of CODE_POINT in UTF-8, written to OUT; returns how many (1 to 4). */
size_t svc_text_put_utf8(char out[4], uint32_t code_point);

/* How many bytes at the start of TEXT stand for themselves in a JSON string: up to a
 * quote, a backslash or a control character. `ret_ascii` is false where one is over 0x7F.
 */
size_t svc_text_plain_length(const char *text, size_t length, bool *ret_ascii);

/* Writes NUMBER in decimal, without NUL; returns how many bytes (at most 20). */
size_t svc_text_put_int64(char *out, int64_t number);

/* Time depends on LENGTH alone, never on where the two differ. */
bool svc_text_equals_secret(const char *left, const char *right, size_t length);

/* Lower-case hexadecimal; OUT has room for 2 * LENGTH + 1. */
void svc_text_to_hex(const uint8_t *bytes, size_t length, char *out);

/* Takes either case. False when TEXT isn't exactly 2 * SIZE hexadecimal digits. */
bool svc_text_from_hex(struct svc_slice text, uint8_t *out, size_t size);

/* A whole decimal number that fits, with an optional minus sign and nothing else. */
SVC_MUST_CHECK bool svc_text_to_int64(struct svc_slice text, int64_t *ret_value);

/* Decodes %XX (and, where PLUS_IS_SPACE, '+') in place; returns the new length, or -1 for
 * a broken escape. */
ptrdiff_t svc_text_percent_decode(char *text, size_t length, bool plus_is_space);

/* "5215512345678" becomes "52*******5678": enough to tell customers apart in a log, not
 * to call one. Texts under 8 bytes become "***". OUT has room for SIZE bytes. */
void svc_text_mask(struct svc_slice text, char *out, size_t size);

#endif
