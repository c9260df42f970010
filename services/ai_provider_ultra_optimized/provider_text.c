#include "provider_private.h"

#include <string.h>

static const struct svc_json_limits limits = {.depth = 16, .values = 1000};

static const struct svc_json *read_object(
    struct svc_arena *arena, const char *start, const char *end)
{
    struct svc_json_error error;
    size_t replaced = 0;
    const struct svc_json *value =
        svc_json_read(arena, start, (size_t)(end - start), &limits, &replaced, &error);

    return svc_json_is(value, SVC_JSON_OBJECT) ? value : NULL;
}

static const char *find_last(const char *start, const char *end, char byte)
{
    while (end > start && end[-1] != byte) {
        end--;
    }
    return end > start ? end : NULL;
}

/* The object alone, in a fence, after thoughts, or between words: what is from its first
 * brace to the last. */
static const struct svc_json *find_object(struct svc_arena *arena, struct svc_slice text)
{
    static const char thought[] = "</think>";
    const char *start = text.text;
    const char *end = text.text + text.length;
    const char *after = memmem(start, text.length, thought, sizeof thought - 1);

    if (after != NULL) {
        start = after + sizeof thought - 1;
    }
    const char *open = memchr(start, '{', (size_t)(end - start));
    const char *close = open != NULL ? find_last(open, end, '}') : NULL;
    return close != NULL ? read_object(arena, open, close) : NULL;
}

/* 0.9 or "0.9"; NaN for anything else. */
static double read_confidence(struct svc_arena *arena, const struct svc_json *value)
{
    struct svc_slice text = svc_json_text(value);
    struct svc_json_error error;
    size_t replaced = 0;

    if (text.text != NULL) {
        value = svc_json_read(arena, text.text, text.length, &limits, &replaced, &error);
    }
    return svc_json_to_double(value);
}

void provider_read_text(
    struct svc_arena *arena, struct svc_slice text, struct provider_answer *answer)
{
    const struct svc_json *object = find_object(arena, text);
    enum intent intent = INTENT_OTHER;

    if (object == NULL) {
        provider_fail(answer, PROVIDER_FAILED, "the model's text is no JSON object");
        return;
    }
    struct svc_slice name = svc_json_get_text(object, "intent");
    if (name.text == NULL) {
        provider_fail(answer, PROVIDER_FAILED, "the model's answer has no intent");
        return;
    }
    if (!intent_find(name, &intent)) {
        provider_fail(answer, PROVIDER_FAILED, "the intent isn't on the list");
        return;
    }
    double confidence = read_confidence(arena, svc_json_get(object, "confidence"));
    if (!(confidence >= 0 && confidence <= 1)) {
        provider_fail(answer, PROVIDER_FAILED, "no confidence from 0 to 1");
        return;
    }
    answer->outcome = PROVIDER_ANSWERED;
    answer->reason = NULL;
    answer->answer.intent = intent;
    answer->answer.confidence = confidence;
}
