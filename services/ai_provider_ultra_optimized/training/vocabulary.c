#include "vocabulary.h"

#include <svc/mem.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 1 << 14, OFTEN = 4 };

/* How often a word stands in what names a product, and elsewhere. */
struct tally {
    uint32_t hash;
    uint32_t inside;
    uint32_t outside;
};

static void set_class(struct vocabulary *vocabulary, uint32_t hash, enum word_class class)
{
    uint32_t slot = hash & (SLOTS - 1);

    while (vocabulary->hashes[slot] != 0 && vocabulary->hashes[slot] != hash) {
        slot = (slot + 1) & (SLOTS - 1);
    }
    vocabulary->hashes[slot] = hash;
    vocabulary->classes[slot] = (uint8_t) class;
}

static struct tally *tally_of(struct tally *tallies, uint32_t hash)
{
    uint32_t slot = hash & (2 * SLOTS - 1);

    while (tallies[slot].hash != 0 && tallies[slot].hash != hash) {
        slot = (slot + 1) & (2 * SLOTS - 1);
    }
    tallies[slot].hash = hash;
    return &tallies[slot];
}

static bool holds(const struct normal_text *text, struct svc_slice word)
{
    for (size_t i = 0; i < text->count; i++) {
        struct svc_slice other = text->tokens[i].word;
        if (other.length == word.length &&
            memcmp(other.text, word.text, word.length) == 0) {
            return true;
        }
    }
    return false;
}

static void count_example(const struct example *example, struct tally *tallies)
{
    static struct normal_text text;
    static struct normal_text product;
    const char *named = example->product == NULL ? "" : example->product;

    normalise((struct svc_slice){example->text, strlen(example->text)}, &text);
    normalise((struct svc_slice){named, strlen(named)}, &product);
    for (size_t i = 0; i < text.count; i++) {
        if (text.tokens[i].kind != NORMAL_WORD) {
            continue;
        }
        struct tally *tally = tally_of(tallies, features_word_hash(text.tokens[i].word));
        bool inside = holds(&product, text.tokens[i].word);
        tally->inside += inside;
        tally->outside += !inside;
    }
}

static void add_product(struct vocabulary *vocabulary, const char *phrase, size_t length)
{
    if (vocabulary->product_count == vocabulary->product_room) {
        size_t room = vocabulary->product_room == 0 ? 1024 : vocabulary->product_room * 2;
        vocabulary->products =
            svc_realloc(vocabulary->products, room * sizeof *vocabulary->products);
        vocabulary->product_room = room;
    }
    vocabulary->products[vocabulary->product_count++] = svc_strndup(phrase, length);
}

/* A phrase's words are of CLASS unless the labelled lines use them otherwise. */
static void add_phrase(struct vocabulary *vocabulary, struct tally *tallies,
    struct svc_slice phrase, enum word_class class)
{
    static struct normal_text text;

    normalise(phrase, &text);
    for (size_t i = 0; i < text.count; i++) {
        struct svc_slice word = text.tokens[i].word;
        uint32_t hash = features_word_hash(word);
        const struct tally *tally = tally_of(tallies, hash);
        if (text.tokens[i].kind == NORMAL_WORD && word.length >= 3 &&
            (tally->outside < 3 || tally->inside > tally->outside)) {
            set_class(vocabulary, hash, class);
        }
    }
    if (class == WORD_PRODUCT && text.count > 0 && text.count <= 3) {
        add_product(vocabulary, phrase.text, phrase.length);
    }
}

static void read_list(struct vocabulary *vocabulary, struct tally *tallies,
    const char *folder, const char *name, enum word_class class)
{
    char path[1024];
    char *line = NULL;
    size_t room = 0;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *stream = fopen(path, "r");
    if (stream == NULL) {
        fprintf(stderr, "train_intents: %s can't be read\n", path);
        exit(1);
    }
    while (getline(&line, &room, stream) > 0) {
        if (line[0] == '#' || line[0] == '[') {
            continue;
        }
        char *rest = line;
        for (char *phrase; (phrase = strsep(&rest, ",=>\n")) != NULL;) {
            phrase += strspn(phrase, " ");
            size_t length = strlen(phrase);
            while (length > 0 && phrase[length - 1] == ' ') {
                length--;
            }
            add_phrase(vocabulary, tallies, (struct svc_slice){phrase, length}, class);
        }
    }
    free(line);
    fclose(stream);
}

void vocabulary_read(
    const char *words, const struct examples *examples, struct vocabulary *ret_vocabulary)
{
    struct tally *tallies = svc_alloc_zero(2 * SLOTS, sizeof *tallies);

    *ret_vocabulary = (struct vocabulary){
        .hashes = svc_alloc_zero(SLOTS, sizeof(uint32_t)),
        .classes = svc_alloc_zero(SLOTS, 1),
        .slots = SLOTS,
    };
    for (size_t i = 0; i < examples->count; i++) {
        count_example(&examples->list[i], tallies);
    }
    for (size_t i = 0; i < 2 * SLOTS; i++) {
        const struct tally *tally = &tallies[i];
        if (tally->hash != 0 && tally->outside >= OFTEN &&
            tally->outside >= tally->inside) {
            set_class(ret_vocabulary, tally->hash, WORD_COMMON);
        } else if (tally->hash != 0 && tally->inside >= 2) {
            set_class(ret_vocabulary, tally->hash, WORD_PRODUCT);
        }
    }
    read_list(ret_vocabulary, tallies, words, "synonyms.es.txt", WORD_PRODUCT);
    read_list(ret_vocabulary, tallies, words, "colors.es.txt", WORD_COLOR);
    for (size_t i = 0; i < examples->count; i++) {
        const char *product = examples->list[i].product;
        if (product != NULL) {
            add_product(ret_vocabulary, product, strlen(product));
        }
    }
    free(tallies);
}

struct word_table vocabulary_table(const struct vocabulary *vocabulary)
{
    return (struct word_table){
        .hashes = vocabulary->hashes,
        .classes = vocabulary->classes,
        .slots = vocabulary->slots,
    };
}

void vocabulary_done(struct vocabulary *vocabulary)
{
    for (size_t i = 0; i < vocabulary->product_count; i++) {
        free(vocabulary->products[i]);
    }
    free(vocabulary->products);
    free(vocabulary->hashes);
    free(vocabulary->classes);
    *vocabulary = (struct vocabulary){0};
}
