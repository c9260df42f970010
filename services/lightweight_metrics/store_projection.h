/* The tables metrics_...: what projections are written to, in the transaction that also
 * advances their cursor. */
#ifndef STORE_PROJECTION_H
#define STORE_PROJECTION_H

#include "deltas.h"
#include "labels.h"

struct svc_pg_tx;
struct svc_pg_error;

SVC_MUST_CHECK enum svc_status projection_add(
    struct svc_pg_tx *tx, const struct deltas *deltas, struct svc_pg_error *ret_error);

/* Stores the labels that are new. */
SVC_MUST_CHECK enum svc_status projection_add_labels(
    struct svc_pg_tx *tx, const struct labels *labels, struct svc_pg_error *ret_error);

SVC_MUST_CHECK enum svc_status projection_load_labels(
    struct svc_pg_tx *tx, struct labels *labels, struct svc_pg_error *ret_error);

/* Empties the tables: of days from FROM_DAYS (since 1970) on, of all for INT64_MIN. */
SVC_MUST_CHECK enum svc_status projection_clear(
    struct svc_pg_tx *tx, int64_t from_days, struct svc_pg_error *ret_error);

#endif
