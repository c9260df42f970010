/* The hour and the day of a customer's windows, as gaps between messages. */
#ifndef WINDOWS_GAPS_H
#define WINDOWS_GAPS_H

#include "windows.h"

/* Whether the bytes say what their count, head and tail say; else they are not used. */
bool hour_is_whole(const struct windows *windows);
bool day_is_whole(const struct windows *windows);

/* Forget what has left the window. */
void hour_prune(struct windows *windows, int64_t now_ms);
void day_prune(struct windows *windows, int64_t now_ms);

/* Milliseconds until NEEDED of the oldest have left the window. */
int64_t hour_wait_ms(const struct windows *windows, int64_t now_ms, int64_t needed);
int64_t day_wait_ms(const struct windows *windows, int64_t now_ms, int64_t needed);

/* Count one more, never before the last. A window that is full beyond all limits stays.
 */
void hour_add(struct windows *windows, int64_t second);
void day_add(struct windows *windows, int64_t unit);

/* Take one away that was counted there; nothing where there is none. */
void hour_remove(struct windows *windows, int64_t second);
void day_remove(struct windows *windows, int64_t unit);

#endif
