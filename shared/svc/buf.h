/* A buffer that grows up to a limit it can't be made without. */
#ifndef SVC_BUF_H
#define SVC_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct svc_buf {
    char *bytes; /* ends with NUL once something was added */
    size_t length;
    size_t room;
    size_t limit;
    bool overflow; /* something did not fit; what was added since is cut off */
};

/* LIMIT: bytes at most, without the closing NUL. */
void svc_buf_init(struct svc_buf *buf, size_t limit);
void svc_buf_done(struct svc_buf *buf);
void svc_buf_clear(struct svc_buf *buf);

/* Past the limit these set `overflow` and add nothing, so that a writer may check once at
 * its end. */
void svc_buf_add(struct svc_buf *buf, const void *bytes, size_t length);
void svc_buf_add_text(struct svc_buf *buf, const char *text);
void svc_buf_add_char(struct svc_buf *buf, char byte);
void svc_buf_printf(struct svc_buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Room for LENGTH more bytes at the end, to be written by the caller, who then adds what
 * it wrote to `length` and puts a NUL behind it; NULL past the limit. */
char *svc_buf_reserve(struct svc_buf *buf, size_t length);

/* The text so far; never NULL; valid until the next change. */
const char *svc_buf_text(const struct svc_buf *buf);

/* Hands the bytes over: the caller frees them with free(). The buffer is empty then. */
char *svc_buf_take(struct svc_buf *buf, size_t *ret_length);

#endif
