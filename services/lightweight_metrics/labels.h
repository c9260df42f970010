/* Values that may stand in a counter's dimension: of each name the first ones that came,
 * so many and no more, so that nobody's free text makes counters without end. */
#ifndef LABELS_H
#define LABELS_H

#include <svc/text.h>

#define LABELS_OF_A_NAME 100
#define LABEL_SIZE_MAX ((size_t)60)

struct labels;

struct labels *labels_new(void);
/* Takes a pointer to NULL. */
void labels_free(struct labels **labels);

/* LABEL itself, where it is known or there is room for it, else "other". A label that is
 * too long is cut. The text lives as long as LABELS. */
struct svc_slice labels_get(
    struct labels *labels, struct svc_slice name, struct svc_slice label);

/* Adds one that is known elsewhere; it is no new one. */
void labels_load(struct labels *labels, struct svc_slice name, struct svc_slice label);

/* The labels that came since the last labels_keep: INDEX from 0; false past the last. */
bool labels_new_one(const struct labels *labels, size_t index, struct svc_slice *ret_name,
    struct svc_slice *ret_label);
void labels_keep(struct labels *labels);

#endif
