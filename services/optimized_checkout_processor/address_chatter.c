#include "address_reading.h"

/* What people say around an address. */
static const char *const fillers[] = {"hola", "buen", "mi", "direccion", "domicilio",
    "es", "en", "vivo", "estoy", "a", "si", "no", "y", "ok", "porfa", "favor", "por",
    "gracias", "enviar", "envien", "mandar", "manden", "envio", "entrega", "aqui",
    "seria", "claro", "muchas", "entregar", "para", "perdon", "esta", "queda", "vive",
    "mandalo", "enviamelo", "va", "pues", "bueno", "datos", "mis", "son", "ya", "ahi",
    "te", "paso", "tengo", "mejor", "dias", "tardes", "noches", "disculpa", "oye",
    "numero", "codigo", "necesito", "quiero", "que", "llegue", "llegar", "me", "lo",
    "manda", "envia", "puedes", "pueden", NULL};
/* Some names begin with these: fillers only before others, or before a number. */
static const char *const articles[] = {
    "la", "el", "los", "las", "de", "del", "un", "una", "buenas", "buenos", NULL};
static const char *const end_fillers[] = {"gracias", "porfa", "favor", "por", "y",
    "muchas", "es", "en", "de", "ok", "capital", NULL};

static const struct address_word *word_at(const struct reading *reading, size_t at)
{
    return &reading->words.list[at];
}

static bool is_filler(const struct reading *reading, struct span span)
{
    const struct address_word *word = word_at(reading, span.from);

    if (reading_is_one_of(word, fillers)) {
        return true;
    }
    if (!reading_is_one_of(word, articles) || span.from + 1 == span.to) {
        return false;
    }
    const struct address_word *next = word_at(reading, span.from + 1);
    return reading_is_one_of(next, fillers) ||
           (next->is_digits && span.from + 2 == span.to);
}

struct span reading_strip_end(const struct reading *reading, struct span span)
{
    while (span.from < span.to &&
           (reading_is_one_of(word_at(reading, span.to - 1), end_fillers) ||
               (span.to - span.from > 1 &&
                   reading_is_one_of(word_at(reading, span.to - 1), articles)))) {
        span.to--;
    }
    return span;
}

struct span reading_strip_chatter(const struct reading *reading, struct span span)
{
    while (span.from < span.to && is_filler(reading, span)) {
        span.from++;
    }
    return reading_strip_end(reading, span);
}

bool reading_is_chatter(const struct reading *reading, struct span span)
{
    for (size_t i = span.from; i < span.to; i++) {
        if (!reading_is_one_of(word_at(reading, i), fillers) &&
            !reading_is_one_of(word_at(reading, i), articles)) {
            return false;
        }
    }
    return true;
}
