#include "examples.h"

#include <svc/mem.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *copy(const char *text)
{
    return text == NULL ? NULL : svc_strdup(text);
}

void examples_add(struct examples *examples, const struct example *example)
{
    if (examples->count == examples->room) {
        examples->room = examples->room == 0 ? 1024 : examples->room * 2;
        examples->list =
            svc_realloc(examples->list, examples->room * sizeof *examples->list);
    }
    struct example *added = &examples->list[examples->count++];
    *added = *example;
    added->text = copy(example->text);
    added->product = copy(example->product);
    added->color = copy(example->color);
}

/* The string under KEY in a flat JSON object without escapes, as the file has them. */
static char *value_of(const char *object, const char *key)
{
    char quoted[32];

    snprintf(quoted, sizeof quoted, "\"%s\": \"", key);
    const char *start = strstr(object, quoted);
    if (start == NULL) {
        return NULL;
    }
    start += strlen(quoted);
    const char *end = strchr(start, '"');
    return end == NULL ? NULL : svc_strndup(start, (size_t)(end - start));
}

static void add_line(const char *path, char *line, struct examples *examples)
{
    char *rest = line;
    const char *intent = strsep(&rest, "\t");
    const char *state = strsep(&rest, "\t");
    char *text = strsep(&rest, "\t");
    struct example example = {.text = text};

    if (text == NULL ||
        !intent_find((struct svc_slice){intent, strlen(intent)}, &example.intent)) {
        fprintf(stderr, "train_intents: %s: not a labelled line: %s\n", path, line);
        exit(1);
    }
    example.state = intent_state_find((struct svc_slice){state, strlen(state)});
    if (rest != NULL) {
        example.product = value_of(rest, "product_query");
        example.color = value_of(rest, "color");
    }
    if (rest != NULL && example.product == NULL) {
        example.product = value_of(rest, "category");
    }
    examples_add(examples, &example);
    free(example.product);
    free(example.color);
}

void examples_load(const char *path, struct examples *ret_examples)
{
    FILE *stream = fopen(path, "r");
    char *line = NULL;
    size_t room = 0;
    bool first = true;

    *ret_examples = (struct examples){0};
    if (stream == NULL) {
        fprintf(stderr, "train_intents: %s can't be read\n", path);
        exit(1);
    }
    while (getline(&line, &room, stream) > 0) {
        line[strcspn(line, "\r\n")] = '\0';
        if (!first && line[0] != '\0') {
            add_line(path, line, ret_examples);
        }
        first = false;
    }
    free(line);
    fclose(stream);
}

void examples_done(struct examples *examples)
{
    for (size_t i = 0; i < examples->count; i++) {
        free(examples->list[i].text);
        free(examples->list[i].product);
        free(examples->list[i].color);
    }
    free(examples->list);
    *examples = (struct examples){0};
}
