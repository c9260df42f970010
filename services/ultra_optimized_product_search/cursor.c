/* A cursor in bytes: a version, the offset, six bytes of the hash of what is asked, and
 * where it fits, what is asked. In base64 for addresses (RFC 4648, section 5). */
#include "search_request.h"

#include <string.h>

#define VERSION_SHORT 1
#define VERSION_WHOLE 2
#define HASH_BYTES 6
#define BYTES_MAX (CURSOR_TEXT_MAX / 4 * 3)
#define BRAND_MAX 100
#define FLAG_ON_OFFER 1
#define FLAG_IN_STOCK 2
#define FLAG_FACETS 4

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void put_number(struct svc_buf *out, uint64_t number)
{
    while (number >= 0x80) {
        svc_buf_add_char(out, (char)(0x80 | (number & 0x7F)));
        number >>= 7;
    }
    svc_buf_add_char(out, (char)number);
}

/* What makes two searches the same; the limit and the facets don't. */
static void put_search(struct svc_buf *out, const struct search *search)
{
    put_number(out, (uint64_t)search->category_id);
    put_number(out, (uint64_t)(search->price_min_minor + 1));
    put_number(out, (uint64_t)(search->price_max_minor + 1));
    put_number(out, (uint64_t)(search->sort + 1));
    put_number(out,
        (search->on_offer ? FLAG_ON_OFFER : 0) | (search->in_stock ? FLAG_IN_STOCK : 0));
    put_number(out, search->brand.length);
    svc_buf_add(out, search->brand.text, search->brand.length);
    svc_buf_add(out, search->text.text, search->text.length);
}

static uint64_t hash_of(const struct svc_buf *asked)
{
    return svc_text_hash((struct svc_slice){svc_buf_text(asked), asked->length});
}

static void put_base64(struct svc_buf *out, const uint8_t *bytes, size_t length)
{
    uint32_t bits = 0;
    int count = 0;

    for (size_t i = 0; i < length; i++) {
        bits = bits << 8 | bytes[i];
        for (count += 8; count >= 6; count -= 6) {
            svc_buf_add_char(out, alphabet[bits >> (count - 6) & 0x3F]);
        }
    }
    if (count > 0) {
        svc_buf_add_char(out, alphabet[bits << (6 - count) & 0x3F]);
    }
}

void cursor_write(const struct search *search, size_t offset, struct svc_buf *out)
{
    struct svc_buf asked;
    struct svc_buf bytes;

    svc_buf_init(&asked, (size_t)1 << 20);
    svc_buf_init(&bytes, (size_t)1 << 20);
    put_search(&asked, search);
    uint64_t hash = hash_of(&asked);
    bool whole = asked.length + 16 <= BYTES_MAX;
    svc_buf_add_char(&bytes, whole ? VERSION_WHOLE : VERSION_SHORT);
    put_number(&bytes, offset);
    svc_buf_add(&bytes, &hash, HASH_BYTES);
    if (whole) {
        put_number(&bytes, search->limit << 1 | (search->facets ? 1 : 0));
        svc_buf_add(&bytes, svc_buf_text(&asked), asked.length);
    }
    put_base64(out, (const uint8_t *)svc_buf_text(&bytes), bytes.length);
    svc_buf_done(&bytes);
    svc_buf_done(&asked);
}

struct reader {
    const uint8_t *bytes;
    size_t length;
    size_t at;
    bool broken;
};

static uint64_t get_number(struct reader *reader)
{
    uint64_t number = 0;

    for (unsigned shift = 0; shift < 63 && reader->at < reader->length; shift += 7) {
        uint8_t byte = reader->bytes[reader->at++];
        number |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80) {
            return number;
        }
    }
    reader->broken = true;
    return 0;
}

static struct svc_slice get_text(
    struct reader *reader, struct svc_arena *arena, size_t length)
{
    if (length > reader->length - reader->at) {
        reader->broken = true;
        return SVC_SLICE("");
    }
    const char *text = (const char *)reader->bytes + reader->at;
    reader->at += length;
    return (struct svc_slice){svc_arena_strndup(arena, text, length), length};
}

static bool get_base64(
    struct svc_slice text, struct svc_arena *arena, struct reader *reader)
{
    uint8_t *bytes = svc_arena_alloc(arena, text.length + 1);
    uint32_t bits = 0;
    int count = 0;

    for (size_t i = 0; i < text.length; i++) {
        const char *found = text.text[i] != '\0' ? strchr(alphabet, text.text[i]) : NULL;
        if (found == NULL) {
            return false;
        }
        bits = bits << 6 | (uint32_t)(found - alphabet);
        count += 6;
        if (count >= 8) {
            count -= 8;
            bytes[reader->length++] = (uint8_t)(bits >> count);
        }
    }
    reader->bytes = bytes;
    return true;
}

static void get_search(
    struct reader *reader, struct svc_arena *arena, struct search *search)
{
    search->category_id = (int64_t)get_number(reader);
    search->price_min_minor = (int64_t)get_number(reader) - 1;
    search->price_max_minor = (int64_t)get_number(reader) - 1;
    search->sort = (int)get_number(reader) - 1;
    uint64_t flags = get_number(reader);
    search->on_offer = (flags & FLAG_ON_OFFER) != 0;
    search->in_stock = (flags & FLAG_IN_STOCK) != 0;
    uint64_t brand = get_number(reader);
    search->brand = get_text(reader, arena, brand <= BRAND_MAX * 4 ? brand : SIZE_MAX);
    search->text = get_text(reader, arena, reader->length - reader->at);
    reader->broken = reader->broken || search->sort > QUERY_SORT_NEWEST ||
                     !svc_text_is_utf8(search->text.text, search->text.length, NULL);
}

static bool has_hash(const struct search *search, uint64_t hash)
{
    struct svc_buf asked;

    svc_buf_init(&asked, (size_t)1 << 20);
    put_search(&asked, search);
    uint64_t own = hash_of(&asked);
    svc_buf_done(&asked);
    return memcmp(&own, &hash, HASH_BYTES) == 0;
}

enum cursor_outcome cursor_read(
    struct svc_slice text, struct svc_arena *arena, struct search *search)
{
    struct reader reader = {0};
    struct search from;
    uint64_t hash = 0;

    if (!get_base64(text, arena, &reader)) {
        return CURSOR_BROKEN;
    }
    search_init(&from);
    uint64_t version = get_number(&reader);
    uint64_t offset = get_number(&reader);
    if (reader.broken || (version != VERSION_SHORT && version != VERSION_WHOLE) ||
        offset >= INDEX_WINDOW_MAX || reader.length - reader.at < HASH_BYTES) {
        return CURSOR_BROKEN;
    }
    memcpy(&hash, reader.bytes + reader.at, HASH_BYTES);
    reader.at += HASH_BYTES;
    if (version == VERSION_SHORT || !search_is_bare(search)) {
        bool short_of = version == VERSION_SHORT && search_is_bare(search);
        search->offset = offset;
        return has_hash(search, hash) ? CURSOR_FINE
               : short_of             ? CURSOR_SHORT
                                      : CURSOR_OTHER;
    }
    uint64_t page = get_number(&reader);
    get_search(&reader, arena, &from);
    if (reader.broken || page >> 1 > INDEX_LIMIT_MAX || page >> 1 == 0 ||
        !has_hash(&from, hash)) {
        return CURSOR_BROKEN;
    }
    from.offset = offset;
    from.limit = search->limit != 0 ? search->limit : page >> 1;
    from.facets = search->facets || (page & 1) != 0;
    *search = from;
    return CURSOR_FINE;
}
