/* Which rates an address is offered. */
#include "../../unit.h"

#include <quote.h>

static const struct svc_slice cities[] = {{"guadalajara", 11}, {"zapopan", 7}};
static const struct svc_slice states[] = {{"nuevo leon", 10}};

static const struct shipping_zone zones[] = {
    {.id = 1,
        .priority = 10,
        .country = {"MX", 2},
        .postal_from = {"03000", 5},
        .postal_to = {"03999", 5}},
    {.id = 2, .priority = 20, .country = {"MX", 2}, .cities = cities, .city_count = 2},
    {.id = 3, .priority = 20, .country = {"MX", 2}, .states = states, .state_count = 1},
    {.id = 4,
        .priority = 5,
        .country = {"MX", 2},
        .latitude = 19.4326,
        .longitude = -99.1332,
        .radius_km = 5},
    {.id = 5, .priority = 100, .country = {"MX", 2}},
    {.id = 6,
        .priority = 1,
        .country = {"AR", 2},
        .postal_from = {"1000", 4},
        .postal_to = {"1499", 4}},
};
static const struct shipping_rate rates[] = {
    {.id = 10, .zone_id = 1, .base_minor = 5000, .free_over_minor = -1},
    {.id = 11,
        .zone_id = 1,
        .base_minor = 2000,
        .free_over_minor = -1,
        .weight_max_g = 3000},
    {.id = 20, .zone_id = 2, .base_minor = 7000, .free_over_minor = -1},
    {.id = 30, .zone_id = 3, .base_minor = 8000, .free_over_minor = -1},
    {.id = 40, .zone_id = 4, .base_minor = 3000, .free_over_minor = -1},
    {.id = 50, .zone_id = 5, .base_minor = 9000, .free_over_minor = 100000},
    {.id = 60, .zone_id = 6, .base_minor = 6000, .free_over_minor = -1},
    {.id = 90, .base_minor = 15000, .free_over_minor = -1, .days_max = 9},
    {.id = 91, .base_minor = 15000, .free_over_minor = -1, .days_max = 2},
    {.id = 92, .zone_id = 1, .is_pickup = true, .free_over_minor = -1},
};
static const struct shipping_table table = {
    zones, COUNT_OF(zones), rates, COUNT_OF(rates)};

#define TEXT(literal)                                                                    \
    {                                                                                    \
        literal, sizeof(literal) - 1                                                     \
    }

static void test_shipping_choices(void **state)
{
    static const struct {
        struct address address;
        int64_t weight_g;
        int64_t ids[5]; /* cheapest first, then sooner */
    } cases[] = {
        {{.country = TEXT("MX"), .postal_code = TEXT("03100")}, 500,
            {92, 11, 10, 91, 90}},
        {{.country = TEXT("MX"), .postal_code = TEXT("03100")}, 3001, {92, 10, 91, 90}},
        {{.country = TEXT("MX"), .postal_code = TEXT("04000")}, 1, {50, 91, 90}},
        {{.country = TEXT("MX"), .city = TEXT("GUADALAJARA")}, 1, {20, 91, 90}},
        {{.country = TEXT("MX"), .district = TEXT("Zapopan")}, 1, {20, 91, 90}},
        {{.country = TEXT("MX"), .state = TEXT("Nuevo León")}, 1, {30, 91, 90}},
        {{.country = TEXT("MX"),
             .postal_code = TEXT("03100"),
             .latitude = 19.44,
             .longitude = -99.14,
             .has_location = true},
            1, {40, 91, 90}},
        {{.country = TEXT("MX"),
             .latitude = 19.48,
             .longitude = -99.14,
             .has_location = true},
            1, {50, 91, 90}},
        {{.country = TEXT("AR"), .postal_code = TEXT("1425")}, 1, {60, 91, 90}},
        {{.country = TEXT("AR"), .postal_code = TEXT("C1425DKF")}, 1, {60, 91, 90}},
        {{.country = TEXT("AR"), .postal_code = TEXT("B1625DKF")}, 1, {91, 90}},
        {{.country = TEXT("PE")}, 1, {91, 90}},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct shipping_choice choices[8] = {0};
        size_t count = shipping_choices(
            &table, &cases[i].address, cases[i].weight_g, 0, choices, COUNT_OF(choices));
        for (size_t j = 0; j < 5; j++) {
            int64_t id = j < count ? choices[j].rate->id : 0;
            if (id != cases[i].ids[j]) {
                fail_msg("case %zu, choice %zu: %lld", i, j, (long long)id);
            }
        }
    }
}

static void test_shipping_choices_without_an_address(void **state)
{
    struct shipping_choice choices[8];

    (void)state;
    assert_int_equal(shipping_choices(&table, NULL, 1, 0, choices, COUNT_OF(choices)), 3);
    assert_int_equal(choices[0].rate->id, 92);
    assert_int_equal(choices[0].cost_minor, 0);
}

static void test_shipping_choices_little_room(void **state)
{
    const struct address address = {.country = TEXT("MX"), .postal_code = TEXT("03100")};
    struct shipping_choice choices[2] = {0};

    (void)state;
    assert_int_equal(shipping_choices(&table, &address, 1, 0, choices, 2), 2);
    assert_int_equal(choices[0].rate->id, 92);
    assert_int_equal(choices[1].rate->id, 11);
    assert_int_equal(shipping_choices(&table, &address, 1, 0, choices, 0), 0);
}

static void test_shipping_choices_free_over(void **state)
{
    const struct address address = {.country = TEXT("MX")};
    struct shipping_choice choices[8] = {0};

    (void)state;
    shipping_choices(&table, &address, 1, 99999, choices, COUNT_OF(choices));
    assert_int_equal(choices[0].cost_minor, 9000);
    shipping_choices(&table, &address, 1, 100000, choices, COUNT_OF(choices));
    assert_int_equal(choices[0].cost_minor, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shipping_choices),
        cmocka_unit_test(test_shipping_choices_without_an_address),
        cmocka_unit_test(test_shipping_choices_little_room),
        cmocka_unit_test(test_shipping_choices_free_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
