/* Many values for one parameter of a statement, in PostgreSQL's form of an array. */
#ifndef STORE_ARRAY_H
#define STORE_ARRAY_H

#include <svc/buf.h>
#include <svc/text.h>

/* Rows of a statement are bounded, so this is never reached. */
#define ARRAY_BYTES_MAX ((size_t)256 * 1024 * 1024)

void array_init(struct svc_buf *array);
/* A slice without text is SQL's NULL. */
void array_add_text(struct svc_buf *array, struct svc_slice text);
void array_add_int(struct svc_buf *array, int64_t number);
/* The array as text, borrowed until the next change; nothing may be added any more. */
struct svc_slice array_end(struct svc_buf *array);

#endif
