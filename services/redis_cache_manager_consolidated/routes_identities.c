#include "routes.h"

#include "identities.h"

/* A customer key, or an identity as parse_message_optimized's events give it: the wa_id
 * where there is one, else the user id. */
static struct store_identity read_identity(
    const struct svc_request *request, const char *name)
{
    const struct svc_json *value = svc_json_get(request->body, name);
    struct store_identity identity = {
        .key = svc_json_text(value),
        .wa_id = svc_json_get_text(value, "wa_id"),
        .user_id = svc_json_get_text(value, "user_id"),
        .parent_user_id = svc_json_get_text(value, "parent_user_id"),
    };

    if (identity.key.text == NULL) {
        identity.key = identity.wa_id.text != NULL ? identity.wa_id : identity.user_id;
    }
    return identity;
}

enum svc_status post_identity_change(struct svc_request *request, struct svc_reply *reply)
{
    struct manager *manager = routes_manager(request);
    struct store_identity previous = read_identity(request, "previous");
    struct store_identity current = read_identity(request, "current");
    struct identity_outcome outcome;
    enum svc_status status = identities_change(
        &manager->sessions, request->arena, &previous, &current, &outcome);
    if (status != SVC_OK) {
        return routes_fail(reply, status);
    }
    cache_forget_customer(manager->cache, previous.key);
    svc_json_write_object_begin(&reply->json);
    svc_json_write_field_slice(&reply->json, "customer_key", current.key);
    svc_json_write_field_bool(&reply->json, "session_moved", outcome.session_moved);
    svc_json_write_field_bool(&reply->json, "turn_moved", outcome.turn_moved);
    svc_json_write_field_bool(
        &reply->json, "customer_moved", outcome.rows.customers_moved);
    svc_json_write_object_end(&reply->json);
    return SVC_OK;
}
