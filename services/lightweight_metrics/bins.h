/* Durations in bins whose width grows with what they hold: exact up to 31 us, then 16
 * bins for each doubling. What a bin stands for, its middle, is at most 1/33 (3.1 %) off.
 * Bins of any minutes and replicas are added up before a percentile is read from them, so
 * that it is the same whoever counted what. As in HdrHistogram (G. Tene). */
#ifndef BINS_H
#define BINS_H

#include <stddef.h>
#include <stdint.h>

#define BINS_COUNT 592 /* the last one begins at 2^39 us, six days */

int bins_of_us(int64_t microseconds);

/* The middle of a bin. */
double bins_middle_us(int bin);

struct bins {
    int64_t counts[BINS_COUNT];
    int64_t total;
};

/* A BIN out of range counts as the last one. */
void bins_add(struct bins *bins, int bin, int64_t count);

/* The smallest bin's middle that SHARE (0 to 1) of all are at or below; -1 for none. */
double bins_percentile_us(const struct bins *bins, double share);

#endif
