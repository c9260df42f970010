#include "words_read.h"

#include <stdio.h>
#include <string.h>

enum { ENTRIES_MAX = 64, TOKENS_MAX = 32 };

struct reader {
    struct words *words;
    struct words_source *source;
    size_t line;
    bool active; /* the section is one of the shop's */
    bool regional;
    char *error;
};

/* One line taken apart; [0, left) are what stands before "=>", where it is there. */
struct rule {
    struct words_phrase entries[ENTRIES_MAX];
    size_t count;
    size_t left;
    bool one_way;
};

static bool fail(struct reader *reader, const char *what, struct svc_slice text)
{
    int shown = text.length < 60 ? (int)text.length : 60;

    snprintf(reader->error, 256, "%.60s:%zu: %.100s: %.*s", reader->source->name,
        reader->line, what, shown, text.text);
    return false;
}

static struct svc_slice trim(struct svc_slice text)
{
    while (text.length > 0 && strchr(" \t\r", text.text[0]) != NULL) {
        text.text++;
        text.length--;
    }
    while (text.length > 0 && strchr(" \t\r", text.text[text.length - 1]) != NULL) {
        text.length--;
    }
    return text;
}

/* Takes what stands before SEPARATOR off TEXT; all of it where there is none. */
static struct svc_slice take_until(struct svc_slice *text, const char *separator)
{
    size_t size = strlen(separator);
    const char *found = memmem(text->text, text->length, separator, size);
    struct svc_slice taken = *text;

    if (found == NULL) {
        *text = (struct svc_slice){text->text + text->length, 0};
        return taken;
    }
    taken.length = (size_t)(found - text->text);
    text->text += taken.length + size;
    text->length -= taken.length + size;
    return taken;
}

/* Stop words go, as they do in a query, unless only one word were left of several. */
static size_t drop_stops(
    const struct words *words, const struct token *tokens, size_t count, bool *ret_keep)
{
    size_t left = 0;

    for (size_t i = 0; i < count; i++) {
        ret_keep[i] = tokens[i].parts == 1 && tokens[i].kind != TOKEN_QUANTITY &&
                      !words_is_stop(words, tokens[i].exact);
        left += ret_keep[i];
    }
    if (left > 1) {
        return left;
    }
    left = 0;
    for (size_t i = 0; i < count; i++) {
        ret_keep[i] = tokens[i].parts == 1 && tokens[i].kind != TOKEN_QUANTITY;
        left += ret_keep[i];
    }
    return left;
}

/* For words_nearest. */
static void note_word(struct reader *reader, struct svc_slice text,
    const struct token *token, const struct token_forms *forms)
{
    const struct words_spelled word = {
        .written = {text.text + token->from, token->until - token->from},
        .exact = token->exact,
        .stem = forms->stem,
        .sound = forms->sound,
    };

    if (reader->source->file == WORDS_FILE_SYNONYMS) {
        words_note(reader->words, &word);
    }
}

static bool read_entry(
    struct reader *reader, struct svc_slice text, struct words_phrase *ret_phrase)
{
    struct svc_arena *arena = &reader->words->arena;
    struct token_list tokens;
    bool keep[TOKENS_MAX];

    analyser_tokens(reader->source->analyser, arena, text, TOKENS_MAX, &tokens);
    size_t left = drop_stops(reader->words, tokens.list, tokens.count, keep);
    if (left == 0) {
        return fail(reader, "no word in an entry", text);
    }
    if (left > WORDS_PHRASE_MAX) {
        return fail(reader, "more than three words", text);
    }
    *ret_phrase = (struct words_phrase){0};
    for (size_t i = 0; i < tokens.count; i++) {
        if (keep[i]) {
            size_t at = ret_phrase->count++;
            ret_phrase->words[at] = tokens.list[i].exact;
            analyser_forms(reader->source->analyser, arena, tokens.list[i].exact,
                &ret_phrase->forms[at]);
            note_word(reader, text, &tokens.list[i], &ret_phrase->forms[at]);
        }
    }
    return true;
}

static bool read_entries(struct reader *reader, struct svc_slice text, struct rule *rule)
{
    while (true) {
        struct svc_slice entry = trim(take_until(&text, ","));
        if (rule->count == ENTRIES_MAX) {
            return fail(reader, "more entries than a line may have", entry);
        }
        if (!read_entry(reader, entry, &rule->entries[rule->count])) {
            return false;
        }
        rule->count++;
        if (text.length == 0) {
            return true;
        }
    }
}

static bool read_rule(struct reader *reader, struct svc_slice line, struct rule *rule)
{
    struct svc_slice rest = line;
    struct svc_slice left = take_until(&rest, "=>");

    *rule = (struct rule){.one_way = left.length < line.length};
    if (!read_entries(reader, trim(left), rule)) {
        return false;
    }
    rule->left = rule->count;
    return !rule->one_way || read_entries(reader, trim(rest), rule);
}

static struct words_entry *entry_of(
    struct reader *reader, struct words_table *table, const struct words_phrase *phrase)
{
    struct svc_slice stems[WORDS_PHRASE_MAX];
    char key[WORDS_KEY_MAX];

    for (size_t i = 0; i < phrase->count; i++) {
        stems[i] = phrase->forms[i].stem;
    }
    size_t length = words_key(key, stems, phrase->count);
    return words_table_add(table, &reader->words->arena, (struct svc_slice){key, length});
}

static bool add_synonyms(
    struct reader *reader, const struct rule *rule, struct svc_slice line)
{
    struct svc_arena *arena = &reader->words->arena;
    struct words_table *table =
        reader->active ? &reader->words->synonyms : &reader->words->foreign;

    if (!rule->one_way && rule->count < 2) {
        return fail(reader, "a rule of one entry", line);
    }
    for (size_t i = 0; i < rule->left; i++) {
        struct words_entry *entry = entry_of(reader, table, &rule->entries[i]);
        if (entry->list == NULL) {
            entry->list = svc_arena_alloc(arena, sizeof *entry->list);
        }
        for (size_t j = rule->one_way ? rule->left : 0; j < rule->count; j++) {
            if (j != i) {
                words_list_add(entry->list, arena, &rule->entries[j]);
            }
        }
    }
    reader->words->stats.synonym_rules += reader->active;
    return true;
}

/* A line of a region adds to the group of the same name, and its words go before those of
 * everybody. */
static bool add_group(
    struct reader *reader, const struct rule *rule, struct svc_slice line)
{
    bool colors = reader->source->file == WORDS_FILE_COLORS;
    struct words_table *table =
        &reader->words->groups[colors ? WORDS_COLORS : WORDS_AUDIENCES];
    struct svc_arena *arena = &reader->words->arena;

    if (rule->one_way) {
        return fail(reader, "no one-way rules here", line);
    }
    struct words_list *list = entry_of(reader, table, &rule->entries[0])->list;
    if (list == NULL) {
        char name[WORDS_KEY_MAX];
        size_t length = words_key(name, rule->entries[0].words, rule->entries[0].count);
        list = svc_arena_alloc(arena, sizeof *list);
        list->name = (struct svc_slice){svc_arena_strndup(arena, name, length), length};
        *(colors ? &reader->words->stats.colors : &reader->words->stats.audiences) += 1;
    }
    for (size_t i = 0; i < rule->count; i++) {
        struct words_entry *entry = entry_of(reader, table, &rule->entries[i]);
        if (entry->list == NULL || reader->regional) {
            entry->list = list;
        }
        words_list_add(list, arena, &rule->entries[i]);
    }
    return true;
}

/* "what's" is a stop word in its parts, too. */
static bool add_stop(struct reader *reader, struct svc_slice line)
{
    struct svc_arena *arena = &reader->words->arena;
    struct token_list tokens;

    if (memchr(line.text, ' ', line.length) != NULL) {
        return fail(reader, "one word a line", line);
    }
    analyser_tokens(reader->source->analyser, arena, line, TOKENS_MAX, &tokens);
    if (tokens.count == 0) {
        return fail(reader, "no word", line);
    }
    for (size_t i = 0; i < tokens.count; i++) {
        if (tokens.count == 1 || tokens.list[i].exact.length > 1) {
            words_table_add(&reader->words->stop, arena, tokens.list[i].exact);
        }
    }
    reader->words->stats.stop_words++;
    return true;
}

static bool read_section(struct reader *reader, struct svc_slice line)
{
    size_t length = line.length - 2;
    const char *name = line.text + 1;

    if (line.length < 4 || line.length > 5 || line.text[line.length - 1] != ']' ||
        strspn(name, "abcdefghijklmnopqrstuvwxyz") != length) {
        return fail(reader, "a section is [all] or a country's letters", line);
    }
    bool all = length == 3 && memcmp(name, "all", 3) == 0;
    const char *region = reader->source->region;
    reader->regional = !all;
    bool ours = !all && strlen(region) == length && memcmp(name, region, length) == 0;
    reader->source->region_seen = reader->source->region_seen || ours;
    reader->active = all || ours;
    return true;
}

static bool read_line(struct reader *reader, struct svc_slice line, struct rule *rule)
{
    if (line.length == 0 || line.text[0] == '#') {
        return true;
    }
    if (line.text[0] == '[') {
        return read_section(reader, line);
    }
    if (reader->source->file == WORDS_FILE_STOP) {
        return !reader->active || add_stop(reader, line);
    }
    /* The rules of other regions are read as well: a fault in them is one. */
    if (!read_rule(reader, line, rule)) {
        return false;
    }
    if (reader->source->file == WORDS_FILE_SYNONYMS) {
        return add_synonyms(reader, rule, line);
    }
    return !reader->active || add_group(reader, rule, line);
}

bool words_read(struct words *words, struct words_source *source, struct svc_slice text,
    char ret_error[256])
{
    struct reader reader = {
        .words = words, .source = source, .active = true, .error = ret_error};
    struct rule *rule = svc_arena_alloc(&words->arena, sizeof *rule);
    size_t offset = 0;

    if (!svc_text_is_utf8(text.text, text.length, &offset)) {
        return fail(&reader, "isn't UTF-8", (struct svc_slice){"", 0});
    }
    if (text.length >= 3 && memcmp(text.text, "\xEF\xBB\xBF", 3) == 0) {
        text = (struct svc_slice){text.text + 3, text.length - 3};
    }
    while (text.length > 0) {
        reader.line++;
        if (!read_line(&reader, trim(take_until(&text, "\n")), rule)) {
            return false;
        }
    }
    return true;
}
