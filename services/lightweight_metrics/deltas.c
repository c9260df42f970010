#include "deltas.h"

#include <stdlib.h>
#include <string.h>

#define ROOM_MIN ((size_t)1024)

struct deltas {
    struct svc_arena arena;
    struct delta *rows;
    size_t count;
    size_t room;     /* a power of two */
    uint32_t *table; /* twice as many: index of the row + 1; 0: free */
};

struct deltas *deltas_new(void)
{
    struct deltas *deltas = svc_alloc_zero(1, sizeof *deltas);

    deltas->room = ROOM_MIN;
    deltas->rows = svc_alloc_zero(deltas->room, sizeof deltas->rows[0]);
    deltas->table = svc_alloc_zero(2 * deltas->room, sizeof deltas->table[0]);
    return deltas;
}

void deltas_free(struct deltas **deltas_pointer)
{
    struct deltas *deltas = *deltas_pointer;

    *deltas_pointer = NULL;
    if (deltas == NULL) {
        return;
    }
    svc_arena_done(&deltas->arena);
    free(deltas->rows);
    free(deltas->table);
    free(deltas);
}

void deltas_clear(struct deltas *deltas)
{
    svc_arena_reset(&deltas->arena);
    memset(deltas->table, 0, 2 * deltas->room * sizeof deltas->table[0]);
    deltas->count = 0;
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ (hash >> 29);
}

static uint64_t hash_of(const struct delta_key *key)
{
    uint64_t hash = mix((uint64_t)key->kind * 256 + (unsigned char)key->granularity,
        (uint64_t)key->bucket);

    hash = mix(hash, (uint64_t)(uintptr_t)key->name);
    hash = mix(hash, (uint64_t)(uintptr_t)key->path);
    hash = mix(hash, (uint64_t)key->number);
    hash = key->label.length > 0 ? mix(hash, svc_text_hash(key->label)) : hash;
    return key->detail.length > 0 ? mix(hash, svc_text_hash(key->detail)) : hash;
}

static bool same_text(struct svc_slice left, struct svc_slice right)
{
    return left.length == right.length &&
           (left.length == 0 || memcmp(left.text, right.text, left.length) == 0);
}

static bool same(const struct delta_key *left, const struct delta_key *right)
{
    return left->kind == right->kind && left->granularity == right->granularity &&
           left->bucket == right->bucket && left->name == right->name &&
           left->path == right->path && left->number == right->number &&
           same_text(left->label, right->label) && same_text(left->detail, right->detail);
}

/* The place of KEY in the table, or the free one for it. */
static size_t find(const struct deltas *deltas, const struct delta_key *key)
{
    size_t mask = 2 * deltas->room - 1;
    size_t at = (size_t)hash_of(key) & mask;

    while (
        deltas->table[at] != 0 && !same(&deltas->rows[deltas->table[at] - 1].key, key)) {
        at = (at + 1) & mask;
    }
    return at;
}

static void grow(struct deltas *deltas)
{
    deltas->room *= 2;
    deltas->rows = svc_realloc(deltas->rows, deltas->room * sizeof deltas->rows[0]);
    free(deltas->table);
    deltas->table = svc_alloc_zero(2 * deltas->room, sizeof deltas->table[0]);
    for (size_t i = 0; i < deltas->count; i++) {
        deltas->table[find(deltas, &deltas->rows[i].key)] = (uint32_t)(i + 1);
    }
}

static struct svc_slice copy(struct deltas *deltas, struct svc_slice text)
{
    if (text.length == 0) {
        return (struct svc_slice){"", 0};
    }
    return (struct svc_slice){
        svc_arena_strndup(&deltas->arena, text.text, text.length), text.length};
}

struct delta *deltas_get(struct deltas *deltas, const struct delta_key *key)
{
    size_t at = find(deltas, key);

    if (deltas->table[at] != 0) {
        return &deltas->rows[deltas->table[at] - 1];
    }
    if (deltas->count == deltas->room) {
        grow(deltas);
        at = find(deltas, key);
    }
    struct delta *row = &deltas->rows[deltas->count++];
    *row = (struct delta){.key = *key};
    row->key.label = copy(deltas, key->label);
    row->key.detail = copy(deltas, key->detail);
    deltas->table[at] = (uint32_t)deltas->count;
    return row;
}

size_t deltas_count(const struct deltas *deltas)
{
    return deltas->count;
}

const struct delta *deltas_at(const struct deltas *deltas, size_t index)
{
    return &deltas->rows[index];
}
