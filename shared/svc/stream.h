/* An answer that is made part by part while it is sent, as server-sent events are. */
#ifndef SVC_STREAM_H
#define SVC_STREAM_H

#include "buf.h"

/* Only where a connection has a thread of its own (HTTP_THREADS=0), since `next` may
 * wait: some seconds at most, since SIGTERM, and a caller that has gone, are seen between
 * two parts. */
struct svc_stream {
    /* Adds the next part, a byte at least, to OUT, which is empty; false: the answer is
     * over. NULL: no stream. */
    bool (*next)(void *context, struct svc_buf *out);
    /* Called once, after the last part or when the connection has ended. */
    void (*end)(void *context);
    void *context;
};

#endif
