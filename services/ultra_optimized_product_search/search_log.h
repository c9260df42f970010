/* Searches that wait to be written to search_log: at most so many; what comes when it is
 * full is dropped and counted. */
#ifndef SEARCH_LOG_H
#define SEARCH_LOG_H

#include <svc/json_write.h>

enum { SEARCH_LOG_QUERY_MAX = 200, SEARCH_LOG_HASH_SIZE = 17 };

struct search_log_entry {
    struct svc_slice query; /* cut to SEARCH_LOG_QUERY_MAX characters */
    size_t total;
    bool relaxed;
    int64_t took_us;
    const char *source;                       /* a literal */
    char customer_hash[SEARCH_LOG_HASH_SIZE]; /* "": none */
};

struct search_log;

struct search_log *search_log_new(size_t capacity);
void search_log_free(struct search_log **log);

/* Any thread; false where it was dropped. */
bool search_log_note(struct search_log *log, const struct search_log_entry *entry);

/* Takes at most MAX entries out and adds them to OUT as a JSON array; how many. */
size_t search_log_take(struct search_log *log, size_t max, struct svc_buf *out);

/* A customer as 16 hexadecimal digits that don't say who it is; "" for none. */
void search_log_hash(struct svc_slice customer, char ret_hash[SEARCH_LOG_HASH_SIZE]);

#endif
