#include "entities.h"

#include <string.h>

/* What means a way to pay: the first that stands in the text. */
struct payment_word {
    const char *word;
    const char *second; /* NULL: the first word is enough */
    const char *method;
};

static const struct payment_word payment_words[] = {
    {"efectivo", NULL, "cash"},
    {"contra", "entrega", "cash"},
    {"contraentrega", NULL, "cash"},
    {"al", "recibir", "cash"},
    {"al", "recibirlo", "cash"},
    {"cash", NULL, "cash"},
    {"billetes", NULL, "cash"},
    {"oxxo", NULL, "cash"},
    {"cuando", "llegue", "cash"},
    {"repartidor", NULL, "cash"},
    {"muchacho", NULL, "cash"},
    {"dinheiro", NULL, "cash"},
    {"na", "entrega", "cash"},
    {"numerario", NULL, "cash"},
    {"link", NULL, "link"},
    {"enlace", NULL, "link"},
    {"qr", NULL, "link"},
    {"paypal", NULL, "link"},
    {"mercadopago", NULL, "link"},
    {"mercado", "pago", "link"},
    {"mercado", "libre", "link"},
    {"webpay", NULL, "link"},
    {"tarjeta", NULL, "card"},
    {"tarjetas", NULL, "card"},
    {"debito", NULL, "card"},
    {"credito", NULL, "card"},
    {"visa", NULL, "card"},
    {"master", NULL, "card"},
    {"mastercard", NULL, "card"},
    {"american", "express", "card"},
    {"amex", NULL, "card"},
    {"datafono", NULL, "card"},
    {"card", NULL, "card"},
    {"cartao", NULL, "card"},
    {"redcompra", NULL, "card"},
    {"cuotas", NULL, "card"},
    {"transferencia", NULL, "transfer"},
    {"transferencias", NULL, "transfer"},
    {"transfe", NULL, "transfer"},
    {"transfer", NULL, "transfer"},
    {"transfiero", NULL, "transfer"},
    {"transferir", NULL, "transfer"},
    {"transferirte", NULL, "transfer"},
    {"nequi", NULL, "transfer"},
    {"daviplata", NULL, "transfer"},
    {"yape", NULL, "transfer"},
    {"yapeo", NULL, "transfer"},
    {"yapear", NULL, "transfer"},
    {"plin", NULL, "transfer"},
    {"bizum", NULL, "transfer"},
    {"pse", NULL, "transfer"},
    {"spei", NULL, "transfer"},
    {"pix", NULL, "transfer"},
    {"zelle", NULL, "transfer"},
    {"pago", "movil", "transfer"},
    {"banco", NULL, "transfer"},
    {"bancolombia", NULL, "transfer"},
    {"deposito", NULL, "transfer"},
    {"depositar", NULL, "transfer"},
    {"consigno", NULL, "transfer"},
    {"consignar", NULL, "transfer"},
    {"consignacion", NULL, "transfer"},
    {"cbu", NULL, "transfer"},
    {"clabe", NULL, "transfer"},
    {"alias", NULL, "transfer"},
    {"cuenta", NULL, "transfer"},
};

void entity_payment(struct entity_reading *reading)
{
    bool speaks_of_it =
        reading->intent == INTENT_CHOOSE_PAYMENT || reading->intent == INTENT_HELP ||
        reading->intent == INTENT_OFFERS || reading->intent == INTENT_CHECKOUT;

    for (size_t i = 0; speaks_of_it && i < reading->text->count; i++) {
        for (size_t k = 0; k < sizeof payment_words / sizeof payment_words[0]; k++) {
            const struct payment_word *word = &payment_words[k];
            if (!entity_is(reading, i, word->word) ||
                (word->second != NULL && !entity_is(reading, i + 1, word->second))) {
                continue;
            }
            reading->taken[i] = true;
            reading->out->payment_method =
                (struct svc_slice){word->method, strlen(word->method)};
            return;
        }
    }
}

static const char *const size_cues[] = {
    "talla", "talle", "tallas", "size", "tamanho", "tam", "tall", "taya", NULL};
static const char *const letter_sizes[] = {"xs", "s", "m", "l", "g", "xl", "xxl", "xxxl",
    "2xl", "3xl", "4xl", "2x", "3x", "xg", "ch", "p", "gg", NULL};
static const char *const bed_sizes[] = {
    "king", "queen", "matrimonial", "individual", NULL};
static const char *const shoe_words[] = {"zapato", "zapatos", "zapatillas", "tenis",
    "botas", "botines", "sandalias", "chanclas", "zapas", "deportivas", "mocasines",
    "tacones", "cholas", "ojotas", "crocs", "zapatilla", "bota", "botin", "sandalia",
    "calzado", "guayos", "tacos", "sneakers", "championes", NULL};

static bool is_size_word(const struct entity_reading *reading, size_t at)
{
    return at < reading->text->count &&
           (reading->text->tokens[at].kind == NORMAL_NUMBER ||
               entity_is_one_of(reading, at, letter_sizes) ||
               entity_is(reading, at, "unica") || entity_is(reading, at, "mediana") ||
               entity_is(reading, at, "grande") || entity_is(reading, at, "chica"));
}

static bool has_shoes(const struct entity_reading *reading)
{
    for (size_t i = 0; i < reading->text->count; i++) {
        if (entity_is_one_of(reading, i, shoe_words)) {
            return true;
        }
    }
    return false;
}

/* Nothing but marks and "please" behind it. */
static bool is_last(const struct entity_reading *reading, size_t at)
{
    static const char *const polite[] = {"porfavor", "gracias", "hay", "tienen", "tienes",
        "tenes", "por", "favor", "si", NULL};

    for (size_t i = at + 1; i < reading->text->count; i++) {
        enum normal_kind kind = reading->text->tokens[i].kind;
        if (kind != NORMAL_MARK && kind != NORMAL_EMOJI &&
            !entity_is_one_of(reading, i, polite)) {
            return false;
        }
    }
    return true;
}

/* A shoe's number, said alone of the product that is shown. */
static bool is_bare_size(const struct entity_reading *reading, size_t at)
{
    double number = entity_number(reading, at);

    return at == 0 && reading->question->state == STATE_PRODUCT &&
           reading->text->tokens[0].kind == NORMAL_NUMBER && number >= 34 &&
           number <= 46 && is_last(reading, 0);
}

/* "en M", "del 42", "numero 38": where the number can be a shoe's. */
static bool is_size_in_context(const struct entity_reading *reading, size_t at)
{
    double number = entity_number(reading, at);
    bool digits =
        at < reading->text->count && reading->text->tokens[at].kind == NORMAL_NUMBER;
    bool shoe = digits && number >= 4 && number <= 48;
    bool before_letter =
        at > 0 && (entity_is(reading, at - 1, "en") || entity_is(reading, at - 1, "in") ||
                      entity_is(reading, at - 1, "ambas"));

    if (entity_is_one_of(reading, at, letter_sizes)) {
        return before_letter || is_last(reading, at);
    }
    if (!shoe || at == 0) {
        return is_bare_size(reading, at);
    }
    bool of = entity_is(reading, at - 1, "del") || entity_is(reading, at - 1, "numero");
    bool in = entity_is(reading, at - 1, "en");
    bool known = reading->intent == INTENT_PRODUCT_DETAILS ||
                 reading->intent == INTENT_ADD_TO_CART ||
                 reading->question->state == STATE_PRODUCT;
    if (has_shoes(reading)) {
        return of || in || is_last(reading, at);
    }
    return number >= 20 &&
           ((of && reading->intent == INTENT_ADD_TO_CART) || (in && known));
}

void entity_size(struct entity_reading *reading)
{
    bool fits = reading->intent == INTENT_SEARCH_PRODUCT ||
                reading->intent == INTENT_PRODUCT_DETAILS ||
                reading->intent == INTENT_ADD_TO_CART ||
                reading->intent == INTENT_REMOVE_FROM_CART ||
                reading->intent == INTENT_OFFERS;

    for (size_t i = 0; fits && i < reading->text->count; i++) {
        if (entity_is_one_of(reading, i, size_cues) && is_size_word(reading, i + 1)) {
            reading->taken[i] = true;
            reading->out->size = entity_take(reading, i + 1, 1);
            return;
        }
        if (is_size_in_context(reading, i)) {
            reading->out->size = entity_take(reading, i, 1);
            bool cue = i > 0 && !entity_is_one_of(reading, i - 1, shoe_words);
            reading->taken[i - cue] = true;
            return;
        }
        if (entity_is_one_of(reading, i, bed_sizes) && i > 0 && i + 1 < 3 + i) {
            size_t count = entity_is(reading, i + 1, "size") ? 2 : 1;
            bool known = count == 2 || entity_is(reading, i, "queen") ||
                         entity_is(reading, i, "king");
            if (known) {
                reading->out->size = entity_take(reading, i, count);
                return;
            }
        }
    }
}

static const char *const colors[] = {"negro", "negra", "blanco", "blanca", "rojo", "roja",
    "azul", "verde", "gris", "rosa", "rosado", "rosada", "rosadito", "morado", "morada",
    "amarillo", "amarilla", "naranja", "cafe", "marron", "beige", "dorado", "dorada",
    "plateado", "plateada", "celeste", "turquesa", "vino", "mostaza", "crema", "lila",
    "violeta", "fucsia", "coral", "nude", "transparente", "color", "guinda", "bordo",
    "vinotinto", "beis", "moradito", "negrito", "rojito", "azules", "grises", "marrones",
    "perla", "menta", "salmon", "palo", "granate", "lavanda", "camel", "black", "white",
    "red", "blue", "green", "pink", "grey", "gray", "preto", "preta", "branco", "branca",
    "vermelho", "vermelha", "amarelo", "roxo", "cinza", "marino", "grise", "azule",
    "marrone", "nogal", NULL};
static const char *const only_with_cue[] = {"cafe", "vino", "crema", "perla", "coral",
    "menta", "salmon", "palo", "naranja", NULL};
static const char *const shades[] = {"marino", "claro", "oscuro", "militar", "olivo",
    "oliva", "palo", "rey", "cielo", "petroleo", "electrico", "agua", "limon", "pastel",
    "mate", "fuerte", "bebe", "neon", "viejo", "botella", "navy", NULL};

/* "bolso cafe": a colour; "quiero cafe": none. */
static bool follows_product(const struct entity_reading *reading, size_t at)
{
    static const char *const links[] = {"de", "el", "la", "los", "las", "un", "con", "y",
        "para", "en", "del", "por", NULL};

    return at > 0 && reading->text->tokens[at - 1].kind == NORMAL_WORD &&
           !entity_parted(reading, at) && !entity_is_one_of(reading, at - 1, links) &&
           !entity_is_chatter(reading->text->tokens[at - 1].word);
}

static bool is_color(const struct entity_reading *reading, size_t at)
{
    struct svc_slice word = reading->text->tokens[at].word;
    bool cue = at > 0 &&
               (entity_is(reading, at - 1, "color") || entity_is(reading, at - 1, "en") ||
                   entity_is(reading, at - 1, "cor"));

    if (word.length > 4 && word.text[word.length - 1] == 's') {
        struct normal_token *token = &reading->text->tokens[at];
        token->word.length--;
        bool plural = entity_is_one_of(reading, at, colors);
        token->word.length++;
        bool drink =
            entity_is(reading, at, "vinos") || entity_is(reading, at, "cremas") ||
            entity_is(reading, at, "cafes") || entity_is(reading, at, "naranjas");
        return plural && (!drink || follows_product(reading, at));
    }
    if (entity_is_one_of(reading, at, only_with_cue)) {
        return (cue && !entity_is(reading, at - 1, "en")) || follows_product(reading, at);
    }
    return !entity_is(reading, at, "color") && entity_is_one_of(reading, at, colors);
}

void entity_color(struct entity_reading *reading)
{
    bool fits = reading->intent == INTENT_SEARCH_PRODUCT ||
                reading->intent == INTENT_PRODUCT_DETAILS ||
                reading->intent == INTENT_ADD_TO_CART ||
                reading->intent == INTENT_REMOVE_FROM_CART;

    for (size_t i = 0; fits && i < reading->text->count; i++) {
        if (reading->taken[i] || !is_color(reading, i)) {
            continue;
        }
        size_t count = i + 1 < reading->text->count && !entity_parted(reading, i + 1) &&
                               entity_is_one_of(reading, i + 1, shades) &&
                               !entity_is(reading, i + 1, "mate")
                           ? 2
                           : 1;
        reading->out->color = entity_take(reading, i, count);
        if (i > 0 && entity_is(reading, i - 1, "color")) {
            reading->taken[i - 1] = true;
        }
        return;
    }
}

static const char *const brands[] = {"nike", "adidas", "puma", "reebok", "samsung",
    "xiaomi", "motorola", "huawei", "apple", "lg", "sony", "lenovo", "hp", "dell", "asus",
    "acer", "epson", "canon", "brother", "logitech", "jbl", "bose", "philips", "oster",
    "bosch", "makita", "dewalt", "stanley", "casio", "totto", "vans", "converse",
    "skechers", "crocs", "levis", "zara", "loreal", "maybelline", "nivea", "dove",
    "rexona", "gillette", "colgate", "huggies", "pampers", "avent", "medela", "nestle",
    "nido", "nescafe", "pepsi", "corona", "aguila", "colun", "purina", "pedigree",
    "whiskas", "remington", "wahl", "isdin", "cerave", "eucerin", "rayban", "umco",
    "imusa", "tefal", "whirlpool", "mabe", "electrolux", "midea", "hisense", "tcl",
    "panasonic", "nintendo", "lego", "barbie", "mattel", "gamo", "truper", "bellota",
    "singer", "fila", "umbro", "timberland", "caterpillar", "cat", "honor", "oppo",
    "realme", "kingston", "sandisk", "anker", "redragon", "hyperx", "garmin", "fitbit",
    "amazfit", "natura", "avon", "yanbal", "vogue", "revlon", "mac", "garnier", "pantene",
    "sedal", "playadito", "taragui", "arcor", "bimbo", "lala", "alpina", "gloria",
    "quilmes", "poker", "brahma", "bacardi", "ariel", "downy", "suavitel", "fabuloso",
    "clorox", "scott", "kotex", "saba", "tommy", "lacoste", "guess", "gucci",
    "quiksilver", "billabong", "columbia", "merrell", "asics", "jordan", "ninja",
    "kitchenaid", "haceb", "challenger", "kalley", "sindelen", "topper", "olympikus",
    "saucony", "salomon", "wrangler", "lee", "diesel", "bershka", "playstation", "xbox",
    "microsoft", "toshiba", "aiwa", "poco", "infinix", "tecno", "zte", "nokia", "alcatel",
    "google", "beats", "marshall", "edifier", "steren", "koblenz", "taurus", "cuisinart",
    "tramontina", "vasconia", "ilko", "marmicoc", "rubbermaid", "tupperware", "bic",
    "pelikan", "maped", "artesco", "gerber", "enfamil", "pediasure", "ensure", "alpura",
    "nutella", "oreo", "gatorade", "sprite", "fanta", "postobon", "heineken", "tecate",
    "pilsen", "cusquena", "smirnoff", "maseca", "knorr", "maggi", "barilla", "carozzi",
    "primor", "vanish", "poett", "lysol", "babysec", "chicco", "graco", "evenflo",
    "milwaukee", "skil", "pretul", "urrea", "karcher", "osram", "sylvania", "duracell",
    "energizer", "babolat", "wilson", "spalding", "molten", "mikasa", "penalty", "bimba",
    "listerine", "sensodyne", "neutrogena", "vichy", "bioderma", "ponds", "tresemme",
    "elvive", "kerastase", "schwarzkopf", "wella", "opi", "essence", "nyx", "rimmel",
    NULL};
static const char *const two_word_brands[][2] = {{"royal", "canin"}, {"dog", "chow"},
    {"new", "balance"}, {"new", "era"}, {"tp", "link"}, {"la", "serenisima"},
    {"under", "armour"}, {"black", "decker"}, {"oral", "b"}, {"hot", "wheels"},
    {"faber", "castell"}, {"coca", "cola"}, {"arturo", "calle"}, {"de", "walt"},
    {"tommy", "hilfiger"}, {"calvin", "klein"}, {"cat", "chow"}, {"north", "face"},
    {"pro", "plan"}, {"fisher", "price"}, {"la", "roche"}};

void entity_brand(struct entity_reading *reading)
{
    bool fits = reading->intent == INTENT_SEARCH_PRODUCT ||
                reading->intent == INTENT_PRODUCT_DETAILS ||
                reading->intent == INTENT_ADD_TO_CART ||
                reading->intent == INTENT_REMOVE_FROM_CART ||
                reading->intent == INTENT_OFFERS;

    for (size_t i = 0; fits && i < reading->text->count; i++) {
        for (size_t k = 0; k < sizeof two_word_brands / sizeof two_word_brands[0]; k++) {
            if (entity_is(reading, i, two_word_brands[k][0]) &&
                entity_is(reading, i + 1, two_word_brands[k][1])) {
                reading->out->brand = entity_take(reading, i, 2);
                return;
            }
        }
        if (entity_is_one_of(reading, i, brands) && !reading->taken[i]) {
            reading->out->brand = entity_take(reading, i, 1);
            return;
        }
    }
}
