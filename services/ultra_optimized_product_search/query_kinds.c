#include "query_private.h"

static const char *const vague[] = {"buen*", "bonit*", "lind*", "grande", "grandes",
    "gran", "pequeñ*", "pequen*", "chico", "chica", "chicos", "chicas", "median*",
    "nuevo", "nueva", "nuevos", "nuevas", "mejor", "mejores", "comodo", "comodos",
    "calidad", "original*", "modern*", "elegant*", "resistent*", "practic*", "excelent*",
    "sencill*", "tipo", "tipos", "clase", "clases", "super", "oficial*", "ideal",
    "ideales", "perfect*", "complet*", "sin", "incluid*", "color", "colores", "tamaño",
    "tamaños", "tamano", "modelo", "modelos", "marca", "marcas", "variedad", "surtid*",
    "estilo", "fuerte", "fuertes", "bien", "normal", "normales", "basic*", "diferent*",
    "varios", "varias", "especial*", "good", "best", "big", "small", "new", "nice", "bom",
    "boa", "novo", "nova", "size", "talla", "talle", "tallas", "dos", "tres", "cuatro",
    "cinco", "par", "pares", "docena"};

static const char *const things[] = {"cafe", "cafes", "chocolate", "chocolates", "vino",
    "vinos", "crema", "cremas", "arena", "rosa", "rosas", "naranja", "naranjas", "plata",
    "oro", "mostaza", "lavanda", "coral", "perla", "perlas", "castaña", "castañas", "uva",
    "uvas", "menta", "cobre", "bronce", "cristalino", "laranja", "prata", "ouro",
    "orange", "gold", "silver", "cream", "vinho", "creme"};

static const char *const labels[] = {"marca", "modelo", "brand", "sku", "ean", "codigo",
    "clave", "ref", "referencia", "code"};

static const char *const conjunctions[] = {
    "y", "e", "o", "u", "ni", "and", "or", "ou", "mas", "pero", "con"};

static const char *const whom[] = {"para", "pa", "p", "de", "for", "un", "una", "mi",
    "mis", "tu", "su", "do", "da", "um"};

static bool matches_one(const struct query_reading *reading, size_t index,
    const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (query_match(reading, index, list[i]) > 0) {
            return true;
        }
    }
    return false;
}

bool query_is_vague(const struct query_reading *reading, size_t index)
{
    return matches_one(reading, index, vague, sizeof vague / sizeof vague[0]);
}

bool query_is_label(const struct query_reading *reading, size_t index)
{
    return matches_one(reading, index, labels, sizeof labels / sizeof labels[0]);
}

bool query_is_thing(const struct query_reading *reading, size_t index)
{
    return matches_one(reading, index, things, sizeof things / sizeof things[0]);
}

bool query_is_conjunction(const struct query_reading *reading, size_t index)
{
    return matches_one(
        reading, index, conjunctions, sizeof conjunctions / sizeof conjunctions[0]);
}

bool query_is_for(const struct query_reading *reading, size_t index)
{
    return matches_one(reading, index, whom, sizeof whom / sizeof whom[0]);
}

bool query_is_free(const struct query_reading *reading, size_t index)
{
    return index < reading->count && !reading->items[index].used &&
           !reading->items[index].stop;
}

bool query_is_letter(const struct query_reading *reading, size_t index)
{
    return query_is_free(reading, index) && !reading->items[index].number &&
           reading->items[index].joined == NULL && !reading->items[index].tied &&
           reading->items[index].word.exact.length == 1;
}
