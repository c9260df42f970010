#include "texts.h"

#include "json.h"
#include "mem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_SIZE_MAX ((size_t)256 * 1024)
#define LANGUAGE_COUNT 3

/* Made from shared/texts/ by the build. */
extern const char es_json[];
extern const char en_json[];
extern const char pt_json[];

struct svc_texts {
    struct svc_arena arena;
    const struct svc_json *own[LANGUAGE_COUNT]; /* the shop's; NULL: none */
    const struct svc_json *built_in[LANGUAGE_COUNT];
};

static const char *const languages[LANGUAGE_COUNT] = {"es", "en", "pt"};

static bool fail(char ret_error[256], const char *path, const char *reason)
{
    snprintf(ret_error, 256, "TEXTS_DIR: %.120s: %.100s", path, reason);
    return false;
}

static const struct svc_json *read_texts(
    struct svc_texts *texts, const char *bytes, size_t length, const char **ret_reason)
{
    static const struct svc_json_limits limits = {.depth = 1, .values = 2000};
    struct svc_json_error error;
    size_t replaced = 0;
    const struct svc_json *read =
        svc_json_read(&texts->arena, bytes, length, &limits, &replaced, &error);

    if (read == NULL) {
        *ret_reason = error.reason;
        return NULL;
    }
    if (read->type != SVC_JSON_OBJECT) {
        *ret_reason = "must be an object of texts";
        return NULL;
    }
    return read;
}

static bool read_file(
    struct svc_texts *texts, const char *path, size_t language, char ret_error[256])
{
    const char *reason = NULL;
    FILE *file = fopen(path, "re");

    if (file == NULL) {
        return errno == ENOENT || fail(ret_error, path, strerror(errno));
    }
    SVC_AUTO_FREE char *bytes = svc_alloc(FILE_SIZE_MAX);
    size_t length = fread(bytes, 1, FILE_SIZE_MAX, file);
    fclose(file);
    texts->own[language] = read_texts(texts, bytes, length, &reason);
    return texts->own[language] != NULL || fail(ret_error, path, reason);
}

static bool is_folder(const char *path, char ret_error[256])
{
    struct stat found;

    if (stat(path, &found) != 0) {
        return fail(ret_error, path, strerror(errno));
    }
    return S_ISDIR(found.st_mode) || fail(ret_error, path, "is no folder");
}

bool svc_texts_open(const char *folder, struct svc_texts **ret_texts, char ret_error[256])
{
    const char *const built_in[LANGUAGE_COUNT] = {es_json, en_json, pt_json};
    struct svc_texts *texts = svc_alloc_zero(1, sizeof *texts);
    bool fine = folder == NULL || is_folder(folder, ret_error);

    for (size_t i = 0; fine && i < LANGUAGE_COUNT; i++) {
        char path[512];
        const char *reason = NULL;
        texts->built_in[i] = read_texts(texts, built_in[i], strlen(built_in[i]), &reason);
        fine = texts->built_in[i] != NULL || fail(ret_error, languages[i], reason);
        if (fine && folder != NULL) {
            snprintf(path, sizeof path, "%.480s/%s.json", folder, languages[i]);
            fine = read_file(texts, path, i, ret_error);
        }
    }
    if (!fine) {
        svc_texts_close(&texts);
        return false;
    }
    *ret_texts = texts;
    return true;
}

void svc_texts_close(struct svc_texts **texts_pointer)
{
    struct svc_texts *texts = *texts_pointer;

    *texts_pointer = NULL;
    if (texts == NULL) {
        return;
    }
    svc_arena_done(&texts->arena);
    free(texts);
}

static size_t language_of(struct svc_slice locale)
{
    for (size_t i = 0; locale.length >= 2 && i < LANGUAGE_COUNT; i++) {
        bool ends = locale.length == 2 || locale.text[2] == '_' || locale.text[2] == '-';
        if (ends && strncasecmp(locale.text, languages[i], 2) == 0) {
            return i;
        }
    }
    return 0;
}

static struct svc_slice find(
    const struct svc_texts *texts, struct svc_slice locale, const char *key)
{
    size_t language = language_of(locale);
    const struct svc_json *const places[] = {
        texts->own[language], texts->built_in[language], texts->built_in[0]};

    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        struct svc_slice text = svc_json_get_text(places[i], key);
        if (text.text != NULL) {
            return text;
        }
    }
    return (struct svc_slice){key, strlen(key)};
}

/* The value for "{name}" at AT; NULL where it is no known name. */
static const struct svc_texts_value *find_value(
    struct svc_slice at, const struct svc_texts_value *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(values[i].name);
        if (at.length >= length + 2 && at.text[length + 1] == '}' &&
            memcmp(at.text + 1, values[i].name, length) == 0) {
            return &values[i];
        }
    }
    return NULL;
}

void svc_texts_write(const struct svc_texts *texts, struct svc_slice locale,
    const char *key, const struct svc_texts_value *values, size_t count,
    struct svc_buf *out)
{
    struct svc_slice rest = find(texts, locale, key);

    while (rest.length > 0) {
        const char *brace = memchr(rest.text, '{', rest.length);
        size_t plain = brace != NULL ? (size_t)(brace - rest.text) : rest.length;
        svc_buf_add(out, rest.text, plain);
        rest = (struct svc_slice){rest.text + plain, rest.length - plain};
        if (rest.length == 0) {
            return;
        }
        const struct svc_texts_value *value = find_value(rest, values, count);
        size_t step = value != NULL ? strlen(value->name) + 2 : 1;
        svc_buf_add_text(out, value != NULL ? value->value : "{");
        rest = (struct svc_slice){rest.text + step, rest.length - step};
    }
}

void svc_texts_write_duration(const struct svc_texts *texts, struct svc_slice locale,
    int64_t seconds, struct svc_buf *out)
{
    static const struct {
        const char *one;
        const char *other;
        int64_t seconds;
        int64_t below; /* used for durations under this */
    } units[] = {
        {"seconds_one", "seconds_other", 1, 100},
        {"minutes_one", "minutes_other", 60, 100L * 60},
        {"hours_one", "hours_other", 3600, 48L * 3600},
        {"days_one", "days_other", 86400, INT64_MAX},
    };
    char number[24];
    size_t unit = 0;

    while (seconds >= units[unit].below) {
        unit++;
    }
    int64_t amount = (seconds + units[unit].seconds - 1) / units[unit].seconds;
    amount = amount > 0 ? amount : 1;
    snprintf(number, sizeof number, "%lld", (long long)amount);
    const struct svc_texts_value value = {"n", number};
    svc_texts_write(
        texts, locale, amount == 1 ? units[unit].one : units[unit].other, &value, 1, out);
}
