/* What is found in one text, on its way into an address. For address_read*.c. */
#ifndef ADDRESS_READING_H
#define ADDRESS_READING_H

#include "address_marks.h"
#include "address_places.h"

enum { READING_RESTS_MAX = 8 };

struct reading {
    struct svc_arena *arena;
    const struct place_country *rules; /* NULL: a country without */
    struct svc_slice country;
    struct address_words words;
    const struct address *before; /* what is known already */
    struct address found;
    const struct place_state *state;   /* said by name */
    const struct place_state *city_of; /* the state of the city, of the district */
    const struct place_state *district_of;
    size_t city_at;
    bool city_is_named;       /* a mark says that it is one */
    bool state_may_be_city;   /* "Puebla", said once */
    struct svc_slice borough; /* an alcaldía: no colonia, and not the city of a zone */
    bool borough_is_named;
    bool street_is_estate;
    bool is_question; /* "¿hacen envíos?": what nothing names is no part of an address */
    struct svc_slice rests[READING_RESTS_MAX]; /* nothing says what they are */
    size_t rest_count;
};

/* The piece of the words that is looked at: [from, to). */
struct span {
    size_t from;
    size_t to;
};

/* Adds TEXT to a field that may have some already, with a comma between. */
void reading_append(
    struct reading *reading, struct svc_slice *field, struct svc_slice text);
void reading_keep_rest(struct reading *reading, struct svc_slice text);
struct svc_slice reading_upper(struct reading *reading, struct svc_slice text);
struct svc_slice reading_join(struct reading *reading, struct span span);
/* Words of one word each; ends with NULL. */
bool reading_is_one_of(const struct address_word *word, const char *const *list);

/* Without what people say around an address: "mi dirección es ...", "... gracias". */
struct span reading_strip_chatter(const struct reading *reading, struct span span);
/* At the end alone: "calle Roble en la", before a colonia. */
struct span reading_strip_end(const struct reading *reading, struct span span);
/* "y la", before "colonia es": there is nothing else in it. */
bool reading_is_chatter(const struct reading *reading, struct span span);

/* Takes known places, the country and a postal code off the end of a piece of which at
 * least KEEP words stay. */
void reading_peel(struct reading *reading, struct span *span, size_t keep);

/* A street with its number; MARK_WORDS at its start say that it is one. What comes after
 * the number is in `ret_rest`. */
void reading_take_street(
    struct reading *reading, struct span span, size_t mark_words, struct span *ret_rest);
/* Colombia: "# 93-47" for a street that has none yet; false: it's something else. */
bool reading_complete_street(
    struct reading *reading, struct span span, struct span *ret_rest);
/* Whether a piece without a mark is a street by its form. */
bool reading_is_street(const struct reading *reading, struct span span);

/* 12, 12-B, B: the number at FROM and what belongs to it; how many words. */
size_t reading_number_words(const struct reading *reading, struct span span);

/* "3º B", "bajo izquierda": behind the number, in a country that writes it so. */
bool reading_is_floor(const struct reading *reading, struct span span);

/* What was found and has no name gets its place, then all of it goes into ADDRESS. */
void reading_settle(struct reading *reading, struct address *address);

/* Cuts what is longer than a field may be (see address_read_json). */
void address_fields_fit(struct svc_arena *arena, struct address *address);

#endif
