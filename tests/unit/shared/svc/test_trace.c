#include "../../unit.h"

#include <svc/trace.h>

#include <pthread.h>

#define TRACE_ID "4bf92f3577b34da6a3ce929d0e0e4736"
#define PARENT_ID "00f067aa0ba902b7"

/* The examples of https://www.w3.org/TR/trace-context/, and what stands beside them. */
static const struct {
    const char *header;
    const char *flags; /* of the trace that goes on; NULL: a new one begins */
} cases[] = {
    {"00-" TRACE_ID "-" PARENT_ID "-01", "01"},
    {"00-" TRACE_ID "-" PARENT_ID "-00", "00"},
    /* Level 2 of the standard knows 01 (sampled) and 02 (random); others must be cleared.
     */
    {"00-" TRACE_ID "-" PARENT_ID "-03", "03"},
    {"00-" TRACE_ID "-" PARENT_ID "-09", "01"},
    {"00-" TRACE_ID "-" PARENT_ID "-ff", "03"},
    /* Later versions may be longer, and are read as far as they are known. */
    {"01-" TRACE_ID "-" PARENT_ID "-01", "01"},
    {"cc-" TRACE_ID "-" PARENT_ID "-01-what-the-future-will-be-like", "01"},
    {"cc-" TRACE_ID "-" PARENT_ID "-01-", "01"},
    {"fe-" TRACE_ID "-" PARENT_ID "-00", "00"},
    {"cc-" TRACE_ID "-" PARENT_ID "-01.what-the-future-will-not-be-like", NULL},
    {"00-" TRACE_ID "-" PARENT_ID "-01-extra", NULL},
    {"00-" TRACE_ID "-" PARENT_ID "-01-", NULL},
    {"ff-" TRACE_ID "-" PARENT_ID "-01", NULL},
    {"00-00000000000000000000000000000000-" PARENT_ID "-01", NULL},
    {"00-" TRACE_ID "-0000000000000000-01", NULL},
    {"00-00000000000000000000000000000001-0000000000000001-01", "01"},
    {"00-4BF92F3577B34DA6A3CE929D0E0E4736-" PARENT_ID "-01", NULL},
    {"00-" TRACE_ID "-00F067AA0BA902B7-01", NULL},
    {"00-" TRACE_ID "-" PARENT_ID "-0A", NULL},
    {"0G-" TRACE_ID "-" PARENT_ID "-01", NULL},
    {"00-" TRACE_ID "-" PARENT_ID "-0", NULL},
    {"00-" TRACE_ID "-" PARENT_ID "-", NULL},
    {"00-" TRACE_ID "-" PARENT_ID, NULL},
    {"0-" TRACE_ID "-" PARENT_ID "-01", NULL},
    {"000-" TRACE_ID "-" PARENT_ID "-01", NULL},
    {"00_" TRACE_ID "-" PARENT_ID "-01", NULL},
    {"00-" TRACE_ID "_" PARENT_ID "-01", NULL},
    {"00-" TRACE_ID "-" PARENT_ID "_01", NULL},
    {"00-" TRACE_ID "x" PARENT_ID "-01", NULL},
    {" 00-" TRACE_ID "-" PARENT_ID "-01", NULL},
    {"00-" TRACE_ID "-" PARENT_ID "-01 ", NULL},
    {"00-4bf92f3577b34da6a3ce929d0e0e473.-" PARENT_ID "-01", NULL},
    {"", NULL},
    {"-", NULL},
};

static bool is_id(const char *text, size_t length)
{
    return strlen(text) == length && strspn(text, "0123456789abcdef") == length &&
           strspn(text, "0") < length;
}

static void test_begin_goes_on_or_starts_anew(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct svc_trace trace;
        size_t length = strlen(cases[i].header);
        char *exact = malloc(length + (length == 0));
        memcpy(exact, cases[i].header, length);
        svc_trace_begin(&trace, (struct svc_slice){exact, length});
        free(exact);

        bool goes_on = strcmp(trace.trace_id, TRACE_ID) == 0 ||
                       strcmp(trace.trace_id, "00000000000000000000000000000001") == 0;
        if (goes_on != (cases[i].flags != NULL)) {
            fail_msg("case %zu, %s: trace %s", i, cases[i].header, trace.trace_id);
        }
        assert_string_equal(trace.flags, goes_on ? cases[i].flags : "01");
        assert_true(is_id(trace.trace_id, 32));
        assert_true(is_id(trace.span_id, 16));
        assert_string_not_equal(trace.span_id, PARENT_ID);
    }
}

static void test_begin_without_header_is_new_each_time(void **state)
{
    (void)state;
    struct svc_trace one;
    struct svc_trace two;

    svc_trace_begin(&one, (struct svc_slice){NULL, 0});
    svc_trace_begin(&two, (struct svc_slice){NULL, 0});
    assert_string_not_equal(one.trace_id, two.trace_id);
    assert_string_not_equal(one.span_id, two.span_id);
    assert_string_equal(one.flags, "01");
}

static void test_format_is_read_again(void **state)
{
    (void)state;
    struct svc_trace one;
    struct svc_trace two;
    char header[SVC_TRACE_PARENT_SIZE];

    svc_trace_begin(&one, SVC_SLICE("00-" TRACE_ID "-" PARENT_ID "-00"));
    svc_trace_format(&one, header);
    assert_int_equal(strlen(header), SVC_TRACE_PARENT_SIZE - 1);
    assert_memory_equal(header, "00-" TRACE_ID "-", 36);
    assert_memory_equal(header + 36, one.span_id, 16);
    assert_string_equal(header + 52, "-00");

    svc_trace_begin(&two, (struct svc_slice){header, strlen(header)});
    assert_string_equal(two.trace_id, one.trace_id);
    assert_string_not_equal(two.span_id, one.span_id);
}

static void *current_of_new_thread(void *unused)
{
    (void)unused;
    return (void *)svc_trace_current();
}

static void test_current_belongs_to_the_thread(void **state)
{
    (void)state;
    struct svc_trace trace;
    pthread_t thread;
    void *seen = &trace;

    assert_null(svc_trace_current());
    svc_trace_set_current(&trace);
    assert_ptr_equal(svc_trace_current(), &trace);
    assert_int_equal(pthread_create(&thread, NULL, current_of_new_thread, NULL), 0);
    assert_int_equal(pthread_join(thread, &seen), 0);
    assert_null(seen);
    svc_trace_set_current(NULL);
    assert_null(svc_trace_current());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_begin_goes_on_or_starts_anew),
        cmocka_unit_test(test_begin_without_header_is_new_each_time),
        cmocka_unit_test(test_format_is_read_again),
        cmocka_unit_test(test_current_belongs_to_the_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
