#include "entities.h"

#include "classifier_model.h"

#include <string.h>

/* Words that may stand inside a product's name, never at its ends. */
static const char *const links[] = {"de", "para", "con", "sin", "del", "la", "el", "los",
    "las", "en", "por", "a", "al", "y", "tipo", "of", "for", "with", "do", "da", NULL};

enum part { PART_BREAK, PART_LINK, PART_CONTENT, PART_TAKEN };

static enum part part_at(const struct entity_reading *reading, size_t at)
{
    const struct normal_token *token = &reading->text->tokens[at];

    if (reading->taken[at]) {
        return PART_TAKEN;
    }
    if (token->kind == NORMAL_MARK || token->kind == NORMAL_EMOJI) {
        return PART_BREAK;
    }
    if (entity_is_one_of(reading, at, links)) {
        return PART_LINK;
    }
    if (token->kind == NORMAL_NUMBER) {
        return at > 0 && !entity_parted(reading, at) ? PART_CONTENT : PART_BREAK;
    }
    return entity_is_chatter(token->word) ? PART_BREAK : PART_CONTENT;
}

struct span {
    size_t from;
    size_t until;
    int score;
};

static int score_of(const struct entity_reading *reading, size_t from, size_t until)
{
    static const char *const articles[] = {"el", "la", "los", "las", "un", "una", "unos",
        "unas", "del", "ese", "esa", "de", "en", NULL};
    struct word_table words = classifier_words(classifier_built_in());
    int score = from > 0 && entity_is_one_of(reading, from - 1, articles) ? 2 : 0;

    for (size_t i = from; i < until; i++) {
        bool product =
            features_word_class(&words, reading->text->tokens[i].word) == WORD_PRODUCT;
        score += product && !reading->taken[i] ? (i == from ? 4 : 2) : 0;
        score = score > 7 ? 7 : score;
    }
    return score;
}

/* From content to content, over links and what others took. */
static struct span span_at(const struct entity_reading *reading, size_t from)
{
    struct span span = {.from = from, .until = from + 1};

    for (size_t i = from + 1; i < reading->text->count; i++) {
        enum part part = part_at(reading, i);
        if (part == PART_BREAK || entity_parted(reading, i)) {
            break;
        }
        /* "es impermeable la mochila": another thing begins. */
        bool article = entity_is(reading, i, "la") || entity_is(reading, i, "el") ||
                       entity_is(reading, i, "los") || entity_is(reading, i, "las");
        if (article && part_at(reading, i - 1) != PART_LINK) {
            break;
        }
        /* "pollo y arroz": of several products, the first. */
        if (entity_is(reading, i, "y") || entity_is(reading, i, "o")) {
            break;
        }
        span.until = part == PART_CONTENT ? i + 1 : span.until;
    }
    span.score = score_of(reading, span.from, span.until);
    return span;
}

static struct span best_span(const struct entity_reading *reading)
{
    struct span best = {.score = -1};

    for (size_t i = 0; i < reading->text->count; i++) {
        if (part_at(reading, i) != PART_CONTENT) {
            continue;
        }
        struct span span = span_at(reading, i);
        if (span.score > best.score) {
            best = span;
        }
        i = span.until - 1;
    }
    return best;
}

static struct svc_slice join_span(
    const struct entity_reading *reading, const struct span *span)
{
    size_t room = 1;
    size_t length = 0;

    for (size_t i = span->from; i < span->until; i++) {
        room += reading->text->tokens[i].plain.length + 1;
    }
    char *out = svc_arena_alloc(reading->arena, room);
    for (size_t i = span->from; i < span->until; i++) {
        struct svc_slice plain = reading->text->tokens[i].plain;
        if (reading->taken[i]) {
            continue;
        }
        if (length > 0) {
            out[length++] = ' ';
        }
        memcpy(out + length, plain.text, plain.length);
        length += plain.length;
    }
    return (struct svc_slice){out, length};
}

void entity_category(struct entity_reading *reading)
{
    if (reading->intent != INTENT_BROWSE_CATEGORIES || reading->out->ordinal != 0) {
        return;
    }
    struct span span = best_span(reading);
    if (span.score < 0) {
        return;
    }
    reading->out->category = join_span(reading, &span);
    for (size_t i = span.from; i < span.until; i++) {
        reading->taken[i] = true;
    }
}

void entity_product(struct entity_reading *reading)
{
    bool shops = reading->intent == INTENT_SEARCH_PRODUCT ||
                 reading->intent == INTENT_PRODUCT_DETAILS ||
                 reading->intent == INTENT_ADD_TO_CART ||
                 reading->intent == INTENT_REMOVE_FROM_CART;
    bool mentions =
        reading->intent == INTENT_OFFERS || reading->intent == INTENT_HUMAN_AGENT ||
        reading->intent == INTENT_ORDER_STATUS || reading->intent == INTENT_CANCEL_ORDER;

    if (!shops && !mentions) {
        return;
    }
    /* Elsewhere, and where one thing is asked about, only what is known for a product. */
    bool named = shops || reading->intent == INTENT_OFFERS;
    int least = reading->intent == INTENT_SEARCH_PRODUCT ? 0 : named ? 2 : 4;
    struct span span = best_span(reading);
    if (span.score >= least) {
        reading->out->product_query = join_span(reading, &span);
    }
}

/* What stands before an address: the address begins behind it. */
static const char *const address_cues[] = {"direccion", "es", "a", "en", "domicilio",
    "vivo", "envio", "casa", "entrega", "mi", "la", "dir", "address", "at", "to", "is",
    "para", "e", "endereco", "morada", NULL};
static const char *const address_starts[] = {"calle", "av", "avenida", "avda", "carrera",
    "cra", "kr", "cll", "frente", "esquina", "jr", "jiron", "diagonal", "diag",
    "transversal", "manzana", "mz", "urb", "urbanizacion", "colonia", "col", "barrio",
    "sector", "psje", "pasaje", "blvd", "boulevard", "prolongacion", "conjunto",
    "residencial", "edificio", "privada", "ruta", "km", "calzada", "alameda", "plaza",
    "paseo", "rua", "travessa", "circuito", "condominio", "fracc", "lote", "autopista",
    "carretera", "zona", "torre", "camino", "residencias", "cerrada", "retorno", "anillo",
    "villa", "pje", NULL};

/* From the first number or word for a street back to what leads to it: "es pa chapinero
 * cra 13". */
static size_t address_start(const struct entity_reading *reading)
{
    const struct normal_text *text = reading->text;
    size_t at = 0;

    while (at + 1 < text->count && text->tokens[at].kind != NORMAL_NUMBER &&
           !entity_is_one_of(reading, at, address_starts)) {
        at++;
    }
    while (at > 0 && !entity_is_one_of(reading, at - 1, address_cues) &&
           !entity_is_chatter(text->tokens[at - 1].word)) {
        at--;
    }
    while (at + 1 < text->count && text->tokens[at].kind == NORMAL_MARK) {
        at++;
    }
    return at;
}

/* What comes behind an address, after a comma. */
static size_t address_end(const struct entity_reading *reading, size_t start)
{
    static const char *const tails[] = {"dejar", "preguntar", "cel", "telefono", "tel",
        "es", "al", "gracias", "porfavor", "por", "a", "pero", "me", "mi", "y", "que",
        "no", NULL};
    const struct normal_text *text = reading->text;
    size_t end = start + 1;

    while (end < text->count &&
           !(entity_parted(reading, end) && entity_is_one_of(reading, end, tails))) {
        end++;
    }
    while (end > start && (text->tokens[end - 1].kind == NORMAL_MARK ||
                              text->tokens[end - 1].kind == NORMAL_EMOJI ||
                              entity_is(reading, end - 1, "porfavor") ||
                              entity_is(reading, end - 1, "gracias"))) {
        end--;
    }
    return end;
}

/* As written, in lower case: its marks belong to it. */
void entity_address(struct entity_reading *reading)
{
    const struct normal_text *text = reading->text;
    bool named = false;

    if (reading->intent != INTENT_PROVIDE_ADDRESS || text->count < 2) {
        return;
    }
    for (size_t i = 0; i < text->count; i++) {
        named = named || text->tokens[i].kind == NORMAL_NUMBER ||
                text->tokens[i].kind == NORMAL_CODE ||
                entity_is_one_of(reading, i, address_starts);
    }
    size_t start = address_start(reading);
    size_t end = address_end(reading, start);
    if (!named || start >= end) {
        return;
    }
    uint32_t from = text->tokens[start].from;
    uint32_t until = text->tokens[end - 1].until;
    reading->out->address =
        (struct svc_slice){svc_arena_strndup(reading->arena,
                               reading->question->text.text + from, until - from),
            until - from};
}
