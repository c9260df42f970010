/* How fast shared/svc/redis is: THREADS threads that each send one small command after
 * the other, a GET and an EVALSHA in turn.
 *
 *     REDIS_URL=redis://127.0.0.1:6379 build/release/tests/redis_bench [seconds]
 * [threads]
 *
 * One line a number of threads: calls a second, latency in microseconds, and what a call
 * took of the CPU time of this process and of Redis, whose only client it should be. */
#include <svc/clock.h>
#include <svc/mem.h>
#include <svc/redis.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define SAMPLES_MAX 4000000

struct worker {
    struct svc_redis *redis;
    atomic_bool *stop;
    pthread_t thread;
    int number;
    uint32_t *latencies_ns;
    size_t count;
    size_t room;
    size_t errors;
};

static const struct svc_redis_script script = {
    .source = "local n = redis.call('INCR', KEYS[1])\n"
              "if n == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end\n"
              "return {n, ARGV[2]}\n",
};

static void add_get(struct svc_redis_batch *batch, const char *key)
{
    const struct svc_slice get[] = {SVC_SLICE("GET"), {key, strlen(key)}};

    svc_redis_batch_add(batch, 2, get, 1);
}

static void add_script(struct svc_redis_batch *batch, const char *key)
{
    const struct svc_slice arguments[] = {
        {key, strlen(key)}, SVC_SLICE("60000"), {key, strlen(key)}};

    svc_redis_batch_add_script(batch, &script, 1, 3, arguments);
}

static void *work(void *argument)
{
    struct worker *worker = argument;
    char key[32];

    snprintf(key, sizeof key, "bench:{%d}", worker->number);
    while (!atomic_load_explicit(worker->stop, memory_order_relaxed) &&
           worker->count < worker->room) {
        SVC_AUTO_REDIS_BATCH struct svc_redis_batch *batch = svc_redis_batch_new();
        struct svc_redis_error error;
        int64_t start_ns = svc_clock_monotonic_ns();
        if (worker->count % 2 == 0) {
            add_get(batch, key);
        } else {
            add_script(batch, key);
        }
        if (svc_redis_run(worker->redis, batch, &error) != SVC_OK) {
            worker->errors++;
        }
        int64_t took_ns = svc_clock_monotonic_ns() - start_ns;
        worker->latencies_ns[worker->count++] = (uint32_t)took_ns;
    }
    return NULL;
}

static int compare(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;

    return (a > b) - (a < b);
}

static double cpu_s(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* "used_cpu_user:12.345678" and "used_cpu_sys:..." of INFO. */
static double redis_cpu_s(struct svc_redis *redis)
{
    SVC_AUTO_REDIS_BATCH struct svc_redis_batch *batch = svc_redis_batch_new();
    const struct svc_slice info[] = {SVC_SLICE("INFO"), SVC_SLICE("cpu")};
    static const char *const names[] = {"used_cpu_user:", "used_cpu_sys:"};
    struct svc_redis_error error;
    double sum_s = 0;

    svc_redis_batch_add(batch, 2, info, 0);
    if (svc_redis_run(redis, batch, &error) != SVC_OK) {
        return 0;
    }
    const char *text = svc_redis_reply_text(svc_redis_batch_reply(batch, 0)).text;
    for (size_t i = 0; text != NULL && i < sizeof names / sizeof names[0]; i++) {
        const char *found = strstr(text, names[i]);
        sum_s += found != NULL ? strtod(found + strlen(names[i]), NULL) : 0;
    }
    return sum_s;
}

struct usage {
    int64_t time_ns;
    double own_s;
    double redis_s;
};

static struct usage measure_usage(struct svc_redis *redis)
{
    return (struct usage){svc_clock_monotonic_ns(), cpu_s(), redis_cpu_s(redis)};
}

static void report(struct worker *workers, int threads, const struct usage *before,
    const struct usage *after)
{
    int64_t took_ns = after->time_ns - before->time_ns;
    uint32_t *all = svc_alloc((SAMPLES_MAX + 1) * sizeof *all);
    size_t count = 0;
    size_t errors = 0;

    for (int i = 0; i < threads; i++) {
        memcpy(all + count, workers[i].latencies_ns, workers[i].count * sizeof *all);
        count += workers[i].count;
        errors += workers[i].errors;
    }
    qsort(all, count, sizeof *all, compare);
    if (count > 0) {
        printf("%3d threads %8.0f/s  p50 %6.0f  p99 %6.0f  max %6.0f us  cpu %5.1f "
               "+ %4.1f us  errors %zu\n",
            threads, (double)count * 1e9 / (double)took_ns, all[count / 2] / 1e3,
            all[count * 99 / 100] / 1e3, all[count - 1] / 1e3,
            (after->own_s - before->own_s) * 1e6 / (double)count,
            (after->redis_s - before->redis_s) * 1e6 / (double)count, errors);
    }
    free(all);
}

static void measure(struct svc_redis *redis, int threads, double seconds)
{
    struct worker *workers = svc_alloc_zero((size_t)threads, sizeof *workers);
    atomic_bool stop = false;
    struct usage before = measure_usage(redis);

    for (int i = 0; i < threads; i++) {
        size_t room = (size_t)(SAMPLES_MAX / threads);
        workers[i] =
            (struct worker){.redis = redis, .stop = &stop, .number = i, .room = room};
        workers[i].latencies_ns = svc_alloc(room * sizeof(uint32_t));
        pthread_create(&workers[i].thread, NULL, work, &workers[i]);
    }
    struct timespec pause = {
        (time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
    nanosleep(&pause, NULL);
    atomic_store(&stop, true);
    for (int i = 0; i < threads; i++) {
        pthread_join(workers[i].thread, NULL);
    }
    struct usage after = measure_usage(redis);
    report(workers, threads, &before, &after);
    for (int i = 0; i < threads; i++) {
        free(workers[i].latencies_ns);
    }
    free(workers);
}

int main(int argc, char **argv)
{
    static const int defaults[] = {1, 2, 4, 16, 64};
    const char *url = getenv("REDIS_URL");
    const char *pool = getenv("REDIS_POOL_SIZE");
    struct svc_redis_settings settings = {
        .url = url != NULL ? url : "redis://127.0.0.1:6379",
        .timeout_ms = 1000,
        .pool_size = pool != NULL ? strtol(pool, NULL, 10) : 16,
    };
    struct svc_redis *redis = NULL;
    struct svc_redis_error error;
    double seconds = argc > 1 ? strtod(argv[1], NULL) : 2;

    if (svc_redis_open(&settings, &redis, &error) != SVC_OK) {
        fprintf(stderr, "redis_bench: %s\n", error.message);
        return 1;
    }
    int64_t latency_us = 0;
    if (svc_redis_ping(redis, &latency_us, &error) != SVC_OK) {
        fprintf(stderr, "redis_bench: %s\n", error.message);
        return 1;
    }
    for (size_t i = 0; argc < 3 && i < sizeof defaults / sizeof defaults[0]; i++) {
        measure(redis, defaults[i], seconds);
    }
    for (int i = 2; i < argc; i++) {
        measure(redis, (int)strtol(argv[i], NULL, 10), seconds);
    }
    svc_redis_close(&redis);
    return 0;
}
