/* What is wrong with one element, and reading fields so that it's found. */
#ifndef FAULT_H
#define FAULT_H

#include <svc/problem.h>

/* Empty until the first fault, since most elements have none. */
struct fault_list {
    struct svc_arena *arena;
    struct svc_problems *problems; /* NULL: none */
};

/* An object that is being read, and where it stands. */
struct reading {
    const struct svc_json *object; /* may be NULL or no object: everything is missing */
    const struct svc_place *place;
    struct fault_list *faults;
};

/* Adds a fault of PLACE's member NAME (NULL: of PLACE itself). */
void fault_add(struct fault_list *faults, const struct svc_place *place, const char *name,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

enum field_need {
    FIELD_OPTIONAL,
    FIELD_REQUIRED,
};

/* A text of at most MAX bytes; {NULL, 0} with a fault where it's none. null counts as
 * missing. A longer one is read and marked. */
struct svc_slice read_text(
    const struct reading *from, const char *name, enum field_need need, size_t max);

/* An id: as a text of at most 256 bytes that isn't empty. */
struct svc_slice read_id(
    const struct reading *from, const char *name, enum field_need need);

/* Seconds since 1970, as Meta writes them: digits in a text, or a number. */
bool read_timestamp(const struct reading *from, const char *name, enum field_need need,
    int64_t *ret_seconds);

/* A number in MIN .. MAX, as written; one that stands in a text is taken and marked. */
struct svc_slice read_number(const struct reading *from, const char *name,
    enum field_need need, double min, double max);

/* The object or array NAME; NULL with a fault where it is another type. */
const struct svc_json *read_value(const struct reading *from, const char *name,
    enum field_need need, enum svc_json_type type);

/* Begins to read the object NAME inside of FROM. PLACE is the caller's memory. */
struct reading read_object(const struct reading *from, const char *name,
    enum field_need need, struct svc_place *place);

#endif
