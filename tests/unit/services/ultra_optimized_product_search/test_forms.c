/* Which words are one, and which aren't. */
#include "../../unit.h"

#include "analyser.h"

enum form { FORM_PLAIN, FORM_STEM, FORM_SOUND };

struct language_state {
    struct analyser *analyser;
    struct svc_arena arena;
};

/* The form of a text of one word, as a product's text is read. */
static struct svc_slice form_of(
    struct language_state *language, const char *text, enum form form)
{
    struct token_list tokens;
    struct token_forms forms;
    struct svc_slice slice = {text, strlen(text)};

    analyser_tokens(language->analyser, &language->arena, slice, 1, &tokens);
    assert_int_equal(tokens.count, 1);
    analyser_forms(language->analyser, &language->arena, tokens.list[0].exact, &forms);
    const struct svc_slice all[] = {forms.plain, forms.stem, forms.sound};
    return all[form];
}

/* GROUPS: words with spaces between; all of a line have the same form. */
static void check_same(
    const char *name, const char *const *groups, size_t count, enum form form, bool same)
{
    struct language_state language = {.analyser = analyser_new(name)};
    size_t failed = 0;

    assert_non_null(language.analyser);
    for (size_t i = 0; i < count; i++) {
        char line[256];
        char *rest = NULL;
        snprintf(line, sizeof line, "%s", groups[i]);
        const char *first = strtok_r(line, " ", &rest);
        struct svc_slice wanted = form_of(&language, first, form);
        const char *word = strtok_r(NULL, " ", &rest);
        for (; word != NULL; word = strtok_r(NULL, " ", &rest)) {
            struct svc_slice found = form_of(&language, word, form);
            bool equal = found.length == wanted.length &&
                         memcmp(found.text, wanted.text, found.length) == 0;
            if (equal != same) {
                print_error("%s: %.*s, %s: %.*s\n", first, (int)wanted.length,
                    wanted.text, word, (int)found.length, found.text);
                failed++;
            }
        }
    }
    svc_arena_done(&language.arena);
    analyser_free(&language.analyser);
    assert_int_equal(failed, 0);
}

#define CHECK(language, groups, form, same)                                              \
    check_same(language, groups, COUNT_OF(groups), form, same)

/* What PostgreSQL's Spanish misses, and what it finds. */
static void test_stem_pairs(void **state)
{
    static const char *const groups[] = {"pantalon pantalones", "luz luces",
        "lápiz lápices lapices", "celular celulares", "collar collares", "hogar hogares",
        "jean jeans", "joven jóvenes jovenes", "examen exámenes examenes",
        "champú champus champús", "tv tvs TV", "té te tés", "niño nino niños ninos",
        "baño banos baños bano", "decoración decoracion decoraciones",
        "iluminación iluminacion iluminaciones", "sartén sartenes sarten",
        "rojo roja rojos rojas", "zapatilla zapatillas", "móvil moviles móviles"};

    (void)state;
    CHECK("es", groups, FORM_STEM, true);
}

static void test_stem_plurals(void **state)
{
    static const char *const groups[] = {"gafa gafas", "lente lentes", "tenis TENIS",
        "paraguas paragua", "mes meses", "res reses", "gas gases", "bus buses",
        "arroz arroces", "pez peces", "tijera tijeras", "calcetín calcetines",
        "camión camiones", "bebé bebés bebes", "sofá sofás sofas", "short shorts",
        "top tops", "clip clips", "kit kits", "sándwich sándwiches sandwiches",
        "reloj relojes", "pan panes", "suéter suéteres", "panty pantys panties pantis",
        "cd cds", "dvd dvds", "led leds", "pc pcs", "audífono audifonos", "cable cables",
        "cargador cargadores", "traje trajes", "garaje garajes", "aceite aceites",
        "guante guantes", "llave llaves", "noche noches", "leche leches",
        "peluche peluches", "parche parches", "color colores", "flor flores",
        "motor motores", "mujer mujeres", "pared paredes", "red redes", "césped céspedes",
        "útil útiles", "papel papeles", "pincel pinceles", "azul azules",
        "mueble muebles", "verde verdes", "grande grandes", "doble dobles",
        "sobre sobres", "hombre hombres", "cofre cofres", "torre torres", "calle calles",
        "nariz narices", "tapiz tapices", "disfraz disfraces", "nuez nueces",
        "cruz cruces", "raíz raíces", "barniz barnices", "vez veces", "enlace enlaces",
        "envase envases", "base bases", "clase clases", "frase frases", "cine cines",
        "bloque bloques", "bikini bikinis", "taxi taxis", "kiwi kiwis",
        "menú menús menus", "rubí rubíes rubis", "bambú bambúes bambus", "ají ajíes ajis",
        "maní maníes manis", "serie series", "pie pies", "pié pies", "álbum álbumes",
        "club clubes clubs", "ley leyes", "rey reyes", "jersey jerséis", "arnés arneses",
        "inglés ingleses", "imagen imágenes", "volumen volúmenes", "orden órdenes",
        "botón botones", "cinturón cinturones", "sillón sillones", "cojín cojines",
        "jabón jabones", "ratón ratones", "tablón tablones", "pañal pañales panales",
        "uña uñas", "muñeca muñecas", "moño moños", "libro libros", "taza tazas",
        "plato platos", "camiseta camisetas", "licuadora licuadoras", "brasier brasieres",
        "sticker stickers", "laptop laptops", "chip chips", "robot robots",
        "ticket tickets", "dulce dulces", "hélice hélices", "índice índices",
        "balance balances", "bronce bronces", "lavavajillas lavavajilla",
        "cereal cereales", "animal animales", "juguete juguetes", "arete aretes",
        "tostador tostadores", "cortina cortinas", "lámpara lámparas", "foco focos",
        "café cafés cafes", "puré purés", "chicle chicles", "dólar dólares"};

    (void)state;
    CHECK("es", groups, FORM_STEM, true);
}

static void test_stem_gender(void **state)
{
    static const char *const groups[] = {"negro negra negros negras", "blanco blanca",
        "amarillo amarilla", "morado morada", "rosado rosadas", "largo larga",
        "corto corta", "alto alta", "nuevo nuevas", "usado usada",
        "eléctrico eléctrica electricas", "inalámbrico inalámbrica", "plástico plástica",
        "deportivo deportiva deporte", "adhesivo adhesiva", "silencioso silenciosa",
        "estampado estampada", "molido molida", "femenino femenina", "mexicano mexicana",
        "vaquero vaquera", "genuino genuina", "computador computadora",
        "impresor impresora", "ropa ropita", "bolsa bolsita", "caja cajita",
        "carro carrito", "perro perrito", "muñeca muñequita", "pantalón pantaloncito",
        "máquina maquinita", "bonito bonita", "redondo redonda"};

    (void)state;
    CHECK("es", groups, FORM_STEM, true);
}

/* Each line's first word against the others. */
static void test_stem_traps(void **state)
{
    static const char *const groups[] = {"casa caso cazo", "peso pesa", "foco foca",
        "plato plata", "pala palo", "copa copo", "puerta puerto", "carta cartera carton",
        "celular celulosa célula", "bota bote botón", "mesa mes", "pan pana paño",
        "gas gasa gasto", "papá papel", "cama cámara camarón", "par para pared pareja",
        "sal sala salsa", "tela tele", "tapa tapete", "pasta pasto paste",
        "tinta tinto tinte", "barra barro", "pila piloto", "cera cero", "marca marco",
        "niño niña", "chico chica", "media medio", "lavadora lavable lavado",
        "tecla teclado", "panel panela", "banda banco bandeja", "rosa rosario",
        "sol solo sola", "top tope", "cepo cepillo", "manta mantel", "cinta cinto",
        "bate bata batería", "pera pero perro", "libro libra libre", "vela velo",
        "caja cajón", "aro arroz", "polo pollo pola", "horno hornero", "cuna cuñado",
        "flor florero", "mora moral", "toalla toallero", "goma gota",
        "tabla tablero tableta", "silla sillón", "camisa camiseta", "visita visa",
        "granito grano", "tetera tetero", "cuchara cucharón", "pantalla pantalón",
        "sandalia sandía", "bolso bolsillo"};

    static const char *const same_by_n[] = {"cuna cuña", "año ano", "caña cana"};

    (void)state;
    CHECK("es", groups, FORM_STEM, false);
    CHECK("es", same_by_n, FORM_PLAIN, true);
}

static void test_sound(void **state)
{
    static const char *const same[] = {"zapatillas zapatiyas sapatillas zapatilla",
        "celular selular zelular", "cafetera kafetera", "cable cavle kable",
        "bolso bolzo volso", "lápiz lapis lapiz", "champú chanpu shampu", "huevo uevo",
        "llave yave llabe", "jabón jabom", "bocina bosina vocina", "vestido bestido",
        "bicicleta vicicleta bisicleta", "refrigerador refrijerador",
        "desodorante dezodorante", "chamarra chamara", "pantalón pantalom",
        "pantufla pantufla", "harina arina", "queso keso", "yerba hierba llerba",
        "zanahoria sanaoria", "cinturón sinturon", "audífonos audifono",
        "camiseta camizeta", "foto photo", "gimnasio jimnasio", "piscina pisina picina",
        "accesorio acesorio", "extensión estension", "billetera villetera biyetera",
        "almohada almoada", "esmalte ezmalte", "inalámbrico inalanbrico", "taxi tasi",
        "martillo martiyo"};
    static const char *const different[] = {"casa taza", "pila pala", "mesa pesa",
        "zapatilla zapatito", "gato jato", "coche cose"};

    (void)state;
    CHECK("es", same, FORM_SOUND, true);
    CHECK("es", different, FORM_SOUND, false);
}

static void test_sound_of_short(void **state)
{
    struct language_state language = {.analyser = analyser_new("es")};

    (void)state;
    assert_int_equal(form_of(&language, "tv", FORM_SOUND).length, 0);
    assert_int_equal(form_of(&language, "東京東京", FORM_SOUND).length, 0);
    assert_int_equal(form_of(&language, "123", FORM_SOUND).length, 0);
    assert_true(svc_slice_equals(form_of(&language, "sol", FORM_SOUND), "sol"));
    svc_arena_done(&language.arena);
    analyser_free(&language.analyser);
}

static void test_other_languages(void **state)
{
    static const char *const english[] = {"shoe shoes", "battery batteries",
        "knife knives knife", "running run", "headphone headphones", "dress dresses"};
    static const char *const portuguese[] = {"caminhão caminhões caminhao", "azul azuis",
        "papel papéis", "luz luzes", "cor cores", "batom batons", "calção calções",
        "vermelho vermelha vermelhos", "sapato sapatos", "fone fones"};
    static const char *const heard[] = {"xampu shampu champu", "casa caza", "foto photo"};

    (void)state;
    CHECK("en", english, FORM_STEM, true);
    CHECK("pt", portuguese, FORM_STEM, true);
    CHECK("pt", heard, FORM_SOUND, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stem_pairs),
        cmocka_unit_test(test_stem_plurals),
        cmocka_unit_test(test_stem_gender),
        cmocka_unit_test(test_stem_traps),
        cmocka_unit_test(test_sound),
        cmocka_unit_test(test_sound_of_short),
        cmocka_unit_test(test_other_languages),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
