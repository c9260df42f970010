/* What Prometheus' clients tell of their process (process_*), read from /proc. */
#ifndef SVC_PROCESS_STATS_H
#define SVC_PROCESS_STATS_H

#include "buf.h"

/* Adds memory, processor time and open files to OUT; leaves out what /proc does not tell.
 */
void svc_process_stats_write(struct svc_buf *out);

#endif
