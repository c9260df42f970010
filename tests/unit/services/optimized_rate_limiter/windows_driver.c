/* Not a test by itself: judges by windows.c what it reads, for the tests that hold it
 * beside windows.lua. A line is
 *
 *     operation minute hour day burst cost message block_for_ms now_ms record
 *
 * with message and record in hexadecimal, "-" for none; the answer's is
 *
 *     allowed known window retry_after_ms notify minute hour day now_ms record */
#include <record.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LINE_SIZE (2 * RECORD_SIZE_MAX + 512)

static const char *const operations[] = {
    [OPERATION_CHECK] = "check",
    [OPERATION_SHADOW] = "shadow",
    [OPERATION_PEEK] = "peek",
    [OPERATION_REFUND] = "refund",
    [OPERATION_BLOCK] = "block",
    [OPERATION_RESET] = "reset",
};

static bool find_operation(const char *name, enum operation *ret_operation)
{
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++) {
        if (strcmp(name, operations[i]) == 0) {
            *ret_operation = (enum operation)i;
            return true;
        }
    }
    return false;
}

static bool read_hex(const char *text, uint8_t *out, size_t *ret_size)
{
    size_t size = strcmp(text, "-") == 0 ? 0 : strlen(text) / 2;

    *ret_size = size;
    return size == 0 || svc_text_from_hex((struct svc_slice){text, 2 * size}, out, size);
}

static bool read_line(const char *line, struct windows_request *request,
    uint8_t *ret_record, size_t *ret_size)
{
    static char record[LINE_SIZE];
    char operation[16];
    char message[16];
    size_t message_size = 0;
    struct limits *limits = &request->limits;

    if (sscanf(line,
            "%15s %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64
            " %15s %" SCNd64 " %" SCNd64 " %s",
            operation, &limits->minute, &limits->hour, &limits->day, &limits->burst,
            &request->cost, message, &request->block_for_ms, &request->now_ms,
            record) != 10 ||
        !find_operation(operation, &request->operation) ||
        !read_hex(message, request->message, &message_size)) {
        return false;
    }
    request->has_message = message_size == MESSAGE_HASH_SIZE;
    return read_hex(record, ret_record, ret_size);
}

static void write_line(
    const struct windows_verdict *verdict, const uint8_t *record, size_t size)
{
    static char hex[LINE_SIZE];

    svc_text_to_hex(record, size, hex);
    printf("%d %d %d %" PRId64 " %d %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %s\n",
        verdict->allowed, verdict->known, (int)verdict->exceeded, verdict->retry_after_ms,
        verdict->notify, verdict->used_minute, verdict->used_hour, verdict->used_day,
        verdict->now_ms, hex);
    fflush(stdout);
}

int main(void)
{
    static char line[LINE_SIZE];
    static uint8_t record[RECORD_SIZE_MAX];
    static struct windows windows;

    while (fgets(line, sizeof line, stdin) != NULL) {
        struct windows_request request = {0};
        struct windows_verdict verdict;
        size_t size = 0;
        if (!read_line(line, &request, record, &size)) {
            fprintf(stderr, "not understood: %s", line);
            return 1;
        }
        (void)record_decode((struct svc_slice){(const char *)record, size}, &windows);
        windows_apply(&windows, &request, &verdict);
        write_line(&verdict, record, record_encode(&windows, record));
    }
    return 0;
}
