/* Events as records of the spool (see store_spool.h). */
#ifndef SPOOL_RECORD_H
#define SPOOL_RECORD_H

#include "event.h"

#define SPOOL_HEAD_SIZE ((size_t)12)
#define SPOOL_RECORD_MAX ((size_t)64 * 1024)

void spool_record_write(struct svc_buf *out, const struct event *event);

/* The length of the record at the start of BYTES, its head included; 0: none is there
 * whole. */
size_t spool_record_length(struct svc_slice bytes);

/* Reads the record that spool_record_length found. False: it holds no event. */
SVC_MUST_CHECK bool spool_record_read(
    struct svc_arena *arena, struct svc_slice record, struct event *ret_event);

#endif
