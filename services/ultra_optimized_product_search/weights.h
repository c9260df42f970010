/* What the order of results is made of; each number can be set in a JSON file of the same
 * names (RANKING_WEIGHTS), and `./commerce relevance` says what a change does. */
#ifndef WEIGHTS_H
#define WEIGHTS_H

#include <stddef.h>
#include <stdint.h>

enum match_tier {
    MATCH_EXACT, /* the exact or plain form */
    MATCH_STEM,
    MATCH_SYNONYM,
    MATCH_PREFIX,
    MATCH_TYPO,
    MATCH_TIERS,
};

enum match_field {
    FIELD_NAME,
    FIELD_BRAND,
    FIELD_CATEGORY,
    FIELD_ATTRIBUTES, /* sizes, colours and the others */
    FIELD_DESCRIPTION,
    FIELDS,
};

struct weights {
    /* BM25F: Robertson, Zaragoza, Taylor, "Simple BM25 extension to multiple weighted
     * fields" (2004): the fields' weighted, length-normalised frequencies are summed
     * before the saturation k1. k1, field and b are built into the index. */
    double k1;
    double field[FIELDS];
    double b[FIELDS];
    /* A match of the tier counts this much of an exact one; 0: the tier isn't tried. */
    double tier[MATCH_TIERS];
    double coverage; /* exponent of the share of slots that match, when not all have to */
    double phrase;   /* words next to each other, as asked, in the name */
    double proximity;      /* words close to each other in the name */
    double name_whole;     /* the share of the name that the query covers */
    double head;           /* the query's first word is the name's first */
    double category_whole; /* the query is the name of the product's category */
    /* Added to a text score that is scaled to about 0..1. */
    double in_stock;
    double available;
    double on_offer;
    double featured;
    double popularity; /* of log(1 + popularity) / log(101), 1 at most */
    double learned;    /* of the learned part, 0..1 */
};

/* Those that are built in. */
void weights_default(struct weights *weights);

/* Reads a JSON object over what is in `weights`. NULL, or one line on what is wrong. */
const char *weights_read(struct weights *weights, const char *json, size_t length);

/* Of the numbers that are built into an index: an index of others is made anew. */
uint64_t weights_index_hash(const struct weights *weights);

#endif
