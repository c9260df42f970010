/* The parts of the dashboard's numbers that are one statement each: it gives one JSON
 * value. $1 of each are the prices of WhatsApp's messages. */
#ifndef STORE_LIVE_SQL_H
#define STORE_LIVE_SQL_H

#include <stddef.h>

struct live_part {
    const char *key;
    const char *sql;
};

extern const struct live_part live_parts[];
extern const size_t live_part_count;

#endif
