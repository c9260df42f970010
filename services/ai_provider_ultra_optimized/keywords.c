#include "keywords.h"

#include "keyword_rules.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const char es_txt[];
extern const char en_txt[];
extern const char pt_txt[];

enum { LANGUAGES = 3, FILE_MAX = 1 << 20, GAP_MAX = 3 };

static const char *const languages[LANGUAGES] = {"es", "en", "pt"};

struct keywords {
    struct rules rules[LANGUAGES]; /* in the order of `languages` */
};

/* What words are looked for in. */
struct sentence {
    const struct normal_token *tokens[NORMAL_TOKENS_MAX];
    size_t count;
    size_t start; /* behind a greeting */
    bool asks;
    uint32_t state;
};

struct score {
    int best;
    int others;
};

/* A file of the shop's own, to be freed; NULL: there is none. False: it can't be read. */
static bool read_own(const char *folder, const char *language, char **ret_text)
{
    char path[1024];

    *ret_text = NULL;
    snprintf(path, sizeof path, "%s/%s.txt", folder, language);
    FILE *stream = fopen(path, "r");
    if (stream == NULL) {
        return errno == ENOENT;
    }
    char *text = svc_alloc(FILE_MAX + 1);
    size_t length = fread(text, 1, FILE_MAX + 1, stream);
    bool whole = !ferror(stream) && length <= FILE_MAX;
    fclose(stream);
    if (!whole) {
        free(text);
        return false;
    }
    text[length] = '\0';
    *ret_text = text;
    return true;
}

static bool load_language(
    struct keywords *keywords, const char *folder, size_t language, char ret_error[256])
{
    const char *const built_in[LANGUAGES] = {es_txt, en_txt, pt_txt};
    const char *name = languages[language];
    char wrong[256];
    char *own = NULL;

    if (folder != NULL && !read_own(folder, name, &own)) {
        snprintf(ret_error, 256, "%s.txt: can't be read, or is over 1 MiB", name);
        return false;
    }
    bool is_well = rules_read(
        own == NULL ? built_in[language] : own, &keywords->rules[language], wrong);
    free(own);
    if (!is_well) {
        snprintf(ret_error, 256, "%s.txt: %.200s", name, wrong);
    }
    return is_well;
}

struct keywords *keywords_load(const char *folder, char ret_error[256])
{
    struct keywords *keywords = svc_alloc_zero(1, sizeof *keywords);

    for (size_t i = 0; i < LANGUAGES; i++) {
        if (!load_language(keywords, folder, i, ret_error)) {
            keywords_free(&keywords);
            return NULL;
        }
    }
    return keywords;
}

void keywords_free(struct keywords **keywords)
{
    if (*keywords == NULL) {
        return;
    }
    for (size_t i = 0; i < LANGUAGES; i++) {
        rules_done(&(*keywords)->rules[i]);
    }
    free(*keywords);
    *keywords = NULL;
}

static bool is_greeting(const struct normal_token *token)
{
    static const char *const words[] = {"hola", "holi", "buenas", "buenos", "buen", "dia",
        "dias", "tardes", "noches", "hi", "hello", "hey", "ola", "oi", "bom", "boa",
        "tarde", "noite", "disculpe", "disculpa", "porfavor", "oye", "che", "veci"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (svc_slice_equals(token->word, words[i])) {
            return true;
        }
    }
    return false;
}

static void make_sentence(
    const struct normal_text *text, enum intent_state state, struct sentence *sentence)
{
    *sentence = (struct sentence){.state = 1u << state};
    for (size_t i = 0; i < text->count; i++) {
        const struct normal_token *token = &text->tokens[i];
        if (token->kind != NORMAL_MARK) {
            sentence->tokens[sentence->count++] = token;
        }
        sentence->asks =
            sentence->asks || (token->kind == NORMAL_MARK && token->word.text[0] == '?');
    }
    while (sentence->start < sentence->count &&
           is_greeting(sentence->tokens[sentence->start])) {
        sentence->start++;
    }
}

static bool part_fits(const struct rule_part *part, const struct normal_token *token)
{
    if (part->kind == PART_NUMBER || part->kind == PART_CODE) {
        return token->kind == (part->kind == PART_NUMBER ? NORMAL_NUMBER : NORMAL_CODE);
    }
    bool prefix = part->kind == PART_PREFIX;
    return (prefix ? token->word.length >= part->word.length
                   : token->word.length == part->word.length) &&
           memcmp(token->word.text, part->word.text, part->word.length) == 0;
}

/* How many words from AT on RULE's parts from PART on take; -1: they don't fit. */
static ptrdiff_t fit_from(
    const struct sentence *sentence, const struct rule *rule, size_t part, size_t at)
{
    size_t start = at;
    size_t slack = 0;

    for (; part < rule->part_count; part++) {
        const struct rule_part *wanted = &rule->parts[part];
        if (wanted->kind == PART_ASKS) {
            if (!sentence->asks) {
                return -1;
            }
            continue;
        }
        if (wanted->kind == PART_GAP) {
            slack = GAP_MAX;
            continue;
        }
        while (at < sentence->count && slack > 0 &&
               !part_fits(wanted, sentence->tokens[at])) {
            at++;
            slack--;
        }
        if (at >= sentence->count || !part_fits(wanted, sentence->tokens[at])) {
            return -1;
        }
        at++;
        slack = 0;
    }
    return (ptrdiff_t)(at - start);
}

static bool applies(const struct sentence *sentence, const struct rule *rule)
{
    size_t first = rule->from_start ? sentence->start : 0;
    size_t last = rule->from_start ? first + 1 : sentence->count;

    if (rule->states != 0 && (rule->states & sentence->state) == 0) {
        return false;
    }
    if (rule->whole) {
        ptrdiff_t all = fit_from(sentence, rule, 0, 0);
        ptrdiff_t rest = fit_from(sentence, rule, 0, sentence->start);
        return all == (ptrdiff_t)sentence->count ||
               rest == (ptrdiff_t)(sentence->count - sentence->start);
    }
    if (rule->parts[0].kind == PART_ASKS) {
        return fit_from(sentence, rule, 0, 0) >= 0;
    }
    for (size_t at = first; at < last; at++) {
        if (fit_from(sentence, rule, 0, at) >= 0) {
            return true;
        }
    }
    return false;
}

/* The weight of the best rule of an intent, a quarter of the others, and what speaks
 * against it. */
static int total(const struct score *score)
{
    int others = score->others > score->best ? score->best : score->others;

    return score->best * 4 + others;
}

static void count_rules(
    const struct rules *rules, const struct sentence *sentence, int ret_totals[INTENTS])
{
    struct score scores[INTENTS] = {0};
    int against[INTENTS] = {0};

    for (size_t i = 0; i < rules->count; i++) {
        const struct rule *rule = &rules->list[i];
        struct score *score = &scores[rule->intent];
        if (!applies(sentence, rule)) {
            continue;
        }
        if (rule->weight < 0) {
            against[rule->intent] += rule->weight * 4;
        } else if (rule->weight > score->best) {
            score->others += score->best;
            score->best = rule->weight;
        } else {
            score->others += rule->weight;
        }
    }
    for (int i = 0; i < INTENTS; i++) {
        ret_totals[i] = total(&scores[i]) + against[i];
    }
}

/* The language of the locale; the first where it names none of ours. */
static size_t language_of(struct svc_slice locale)
{
    for (size_t i = 0; i < LANGUAGES; i++) {
        if (locale.length >= 2 && memcmp(locale.text, languages[i], 2) == 0) {
            return i;
        }
    }
    return 0;
}

static double choose(const int totals[INTENTS], enum intent *ret_intent)
{
    int best = 0;
    int second = -1000;

    for (int i = 1; i < INTENTS; i++) {
        if (totals[i] > totals[best]) {
            second = totals[best];
            best = i;
        } else if (totals[i] > second) {
            second = totals[i];
        }
    }
    if (totals[best] <= 0) {
        return 0;
    }
    *ret_intent = (enum intent)best;
    int margin = totals[best] - (second > 0 ? second : 0);
    return margin >= 16 ? 0.8 : margin >= 8 ? 0.65 : 0.5;
}

double keywords_predict(const struct keywords *keywords, struct svc_arena *arena,
    const struct intent_question *question, enum intent *ret_intent)
{
    struct normal_text *text = svc_arena_alloc(arena, sizeof *text);
    struct sentence sentence;
    int totals[INTENTS];
    size_t first = language_of(question->locale);

    normalise(question->text, text);
    make_sentence(text, question->state, &sentence);
    for (size_t i = 0; i < LANGUAGES; i++) {
        size_t language = i == 0 ? first : i <= first ? i - 1 : i;
        count_rules(&keywords->rules[language], &sentence, totals);
        double confidence = choose(totals, ret_intent);
        if (confidence > 0) {
            return i == 0 ? confidence : 0.5;
        }
    }
    /* Where no word is known, there is most often a product's name. */
    bool named = sentence.count > 0 && sentence.tokens[0]->kind == NORMAL_WORD;
    *ret_intent = named ? INTENT_SEARCH_PRODUCT : INTENT_OTHER;
    return 0.3;
}
