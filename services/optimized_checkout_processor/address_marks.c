#include "address_marks.h"

#include <string.h>

enum { MARK_WORDS_MAX = 4 };

static const struct address_mark marks[] = {
    {"calle", PART_STREET, MARK_KEPT, NULL},
    {"c/", PART_STREET, MARK_KEPT, NULL},
    {"cll", PART_STREET, MARK_KEPT, NULL},
    {"cl", PART_STREET, MARK_KEPT, "CO ES"},
    {"av", PART_STREET, MARK_KEPT, NULL},
    {"avd", PART_STREET, MARK_KEPT, NULL},
    {"avda", PART_STREET, MARK_KEPT, NULL},
    {"ave", PART_STREET, MARK_KEPT, NULL},
    {"gran avenida", PART_STREET, MARK_KEPT, NULL},
    {"gran via", PART_STREET, MARK_KEPT, NULL},
    {"avenida", PART_STREET, MARK_KEPT, NULL},
    {"blvd", PART_STREET, MARK_KEPT, NULL},
    {"blv", PART_STREET, MARK_KEPT, NULL},
    {"bulevar", PART_STREET, MARK_KEPT, NULL},
    {"boulevard", PART_STREET, MARK_KEPT, NULL},
    {"domicilio conocido", PART_STREET, MARK_KEPT, "MX"},
    {"poligono", PART_STREET, MARK_KEPT | MARK_WEAK, "ES"},
    {"calz", PART_STREET, MARK_KEPT, NULL},
    {"calzada", PART_STREET, MARK_KEPT, NULL},
    {"carretera", PART_STREET, MARK_KEPT, NULL},
    {"carr", PART_STREET, MARK_KEPT, "MX"},
    {"ctra", PART_STREET, MARK_KEPT, "ES"},
    {"autopista", PART_STREET, MARK_KEPT, NULL},
    {"carrera", PART_STREET, MARK_KEPT, "CO"},
    {"carera", PART_STREET, MARK_KEPT, "CO"},
    {"cra", PART_STREET, MARK_KEPT, "CO"},
    {"cr", PART_STREET, MARK_KEPT, "CO"},
    {"kr", PART_STREET, MARK_KEPT, "CO"},
    {"kra", PART_STREET, MARK_KEPT, "CO"},
    {"crr", PART_STREET, MARK_KEPT, "CO"},
    {"dg", PART_STREET, MARK_KEPT, "CO"},
    {"diag", PART_STREET, MARK_KEPT, "CO AR"},
    {"diagonal", PART_STREET, MARK_KEPT | MARK_WEAK, "CO AR"},
    {"tv", PART_STREET, MARK_KEPT, "CO"},
    {"trans", PART_STREET, MARK_KEPT, "CO"},
    {"transv", PART_STREET, MARK_KEPT, "CO"},
    {"transversal", PART_STREET, MARK_KEPT, "CO"},
    {"circular", PART_STREET, MARK_KEPT | MARK_WEAK, "CO"},
    {"ac", PART_STREET, MARK_KEPT | MARK_VALUE, "CO"},
    {"ak", PART_STREET, MARK_KEPT | MARK_VALUE, "CO"},
    {"autop", PART_STREET, MARK_KEPT, "CO"},
    {"jr", PART_STREET, MARK_KEPT, "PE"},
    {"jiron", PART_STREET, MARK_KEPT, "PE"},
    {"ca", PART_STREET, MARK_KEPT, "PE"},
    {"pje", PART_STREET, MARK_KEPT, "PE CL AR"},
    {"psje", PART_STREET, MARK_KEPT, "PE CL AR"},
    {"pasaje", PART_STREET, MARK_KEPT | MARK_WEAK, NULL},
    {"privada", PART_STREET, MARK_KEPT | MARK_WEAK, "MX"},
    {"priv", PART_STREET, MARK_KEPT | MARK_WEAK, "MX"},
    {"cerrada", PART_STREET, MARK_KEPT | MARK_WEAK, "MX"},
    {"andador", PART_STREET, MARK_KEPT | MARK_WEAK, "MX"},
    {"circuito", PART_STREET, MARK_KEPT | MARK_WEAK, "MX"},
    {"retorno", PART_STREET, MARK_KEPT | MARK_WEAK, "MX"},
    {"callejon", PART_STREET, MARK_KEPT | MARK_WEAK, NULL},
    {"prolongacion", PART_STREET, MARK_KEPT | MARK_WEAK, NULL},
    {"prol", PART_STREET, MARK_KEPT | MARK_WEAK, NULL},
    {"camino", PART_STREET, MARK_KEPT | MARK_WEAK, NULL},
    {"paseo", PART_STREET, MARK_KEPT | MARK_WEAK, NULL},
    {"plaza", PART_STREET, MARK_KEPT | MARK_WEAK, "ES"},
    {"plza", PART_STREET, MARK_KEPT | MARK_WEAK, "ES"},
    {"pza", PART_STREET, MARK_KEPT | MARK_WEAK, "ES"},
    {"ronda", PART_STREET, MARK_KEPT | MARK_WEAK, "ES"},
    {"rambla", PART_STREET, MARK_KEPT | MARK_WEAK, "ES"},
    {"travesia", PART_STREET, MARK_KEPT | MARK_WEAK, "ES"},
    {"ruta", PART_STREET, MARK_KEPT | MARK_WEAK, "AR CL"},
    {"malecon", PART_STREET, MARK_KEPT | MARK_WEAK, "PE MX"},

    {"no ext", PART_NUMBER, MARK_VALUE, NULL},
    {"num ext", PART_NUMBER, MARK_VALUE, NULL},
    {"numero ext", PART_NUMBER, MARK_VALUE, NULL},
    {"numero exterior", PART_NUMBER, MARK_VALUE, NULL},
    {"num exterior", PART_NUMBER, MARK_VALUE, NULL},
    {"no exterior", PART_NUMBER, MARK_VALUE, NULL},
    {"ext", PART_NUMBER, MARK_VALUE, NULL},
    {"exterior", PART_NUMBER, MARK_VALUE, NULL},
    {"no", PART_NUMBER, MARK_VALUE, NULL},
    {"nro", PART_NUMBER, MARK_VALUE, NULL},
    {"num", PART_NUMBER, MARK_VALUE, NULL},
    {"numero", PART_NUMBER, MARK_VALUE, NULL},
    {"#", PART_NUMBER, MARK_VALUE, NULL},
    {"altura", PART_NUMBER, MARK_VALUE, "AR"},
    {"al", PART_NUMBER, MARK_VALUE, "AR"},
    {"km", PART_NUMBER, MARK_VALUE | MARK_KEPT, NULL},
    {"kilometro", PART_NUMBER, MARK_VALUE | MARK_KEPT, NULL},
    {"sn", PART_NUMBER, MARK_WHOLE, NULL},
    {"sin numero", PART_NUMBER, MARK_WHOLE, NULL},
    {"no tiene numero", PART_NUMBER, MARK_WHOLE, NULL},
    {"no tengo numero", PART_NUMBER, MARK_WHOLE, NULL},
    {"sin num", PART_NUMBER, MARK_WHOLE, NULL},
    {"sin nro", PART_NUMBER, MARK_WHOLE, NULL},
    {"mz", PART_LOT, MARK_VALUE | MARK_KEPT, NULL},
    {"mza", PART_LOT, MARK_VALUE | MARK_KEPT, NULL},
    {"manzana", PART_LOT, MARK_VALUE | MARK_KEPT, NULL},
    {"lt", PART_LOT, MARK_VALUE | MARK_KEPT, NULL},
    {"lte", PART_LOT, MARK_VALUE | MARK_KEPT, NULL},
    {"lote", PART_LOT, MARK_VALUE | MARK_KEPT, NULL},

    {"no int", PART_INTERIOR, MARK_VALUE, NULL},
    {"num int", PART_INTERIOR, MARK_VALUE, NULL},
    {"numero int", PART_INTERIOR, MARK_VALUE, NULL},
    {"numero interior", PART_INTERIOR, MARK_VALUE, NULL},
    {"num interior", PART_INTERIOR, MARK_VALUE, NULL},
    {"no interior", PART_INTERIOR, MARK_VALUE, NULL},
    {"int", PART_INTERIOR, MARK_VALUE | MARK_KEPT, NULL},
    {"interior", PART_INTERIOR, MARK_VALUE | MARK_KEPT, NULL},
    {"depto", PART_INTERIOR, MARK_VALUE | MARK_KEPT, NULL},
    {"dpto", PART_INTERIOR, MARK_VALUE | MARK_KEPT, NULL},
    {"dto", PART_INTERIOR, MARK_VALUE | MARK_KEPT, NULL},
    {"dep", PART_INTERIOR, MARK_VALUE | MARK_KEPT, NULL},
    {"depa", PART_INTERIOR, MARK_VALUE | MARK_KEPT, NULL},
    {"dept", PART_INTERIOR, MARK_VALUE | MARK_KEPT, NULL},
    {"departamento", PART_INTERIOR, MARK_VALUE | MARK_KEPT, NULL},
    {"apto", PART_INTERIOR, MARK_VALUE | MARK_KEPT, NULL},
    {"apt", PART_INTERIOR, MARK_VALUE | MARK_KEPT, NULL},
    {"apartamento", PART_INTERIOR, MARK_VALUE | MARK_KEPT, NULL},
    {"piso", PART_INTERIOR, MARK_VALUE | MARK_KEPT, NULL},
    {"oficina", PART_INTERIOR, MARK_VALUE | MARK_KEPT, NULL},
    {"of", PART_INTERIOR, MARK_VALUE | MARK_KEPT, NULL},
    {"ofi", PART_INTERIOR, MARK_VALUE | MARK_KEPT, NULL},
    {"local", PART_INTERIOR, MARK_VALUE | MARK_KEPT, NULL},
    {"torre", PART_INTERIOR, MARK_VALUE | MARK_KEPT, NULL},
    {"edificio", PART_INTERIOR, MARK_VALUE | MARK_KEPT, NULL},
    {"edif", PART_INTERIOR, MARK_VALUE | MARK_KEPT, NULL},
    {"bloque", PART_INTERIOR, MARK_VALUE | MARK_KEPT, NULL},
    {"block", PART_INTERIOR, MARK_VALUE | MARK_KEPT, NULL},
    {"casa", PART_INTERIOR, MARK_VALUE | MARK_KEPT, NULL},
    {"cs", PART_INTERIOR, MARK_VALUE | MARK_KEPT, "CO"},
    {"parcela", PART_INTERIOR, MARK_VALUE | MARK_KEPT, "CL"},
    {"escalera", PART_INTERIOR, MARK_VALUE | MARK_KEPT, NULL},
    {"esc", PART_INTERIOR, MARK_VALUE | MARK_KEPT, NULL},
    {"puerta", PART_INTERIOR, MARK_VALUE | MARK_KEPT, NULL},
    {"pta", PART_INTERIOR, MARK_VALUE | MARK_KEPT, NULL},
    {"portal", PART_INTERIOR, MARK_VALUE | MARK_KEPT, NULL},
    {"nave", PART_INTERIOR, MARK_VALUE | MARK_KEPT, "ES"},
    {"planta baja", PART_INTERIOR, MARK_WHOLE, NULL},
    {"pb", PART_INTERIOR, MARK_WHOLE, NULL},

    {"sm", PART_DISTRICT, MARK_VALUE | MARK_KEPT, "MX"},
    {"supermanzana", PART_DISTRICT, MARK_VALUE | MARK_KEPT, "MX"},
    {"col", PART_DISTRICT, 0, "MX"},
    {"colonia", PART_DISTRICT, 0, "MX"},
    {"fracc", PART_DISTRICT, MARK_KEPT, "MX"},
    {"fraccionamiento", PART_DISTRICT, MARK_KEPT, "MX"},
    {"fracionamiento", PART_DISTRICT, MARK_KEPT, "MX"},
    {"unidad habitacional", PART_DISTRICT, MARK_KEPT, "MX"},
    {"residencial", PART_DISTRICT, MARK_KEPT | MARK_WEAK, "MX"},
    {"ejido", PART_DISTRICT, MARK_KEPT | MARK_WEAK, "MX"},
    {"barrio", PART_DISTRICT, 0, NULL},
    {"bo", PART_DISTRICT, MARK_WEAK, "AR CO"},
    {"distrito", PART_DISTRICT, 0, "PE"},
    {"distrito de", PART_DISTRICT, 0, "PE"},
    {"dist", PART_DISTRICT, 0, "PE"},
    {"comuna", PART_DISTRICT, 0, "CL"},
    {"comuna de", PART_DISTRICT, 0, "CL"},
    {"urb", PART_ESTATE, MARK_KEPT, NULL},
    {"urbanizacion", PART_ESTATE, MARK_KEPT, NULL},
    {"aa hh", PART_ESTATE, MARK_KEPT, "PE"},
    {"aahh", PART_ESTATE, MARK_KEPT, "PE"},
    {"asentamiento humano", PART_ESTATE, MARK_KEPT, "PE"},
    {"asoc", PART_ESTATE, MARK_KEPT, "PE"},
    {"asociacion", PART_ESTATE, MARK_KEPT, "PE"},
    {"coop", PART_ESTATE, MARK_KEPT, "PE"},
    {"villa", PART_ESTATE, MARK_KEPT | MARK_WEAK, "CL"},
    {"poblacion", PART_ESTATE, MARK_KEPT | MARK_WEAK, "CL"},
    {"pobl", PART_ESTATE, MARK_KEPT | MARK_WEAK, "CL"},
    {"condominio", PART_ESTATE, MARK_KEPT | MARK_WEAK, NULL},
    {"conjunto", PART_ESTATE, MARK_KEPT | MARK_WEAK, "CO"},
    {"conjunto residencial", PART_ESTATE, MARK_KEPT | MARK_WEAK, "CO"},
    {"vereda", PART_ESTATE, MARK_KEPT | MARK_WEAK, "CO"},

    {"ciudad", PART_CITY, 0, NULL},
    {"cd", PART_CITY, 0, NULL},
    {"municipio", PART_CITY, 0, NULL},
    {"municipio de", PART_CITY, 0, NULL},
    {"mpio", PART_CITY, 0, NULL},
    {"mun", PART_CITY, 0, "MX"},
    {"alcaldia", PART_CITY, 0, "MX"},
    {"delegacion", PART_CITY, 0, "MX"},
    {"deleg", PART_CITY, 0, "MX"},
    {"localidad", PART_CITY, 0, NULL},
    {"partido de", PART_CITY, 0, "AR"},
    {"partido", PART_CITY, 0, "AR"},
    {"provincia", PART_CITY, 0, "PE"},
    {"provincia de", PART_CITY, 0, "PE"},
    {"provincia", PART_STATE, 0, "AR ES"},
    {"provincia de", PART_STATE, 0, "AR ES"},
    {"prov", PART_STATE, 0, "AR ES"},
    {"prov de", PART_STATE, 0, "AR ES"},
    {"pcia", PART_STATE, 0, "AR"},
    {"pcia de", PART_STATE, 0, "AR"},
    {"estado", PART_STATE, 0, "MX"},
    {"edo", PART_STATE, 0, "MX"},
    {"departamento", PART_STATE, MARK_WEAK, "CO PE"},
    {"depto", PART_STATE, MARK_WEAK, "CO PE"},
    {"dpto", PART_STATE, MARK_WEAK, "CO PE"},
    {"departamento de", PART_STATE, 0, "CO PE"},
    {"depto de", PART_STATE, 0, "CO PE"},
    {"dpto de", PART_STATE, 0, "CO PE"},
    {"region", PART_STATE, MARK_WEAK, "CL PE"},
    {"region de", PART_STATE, 0, "CL PE"},

    {"cp", PART_POSTAL_CODE, MARK_VALUE, NULL},
    {"c p", PART_POSTAL_CODE, MARK_VALUE, NULL},
    {"codigo postal", PART_POSTAL_CODE, MARK_VALUE, NULL},
    {"codigo posta", PART_POSTAL_CODE, MARK_VALUE, NULL},
    {"cod postal", PART_POSTAL_CODE, MARK_VALUE, NULL},
    {"codigo", PART_POSTAL_CODE, MARK_VALUE, NULL},
    {"postal", PART_POSTAL_CODE, MARK_VALUE, NULL},

    {"entre", PART_REFERENCE, MARK_KEPT, NULL},
    {"entre calle", PART_REFERENCE, MARK_KEPT, NULL},
    {"entre calles", PART_REFERENCE, MARK_KEPT, NULL},
    {"e/", PART_REFERENCE, MARK_KEPT, NULL},
    {"esquina", PART_REFERENCE, MARK_KEPT, NULL},
    {"esq", PART_REFERENCE, MARK_KEPT, NULL},
    {"referencia", PART_REFERENCE, 0, NULL},
    {"referencias", PART_REFERENCE, 0, NULL},
    {"ref", PART_REFERENCE, 0, NULL},
    {"refs", PART_REFERENCE, 0, NULL},
    {"cerca", PART_REFERENCE, MARK_KEPT, NULL},
    {"frente", PART_REFERENCE, MARK_KEPT, NULL},
    {"al frente", PART_REFERENCE, MARK_KEPT, NULL},
    {"enfrente", PART_REFERENCE, MARK_KEPT, NULL},
    {"en frente", PART_REFERENCE, MARK_KEPT, NULL},
    {"al lado", PART_REFERENCE, MARK_KEPT, NULL},
    {"a lado", PART_REFERENCE, MARK_KEPT, NULL},
    {"a un costado", PART_REFERENCE, MARK_KEPT, NULL},
    {"a un lado", PART_REFERENCE, MARK_KEPT, NULL},
    {"a la vuelta", PART_REFERENCE, MARK_KEPT, NULL},
    {"a media cuadra", PART_REFERENCE, MARK_KEPT, NULL},
    {"a una cuadra", PART_REFERENCE, MARK_KEPT, NULL},
    {"a dos cuadras", PART_REFERENCE, MARK_KEPT, NULL},
    {"detras", PART_REFERENCE, MARK_KEPT, NULL},
    {"atras", PART_REFERENCE, MARK_KEPT, NULL},
    {"junto", PART_REFERENCE, MARK_KEPT, NULL},
    {"casa", PART_REFERENCE, MARK_KEPT, NULL},
    {"porton", PART_REFERENCE, MARK_KEPT, NULL},
    {"fachada", PART_REFERENCE, MARK_KEPT, NULL},
    {"timbre", PART_REFERENCE, MARK_KEPT, NULL},
    {"tocar", PART_REFERENCE, MARK_KEPT, NULL},
    {"dejar", PART_REFERENCE, MARK_KEPT, NULL},
    {"altura", PART_REFERENCE, MARK_KEPT, NULL},
    {"a la altura", PART_REFERENCE, MARK_KEPT, NULL},
    {"portal", PART_REFERENCE, MARK_KEPT, NULL},
    {"rejas", PART_REFERENCE, MARK_KEPT, NULL},
    {"edificio", PART_REFERENCE, MARK_KEPT, NULL},

    {"a nombre de", PART_RECIPIENT, 0, NULL},
    {"recibe", PART_RECIPIENT, 0, NULL},
    {"lo recibe", PART_RECIPIENT, 0, NULL},
    {"recibe la", PART_RECIPIENT, 0, NULL},
    {"quien recibe", PART_RECIPIENT, 0, NULL},
    {"destinatario", PART_RECIPIENT, 0, NULL},
    {"nombre", PART_RECIPIENT, 0, NULL},
    {"atencion", PART_RECIPIENT, 0, NULL},
    {"soy", PART_RECIPIENT, 0, NULL},

    {"tel", PART_IGNORED, MARK_VALUE, NULL},
    {"telefono", PART_IGNORED, MARK_VALUE, NULL},
    {"cel", PART_IGNORED, MARK_VALUE, NULL},
    {"celular", PART_IGNORED, MARK_VALUE, NULL},
    {"whatsapp", PART_IGNORED, MARK_VALUE, NULL},
};

/* Whether TEXT begins with the mark's words: how many they are, else 0. */
static size_t match(
    const struct address_mark *mark, const struct address_words *words, size_t at)
{
    const char *rest = mark->words;
    size_t count = 0;

    while (*rest != '\0') {
        size_t length = strcspn(rest, " ");
        if (at + count >= words->count) {
            return 0;
        }
        const struct address_word *word = &words->list[at + count];
        if ((count > 0 && word->starts) || strlen(word->plain) != length ||
            memcmp(word->plain, rest, length) != 0) {
            return 0;
        }
        count++;
        rest += length + (rest[length] == ' ');
    }
    return count;
}

static bool is_of(const struct address_mark *mark, struct svc_slice country)
{
    if (mark->countries == NULL) {
        return true;
    }
    for (const char *at = mark->countries; country.length == 2 && *at != '\0'; at++) {
        if (strncmp(at, country.text, 2) == 0) {
            return true;
        }
    }
    return false;
}

/* A number, or a letter that stands alone, after what may stand between: "no. es 45". */
static bool has_value(const struct address_words *words, size_t at, bool had_colon)
{
    static const char *const between[] = {"es", "el", "la", "#", "no", "num", "numero"};

    for (size_t tries = 0; at < words->count && tries < 3; tries++, at++) {
        const struct address_word *word = &words->list[at];
        bool skipped = false;
        if (word->starts && !had_colon) {
            return false;
        }
        if (word->has_digit) {
            return true;
        }
        for (size_t i = 0; i < sizeof between / sizeof between[0]; i++) {
            skipped = skipped || strcmp(word->plain, between[i]) == 0;
        }
        if (!skipped) {
            bool is_last = at + 1 == words->count || words->list[at + 1].starts;
            return strlen(word->plain) == 1 &&
                   (is_last || strchr("yoeua", word->plain[0]) == NULL);
        }
    }
    return false;
}

const struct address_mark *address_mark_find(const struct address_words *words, size_t at,
    struct svc_slice country, size_t *ret_words)
{
    const struct address_mark *best = NULL;
    size_t best_count = 0;

    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        const struct address_mark *mark = &marks[i];
        if (mark->words[0] != words->list[at].plain[0]) {
            continue;
        }
        size_t count = match(mark, words, at);
        if (count <= best_count || !is_of(mark, country)) {
            continue;
        }
        bool had_colon = words->list[at + count - 1].has_colon;
        bool starts = words->list[at].starts || had_colon;
        if (((mark->flags & MARK_VALUE) != 0 &&
                !has_value(words, at + count, had_colon)) ||
            ((mark->flags & MARK_WEAK) != 0 && !starts)) {
            continue;
        }
        best = mark;
        best_count = count;
    }
    if (best != NULL) {
        *ret_words = best_count;
    }
    return best;
}
