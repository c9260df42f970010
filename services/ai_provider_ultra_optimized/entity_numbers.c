#include "entities.h"

#include <string.h>

/* What a number is times: "12 mil", "300 lucas", "600mil", "50k". */
static const char *const thousands[] = {
    "mil", "lucas", "luca", "k", "thousand", "barras", NULL};
static const char *const millions[] = {
    "millon", "millones", "palo", "palos", "melon", "melones", NULL};
static const char *const money[] = {"pesos", "soles", "dolares", "euros", "lucas", "mil",
    "bolivares", "quetzales", "pesitos", "euro", "dolar", "sol", "usd", "reais",
    "dollars", "bucks", "quid", "varos", "mxn", "cop", NULL};
static const char *const units[] = {"unidades", "unidad", "cajas", "caja", "kilos",
    "kilo", "kg", "kgs", "paquetes", "paquete", "libras", "libra", "metros", "metro",
    "frascos", "piezas", "pieza", "uds", "latas", "botes", "sobres", "pcs", "units",
    NULL};

/* The amount at AT; `ret_count` how many words it takes; below 0: none. SCALE: what an
 * earlier number of the same range is times. */
static double amount_at(
    const struct entity_reading *reading, size_t at, size_t *ret_count, double *ret_scale)
{
    double number = entity_number(reading, at);
    *ret_count = 1;
    *ret_scale = 1;

    if (at >= reading->text->count) {
        return -1;
    }
    const struct normal_token *token = &reading->text->tokens[at];
    if (token->kind == NORMAL_CODE) {
        size_t digits = strspn(token->word.text, "0123456789.,");
        digits = digits < token->word.length ? digits : token->word.length;
        struct svc_slice rest = {token->word.text + digits, token->word.length - digits};
        bool times = svc_slice_equals(rest, "mil") || svc_slice_equals(rest, "k") ||
                     svc_slice_equals(rest, "lucas");
        bool plain = svc_slice_equals(rest, "pesos") || svc_slice_equals(rest, "soles") ||
                     svc_slice_equals(rest, "usd") || svc_slice_equals(rest, "euros");
        number = 0;
        for (size_t i = 0; i < digits; i++) {
            char byte = token->word.text[i];
            number = byte >= '0' && byte <= '9' ? number * 10 + (byte - '0') : number;
        }
        *ret_scale = times ? 1000 : 1;
        return (times || plain) && digits > 0 ? number * *ret_scale : -1;
    }
    if (entity_is(reading, at, "mil")) {
        return 1000;
    }
    if (number >= 0 && entity_is_one_of(reading, at + 1, millions)) {
        *ret_count = 2;
        *ret_scale = 1000000;
    }
    if (number >= 0 && entity_is_one_of(reading, at + 1, thousands)) {
        *ret_count = 2;
        *ret_scale = 1000;
    }
    return number >= 0 ? number * *ret_scale : -1;
}

static void take(struct entity_reading *reading, size_t from, size_t until)
{
    for (size_t i = from; i < until && i < reading->text->count; i++) {
        reading->taken[i] = true;
    }
}

static size_t skip(const struct entity_reading *reading, size_t at)
{
    static const char *const small[] = {"de", "a", "los", "$", "+", "como", "que", "unos",
        "the", "por", "r", "s", "rd", "us", "q", "bs", "es", "las", "maximo", "max",
        "mas", "unas", "ser", NULL};

    while (entity_is_one_of(reading, at, small)) {
        at++;
    }
    return at;
}

static bool is_price(const struct entity_reading *reading, size_t at, size_t count)
{
    static const char *const lengths[] = {
        "cm", "anos", "mm", "pulgadas", "ml", "gb", NULL};

    if (entity_is_one_of(reading, at + count, lengths)) {
        return false;
    }
    return entity_is_one_of(reading, at + count, money) || count > 1 ||
           !entity_is_one_of(reading, at + count, units);
}

/* "entre 8 y 12 mil": the thousands of the second are those of the first. */
static bool read_range(struct entity_reading *reading, size_t at)
{
    size_t count = 1;
    size_t second_count = 1;
    double scale = 1;
    double second_scale = 1;
    size_t first = skip(reading, at + 1);

    double low = amount_at(reading, first, &count, &scale);
    size_t second = first + count;
    if (entity_is_one_of(reading, second, money)) {
        second++;
    }
    if (low < 0 ||
        !(entity_is(reading, second, "y") || entity_is(reading, second, "a") ||
            entity_is(reading, second, "and") || entity_is(reading, second, "e"))) {
        return false;
    }
    second = skip(reading, second + 1);
    double high = amount_at(reading, second, &second_count, &second_scale);
    if (high < 0) {
        return false;
    }
    reading->out->price_min = scale == 1 && low < high / scale ? low * second_scale : low;
    if (reading->out->price_min > high) {
        reading->out->price_min = low;
    }
    reading->out->price_max = high;
    size_t end = second + second_count;
    take(reading, at, end + entity_is_one_of(reading, end, money));
    return true;
}

/* "no mas de", "que no cueste mas de". */
static bool follows_no(const struct entity_reading *reading, size_t at)
{
    for (size_t back = 1; back <= 3 && back <= at; back++) {
        if (entity_is(reading, at - back, "no")) {
            return true;
        }
    }
    return false;
}

/* "500 pesos maximo", "de 300 para abajo", "200 o menos": 1 for a highest price, -1 for a
 * lowest, 0 for neither. */
static int bound_behind(const struct entity_reading *reading, size_t at)
{
    bool down =
        entity_is(reading, at + 1, "abajo") || entity_is(reading, at + 1, "menos");
    bool up = entity_is(reading, at + 1, "arriba") || entity_is(reading, at + 1, "mas");
    bool joins = entity_is(reading, at, "para") || entity_is(reading, at, "o") ||
                 entity_is(reading, at, "hacia") || entity_is(reading, at, "por");

    if (entity_is(reading, at, "maximo") || entity_is(reading, at, "max") ||
        entity_is(reading, at, "tope") || (joins && down)) {
        return 1;
    }
    return entity_is(reading, at, "minimo") || (joins && up) ? -1 : 0;
}

/* An amount with its bound behind it. */
static bool read_amount_first(struct entity_reading *reading, size_t at)
{
    size_t count = 1;
    double scale = 1;
    double amount = amount_at(reading, at, &count, &scale);
    size_t end = at + count;

    end += entity_is_one_of(reading, end, money);
    int bound = amount > 0 ? bound_behind(reading, end) : 0;
    if (bound == 0) {
        return false;
    }
    *(bound > 0 ? &reading->out->price_max : &reading->out->price_min) = amount;
    take(reading, at, end + 2);
    return true;
}

/* The words at AT that say what the number behind them bounds; 0: none. */
static size_t bound_at(const struct entity_reading *reading, size_t at, bool *ret_is_max)
{
    static const char *const highest[] = {
        "hasta", "maximo", "presupuesto", "under", "below", "ate", "max", "tope", NULL};
    static const char *const passes[] = {
        "pase", "pasen", "exceda", "supere", "superen", "pasar", NULL};
    bool no_more = entity_is(reading, at, "mas") && follows_no(reading, at);
    bool more = entity_is(reading, at, "mas") || entity_is(reading, at, "more") ||
                entity_is(reading, at, "over") || entity_is(reading, at, "minimo");
    bool less = entity_is(reading, at, "menos") || entity_is(reading, at, "less") ||
                entity_is(reading, at, "menor") || entity_is(reading, at, "menores");

    *ret_is_max = true;
    if (entity_is_one_of(reading, at, highest)) {
        return 1;
    }
    if (no_more && entity_is(reading, at + 1, "de")) {
        return 2;
    }
    if (less && (entity_is(reading, at + 1, "de") || entity_is(reading, at + 1, "than") ||
                    entity_is(reading, at + 1, "a"))) {
        return 2;
    }
    if (entity_is(reading, at, "debajo") || entity_is(reading, at, "abajo") ||
        entity_is_one_of(reading, at, passes)) {
        return 1;
    }
    *ret_is_max = false;
    if (more &&
        (entity_is(reading, at + 1, "de") || entity_is(reading, at + 1, "than"))) {
        return 2;
    }
    return entity_is(reading, at, "desde") || entity_is(reading, at, "partir") ? 1 : 0;
}

void entity_prices(struct entity_reading *reading)
{
    if (reading->intent != INTENT_SEARCH_PRODUCT && reading->intent != INTENT_OFFERS &&
        reading->intent != INTENT_BROWSE_CATEGORIES) {
        return;
    }
    for (size_t i = 0; i < reading->text->count; i++) {
        bool is_max = false;
        bool range = entity_is(reading, i, "entre") || entity_is(reading, i, "between") ||
                     (entity_is(reading, i, "de") && i + 2 < reading->text->count &&
                         entity_is(reading, i + 2, "a") &&
                         entity_is_one_of(reading, i + 4, money));
        if ((range && read_range(reading, i)) || read_amount_first(reading, i)) {
            return;
        }
        size_t words = bound_at(reading, i, &is_max);
        bool has = words == 0 &&
                   (entity_is(reading, i, "tengo") || entity_is(reading, i, "con") ||
                       entity_is(reading, i, "gastar"));
        if (has && entity_is_one_of(reading, skip(reading, i + 1) + 1, money)) {
            words = 1;
            is_max = true;
        }
        size_t at = skip(reading, i + words);
        size_t count = 1;
        double scale = 1;
        double amount = words == 0 ? -1 : amount_at(reading, at, &count, &scale);
        if (amount <= 0 || !is_price(reading, at, count)) {
            continue;
        }
        *(is_max ? &reading->out->price_max : &reading->out->price_min) = amount;
        size_t end = at + count;
        take(reading, i, end + entity_is_one_of(reading, end, money));
    }
}

/* 1 to 10, -1 the last; 0: no such word. */
static int32_t ordinal_word(const struct entity_reading *reading, size_t at)
{
    static const char *const stems[] = {"primer", "segund", "tercer", "cuart", "quint",
        "sext", "septim", "octav", "noven", "decim"};
    static const char *const english[] = {"first", "second", "third", "fourth", "fifth"};
    static const char *const last[] = {"ultimo", "ultima", "last", "ultimos", NULL};
    struct svc_slice word = reading->text->tokens[at].word;

    if (entity_is_one_of(reading, at, last)) {
        return -1;
    }
    for (int i = 0; i < 10; i++) {
        size_t length = strlen(stems[i]);
        bool stem = word.length >= length && word.length <= length + 2 &&
                    memcmp(word.text, stems[i], length) == 0;
        char end = stem && word.length > length ? word.text[word.length - 1] : 'r';
        bool ends = end == 'o' || end == 'a' || (end == 'r' && (i == 0 || i == 2));
        if (stem && ends) {
            return i + 1;
        }
        if (i < 5 && entity_is(reading, at, english[i])) {
            return i + 1;
        }
    }
    /* "2do", "1ero", "3ra". */
    bool code = reading->text->tokens[at].kind == NORMAL_CODE && word.length >= 2 &&
                word.length <= 4 && word.text[0] >= '1' && word.text[0] <= '9' &&
                strchr("oa", word.text[word.length - 1]) != NULL && word.text[1] >= 'a' &&
                word.text[1] != 'x';
    return code ? word.text[0] - '0' : 0;
}

/* "el 2", "la opcion 3", "#2", "numero 4"; alone where a list was shown. */
static bool is_pointed_at(const struct entity_reading *reading, size_t at, size_t words)
{
    static const char *const cues[] = {"el", "la", "opcion", "numero", "nro", "del", "al",
        "#", "num", "option", "number", NULL};
    static const char *const counted[] = {
        "de", "unidades", "kilos", "pares", "cajas", "pesos", "mil", "soles", NULL};
    bool shows_list = reading->question->state == STATE_RESULTS ||
                      reading->question->state == STATE_BROWSING ||
                      reading->question->state == STATE_PAYMENT;
    double number = entity_number(reading, at);

    if (number < 1 || number > 30 || number != (double)(int32_t)number ||
        entity_is_one_of(reading, at + 1, counted)) {
        return false;
    }
    if (at > 0 && entity_is_one_of(reading, at - 1, cues) &&
        !entity_is(reading, at, "una")) {
        return shows_list || !entity_is(reading, at - 1, "numero");
    }
    return words == 1 && shows_list && !entity_is(reading, at, "una");
}

void entity_ordinal(struct entity_reading *reading)
{
    bool fits = reading->intent == INTENT_PRODUCT_DETAILS ||
                reading->intent == INTENT_ADD_TO_CART ||
                reading->intent == INTENT_REMOVE_FROM_CART ||
                reading->intent == INTENT_BROWSE_CATEGORIES ||
                reading->intent == INTENT_CHOOSE_PAYMENT ||
                reading->intent == INTENT_VIEW_CART;
    size_t words = 0;

    for (size_t i = 0; i < reading->text->count; i++) {
        enum normal_kind kind = reading->text->tokens[i].kind;
        words += kind != NORMAL_MARK && kind != NORMAL_EMOJI &&
                 !entity_is(reading, i, "porfavor");
    }
    for (size_t i = 0; fits && i < reading->text->count; i++) {
        if (reading->taken[i]) {
            continue;
        }
        int32_t ordinal = ordinal_word(reading, i);
        if (ordinal == 0 && is_pointed_at(reading, i, words)) {
            ordinal = (int32_t)entity_number(reading, i);
        }
        if (ordinal != 0) {
            reading->out->ordinal = ordinal;
            reading->taken[i] = true;
            return;
        }
    }
}

static bool takes_quantity(const struct entity_reading *reading)
{
    return reading->intent == INTENT_ADD_TO_CART ||
           reading->intent == INTENT_REMOVE_FROM_CART;
}

/* "x2": a code; 0: none. */
static int32_t times_code(struct svc_slice word)
{
    if (word.length < 2 || word.length > 3 || word.text[0] != 'x') {
        return 0;
    }
    int32_t number = 0;
    for (size_t i = 1; i < word.length; i++) {
        if (word.text[i] < '0' || word.text[i] > '9') {
            return 0;
        }
        number = number * 10 + (word.text[i] - '0');
    }
    return number;
}

/* A number is of a size or a measure where "de", "talla" or the like stands before it, or
 * a measure behind it. */
static bool is_measure(const struct entity_reading *reading, size_t at)
{
    static const char *const before[] = {"de", "talla", "talle", "del", "modelo",
        "iphone", "etapa", "numero", "vez", "lugar", NULL};

    return at > 0 && entity_is_one_of(reading, at - 1, before) &&
           !(entity_is(reading, at - 1, "de") && at == 1);
}

static void drop_unit(struct entity_reading *reading, size_t at)
{
    if (entity_is_one_of(reading, at, units)) {
        reading->taken[at] = true;
        if (entity_is(reading, at + 1, "de")) {
            reading->taken[at + 1] = true;
        }
    }
}

void entity_quantity(struct entity_reading *reading)
{
    for (size_t i = 0; takes_quantity(reading) && i < reading->text->count; i++) {
        struct svc_slice word = reading->text->tokens[i].word;
        double number = entity_number(reading, i);
        bool article =
            entity_is(reading, i, "una") && i + 1 < reading->text->count &&
            reading->text->tokens[i + 1].kind == NORMAL_WORD &&
            !entity_is(reading, i + 1, "mas") && !entity_is(reading, i + 1, "porfavor") &&
            !entity_is(reading, i + 1, "en") && !entity_is(reading, i + 1, "de");
        if (reading->taken[i]) {
            continue;
        }
        if (entity_is(reading, i, "docena") || entity_is(reading, i, "par")) {
            bool half = i > 0 && entity_is(reading, i - 1, "media");
            number = entity_is(reading, i, "par") ? 2 : half ? 6 : 12;
            article = false;
        } else if (number < 0) {
            number = times_code(word);
        }
        if (article || number < 1 || number > 9999 || number != (double)(int32_t)number ||
            is_measure(reading, i)) {
            continue;
        }
        reading->out->quantity = (int32_t)number;
        reading->taken[i] = true;
        drop_unit(reading, i + 1);
        return;
    }
}
