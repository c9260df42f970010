/* The forms in which an n8n HTTP Request node sends what a service takes: the object
 * itself, an array of such objects (a node that runs once for all items), or the item
 * that a Webhook node made, {headers, params, query, body}. */
#include "app_private.h"

#include <string.h>

/* The object in a Webhook node's item; the value itself where it is none. An operation
 * that has a field called "body" can't be meant that way. */
static const struct svc_json *find_inner(
    const struct svc_operation *operation, const struct svc_json *value)
{
    const struct svc_json *body = svc_json_get(value, "body");
    bool item = svc_json_get(value, "headers") != NULL ||
                svc_json_get(value, "query") != NULL ||
                svc_json_get(value, "params") != NULL;

    if (body == NULL || !item || svc_schema_has_property(operation->body, "body")) {
        return value;
    }
    return body;
}

static void unwrap(const struct svc_operation *operation, const struct svc_json *value,
    struct svc_body *ret_body)
{
    ret_body->value = find_inner(operation, value);
    if (ret_body->value != value) {
        ret_body->item = value;
        ret_body->place.name = SVC_SLICE("body");
    }
}

void svc_bodies_unwrap(struct svc_arena *arena, const struct svc_operation *operation,
    const struct svc_json *whole, struct svc_bodies *ret_bodies)
{
    bool array = svc_json_is(whole, SVC_JSON_ARRAY) &&
                 !svc_schema_takes(operation->body, SVC_JSON_ARRAY) && whole->count > 0;
    size_t count = array ? whole->count : 1;
    const struct svc_json *element = array ? whole->first : whole;

    ret_bodies->list = svc_arena_alloc(arena, count * sizeof *ret_bodies->list);
    ret_bodies->count = count;
    ret_bodies->array = array;
    for (size_t i = 0; i < count; i++) {
        struct svc_body *body = &ret_bodies->list[i];
        unwrap(operation, element, body);
        body->outer.index = i;
        body->place.parent = array ? &body->outer : NULL;
        element = array ? element->next : NULL;
    }
}
