#include "weights.h"

#include "checksum.h"

#include <svc/json.h>

#include <math.h>
#include <string.h>

#define WEIGHT_MAX 1000.0

static const char *const field_names[FIELDS] = {
    [FIELD_NAME] = "name",
    [FIELD_BRAND] = "brand",
    [FIELD_CATEGORY] = "category",
    [FIELD_ATTRIBUTES] = "attributes",
    [FIELD_DESCRIPTION] = "description",
};

static const char *const tier_names[MATCH_TIERS] = {
    [MATCH_EXACT] = "exact",
    [MATCH_STEM] = "stem",
    [MATCH_SYNONYM] = "synonym",
    [MATCH_PREFIX] = "prefix",
    [MATCH_TYPO] = "typo",
};

/* A name of the file, and the number or numbers it sets. */
struct entry {
    const char *name;
    size_t offset;
    const char *const *parts; /* NULL: one number */
    size_t part_count;
    double max;
};

#define NUMBER(member, limit)                                                            \
    {                                                                                    \
#member, offsetof(struct weights, member), NULL, 0, limit                        \
    }

static const struct entry entries[] = {
    NUMBER(k1, 100),
    {"field", offsetof(struct weights, field), field_names, FIELDS, WEIGHT_MAX},
    {"b", offsetof(struct weights, b), field_names, FIELDS, 1},
    {"tier", offsetof(struct weights, tier), tier_names, MATCH_TIERS, 1},
    NUMBER(coverage, 100),
    NUMBER(phrase, WEIGHT_MAX),
    NUMBER(proximity, WEIGHT_MAX),
    NUMBER(name_whole, WEIGHT_MAX),
    NUMBER(head, WEIGHT_MAX),
    NUMBER(category_whole, WEIGHT_MAX),
    NUMBER(in_stock, WEIGHT_MAX),
    NUMBER(available, WEIGHT_MAX),
    NUMBER(on_offer, WEIGHT_MAX),
    NUMBER(featured, WEIGHT_MAX),
    NUMBER(popularity, WEIGHT_MAX),
    NUMBER(learned, WEIGHT_MAX),
};

void weights_default(struct weights *weights)
{
    *weights = (struct weights){
        .k1 = 0.84,
        .field =
            {
                [FIELD_NAME] = 6.0,
                [FIELD_BRAND] = 2.0,
                [FIELD_CATEGORY] = 1.5,
                [FIELD_ATTRIBUTES] = 1.5,
                [FIELD_DESCRIPTION] = 0.6,
            },
        .b =
            {
                [FIELD_NAME] = 0.5,
                [FIELD_BRAND] = 0.2,
                [FIELD_CATEGORY] = 0.2,
                [FIELD_ATTRIBUTES] = 0.3,
                [FIELD_DESCRIPTION] = 0.6,
            },
        .tier =
            {
                [MATCH_EXACT] = 1.0,
                [MATCH_STEM] = 0.92,
                [MATCH_SYNONYM] = 0.8,
                [MATCH_PREFIX] = 0.6,
                [MATCH_TYPO] = 0.5,
            },
        .coverage = 1.5,
        .phrase = 0.10,
        .proximity = 0.06,
        .name_whole = 0.04,
        .head = 0.375,
        .category_whole = 0.2,
        .in_stock = 0.20,
        .available = 0.10,
        .on_offer = 0.02,
        .featured = 0.02,
        .popularity = 0.06,
        .learned = 0.35,
    };
}

static const struct entry *find_entry(struct svc_slice name)
{
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++) {
        if (svc_slice_equals(name, entries[i].name)) {
            return &entries[i];
        }
    }
    return NULL;
}

static const char *read_number(
    const struct svc_json *value, double max, double *ret_number)
{
    double number = svc_json_to_double(value);

    if (isnan(number)) {
        return "a weight is a number";
    }
    if (number < 0 || number > max) {
        return max <= 1
                   ? "a tier's weight and b are from 0 to 1"
                   : "a weight is out of its range (0 to 1000, k1 and coverage to 100)";
    }
    *ret_number = number;
    return NULL;
}

static const char *read_part(
    const struct entry *entry, const struct svc_json *value, double *numbers)
{
    for (size_t i = 0; i < entry->part_count; i++) {
        if (svc_slice_equals(value->key, entry->parts[i])) {
            return read_number(value, entry->max, &numbers[i]);
        }
    }
    return "a name inside field, b or tier is not known";
}

static const char *read_entry(struct weights *weights, const struct svc_json *value)
{
    const struct entry *entry = find_entry(value->key);

    if (entry == NULL) {
        return "a weight's name is not known";
    }
    double *numbers = (double *)(void *)((char *)weights + entry->offset);
    if (entry->parts == NULL) {
        return read_number(value, entry->max, numbers);
    }
    if (!svc_json_is(value, SVC_JSON_OBJECT)) {
        return "field, b and tier are objects";
    }
    const char *fault = NULL;
    for (const struct svc_json *part = value->first; part != NULL && fault == NULL;
         part = part->next) {
        fault = read_part(entry, part, numbers);
    }
    return fault;
}

const char *weights_read(struct weights *weights, const char *json, size_t length)
{
    const struct svc_json_limits limits = {.depth = 4, .values = 200};
    struct svc_arena arena = {0};
    struct svc_json_error error = {0};
    struct weights read = *weights;
    size_t replaced = 0;
    const char *fault = NULL;

    const struct svc_json *root =
        svc_json_read(&arena, json, length, &limits, &replaced, &error);
    if (root == NULL) {
        fault = error.reason;
    } else if (!svc_json_is(root, SVC_JSON_OBJECT)) {
        fault = "the weights are an object";
    } else {
        for (const struct svc_json *value = root->first; value != NULL && fault == NULL;
             value = value->next) {
            fault = read_entry(&read, value);
        }
    }
    if (fault == NULL) {
        *weights = read;
    }
    svc_arena_done(&arena);
    return fault;
}

uint64_t weights_index_hash(const struct weights *weights)
{
    uint64_t hash = checksum_bytes(&weights->k1, sizeof weights->k1, 1);

    hash = checksum_bytes(weights->field, sizeof weights->field, hash);
    return checksum_bytes(weights->b, sizeof weights->b, hash);
}
