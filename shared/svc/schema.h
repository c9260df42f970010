/* JSON Schema 2020-12, the part that our contracts use, compiled once and checked on
 * every request. A keyword that isn't known here stops the start: a contract must not
 * promise what nothing checks.
 *
 * Known: type, enum, const, $ref (within the document), allOf, anyOf, oneOf, properties,
 * required, additionalProperties, minProperties, maxProperties, items, minItems,
 * maxItems, minLength, maxLength (in characters), pattern, minimum, maximum,
 * exclusiveMinimum, exclusiveMaximum. Annotations (title, description, format, examples,
 * default, x-...) are passed over. */
#ifndef SVC_SCHEMA_H
#define SVC_SCHEMA_H

#include "problem.h"

struct svc_schema;

/* Compiles the schemas of one document, each once, however often it is referred to. */
struct svc_schema_compiler {
    struct svc_arena *arena; /* schemas live in it, as the document must */
    const struct svc_json *document;
    struct svc_schema *made; /* a list */
    char error[256];
};

/* NULL, with `compiler->error`, on failure. */
SVC_MUST_CHECK const struct svc_schema *svc_schema_compile(
    struct svc_schema_compiler *compiler, const struct svc_json *source);

/* Frees what the schemas hold beside their arena; before that ends. */
void svc_schema_compiler_done(struct svc_schema_compiler *compiler);

/* Adds to PROBLEMS everything in VALUE that SCHEMA doesn't allow; true when nothing is.
 * PLACE (may be NULL) is where VALUE stands. */
bool svc_schema_check(const struct svc_schema *schema, const struct svc_json *value,
    const struct svc_place *place, struct svc_problems *problems);

/* Whether SCHEMA takes values of TYPE at its top. */
bool svc_schema_takes(const struct svc_schema *schema, enum svc_json_type type);

/* Whether SCHEMA names a property NAME itself. */
bool svc_schema_has_property(const struct svc_schema *schema, const char *name);

#endif
