/* The calls of client.h without a thread for each: one thread of the client's own carries
 * all exchanges, some hundred at the same time in a few KiB each. */
#ifndef SVC_CLIENT_ASYNC_H
#define SVC_CLIENT_ASYNC_H

#include "client.h"

struct svc_client_async;

/* Settings as of svc_client_new; kept connections are shared by all exchanges. */
SVC_MUST_CHECK enum svc_status svc_client_async_new(
    const struct svc_client_settings *settings, struct svc_client_async **ret_client,
    struct svc_client_error *ret_error);

/* Exchanges under way end with UNAVAILABLE; no callback runs any more when it returns.
 * Takes a pointer to NULL, nulls the caller's pointer. */
void svc_client_async_free(struct svc_client_async **client);

/* An exchange has ended: STATUS as svc_client_call returns it, with its REPLY (borrowed)
 * where it's OK and its ERROR where not. In the client's thread, which all exchanges
 * share: it must not wait. It may start the next. */
typedef void svc_client_ended(void *context, enum svc_status status,
    const struct svc_client_reply *reply, const struct svc_client_error *error);

/* Begins an exchange and returns at once; ENDED is then called exactly once. REQUEST and
 * what it points to must live until then. INVALID, or UNAVAILABLE where `size` exchanges
 * are under way: ENDED isn't called. For any number of threads; passes on the
 * `traceparent` of this one. */
SVC_MUST_CHECK enum svc_status svc_client_async_start(struct svc_client_async *client,
    const struct svc_client_request *request, svc_client_ended *ended, void *context,
    struct svc_client_error *ret_error);

#endif
