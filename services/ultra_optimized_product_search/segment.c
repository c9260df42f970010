#include "segment.h"

#include "checksum.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

void segment_open(struct segment *segment)
{
#define X(name, type) segment->name = segment->sections[SECTION_##name].bytes;
    SEGMENT_SECTIONS(X)
#undef X
    segment->doc_count = segment->sections[SECTION_docs].length / sizeof(struct doc);
    segment->term_count = segment->sections[SECTION_terms].length / sizeof(struct term);
    segment->value_count =
        segment->sections[SECTION_values].length / sizeof(struct value);
    segment->part_count =
        segment->sections[SECTION_parts].length / sizeof(struct value_part);
}

void segment_free(struct segment *segment)
{
    if (segment->map != NULL) {
        munmap(segment->map, segment->map_length);
        free(segment);
        return;
    }
    for (size_t i = 0; i < SECTIONS; i++) {
        free(segment->sections[i].bytes);
    }
    free(segment);
}

size_t segment_bytes(const struct segment *segment)
{
    size_t sum = sizeof *segment;

    for (size_t i = 0; i < SECTIONS; i++) {
        sum += segment->sections[i].length;
    }
    return sum;
}

uint32_t segment_find_id(
    const struct segment *segment, const struct live *live, int64_t id)
{
    size_t mask = segment->sections[SECTION_id_slots].length / sizeof(uint32_t) - 1;

    for (size_t at = checksum_mix((uint64_t)id) & mask;; at = (at + 1) & mask) {
        uint32_t number = segment->id_slots[at];
        if (number == 0) {
            return SEGMENT_NO_DOC;
        }
        if (segment->docs[number - 1].id == id && live_has(live, number - 1)) {
            return number - 1;
        }
    }
}

size_t segment_fold_code(struct svc_slice code, char *out, size_t size)
{
    size_t length = 0;

    for (size_t i = 0; i < code.length; i++) {
        unsigned char byte = (unsigned char)code.text[i];
        bool is_lower = byte >= 'a' && byte <= 'z';
        bool is_kept = is_lower || (byte >= 'A' && byte <= 'Z') ||
                       (byte >= '0' && byte <= '9') || byte >= 0x80;
        if (is_kept && length == size) {
            return 0;
        }
        if (is_kept) {
            out[length++] = (char)(is_lower ? byte - 'a' + 'A' : byte);
        }
    }
    return length;
}

static bool code_equals(struct svc_slice stored, const char *folded, size_t length)
{
    char own[64];

    return segment_fold_code(stored, own, sizeof own) == length &&
           memcmp(own, folded, length) == 0;
}

size_t segment_find_code(const struct segment *segment, const struct live *live,
    struct svc_slice code, uint32_t *docs, size_t max)
{
    char folded[64];
    size_t length = segment_fold_code(code, folded, sizeof folded);
    size_t mask = segment->sections[SECTION_code_slots].length / sizeof(uint32_t) - 1;
    size_t count = 0;

    if (length == 0) {
        return 0;
    }
    for (size_t at = checksum_bytes(folded, length, 0) & mask; count < max;
         at = (at + 1) & mask) {
        uint32_t number = segment->code_slots[at];
        if (number == 0) {
            return count;
        }
        struct product product;
        segment_product_get(segment, number - 1, &product);
        bool matches = code_equals(product.sku, folded, length) ||
                       code_equals(product.ean, folded, length);
        bool is_new = count == 0 || docs[count - 1] != number - 1;
        if (matches && is_new && live_has(live, number - 1)) {
            docs[count++] = number - 1;
        }
    }
    return count;
}

#define LOAD(word) __atomic_load_n(&(word), __ATOMIC_ACQUIRE)
#define STORE(word, value) __atomic_store_n(&(word), (value), __ATOMIC_RELEASE)

/* A sequence lock (Lamport 1977; Boehm, "Can seqlocks get along with programming language
 * memory models?", 2012) with acquiring loads and releasing stores in place of fences. */
void segment_facts_get(
    const struct segment *segment, uint32_t doc, struct product_facts *ret_facts)
{
    const struct doc_facts *facts = &segment->facts[doc];

    for (;;) {
        uint64_t before = LOAD(facts->version_flags);
        uint64_t stock_popularity = LOAD(facts->stock_popularity);
        *ret_facts = (struct product_facts){
            .price_minor = (int64_t)LOAD(facts->price_minor),
            .offer_minor = (int64_t)LOAD(facts->offer_minor),
            .offer_from_s = (int64_t)LOAD(facts->offer_from_s),
            .offer_until_s = (int64_t)LOAD(facts->offer_until_s),
            .stock = (int32_t)(uint32_t)stock_popularity,
            .popularity = (int32_t)(uint32_t)(stock_popularity >> 32),
            .flags = (uint32_t)(before >> 32),
        };
        if ((before & 1) == 0 && LOAD(facts->version_flags) == before) {
            return;
        }
    }
}

static uint64_t price_word(const struct product_facts *facts)
{
    bool has_offer = facts->offer_minor > 0 && facts->offer_minor < facts->price_minor;
    bool timed = has_offer && (facts->offer_from_s != 0 || facts->offer_until_s != 0);
    int64_t minor = has_offer && !timed ? facts->offer_minor : facts->price_minor;
    uint64_t word = (uint64_t)minor << PRICE_SHIFT;

    word |= facts->stock > 0 ? PRICE_IN_STOCK : 0;
    word |= has_offer && !timed ? PRICE_ON_OFFER : 0;
    return word | (timed ? PRICE_TIMED : 0);
}

void segment_facts_set(struct segment *segment, uint32_t doc,
    const struct product_facts *new, const struct weights *weights)
{
    struct doc_facts *facts = &segment->facts[doc];
    uint64_t before = LOAD(facts->version_flags);
    uint32_t version = (uint32_t)before;

    /* An exchange, so that no store below is seen before it. */
    __atomic_exchange_n(&facts->version_flags, before | 1, __ATOMIC_ACQ_REL);
    STORE(facts->price_minor, (uint64_t) new->price_minor);
    STORE(facts->offer_minor, (uint64_t) new->offer_minor);
    STORE(facts->offer_from_s, (uint64_t) new->offer_from_s);
    STORE(facts->offer_until_s, (uint64_t) new->offer_until_s);
    STORE(facts->stock_popularity,
        (uint64_t)(uint32_t) new->stock | (uint64_t)(uint32_t) new->popularity << 32);
    STORE(facts->version_flags, (uint64_t) new->flags << 32 | (uint32_t)(version + 2));
    __atomic_store_n(&segment->prices[doc], price_word(new), __ATOMIC_RELAXED);
    __atomic_store_n(&segment->ranks[doc], segment_rank(new, weights), __ATOMIC_RELAXED);
}

uint64_t segment_price_get(const struct segment *segment, uint32_t doc, int64_t now_s)
{
    uint64_t word = __atomic_load_n(&segment->prices[doc], __ATOMIC_RELAXED);
    struct product_facts facts;

    if ((word & PRICE_TIMED) == 0) {
        return word;
    }
    segment_facts_get(segment, doc, &facts);
    word = (uint64_t)product_price_minor(&facts, now_s) << PRICE_SHIFT;
    word |= facts.stock > 0 ? PRICE_IN_STOCK : 0;
    return word | (product_on_offer(&facts, now_s) ? PRICE_ON_OFFER : 0);
}

static double rank_most(const struct weights *weights)
{
    double most =
        weights->in_stock + weights->on_offer + weights->featured + weights->popularity;

    return most > 0 ? most : 1;
}

double segment_rank_step(const struct weights *weights)
{
    return rank_most(weights) / 254;
}

uint8_t segment_rank(const struct product_facts *facts, const struct weights *weights)
{
    if ((facts->flags & PRODUCT_AVAILABLE) == 0) {
        return 0;
    }
    double popularity = facts->popularity > 0 ? facts->popularity : 0;
    double popular = log1p(popularity) / log(101);
    double sum = weights->popularity * (popular < 1 ? popular : 1);
    if (facts->stock > 0) {
        sum += weights->in_stock;
    }
    if ((facts->flags & PRODUCT_FEATURED) != 0) {
        sum += weights->featured;
    }
    if (facts->offer_minor > 0 && facts->offer_minor < facts->price_minor) {
        sum +=
            weights->on_offer; /* perhaps not now: the last sorting looks at the clock */
    }
    return (uint8_t)(1 + lround(254 * sum / rank_most(weights)));
}

void segment_ranks_set(struct segment *segment, const struct weights *weights)
{
    for (size_t doc = 0; doc < segment->doc_count; doc++) {
        struct product_facts facts;
        segment_facts_get(segment, (uint32_t)doc, &facts);
        segment->ranks[doc] = segment_rank(&facts, weights);
        segment->prices[doc] = price_word(&facts);
    }
}

/* Seven bits a byte, low ones first. */
static size_t read_number(const uint8_t **at)
{
    size_t number = 0;

    for (unsigned shift = 0;; shift += 7) {
        uint8_t byte = *(*at)++;
        number |= (size_t)(byte & 0x7F) << shift;
        if (byte < 0x80) {
            return number;
        }
    }
}

static void read_texts(
    const struct segment *segment, uint32_t doc, struct svc_slice texts[TEXTS])
{
    const uint8_t *at = segment->text + segment->docs[doc].text_at;

    for (size_t i = 0; i < TEXTS; i++) {
        texts[i].length = read_number(&at);
    }
    for (size_t i = 0; i < TEXTS; i++) {
        if (texts[i].length == 0) {
            texts[i].text = NULL;
            continue;
        }
        texts[i].length--; /* 0 is a column that is NULL */
        texts[i].text = (const char *)at;
        at += texts[i].length;
    }
}

struct svc_slice segment_value(const struct segment *segment, uint32_t number_plus_one)
{
    if (number_plus_one == 0) {
        return (struct svc_slice){NULL, 0};
    }
    const struct value *value = &segment->values[number_plus_one - 1];
    if (value->at == VALUE_NULL) {
        return (struct svc_slice){NULL, 0};
    }
    return (struct svc_slice){segment->value_bytes + value->at, value->length};
}

struct svc_slice segment_name(const struct segment *segment, uint32_t doc)
{
    struct svc_slice texts[TEXTS];

    read_texts(segment, doc, texts);
    return texts[TEXT_NAME];
}

struct svc_slice segment_term(const struct segment *segment, uint32_t term)
{
    const struct term *found = &segment->terms[term];

    return (struct svc_slice){segment->term_bytes + found->at, found->length};
}

void segment_product_get(
    const struct segment *segment, uint32_t doc, struct product *ret_product)
{
    const struct doc_values *values = &segment->doc_values[doc];
    struct svc_slice texts[TEXTS];

    read_texts(segment, doc, texts);
    *ret_product = (struct product){
        .id = segment->docs[doc].id,
        .category_id =
            values->category > 0 ? segment->values[values->category - 1].id : 0,
        .sku = texts[TEXT_SKU],
        .ean = texts[TEXT_EAN],
        .name = texts[TEXT_NAME],
        .brand = segment_value(segment, values->brand),
        .category = segment_value(segment, values->category),
        .sizes = segment_value(segment, values->sizes),
        .colors = segment_value(segment, values->colors),
        .attributes = texts[TEXT_ATTRIBUTES],
        .image_url = texts[TEXT_IMAGE],
    };
    segment_facts_get(segment, doc, &ret_product->facts);
}

uint64_t segment_doc_checksum(const struct segment *segment, uint32_t doc)
{
    struct product_facts facts;

    segment_facts_get(segment, doc, &facts);
    uint64_t sum = checksum_mix((uint64_t)segment->docs[doc].id);
    const uint64_t numbers[] = {segment->docs[doc].text_hash, (uint64_t)facts.price_minor,
        (uint64_t)facts.offer_minor, (uint64_t)facts.offer_from_s,
        (uint64_t)facts.offer_until_s,
        (uint64_t)(uint32_t)facts.stock << 32 | (uint32_t)facts.popularity,
        (uint64_t)facts.flags};
    return checksum_bytes(numbers, sizeof numbers, sum);
}

struct live *live_new(size_t doc_count)
{
    size_t words = live_words(doc_count);
    struct live *live = svc_alloc(sizeof *live + words * sizeof live->words[0]);

    live->references = 1;
    live->count = doc_count;
    memset(live->words, 0xFF, words * sizeof live->words[0]);
    if (doc_count % 64 != 0) {
        live->words[words - 1] = ((uint64_t)1 << doc_count % 64) - 1;
    }
    return live;
}

struct live *live_copy(const struct live *live, size_t doc_count)
{
    size_t bytes = sizeof *live + live_words(doc_count) * sizeof live->words[0];
    struct live *copy = svc_alloc(bytes);

    memcpy(copy, live, bytes);
    copy->references = 1;
    return copy;
}
