/* The last resort, that always answers: word lists a shop can edit (keywords/es.txt, en,
 * pt), with the session's state. Better than the MVP's, which took the first word that it
 * found. */
#ifndef KEYWORDS_H
#define KEYWORDS_H

#include "intent.h"

#include <svc/mem.h>

struct keywords;

/* FOLDER may be NULL: what is built in. NULL with one line in `ret_error`. */
struct keywords *keywords_load(const char *folder, char ret_error[256]);
void keywords_free(struct keywords **keywords);

/* The confidence is a fixed one by how clear it was: 0.3 to 0.8. */
double keywords_predict(const struct keywords *keywords, struct svc_arena *arena,
    const struct intent_question *question, enum intent *ret_intent);

/* What is said besides the intent, by rules, whoever found the intent. */
void entities_read(struct svc_arena *arena, const struct intent_question *question,
    enum intent intent, struct entities *ret_entities);

/* A pressed button, a number in a menu, a plain yes or no in a state that asked for one:
 * never for a model. False: it's none of these. `ids` are ours: prod:, cat:, add:, more:,
 * menu:, confirm:, cancel:, pay: ... */
bool shortcut_read(struct svc_slice reply_id, const struct intent_question *question,
    struct intent_answer *ret_answer);

#endif
