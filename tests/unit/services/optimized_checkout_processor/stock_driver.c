/* Not a test: tests/api/test_checkout_stock.py runs it beside a stock server of its own.
 * Reads a command a line, writes an answer a line:
 *
 *     current SKU ... | reserve KEY EXPIRES_AT_S SKU=N ... | release KEY
 *     commit KEY SKU=N ... | up | trusts | crowd N SKU
 *
 * and, with DATABASE_URL:
 *
 *     hold CHECKOUT_ID EXPIRES_AT_S SKU=N ... | sweep
 */
#include <stock_orders.h>

#include <svc/clock.h>
#include <svc/pg.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINES_MAX = 300, THREADS_MAX = 64 };

static struct stock_api *api;
static struct svc_pg *pg;
static struct stock_api_line lines[LINES_MAX];

static size_t read_lines(char *rest)
{
    size_t count = 0;

    for (char *word = strsep(&rest, " "); word != NULL && count < LINES_MAX;
         word = strsep(&rest, " ")) {
        char *quantity = word;
        char *sku = strsep(&quantity, "=");
        lines[count++] = (struct stock_api_line){
            .sku = {sku, strlen(sku)},
            .quantity = quantity != NULL ? strtol(quantity, NULL, 10) : 0,
        };
    }
    return count;
}

static void answer(enum stock_api_outcome outcome, size_t count,
    const struct stock_api_error *error, int64_t since_ms)
{
    static const char *const names[] = {"done", "short", "down"};

    printf("{\"outcome\":\"%s\",\"asked\":%s,\"ms\":%lld,\"message\":\"%s\",\"items\":{",
        names[outcome], error->asked ? "true" : "false",
        (long long)(svc_clock_monotonic_ms() - since_ms), error->message);
    const char *comma = "";
    for (size_t i = 0; i < count; i++) {
        if (lines[i].is_known) {
            printf("%s\"%.*s\":%lld", comma, (int)lines[i].sku.length, lines[i].sku.text,
                (long long)lines[i].available);
            comma = ",";
        }
    }
    puts("}}");
}

static void *ask_current(void *context)
{
    struct stock_api_line line = {.sku = {"A", 1}};
    struct stock_api_error error;

    *(bool *)context = stock_api_current(api, &line, 1, &error) == STOCK_API_DONE;
    return NULL;
}

static void crowd(size_t count)
{
    pthread_t threads[THREADS_MAX];
    bool done[THREADS_MAX];
    int sum = 0;

    count = count < THREADS_MAX ? count : THREADS_MAX;
    for (size_t i = 0; i < count; i++) {
        if (pthread_create(&threads[i], NULL, ask_current, &done[i]) != 0) {
            abort();
        }
    }
    for (size_t i = 0; i < count; i++) {
        pthread_join(threads[i], NULL);
        sum += done[i];
    }
    printf("{\"done\":%d}\n", sum);
}

static void run(const char *command, char *rest)
{
    struct stock_api_error error = {0};
    int64_t since_ms = svc_clock_monotonic_ms();
    enum stock_api_outcome outcome = STOCK_API_DOWN;
    size_t count = 0;

    if (strcmp(command, "current") == 0) {
        count = read_lines(rest);
        outcome = stock_api_current(api, lines, count, &error);
    } else if (strcmp(command, "reserve") == 0) {
        const char *key = strsep(&rest, " ");
        int64_t expires_at_s = strtoll(strsep(&rest, " "), NULL, 10);
        count = read_lines(rest);
        outcome = stock_api_reserve(api, key, expires_at_s, lines, count, &error);
    } else if (strcmp(command, "commit") == 0) {
        const char *key = strsep(&rest, " ");
        count = read_lines(rest);
        outcome = stock_api_commit(api, key, lines, count, &error);
    } else if (strcmp(command, "release") == 0) {
        outcome = stock_api_release(api, rest, &error);
    } else if (strcmp(command, "hold") == 0) {
        const char *key = strsep(&rest, " ");
        int64_t expires_at_s = strtoll(strsep(&rest, " "), NULL, 10);
        count = read_lines(rest);
        struct stock_order order = {{key, strlen(key)}, expires_at_s, lines, count};
        outcome = stock_orders_hold(api, pg, &order, &error);
    } else if (strcmp(command, "sweep") == 0) {
        struct stock_orders_swept swept;
        stock_orders_sweep(api, pg, &swept);
        printf("{\"told\":%zu,\"failed\":%zu,\"short\":%zu}\n", swept.told, swept.failed,
            swept.shorts);
        return;
    } else if (strcmp(command, "crowd") == 0) {
        crowd(strtoul(rest, NULL, 10));
        return;
    } else {
        bool yes = command[0] == 'u' ? stock_api_is_up(api) : stock_api_trusts(api);
        printf("{\"yes\":%s}\n", yes ? "true" : "false");
        return;
    }
    answer(outcome, count, &error, since_ms);
}

static bool open_database(void)
{
    struct svc_pg_error error;
    const struct svc_pg_settings settings = {
        .url = getenv("DATABASE_URL"),
        .name = "stock_driver",
        .size = 2,
        .connect_timeout_ms = 5000,
        .acquire_timeout_ms = 5000,
        .statement_timeout_ms = 15000,
    };

    return settings.url == NULL || svc_pg_open(&settings, &pg, &error) == SVC_OK;
}

static const char *setting(const char *name, const char *otherwise)
{
    const char *value = getenv(name);

    return value != NULL ? value : otherwise;
}

int main(void)
{
    struct stock_api_settings settings = {
        .url = getenv("STOCK_API_URL"),
        .token = getenv("STOCK_API_TOKEN"),
        .timeout_ms = strtol(setting("STOCK_API_TIMEOUT_MS", "800"), NULL, 10),
        .connections = 16,
    };
    char error[256] = "DATABASE_URL";
    char *line = NULL;
    size_t room = 0;

    if (!stock_api_when_down_read(
            setting("STOCK_API_WHEN_DOWN", "refuse"), &settings.when_down)) {
        puts("STOCK_API_WHEN_DOWN must be refuse or trust");
        return 2;
    }
    if (!open_database() || !stock_api_new(&settings, &api, error)) {
        puts(error);
        return 2;
    }
    for (ssize_t length = getline(&line, &room, stdin); length > 0;
         length = getline(&line, &room, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        char *rest = line;
        const char *command = strsep(&rest, " ");
        run(command, rest);
        fflush(stdout);
    }
    free(line);
    stock_api_free(&api);
    svc_pg_close(&pg);
    return 0;
}
