/* The tables of a segment that are made from the others. The hash tables: by id, by code,
 * by a term's forms. Linear probing, at most half full; a slot is a number plus one. */
#include "builder.h"
#include "checksum.h"

#include <string.h>

/* A power of two, twice as many as COUNT at least. */
static size_t table_size(size_t count)
{
    size_t size = 2;

    while (size < 2 * count + 1) {
        size *= 2;
    }
    return size;
}

static void put(uint32_t *slots, size_t mask, uint64_t hash, uint32_t number)
{
    size_t at = hash & mask;

    while (slots[at] != 0) {
        at = (at + 1) & mask;
    }
    slots[at] = number + 1;
}

static size_t put_code(
    uint32_t *slots, size_t mask, struct svc_slice code, uint32_t number)
{
    char folded[64];
    size_t length = segment_fold_code(code, folded, sizeof folded);

    if (length == 0) {
        return 0;
    }
    if (slots != NULL) {
        put(slots, mask, checksum_bytes(folded, length, 0), number);
    }
    return 1;
}

/* With SLOTS == NULL it only counts them. */
static size_t put_codes(const struct segment *segment, uint32_t *slots, size_t mask)
{
    size_t count = 0;

    for (size_t doc = 0; doc < segment->doc_count; doc++) {
        struct product product;
        segment_product_get(segment, (uint32_t)doc, &product);
        count += put_code(slots, mask, product.sku, (uint32_t)doc);
        count += put_code(slots, mask, product.ean, (uint32_t)doc);
    }
    return count;
}

void build_doc_tables(struct segment *segment)
{
    size_t size = table_size(segment->doc_count);
    uint32_t *ids = svc_alloc_zero(size, sizeof *ids);

    for (size_t doc = 0; doc < segment->doc_count; doc++) {
        put(ids, size - 1, checksum_mix((uint64_t)segment->docs[doc].id), (uint32_t)doc);
    }
    segment_set(segment, SECTION_id_slots, ids, size, sizeof *ids);
    size = table_size(put_codes(segment, NULL, 0));
    uint32_t *codes = svc_alloc_zero(size, sizeof *codes);
    put_codes(segment, codes, size - 1);
    segment_set(segment, SECTION_code_slots, codes, size, sizeof *codes);
}

/* --- Dense terms --- */

static void make_dense(const struct segment *segment, const struct term *term,
    uint64_t *bits, uint32_t *ranks)
{
    const uint32_t *docs = segment->posting_docs + term->postings;
    uint32_t posting = 0;

    for (uint32_t i = 0; i < term->count; i++) {
        bits[docs[i] / 64] |= (uint64_t)1 << docs[i] % 64;
    }
    for (size_t word = 0; word < live_words(segment->doc_count); word++) {
        while (posting < term->count && docs[posting] / 64 < word) {
            posting++;
        }
        ranks[word] = posting;
    }
}

void build_dense_tables(struct segment *segment)
{
    size_t words = live_words(segment->doc_count);
    size_t least = segment->doc_count / DENSE_SHARE;
    uint32_t count = 0;

    for (size_t i = 0; i < segment->term_count; i++) {
        struct term *term = &segment->terms[i];
        bool dense = segment->doc_count >= DENSE_DOCS_MIN && term->count >= least;
        term->dense = dense ? ++count : 0;
    }
    uint64_t *bits = svc_alloc_zero(count * words, sizeof *bits);
    uint32_t *ranks = svc_alloc_zero(count * words, sizeof *ranks);
    for (size_t i = 0; i < segment->term_count; i++) {
        size_t at = (size_t)segment->terms[i].dense;
        if (at > 0) {
            make_dense(segment, &segment->terms[i], bits + (at - 1) * words,
                ranks + (at - 1) * words);
        }
    }
    segment_set(segment, SECTION_dense_bits, bits, count * words, sizeof *bits);
    segment_set(segment, SECTION_dense_ranks, ranks, count * words, sizeof *ranks);
}

/* --- Forms --- */

struct form {
    uint64_t key;
    uint32_t term;
};

static int compare_forms(const void *left, const void *right)
{
    const struct form *a = left;
    const struct form *b = right;

    if (a->key != b->key) {
        return a->key < b->key ? -1 : 1;
    }
    return a->term < b->term ? -1 : a->term > b->term;
}

static size_t gather_forms(const struct segment *segment, struct form *forms)
{
    size_t count = 0;

    for (size_t i = 0; i < segment->term_count; i++) {
        const struct term *term = &segment->terms[i];
        forms[count++] = (struct form){term->plain, (uint32_t)i};
        forms[count++] = (struct form){term->stem, (uint32_t)i};
        if (term->sound > 0) {
            const struct sound *sound = &segment->sounds[term->sound - 1];
            struct svc_slice slice = {segment->sound_bytes + sound->at, sound->length};
            forms[count++] = (struct form){form_key(FORM_SOUND, slice), (uint32_t)i};
        }
    }
    qsort(forms, count, sizeof *forms, compare_forms);
    return count;
}

void build_form_tables(struct segment *segment)
{
    segment_open(segment);
    struct form *forms = svc_alloc(3 * segment->term_count * sizeof *forms);
    size_t count = gather_forms(segment, forms);
    uint32_t *terms = svc_alloc(count * sizeof *terms);
    struct array groups;

    array_init(&groups, sizeof(struct form_group));
    for (size_t i = 0; i < count; i++) {
        terms[i] = forms[i].term;
        if (i == 0 || forms[i].key != forms[i - 1].key) {
            *(struct form_group *)array_add(&groups, 1) =
                (struct form_group){.key = forms[i].key, .start = (uint32_t)i};
        }
        ((struct form_group *)groups.items)[groups.count - 1].count++;
    }
    free(forms);
    size_t size = table_size(groups.count);
    uint32_t *slots = svc_alloc_zero(size, sizeof *slots);
    for (size_t i = 0; i < groups.count; i++) {
        put(slots, size - 1, ((struct form_group *)groups.items)[i].key, (uint32_t)i);
    }
    segment_set(segment, SECTION_form_slots, slots, size, sizeof *slots);
    segment_set(segment, SECTION_form_terms, terms, count, sizeof *terms);
    count = groups.count;
    segment_set(segment, SECTION_form_groups, array_take(&groups), count,
        sizeof(struct form_group));
}
