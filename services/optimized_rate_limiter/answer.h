/* Writes what was judged, as the contract shows it. */
#ifndef ANSWER_H
#define ANSWER_H

#include "tiers.h"
#include "windows.h"

#include <svc/json_write.h>

/* What a verdict means for a customer of a tier. */
struct judgement {
    struct tier tier;
    bool tier_known;       /* else the default is in force */
    const char *asked_for; /* a tier that there isn't; NULL: none */
    bool burst;
    struct windows_verdict verdict;
    bool allowed; /* as the tier's mode makes of the verdict */
    const char *backend;
};

/* "minute", "hour", "day", "block"; NULL for none. */
const char *window_name(enum window window);

/* Writes the fields of JUDGEMENT into the object that is open. */
void judgement_write(struct svc_json_writer *writer, const struct judgement *judgement);

void tier_write(struct svc_json_writer *writer, const struct tier *tier);

#endif
