/* What the files of provider share among themselves. */
#ifndef PROVIDER_PRIVATE_H
#define PROVIDER_PRIVATE_H

#include "provider.h"

#include <svc/json_write.h>

enum { PROVIDER_BODY_MAX = 32768 };

/* One API. */
struct provider_protocol {
    const char *name;
    bool needs_key;
    bool slash_in_model;
    void (*write_url)(struct svc_buf *url, const struct provider_config *config);
    void (*write_body)(struct svc_json_writer *writer,
        const struct provider_config *config, struct svc_slice instructions,
        struct svc_slice turn);
    const char *key_header;
    const char *key_prefix;
    /* After the base address; the check of Gemini's ends with the model. */
    const char *check_path;
    bool check_names_model;
    /* Of an answer with status 2xx: the model's text; {NULL, 0}: none, with outcome and
     * reason set. */
    struct svc_slice (*read_text)(struct svc_arena *arena, const struct svc_json *root,
        struct provider_answer *answer);
    void (*read_usage)(const struct svc_json *root, struct provider_usage *usage);
    /* Of a status past 299 that needs a closer look; false: it doesn't. */
    bool (*read_error)(
        int http_status, const struct svc_json *root, struct provider_answer *answer);
};

extern const struct provider_protocol provider_deepseek;
extern const struct provider_protocol provider_gemini;
extern const struct provider_protocol provider_openai;
extern const struct provider_protocol provider_compatible;

/* OpenAI's own takes other parameters than those who imitate it: it's who is called
 * openai, or is at api.openai.com. NULL for an unknown protocol. */
const struct provider_protocol *provider_protocol_find(
    const struct provider_config *config);

bool provider_text_is(struct svc_slice text, const char *lower);
/* A number of tokens, 0 where it's none. */
int64_t provider_tokens(const struct svc_json *object, const char *name);
/* Sets outcome and reason; for `return`s. */
struct svc_slice provider_fail(
    struct provider_answer *answer, enum provider_outcome outcome, const char *reason);

/* provider_prompt.c */
struct svc_slice provider_instructions(void);
/* The question as a JSON object in a text. */
struct svc_slice provider_turn(
    struct svc_arena *arena, const struct intent_question *question);
/* {"type": "object", ...} of the answer; UPPER: types as Gemini writes them. */
void provider_write_schema(struct svc_json_writer *writer, bool gemini);

/* provider_text.c */
/* What the model wrote: sets intent and confidence, or outcome and reason. */
void provider_read_text(
    struct svc_arena *arena, struct svc_slice text, struct provider_answer *answer);

#endif
