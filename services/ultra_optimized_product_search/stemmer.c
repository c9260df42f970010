#include "stemmer.h"

#include <svc/mem.h>

#include <libstemmer.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { IDLE_MAX = 64 };

struct stemmer {
    enum language language;
    pthread_mutex_t lock;
    struct sb_stemmer *idle[IDLE_MAX];
    size_t idle_count;
};

static const char *const names[] = {
    [LANGUAGE_ES] = "spanish",
    [LANGUAGE_EN] = "english",
    [LANGUAGE_PT] = "portuguese",
};

struct stemmer *stemmer_new(enum language language)
{
    struct stemmer *stemmer = svc_alloc_zero(1, sizeof *stemmer);

    stemmer->language = language;
    pthread_mutex_init(&stemmer->lock, NULL);
    return stemmer;
}

void stemmer_free(struct stemmer **stemmer)
{
    if (*stemmer == NULL) {
        return;
    }
    for (size_t i = 0; i < (*stemmer)->idle_count; i++) {
        sb_stemmer_delete((*stemmer)->idle[i]);
    }
    pthread_mutex_destroy(&(*stemmer)->lock);
    free(*stemmer);
    *stemmer = NULL;
}

static struct sb_stemmer *take(struct stemmer *stemmer)
{
    struct sb_stemmer *taken = NULL;

    pthread_mutex_lock(&stemmer->lock);
    if (stemmer->idle_count > 0) {
        taken = stemmer->idle[--stemmer->idle_count];
    }
    pthread_mutex_unlock(&stemmer->lock);
    return taken != NULL ? taken : sb_stemmer_new(names[stemmer->language], "UTF_8");
}

static void give_back(struct stemmer *stemmer, struct sb_stemmer *taken)
{
    pthread_mutex_lock(&stemmer->lock);
    if (stemmer->idle_count < IDLE_MAX) {
        stemmer->idle[stemmer->idle_count++] = taken;
        taken = NULL;
    }
    pthread_mutex_unlock(&stemmer->lock);
    sb_stemmer_delete(taken);
}

size_t stemmer_root(struct stemmer *stemmer, const char *word, size_t length, char *out)
{
    struct sb_stemmer *taken = take(stemmer);
    const sb_symbol *root =
        taken != NULL ? sb_stemmer_stem(taken, (const sb_symbol *)word, (int)length)
                      : NULL;
    size_t size = root != NULL ? (size_t)sb_stemmer_length(taken) : 0;

    /* Out of memory, or longer than the word, which no stem is: the word as it came. */
    if (size == 0 || size > length) {
        memmove(out, word, length);
        size = length;
    } else {
        memcpy(out, root, size);
    }
    give_back(stemmer, taken);
    return size;
}
