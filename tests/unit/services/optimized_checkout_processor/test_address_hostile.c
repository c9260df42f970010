/* What no address is: too long, nothing, anything. */
#include "../../unit.h"

#include <address.h>

static struct svc_arena arena;

static int reset(void **state)
{
    (void)state;
    svc_arena_done(&arena);
    return 0;
}

static struct svc_slice slice(const char *text)
{
    return (struct svc_slice){text, strlen(text)};
}

static void assert_slice(struct svc_slice value, const char *text)
{
    assert_int_equal(value.length, strlen(text));
    assert_memory_equal(value.text, text, value.length);
}

static enum address_fault_kind first_fault(const struct address *address)
{
    struct address_check check;

    address_check(address, &check);
    assert_true(check.count > 0);
    return check.faults[0];
}

static void test_address_read_text_too_long(void **state)
{
    static char text[10001];
    struct address address = {.street = SVC_SLICE("before")};

    (void)state;
    for (size_t i = 0; i < sizeof text; i++) {
        text[i] = "Calle 5 "[i % 8];
    }
    address_read_text(&arena, (struct svc_slice){text, 10000}, SVC_SLICE("MX"), &address);
    assert_slice(address.street, "before");
    assert_int_equal(first_fault(&address), ADDRESS_TOO_LONG);
    address_read_text(&arena, SVC_SLICE("06000"), SVC_SLICE("MX"), &address);
    assert_int_not_equal(first_fault(&address), ADDRESS_TOO_LONG);
}

static void test_address_read_text_of_nothing(void **state)
{
    static const char *const texts[] = {"", " ", "\n\n", "🏠📍🙏", "\x01\x02\x7f",
        "...,,,;;", "----", "###", "\xff\xfe\x80", "hola", "gracias", "\xC3", "!?"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct address address = {0};
        address_read_text(&arena, slice(texts[i]), SVC_SLICE("MX"), &address);
        assert_slice(address.country, "MX");
        assert_int_equal(address.street.length + address.number.length +
                             address.interior.length + address.district.length +
                             address.city.length + address.state.length +
                             address.postal_code.length + address.reference.length,
            0);
    }
}

/* Pieces of addresses, and bytes, in any order: nothing is read past an end, texts stay
 * clean and within their limits. */
static void test_address_read_text_any(void **state)
{
    static const char *const pieces[] = {"calle ", "#", "45", "-", " ", ", ", "\n",
        "col. ", "cp ", "03100", "CDMX", "Guadalajara", "s/n", "mz ", "lt ", "B", "int ",
        "piso ", "entre ", "y ", "Av. ", "bogotá", "c/", "e/ ", "a ", "3º", "🏠", "\x01",
        "\xC3", "Ñ", "no. ", "de ", "mayo ", "sur ", "bis ", ": ", ". ", "lima ",
        "santiago ", "urb. ", "tel ", "5512345678", "buenos aires ", "C1425DKF", "casa ",
        "torre "};
    static const char *const countries[] = {"MX", "CO", "AR", "CL", "PE", "ES", "UY"};
    uint64_t seed = 77;

    (void)state;
    for (int round = 0; round < 3000; round++) {
        char text[ADDRESS_TEXT_MAX + 64];
        size_t length = 0;
        size_t count = unit_next(&seed) % 40;
        struct address address = {0};
        for (size_t i = 0; i < count; i++) {
            const char *piece = pieces[unit_next(&seed) % COUNT_OF(pieces)];
            length += (size_t)snprintf(text + length, sizeof text - length, "%s", piece);
        }
        char *exact = malloc(length + 1);
        memcpy(exact, text, length);
        for (int times = 0; times < 2; times++) {
            address_read_text(&arena, (struct svc_slice){exact, length},
                slice(countries[unit_next(&seed) % COUNT_OF(countries)]), &address);
        }
        free(exact);
        const struct svc_slice values[] = {address.street, address.number,
            address.interior, address.district, address.city, address.reference,
            address.state, address.postal_code, address.recipient};
        for (size_t i = 0; i < COUNT_OF(values); i++) {
            assert_true(values[i].length <= 300);
            for (size_t j = 0; j < values[i].length; j++) {
                assert_true((unsigned char)values[i].text[j] >= ' ');
            }
            assert_true(svc_text_is_utf8(
                values[i].length > 0 ? values[i].text : "", values[i].length, NULL));
        }
        struct address_check check;
        address_check(&address, &check);
        assert_true(check.count <= ADDRESS_FAULTS_MAX);
        svc_arena_reset(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_address_read_text_too_long, reset),
        cmocka_unit_test_teardown(test_address_read_text_of_nothing, reset),
        cmocka_unit_test_teardown(test_address_read_text_any, reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
