/* Thousands of random queries over a small catalogue that keeps changing, against a
 * search that looks at every product's words one by one. */
#include "model.h"

#include "index_private.h"

static const char *const vocabulary[] = {"zapatillas", "zapatilla", "rojo", "roja",
    "rojos", "azul", "azules", "niño", "nino", "niños", "cama", "camara", "camarote",
    "celular", "celulares", "luz", "luces", "lampara", "lamparas", "camisa", "camiseta",
    "camisetas", "pantalon", "pantalones", "de", "para", "42", "38", "15", "funda",
    "fundas", "mesa", "mesas", "silla", "sillon", "negro", "negra", "blanco", "verde",
    "zapato", "zapatos", "bota", "botas", "pan", "pañales", "baño", "perro", "perros",
    "gato", "gata", "usb-c", "1kg", "arroz"};
static const char *const brands[] = {"Andina", "ANDINA", "Kancha", "Rambla Sur", "Equis"};
static const char *const categories[] = {"Calzado", "Ropa", "Hogar"};
static const char *const sizes[] = {"38,39,42", "S,M,L", "15"};
static const char *const colors[] = {"rojo", "azul,negro", "blanco", "verde,rojo"};

enum { FEW = 150, MANY = 12500 };

struct texts {
    char name[128];
    char description[160];
    char sku[16];
};

struct fixture {
    struct shop shop;
    struct model model;
    size_t count;
    bool asks_much; /* five words without mistakes: no product has them all */
    struct texts *texts;
    struct product *products;
    uint64_t state;
};

static size_t below(struct fixture *fixture, size_t limit)
{
    return (size_t)(unit_next(&fixture->state) % limit);
}

#define ANY(fixture, list) (list)[below(fixture, COUNT_OF(list))]

/* Of many products most have words that few have. */
static const char *any_word(struct fixture *fixture)
{
    static const char *const parts[] = {
        "ba", "ce", "di", "fo", "gu", "la", "me", "ni", "po", "ru", "sa", "te"};
    char word[16];

    if (fixture->count == FEW || below(fixture, 3) == 0) {
        return ANY(fixture, vocabulary);
    }
    size_t length = (size_t)snprintf(word, sizeof word, "%s%s%s", ANY(fixture, parts),
        ANY(fixture, parts), below(fixture, 2) == 0 ? ANY(fixture, parts) : "");
    return svc_arena_strndup(&fixture->shop.arena, word, length);
}

static struct svc_slice some_words(
    struct fixture *fixture, char *out, size_t size, size_t count)
{
    size_t at = 0;

    for (size_t i = 0; i < count; i++) {
        at += (size_t)snprintf(
            out + at, size - at, "%s%s", i > 0 ? " " : "", any_word(fixture));
    }
    return (struct svc_slice){out, at};
}

static void change_facts(struct fixture *fixture, struct product_facts *facts)
{
    *facts = (struct product_facts){
        .price_minor = 1000 + (int64_t)below(fixture, 50) * 100,
        .offer_minor = below(fixture, 3) == 0 ? 500 + (int64_t)below(fixture, 3000) : 0,
        .offer_until_s =
            below(fixture, 2) == 0 ? NOW_S - 5 + (int64_t)below(fixture, 10) : 0,
        .stock = (int32_t)below(fixture, 3),
        .popularity = (int32_t)below(fixture, 5) * 20,
        .flags = (below(fixture, 10) > 0 ? PRODUCT_AVAILABLE : 0) |
                 (below(fixture, 4) == 0 ? PRODUCT_FEATURED : 0),
    };
}

static void change_words(struct fixture *fixture, size_t at)
{
    struct texts *texts = &fixture->texts[at];
    struct product *product = &fixture->products[at];
    size_t category = below(fixture, COUNT_OF(categories) + 1);
    size_t brand = below(fixture, COUNT_OF(brands) + 1);
    bool has_category = category < COUNT_OF(categories);

    snprintf(texts->sku, sizeof texts->sku, "AB-%04zu", at);
    *product = (struct product){
        .id = (int64_t)at + 1,
        .category_id = has_category ? (int64_t)category + 10 : 0,
        .sku = slice(texts->sku),
        .name =
            some_words(fixture, texts->name, sizeof texts->name, 1 + below(fixture, 5)),
        .brand = slice(brand < COUNT_OF(brands) ? brands[brand] : NULL),
        .category = slice(has_category ? categories[category] : NULL),
        .sizes = slice(below(fixture, 2) == 0 ? ANY(fixture, sizes) : NULL),
        .colors = slice(below(fixture, 2) == 0 ? ANY(fixture, colors) : NULL),
        .description = some_words(
            fixture, texts->description, sizeof texts->description, below(fixture, 8)),
    };
    change_facts(fixture, &product->facts);
}

/* Some products' facts, some's words; some go, some come. */
static void change_some(struct fixture *fixture)
{
    struct index_change changes[20];
    size_t count = 1 + below(fixture, COUNT_OF(changes));

    for (size_t i = 0; i < count; i++) {
        size_t at = below(fixture, fixture->count);
        struct product *product = &fixture->products[at];
        size_t what = below(fixture, 4);
        if (product->id == 0 || what == 0) {
            change_words(fixture, at);
        } else if (what == 1) {
            *product = (struct product){0};
        } else {
            change_facts(fixture, &product->facts);
        }
        changes[i] = (struct index_change){(int64_t)at + 1, product};
    }
    for (size_t i = 0; i < count; i++) {
        /* As it is after all of them. */
        const struct product *product = &fixture->products[changes[i].id - 1];
        changes[i].product = product->id != 0 ? product : NULL;
    }
    index_apply(fixture->shop.index, changes, count, 7);
    model_set(&fixture->model, fixture->products, fixture->count);
}

/* A word with a mistake, most often one that is somewhere. */
static const char *some_word(struct fixture *fixture)
{
    const char *word = any_word(fixture);
    char *copy = svc_arena_strndup(&fixture->shop.arena, word, strlen(word));
    size_t length = strlen(word);
    size_t at = below(fixture, length);

    if (fixture->asks_much) {
        return copy;
    }
    switch (below(fixture, 12)) {
    case 0:
        copy[at] = 'x';
        break;
    case 1:
        memmove(copy + at, copy + at + 1, length - at);
        break;
    case 2:
        copy[at] = copy[length - 1 - at];
        copy[length - 1 - at] = word[at];
        break;
    case 3:
        copy[1 + length / 2] = '\0';
        break;
    default:
        break;
    }
    return copy[0] != '\0' ? copy : word;
}

static struct query some_query(struct fixture *fixture)
{
    char text[256] = "";
    size_t words = fixture->asks_much ? 5 : below(fixture, 5);

    for (size_t i = 0; i < words; i++) {
        strncat(text, some_word(fixture), sizeof text - strlen(text) - 2);
        strncat(text, " ", 2);
    }
    struct query query = shop_query(
        &fixture->shop, svc_arena_strndup(&fixture->shop.arena, text, strlen(text)));
    query.text = (struct svc_slice){NULL, 0}; /* no codes */
    if (fixture->asks_much) {
        return query;
    }
    for (size_t i = 0; i < query.slot_count; i++) {
        query.slots[i].role = (enum query_role)(
            below(fixture, 3) == 0 ? below(fixture, 4) : QUERY_ROLE_TEXT);
        query.slots[i].optional = below(fixture, 6) == 0;
        /* Two letters begin more words than the index looks at. */
        query.slots[i].may_be_prefix =
            query.slots[i].may_be_prefix &&
            query.slots[i].phrases[0].words[0].exact.length > 2;
        for (size_t more = below(fixture, 6); more < 2; more++) {
            shop_synonym(&fixture->shop, &query, i, ANY(fixture, vocabulary),
                more == 0 ? ANY(fixture, vocabulary) : NULL);
        }
    }
    query.filters.category_id = below(fixture, 8) == 0 ? 10 : 0;
    query.filters.brand = slice(below(fixture, 8) == 0 ? "andina" : NULL);
    query.filters.price_max_minor = below(fixture, 6) == 0 ? 3000 : -1;
    query.filters.on_offer = below(fixture, 10) == 0;
    query.filters.in_stock = below(fixture, 10) == 0;
    query.sort = (enum query_sort)(below(fixture, 4) == 0 ? below(fixture, 5) : 0);
    return query;
}

static struct fixture *new_fixture(size_t count)
{
    struct fixture *fixture = svc_alloc_zero(1, sizeof *fixture);

    fixture->count = count;
    fixture->texts = svc_alloc_zero(count, sizeof *fixture->texts);
    fixture->products = svc_alloc_zero(count, sizeof *fixture->products);
    shop_open(&fixture->shop);
    fixture->state = 20260101;
    fixture->shop.index->small_docs = 12;
    fixture->shop.index->merge_docs = 60;
    struct index_build *build = index_build_new(fixture->shop.index, count);
    for (size_t i = 0; i < count; i++) {
        change_words(fixture, i);
        index_build_add(build, &fixture->products[i]);
    }
    assert_int_equal(index_build_finish(&build, 1), SVC_OK);
    model_init(&fixture->model, &fixture->shop);
    model_set(&fixture->model, fixture->products, count);
    return fixture;
}

static int open_few(void **state)
{
    *state = new_fixture(FEW);
    return 0;
}

static int open_many(void **state)
{
    *state = new_fixture(MANY);
    return 0;
}

static int close_fixture(void **state)
{
    struct fixture *fixture = *state;

    model_done(&fixture->model);
    shop_close(&fixture->shop);
    free(fixture->texts);
    free(fixture->products);
    free(fixture);
    return 0;
}

static void test_search_is_what_looking_at_everything_gives(void **state)
{
    struct fixture *fixture = *state;
    size_t relaxed = 0;
    size_t found = 0;
    size_t segments = 0;
    struct index_stats stats;

    for (size_t round = 0; round < 1600; round++) {
        struct query query = some_query(fixture);
        struct index_result result = shop_run(&fixture->shop, &query);
        model_check(&fixture->model, &query, &result);
        relaxed += result.relaxed;
        found += result.total > 0;
        svc_arena_reset(&fixture->shop.arena);
        if (round % 10 == 9) {
            change_some(fixture);
            index_stats(fixture->shop.index, &stats);
            segments += stats.segments;
        }
    }
    /* The queries were worth asking. */
    assert_in_range(relaxed, 160, 1400);
    assert_in_range(found, 800, 1590);
    assert_in_range(segments / 160, 2, 8);
}

/* More than a window, and words that have bits of their own. */
static void test_search_among_many(void **state)
{
    struct fixture *fixture = *state;
    size_t many = 0;
    size_t bounded = 0;

    for (size_t round = 0; round < 80; round++) {
        fixture->asks_much = round % 2 == 1;
        struct query query = some_query(fixture);
        /* With facets every match is looked at, without them only what may be a hit. */
        const struct index_options options = {
            .limit = 20, .now_s = NOW_S, .facets = round % 3 == 0};
        struct index_result result;
        index_search(
            fixture->shop.index, &query, &options, &fixture->shop.arena, &result);
        model_check(&fixture->model, &query, &result);
        many += result.total > 200;
        bounded += result.total_at_least;
        svc_arena_reset(&fixture->shop.arena);
        if (round == 40) {
            change_some(fixture);
        }
    }
    assert_in_range(many, 20, 79);
    assert_in_range(bounded, 2, 79);
}

static void test_changes_leave_what_a_build_makes(void **state)
{
    struct fixture *fixture = *state;
    struct index_stats changed;
    struct index_stats built;
    struct shop other;

    for (size_t round = 0; round < 50; round++) {
        change_some(fixture);
    }
    index_stats(fixture->shop.index, &changed);
    shop_open(&other);
    struct index_build *build = index_build_new(other.index, fixture->count);
    for (size_t i = 0; i < fixture->count; i++) {
        if (fixture->products[i].id != 0) {
            index_build_add(build, &fixture->products[i]);
        }
    }
    assert_int_equal(index_build_finish(&build, 1), SVC_OK);
    index_stats(other.index, &built);
    assert_int_equal(built.products, changed.products);
    assert_int_equal(built.checksum, changed.checksum);
    shop_close(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_search_is_what_looking_at_everything_gives, open_few, close_fixture),
        cmocka_unit_test_setup_teardown(
            test_changes_leave_what_a_build_makes, open_few, close_fixture),
        cmocka_unit_test_setup_teardown(test_search_among_many, open_many, close_fixture),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
