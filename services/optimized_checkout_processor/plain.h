/* Text that people write, made comparable: letters and digits alone, without case or
 * accents (ñ is n as well), words apart by one space. */
#ifndef PLAIN_H
#define PLAIN_H

#include <svc/mem.h>
#include <svc/text.h>

/* Whether both are the same to a reader. What has no letter or digit equals nothing. */
bool plain_equals(struct svc_slice one, struct svc_slice other);

/* The comparable form, at most ROOM bytes without the NUL that ends it; what doesn't fit
 * is cut. Returns its length. */
size_t plain_write(struct svc_slice text, char *out, size_t room);

/* Fit to be kept and shown: control characters, emoji and the like become spaces, several
 * spaces one, none at the ends; broken UTF-8 is left out. At most LIMIT bytes, cut at a
 * whole character. No text where nothing is left. */
struct svc_slice plain_clean(
    struct svc_arena *arena, struct svc_slice text, size_t limit);

/* How many bytes at TEXT, before END, are one character that is a symbol (emoji, arrows,
 * dingbats), a control or an invisible mark; 0: it's something to read. Broken UTF-8
 * counts as one such byte. */
size_t plain_symbol_length(const char *text, const char *end);

#endif
