/* For a slot that no product has as it is written, and for all slots where few products
 * have all of them: what the word files say beyond the shop's own country, and beyond how
 * it is spelt. */
#include "search_private.h"

bool plan_wider(struct search *search, size_t number)
{
    const struct query_slot *slot = &search->query->slots[number];
    struct query_slot *wider = svc_arena_alloc(search->arena, sizeof *wider);
    struct svc_slice written;
    uint64_t unused = 0;
    const struct words *words = search->index->settings.words;
    bool corrects = search->weights->tier[MATCH_TYPO] > 0;

    if (query_widen_regions(words, slot, wider) &&
        plan_phrases(search, number, wider, 1, &unused)) {
        return true;
    }
    search->typos |= 1U << number;
    if (plan_prefix(search, number)) {
        plan_typos(search, number, 0);
        return true;
    }
    int distance = corrects ? query_widen_typo(words, slot, 2, wider, &written) : -1;
    if (distance >= 0 && plan_typos(search, number, (size_t)distance)) {
        return true;
    }
    double share = written.length > 0 ? search->weights->tier[MATCH_TYPO] : 1;
    if (distance >= 0 && plan_phrases(search, number, wider, share, &unused)) {
        search->corrections[number] = written;
        return true;
    }
    bool is_known = distance == 0 && written.length == 0;
    return !is_known && plan_typos(search, number, 2);
}

bool search_widen(struct search *search)
{
    struct query_slot *wider = svc_arena_alloc(search->arena, sizeof *wider);
    const struct words *words = search->index->settings.words;
    uint64_t unused = 0;
    bool found = false;

    for (size_t slot = 0; slot < search->slot_count; slot++) {
        if (query_widen_regions(words, &search->query->slots[slot], wider)) {
            found |= plan_phrases(search, slot, wider, 1, &unused);
        }
        for (size_t i = 0; i < search->list->count; i++) {
            search->plans[i][slot].df = plan_df(&search->plans[i][slot]);
        }
    }
    return found;
}
