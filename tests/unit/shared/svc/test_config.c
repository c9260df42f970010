#include "../../unit.h"

#include <svc/config.h>

#include <unistd.h>

struct target {
    int64_t number;
    bool flag;
    const char *text;
    const char *secret;
    int choice;
};

static const struct svc_setting settings[] = {
    SVC_SETTING_INT_AT(struct target, number, "NUMBER", "7", "ms", -5, 100, "a number"),
    SVC_SETTING_BOOL_AT(struct target, flag, "FLAG", "false", "a flag"),
    SVC_SETTING_TEXT_AT(struct target, text, "TEXT", NULL, "a text"),
    SVC_SETTING_SECRET_AT(struct target, secret, "SECRET", "a secret"),
    SVC_SETTING_CHOICE_AT(
        struct target, choice, "CHOICE", "red", "red|green|blue", "one"),
};

/* What the environment holds in a test: one variable. */
static const char *given_name;
static char given_value[8000];

static char *lookup(const char *name)
{
    return given_name != NULL && strcmp(name, given_name) == 0 ? given_value : NULL;
}

static bool read_with(const char *name, const char *value, struct target *target,
    struct svc_config_error *error)
{
    struct svc_setting_table table = {settings, COUNT_OF(settings), target};

    *target = (struct target){0};
    given_name = name;
    snprintf(given_value, sizeof given_value, "%s", value);
    return svc_config_read(&table, lookup, error);
}

static void done(struct target *target)
{
    struct svc_setting_table table = {settings, COUNT_OF(settings), target};

    svc_config_done(&table);
    assert_null(target->text);
    assert_null(target->secret);
}

static void test_read_takes_defaults(void **state)
{
    struct target target;
    struct svc_config_error error;

    (void)state;
    assert_true(read_with(NULL, "", &target, &error));
    assert_int_equal(target.number, 7);
    assert_false(target.flag);
    assert_null(target.text);
    assert_null(target.secret);
    assert_int_equal(target.choice, 0);
    done(&target);
}

static const struct {
    const char *name;
    const char *value;
    bool good;
} values[] = {
    {"NUMBER", "-5", true},
    {"NUMBER", "100", true},
    {"NUMBER", "-6", false},
    {"NUMBER", "101", false},
    {"NUMBER", "1.0", false},
    {"NUMBER", "1 ", false},
    {"NUMBER", "0x1", false},
    {"NUMBER", "9223372036854775808", false},
    {"FLAG", "true", true},
    {"FLAG", "ON", true},
    {"FLAG", "1", true},
    {"FLAG", "no", true},
    {"FLAG", "2", false},
    {"FLAG", "tru", false},
    {"CHOICE", "blue", true},
    {"CHOICE", "Blue", false},
    {"CHOICE", "blu", false},
    {"CHOICE", "red|green", false},
    {"CHOICE", "|", false},
    {"TEXT", "x", true},
    {"SECRET", "x", true},
};

static void test_read_of_each_type(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        struct target target;
        struct svc_config_error error;
        bool good = read_with(values[i].name, values[i].value, &target, &error);
        if (good != values[i].good) {
            fail_msg("%s=%s", values[i].name, values[i].value);
        }
        if (!good) {
            assert_non_null(strstr(error.message, values[i].name));
            assert_non_null(strstr(error.message, values[i].value));
            assert_non_null(strstr(error.message, "must be"));
        }
        done(&target);
    }
}

static void test_read_sets_what_it_read(void **state)
{
    struct target target;
    struct svc_config_error error;

    (void)state;
    assert_true(read_with("FLAG", "yes", &target, &error));
    assert_true(target.flag);
    assert_true(read_with("CHOICE", "blue", &target, &error));
    assert_int_equal(target.choice, 2);
    assert_true(read_with("TEXT", " a b ", &target, &error));
    assert_string_equal(target.text, " a b ");
    done(&target);
    assert_true(read_with("TEXT", "", &target, &error));
    assert_null(target.text);
}

static void test_read_never_shows_a_secret(void **state)
{
    char secret[5001];
    struct target target;
    struct svc_config_error error;

    (void)state;
    memset(secret, 's', sizeof secret - 1);
    secret[sizeof secret - 1] = '\0';
    assert_false(read_with("SECRET", secret, &target, &error));
    assert_null(strstr(error.message, "sss"));
    assert_false(read_with("TEXT", secret, &target, &error));
    assert_non_null(strstr(error.message, "sss"));
    assert_true(strlen(error.message) < 200);
}

static void test_read_complains_in_one_line(void **state)
{
    struct target target;
    struct svc_config_error error;

    (void)state;
    assert_false(read_with("NUMBER", "1\n2\r3", &target, &error));
    assert_null(strpbrk(error.message, "\r\n"));
}

static bool read_file_with(
    const void *bytes, size_t size, struct target *target, struct svc_config_error *error)
{
    char path[] = "/tmp/test_config_XXXXXX";
    int file = mkstemp(path);

    assert_true(file >= 0);
    assert_int_equal(write(file, bytes, size), size);
    close(file);
    bool good = read_with("SECRET_FILE", path, target, error);
    unlink(path);
    return good;
}

static void test_read_from_a_file(void **state)
{
    struct target target;
    struct svc_config_error error;

    (void)state;
    assert_true(read_file_with("from a file\r\n\n", 14, &target, &error));
    assert_string_equal(target.secret, "from a file");
    done(&target);
    assert_false(read_file_with("", 0, &target, &error));
    assert_non_null(strstr(error.message, "SECRET_FILE"));
    assert_false(read_file_with("\n\n", 2, &target, &error));
    assert_false(read_file_with("s3\0cret", 7, &target, &error));
    assert_null(strstr(error.message, "s3"));
    assert_false(read_with("SECRET_FILE", "/tmp", &target, &error));
    assert_false(read_with("SECRET_FILE", "/nowhere/at/all", &target, &error));
    assert_non_null(strstr(error.message, "/nowhere/at/all"));
    assert_false(read_with("NUMBER_FILE", "/dev/null", &target, &error));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read_takes_defaults),
        cmocka_unit_test(test_read_of_each_type),
        cmocka_unit_test(test_read_sets_what_it_read),
        cmocka_unit_test(test_read_never_shows_a_secret),
        cmocka_unit_test(test_read_complains_in_one_line),
        cmocka_unit_test(test_read_from_a_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
