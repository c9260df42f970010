#include "words.h"

#include "words_read.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_SIZE_MAX ((size_t)1024 * 1024)

/* Made from words/ by the build. */
extern const char stopwords_es_txt[], stopwords_en_txt[], stopwords_pt_txt[];
extern const char synonyms_es_txt[], synonyms_en_txt[], synonyms_pt_txt[];
extern const char colors_es_txt[], colors_en_txt[], colors_pt_txt[];
extern const char audience_es_txt[], audience_en_txt[], audience_pt_txt[];

static const struct {
    const char *language;
    const char *texts[4];
} built_in[] = {
    {"es", {stopwords_es_txt, synonyms_es_txt, colors_es_txt, audience_es_txt}},
    {"en", {stopwords_en_txt, synonyms_en_txt, colors_en_txt, audience_en_txt}},
    {"pt", {stopwords_pt_txt, synonyms_pt_txt, colors_pt_txt, audience_pt_txt}},
};

static const char *const names[] = {
    [WORDS_FILE_STOP] = "stopwords",
    [WORDS_FILE_SYNONYMS] = "synonyms",
    [WORDS_FILE_COLORS] = "colors",
    [WORDS_FILE_AUDIENCE] = "audience",
};

/* The whole file into ARENA. False with a reason; `ret_text` has no text where there is
 * no such file. */
static bool read_file(struct svc_arena *arena, const char *path,
    struct svc_slice *ret_text, const char **ret_reason)
{
    FILE *file = fopen(path, "re");

    *ret_text = (struct svc_slice){0};
    if (file == NULL) {
        *ret_reason = strerror(errno);
        return errno == ENOENT;
    }
    char *bytes = svc_arena_alloc(arena, FILE_SIZE_MAX + 1);
    size_t length = fread(bytes, 1, FILE_SIZE_MAX + 1, file);
    bool broken = ferror(file) != 0;
    fclose(file);
    if (broken || length > FILE_SIZE_MAX) {
        *ret_reason = broken ? "can't be read" : "is larger than 1 MiB";
        return false;
    }
    *ret_text = (struct svc_slice){bytes, length};
    return true;
}

static bool read_one(struct words *words, const char *folder, const char *text,
    struct words_source *source, char ret_error[256])
{
    struct svc_slice own = {0};
    struct svc_arena arena = {0};
    const char *reason = NULL;
    char path[1024];
    bool done = true;

    if (folder != NULL) {
        snprintf(path, sizeof path, "%s/%s", folder, source->name);
        done = read_file(&arena, path, &own, &reason);
    }
    if (!done) {
        snprintf(ret_error, 256, "%.150s: %.80s", path, reason);
    } else {
        own = own.text != NULL ? own : (struct svc_slice){text, strlen(text)};
        done = words_read(words, source, own, ret_error);
    }
    svc_arena_done(&arena);
    return done;
}

static bool read_all(struct words *words, const char *folder, size_t language,
    struct words_source *source, char ret_error[256])
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(source->name, sizeof source->name, "%s.%s.txt", names[i],
            built_in[language].language);
        source->file = (enum words_file)i;
        if (!read_one(words, folder, built_in[language].texts[i], source, ret_error)) {
            return false;
        }
    }
    return true;
}

/* A country without a section of its own has no words of its own, which is no fault; a
 * word that names no country of ours is one. */
static bool check_region(const struct words_source *source, char ret_error[256])
{
    static const char plain[] =
        " cr gt hn ni pa sv ar bo br ca cl co cu do ec es gb mx pe pr "
        "pt py us uy ve au ";
    char wanted[8];

    snprintf(wanted, sizeof wanted, " %.4s ", source->region);
    if (source->region[0] == '\0' || source->region_seen ||
        (strlen(source->region) == 2 && strstr(plain, wanted) != NULL)) {
        return true;
    }
    snprintf(ret_error, 256,
        "SEARCH_REGION=%.20s: no rules are of that country; it takes two small letters, "
        "such as mx, co, ar, cl, pe, es",
        source->region);
    return false;
}

struct words *words_load(const char *folder, const char *language, const char *region,
    const struct analyser *analyser, char ret_error[256])
{
    struct words_source source = {.region = region, .analyser = analyser};
    size_t index = 0;

    while (index < 3 && strcmp(built_in[index].language, language) != 0) {
        index++;
    }
    if (index == 3) {
        snprintf(ret_error, 256, "no words of the language %.20s", language);
        return NULL;
    }
    FILE *there = folder != NULL ? fopen(folder, "re") : NULL;
    if (folder != NULL && there == NULL) {
        snprintf(ret_error, 256, "%.150s: %.80s", folder, strerror(errno));
        return NULL;
    }
    if (there != NULL) {
        fclose(there);
    }
    struct words *words = svc_alloc_zero(1, sizeof *words);
    if (!read_all(words, folder, index, &source, ret_error) ||
        !check_region(&source, ret_error)) {
        words_free(&words);
    }
    return words;
}

void words_free(struct words **words)
{
    if (*words == NULL) {
        return;
    }
    svc_arena_done(&(*words)->arena);
    free(*words);
    *words = NULL;
}

void words_stats(const struct words *words, struct words_stats *ret_stats)
{
    *ret_stats = words->stats;
}

bool words_is_stop(const struct words *words, struct svc_slice exact)
{
    return words_table_find(&words->stop, exact) != NULL;
}

static struct svc_slice name_of(const struct words_table *table, struct svc_slice stem)
{
    const struct words_entry *entry = words_table_find(table, stem);

    return entry != NULL ? entry->list->name : (struct svc_slice){"", 0};
}

struct svc_slice words_color(const struct words *words, struct svc_slice stem)
{
    return name_of(&words->groups[WORDS_COLORS], stem);
}

struct svc_slice words_audience(const struct words *words, struct svc_slice stem)
{
    return name_of(&words->groups[WORDS_AUDIENCES], stem);
}

static size_t find_run(const struct words_table *table, const struct svc_slice *stems,
    size_t count, const struct words_phrase **ret_phrases, size_t *ret_phrase_count)
{
    const struct words_list *list = NULL;
    size_t run = words_table_run(table, stems, count, &list);

    *ret_phrases = run > 0 ? list->phrases : NULL;
    *ret_phrase_count = run > 0 ? list->count : 0;
    return run;
}

size_t words_alternatives(const struct words *words, const struct svc_slice *stems,
    size_t count, const struct words_phrase **ret_phrases, size_t *ret_phrase_count)
{
    return find_run(&words->synonyms, stems, count, ret_phrases, ret_phrase_count);
}

size_t words_foreign(const struct words *words, const struct svc_slice *stems,
    size_t count, const struct words_phrase **ret_phrases, size_t *ret_phrase_count)
{
    return find_run(&words->foreign, stems, count, ret_phrases, ret_phrase_count);
}

size_t words_group_forms(const struct words *words, enum words_group group,
    const struct svc_slice *stems, size_t count, const struct words_phrase **ret_phrases,
    size_t *ret_phrase_count)
{
    return find_run(&words->groups[group], stems, count, ret_phrases, ret_phrase_count);
}
