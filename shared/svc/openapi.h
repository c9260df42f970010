/* The contract of a service (OpenAPI 3.1), embedded in its binary: which operations there
 * are, and what their paths, queries and bodies must look like. */
#ifndef SVC_OPENAPI_H
#define SVC_OPENAPI_H

#include "schema.h"

/* Made from openapi/<service>.yaml by the build. */
extern const char svc_openapi_document[];
extern const size_t svc_openapi_document_size;

#define SVC_OPENAPI_SEGMENTS_MAX 8

struct svc_parameter {
    const char *name;
    bool in_path; /* else in the query */
    bool required;
    const struct svc_schema *schema;
};

struct svc_operation {
    const char *id; /* operationId; the route table names its handler by it */
    const char *method;
    const char *path; /* the template, as in the contract; a label in metrics */
    struct svc_slice segments[SVC_OPENAPI_SEGMENTS_MAX]; /* "{name}" without the braces */
    bool is_parameter[SVC_OPENAPI_SEGMENTS_MAX];
    size_t segment_count;
    struct svc_parameter *parameters;
    size_t parameter_count;
    const struct svc_schema *body; /* NULL: takes none */
    bool body_required;
    bool secured; /* needs the bearer token */
    size_t index; /* in its document */
};

struct svc_openapi {
    struct svc_arena arena;
    const struct svc_json *document;
    struct svc_schema_compiler compiler;
    struct svc_operation *operations;
    size_t operation_count;
};

/* Reads and compiles a document. On failure false, with a line in `ret_error`. */
SVC_MUST_CHECK bool svc_openapi_load(
    struct svc_openapi *api, struct svc_slice text, char ret_error[256]);
void svc_openapi_done(struct svc_openapi *api);

struct svc_openapi_match {
    const struct svc_operation *operation;
    struct svc_slice
        values[SVC_OPENAPI_SEGMENTS_MAX]; /* of the path's parameters, decoded */
};

/* Finds the operation for METHOD and PATH (without query). PATH is cut and decoded in
 * place. Else NOT_FOUND, METHOD_NOT_ALLOWED or MALFORMED. */
SVC_MUST_CHECK enum svc_status svc_openapi_match(const struct svc_openapi *api,
    const char *method, char *path, struct svc_openapi_match *ret_match);

/* Writes the methods that PATH takes, "GET, POST", as the Allow header wants them. PATH
 * is changed as by svc_openapi_match. */
void svc_openapi_allowed(
    const struct svc_openapi *api, char *path, struct svc_buf *ret_allowed);

/* Checks the path's and the query's parameters. QUERY is decoded in place. `ret_values`
 * has one entry a parameter of the operation, NULL where it isn't given; each has the
 * type that its schema wants. Parameters that the contract doesn't name are passed over:
 * Meta adds some to what it was given. */
void svc_openapi_read_parameters(const struct svc_openapi_match *match, char *query,
    const struct svc_json **ret_values, struct svc_problems *problems);

#endif
