/* What the files of the store share. */
#ifndef STORE_PRIVATE_H
#define STORE_PRIVATE_H

#include "store.h"

struct svc_pg_statement;

/* A copy in the call's arena; nothing stays nothing. */
struct svc_slice store_keep(const struct store_call *call, struct svc_slice text);

/* A statement of the pool. What isn't a fault of the moment is logged. */
SVC_MUST_CHECK enum svc_status store_run(const struct store_call *call,
    const struct svc_pg_statement *statement, struct svc_pg_result **ret_rows);

#endif
