#include "query_private.h"

#include <string.h>

enum { TOKENS_MAX = 400, CODE_MIN = 4, CODE_MAX = 50 };

bool query_item_is(const struct query_reading *reading, size_t index, const char *word)
{
    /* Of the many words that are tried, most differ in the first letter. */
    return index < reading->count && !reading->items[index].used &&
           reading->items[index].word.exact.text[0] == *word &&
           svc_slice_equals(reading->items[index].word.exact, word);
}

bool query_item_is_in(const struct query_reading *reading, size_t index,
    const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (query_item_is(reading, index, list[i])) {
            return true;
        }
    }
    return false;
}

static bool matches(struct svc_slice word, const char *pattern, size_t length)
{
    if (length > 0 && pattern[length - 1] == '*') {
        return word.length >= length - 1 && memcmp(word.text, pattern, length - 1) == 0;
    }
    return word.length == length && memcmp(word.text, pattern, length) == 0;
}

size_t query_match(const struct query_reading *reading, size_t index, const char *pattern)
{
    size_t items = 0;

    if (index >= reading->count || reading->items[index].word.exact.text[0] != *pattern) {
        return 0;
    }
    while (*pattern != '\0') {
        size_t length = strcspn(pattern, " ");
        size_t at = index + items;
        if (at >= reading->count || reading->items[at].used ||
            !matches(reading->items[at].word.exact, pattern, length)) {
            return 0;
        }
        items++;
        pattern += length + (pattern[length] == ' ');
    }
    return items;
}

void query_use(struct query_reading *reading, size_t index, size_t count)
{
    for (size_t i = index; i < index + count && i < reading->count; i++) {
        reading->items[i].used = true;
    }
}

struct svc_slice query_gap(const struct query_reading *reading, size_t index)
{
    if (index >= reading->count) {
        return (struct svc_slice){"", 0};
    }
    size_t from = index > 0 ? reading->items[index - 1].until : 0;
    return (struct svc_slice){
        reading->text.text + from, reading->items[index].from - from};
}

/* Without spaces around it, and no longer than what is looked at. */
static struct svc_slice trim(struct svc_slice text)
{
    while (text.length > 0 && (unsigned char)text.text[0] <= ' ') {
        text.text++;
        text.length--;
    }
    if (text.length > QUERY_TEXT_MAX) {
        text.length = QUERY_TEXT_MAX;
        while (
            text.length > 0 && ((unsigned char)text.text[text.length] & 0xC0) == 0x80) {
            text.length--;
        }
    }
    while (text.length > 0 && (unsigned char)text.text[text.length - 1] <= ' ') {
        text.length--;
    }
    return text;
}

static void read_items(struct query_reading *reading)
{
    struct token_list tokens;

    analyser_tokens(
        reading->analyser, reading->arena, reading->text, TOKENS_MAX, &tokens);
    for (size_t i = 0; i < tokens.count; i++) {
        const struct token *token = &tokens.list[i];
        if (token->position + token->parts > QUERY_ITEMS_MAX) {
            break;
        }
        struct query_item *item = &reading->items[token->position];
        if (token->kind == TOKEN_QUANTITY) {
            item->quantity = token;
        } else if (token->kind == TOKEN_JOINED) {
            item->joined = token;
        } else {
            item->word.exact = token->exact;
            item->from = token->from;
            item->until = token->until;
            item->number = token->kind == TOKEN_NUMBER;
            item->stop = words_is_stop(reading->words, token->exact);
            analyser_forms(
                reading->analyser, reading->arena, token->exact, &item->word.forms);
            reading->count = token->position + 1u;
        }
    }
    for (size_t i = 0; i < reading->count; i++) {
        const struct token *joined = reading->items[i].joined;
        for (size_t j = 1; joined != NULL && j < joined->parts; j++) {
            reading->items[i + j].tied = true;
        }
    }
}

/* --- A code --- */

static bool is_code(struct svc_slice text)
{
    bool digit = false;

    if (text.length < CODE_MIN || text.length > CODE_MAX) {
        return false;
    }
    for (size_t i = 0; i < text.length; i++) {
        char byte = text.text[i];
        bool number = byte >= '0' && byte <= '9';
        bool letter = (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
        if (!number && !letter && strchr("._-/", byte) == NULL) {
            return false;
        }
        digit = digit || number;
    }
    return digit;
}

/* "ele 0005": a code whose hyphen was not found on the keyboard. */
static bool is_spaced_code(const struct query_reading *reading, size_t first, size_t last)
{
    const struct query_item *left = &reading->items[first];
    const struct query_item *right = &reading->items[last];

    return last == first + 1 && !left->number && right->number &&
           left->quantity == NULL && left->word.exact.length >= 2 &&
           left->word.exact.length <= 5 && right->word.exact.length >= 3 &&
           right->from - left->until == 1 && right->word.exact.text[0] == '0';
}

/* What is left of the text without stop words around it, where that may be a code. */
static struct svc_slice find_code(const struct query_reading *reading)
{
    size_t first = 0;
    size_t last = reading->count;

    while (
        first < last && (reading->items[first].stop || query_is_label(reading, first))) {
        first++;
    }
    while (last > first && reading->items[last - 1].stop) {
        last--;
    }
    if (first == last) {
        return (struct svc_slice){0};
    }
    last--;
    uint32_t from = reading->items[first].from;
    struct svc_slice code = {
        reading->text.text + from, reading->items[last].until - from};
    return is_code(code) || is_spaced_code(reading, first, last) ? code
                                                                 : (struct svc_slice){0};
}

void query_read(const struct words *words, const struct analyser *analyser,
    struct svc_arena *arena, struct svc_slice text, int64_t minor_per_unit,
    struct query *ret_query)
{
    struct query_reading *reading = svc_arena_alloc(arena, sizeof *reading);

    *ret_query = (struct query){
        .filters = {.price_min_minor = -1, .price_max_minor = -1},
        .text = trim(text),
    };
    *reading = (struct query_reading){
        .words = words,
        .analyser = analyser,
        .arena = arena,
        .text = ret_query->text,
        .minor_per_unit = minor_per_unit,
        .query = ret_query,
    };
    read_items(reading);
    ret_query->code = find_code(reading);
    query_filters(reading);
    query_slots(reading);
    if (ret_query->slot_count == 0) {
        ret_query->code = (struct svc_slice){0}; /* "400pesos" */
    }
    query_meanings(reading);
}
