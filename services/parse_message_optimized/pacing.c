#include "pacing.h"

/* The shortest turn is one of the last minute or two: shops and workflows change. */
#define WINDOW_MS 60000
#define HALVE_EVERY_MS 1000
/* Below that a turn is work, however much longer than the shortest. */
#define PROMPT_MS 100
#define QUEUEING_FACTOR 2
/* What queueing takes away for each turn: from 16 to 15 within some twenty turns. */
#define EASE 0.997

void pacing_init(struct pacing *pacing, int64_t start, int64_t max)
{
    *pacing = (struct pacing){.max = (double)max};
    pacing->limit = (double)(start < max ? start : max);
}

static int64_t note_shortest(struct pacing *pacing, int64_t took_ms, int64_t now_ms)
{
    if (now_ms >= pacing->window_until_ms) {
        pacing->shortest_before_ms = pacing->shortest_ms;
        pacing->shortest_ms = 0;
        pacing->window_until_ms = now_ms + WINDOW_MS;
    }
    if (pacing->shortest_ms == 0 || took_ms < pacing->shortest_ms) {
        pacing->shortest_ms = took_ms > 0 ? took_ms : 1;
    }
    if (pacing->shortest_before_ms > 0 &&
        pacing->shortest_before_ms < pacing->shortest_ms) {
        return pacing->shortest_before_ms;
    }
    return pacing->shortest_ms;
}

void pacing_note_end(struct pacing *pacing, int64_t took_ms, int64_t now_ms)
{
    int64_t shortest_ms = note_shortest(pacing, took_ms, now_ms);
    bool queueing = took_ms > PROMPT_MS && took_ms > QUEUEING_FACTOR * shortest_ms;

    pacing->limit = queueing ? pacing->limit * EASE : pacing->limit + 1.0 / pacing->limit;
    pacing->limit = pacing->limit > pacing->max ? pacing->max : pacing->limit;
    pacing->limit = pacing->limit < 1 ? 1 : pacing->limit;
}

void pacing_note_failure(struct pacing *pacing, int64_t now_ms)
{
    if (pacing->halved_ms > 0 && now_ms - pacing->halved_ms < HALVE_EVERY_MS) {
        return;
    }
    pacing->halved_ms = now_ms;
    pacing->limit = pacing->limit / 2 > 1 ? pacing->limit / 2 : 1;
}

int64_t pacing_limit(const struct pacing *pacing)
{
    return (int64_t)pacing->limit;
}
