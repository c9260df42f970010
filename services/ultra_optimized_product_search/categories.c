#include "categories.h"

#include <svc/buf.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define NAME_TOKENS_MAX 12
#define KEY_MAX 512

struct categories {
    const struct analyser *analyser;
    pthread_rwlock_t lock;
    struct svc_arena arena;
    struct category_list list;
    bool set;
};

struct categories *categories_new(const struct analyser *analyser)
{
    struct categories *categories = svc_alloc_zero(1, sizeof *categories);

    categories->analyser = analyser;
    pthread_rwlock_init(&categories->lock, NULL);
    return categories;
}

void categories_free(struct categories **categories_pointer)
{
    struct categories *categories = *categories_pointer;

    *categories_pointer = NULL;
    if (categories == NULL) {
        return;
    }
    svc_arena_done(&categories->arena);
    pthread_rwlock_destroy(&categories->lock);
    free(categories);
}

/* "Zapato de niños" and "zapatos de nino" have the same. */
static struct svc_slice key_of(
    const struct analyser *analyser, struct svc_arena *arena, struct svc_slice name)
{
    struct token_list tokens = {0};
    struct svc_buf key;

    analyser_tokens(analyser, arena, name, NAME_TOKENS_MAX, &tokens);
    svc_buf_init(&key, KEY_MAX);
    for (size_t i = 0; i < tokens.count; i++) {
        struct token_forms forms = {0};
        analyser_forms(analyser, arena, tokens.list[i].exact, &forms);
        svc_buf_add(&key, forms.stem.text, forms.stem.length);
        svc_buf_add_char(&key, ' ');
    }
    struct svc_slice copy = {
        svc_arena_strndup(arena, svc_buf_text(&key), key.length), key.length};
    svc_buf_done(&key);
    return copy;
}

void categories_set(
    struct categories *categories, struct svc_arena *arena, struct category_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        list->list[i].key = key_of(categories->analyser, arena, list->list[i].name);
    }
    pthread_rwlock_wrlock(&categories->lock);
    struct svc_arena old = categories->arena;
    categories->arena = *arena;
    categories->list = *list;
    categories->set = true;
    pthread_rwlock_unlock(&categories->lock);
    svc_arena_done(&old);
    *arena = (struct svc_arena){0};
}

bool categories_are_set(struct categories *categories)
{
    pthread_rwlock_rdlock(&categories->lock);
    bool set = categories->set;
    pthread_rwlock_unlock(&categories->lock);
    return set;
}

bool categories_get(struct categories *categories, struct svc_arena *arena,
    struct category_list *ret_list)
{
    pthread_rwlock_rdlock(&categories->lock);
    bool set = categories->set;
    struct category_list list = categories->list;
    list.list = svc_arena_alloc(arena, (list.count + 1) * sizeof *list.list);
    for (size_t i = 0; i < list.count; i++) {
        struct category *own = &list.list[i];
        *own = categories->list.list[i];
        own->name = svc_slice_keep(arena, own->name);
        own->description = svc_slice_keep(arena, own->description);
        own->emoji = svc_slice_keep(arena, own->emoji);
        own->key = svc_slice_keep(arena, own->key);
    }
    pthread_rwlock_unlock(&categories->lock);
    if (set) {
        *ret_list = list;
    }
    return set;
}

int64_t categories_find(
    struct categories *categories, struct svc_arena *arena, struct svc_slice name)
{
    struct svc_slice key = key_of(categories->analyser, arena, name);
    int64_t id = 0;

    pthread_rwlock_rdlock(&categories->lock);
    for (size_t i = 0; id == 0 && key.length > 0 && i < categories->list.count; i++) {
        struct svc_slice own = categories->list.list[i].key;
        if (own.length == key.length && memcmp(own.text, key.text, key.length) == 0) {
            id = categories->list.list[i].id;
        }
    }
    pthread_rwlock_unlock(&categories->lock);
    return id;
}
