#include "openapi.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* The document is ours, so its limits are only there to be stated. */
static const struct svc_json_limits document_limits = {.depth = 64, .values = 200000};

static const char *const methods[] = {"get", "post", "put", "patch", "delete"};
static const char *const methods_upper[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};

#define METHOD_COUNT (sizeof methods / sizeof methods[0])

struct loader {
    struct svc_openapi *api;
    char *error;
};

static bool fail(struct loader *loader, const char *where, const char *reason)
{
    snprintf(loader->error, 256, "contract, %.60s: %.180s", where, reason);
    return false;
}

/* Follows a $ref to a parameter, a request body or a path item. */
static const struct svc_json *resolve(struct loader *loader, const struct svc_json *value)
{
    struct svc_slice reference = svc_json_get_text(value, "$ref");

    if (reference.text == NULL) {
        return value;
    }
    if (strncmp(reference.text, "#/", 2) != 0) {
        return NULL;
    }
    const struct svc_json *target = loader->api->document;
    char *copy =
        svc_arena_strndup(&loader->api->arena, reference.text + 2, reference.length - 2);
    for (char *rest = copy, *name; (name = strsep(&rest, "/")) != NULL;) {
        target = svc_json_get(target, name);
    }
    return target;
}

static bool load_parameter(
    struct loader *loader, struct svc_operation *operation, const struct svc_json *source)
{
    source = resolve(loader, source);
    struct svc_slice in = svc_json_get_text(source, "in");
    const struct svc_json *schema = svc_json_get(source, "schema");

    if (svc_slice_equals(in, "header")) {
        return true; /* headers are read by their handlers; the contract tells of them */
    }
    struct svc_parameter *parameter =
        &operation->parameters[operation->parameter_count++];
    parameter->name = svc_json_get_text(source, "name").text;
    parameter->in_path = svc_slice_equals(in, "path");
    parameter->required = svc_json_is(svc_json_get(source, "required"), SVC_JSON_TRUE);
    if (parameter->name == NULL || schema == NULL) {
        return fail(loader, operation->id, "a parameter needs name and schema");
    }
    parameter->schema = svc_schema_compile(&loader->api->compiler, schema);
    return parameter->schema != NULL ||
           fail(loader, operation->id, loader->api->compiler.error);
}

static bool load_parameters(
    struct loader *loader, struct svc_operation *operation, const struct svc_json *source)
{
    const struct svc_json *list = svc_json_get(source, "parameters");

    if (list == NULL) {
        return true;
    }
    operation->parameters =
        svc_arena_alloc(&loader->api->arena, list->count * sizeof *operation->parameters);
    for (const struct svc_json *item = list->first; item != NULL; item = item->next) {
        if (!load_parameter(loader, operation, item)) {
            return false;
        }
    }
    return true;
}

static bool load_body(
    struct loader *loader, struct svc_operation *operation, const struct svc_json *source)
{
    const struct svc_json *body = resolve(loader, svc_json_get(source, "requestBody"));

    if (body == NULL) {
        return true;
    }
    const struct svc_json *media =
        svc_json_get(svc_json_get(body, "content"), "application/json");
    const struct svc_json *schema = svc_json_get(media, "schema");
    if (schema == NULL) {
        return fail(loader, operation->id, "a body needs application/json with a schema");
    }
    operation->body_required = svc_json_is(svc_json_get(body, "required"), SVC_JSON_TRUE);
    operation->body = svc_schema_compile(&loader->api->compiler, schema);
    return operation->body != NULL ||
           fail(loader, operation->id, loader->api->compiler.error);
}

/* An operation with `security: []` is open; any other takes the document's. */
static bool is_secured(struct loader *loader, const struct svc_json *source)
{
    const struct svc_json *own = svc_json_get(source, "security");
    const struct svc_json *common = svc_json_get(loader->api->document, "security");
    const struct svc_json *security = own != NULL ? own : common;

    return security != NULL && security->count > 0;
}

static bool cut_template(struct loader *loader, struct svc_operation *operation)
{
    const char *at = operation->path;

    while (*at == '/' && at[1] != '\0') {
        size_t length = strcspn(++at, "/");
        if (operation->segment_count == SVC_OPENAPI_SEGMENTS_MAX) {
            return fail(loader, operation->path, "too many segments");
        }
        bool parameter = length > 2 && *at == '{' && at[length - 1] == '}';
        operation->is_parameter[operation->segment_count] = parameter;
        operation->segments[operation->segment_count++] =
            parameter ? (struct svc_slice){at + 1, length - 2}
                      : (struct svc_slice){at, length};
        at += length;
    }
    return true;
}

static bool load_operation(
    struct loader *loader, const struct svc_json *path, size_t method)
{
    const struct svc_json *source = svc_json_get(resolve(loader, path), methods[method]);
    struct svc_openapi *api = loader->api;

    if (source == NULL) {
        return true;
    }
    struct svc_operation *operation = &api->operations[api->operation_count];
    operation->index = api->operation_count++;
    operation->id = svc_json_get_text(source, "operationId").text;
    operation->method = methods_upper[method];
    operation->path = path->key.text;
    if (operation->id == NULL) {
        return fail(loader, path->key.text, "an operation needs an operationId");
    }
    operation->secured = is_secured(loader, source);
    return cut_template(loader, operation) &&
           load_parameters(loader, operation, source) &&
           load_body(loader, operation, source);
}

static bool load_paths(struct loader *loader)
{
    const struct svc_json *paths = svc_json_get(loader->api->document, "paths");

    if (!svc_json_is(paths, SVC_JSON_OBJECT)) {
        return fail(loader, "paths", "must be an object");
    }
    loader->api->operations = svc_arena_alloc(&loader->api->arena,
        paths->count * METHOD_COUNT * sizeof *loader->api->operations);
    for (const struct svc_json *path = paths->first; path != NULL; path = path->next) {
        for (size_t method = 0; method < METHOD_COUNT; method++) {
            if (!load_operation(loader, path, method)) {
                return false;
            }
        }
    }
    return true;
}

bool svc_openapi_load(struct svc_openapi *api, struct svc_slice text, char ret_error[256])
{
    struct svc_json_error error;
    size_t replaced = 0;
    struct loader loader = {.api = api, .error = ret_error};

    *api = (struct svc_openapi){0};
    api->document = svc_json_read(
        &api->arena, text.text, text.length, &document_limits, &replaced, &error);
    if (api->document == NULL) {
        return fail(&loader, "document", error.reason);
    }
    api->compiler.arena = &api->arena;
    api->compiler.document = api->document;
    return load_paths(&loader);
}

void svc_openapi_done(struct svc_openapi *api)
{
    svc_schema_compiler_done(&api->compiler);
    svc_arena_done(&api->arena);
}

/* What follows the host where a proxy names that, too: "http://host/path". */
static char *skip_authority(char *path)
{
    static const char scheme[] = "http://";

    if (strncasecmp(path, scheme, sizeof scheme - 1) != 0) {
        return path;
    }
    path += sizeof scheme - 1;
    return path + strcspn(path, "/");
}

/* Cuts PATH at its slashes and decodes each part; -1 for one that can't be decoded. */
static int cut_path(char *path, struct svc_slice segments[SVC_OPENAPI_SEGMENTS_MAX])
{
    int count = 0;

    path = skip_authority(path);
    if (*path != '/' && *path != '\0') {
        return SVC_OPENAPI_SEGMENTS_MAX + 1; /* as "*", which no template matches */
    }
    while (*path == '/' && path[1] != '\0') {
        char *segment = ++path;
        size_t length = strcspn(segment, "/");
        path += length;
        if (count == SVC_OPENAPI_SEGMENTS_MAX) {
            return SVC_OPENAPI_SEGMENTS_MAX + 1; /* longer than any template */
        }
        ptrdiff_t decoded = svc_text_percent_decode(segment, length, false);
        if (decoded < 0 || memchr(segment, '\0', (size_t)decoded) != NULL ||
            !svc_text_is_utf8(segment, (size_t)decoded, NULL)) {
            return -1;
        }
        segments[count++] = (struct svc_slice){segment, (size_t)decoded};
    }
    return count;
}

static bool matches(
    const struct svc_operation *operation, const struct svc_slice *segments, size_t count)
{
    if (operation->segment_count != count) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (operation->is_parameter[i]
                ? segments[i].length == 0
                : segments[i].length != operation->segments[i].length ||
                      memcmp(segments[i].text, operation->segments[i].text,
                          segments[i].length) != 0) {
            return false;
        }
    }
    return true;
}

/* HEAD is GET whose body the server leaves out. */
static bool is_method(const struct svc_operation *operation, const char *method)
{
    return strcmp(operation->method, strcmp(method, "HEAD") == 0 ? "GET" : method) == 0;
}

enum svc_status svc_openapi_match(const struct svc_openapi *api, const char *method,
    char *path, struct svc_openapi_match *ret_match)
{
    struct svc_slice segments[SVC_OPENAPI_SEGMENTS_MAX];
    int count = cut_path(path, segments);
    bool known_path = false;

    if (count < 0) {
        return SVC_MALFORMED;
    }
    for (size_t i = 0; i < api->operation_count; i++) {
        const struct svc_operation *operation = &api->operations[i];
        if (!matches(operation, segments, (size_t)count)) {
            continue;
        }
        known_path = true;
        if (is_method(operation, method)) {
            ret_match->operation = operation;
            memcpy(ret_match->values, segments, sizeof segments);
            return SVC_OK;
        }
    }
    return known_path ? SVC_METHOD_NOT_ALLOWED : SVC_NOT_FOUND;
}

void svc_openapi_allowed(
    const struct svc_openapi *api, char *path, struct svc_buf *ret_allowed)
{
    struct svc_slice segments[SVC_OPENAPI_SEGMENTS_MAX];
    int count = cut_path(path, segments);

    for (size_t i = 0; count >= 0 && i < api->operation_count; i++) {
        if (matches(&api->operations[i], segments, (size_t)count)) {
            svc_buf_add_text(ret_allowed, ret_allowed->length > 0 ? ", " : "");
            svc_buf_add_text(ret_allowed, api->operations[i].method);
            bool get = strcmp(api->operations[i].method, "GET") == 0;
            svc_buf_add_text(ret_allowed, get ? ", HEAD" : "");
        }
    }
}
