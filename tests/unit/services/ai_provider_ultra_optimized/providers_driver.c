/* Not a test: tests/api/test_ai_providers.py runs it, with a Redis and a simulator. Reads
 * a command a line, writes an answer a line:
 *
 *     admit I | crowd I N | note I OUTCOME RETRY_MS USD | look I | reset I
 *     ask TEXT | rush N TEXT | test I
 *
 * I: the index of a provider in PROVIDERS, lines `name protocol base_url model key`. */
#include <cascade.h>
#include <store_calls.h>
#include <store_providers.h>

#include <svc/redis.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THREADS_MAX 512
#define STACK_SIZE (128 * 1024)

static struct provider_config configs[PROVIDERS_MAX];
static size_t config_count;
static struct store_providers *store;
static struct cascade *cascade;

/* The local means know nothing here. */
double keywords_predict(const struct keywords *keywords, struct svc_arena *arena,
    const struct intent_question *question, enum intent *ret_intent)
{
    (void)keywords;
    (void)arena;
    (void)question;
    *ret_intent = INTENT_OTHER;
    return 0.3;
}

void entities_read(struct svc_arena *arena, const struct intent_question *question,
    enum intent intent, struct entities *ret_entities)
{
    (void)arena;
    (void)question;
    (void)intent;
    *ret_entities = (struct entities){0};
}

bool shortcut_read(struct svc_slice reply_id, const struct intent_question *question,
    struct intent_answer *ret_answer)
{
    (void)reply_id;
    (void)question;
    (void)ret_answer;
    return false;
}

struct work {
    const char *text; /* NULL: only asks for admission, to CONFIG */
    const struct provider_config *config;
    pthread_barrier_t *start;
    bool yes;
    int64_t took_us;
};

static void *work(void *context)
{
    struct work *own = context;
    struct svc_arena arena = {0};
    const char *reason;

    pthread_barrier_wait(own->start);
    if (own->text == NULL) {
        own->yes = store_providers_admit(store, own->config, &reason);
        return NULL;
    }
    struct intent_question question = {.text = {own->text, strlen(own->text)}};
    struct cascade_result result;
    cascade_ask(cascade, &arena, &question, (struct svc_slice){0}, (struct svc_slice){0},
        &result);
    own->yes = result.source == SOURCE_PROVIDER;
    own->took_us = result.took_us;
    svc_arena_done(&arena);
    return NULL;
}

static int compare(const void *left, const void *right)
{
    int64_t a = ((const struct work *)left)->took_us;
    int64_t b = ((const struct work *)right)->took_us;

    return a < b ? -1 : a > b;
}

/* Not ru_maxrss, which begins with that of who started this process. */
static long most_memory_kib(void)
{
    FILE *status = fopen("/proc/self/status", "r");
    char line[256];
    long kib = -1;

    while (status != NULL && fgets(line, sizeof line, status) != NULL) {
        if (strncmp(line, "VmHWM:", 6) == 0) {
            kib = strtol(line + 6, NULL, 10);
        }
    }
    if (status != NULL) {
        fclose(status);
    }
    return kib;
}

static void run_many(int count, const struct provider_config *config, const char *text)
{
    static struct work works[THREADS_MAX];
    static pthread_t threads[THREADS_MAX];
    pthread_attr_t attributes;
    pthread_barrier_t start;
    int yes = 0;

    count = count < 1 ? 1 : count < THREADS_MAX ? count : THREADS_MAX;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_SIZE);
    pthread_barrier_init(&start, NULL, (unsigned)count);
    for (int i = 0; i < count; i++) {
        works[i] = (struct work){.text = text, .config = config, .start = &start};
        if (pthread_create(&threads[i], &attributes, work, &works[i]) != 0) {
            abort();
        }
    }
    for (int i = 0; i < count; i++) {
        pthread_join(threads[i], NULL);
        yes += works[i].yes;
    }
    qsort(works, (size_t)count, sizeof works[0], compare);
    printf("{\"yes\":%d,\"p50_us\":%ld,\"p95_us\":%ld,\"max_us\":%ld,\"rss_kib\":%ld}\n",
        yes, (long)works[count / 2].took_us, (long)works[count * 95 / 100].took_us,
        (long)works[count - 1].took_us, most_memory_kib());
    pthread_barrier_destroy(&start);
    pthread_attr_destroy(&attributes);
}

static void ask(const char *text)
{
    struct intent_question question = {.text = {text, strlen(text)}};
    struct cascade_result result;
    struct svc_arena arena = {0};

    cascade_ask(cascade, &arena, &question, (struct svc_slice){0}, (struct svc_slice){0},
        &result);
    printf("{\"source\":%d,\"intent\":\"%s\",\"confidence\":%g,\"provider\":\"%s\","
           "\"took_us\":%ld,\"attempts\":[",
        result.source, intent_name(result.answer.intent), result.answer.confidence,
        result.provider.text != NULL ? result.provider.text : "", (long)result.took_us);
    for (size_t i = 0; i < result.attempt_count; i++) {
        const struct cascade_attempt *attempt = &result.attempts[i];
        printf("%s{\"provider\":\"%s\",\"outcome\":%d,\"reason\":\"%s\",\"cost\":%.12f}",
            i > 0 ? "," : "", attempt->provider.text, attempt->outcome,
            attempt->reason != NULL ? attempt->reason : "", attempt->usage.cost_usd);
    }
    printf("]}\n");
    svc_arena_done(&arena);
}

static void look(size_t index)
{
    struct provider_standing standing;

    store_providers_look(store, &configs[index], &standing);
    printf("{\"state\":%d,\"failures\":%d,\"spent\":%.12f,\"shared\":%d}\n",
        standing.breaker.state, standing.breaker.failures, standing.spent_usd,
        standing.shared);
}

static void test_one(size_t index)
{
    struct intent_question question = {.text = SVC_SLICE("quiero 2 camisas")};
    struct cascade_attempt attempt = {0};
    struct intent_answer answer;
    struct svc_arena arena = {0};
    bool found =
        cascade_test(cascade, &arena, configs[index].name, &question, &attempt, &answer);

    printf("{\"found\":%d,\"outcome\":%d,\"reason\":\"%s\"}\n", found, attempt.outcome,
        attempt.reason != NULL ? attempt.reason : "");
    svc_arena_done(&arena);
}

static void obey(char *line)
{
    char *word = strsep(&line, " ");
    char *rest = line != NULL ? line : "";
    size_t index = (size_t)strtoul(rest, NULL, 10) % PROVIDERS_MAX;
    const char *reason = "";

    if (strcmp(word, "ask") == 0) {
        ask(rest);
    } else if (strcmp(word, "rush") == 0) {
        int count = (int)strtol(rest, &rest, 10);
        run_many(count, NULL, rest);
    } else if (strcmp(word, "crowd") == 0) {
        strsep(&rest, " ");
        run_many((int)strtol(rest, NULL, 10), &configs[index], NULL);
    } else if (strcmp(word, "admit") == 0) {
        bool yes = store_providers_admit(store, &configs[index], &reason);
        printf("{\"yes\":%d,\"reason\":\"%s\"}\n", yes, yes ? "" : reason);
    } else if (strcmp(word, "note") == 0) {
        strsep(&rest, " ");
        struct provider_answer answer = {
            .outcome = (enum provider_outcome)strtol(rest, &rest, 10)};
        answer.retry_after_ms = strtol(rest, &rest, 10);
        answer.usage.cost_usd = strtod(rest, NULL);
        store_providers_note(store, &configs[index], &answer);
        printf("{}\n");
    } else if (strcmp(word, "look") == 0) {
        look(index);
    } else if (strcmp(word, "test") == 0) {
        test_one(index);
    } else if (strcmp(word, "reset") == 0) {
        printf("{\"shared\":%d}\n", store_providers_reset(store, &configs[index]));
    }
    fflush(stdout);
}

static int64_t setting(const char *name, int64_t otherwise)
{
    const char *value = getenv(name);

    return value != NULL ? strtol(value, NULL, 10) : otherwise;
}

static struct svc_slice next_word(char **text)
{
    char *word = strsep(text, " ");

    return (struct svc_slice){word != NULL ? word : "", word != NULL ? strlen(word) : 0};
}

static void read_configs(char *text)
{
    for (char *line; (line = strsep(&text, "\n")) != NULL && config_count < PROVIDERS_MAX;
         config_count++) {
        struct provider_config *config = &configs[config_count];
        config->name = next_word(&line);
        config->protocol = next_word(&line);
        config->base_url = next_word(&line);
        config->model = next_word(&line);
        config->key = next_word(&line);
        config->enabled = true;
        config->priority = (int32_t)config_count;
        config->max_tokens = 150;
        config->temperature = -1;
        config->timeout_ms = (int32_t)setting("TIMEOUT_MS", 3000);
        config->breaker_threshold = 5;
        config->breaker_open_s = (int32_t)setting("OPEN_S", 1);
        config->input_usd_per_million = 1;
        config->output_usd_per_million = 1;
        config->daily_budget_usd = 1;
    }
}

static bool admit(
    void *context, const struct provider_config *config, const char **ret_reason)
{
    (void)context;
    return store_providers_admit(store, config, ret_reason);
}

static void note(void *context, const struct provider_config *config,
    const struct provider_answer *answer)
{
    (void)context;
    store_providers_note(store, config, answer);
}

int main(void)
{
    struct svc_redis_settings redis_settings = {
        .url = getenv("REDIS_URL"), .timeout_ms = 50, .pool_size = 4};
    struct cascade_settings settings = {.threshold = 0.8,
        .deadline_ms = setting("DEADLINE_MS", 450),
        .hedge_ms = setting("HEDGE_MS", 150),
        .calls_max = setting("CALLS_MAX", 256)};
    static char line[131072];
    struct svc_redis *redis = NULL;
    struct svc_redis_error error;
    char reason[256];

    read_configs(strdup(getenv("PROVIDERS") != NULL ? getenv("PROVIDERS") : ""));
    if (redis_settings.url != NULL &&
        svc_redis_open(&redis_settings, &redis, &error) != SVC_OK) {
        return 1;
    }
    store = store_providers_new(redis);
    struct store_calls *calls =
        store_calls_new(settings.calls_max, "test/1", NULL, reason);
    struct cascade_ports ports = {
        .context = calls, .admit = admit, .note = note, .call = store_calls_begin};
    cascade = cascade_new(&ports, &settings, NULL, NULL);
    cascade_set_providers(cascade, configs, config_count);
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        obey(line);
    }
    cascade_free(&cascade);
    store_calls_free(&calls);
    store_providers_free(&store);
    svc_redis_close(&redis);
    return 0;
}
