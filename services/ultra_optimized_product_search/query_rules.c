#include "query_private.h"

enum { RUN_MAX = QUERY_PHRASE_WORDS_MAX, KINDS = 3, JOINED_MAX = 12 };

static const enum query_role roles[KINDS] = {
    QUERY_ROLE_COLOR, QUERY_ROLE_AUDIENCE, QUERY_ROLE_TEXT};

struct rule {
    const struct words_phrase *phrases;
    size_t count;
    size_t run; /* words that say it */
};

/* The next free items from INDEX on, over stop words. A letter belongs to the word before
 * it: "cable | usb c". */
static size_t find_run(
    const struct query_reading *reading, size_t index, size_t end, size_t *ret_indices)
{
    size_t count = 0;

    for (size_t i = index; i < end && count < RUN_MAX; i++) {
        const struct query_item *item = &reading->items[i];
        bool parted = item->stop && query_is_conjunction(reading, i);
        bool has_letter = i + 1 < end && query_is_letter(reading, i + 1);
        bool other =
            item->quantity != NULL || item->joined != NULL || (has_letter && !item->stop);
        if (item->used || parted || (other && count > 0)) {
            break;
        }
        if (!item->stop) {
            ret_indices[count++] = i;
        }
    }
    return count;
}

/* The first word of a query, or one behind "de", is the thing and not the colour: "café
 * molido", "jugo de naranja". */
static bool is_color(const struct query_reading *reading, size_t index, size_t run)
{
    bool first = true;

    if (run != 1 || !query_is_thing(reading, index)) {
        return true;
    }
    if (index > 0 && svc_slice_equals(reading->items[index - 1].word.exact, "color")) {
        return true;
    }
    for (size_t i = 0; i < index; i++) {
        first = first && reading->items[i].stop;
    }
    bool of = index > 0 && reading->items[index - 1].stop;
    return !first && !of;
}

/* "chico" is a size, too. */
static bool is_audience(const struct query_reading *reading, size_t index, size_t run)
{
    return run != 1 || !query_is_vague(reading, index) ||
           (index > 0 && query_is_for(reading, index - 1));
}

static size_t find_rules(const struct query_reading *reading, const size_t *indices,
    size_t count, struct rule rules[KINDS])
{
    struct svc_slice stems[RUN_MAX] = {{0}};
    size_t best = 0;

    for (size_t i = 0; i < count; i++) {
        stems[i] = reading->items[indices[i]].word.forms.stem;
    }
    for (size_t i = 0; i < KINDS; i++) {
        rules[i].run = i == 2 ? words_alternatives(reading->words, stems, count,
                                    &rules[i].phrases, &rules[i].count)
                              : words_group_forms(reading->words,
                                    i == 0 ? WORDS_COLORS : WORDS_AUDIENCES, stems, count,
                                    &rules[i].phrases, &rules[i].count);
    }
    rules[0].run = is_color(reading, indices[0], rules[0].run) ? rules[0].run : 0;
    rules[1].run = is_audience(reading, indices[0], rules[1].run) ? rules[1].run : 0;
    for (size_t i = 1; i < KINDS; i++) {
        best = rules[i].run > rules[best].run ? i : best;
    }
    return best;
}

/* Rules with a stop word that matters: "no break". */
static size_t apply_whole(
    struct query_reading *reading, size_t index, size_t end, struct query_slot *slot)
{
    struct svc_slice stems[RUN_MAX];
    size_t indices[RUN_MAX];
    struct rule rule;
    size_t count = 0;
    bool stop = false;

    while (
        count < RUN_MAX && index + count < end && !reading->items[index + count].used) {
        indices[count] = index + count;
        stems[count] = reading->items[index + count].word.forms.stem;
        count++;
    }
    rule.run =
        words_alternatives(reading->words, stems, count, &rule.phrases, &rule.count);
    for (size_t i = 0; i < rule.run; i++) {
        stop = stop || reading->items[index + i].stop;
    }
    if (rule.run < 2 || !stop) {
        return 0;
    }
    query_add_items(reading, slot, indices, rule.run);
    query_add_synonyms(slot, rule.phrases, rule.count);
    return rule.run;
}

/* The words in one, where they stand together: "power bank", "usb-c". */
static void add_as_one(struct query_reading *reading, const size_t *indices, size_t run,
    struct query_slot *slot)
{
    const struct query_item *first = &reading->items[indices[0]];

    if (first->joined != NULL && first->joined->parts == run) {
        query_add_word(reading, slot, first->joined->exact);
        return;
    }
    if (run == 2 && indices[1] == indices[0] + 1 && !first->number && !first[1].number &&
        first->word.exact.length + first[1].word.exact.length <= JOINED_MAX &&
        slot->role == QUERY_ROLE_TEXT) {
        query_add_joined(reading, slot, indices[0]);
    }
}

size_t query_rule(
    struct query_reading *reading, size_t index, size_t end, struct query_slot *slot)
{
    struct rule rules[KINDS];
    size_t indices[RUN_MAX] = {0};
    size_t whole = apply_whole(reading, index, end, slot);

    if (whole > 0 || reading->items[index].stop) {
        return whole;
    }
    size_t count = find_run(reading, index, end, indices);
    if (count == 0) {
        return 0;
    }
    size_t best = find_rules(reading, indices, count, rules);
    size_t run = rules[best].run;
    if (run == 0) {
        return 0;
    }
    slot->role = roles[best];
    query_add_items(reading, slot, indices, run);
    add_as_one(reading, indices, run, slot);
    query_add_synonyms(slot, rules[best].phrases, rules[best].count);
    return indices[run - 1] + 1 - index;
}
