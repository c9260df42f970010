/* Takes a text apart into runs of letters and numbers: what analyser_tokens makes tokens
 * of. */
#ifndef SCAN_H
#define SCAN_H

#include <svc/mem.h>
#include <svc/text.h>

#include <stdbool.h>
#include <stdint.h>

struct atom {
    struct svc_slice exact;
    uint32_t from; /* bytes of the text */
    uint32_t until;
    bool number;
    bool inches;   /* a number with the sign for inches behind it */
    bool joined;   /* with the next one: no space between them */
    bool fraction; /* joined to the next one by '/', both numbers */
};

struct atom_list {
    struct atom *list;
    size_t count;
};

/* The first MAX of TEXT, in ARENA. */
void scan_atoms(struct svc_arena *arena, struct svc_slice text, size_t max,
    struct atom_list *ret_atoms);

#endif
