#include "entities.h"

#include <stdlib.h>
#include <string.h>

struct number_word {
    const char *word;
    double number;
};

static const struct number_word number_words[] = {
    {"uno", 1},
    {"una", 1},
    {"dos", 2},
    {"tres", 3},
    {"cuatro", 4},
    {"cinco", 5},
    {"seis", 6},
    {"siete", 7},
    {"ocho", 8},
    {"nueve", 9},
    {"diez", 10},
    {"once", 11},
    {"doce", 12},
    {"quince", 15},
    {"veinte", 20},
    {"treinta", 30},
    {"cuarenta", 40},
    {"cincuenta", 50},
    {"sesenta", 60},
    {"setenta", 70},
    {"ochenta", 80},
    {"noventa", 90},
    {"cien", 100},
    {"ciento", 100},
    {"doscientos", 200},
    {"trescientos", 300},
    {"cuatrocientos", 400},
    {"quinientos", 500},
    {"seiscientos", 600},
    {"ochocientos", 800},
    {"dois", 2},
    {"duas", 2},
    {"two", 2},
    {"three", 3},
    {"four", 4},
    {"five", 5},
};

bool entity_is(const struct entity_reading *reading, size_t at, const char *word)
{
    return at < reading->text->count &&
           (svc_slice_equals(reading->text->tokens[at].word, word) ||
               svc_slice_equals(reading->text->tokens[at].plain, word));
}

bool entity_is_one_of(
    const struct entity_reading *reading, size_t at, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (entity_is(reading, at, *words)) {
            return true;
        }
    }
    return false;
}

struct svc_slice entity_take(struct entity_reading *reading, size_t at, size_t count)
{
    size_t room = 0;
    size_t length = 0;

    for (size_t i = at; i < at + count; i++) {
        room += reading->text->tokens[i].plain.length + 1;
    }
    char *out = svc_arena_alloc(reading->arena, room + 1);
    for (size_t i = at; i < at + count; i++) {
        struct svc_slice plain = reading->text->tokens[i].plain;
        if (length > 0) {
            out[length++] = ' ';
        }
        memcpy(out + length, plain.text, plain.length);
        length += plain.length;
        reading->taken[i] = true;
    }
    return (struct svc_slice){out, length};
}

struct svc_slice entity_upper(
    struct entity_reading *reading, uint32_t from, uint32_t until)
{
    const char *source = reading->question->text.text + from;
    char *out = svc_arena_strndup(reading->arena, source, until - from);

    for (char *at = out; *at != '\0'; at++) {
        *at = *at >= 'a' && *at <= 'z' ? (char)(*at - 'a' + 'A') : *at;
    }
    return (struct svc_slice){out, until - from};
}

bool entity_parted(const struct entity_reading *reading, size_t at)
{
    if (at == 0 || at >= reading->text->count) {
        return true;
    }
    const struct normal_token *tokens = reading->text->tokens;
    for (uint32_t i = tokens[at - 1].until; i < tokens[at].from; i++) {
        char byte = reading->question->text.text[i];
        if (byte != '\0' && strchr(",;:.()\n", byte) != NULL) {
            return true;
        }
    }
    return false;
}

/* "1,200" and "1.200" are 1200, "27.5" is 27.5: three digits behind the mark are a
 * group. */
static double read_digits(struct svc_slice word)
{
    char digits[32];
    size_t length = 0;

    for (size_t i = 0; i < word.length && length < sizeof digits - 1; i++) {
        char byte = word.text[i];
        bool mark = byte == '.' || byte == ',';
        size_t behind = 0;
        while (mark && i + 1 + behind < word.length && word.text[i + 1 + behind] >= '0' &&
               word.text[i + 1 + behind] <= '9') {
            behind++;
        }
        if (!mark) {
            digits[length++] = byte;
        } else if (behind != 3) {
            digits[length++] = '.';
        }
    }
    digits[length] = '\0';
    return strtod(digits, NULL);
}

double entity_number(const struct entity_reading *reading, size_t at)
{
    if (at >= reading->text->count) {
        return -1;
    }
    const struct normal_token *token = &reading->text->tokens[at];
    if (token->kind == NORMAL_NUMBER) {
        return read_digits(token->word);
    }
    for (size_t i = 0; i < sizeof number_words / sizeof number_words[0]; i++) {
        if (svc_slice_equals(token->word, number_words[i].word)) {
            return number_words[i].number;
        }
    }
    return -1;
}

void entities_read(struct svc_arena *arena, const struct intent_question *question,
    enum intent intent, struct entities *ret_entities)
{
    struct entity_reading *reading = svc_arena_alloc(arena, sizeof *reading);

    *ret_entities = (struct entities){.price_min = -1, .price_max = -1};
    *reading = (struct entity_reading){
        .arena = arena,
        .question = question,
        .intent = intent,
        .text = svc_arena_alloc(arena, sizeof *reading->text),
        .out = ret_entities,
    };
    normalise(question->text, reading->text);
    entity_codes(reading);
    entity_payment(reading);
    entity_address(reading);
    entity_prices(reading);
    entity_size(reading);
    entity_ordinal(reading);
    entity_color(reading);
    entity_brand(reading);
    entity_quantity(reading);
    entity_category(reading);
    entity_product(reading);
}
