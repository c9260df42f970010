/* API keys, from the environment: DEEPSEEK_API_KEY, GEMINI_API_KEY, OPENAI_API_KEY, and
 * for a provider of any other name AI_API_KEY_<NAME>; each may come from a file named by
 * the variable with _FILE. */
#ifndef KEYS_H
#define KEYS_H

#include <svc/mem.h>
#include <svc/text.h>

/* "Mi_modelo-2" is AI_API_KEY_MI_MODELO_2. Of the three, either form counts. The text
 * lives in ARENA; NULL, with one line without the key in `ret_error`, for a file that
 * can't be read; {"", 0} where nothing is set. */
struct svc_slice keys_find(
    struct svc_arena *arena, struct svc_slice provider, char ret_error[256]);

/* What VARIABLE (or its file) says, for the caller to free; NULL where it's not set or,
 * with `ret_error` not empty, can't be read. */
char *keys_read(const char *variable, char ret_error[256]);

#endif
