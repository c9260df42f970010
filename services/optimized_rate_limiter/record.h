/* A customer's windows as the bytes that are kept in Redis, and here for the time without
 * it.
 *
 * All numbers are big-endian. Byte 0 is the version, 1; then block until (6 bytes, ms),
 * told until (6), told window (1), told message (5), tokens (4), tokens at (6, ms),
 * minute count (2), message count (2), hour count (4), hour size (2), hour head (5, s),
 * hour tail (5), day count (4), day size (2), day head (4, units), day tail (4). Then the
 * minute (4 each), the messages (9 each), the hour's bytes, the day's bytes: see
 * windows.h. */
#ifndef RECORD_H
#define RECORD_H

#include "windows.h"

#define RECORD_HEAD_SIZE 63
#define RECORD_SIZE_MAX                                                                  \
    (RECORD_HEAD_SIZE + 4 * LIMIT_MINUTE_MAX + 9 * WINDOWS_MESSAGES_MAX +                \
        WINDOWS_HOUR_BYTES_MAX + WINDOWS_DAY_BYTES_MAX)

/* Writes the record to OUT, which has room for RECORD_SIZE_MAX; returns its size. */
size_t record_encode(const struct windows *windows, uint8_t *out);

/* False, with `ret_windows` empty, for bytes that are no record. */
bool record_decode(struct svc_slice bytes, struct windows *ret_windows);

#endif
