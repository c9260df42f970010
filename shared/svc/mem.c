#include "mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE ((size_t)16 * 1024)
#define BLOCK_SIZE_MAX ((size_t)1024 * 1024)
#define ALIGNMENT ((size_t)16)
/* More than any system has: sums with it can't wrap. */
#define SIZE_TOO_LARGE (SIZE_MAX / 2)

struct svc_arena_block {
    struct svc_arena_block *older;
    size_t size;
    _Alignas(16) unsigned char bytes[];
};

static _Noreturn void die(void)
{
    fputs("out of memory\n", stderr);
    abort();
}

static void *or_die(void *memory)
{
    if (memory == NULL) {
        die();
    }
    return memory;
}

void *svc_alloc(size_t size)
{
    return or_die(malloc(size > 0 ? size : 1));
}

void *svc_alloc_zero(size_t count, size_t size)
{
    return or_die(calloc(count > 0 ? count : 1, size > 0 ? size : 1));
}

void *svc_realloc(void *memory, size_t size)
{
    return or_die(realloc(memory, size > 0 ? size : 1));
}

char *svc_strdup(const char *text)
{
    return svc_strndup(text, strlen(text));
}

char *svc_strndup(const char *text, size_t length)
{
    char *copy = svc_alloc(length + 1);

    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

void svc_free_scoped(void *pointer_to_pointer)
{
    free(*(void **)pointer_to_pointer);
}

static void add_block(struct svc_arena *arena, size_t needed)
{
    /* Large ones come from the system, and go back to it when they're freed. */
    size_t more = arena->total < BLOCK_SIZE_MAX ? arena->total : BLOCK_SIZE_MAX;
    size_t usual = more > BLOCK_SIZE ? more : BLOCK_SIZE;
    size_t size = needed > usual ? needed : usual;
    struct svc_arena_block *block = svc_alloc(sizeof *block + size);

    block->older = arena->block;
    block->size = size;
    arena->block = block;
    arena->used = 0;
}

void *svc_arena_alloc(struct svc_arena *arena, size_t size)
{
    if (size > SIZE_TOO_LARGE) {
        die();
    }
    size_t rounded = (size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);

    if (arena->block == NULL || arena->block->size - arena->used < rounded) {
        add_block(arena, rounded);
    }
    void *memory = arena->block->bytes + arena->used;
    arena->used += rounded;
    arena->total += rounded;
    return memset(memory, 0, rounded);
}

void svc_arena_reset(struct svc_arena *arena)
{
    while (arena->block != NULL && arena->block->older != NULL) {
        struct svc_arena_block *older = arena->block->older;
        free(arena->block);
        arena->block = older;
    }
    if (arena->block != NULL && arena->block->size > BLOCK_SIZE) {
        free(arena->block);
        arena->block = NULL;
    }
    arena->used = 0;
    arena->total = 0;
}

void svc_arena_done(struct svc_arena *arena)
{
    svc_arena_reset(arena);
    free(arena->block);
    arena->block = NULL;
}

char *svc_arena_strndup(struct svc_arena *arena, const char *text, size_t length)
{
    char *copy = svc_arena_alloc(arena, length + 1);

    memcpy(copy, text, length);
    return copy;
}
