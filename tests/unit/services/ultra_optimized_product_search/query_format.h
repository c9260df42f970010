/* A query in one line: its slots, then what it filters by.
 *
 *     zapatilla*~4 42?size <500
 *
 * A slot is its phrases with '|' between, as written first, words of a phrase with '_',
 * and
 * "~4" for four synonyms; '*' may be a beginning, '?' need not match, and the role. */
#ifndef QUERY_FORMAT_H
#define QUERY_FORMAT_H

#include "query.h"

#include <inttypes.h>
#include <svc/buf.h>

static inline void format_slot(struct svc_buf *out, const struct query_slot *slot)
{
    static const char *const roles[] = {"", "color", "size", "for"};
    size_t synonyms = 0;

    for (size_t i = 0; i < slot->phrase_count; i++) {
        const struct query_phrase *phrase = &slot->phrases[i];
        if (phrase->synonym) {
            synonyms++;
            continue;
        }
        svc_buf_add_text(out, i > 0 ? "|" : "");
        for (size_t j = 0; j < phrase->count; j++) {
            svc_buf_add_text(out, j > 0 ? "_" : "");
            svc_buf_add(out, phrase->words[j].exact.text, phrase->words[j].exact.length);
        }
    }
    svc_buf_add_text(out, slot->may_be_prefix ? "*" : "");
    if (synonyms > 0) {
        svc_buf_printf(out, "~%zu", synonyms);
    }
    svc_buf_printf(out, "%s%s",
        slot->optional   ? "?"
        : slot->role > 0 ? ":"
                         : "",
        roles[slot->role]);
}

static inline void format_query(struct svc_buf *out, const struct query *query)
{
    static const char *const sorts[] = {"", "up", "down", "popular", "newest"};

    for (size_t i = 0; i < query->slot_count; i++) {
        svc_buf_add_text(out, out->length > 0 ? " " : "");
        format_slot(out, &query->slots[i]);
    }
    if (query->filters.price_min_minor >= 0) {
        svc_buf_printf(out, " >%" PRId64, query->filters.price_min_minor);
    }
    if (query->filters.price_max_minor >= 0) {
        svc_buf_printf(out, " <%" PRId64, query->filters.price_max_minor);
    }
    svc_buf_add_text(out, query->filters.on_offer ? " offer" : "");
    svc_buf_add_text(out, query->filters.in_stock ? " stock" : "");
    if (query->sort != QUERY_SORT_RELEVANCE) {
        svc_buf_printf(out, " %s", sorts[query->sort]);
    }
    if (query->code.length > 0) {
        svc_buf_printf(out, " code=%.*s", (int)query->code.length, query->code.text);
    }
}

#endif
