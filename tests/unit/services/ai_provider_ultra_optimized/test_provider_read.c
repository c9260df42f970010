#include "provider_fixture.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#define FOLDER TEST_CASES_DIR "/providers/"
#define FILE_MAX 65536

struct expected {
    char protocol[16];
    int http_status;
    char retry_after[64];
    char outcome[16];
    char intent[32];
    char confidence[16];
    long input_tokens;
    long output_tokens;
    long retry_after_ms;
};

static const char *const outcomes[] = {
    [PROVIDER_ANSWERED] = "answered",
    [PROVIDER_SLOW] = "slow",
    [PROVIDER_FAILED] = "failed",
    [PROVIDER_BUSY] = "busy",
    [PROVIDER_REFUSED] = "refused",
    [PROVIDER_OUR_FAULT] = "our_fault",
};

static struct svc_slice read_case(
    const char *name, char bytes[FILE_MAX], struct expected *ret_expected)
{
    char path[512];

    snprintf(path, sizeof path, FOLDER "%s", name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t length = fread(bytes, 1, FILE_MAX - 1, file);
    fclose(file);
    bytes[length] = '\0';
    int count =
        sscanf(bytes, "%15s %d %63s %15s %31s %15s %ld %ld %ld", ret_expected->protocol,
            &ret_expected->http_status, ret_expected->retry_after, ret_expected->outcome,
            ret_expected->intent, ret_expected->confidence, &ret_expected->input_tokens,
            &ret_expected->output_tokens, &ret_expected->retry_after_ms);
    assert_int_equal(count, 9);
    const char *body = strchr(bytes, '\n') + 1;
    return (struct svc_slice){body, length - (size_t)(body - bytes)};
}

static bool is_as_expected(
    const struct expected *expected, const struct provider_answer *answer)
{
    if (strcmp(outcomes[answer->outcome], expected->outcome) != 0 ||
        answer->retry_after_ms != expected->retry_after_ms ||
        answer->usage.input_tokens != expected->input_tokens ||
        answer->usage.output_tokens != expected->output_tokens) {
        return false;
    }
    double cost = (double)expected->input_tokens + 2 * (double)expected->output_tokens;
    if (answer->usage.cost_usd * 1e6 < cost - 0.001 ||
        answer->usage.cost_usd * 1e6 > cost + 0.001) {
        return false;
    }
    if (answer->outcome != PROVIDER_ANSWERED) {
        return answer->reason != NULL && strstr(answer->reason, "sk-") == NULL;
    }
    return strcmp(intent_name(answer->answer.intent), expected->intent) == 0 &&
           answer->answer.confidence == strtod(expected->confidence, NULL);
}

static void test_read_all_cases(void **state)
{
    static char bytes[FILE_MAX];
    DIR *folder = opendir(FOLDER);
    int count = 0;

    (void)state;
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        struct svc_arena arena = {0};
        struct expected expected;
        struct provider_answer answer;
        if (strstr(entry->d_name, ".txt") == NULL) {
            continue;
        }
        struct svc_slice body = read_case(entry->d_name, bytes, &expected);
        struct provider_config config = make_config(expected.protocol);
        struct svc_slice retry = slice(expected.retry_after);
        if (strcmp(expected.retry_after, "-") == 0) {
            retry = (struct svc_slice){0};
        }
        provider_read(&arena, &config, expected.http_status, retry, body, &answer);
        if (!is_as_expected(&expected, &answer)) {
            fail_msg("%s: %s, %s, %ld ms", entry->d_name, outcomes[answer.outcome],
                answer.reason != NULL ? answer.reason : "-", (long)answer.retry_after_ms);
        }
        svc_arena_done(&arena);
        count++;
    }
    closedir(folder);
    assert_in_range(count, 80, 1000);
}

static void test_read_check_finds_the_model(void **state)
{
    static const char list[] = "{\"data\":[{\"id\":\"a\"},{\"id\":\"model-1\",\"shutdown_"
                               "date\":\"2027-01-14\"}]}";
    struct provider_config config = make_config("openai");
    struct provider_config gemini = make_config("gemini");
    struct svc_arena arena = {0};
    struct svc_slice date = {0};

    (void)state;
    assert_true(provider_read_check(&arena, &config, 200, slice(list), &date));
    assert_true(svc_slice_equals(date, "2027-01-14"));
    config.model = SVC_SLICE("model-2");
    assert_false(provider_read_check(&arena, &config, 200, slice(list), &date));
    assert_true(provider_read_check(&arena, &config, 404, slice(""), NULL));
    assert_true(provider_read_check(&arena, &config, 200, slice("<html>"), NULL));
    assert_true(provider_read_check(&arena, &gemini, 200, slice("{}"), NULL));
    assert_false(provider_read_check(&arena, &gemini, 404, slice("{}"), NULL));
    svc_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read_all_cases),
        cmocka_unit_test(test_read_check_finds_the_model),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
