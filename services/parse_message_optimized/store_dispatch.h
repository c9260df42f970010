/* Hands n8n what was stored: each customer's messages in order, different customers side
 * by side, as many as n8n does well; again where it lost them.
 *
 * One thread looks for lanes (customers with something waiting) and leases them; any
 * number of replicas may. An execution says that it's done by POST /v1/messages/end; one
 * that doesn't until the lease runs out has vanished, and its messages are sent again. */
#ifndef STORE_DISPATCH_H
#define STORE_DISPATCH_H

#include "store_intake.h"

struct intake;
struct svc_counter;

struct intake_settings {
    struct svc_pg *pg;
    const char *url;         /* N8N_WEBHOOK_URL */
    const char *app_secrets; /* what is sent is signed as Meta signs; NULL: not */
    const char *user_agent;
    const char *ca_file;
    int64_t executions_max; /* that this process has in n8n at the same time */
    int64_t lease_ms;       /* after which an execution counts as vanished */
    int64_t deadline_ms;    /* for n8n to take a webhook */
    int64_t attempts_max;
    int64_t keep_s; /* how long what is done is known */
    struct svc_counter *delivered;
    struct svc_counter *refused;
    struct svc_counter *vanished;
};

bool intake_new(const struct intake_settings *settings, struct intake **ret_intake,
    char ret_error[256]);
/* What n8n is taking just now is waited for a few seconds. */
void intake_free(struct intake **intake);

/* Something new is stored. Any thread. */
void intake_wake(struct intake *intake);

/* A message's turn is over, TOOK_MS after n8n got it. Any thread. */
void intake_note_end(struct intake *intake, int64_t took_ms);

/* As they were a few seconds ago. Any thread. */
struct intake_totals intake_totals(struct intake *intake);

/* Executions that may be in n8n now. Any thread. */
int64_t intake_limit(struct intake *intake);

#endif
