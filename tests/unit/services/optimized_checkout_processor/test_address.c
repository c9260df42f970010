/* What people write in a chat, and what is read from it: tests/cases/addresses/. */
#include "../../unit.h"

#include <address.h>

#include <stddef.h>

enum { CASES_PER_COUNTRY = 8, CASES = 60 };

static struct svc_arena arena;

struct field {
    const char *name;
    size_t offset;
};

static const struct field fields[] = {
    {"recipient", offsetof(struct address, recipient)},
    {"street", offsetof(struct address, street)},
    {"number", offsetof(struct address, number)},
    {"interior", offsetof(struct address, interior)},
    {"district", offsetof(struct address, district)},
    {"city", offsetof(struct address, city)},
    {"state", offsetof(struct address, state)},
    {"postal_code", offsetof(struct address, postal_code)},
    {"reference", offsetof(struct address, reference)},
};

struct expected {
    const char *values[COUNT_OF(fields)]; /* NULL: no text */
    const char *faults;
};

static bool set_expected(struct expected *expected, char *line)
{
    char *value = line;
    const char *name = strsep(&value, "=");

    if (value == NULL) {
        return false;
    }
    if (strcmp(name, "faults") == 0) {
        expected->faults = value;
        return true;
    }
    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        if (strcmp(name, fields[i].name) == 0) {
            expected->values[i] = value;
            return true;
        }
    }
    return false;
}

static void write_faults(const struct address *address, char *out, size_t size)
{
    struct address_check check;
    size_t length = 0;

    out[0] = '\0';
    address_check(address, &check);
    for (size_t i = 0; i < check.count; i++) {
        length += (size_t)snprintf(out + length, size - length, "%s%s", i > 0 ? " " : "",
            address_fault_text(check.faults[i]) + strlen("address_"));
    }
}

/* How many things differ; each is printed. */
static size_t compare(
    const struct address *address, const struct expected *expected, const char *message)
{
    size_t wrong = 0;
    char faults[400];

    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        const struct svc_slice *value =
            (const struct svc_slice *)((const char *)address + fields[i].offset);
        const char *wanted = expected->values[i] != NULL ? expected->values[i] : "";
        if (value->length == strlen(wanted) &&
            (value->length == 0 || memcmp(value->text, wanted, value->length) == 0)) {
            continue;
        }
        print_error("%s\n    %s is \"%.*s\", not \"%s\"\n", message, fields[i].name,
            (int)value->length, value->length > 0 ? value->text : "", wanted);
        wrong++;
    }
    write_faults(address, faults, sizeof faults);
    if (strcmp(faults, expected->faults != NULL ? expected->faults : "") != 0) {
        print_error("%s\n    faults are \"%s\", not \"%s\"\n", message, faults,
            expected->faults != NULL ? expected->faults : "");
        wrong++;
    }
    return wrong;
}

/* Lines of one message begin with "> "; a line "+" begins the next message; then the
 * fields, and an empty line. */
static size_t run_case(char *block, const char *country)
{
    struct address address = {0};
    struct expected expected = {0};
    char message[2000];
    char all[2000];
    size_t length = 0;
    size_t all_length = 0;

    for (char *line = strsep(&block, "\n"); line != NULL; line = strsep(&block, "\n")) {
        if (line[0] == '>') {
            length += (size_t)snprintf(message + length, sizeof message - length, "%s%s",
                length > 0 ? "\n" : "", line + 2);
            all_length +=
                (size_t)snprintf(all + all_length, sizeof all - all_length, "%s\n", line);
            continue;
        }
        if (length > 0) {
            address_read_text(&arena, (struct svc_slice){message, length},
                (struct svc_slice){country, 2}, &address);
            length = 0;
        }
        if (line[0] != '\0' && line[0] != '+' && !set_expected(&expected, line)) {
            fail_msg("%s: a broken line: %s", country, line);
        }
    }
    return compare(&address, &expected, all);
}

static size_t run_country(const char *country, size_t *cases)
{
    char path[64];
    size_t length = 0;
    size_t count = 0;
    size_t wrong = 0;

    snprintf(path, sizeof path, "addresses/%s.txt", country);
    SVC_AUTO_FREE char *bytes = unit_read_case(path, &length);
    SVC_AUTO_FREE char *text = svc_strndup(bytes, length);
    char *rest = text;
    while (rest != NULL && *rest != '\0') {
        char *end = strstr(rest, "\n\n");
        char *next = end != NULL ? end + 2 : NULL;
        if (end != NULL) {
            end[1] = '\0';
        }
        if (*rest == '>') {
            wrong += run_case(rest, country);
            count++;
        }
        rest = next;
        svc_arena_done(&arena);
    }
    assert_true(count >= CASES_PER_COUNTRY);
    *cases += count;
    return wrong;
}

static void test_address_read_text_cases(void **state)
{
    static const char *const countries[] = {"MX", "CO", "AR", "CL", "PE", "ES"};
    size_t cases = 0;
    size_t wrong = 0;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(countries); i++) {
        wrong += run_country(countries[i], &cases);
    }
    assert_true(cases >= CASES);
    if (wrong > 0) {
        fail_msg("%zu things of %zu cases are wrong", wrong, cases);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_address_read_text_cases),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
