/* One character at a time: lower case, accents off, ñ kept. Own tables, so that the
 * result depends on no locale, and is the same on every machine that shares a snapshot.
 */
#ifndef SVC_FOLD_H
#define SVC_FOLD_H

#include <stddef.h>
#include <stdint.h>

enum svc_fold_kind {
    SVC_FOLD_OTHER, /* parts words: spaces, marks, symbols, emoji */
    SVC_FOLD_LETTER,
    SVC_FOLD_DIGIT,   /* 0 to 9 */
    SVC_FOLD_NOTHING, /* is as if it weren't there: an accent of its own, a soft hyphen */
    SVC_FOLD_TILDE,   /* the same, but makes ñ of an n before it */
    SVC_FOLD_BROKEN,  /* no UTF-8 from here on */
};

struct svc_folded {
    enum svc_fold_kind kind;
    uint8_t size;   /* bytes of the text */
    uint8_t length; /* bytes of the letter or digit; never more than `size` */
    char bytes[4];
};

/* The character at TEXT, which ends before END; TEXT < END. */
void svc_fold_next(const char *text, const char *end, struct svc_folded *ret_folded);

#endif
