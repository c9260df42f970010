/* The labelled lines, for the trainer. */
#ifndef EXAMPLES_H
#define EXAMPLES_H

#include <intent.h>

#include <stddef.h>

struct example {
    char *text;
    char *product; /* what stands for a product or a category in it; NULL: nothing */
    char *color;
    enum intent intent;
    enum intent_state state;
};

struct examples {
    struct example *list;
    size_t count;
    size_t room;
};

/* Ends the program with a message where the file can't be read. */
void examples_load(const char *path, struct examples *ret_examples);

/* Takes copies of the texts. */
void examples_add(struct examples *examples, const struct example *example);
void examples_done(struct examples *examples);

#endif
