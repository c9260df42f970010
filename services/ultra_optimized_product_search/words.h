/* The word files of a shop (folder words/): synonyms with regional packs, stop words,
 * colours, audiences. Built in; a folder of the shop's own replaces them file by file. */
#ifndef WORDS_H
#define WORDS_H

#include "analyser.h"

#include <stdbool.h>

struct words;

/* FOLDER may be NULL: what is built in. REGION: "mx", "co" ... or "" for words that mean
 * the same everywhere only. NULL with one line in `ret_error` (file, line, what is
 * wrong). */
struct words *words_load(const char *folder, const char *language, const char *region,
    const struct analyser *analyser, char ret_error[256]);
void words_free(struct words **words);

/* How many rules of each kind were read, for the start's log line. */
struct words_stats {
    size_t synonym_rules;
    size_t stop_words;
    size_t colors;
    size_t audiences;
};
void words_stats(const struct words *words, struct words_stats *ret_stats);

/* A word that carries no meaning in a search: an article, "hola", "tienen", "precio". */
bool words_is_stop(const struct words *words, struct svc_slice exact);

/* The canonical colour or audience that STEM is a form of, as an exact form; empty: none.
 */
struct svc_slice words_color(const struct words *words, struct svc_slice stem);
struct svc_slice words_audience(const struct words *words, struct svc_slice stem);

/* One entry of a rule: up to three words. */
struct words_phrase {
    struct svc_slice words[3]; /* exact forms */
    struct token_forms forms[3];
    size_t count;
};

/* The other ways to say STEMS[0..count), the longest run of them from the start that a
 * rule knows; returns how many stems that run has (0: no rule), and the phrases. */
size_t words_alternatives(const struct words *words, const struct svc_slice *stems,
    size_t count, const struct words_phrase **ret_phrases, size_t *ret_phrase_count);

/* As words_alternatives, of the rules of other countries than the shop's. */
size_t words_foreign(const struct words *words, const struct svc_slice *stems,
    size_t count, const struct words_phrase **ret_phrases, size_t *ret_phrase_count);

/* A word of the synonyms. */
struct words_spelled {
    struct svc_slice written; /* with its accents */
    struct svc_slice exact;
    struct svc_slice stem;
    struct svc_slice sound;
    uint32_t letters; /* a bit for each one that is in the sound */
};

/* The word whose sound is nearest to SOUND, DISTANCE_MAX away at most; NULL: none. Of
 * several the one that is EXACT itself, or begins with the same letter, or the first of
 * the files. */
const struct words_spelled *words_nearest(const struct words *words,
    struct svc_slice exact, struct svc_slice sound, size_t distance_max,
    size_t *ret_distance);

enum words_group { WORDS_COLORS, WORDS_AUDIENCES, WORDS_GROUPS };

/* As words_alternatives, for colours and audiences: all forms of the one that is said,
 * with the one that was given. */
size_t words_group_forms(const struct words *words, enum words_group group,
    const struct svc_slice *stems, size_t count, const struct words_phrase **ret_phrases,
    size_t *ret_phrase_count);

#endif
