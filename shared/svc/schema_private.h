/* What schema.c builds and schema_check.c walks. */
#ifndef SVC_SCHEMA_PRIVATE_H
#define SVC_SCHEMA_PRIVATE_H

#include "schema.h"

enum svc_schema_type_bit {
    SVC_SCHEMA_NULL = 1,
    SVC_SCHEMA_BOOLEAN = 2,
    SVC_SCHEMA_NUMBER = 4,
    SVC_SCHEMA_STRING = 8,
    SVC_SCHEMA_ARRAY = 16,
    SVC_SCHEMA_OBJECT = 32,
    SVC_SCHEMA_INTEGER = 64,
};

struct svc_schema_list {
    const struct svc_schema **items;
    size_t count;
};

struct svc_schema_property {
    struct svc_slice name;
    const struct svc_schema *schema;
};

struct svc_schema {
    struct svc_schema *next_made;
    const struct svc_json *source;

    const struct svc_schema *reference; /* of a $ref */
    unsigned types;                     /* bits; 0: any */
    const char *types_text;             /* "a string or null" */
    const struct svc_json *enumeration; /* array */
    const struct svc_json *constant;
    struct svc_schema_list all_of;
    struct svc_schema_list any_of;
    struct svc_schema_list one_of;

    struct svc_schema_property *properties;
    size_t property_count;
    const struct svc_json *required; /* array of strings */
    bool closed;                     /* additionalProperties: false */
    const struct svc_schema *additional;
    int64_t min_properties, max_properties;

    const struct svc_schema *items;
    int64_t min_items, max_items;

    int64_t min_length, max_length;
    void *pattern; /* pcre2_code */
    const char *pattern_text;

    double minimum, maximum; /* NaN: none */
    double exclusive_minimum, exclusive_maximum;
};

/* Whether TEXT matches a compiled pattern; a match that costs too much counts as none. */
bool svc_schema_matches(const void *pattern, struct svc_slice text);

#endif
