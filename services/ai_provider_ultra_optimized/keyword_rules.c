#include "keyword_rules.h"

#include "normal_words.h"

#include <svc/mem.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WEIGHT_MAX = 20 };

struct reading {
    struct rules *rules;
    char *out; /* where the next folded word goes */
    enum intent intent;
    uint32_t states;
    bool in_section;
};

static struct svc_slice trimmed(const char *text, size_t length)
{
    while (length > 0 && (*text == ' ' || *text == '\r')) {
        text++;
        length--;
    }
    while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\r')) {
        length--;
    }
    return (struct svc_slice){text, length};
}

/* "[affirm]", "[affirm @confirm @cart]". */
static const char *read_section(struct reading *reading, struct svc_slice line)
{
    char copy[128];
    char *rest = copy;

    if (line.length < 3 || line.length >= sizeof copy ||
        line.text[line.length - 1] != ']') {
        return "a section is [intent] or [intent @state]";
    }
    memcpy(copy, line.text + 1, line.length - 2);
    copy[line.length - 2] = '\0';
    const char *name = strsep(&rest, " ");
    if (!intent_find((struct svc_slice){name, strlen(name)}, &reading->intent)) {
        return "no such intent";
    }
    reading->states = 0;
    reading->in_section = true;
    for (const char *state; (state = strsep(&rest, " ")) != NULL;) {
        size_t length = strlen(state);
        enum intent_state found =
            length == 0 ? STATE_NONE
                        : intent_state_find((struct svc_slice){state + 1, length - 1});
        if (length < 2 || state[0] != '@' || found == STATE_NONE) {
            return "no such state";
        }
        reading->states |= 1u << found;
    }
    return NULL;
}

/* A word as messages have theirs; what is kept is never longer than what stood there. */
static struct svc_slice keep_word(struct reading *reading, struct svc_slice written)
{
    static _Thread_local struct normal_text text;
    char *start = reading->out;

    normalise(written, &text);
    for (size_t i = 0; i < text.count; i++) {
        struct svc_slice word = text.tokens[i].word;
        memcpy(reading->out, word.text, word.length);
        reading->out += word.length;
    }
    return (struct svc_slice){start, (size_t)(reading->out - start)};
}

static const char *read_part(
    struct reading *reading, struct svc_slice written, struct rule *rule)
{
    struct rule_part part = {.kind = PART_WORD};

    if (rule->part_count == RULE_PARTS_MAX) {
        return "a phrase has eight words at most";
    }
    if (svc_slice_equals(written, "#")) {
        part.kind = PART_NUMBER;
    } else if (svc_slice_equals(written, "&")) {
        part.kind = PART_CODE;
    } else if (svc_slice_equals(written, "..")) {
        part.kind = PART_GAP;
    } else if (svc_slice_equals(written, "?")) {
        part.kind = PART_ASKS;
    } else {
        if (written.text[written.length - 1] == '*') {
            part.kind = PART_PREFIX;
            written.length--;
        }
        part.word = keep_word(reading, written);
        if (part.word.length == 0) {
            return "a word without letters";
        }
    }
    rule->parts[rule->part_count++] = part;
    return NULL;
}

static const char *read_phrase(
    struct reading *reading, struct svc_slice phrase, int weight)
{
    struct rule rule = {
        .intent = reading->intent, .states = reading->states, .weight = weight};

    rule.whole = phrase.length > 0 && phrase.text[0] == '=';
    rule.from_start = phrase.length > 0 && phrase.text[0] == '^';
    if (rule.whole || rule.from_start) {
        phrase = trimmed(phrase.text + 1, phrase.length - 1);
    }
    while (phrase.length > 0) {
        const char *space = memchr(phrase.text, ' ', phrase.length);
        size_t length = space == NULL ? phrase.length : (size_t)(space - phrase.text);
        const char *wrong =
            read_part(reading, (struct svc_slice){phrase.text, length}, &rule);
        if (wrong != NULL) {
            return wrong;
        }
        phrase = trimmed(phrase.text + length, phrase.length - length);
    }
    if (rule.part_count == 0) {
        return "an empty phrase";
    }
    struct rules *rules = reading->rules;
    if (rules->count == rules->room) {
        rules->room = rules->room == 0 ? 256 : rules->room * 2;
        rules->list = svc_realloc(rules->list, rules->room * sizeof *rules->list);
    }
    rules->list[rules->count++] = rule;
    return NULL;
}

/* "3: phrase, phrase". */
static const char *read_phrases(struct reading *reading, struct svc_slice line)
{
    char number[16] = "";
    const char *colon = memchr(line.text, ':', line.length);
    size_t length = colon == NULL ? 0 : (size_t)(colon - line.text);

    if (!reading->in_section) {
        return "words before the first [intent]";
    }
    if (length == 0 || length >= sizeof number) {
        return "a line is WEIGHT: phrase, phrase";
    }
    memcpy(number, line.text, length);
    char *end = number;
    long weight = strtol(number, &end, 10);
    if (*end != '\0' || weight == 0 || weight > WEIGHT_MAX || weight < -WEIGHT_MAX) {
        return "a weight is a whole number from -20 to 20, and not 0";
    }
    const char *at = colon + 1;
    const char *line_end = line.text + line.length;
    while (at < line_end) {
        const char *comma = memchr(at, ',', (size_t)(line_end - at));
        const char *until = comma == NULL ? line_end : comma;
        const char *wrong =
            read_phrase(reading, trimmed(at, (size_t)(until - at)), (int)weight);
        if (wrong != NULL) {
            return wrong;
        }
        at = until + 1;
    }
    return NULL;
}

bool rules_read(const char *text, struct rules *ret_rules, char ret_error[256])
{
    struct reading reading = {.rules = ret_rules};
    const char *wrong = NULL;
    size_t number = 0;

    /* A short form may be written out: "x" is "por", "xfa" is "porfavor". */
    *ret_rules = (struct rules){.text = svc_alloc(strlen(text) * 9 + 1)};
    reading.out = ret_rules->text;
    while (*text != '\0' && wrong == NULL) {
        size_t length = strcspn(text, "\n");
        struct svc_slice line = trimmed(text, length);
        number++;
        if (line.length > 0 && line.text[0] == '[') {
            wrong = read_section(&reading, line);
        } else if (line.length > 0 && line.text[0] != ';') {
            wrong = read_phrases(&reading, line);
        }
        text += length + (text[length] == '\n');
    }
    if (wrong == NULL) {
        return true;
    }
    snprintf(ret_error, 256, "line %zu: %s", number, wrong);
    rules_done(ret_rules);
    return false;
}

void rules_done(struct rules *rules)
{
    free(rules->text);
    free(rules->list);
    *rules = (struct rules){0};
}
