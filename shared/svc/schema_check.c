#include "schema_private.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static unsigned type_bits(const struct svc_json *value)
{
    static const unsigned bits[] = {
        [SVC_JSON_NULL] = SVC_SCHEMA_NULL,
        [SVC_JSON_FALSE] = SVC_SCHEMA_BOOLEAN,
        [SVC_JSON_TRUE] = SVC_SCHEMA_BOOLEAN,
        [SVC_JSON_NUMBER] = SVC_SCHEMA_NUMBER,
        [SVC_JSON_STRING] = SVC_SCHEMA_STRING,
        [SVC_JSON_ARRAY] = SVC_SCHEMA_ARRAY,
        [SVC_JSON_OBJECT] = SVC_SCHEMA_OBJECT,
    };
    return bits[value->type];
}

static bool is_whole(const struct svc_json *value)
{
    double number = svc_json_to_double(value);

    return isfinite(number) && number == trunc(number);
}

static bool has_type(unsigned types, const struct svc_json *value)
{
    if (types == 0 || (types & type_bits(value)) != 0) {
        return true;
    }
    return (types & SVC_SCHEMA_INTEGER) != 0 && value->type == SVC_JSON_NUMBER &&
           is_whole(value);
}

static bool equals(const struct svc_json *left, const struct svc_json *right)
{
    if (left->type != right->type) {
        return false;
    }
    if (left->type == SVC_JSON_NUMBER) {
        return svc_json_to_double(left) == svc_json_to_double(right);
    }
    if (left->type == SVC_JSON_STRING) {
        return left->text.length == right->text.length &&
               memcmp(left->text.text, right->text.text, left->text.length) == 0;
    }
    /* Our contracts enumerate plain values only. */
    return left->type != SVC_JSON_ARRAY && left->type != SVC_JSON_OBJECT;
}

static size_t count_characters(struct svc_slice text)
{
    size_t count = 0;

    for (size_t i = 0; i < text.length; i++) {
        count += (text.text[i] & 0xC0) != 0x80;
    }
    return count;
}

static void describe_enum(const struct svc_schema *schema, const struct svc_place *place,
    struct svc_problems *problems)
{
    struct svc_buf text;
    struct svc_json_writer writer;

    svc_buf_init(&text, 200);
    svc_json_write_init(&writer, &text);
    svc_json_write_value(&writer, schema->enumeration);
    svc_problems_add(problems, place, "must be one of %s%s", svc_buf_text(&text),
        text.overflow ? "..." : "");
    svc_buf_done(&text);
}

static void check_values(const struct svc_schema *schema, const struct svc_json *value,
    const struct svc_place *place, struct svc_problems *problems)
{
    if (schema->constant != NULL && !equals(schema->constant, value)) {
        struct svc_slice text = svc_json_text(schema->constant);
        if (text.text != NULL) {
            svc_problems_add(problems, place, "must be \"%.100s\"", text.text);
        } else {
            svc_problems_add(problems, place, "must be the constant of the contract");
        }
    }
    if (schema->enumeration == NULL) {
        return;
    }
    const struct svc_json *choice = schema->enumeration->first;
    while (choice != NULL && !equals(choice, value)) {
        choice = choice->next;
    }
    if (choice == NULL) {
        describe_enum(schema, place, problems);
    }
}

static void check_string(const struct svc_schema *schema, const struct svc_json *value,
    const struct svc_place *place, struct svc_problems *problems)
{
    if (schema->min_length > 0 || schema->max_length < INT64_MAX) {
        int64_t length = (int64_t)count_characters(value->text);
        if (length < schema->min_length) {
            svc_problems_add(problems, place, "must have at least %" PRId64 " characters",
                schema->min_length);
        }
        if (length > schema->max_length) {
            svc_problems_add(problems, place, "must have at most %" PRId64 " characters",
                schema->max_length);
        }
    }
    if (schema->pattern != NULL && !svc_schema_matches(schema->pattern, value->text)) {
        svc_problems_add(problems, place, "must match %s", schema->pattern_text);
    }
}

static void check_number(const struct svc_schema *schema, const struct svc_json *value,
    const struct svc_place *place, struct svc_problems *problems)
{
    double number = svc_json_to_double(value);

    if (number < schema->minimum) {
        svc_problems_add(problems, place, "must be at least %.15g", schema->minimum);
    }
    if (number > schema->maximum) {
        svc_problems_add(problems, place, "must be at most %.15g", schema->maximum);
    }
    if (number <= schema->exclusive_minimum) {
        svc_problems_add(
            problems, place, "must be more than %.15g", schema->exclusive_minimum);
    }
    if (number >= schema->exclusive_maximum) {
        svc_problems_add(
            problems, place, "must be less than %.15g", schema->exclusive_maximum);
    }
}

static void check_array(const struct svc_schema *schema, const struct svc_json *value,
    const struct svc_place *place, struct svc_problems *problems)
{
    if (value->count < schema->min_items) {
        svc_problems_add(problems, place, "must have at least %" PRId64 " elements",
            schema->min_items);
    }
    if (value->count > schema->max_items) {
        svc_problems_add(
            problems, place, "must have at most %" PRId64 " elements", schema->max_items);
        return;
    }
    if (schema->items == NULL) {
        return;
    }
    struct svc_place inside = {.parent = place};
    for (const struct svc_json *item = value->first; item != NULL; item = item->next) {
        svc_schema_check(schema->items, item, &inside, problems);
        inside.index++;
    }
}

static const struct svc_schema_property *find_property(
    const struct svc_schema *schema, struct svc_slice name)
{
    for (size_t i = 0; i < schema->property_count; i++) {
        const struct svc_schema_property *property = &schema->properties[i];
        if (property->name.length == name.length &&
            memcmp(property->name.text, name.text, name.length) == 0) {
            return property;
        }
    }
    return NULL;
}

static void check_member(const struct svc_schema *schema, const struct svc_json *member,
    const struct svc_place *place, struct svc_problems *problems)
{
    const struct svc_schema_property *property = find_property(schema, member->key);
    const struct svc_schema *rule =
        property != NULL ? property->schema : schema->additional;
    struct svc_place inside = {.parent = place, .name = member->key};

    if (rule != NULL) {
        svc_schema_check(rule, member, &inside, problems);
        return;
    }
    if (property == NULL && schema->closed) {
        svc_problems_add(problems, &inside, "is not a field of this request");
    }
}

static void check_object(const struct svc_schema *schema, const struct svc_json *value,
    const struct svc_place *place, struct svc_problems *problems)
{
    const struct svc_json *name =
        schema->required != NULL ? schema->required->first : NULL;

    for (; name != NULL; name = name->next) {
        if (svc_json_get(value, name->text.text) == NULL) {
            struct svc_place missing = {.parent = place, .name = name->text};
            svc_problems_add(problems, &missing, "is required");
        }
    }
    if (value->count < schema->min_properties) {
        svc_problems_add(problems, place, "must have at least %" PRId64 " members",
            schema->min_properties);
    }
    if (value->count > schema->max_properties) {
        svc_problems_add(problems, place, "must have at most %" PRId64 " members",
            schema->max_properties);
    }
    for (const struct svc_json *member = value->first; member != NULL;
         member = member->next) {
        check_member(schema, member, place, problems);
    }
}

/* How many of LIST take VALUE. */
static size_t count_matches(const struct svc_schema_list *list,
    const struct svc_json *value, const struct svc_problems *problems)
{
    size_t matches = 0;

    for (size_t i = 0; i < list->count; i++) {
        struct svc_problems ignored = {.arena = problems->arena};
        matches += svc_schema_check(list->items[i], value, NULL, &ignored);
    }
    return matches;
}

static void check_combined(const struct svc_schema *schema, const struct svc_json *value,
    const struct svc_place *place, struct svc_problems *problems)
{
    for (size_t i = 0; i < schema->all_of.count; i++) {
        svc_schema_check(schema->all_of.items[i], value, place, problems);
    }
    if (schema->any_of.count > 0 &&
        count_matches(&schema->any_of, value, problems) == 0) {
        svc_problems_add(
            problems, place, "has none of the forms that the contract allows");
    }
    if (schema->one_of.count > 0 &&
        count_matches(&schema->one_of, value, problems) != 1) {
        svc_problems_add(problems, place,
            "must have exactly one of the forms that the contract allows");
    }
}

bool svc_schema_check(const struct svc_schema *schema, const struct svc_json *value,
    const struct svc_place *place, struct svc_problems *problems)
{
    size_t before = problems->count + problems->left_out;

    if (schema->reference != NULL) {
        svc_schema_check(schema->reference, value, place, problems);
    }
    if (!has_type(schema->types, value)) {
        svc_problems_add(problems, place, "must be %s, not %s", schema->types_text,
            svc_json_type_name(value));
        return false; /* what follows would only repeat it */
    }
    check_values(schema, value, place, problems);
    if (value->type == SVC_JSON_STRING) {
        check_string(schema, value, place, problems);
    } else if (value->type == SVC_JSON_NUMBER) {
        check_number(schema, value, place, problems);
    } else if (value->type == SVC_JSON_ARRAY) {
        check_array(schema, value, place, problems);
    } else if (value->type == SVC_JSON_OBJECT) {
        check_object(schema, value, place, problems);
    }
    check_combined(schema, value, place, problems);
    return problems->count + problems->left_out == before;
}

bool svc_schema_takes(const struct svc_schema *schema, enum svc_json_type type)
{
    const struct svc_json probe = {.type = type};

    if (schema->reference != NULL) {
        return svc_schema_takes(schema->reference, type);
    }
    return schema->types == 0 || (schema->types & type_bits(&probe)) != 0;
}

bool svc_schema_has_property(const struct svc_schema *schema, const char *name)
{
    if (schema->reference != NULL) {
        return svc_schema_has_property(schema->reference, name);
    }
    return find_property(schema, (struct svc_slice){name, strlen(name)}) != NULL;
}
