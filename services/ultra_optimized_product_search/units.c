#include "units.h"

#include <stdlib.h>
#include <string.h>

#define MEASURE_MAX ((int64_t)1000000000000) /* thousandths */

enum { NUMBER_WORD_MAX = 7 }; /* bytes of the longest */

struct number_word {
    const char *word;
    int64_t thousandths;
};

const struct unit units_inch = {"\"", "in", 1000, true, true};
const struct unit units_piece = {"", "pz", 1000, true, false};

/* Sorted, as the other lists are: they are searched by halves. */
static const struct unit units[] = {
    {"cc", "ml", 1000, true, false},
    {"centilitro", "ml", 10000, false, false},
    {"centilitros", "ml", 10000, false, false},
    {"centimeter", "mm", 10000, false, false},
    {"centimeters", "mm", 10000, false, false},
    {"centimetro", "mm", 10000, false, false},
    {"centimetros", "mm", 10000, false, false},
    {"cl", "ml", 10000, false, false},
    {"cm", "mm", 10000, false, false},
    {"cms", "mm", 10000, false, false},
    {"docena", "pz", 12000, false, false},
    {"docenas", "pz", 12000, false, false},
    {"dozen", "pz", 12000, false, false},
    {"dozens", "pz", 12000, false, false},
    {"duzia", "pz", 12000, false, false},
    {"duzias", "pz", 12000, false, false},
    {"feet", "ft", 1000, true, false},
    {"ft", "ft", 1000, true, false},
    {"g", "g", 1000, true, false},
    {"gal", "gal", 1000, false, false},
    {"gallon", "gal", 1000, false, false},
    {"gallons", "gal", 1000, false, false},
    {"galon", "gal", 1000, false, false},
    {"galones", "gal", 1000, false, false},
    {"gals", "gal", 1000, false, false},
    {"gb", "gb", 1000, false, false},
    {"ghz", "hz", 1000000000000, false, false},
    {"giga", "gb", 1000, false, false},
    {"gigabyte", "gb", 1000, false, false},
    {"gigabytes", "gb", 1000, false, false},
    {"gigas", "gb", 1000, false, false},
    {"gr", "g", 1000, false, false},
    {"gram", "g", 1000, false, false},
    {"grama", "g", 1000, false, false},
    {"gramas", "g", 1000, false, false},
    {"gramo", "g", 1000, false, false},
    {"gramos", "g", 1000, false, false},
    {"grams", "g", 1000, false, false},
    {"grs", "g", 1000, false, false},
    {"hertz", "hz", 1000, false, false},
    {"hz", "hz", 1000, false, false},
    {"in", "in", 1000, true, true},
    {"inch", "in", 1000, false, false},
    {"inches", "in", 1000, false, false},
    {"kg", "g", 1000000, false, false},
    {"kgs", "g", 1000000, false, false},
    {"khz", "hz", 1000000, false, false},
    {"kilo", "g", 1000000, false, false},
    {"kilogram", "g", 1000000, false, false},
    {"kilograma", "g", 1000000, false, false},
    {"kilogramas", "g", 1000000, false, false},
    {"kilogramo", "g", 1000000, false, false},
    {"kilogramos", "g", 1000000, false, false},
    {"kilograms", "g", 1000000, false, false},
    {"kilos", "g", 1000000, false, false},
    {"kilowatt", "w", 1000000, false, false},
    {"kilowatts", "w", 1000000, false, false},
    {"kw", "w", 1000000, false, false},
    {"l", "ml", 1000000, true, false},
    {"lb", "lb", 1000, false, false},
    {"lbs", "lb", 1000, false, false},
    {"libra", "lb", 1000, false, false},
    {"libras", "lb", 1000, false, false},
    {"liter", "ml", 1000000, false, false},
    {"liters", "ml", 1000000, false, false},
    {"litre", "ml", 1000000, false, false},
    {"litres", "ml", 1000000, false, false},
    {"litro", "ml", 1000000, false, false},
    {"litros", "ml", 1000000, false, false},
    {"lt", "ml", 1000000, false, false},
    {"ltr", "ml", 1000000, false, false},
    {"lts", "ml", 1000000, false, false},
    {"m", "mm", 1000000, true, false},
    {"mah", "mah", 1000, false, false},
    {"mb", "gb", 1, false, false},
    {"megabyte", "gb", 1, false, false},
    {"megabytes", "gb", 1, false, false},
    {"megapixel", "mp", 1000, false, false},
    {"megapixeles", "mp", 1000, false, false},
    {"megapixels", "mp", 1000, false, false},
    {"meter", "mm", 1000000, false, false},
    {"meters", "mm", 1000000, false, false},
    {"metro", "mm", 1000000, false, false},
    {"metros", "mm", 1000000, false, false},
    {"mg", "g", 1, false, false},
    {"mhz", "hz", 1000000000, false, false},
    {"miligramo", "g", 1, false, false},
    {"miligramos", "g", 1, false, false},
    {"mililitro", "ml", 1000, false, false},
    {"mililitros", "ml", 1000, false, false},
    {"milimetro", "mm", 1000, false, false},
    {"milimetros", "mm", 1000, false, false},
    {"milliliter", "ml", 1000, false, false},
    {"milliliters", "ml", 1000, false, false},
    {"millimeter", "mm", 1000, false, false},
    {"millimeters", "mm", 1000, false, false},
    {"ml", "ml", 1000, false, false},
    {"mls", "ml", 1000, false, false},
    {"mm", "mm", 1000, false, false},
    {"mp", "mp", 1000, false, false},
    {"mpx", "mp", 1000, false, false},
    {"mt", "mm", 1000000, false, false},
    {"mtr", "mm", 1000000, false, false},
    {"mts", "mm", 1000000, false, false},
    {"onza", "oz", 1000, false, false},
    {"onzas", "oz", 1000, false, false},
    {"ounce", "oz", 1000, false, false},
    {"ounces", "oz", 1000, false, false},
    {"oz", "oz", 1000, false, false},
    {"pack", "pz", 1000, true, false},
    {"pair", "par", 1000, true, false},
    {"pairs", "par", 1000, true, false},
    {"par", "par", 1000, true, false},
    {"pares", "par", 1000, true, false},
    {"pcs", "pz", 1000, false, false},
    {"peca", "pz", 1000, false, false},
    {"pecas", "pz", 1000, false, false},
    {"pezas", "pz", 1000, false, false},
    {"piece", "pz", 1000, false, false},
    {"pieces", "pz", 1000, false, false},
    {"pieza", "pz", 1000, false, false},
    {"piezas", "pz", 1000, false, false},
    {"plg", "in", 1000, false, false},
    {"polegada", "in", 1000, false, false},
    {"polegadas", "in", 1000, false, false},
    {"pound", "lb", 1000, false, false},
    {"pounds", "lb", 1000, false, false},
    {"pulg", "in", 1000, false, false},
    {"pulgada", "in", 1000, false, false},
    {"pulgadas", "in", 1000, false, false},
    {"pulgs", "in", 1000, false, false},
    {"pz", "pz", 1000, false, false},
    {"pza", "pz", 1000, false, false},
    {"pzas", "pz", 1000, false, false},
    {"pzs", "pz", 1000, false, false},
    {"quilo", "g", 1000000, false, false},
    {"quilos", "g", 1000000, false, false},
    {"tb", "gb", 1000000, false, false},
    {"tera", "gb", 1000000, false, false},
    {"terabyte", "gb", 1000000, false, false},
    {"terabytes", "gb", 1000000, false, false},
    {"teras", "gb", 1000000, false, false},
    {"u", "pz", 1000, true, false},
    {"ud", "pz", 1000, true, false},
    {"uds", "pz", 1000, false, false},
    {"und", "pz", 1000, false, false},
    {"unds", "pz", 1000, false, false},
    {"unidad", "pz", 1000, false, false},
    {"unidade", "pz", 1000, false, false},
    {"unidades", "pz", 1000, false, false},
    {"v", "v", 1000, true, false},
    {"vatio", "w", 1000, false, false},
    {"vatios", "w", 1000, false, false},
    {"volt", "v", 1000, false, false},
    {"voltio", "v", 1000, false, false},
    {"voltios", "v", 1000, false, false},
    {"volts", "v", 1000, false, false},
    {"w", "w", 1000, true, false},
    {"watt", "w", 1000, false, false},
    {"watts", "w", 1000, false, false},
};

static const struct number_word numbers[] = {
    {"cinco", 5000},
    {"cuarto", 250},
    {"cuatro", 4000},
    {"dez", 10000},
    {"diez", 10000},
    {"doce", 12000},
    {"dois", 2000},
    {"dos", 2000},
    {"doze", 12000},
    {"duas", 2000},
    {"eight", 8000},
    {"five", 5000},
    {"four", 4000},
    {"half", 500},
    {"media", 500},
    {"medio", 500},
    {"meia", 500},
    {"meio", 500},
    {"nine", 9000},
    {"nove", 9000},
    {"nueve", 9000},
    {"ocho", 8000},
    {"oito", 8000},
    {"one", 1000},
    {"quatro", 4000},
    {"quince", 15000},
    {"quinze", 15000},
    {"seis", 6000},
    {"sete", 7000},
    {"seven", 7000},
    {"siete", 7000},
    {"six", 6000},
    {"ten", 10000},
    {"three", 3000},
    {"tres", 3000},
    {"twelve", 12000},
    {"two", 2000},
    {"um", 1000},
    {"uma", 1000},
    {"un", 1000},
    {"una", 1000},
    {"uno", 1000},
    {"veinte", 20000},
    {"vinte", 20000},
};

static const char *const packs[] = {
    "bolsa",
    "box",
    "caixa",
    "caja",
    "combo",
    "conjunto",
    "juego",
    "kit",
    "lote",
    "pack",
    "pacote",
    "pacotes",
    "paquete",
    "paquetes",
    "set",
    "tira",
    "tiras",
};

static int compare(struct svc_slice word, const char *entry)
{
    int first = (unsigned char)*word.text - (unsigned char)*entry;

    if (first != 0) {
        return first;
    }
    size_t length = strlen(entry);
    int order = memcmp(word.text, entry, word.length < length ? word.length : length);

    return order != 0 ? order : (word.length > length) - (word.length < length);
}

static int compare_unit(const void *key, const void *entry)
{
    return compare(*(const struct svc_slice *)key, ((const struct unit *)entry)->word);
}

static int compare_number(const void *key, const void *entry)
{
    return compare(
        *(const struct svc_slice *)key, ((const struct number_word *)entry)->word);
}

static int compare_pack(const void *key, const void *entry)
{
    return compare(*(const struct svc_slice *)key, *(const char *const *)entry);
}

const struct unit *units_find(struct svc_slice word)
{
    return bsearch(
        &word, units, sizeof units / sizeof units[0], sizeof units[0], compare_unit);
}

int64_t units_number_word(struct svc_slice word)
{
    if (word.length > NUMBER_WORD_MAX) {
        return -1;
    }
    const struct number_word *found = bsearch(&word, numbers,
        sizeof numbers / sizeof numbers[0], sizeof numbers[0], compare_number);

    return found != NULL ? found->thousandths : -1;
}

bool units_is_pack(struct svc_slice word)
{
    return bsearch(&word, packs, sizeof packs / sizeof packs[0], sizeof packs[0],
               compare_pack) != NULL;
}

int64_t units_number(struct svc_slice digits)
{
    int64_t value = 0;
    size_t decimals = 0;
    bool point = false;

    for (size_t i = 0; i < digits.length && decimals < 3; i++) {
        if (digits.text[i] == '.') {
            point = true;
            continue;
        }
        value = value * 10 + (digits.text[i] - '0');
        decimals += point;
        if (value > MEASURE_MAX) {
            return -1;
        }
    }
    for (; decimals < 3; decimals++) {
        value *= 10;
    }
    return value <= MEASURE_MAX ? value : -1;
}

size_t units_put(char out[UNITS_TEXT_MAX], int64_t value, const struct unit *unit)
{
    int64_t total = 0;

    if (value <= 0 || __builtin_mul_overflow(value, unit->thousandths, &total)) {
        return 0;
    }
    total /= 1000;
    if (total == 0) {
        return 0;
    }
    size_t length = svc_text_put_int64(out, total / 1000);
    int rest = (int)(total % 1000);
    if (rest > 0) {
        out[length++] = '.';
        for (int place = 100; rest > 0; rest %= place, place /= 10) {
            out[length++] = (char)('0' + rest / place);
        }
    }
    size_t base = strlen(unit->base);
    memcpy(out + length, unit->base, base);
    return length + base;
}
