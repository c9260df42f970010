/* How entities are read, one kind after the other: what one has taken, the next leave
 * alone, and what is left is the product. */
#ifndef ENTITIES_H
#define ENTITIES_H

#include "keywords.h"
#include "normalise.h"

struct entity_reading {
    struct svc_arena *arena;
    const struct intent_question *question;
    enum intent intent;
    struct normal_text *text;
    bool taken[NORMAL_TOKENS_MAX];
    struct entities *out;
};

/* Whether the token at AT is WORD; false behind the end. */
bool entity_is(const struct entity_reading *reading, size_t at, const char *word);
bool entity_is_one_of(
    const struct entity_reading *reading, size_t at, const char *const *words);
/* COUNT words from AT on as they are written, folded, with single spaces; takes them. */
struct svc_slice entity_take(struct entity_reading *reading, size_t at, size_t count);
/* Bytes FROM to UNTIL of the message, in upper case. */
struct svc_slice entity_upper(
    struct entity_reading *reading, uint32_t from, uint32_t until);
/* True where a comma, a colon or the like stands between AT and the token before it. */
bool entity_parted(const struct entity_reading *reading, size_t at);
/* "2", "dos", "1,200", "27.5"; below 0: no number. */
double entity_number(const struct entity_reading *reading, size_t at);

/* A word of a message that names no product: "hola", "quiero". */
bool entity_is_chatter(struct svc_slice word);

void entity_codes(struct entity_reading *reading); /* coupon, order number */
void entity_payment(struct entity_reading *reading);
void entity_address(struct entity_reading *reading);
void entity_prices(struct entity_reading *reading);
void entity_ordinal(struct entity_reading *reading);
void entity_size(struct entity_reading *reading);
void entity_color(struct entity_reading *reading);
void entity_brand(struct entity_reading *reading);
void entity_quantity(struct entity_reading *reading);
void entity_category(struct entity_reading *reading);
void entity_product(struct entity_reading *reading);

#endif
