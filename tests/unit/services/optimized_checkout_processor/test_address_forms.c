/* Addresses as fields, as a pin, as text on a parcel. */
#include "../../unit.h"

#include <address.h>

#include <svc/texts.h>

#include <math.h>

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

static const struct svc_json *json_of(const char *text)
{
    static const struct svc_json_limits limits = {.depth = 8, .values = 100};
    struct svc_json_error error;
    size_t replaced;
    const struct svc_json *json =
        svc_json_read(&arena, text, strlen(text), &limits, &replaced, &error);

    assert_non_null(json);
    return json;
}

static void assert_slice(struct svc_slice value, const char *text)
{
    if (value.length != strlen(text) ||
        (value.length > 0 && memcmp(value.text, text, value.length) != 0)) {
        fail_msg("\"%.*s\", not \"%s\"", (int)value.length,
            value.length > 0 ? value.text : "", text);
    }
}

static size_t count_faults(const struct address *address)
{
    struct address_check check;

    address_check(address, &check);
    return check.count;
}

static enum address_fault_kind first_fault(const struct address *address)
{
    struct address_check check;

    address_check(address, &check);
    assert_true(check.count > 0);
    return check.faults[0];
}

static void assert_json(const struct address *address, const char *text)
{
    struct svc_buf buf;
    struct svc_json_writer writer;

    svc_buf_init(&buf, 4000);
    svc_json_write_init(&writer, &buf);
    address_write_json(address, &writer);
    assert_string_equal(svc_buf_text(&buf), text);
    svc_buf_done(&buf);
}

static void test_address_read_json(void **state)
{
    struct address address = {0};

    (void)state;
    assert_int_equal(
        address_read_json(&arena,
            json_of(
                "{\"street\":\" Av.  "
                "Juárez\\n\",\"number\":\"45\",\"district\":\"Centro\","
                "\"city\":\"guadalajara\",\"state\":\"jal.\",\"postal_code\":\"44 100\","
                "\"recipient\":\"Ana 🌸 López\",\"other\":1,\"interior\":null}"),
            SVC_SLICE("MX"), &address),
        SVC_OK);
    assert_json(&address,
        "{\"country\":\"MX\",\"recipient\":\"Ana López\",\"street\":\"Av. Juárez\","
        "\"number\":\"45\",\"district\":\"Centro\",\"city\":\"Guadalajara\","
        "\"state\":\"Jalisco\",\"postal_code\":\"44100\"}");
    assert_int_equal(count_faults(&address), 0);
    /* One field alone; an empty one is taken away. */
    assert_int_equal(
        address_read_json(&arena, json_of("{\"interior\":\"3\",\"recipient\":\"\"}"),
            SVC_SLICE("MX"), &address),
        SVC_OK);
    assert_slice(address.interior, "3");
    assert_slice(address.recipient, "");
    assert_slice(address.street, "Av. Juárez");
}

static void test_address_read_json_text_and_fields(void **state)
{
    struct address address = {0};

    (void)state;
    assert_int_equal(
        address_read_json(&arena,
            json_of("{\"text\":\"calle 45 # 12-30, bogota\",\"interior\":\"apto 2\","
                    "\"country\":\"co\",\"latitude\":4.65,\"longitude\":-74.1}"),
            SVC_SLICE("MX"), &address),
        SVC_OK);
    assert_json(&address,
        "{\"country\":\"CO\",\"street\":\"calle 45 # 12-30\",\"interior\":\"apto 2\","
        "\"city\":\"Bogotá\",\"state\":\"Bogotá D.C.\",\"latitude\":4.65,"
        "\"longitude\":-74.1}");
}

/* What it writes it reads again. */
static void test_address_json_round_trip(void **state)
{
    struct address address = {0};
    struct address again = {0};
    struct svc_buf buf;
    struct svc_json_writer writer;
    char text[ADDRESS_TEXT_MAX + 1];

    (void)state;
    memset(text, 'x', sizeof text);
    memcpy(text, "Calle ", 6);
    address_read_text(
        &arena, (struct svc_slice){text, ADDRESS_TEXT_MAX}, SVC_SLICE("MX"), &address);
    assert_true(address.street.length > 0);
    svc_buf_init(&buf, 8000);
    svc_json_write_init(&writer, &buf);
    address_write_json(&address, &writer);
    assert_int_equal(
        address_read_json(&arena, json_of(svc_buf_text(&buf)), SVC_SLICE("MX"), &again),
        SVC_OK);
    assert_json(&again, svc_buf_text(&buf));
    svc_buf_done(&buf);
}

static void test_address_read_json_refused(void **state)
{
    static const char *const fields[] = {"country", "street", "number", "interior",
        "district", "city", "state", "postal_code", "reference", "recipient"};
    char text[1200];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        struct address address = {.street = SVC_SLICE("before")};
        snprintf(text, sizeof text, "{\"%s\":\"%0400d\"}", fields[i], 1);
        assert_int_equal(
            address_read_json(&arena, json_of(text), SVC_SLICE("MX"), &address),
            SVC_INVALID);
        assert_slice(address.street, "before");
    }
    static const char *const bad[] = {"{\"latitude\":91,\"longitude\":0}",
        "{\"latitude\":1,\"longitude\":-180.5}", "{\"latitude\":1}",
        "{\"latitude\":1e400,\"longitude\":1}", "{\"latitude\":0,\"longitude\":0}"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct address address = {0};
        assert_int_equal(
            address_read_json(&arena, json_of(bad[i]), SVC_SLICE("MX"), &address),
            SVC_INVALID);
        assert_false(address.has_location);
    }
    static char many[10100];
    struct address address = {0};
    snprintf(many, sizeof many, "{\"text\":\"%010000d\"}", 1);
    assert_int_equal(
        address_read_json(&arena, json_of(many), SVC_SLICE("MX"), &address), SVC_INVALID);
}

static void test_address_read_location(void **state)
{
    struct address address = {.country = SVC_SLICE("MX")};

    (void)state;
    assert_true(address_read_location(
        &arena, 19.4326, -99.1332, (struct svc_slice){0}, &address));
    assert_true(address.has_location);
    /* A courier can't do without the postal code; street and number the pin has. */
    assert_int_equal(first_fault(&address), ADDRESS_MISSING_STATE);
    address_read_text(&arena, SVC_SLICE("06000"), SVC_SLICE("MX"), &address);
    assert_int_equal(count_faults(&address), 0);
    assert_true(address.has_location);
    assert_slice(address.city, "Ciudad de México");

    struct address named = {.country = SVC_SLICE("MX")};
    assert_true(address_read_location(&arena, 19.37, -99.17,
        SVC_SLICE(
            "Av. Insurgentes Sur 1234, Del Valle, 03100 Ciudad de México, CDMX, Mexico"),
        &named));
    assert_slice(named.street, "Av. Insurgentes Sur");
    assert_slice(named.number, "1234");
    assert_slice(named.district, "Del Valle");
    assert_slice(named.postal_code, "03100");
    assert_int_equal(count_faults(&named), 0);
}

/* WhatsApp gives a place's name where there is no address. */
static void test_address_read_location_of_a_place(void **state)
{
    struct address address = {.country = SVC_SLICE("MX")};

    (void)state;
    assert_true(address_read_location(
        &arena, 19.37, -99.17, SVC_SLICE("Café Toscano\n☕ Roma"), &address));
    assert_int_equal(address.street.length, 0);
    assert_slice(address.reference, "Café Toscano Roma");
}

static void test_address_read_location_nowhere(void **state)
{
    static const double bad[][2] = {{90.1, 0}, {-91, 0}, {0, 180.1}, {0, -181}, {0, 0}};
    struct address address = {.country = SVC_SLICE("MX")};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_false(address_read_location(
            &arena, bad[i][0], bad[i][1], SVC_SLICE("x"), &address));
    }
    assert_false(address_read_location(&arena, NAN, 1, SVC_SLICE("x"), &address));
    assert_false(address_read_location(&arena, 1, INFINITY, SVC_SLICE("x"), &address));
    assert_false(address.has_location);
    assert_int_equal(address.street.length, 0);
}

static void test_address_write_text(void **state)
{
    static const struct {
        const char *country;
        const char *text;
        const char *written;
    } cases[] = {
        {"MX", "Insurgentes Sur 1234 int 5, Col. Del Valle, 03100 CDMX, casa azul",
            "Insurgentes Sur 1234, int 5\nCol. Del Valle\n03100 Ciudad de México\ncasa "
            "azul"},
        {"MX", "Juárez 1, Fracc. Los Pinos, 44100 Guadalajara, recibe Ana",
            "Ana\nJuárez 1\nFracc. Los Pinos\n44100 Guadalajara, Jalisco"},
        {"CO", "calle 45 # 12-30 apto 5, barrio Chapinero, bogota",
            "calle 45 # 12-30, apto 5\nBarrio Chapinero\nBogotá, Bogotá D.C."},
        {"AR", "Mitre 450, Tandil, provincia de Buenos Aires, CP 7000",
            "Mitre 450\n7000 Tandil, Buenos Aires"},
        {"CL", "Condell 1190, Valparaíso", "Condell 1190\nValparaíso\nValparaíso"},
        {"PE", "Av. Larco 345, Miraflores, Lima 15074",
            "Av. Larco 345\nMiraflores\nLima 15074"},
        {"ES", "C/ Mayor 12, 3º B, 28013 Madrid", "C/ Mayor, 12, 3º B\n28013 Madrid"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct address address = {0};
        struct svc_buf out;
        svc_buf_init(&out, 2000);
        svc_buf_add_text(&out, "To: ");
        address_read_text(
            &arena, slice(cases[i].text), slice(cases[i].country), &address);
        address_write_text(&address, &out);
        assert_string_equal(svc_buf_text(&out) + 4, cases[i].written);
        svc_buf_done(&out);
    }
}

static void test_address_write_text_of_a_pin(void **state)
{
    const struct address address = {.country = SVC_SLICE("MX"),
        .postal_code = SVC_SLICE("06000"),
        .latitude = 19.4326,
        .longitude = -99.1332,
        .has_location = true};
    struct svc_buf out;

    (void)state;
    svc_buf_init(&out, 2000);
    address_write_text(&address, &out);
    assert_string_equal(svc_buf_text(&out), "06000\n19.43260, -99.13320");
    svc_buf_done(&out);
}

static void test_address_of_a_country_without_rules(void **state)
{
    struct address address = {0};

    (void)state;
    address_read_text(
        &arena, SVC_SLICE("18 de Julio 1234, Montevideo"), SVC_SLICE("UY"), &address);
    assert_slice(address.street, "18 de Julio");
    assert_slice(address.number, "1234");
    assert_int_equal(first_fault(&address), ADDRESS_MISSING_CITY);
    address.city = SVC_SLICE("Montevideo");
    assert_int_equal(count_faults(&address), 0);
    assert_false(address_knows_country(SVC_SLICE("UY")));
    assert_true(address_knows_country(SVC_SLICE("mx")));
    address.country = (struct svc_slice){0};
    assert_int_equal(first_fault(&address), ADDRESS_COUNTRY_NOT_SERVED);
}

static void test_address_state_of_postal_code(void **state)
{
    static const struct {
        const char *country;
        const char *code;
        const char *state;
    } cases[] = {
        {"MX", "00810", "Ciudad de México"},
        {"MX", "44100", "Jalisco"},
        {"MX", "99999", "Zacatecas"},
        {"MX", "17000", ""},
        {"MX", "4410", ""},
        {"CO", "050021", "Antioquia"},
        {"CO", "060001", ""},
        {"AR", "C1425DKF", "Ciudad Autónoma de Buenos Aires"},
        {"AR", "1425", "Ciudad Autónoma de Buenos Aires"},
        {"AR", "1900", "Buenos Aires"},
        {"AR", "X5000", "Córdoba"},
        {"AR", "5000", ""},
        {"AR", "C1425DK", ""},
        {"PE", "15074", "Lima"},
        {"PE", "26000", ""},
        {"ES", "08017", "Barcelona"},
        {"ES", "53000", ""},
        {"CL", "7500000", ""},
        {"UY", "11000", ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_slice(
            address_state_of_postal_code(slice(cases[i].country), slice(cases[i].code)),
            cases[i].state);
    }
}

static void test_address_check_postal_codes(void **state)
{
    static const struct {
        const char *country;
        const char *code;
        bool bad;
    } cases[] = {
        {"MX", "17000", true},
        {"MX", "1234", true},
        {"CO", "060001", true},
        {"AR", "5000", false},
        {"AR", "X5000ABC", false},
        {"AR", "55555", true},
        {"CL", "750000", true},
        {"CL", "7500000", false},
        {"PE", "99999", true},
        {"ES", "53000", true},
        {"ES", "2801A", true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct address address = {
            .country = slice(cases[i].country), .postal_code = slice(cases[i].code)};
        struct address_check check;
        bool bad = false;
        address_check(&address, &check);
        for (size_t j = 0; j < check.count; j++) {
            bad = bad || check.faults[j] == ADDRESS_BAD_POSTAL_CODE;
        }
        if (bad != cases[i].bad) {
            fail_msg("%s %s", cases[i].country, cases[i].code);
        }
    }
}

static void test_address_unknown_state(void **state)
{
    struct address address = {0};

    (void)state;
    assert_int_equal(address_read_json(&arena, json_of("{\"state\":\"Texas\"}"),
                         SVC_SLICE("MX"), &address),
        SVC_OK);
    struct address_check check;
    address_check(&address, &check);
    assert_int_equal(check.faults[check.count - 1], ADDRESS_UNKNOWN_STATE);
}

static void test_address_fault_text(void **state)
{
    (void)state;
    assert_string_equal(
        address_fault_text(ADDRESS_MISSING_STREET), "address_missing_street");
    assert_string_equal(address_fault_text(ADDRESS_POSTAL_CODE_ELSEWHERE),
        "address_postal_code_elsewhere");
    assert_string_equal(address_fault_text(ADDRESS_TOO_LONG), "address_too_long");
}

/* Each fault is said in each language. */
static void test_address_fault_texts(void **state)
{
    static const char *const locales[] = {"es", "en", "pt"};
    struct svc_texts *texts = NULL;
    char error[256] = "";
    struct svc_buf out;

    (void)state;
    assert_true(svc_texts_open(NULL, &texts, error));
    svc_buf_init(&out, 1000);
    for (int fault = ADDRESS_MISSING_STREET; fault <= ADDRESS_TOO_LONG; fault++) {
        const char *key = address_fault_text((enum address_fault_kind)fault);
        for (size_t i = 0; i < COUNT_OF(locales); i++) {
            svc_buf_clear(&out);
            svc_texts_write(texts, slice(locales[i]), key, NULL, 0, &out);
            assert_string_not_equal(svc_buf_text(&out), key);
        }
    }
    svc_buf_done(&out);
    svc_texts_close(&texts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_address_read_json, reset),
        cmocka_unit_test_teardown(test_address_read_json_text_and_fields, reset),
        cmocka_unit_test_teardown(test_address_json_round_trip, reset),
        cmocka_unit_test_teardown(test_address_read_json_refused, reset),
        cmocka_unit_test_teardown(test_address_read_location, reset),
        cmocka_unit_test_teardown(test_address_read_location_of_a_place, reset),
        cmocka_unit_test_teardown(test_address_read_location_nowhere, reset),
        cmocka_unit_test_teardown(test_address_write_text, reset),
        cmocka_unit_test_teardown(test_address_write_text_of_a_pin, reset),
        cmocka_unit_test_teardown(test_address_of_a_country_without_rules, reset),
        cmocka_unit_test_teardown(test_address_state_of_postal_code, reset),
        cmocka_unit_test_teardown(test_address_check_postal_codes, reset),
        cmocka_unit_test_teardown(test_address_unknown_state, reset),
        cmocka_unit_test_teardown(test_address_fault_text, reset),
        cmocka_unit_test_teardown(test_address_fault_texts, reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
