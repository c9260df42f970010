#include "openapi.h"

#include <stdio.h>
#include <string.h>

/* More would be somebody's attempt; the rest of the query is passed over. */
#define PAIRS_MAX 64

static void add_fault(struct svc_problems *problems,
    const struct svc_parameter *parameter, const char *detail)
{
    char pointer[128];

    snprintf(pointer, sizeof pointer, "%s.%s", parameter->in_path ? "path" : "query",
        parameter->name);
    svc_problems_add_at(problems, pointer, detail);
}

/* A text as the JSON value that SCHEMA wants, where it looks like one: a number or a
 * boolean is written in a URL as it is in JSON. */
static const struct svc_json *to_value(
    struct svc_arena *arena, struct svc_slice text, const struct svc_schema *schema)
{
    static const struct svc_json_limits plain = {.depth = 0, .values = 1};
    struct svc_json_error error;
    size_t replaced = 0;

    if (!svc_schema_takes(schema, SVC_JSON_STRING)) {
        const struct svc_json *value =
            svc_json_read(arena, text.text, text.length, &plain, &replaced, &error);
        if (value != NULL && value->type != SVC_JSON_STRING) {
            return value;
        }
    }
    struct svc_json *value = svc_arena_alloc(arena, sizeof *value);
    value->type = SVC_JSON_STRING;
    value->text =
        (struct svc_slice){svc_arena_strndup(arena, text.text, text.length), text.length};
    return value;
}

/* Faults are found with pointers into the value; a parameter's name stands before them.
 */
static void check_value(const struct svc_parameter *parameter,
    const struct svc_json *value, struct svc_problems *problems)
{
    struct svc_problems found = {.arena = problems->arena};

    svc_schema_check(parameter->schema, value, NULL, &found);
    for (size_t i = 0; i < found.count; i++) {
        add_fault(problems, parameter, found.list[i].detail);
    }
}

static void set_value(const struct svc_parameter *parameter, struct svc_slice text,
    const struct svc_json **ret_value, struct svc_problems *problems)
{
    if (*ret_value != NULL) {
        add_fault(problems, parameter, "is given more than once");
        return;
    }
    *ret_value = to_value(problems->arena, text, parameter->schema);
    check_value(parameter, *ret_value, problems);
}

static const struct svc_parameter *find_query_parameter(
    const struct svc_operation *operation, struct svc_slice name)
{
    for (size_t i = 0; i < operation->parameter_count; i++) {
        if (!operation->parameters[i].in_path &&
            svc_slice_equals(name, operation->parameters[i].name)) {
            return &operation->parameters[i];
        }
    }
    return NULL;
}

/* Decodes in place; false for a broken escape or text that isn't UTF-8. */
static bool decode(char *text, struct svc_slice *ret_slice)
{
    ptrdiff_t length = svc_text_percent_decode(text, strlen(text), true);

    if (length < 0 || memchr(text, '\0', (size_t)length) != NULL ||
        !svc_text_is_utf8(text, (size_t)length, NULL)) {
        return false;
    }
    *ret_slice = (struct svc_slice){text, (size_t)length};
    return true;
}

static void read_pair(const struct svc_operation *operation, char *pair,
    const struct svc_json **ret_values, struct svc_problems *problems)
{
    struct svc_slice name;
    struct svc_slice value;
    char *text = strchr(pair, '=');
    static char empty[1];

    if (text != NULL) {
        *text++ = '\0';
    } else {
        text = empty;
    }
    if (!decode(pair, &name)) {
        svc_problems_add_at(problems, "query", "has a name that is not well-formed");
        return;
    }
    const struct svc_parameter *parameter = find_query_parameter(operation, name);
    if (parameter == NULL) {
        return;
    }
    if (!decode(text, &value)) {
        add_fault(problems, parameter, "is not well-formed percent-encoded UTF-8");
        return;
    }
    set_value(parameter, value, &ret_values[parameter - operation->parameters], problems);
}

static void read_path_values(const struct svc_openapi_match *match,
    const struct svc_json **ret_values, struct svc_problems *problems)
{
    const struct svc_operation *operation = match->operation;

    for (size_t i = 0; i < operation->parameter_count; i++) {
        const struct svc_parameter *parameter = &operation->parameters[i];
        for (size_t at = 0; parameter->in_path && at < operation->segment_count; at++) {
            if (operation->is_parameter[at] &&
                svc_slice_equals(operation->segments[at], parameter->name)) {
                set_value(parameter, match->values[at], &ret_values[i], problems);
            }
        }
    }
}

void svc_openapi_read_parameters(const struct svc_openapi_match *match, char *query,
    const struct svc_json **ret_values, struct svc_problems *problems)
{
    const struct svc_operation *operation = match->operation;

    read_path_values(match, ret_values, problems);
    int pairs = 0;
    for (char *pair; operation->parameter_count > 0 && pairs < PAIRS_MAX &&
                     (pair = strsep(&query, "&")) != NULL;
         pairs++) {
        read_pair(operation, pair, ret_values, problems);
    }
    for (size_t i = 0; i < operation->parameter_count; i++) {
        if (operation->parameters[i].required && ret_values[i] == NULL) {
            add_fault(problems, &operation->parameters[i], "is required");
        }
    }
}
