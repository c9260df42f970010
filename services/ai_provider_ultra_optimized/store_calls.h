/* The cascade's calls over HTTP, any number of them by one thread. */
#ifndef STORE_CALLS_H
#define STORE_CALLS_H

#include "cascade.h"

struct store_calls;

/* SIZE: calls at the same time (at least the cascade's calls_max); CA_FILE as of
 * svc_client_settings. NULL with one line in `ret_error`. */
struct store_calls *store_calls_new(
    int64_t size, const char *user_agent, const char *ca_file, char ret_error[256]);
/* Ends the calls under way: each as FAILED. */
void store_calls_free(struct store_calls **calls);

/* The port `call`. CONTEXT: a struct store_calls. */
void store_calls_begin(void *context, const struct provider_request *request,
    int64_t deadline_ms, struct cascade_call *call);

#endif
