/* The word lists of one language, as they are looked up. */
#ifndef KEYWORD_RULES_H
#define KEYWORD_RULES_H

#include "intent.h"
#include "normalise.h"

enum { RULE_PARTS_MAX = 8 };

enum rule_part_kind {
    PART_WORD,
    PART_PREFIX, /* "agreg*" */
    PART_NUMBER, /* "#": in digits */
    PART_CODE,   /* "&": letters and digits in one word */
    PART_GAP,    /* "..": up to three words */
    PART_ASKS,   /* "?": anywhere in the message */
};

struct rule_part {
    enum rule_part_kind kind;
    struct svc_slice word;
};

struct rule {
    enum intent intent;
    uint32_t states; /* a bit each; 0: any */
    int weight;      /* below 0: speaks against */
    bool from_start; /* "^": nothing but a greeting before it */
    bool whole;      /* "=": the whole message */
    size_t part_count;
    struct rule_part parts[RULE_PARTS_MAX];
};

struct rules {
    char *text; /* what the slices show */
    struct rule *list;
    size_t count;
    size_t room;
};

/* TEXT: the list as the files have it (keywords/README.md). False with one line in
 * `ret_error`, which begins with the number of the line. Freed with rules_done(). */
bool rules_read(const char *text, struct rules *ret_rules, char ret_error[256]);
void rules_done(struct rules *rules);

#endif
