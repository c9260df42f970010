/* Memory that is there or the process ends: Kubernetes starts it again, and the limits on
 * everything from outside keep a caller from provoking it. */
#ifndef SVC_MEM_H
#define SVC_MEM_H

#include <stddef.h>

/* Each returns memory that the caller frees with free(), and never NULL. */
void *svc_alloc(size_t size);
void *svc_alloc_zero(size_t count, size_t size);
void *svc_realloc(void *memory, size_t size);
char *svc_strdup(const char *text);
char *svc_strndup(const char *text, size_t length);

/* Runs free() on the pointer's target at the end of its scope. */
void svc_free_scoped(void *pointer_to_pointer);
#define SVC_AUTO_FREE __attribute__((cleanup(svc_free_scoped)))

/* An arena: many small allocations that end together. Not thread-safe. */
struct svc_arena_block;
struct svc_arena {
    struct svc_arena_block *block; /* newest first */
    size_t used;                   /* of the newest block */
    size_t total;                  /* bytes given out since the last reset */
};

/* Zeroed, 16-byte aligned memory that lives until the arena is reset. */
void *svc_arena_alloc(struct svc_arena *arena, size_t size);

/* Ends all allocations and keeps the first block, so that a request that needs little
 * asks the system for nothing. */
void svc_arena_reset(struct svc_arena *arena);

/* Ends all allocations and gives everything back. */
void svc_arena_done(struct svc_arena *arena);

/* The copy lives in the arena and ends with NUL. */
char *svc_arena_strndup(struct svc_arena *arena, const char *text, size_t length);

#endif
