/* Reads the word files into memory. */
#ifndef WORDS_READ_H
#define WORDS_READ_H

#include "words_table.h"

enum words_file {
    WORDS_FILE_STOP, /* first: the others leave stop words out */
    WORDS_FILE_SYNONYMS,
    WORDS_FILE_COLORS,
    WORDS_FILE_AUDIENCE,
};

struct words_source {
    enum words_file file;
    char name[64]; /* for what is said of a fault */
    const char *region;
    bool region_seen; /* some section is of it: set by words_read */
    const struct analyser *analyser;
};

/* Adds the rules in TEXT to WORDS. False with one line in `ret_error`. */
SVC_MUST_CHECK bool words_read(struct words *words, struct words_source *source,
    struct svc_slice text, char ret_error[256]);

#endif
