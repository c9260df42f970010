#include "entities.h"

#include <string.h>

static const char *const coupon_cues[] = {"cupon", "codigo", "cupones", "voucher",
    "clave", "vale", "code", "coupon", "promo", "cupom", "cupao", "codigos", NULL};
static const char *const between[] = {"es", "de", "descuento", "el", "este", "is", "this",
    "dice", "promocional", "con", "numero", "nro", "no", "num", "e", "o", "se", "llama",
    "the", "number", "codigo", "cupon", NULL};
static const char *const order_cues[] = {"pedido", "orden", "guia", "numero", "compra",
    "envio", "order", "encomenda", "nro", "folio", "number", "seguimiento", "tracking",
    "rastreo", "ticket", NULL};

/* Words that are joined by a hyphen are one code: "ZT-20". */
static size_t joined(const struct entity_reading *reading, size_t at)
{
    const struct normal_token *tokens = reading->text->tokens;
    size_t count = 1;

    while (at + count < reading->text->count &&
           tokens[at + count].from == tokens[at + count - 1].until + 1 &&
           reading->question->text.text[tokens[at + count - 1].until] == '-') {
        count++;
    }
    return count;
}

static bool is_code_like(const struct entity_reading *reading, size_t at, size_t count)
{
    for (size_t i = at; i < at + count; i++) {
        enum normal_kind kind = reading->text->tokens[i].kind;
        if (kind == NORMAL_CODE || kind == NORMAL_NUMBER) {
            return true;
        }
    }
    return false;
}

/* Written in capitals, and long enough for it to mean something. */
static bool is_shouted(const struct entity_reading *reading, size_t at)
{
    const struct normal_token *token = &reading->text->tokens[at];
    size_t capitals = 0;

    for (uint32_t i = token->from; i < token->until; i++) {
        char byte = reading->question->text.text[i];
        capitals += byte >= 'A' && byte <= 'Z';
    }
    return capitals >= 4 && capitals + 1 >= token->until - token->from;
}

static struct svc_slice take_code(struct entity_reading *reading, size_t at, size_t count)
{
    const struct normal_token *tokens = reading->text->tokens;

    for (size_t i = at; i < at + count; i++) {
        reading->taken[i] = true;
    }
    return entity_upper(reading, tokens[at].from, tokens[at + count - 1].until);
}

static bool is_text(const struct normal_token *token)
{
    return token->kind != NORMAL_MARK && token->kind != NORMAL_EMOJI;
}

static bool follows(
    const struct entity_reading *reading, size_t at, const char *const *cues)
{
    size_t steps = 0;

    while (at > 0 && steps++ < 5) {
        at--;
        if (entity_is_one_of(reading, at, cues)) {
            return true;
        }
        if (is_text(&reading->text->tokens[at]) &&
            !entity_is_one_of(reading, at, between)) {
            return false;
        }
    }
    return false;
}

static void read_coupon(struct entity_reading *reading)
{
    const struct normal_text *text = reading->text;
    bool alone = reading->question->state == STATE_COUPON;

    for (size_t i = 0; i < text->count; i++) {
        size_t count = joined(reading, i);
        const struct normal_token *token = &text->tokens[i];
        bool code = is_text(token) && token->plain.length >= 2 &&
                    (is_code_like(reading, i, count) || is_shouted(reading, i) ||
                        (alone && text->count == 1));
        if (code && (token->kind != NORMAL_NUMBER || count > 1 || alone ||
                        follows(reading, i, coupon_cues))) {
            reading->out->coupon = take_code(reading, i, count);
            return;
        }
    }
    /* "tengo el cupon bienvenida": any word right behind the cue that ends the text. */
    size_t last = text->count;
    while (last > 0 && !is_text(&text->tokens[last - 1])) {
        last--;
    }
    bool named = last >= 2 && text->tokens[last - 1].plain.length >= 4 &&
                 !entity_is(reading, last - 1, "descuento") &&
                 !entity_is(reading, last - 1, "porfavor") &&
                 !entity_is_one_of(reading, last - 1, coupon_cues) &&
                 (entity_is(reading, last - 2, "cupon") ||
                     entity_is(reading, last - 2, "codigo") ||
                     (entity_is(reading, last - 2, "es") &&
                         follows(reading, last - 2, coupon_cues)));
    if (named) {
        reading->out->coupon = take_code(reading, last - 1, 1);
    }
}

static void read_order_number(struct entity_reading *reading)
{
    const struct normal_text *text = reading->text;

    for (size_t i = 0; i < text->count; i++) {
        size_t count = joined(reading, i);
        const struct normal_token *token = &text->tokens[i];
        bool hash = i > 0 && entity_is(reading, i - 1, "#");
        bool cued = hash || follows(reading, i, order_cues);
        bool code = is_text(token) && is_code_like(reading, i, count);
        bool long_number = token->kind == NORMAL_NUMBER && token->plain.length >= 4 &&
                           token->plain.length <= 12;
        size_t length = text->tokens[i + count - 1].until - token->from;
        if (code && ((cued && length >= 3) || long_number || count > 1)) {
            reading->out->order_number = take_code(reading, i, count);
            return;
        }
    }
}

void entity_codes(struct entity_reading *reading)
{
    switch (reading->intent) {
    case INTENT_APPLY_COUPON:
        read_coupon(reading);
        return;
    case INTENT_ORDER_STATUS:
    case INTENT_CANCEL_ORDER:
    case INTENT_HUMAN_AGENT:
        read_order_number(reading);
        return;
    default:
        return;
    }
}
