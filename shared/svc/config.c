#include "config.h"

#include "mem.h"
#include "text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define FILE_SIZE_MAX ((size_t)64 * 1024)
#define SHOWN_MAX 60

static bool fail(struct svc_config_error *ret_error, const struct svc_setting *setting,
    const char *value, const char *expected)
{
    char shown[SHOWN_MAX + 1];

    if (setting->type == SVC_SETTING_SECRET) {
        value = "(a secret)";
    }
    snprintf(shown, sizeof shown, "%s", value);
    for (char *at = shown; *at != '\0'; at++) {
        *at = (unsigned char)*at < ' ' ? '?' : *at; /* the complaint stays one line */
    }
    snprintf(ret_error->message, sizeof ret_error->message, "%s=%s%s: must be %s",
        setting->name, shown, strlen(value) > SHOWN_MAX ? "..." : "", expected);
    return false;
}

static char *fail_file(struct svc_config_error *ret_error, const char *variable,
    const char *path, const char *reason)
{
    snprintf(ret_error->message, sizeof ret_error->message, "%s=%.*s: %s", variable,
        SHOWN_MAX * 2, path, reason);
    return NULL;
}

/* The text of a file without the line feed that editors leave at the end; NULL, with the
 * reason, on failure. */
static char *read_file(
    const char *variable, const char *path, struct svc_config_error *ret_error)
{
    FILE *file = fopen(path, "re");

    if (file == NULL) {
        return fail_file(ret_error, variable, path, strerror(errno));
    }
    SVC_AUTO_FREE char *text = svc_alloc(FILE_SIZE_MAX + 1);
    size_t length = fread(text, 1, FILE_SIZE_MAX, file);
    bool broken = ferror(file) != 0;
    int reason = errno;
    fclose(file);
    if (broken) {
        return fail_file(ret_error, variable, path, strerror(reason));
    }
    while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == '\r')) {
        length--;
    }
    text[length] = '\0';
    if (length == 0) {
        return fail_file(ret_error, variable, path, "the file is empty");
    }
    if (strlen(text) != length) {
        return fail_file(ret_error, variable, path, "the file is no text");
    }
    return svc_strdup(text);
}

/* What the environment says of SETTING, as a copy; NULL where it says nothing. */
static char *find_value(const struct svc_setting *setting, char *(*lookup)(const char *),
    struct svc_config_error *ret_error)
{
    char file_name[128];
    const char *value = lookup(setting->name);

    if (value != NULL && value[0] != '\0') {
        return svc_strdup(value);
    }
    snprintf(file_name, sizeof file_name, "%s_FILE", setting->name);
    const char *path = lookup(file_name);
    if (path != NULL && path[0] != '\0') {
        return read_file(file_name, path, ret_error);
    }
    return NULL;
}

static bool set_int(const struct svc_setting *setting, const char *value, int64_t *target,
    struct svc_config_error *ret_error)
{
    char expected[128];
    int64_t number = 0;
    struct svc_slice slice = {value, strlen(value)};

    if (!svc_text_to_int64(slice, &number) || number < setting->min ||
        number > setting->max) {
        snprintf(expected, sizeof expected,
            "a whole number from %" PRId64 " to %" PRId64 "%s%s", setting->min,
            setting->max, setting->unit != NULL ? " in " : "",
            setting->unit != NULL ? setting->unit : "");
        return fail(ret_error, setting, value, expected);
    }
    *target = number;
    return true;
}

static bool set_bool(const struct svc_setting *setting, const char *value, bool *target,
    struct svc_config_error *ret_error)
{
    static const char *const yes[] = {"true", "1", "yes", "on"};
    static const char *const no[] = {"false", "0", "no", "off"};

    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++) {
        if (strcasecmp(value, yes[i]) == 0 || strcasecmp(value, no[i]) == 0) {
            *target = strcasecmp(value, yes[i]) == 0;
            return true;
        }
    }
    return fail(ret_error, setting, value, "true or false");
}

static bool set_choice(const struct svc_setting *setting, const char *value, int *target,
    struct svc_config_error *ret_error)
{
    size_t length = strlen(value);
    const char *choice = setting->choices;

    for (int index = 0; choice != NULL; index++) {
        size_t end = strcspn(choice, "|");
        if (end == length && memcmp(choice, value, length) == 0) {
            *target = index;
            return true;
        }
        choice = choice[end] == '|' ? choice + end + 1 : NULL;
    }
    char expected[256];
    snprintf(expected, sizeof expected, "one of %s", setting->choices);
    return fail(ret_error, setting, value, expected);
}

static bool set_text(const struct svc_setting *setting, const char *value,
    const char **target, struct svc_config_error *ret_error)
{
    char expected[64];

    if (strlen(value) > (size_t)setting->max) {
        snprintf(
            expected, sizeof expected, "at most %" PRId64 " bytes long", setting->max);
        return fail(ret_error, setting, value, expected);
    }
    *target = svc_strdup(value);
    return true;
}

static bool set_value(const struct svc_setting *setting, const char *value, void *owner,
    struct svc_config_error *ret_error)
{
    void *target = (char *)owner + setting->offset;

    switch (setting->type) {
    case SVC_SETTING_INT:
        return set_int(setting, value, target, ret_error);
    case SVC_SETTING_BOOL:
        return set_bool(setting, value, target, ret_error);
    case SVC_SETTING_CHOICE:
        return set_choice(setting, value, target, ret_error);
    case SVC_SETTING_TEXT:
    case SVC_SETTING_SECRET:
        return set_text(setting, value, target, ret_error);
    }
    return false;
}

bool svc_config_read(const struct svc_setting_table *table,
    char *(*lookup)(const char *name), struct svc_config_error *ret_error)
{
    ret_error->message[0] = '\0';
    for (size_t i = 0; i < table->count; i++) {
        const struct svc_setting *setting = &table->settings[i];
        SVC_AUTO_FREE char *found = find_value(setting, lookup, ret_error);
        if (ret_error->message[0] != '\0') {
            return false;
        }
        const char *value = found != NULL ? found : setting->default_text;
        if (value != NULL && !set_value(setting, value, table->target, ret_error)) {
            return false;
        }
    }
    return true;
}

void svc_config_done(const struct svc_setting_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct svc_setting *setting = &table->settings[i];
        if (setting->type == SVC_SETTING_TEXT || setting->type == SVC_SETTING_SECRET) {
            char **text = (char **)(void *)((char *)table->target + setting->offset);
            free(*text);
            *text = NULL;
        }
    }
}

static void print_default(const struct svc_setting *setting)
{
    if (setting->default_text == NULL) {
        fputs("not set", stdout);
        return;
    }
    printf("default %s%s%s", setting->default_text, setting->unit != NULL ? " " : "",
        setting->unit != NULL ? setting->unit : "");
}

void svc_config_print(const struct svc_setting_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct svc_setting *setting = &table->settings[i];
        printf("  %-28s ", setting->name);
        print_default(setting);
        if (setting->type == SVC_SETTING_INT) {
            printf(", %" PRId64 " to %" PRId64, setting->min, setting->max);
        }
        if (setting->type == SVC_SETTING_CHOICE) {
            printf(", one of %s", setting->choices);
        }
        printf("\n  %-28s %s\n", "", setting->help);
    }
}
