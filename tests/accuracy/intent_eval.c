/* Reads lines "locale TAB state TAB text", and writes for each one a JSON object with
 * what the keywords and the classifier say of it, and with the entities: for
 * `./commerce accuracy`. With an argument, entities are read for the intent of a fourth
 * column in place of the classifier's. */
#include "classifier_model.h"
#include "keywords.h"

#include <svc/clock.h>
#include <svc/json_write.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OUT_MAX = 1 << 16 };

static void write_guess(struct svc_json_writer *writer, const char *name,
    enum intent intent, double confidence, int64_t took_ns)
{
    svc_json_write_key(writer, name);
    svc_json_write_object_begin(writer);
    svc_json_write_field_text(writer, "intent", intent_name(intent));
    svc_json_write_key(writer, "confidence");
    svc_json_write_double(writer, confidence);
    svc_json_write_field_int(writer, "took_ns", took_ns);
    svc_json_write_object_end(writer);
}

static void write_number(struct svc_json_writer *writer, const char *name, double value)
{
    svc_json_write_key(writer, name);
    svc_json_write_double(writer, value);
}

static void write_entities(
    struct svc_json_writer *writer, const struct entities *entities)
{
    svc_json_write_key(writer, "entities");
    svc_json_write_object_begin(writer);
    svc_json_write_optional_slice(writer, "product_query", entities->product_query);
    svc_json_write_optional_slice(writer, "size", entities->size);
    svc_json_write_optional_slice(writer, "color", entities->color);
    svc_json_write_optional_slice(writer, "brand", entities->brand);
    svc_json_write_optional_slice(writer, "category", entities->category);
    svc_json_write_optional_slice(writer, "coupon", entities->coupon);
    svc_json_write_optional_slice(writer, "order_number", entities->order_number);
    svc_json_write_optional_slice(writer, "address", entities->address);
    svc_json_write_optional_slice(writer, "payment_method", entities->payment_method);
    if (entities->quantity != 0) {
        svc_json_write_field_int(writer, "quantity", entities->quantity);
    }
    if (entities->ordinal != 0) {
        svc_json_write_field_int(writer, "ordinal", entities->ordinal);
    }
    if (entities->price_min >= 0) {
        write_number(writer, "price_min", entities->price_min);
    }
    if (entities->price_max >= 0) {
        write_number(writer, "price_max", entities->price_max);
    }
    svc_json_write_object_end(writer);
}

static void answer(const struct keywords *keywords, char *line, bool intent_given)
{
    struct svc_arena arena = {0};
    char *rest = line;
    const char *locale = strsep(&rest, "\t");
    const char *state = strsep(&rest, "\t");
    const char *text = strsep(&rest, "\t");
    const char *given = rest == NULL ? "" : rest;
    struct intent_question question = {
        .text = {text, text == NULL ? 0 : strlen(text)},
        .state = intent_state_find((struct svc_slice){state, strlen(state)}),
        .locale = {locale, strlen(locale)},
    };
    struct svc_json_writer writer;
    struct svc_buf buf;
    struct entities entities;
    enum intent intent = INTENT_OTHER;

    svc_buf_init(&buf, OUT_MAX);
    svc_json_write_init(&writer, &buf);
    svc_json_write_object_begin(&writer);
    int64_t start = svc_clock_monotonic_ns();
    double confidence = keywords_predict(keywords, &arena, &question, &intent);
    write_guess(
        &writer, "keywords", intent, confidence, svc_clock_monotonic_ns() - start);
    start = svc_clock_monotonic_ns();
    confidence = classifier_predict(classifier_built_in(), &question, &intent, NULL);
    write_guess(
        &writer, "classifier", intent, confidence, svc_clock_monotonic_ns() - start);
    if (intent_given) {
        intent_find((struct svc_slice){given, strlen(given)}, &intent);
    }
    entities_read(&arena, &question, intent, &entities);
    write_entities(&writer, &entities);
    svc_json_write_object_end(&writer);
    puts(svc_buf_text(&buf));
    svc_buf_done(&buf);
    svc_arena_done(&arena);
}

int main(int argc, char **argv)
{
    char wrong[256];
    char *line = NULL;
    size_t room = 0;
    struct keywords *keywords = keywords_load(NULL, wrong);

    (void)argv;
    if (keywords == NULL) {
        fprintf(stderr, "intent_eval: %s\n", wrong);
        return 1;
    }
    while (getline(&line, &room, stdin) > 0) {
        line[strcspn(line, "\n")] = '\0';
        if (strchr(line, '\t') != NULL) {
            answer(keywords, line, argc > 1);
        }
    }
    free(line);
    keywords_free(&keywords);
    return 0;
}
