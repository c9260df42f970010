#include "augment.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { TEXT_MAX = 1024 };

static const char *const openings[] = {"hola", "hola buenas", "buenas", "buenos dias",
    "buenas tardes", "buen dia", "hola que tal", "disculpa", "disculpe", "oye", "oiga",
    "amigo", "hola amiga", "bueno", "ok", "entonces", "por favor", "porfa", "mira",
    "una pregunta", "una consulta", "hola disculpa", "holaa", "buenas noches", "che",
    "hola vecino", "veci", "muchas gracias", "ok gracias", "jaja", "ah", "y", "perdon",
    "hola buen dia como esta", "hola soy yo de nuevo", "ah ok", "dale", "perfecto"};
static const char *const closings[] = {"porfa", "por favor", "gracias", "xfa", "🙏",
    "porfis", "😊", "amigo", "veci", "jaja", "de una vez", "si se puede", "?", "!!",
    "muchas gracias", "plis", "gracias de antemano", "ya", "che", "...", "pues", "👀"};

uint64_t random_next(uint64_t *state)
{
    uint64_t value = (*state += 0x9E3779B97F4A7C15u);

    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9u;
    value = (value ^ value >> 27) * 0x94D049BB133111EBu;
    return value ^ value >> 31;
}

static bool chance(uint64_t *random, unsigned percent)
{
    return random_next(random) % 100 < percent;
}

static const char *pick(const char *const *list, size_t count, uint64_t *random)
{
    return list[random_next(random) % count];
}

/* What stands alone: a greeting before it would be another message. */
static bool takes_chatter(enum intent intent)
{
    return intent != INTENT_GREETING && intent != INTENT_THANKS &&
           intent != INTENT_GOODBYE && intent != INTENT_AFFIRM && intent != INTENT_DENY;
}

static size_t words_in(const char *text)
{
    size_t count = 0;

    for (const char *at = text; *at != '\0'; at++) {
        count += *at != ' ' && (at == text || at[-1] == ' ');
    }
    return count;
}

static void swap_product(const struct example *example,
    const struct vocabulary *vocabulary, uint64_t *random, char text[TEXT_MAX])
{
    char made[TEXT_MAX];
    const char *other =
        vocabulary->products[random_next(random) % vocabulary->product_count];
    char *place = example->product == NULL ? NULL : strcasestr(text, example->product);

    if (place == NULL) {
        return;
    }
    snprintf(made, sizeof made, "%.*s%s%s", (int)(place - text), text, other,
        place + strlen(example->product));
    memcpy(text, made, sizeof made);
}

/* One letter less, twice, or in its neighbour's place. */
static void slip(uint64_t *random, char text[TEXT_MAX])
{
    size_t length = strlen(text);

    if (length < 6 || length + 2 > TEXT_MAX) {
        return;
    }
    size_t at = 1 + random_next(random) % (length - 2);
    bool plain = (text[at] | 0x20) >= 'a' && (text[at] | 0x20) <= 'z' &&
                 (text[at + 1] | 0x20) >= 'a' && (text[at + 1] | 0x20) <= 'z';
    if (!plain) {
        return;
    }
    switch (random_next(random) % 3) {
    case 0:
        memmove(text + at, text + at + 1, length - at);
        break;
    case 1:
        memmove(text + at + 1, text + at, length - at + 1);
        break;
    default: {
        char letter = text[at];
        text[at] = text[at + 1];
        text[at + 1] = letter;
    }
    }
}

static void drop_marks(char text[TEXT_MAX])
{
    char *out = text;

    for (const char *at = text; *at != '\0'; at++) {
        if (*at != '?' && *at != '!') {
            *out++ = *at;
        }
    }
    *out = '\0';
}

static void add_chatter(uint64_t *random, char text[TEXT_MAX])
{
    char made[TEXT_MAX];
    bool before = chance(random, 60);
    bool after = !before || chance(random, 25);

    snprintf(made, sizeof made, "%s%s%.*s%s%s",
        before ? pick(openings, sizeof openings / sizeof openings[0], random) : "",
        before ? " " : "", TEXT_MAX - 64, text, after ? " " : "",
        after ? pick(closings, sizeof closings / sizeof closings[0], random) : "");
    memcpy(text, made, sizeof made);
}

void augment(const struct example *example, const struct vocabulary *vocabulary,
    uint64_t *random, char *ret_text, size_t size, enum intent_state *ret_state)
{
    char text[TEXT_MAX];
    size_t words = words_in(example->text);

    snprintf(text, sizeof text, "%s", example->text);
    if (chance(random, 60)) {
        swap_product(example, vocabulary, random, text);
    }
    if (takes_chatter(example->intent) && words >= 2 && chance(random, 35)) {
        add_chatter(random, text);
    }
    if (chance(random, 30)) {
        slip(random, text);
    }
    if (words >= 3 && chance(random, 40)) {
        drop_marks(text);
    }
    *ret_state = example->state;
    if (example->state == STATE_NONE && words >= 4 && chance(random, 30)) {
        *ret_state = (enum intent_state)(random_next(random) % INTENT_STATES);
    }
    snprintf(ret_text, size, "%s", text);
}
