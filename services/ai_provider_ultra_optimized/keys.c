#include "keys.h"

#include <svc/config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define OWN_PREFIX "AI_API_KEY_"
#define NAME_MAX_BYTES 50

struct secret {
    const char *value;
};

char *keys_read(const char *variable, char ret_error[256])
{
    struct secret secret = {0};
    struct svc_config_error error;
    const struct svc_setting setting =
        SVC_SETTING_SECRET_AT(struct secret, value, NULL, "a secret");
    struct svc_setting named = setting;
    struct svc_setting_table table = {&named, 1, &secret};

    named.name = variable;
    ret_error[0] = '\0';
    if (!svc_config_read(&table, getenv, &error)) {
        snprintf(ret_error, 256, "%.255s", error.message);
        svc_config_done(&table);
        return NULL;
    }
    char *copy = secret.value != NULL ? svc_strdup(secret.value) : NULL;
    svc_config_done(&table);
    return copy;
}

static char upper(char byte)
{
    if (byte >= 'a' && byte <= 'z') {
        return (char)(byte - 'a' + 'A');
    }
    bool plain = (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9');
    return plain ? byte : '_';
}

static const char *fixed_variable(struct svc_slice provider)
{
    static const char *const fixed[][2] = {
        {"deepseek", "DEEPSEEK_API_KEY"},
        {"gemini", "GEMINI_API_KEY"},
        {"openai", "OPENAI_API_KEY"},
    };

    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++) {
        if (provider.length == strlen(fixed[i][0]) &&
            strncasecmp(provider.text, fixed[i][0], provider.length) == 0) {
            return fixed[i][1];
        }
    }
    return NULL;
}

struct svc_slice keys_find(
    struct svc_arena *arena, struct svc_slice provider, char ret_error[256])
{
    char variable[sizeof OWN_PREFIX + NAME_MAX_BYTES] = OWN_PREFIX;
    size_t length =
        provider.length < NAME_MAX_BYTES ? provider.length : (size_t)NAME_MAX_BYTES;
    const char *fixed = fixed_variable(provider);
    char *end = variable + sizeof OWN_PREFIX - 1;

    for (size_t i = 0; i < length; i++) {
        *end++ = upper(provider.text[i]);
    }
    ret_error[0] = '\0';
    SVC_AUTO_FREE char *key = fixed != NULL ? keys_read(fixed, ret_error) : NULL;
    if (key == NULL && ret_error[0] == '\0') {
        key = keys_read(variable, ret_error);
    }
    if (ret_error[0] != '\0') {
        return (struct svc_slice){0};
    }
    const char *found = key != NULL ? key : "";
    return (struct svc_slice){
        svc_arena_strndup(arena, found, strlen(found)), strlen(found)};
}
