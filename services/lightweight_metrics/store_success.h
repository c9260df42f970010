/* What the success metrics are now, and how long they have been so. */
#ifndef STORE_SUCCESS_H
#define STORE_SUCCESS_H

#include "success.h"

#include <svc/json_write.h>

struct svc_pg;

struct success_values {
    struct success_value values[SUCCESS_COUNT];
    char since[SUCCESS_COUNT][40]; /* RFC 3339; "": not known */
};

SVC_MUST_CHECK enum svc_status store_success_read(struct svc_pg *pg,
    const struct success_settings *settings, struct success_values *ret_values,
    char ret_error[256]);

/* Writes an array. */
void success_write(struct svc_json_writer *writer, const struct success_values *values);

#endif
