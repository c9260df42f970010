/* What is wrong with a request, all of it at once (RFC 9457). */
#ifndef SVC_PROBLEM_H
#define SVC_PROBLEM_H

#include "json_write.h"

#define SVC_PROBLEMS_MAX 50

struct svc_problem {
    const char *pointer; /* RFC 6901 into the body; or "query.limit", "path.id" */
    const char *detail;
};

/* Lives in a request's arena, where its texts are too. */
struct svc_problems {
    struct svc_arena *arena;
    struct svc_problem list[SVC_PROBLEMS_MAX];
    size_t count;
    size_t left_out; /* beyond the first SVC_PROBLEMS_MAX */
};

/* A place in a JSON value, as frames on the stack from the inside out. */
struct svc_place {
    const struct svc_place *parent;
    struct svc_slice name; /* of a member; no text: an element */
    size_t index;          /* of an element */
};

/* Adds a fault at PLACE (NULL: the whole value). */
void svc_problems_add(struct svc_problems *problems, const struct svc_place *place,
    const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Adds a fault with a pointer that is a text already. */
void svc_problems_add_at(
    struct svc_problems *problems, const char *pointer, const char *detail);

/* Writes [{"pointer", "detail"}]. */
void svc_problems_write(
    const struct svc_problems *problems, struct svc_json_writer *writer);

/* Writes the whole problem+json object. DETAIL and PROBLEMS may be NULL. */
void svc_problem_write(struct svc_json_writer *writer, enum svc_status status,
    const char *detail, const struct svc_problems *problems);

#endif
