/* Categories, and one product. */
#include "routes.h"

enum svc_status get_categories(struct svc_request *request, struct svc_reply *reply)
{
    struct svc_json_writer *writer = &reply->json;
    struct category_list list;
    struct reply message;
    struct answer answer;

    find_categories(request, &list);
    if (list.count == 0 && list.list == NULL) {
        reply->detail = "the categories aren't read yet, and PostgreSQL can't answer";
        return SVC_UNAVAILABLE;
    }
    struct shop shop = feed_shop(state_of(request)->feed);
    shop.minor_per_unit = list.minor_per_unit;
    start_reply(&message, request, writer, &shop, parameter_text(request, "language"),
        parameter_text(request, "customer_phone"));
    answer_init(&answer, writer, &message.shop, message.now_s);
    svc_json_write_object_begin(writer);
    svc_json_write_key(writer, "categories");
    svc_json_write_array_begin(writer);
    for (size_t i = 0; i < list.count; i++) {
        answer_category(&answer, &list.list[i]);
    }
    svc_json_write_array_end(writer);
    svc_json_write_field_int(writer, "total", (int64_t)list.count);
    svc_json_write_field_text(writer, "currency", message.shop.currency);
    svc_json_write_key(writer, "reply");
    reply_categories(&message, &list, (size_t)parameter_int(request, "offset", 0));
    svc_json_write_object_end(writer);
    answer_done(&answer);
    return SVC_OK;
}

enum svc_status get_category_products(
    struct svc_request *request, struct svc_reply *reply)
{
    struct svc_slice sort = parameter_text(request, "sort");
    struct asked asked = {
        .shop = feed_shop(state_of(request)->feed),
        .customer = parameter_text(request, "customer_phone"),
        .language = parameter_text(request, "language"),
    };

    search_init(&asked.search);
    asked.search.category_id = parameter_int(request, "id", 0);
    asked.search.on_offer = parameter_bool(request, "on_offer");
    asked.search.in_stock = parameter_bool(request, "in_stock");
    asked.search.sort = sort.length > 0 ? search_sort_find(sort) : -1;
    asked.search.limit = (size_t)parameter_int(request, "limit", 0);
    asked.search.facets = true;
    enum svc_status status = follow_cursor(
        request, reply, parameter_text(request, "cursor"), "query.cursor", &asked.search);
    if (status != SVC_OK) {
        return status;
    }
    return answer_search(request, reply, &asked);
}

/* As PostgreSQL has it now; where that doesn't answer, as the index has it, without the
 * description. */
static enum svc_status find_product(struct svc_request *request, const struct shop *shop,
    struct store_product *ret_product, const char **ret_source, char ret_error[256])
{
    struct search_state *state = state_of(request);
    int64_t id = parameter_int(request, "id", 0);
    enum svc_status status = store_read_product(
        state->store, id, shop->minor_per_unit, request->arena, ret_product, ret_error);

    *ret_source = "postgresql";
    if (status == SVC_OK || !feed_is_ready(state->feed)) {
        return status;
    }
    *ret_source = "index";
    ret_product->found =
        index_get(state->index, id, request->arena, &ret_product->product);
    ret_product->for_sale = ret_product->found;
    return SVC_OK;
}

static void write_details(struct answer *answer, const struct store_product *found)
{
    const struct product *product = &found->product;

    svc_json_write_key(answer->writer, "product");
    svc_json_write_object_begin(answer->writer);
    answer_product(answer, product);
    svc_json_write_field_bool(answer->writer, "for_sale", found->for_sale);
    svc_json_write_field_slice(answer->writer, "ean", product->ean);
    svc_json_write_field_slice(answer->writer, "description", product->description);
    svc_json_write_field_slice(answer->writer, "sizes", product->sizes);
    svc_json_write_field_slice(answer->writer, "colors", product->colors);
    svc_json_write_field_bool(
        answer->writer, "featured", (product->facts.flags & PRODUCT_FEATURED) != 0);
    svc_json_write_object_end(answer->writer);
}

enum svc_status get_product(struct svc_request *request, struct svc_reply *reply)
{
    struct store_product found = {0};
    const char *source = NULL;
    struct reply message;
    struct answer answer;
    char error[256];

    struct shop shop = feed_shop(state_of(request)->feed);
    if (find_product(request, &shop, &found, &source, error) != SVC_OK) {
        return no_answer(reply, "PostgreSQL can't answer", error);
    }
    start_reply(&message, request, &reply->json, &shop,
        parameter_text(request, "language"), parameter_text(request, "customer_phone"));
    answer_init(&answer, &reply->json, &message.shop, message.now_s);
    svc_json_write_object_begin(&reply->json);
    svc_json_write_field_bool(&reply->json, "found", found.found);
    if (found.found) {
        write_details(&answer, &found);
    }
    svc_json_write_field_text(&reply->json, "source", source);
    svc_json_write_key(&reply->json, "reply");
    reply_product(&message, found.for_sale ? &found.product : NULL);
    svc_json_write_object_end(&reply->json);
    answer_done(&answer);
    return SVC_OK;
}
