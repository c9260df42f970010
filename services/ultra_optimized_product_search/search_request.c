#include "search_request.h"

#include <string.h>

static const char *const sort_names[] = {
    [QUERY_SORT_RELEVANCE] = "relevance",
    [QUERY_SORT_PRICE_UP] = "price_asc",
    [QUERY_SORT_PRICE_DOWN] = "price_desc",
    [QUERY_SORT_POPULARITY] = "popularity",
    [QUERY_SORT_NEWEST] = "newest",
};

void search_init(struct search *search)
{
    *search = (struct search){
        .text = SVC_SLICE(""),
        .brand = SVC_SLICE(""),
        .price_min_minor = -1,
        .price_max_minor = -1,
        .sort = -1,
    };
}

bool search_is_bare(const struct search *search)
{
    return search->text.length == 0 && search->category_id == 0 &&
           search->price_min_minor < 0 && search->price_max_minor < 0 &&
           !search->on_offer && !search->in_stock && search->brand.length == 0 &&
           search->sort < 0;
}

int search_sort_find(struct svc_slice name)
{
    for (size_t i = 0; i < sizeof sort_names / sizeof sort_names[0]; i++) {
        if (svc_slice_equals(name, sort_names[i])) {
            return (int)i;
        }
    }
    return -1;
}

const char *search_sort_name(enum query_sort sort)
{
    return sort_names[sort];
}

/* As the index knows brands: lower case, without accents, a space between words. */
static struct svc_slice exact_form(
    const struct analyser *analyser, struct svc_arena *arena, struct svc_slice text)
{
    struct token_list tokens = {0};
    struct svc_buf joined;

    analyser_tokens(analyser, arena, text, QUERY_SLOTS_MAX, &tokens);
    svc_buf_init(&joined, QUERY_TEXT_MAX);
    for (size_t i = 0; i < tokens.count; i++) {
        if (tokens.list[i].kind == TOKEN_JOINED) {
            continue; /* its parts are there, too */
        }
        if (joined.length > 0) {
            svc_buf_add_char(&joined, ' ');
        }
        svc_buf_add(&joined, tokens.list[i].exact.text, tokens.list[i].exact.length);
    }
    struct svc_slice form = {
        svc_arena_strndup(arena, svc_buf_text(&joined), joined.length), joined.length};
    svc_buf_done(&joined);
    return form;
}

void search_filter(const struct search *search, const struct analyser *analyser,
    struct svc_arena *arena, struct query *query)
{
    struct query_filters *filters = &query->filters;

    if (search->category_id != 0) {
        filters->category_id = search->category_id;
    }
    if (search->price_min_minor >= 0) {
        filters->price_min_minor = search->price_min_minor;
    }
    if (search->price_max_minor >= 0) {
        filters->price_max_minor = search->price_max_minor;
    }
    filters->on_offer = filters->on_offer || search->on_offer;
    filters->in_stock = filters->in_stock || search->in_stock;
    if (search->brand.length > 0) {
        filters->brand = exact_form(analyser, arena, search->brand);
    }
    if (search->sort >= 0) {
        query->sort = (enum query_sort)search->sort;
    }
}
