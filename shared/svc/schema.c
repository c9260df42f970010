#include "schema_private.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#define NO_LIMIT INT64_MAX

typedef bool keyword_reader(
    struct svc_schema_compiler *, struct svc_schema *, const struct svc_json *);

static bool fail(struct svc_schema_compiler *compiler, const struct svc_json *source,
    const char *reason)
{
    struct svc_slice key = source != NULL ? source->key : (struct svc_slice){0};

    snprintf(compiler->error, sizeof compiler->error, "schema keyword \"%.*s\": %s",
        (int)key.length, key.text != NULL ? key.text : "", reason);
    return false;
}

static const struct {
    const char *name;
    unsigned bit;
    const char *text;
} type_names[] = {
    {"null", SVC_SCHEMA_NULL, "null"},
    {"boolean", SVC_SCHEMA_BOOLEAN, "true or false"},
    {"number", SVC_SCHEMA_NUMBER, "a number"},
    {"integer", SVC_SCHEMA_INTEGER, "a whole number"},
    {"string", SVC_SCHEMA_STRING, "a string"},
    {"array", SVC_SCHEMA_ARRAY, "an array"},
    {"object", SVC_SCHEMA_OBJECT, "an object"},
};

static bool add_type(
    struct svc_buf *text, struct svc_schema *schema, struct svc_slice name)
{
    for (size_t i = 0; i < sizeof type_names / sizeof type_names[0]; i++) {
        if (svc_slice_equals(name, type_names[i].name)) {
            svc_buf_add_text(text, schema->types != 0 ? " or " : "");
            svc_buf_add_text(text, type_names[i].text);
            schema->types |= type_names[i].bit;
            return true;
        }
    }
    return false;
}

static bool read_type(struct svc_schema_compiler *compiler, struct svc_schema *schema,
    const struct svc_json *source)
{
    struct svc_buf text;
    bool array = svc_json_is(source, SVC_JSON_ARRAY);
    const struct svc_json *name = array ? source->first : source;
    bool known = name != NULL;

    svc_buf_init(&text, 256);
    for (; known && name != NULL; name = array ? name->next : NULL) {
        known = add_type(&text, schema, svc_json_text(name));
    }
    schema->types_text =
        svc_arena_strndup(compiler->arena, svc_buf_text(&text), text.length);
    svc_buf_done(&text);
    return known || fail(compiler, source, "unknown type");
}

static bool read_enum(struct svc_schema_compiler *compiler, struct svc_schema *schema,
    const struct svc_json *source)
{
    schema->enumeration = source;
    return svc_json_is(source, SVC_JSON_ARRAY) ||
           fail(compiler, source, "must be an array");
}

static bool read_const(struct svc_schema_compiler *compiler, struct svc_schema *schema,
    const struct svc_json *source)
{
    (void)compiler;
    schema->constant = source;
    return true;
}

static bool read_list(struct svc_schema_compiler *compiler, struct svc_schema_list *list,
    const struct svc_json *source)
{
    if (!svc_json_is(source, SVC_JSON_ARRAY)) {
        return fail(compiler, source, "must be an array");
    }
    list->items = svc_arena_alloc(compiler->arena, source->count * sizeof *list->items);
    const struct svc_json *element = source->first;
    for (; element != NULL; element = element->next) {
        const struct svc_schema *schema = svc_schema_compile(compiler, element);
        if (schema == NULL) {
            return false;
        }
        list->items[list->count++] = schema;
    }
    return true;
}

static bool read_all_of(struct svc_schema_compiler *compiler, struct svc_schema *schema,
    const struct svc_json *source)
{
    return read_list(compiler, &schema->all_of, source);
}

static bool read_any_of(struct svc_schema_compiler *compiler, struct svc_schema *schema,
    const struct svc_json *source)
{
    return read_list(compiler, &schema->any_of, source);
}

static bool read_one_of(struct svc_schema_compiler *compiler, struct svc_schema *schema,
    const struct svc_json *source)
{
    return read_list(compiler, &schema->one_of, source);
}

static bool read_properties(struct svc_schema_compiler *compiler,
    struct svc_schema *schema, const struct svc_json *source)
{
    if (!svc_json_is(source, SVC_JSON_OBJECT)) {
        return fail(compiler, source, "must be an object");
    }
    schema->properties =
        svc_arena_alloc(compiler->arena, source->count * sizeof *schema->properties);
    const struct svc_json *member = source->first;
    for (; member != NULL; member = member->next) {
        struct svc_schema_property *property =
            &schema->properties[schema->property_count++];
        property->name = member->key;
        property->schema = svc_schema_compile(compiler, member);
        if (property->schema == NULL) {
            return false;
        }
    }
    return true;
}

static bool read_required(struct svc_schema_compiler *compiler, struct svc_schema *schema,
    const struct svc_json *source)
{
    schema->required = source;
    return svc_json_is(source, SVC_JSON_ARRAY) ||
           fail(compiler, source, "must be an array");
}

static bool read_additional(struct svc_schema_compiler *compiler,
    struct svc_schema *schema, const struct svc_json *source)
{
    schema->closed = svc_json_is(source, SVC_JSON_FALSE);
    if (!svc_json_is(source, SVC_JSON_OBJECT)) {
        return true;
    }
    schema->additional = svc_schema_compile(compiler, source);
    return schema->additional != NULL;
}

static bool read_items(struct svc_schema_compiler *compiler, struct svc_schema *schema,
    const struct svc_json *source)
{
    schema->items = svc_schema_compile(compiler, source);
    return schema->items != NULL;
}

static bool read_pattern(struct svc_schema_compiler *compiler, struct svc_schema *schema,
    const struct svc_json *source)
{
    int code = 0;
    PCRE2_SIZE offset = 0;
    struct svc_slice text = svc_json_text(source);

    if (text.text == NULL) {
        return fail(compiler, source, "must be a string");
    }
    schema->pattern = pcre2_compile((PCRE2_SPTR)text.text, text.length,
        PCRE2_UTF | PCRE2_NO_UTF_CHECK | PCRE2_DOLLAR_ENDONLY, &code, &offset, NULL);
    schema->pattern_text = text.text;
    return schema->pattern != NULL || fail(compiler, source, "not a regular expression");
}

static bool read_reference(struct svc_schema_compiler *compiler,
    struct svc_schema *schema, const struct svc_json *source)
{
    struct svc_slice path = svc_json_text(source);
    const struct svc_json *target = compiler->document;

    if (path.text == NULL || strncmp(path.text, "#/", 2) != 0) {
        return fail(compiler, source, "must start with #/");
    }
    char *copy = svc_arena_strndup(compiler->arena, path.text + 2, path.length - 2);
    for (char *rest = copy, *name; (name = strsep(&rest, "/")) != NULL;) {
        target = svc_json_get(target, name);
    }
    if (target == NULL) {
        return fail(compiler, source, path.text);
    }
    schema->reference = svc_schema_compile(compiler, target);
    return schema->reference != NULL;
}

static const struct {
    const char *name;
    keyword_reader *read;
} keywords[] = {
    {"$ref", read_reference},
    {"additionalProperties", read_additional},
    {"allOf", read_all_of},
    {"anyOf", read_any_of},
    {"const", read_const},
    {"enum", read_enum},
    {"items", read_items},
    {"oneOf", read_one_of},
    {"pattern", read_pattern},
    {"properties", read_properties},
    {"required", read_required},
    {"type", read_type},
};

static const struct {
    const char *name;
    size_t offset;
} int_keywords[] = {
    {"maxItems", offsetof(struct svc_schema, max_items)},
    {"maxLength", offsetof(struct svc_schema, max_length)},
    {"maxProperties", offsetof(struct svc_schema, max_properties)},
    {"minItems", offsetof(struct svc_schema, min_items)},
    {"minLength", offsetof(struct svc_schema, min_length)},
    {"minProperties", offsetof(struct svc_schema, min_properties)},
};

static const struct {
    const char *name;
    size_t offset;
} double_keywords[] = {
    {"exclusiveMaximum", offsetof(struct svc_schema, exclusive_maximum)},
    {"exclusiveMinimum", offsetof(struct svc_schema, exclusive_minimum)},
    {"maximum", offsetof(struct svc_schema, maximum)},
    {"minimum", offsetof(struct svc_schema, minimum)},
};

static bool is_annotation(struct svc_slice name)
{
    static const char *const names[] = {"title", "description", "format", "example",
        "examples", "default", "deprecated", "readOnly", "contentMediaType", "$comment"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (svc_slice_equals(name, names[i])) {
            return true;
        }
    }
    return name.length > 2 && memcmp(name.text, "x-", 2) == 0;
}

static bool read_number(struct svc_schema_compiler *compiler, struct svc_schema *schema,
    const struct svc_json *source, bool *ret_known)
{
    for (size_t i = 0; i < sizeof int_keywords / sizeof int_keywords[0]; i++) {
        if (svc_slice_equals(source->key, int_keywords[i].name)) {
            *ret_known = true;
            int64_t *target =
                (int64_t *)(void *)((char *)schema + int_keywords[i].offset);
            return svc_json_to_int64(source, target) ||
                   fail(compiler, source, "must be a whole number");
        }
    }
    for (size_t i = 0; i < sizeof double_keywords / sizeof double_keywords[0]; i++) {
        if (svc_slice_equals(source->key, double_keywords[i].name)) {
            *ret_known = true;
            double *target =
                (double *)(void *)((char *)schema + double_keywords[i].offset);
            *target = svc_json_to_double(source);
            return !isnan(*target) || fail(compiler, source, "must be a number");
        }
    }
    return true;
}

static bool read_keyword(struct svc_schema_compiler *compiler, struct svc_schema *schema,
    const struct svc_json *source)
{
    bool known = false;

    for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++) {
        if (svc_slice_equals(source->key, keywords[i].name)) {
            return keywords[i].read(compiler, schema, source);
        }
    }
    if (!read_number(compiler, schema, source, &known)) {
        return false;
    }
    return known || is_annotation(source->key) ||
           fail(compiler, source, "not known to this validator");
}

static struct svc_schema *new_schema(
    struct svc_schema_compiler *compiler, const struct svc_json *source)
{
    struct svc_schema *schema = svc_arena_alloc(compiler->arena, sizeof *schema);

    schema->source = source;
    schema->next_made = compiler->made;
    schema->max_properties = schema->max_items = schema->max_length = NO_LIMIT;
    schema->minimum = schema->maximum = NAN;
    schema->exclusive_minimum = schema->exclusive_maximum = NAN;
    compiler->made = schema; /* before its members, so that a schema may contain itself */
    return schema;
}

const struct svc_schema *svc_schema_compile(
    struct svc_schema_compiler *compiler, const struct svc_json *source)
{
    for (struct svc_schema *made = compiler->made; made != NULL; made = made->next_made) {
        if (made->source == source) {
            return made;
        }
    }
    struct svc_schema *schema = new_schema(compiler, source);
    if (svc_json_is(source, SVC_JSON_TRUE)) {
        return schema;
    }
    if (!svc_json_is(source, SVC_JSON_OBJECT)) {
        fail(compiler, source, "a schema must be an object or true");
        return NULL;
    }
    for (const struct svc_json *member = source->first; member != NULL;
         member = member->next) {
        if (!read_keyword(compiler, schema, member)) {
            return NULL;
        }
    }
    return schema;
}

void svc_schema_compiler_done(struct svc_schema_compiler *compiler)
{
    for (struct svc_schema *at = compiler->made; at != NULL; at = at->next_made) {
        pcre2_code_free(at->pattern);
    }
    compiler->made = NULL;
}

bool svc_schema_matches(const void *pattern, struct svc_slice text)
{
    const pcre2_code *code = pattern;
    pcre2_match_data *match = pcre2_match_data_create(1, NULL);

    if (match == NULL) {
        return false;
    }
    int found = pcre2_match(
        code, (PCRE2_SPTR)text.text, text.length, 0, PCRE2_NO_UTF_CHECK, match, NULL);
    pcre2_match_data_free(match);
    return found >= 0;
}
