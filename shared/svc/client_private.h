/* What the files of client share among themselves. */
#ifndef SVC_CLIENT_PRIVATE_H
#define SVC_CLIENT_PRIVATE_H

#include "client.h"

#include <pthread.h>

#define SVC_CLIENT_LOST_MAX 16
#define SVC_CLIENT_MESSAGE_SIZE 256

struct svc_client_handle {
    void *easy;      /* libcurl's, with the connections that it keeps */
    uint64_t origin; /* of its last exchange */
    struct svc_client_handle *next;
};

/* A call whose deadline passed while libcurl waited for the resolver of host names. That
 * goes on in a thread of its own for as long as the resolver likes, so that further calls
 * to the same host are refused for a while instead of leaving more such threads behind.
 */
struct svc_client_lost {
    uint64_t origin;
    int64_t until_ms;
};

struct svc_client {
    int64_t size;
    int64_t connect_timeout_ms;
    char *user_agent;
    char *ca_file;

    pthread_mutex_t mutex;
    pthread_cond_t released;
    /* under the mutex: */
    struct svc_client_handle *idle; /* last used first */
    int64_t made;
    struct svc_client_lost lost[SVC_CLIENT_LOST_MAX];
    size_t lost_next;
};

/* client.c */
void *svc_client_easy_new(void);
void svc_client_easy_free(void *easy);

/* One call on its way. */
struct svc_client_exchange {
    const struct svc_client_request *request;
    void *easy; /* the handle's */
    struct svc_client_handle *handle;
    struct curl_slist *headers;
    struct svc_client_reply reply;
    int64_t start_ms;
    int64_t waited_ms; /* for the handle */
    size_t body_left;
    size_t header_bytes;
    bool unset;              /* an option couldn't be set */
    enum svc_status stopped; /* by us, if not OK */
    const char *reason;
    char message[SVC_CLIENT_MESSAGE_SIZE];
};

/* client_exchange.c */
/* Prepares the handle; false where memory didn't suffice, which the end tells too. */
bool svc_client_exchange_begin(struct svc_client_exchange *exchange,
    const struct svc_client *client, const struct svc_client_request *request,
    struct svc_client_handle *handle, int64_t start_ms);
/* CODE: libcurl's. Gives the handle back; the reply is the caller's where it's OK. */
enum svc_status svc_client_exchange_end(struct svc_client_exchange *exchange,
    struct svc_client *client, int code, struct svc_client_error *ret_error);

/* client_pool.c */
SVC_MUST_CHECK struct svc_client_handle *svc_client_acquire(struct svc_client *client,
    uint64_t origin, int64_t deadline_ms, struct svc_client_error *ret_error);
/* LOST: the exchange ended while its host name was looked up. */
void svc_client_release(
    struct svc_client *client, struct svc_client_handle *handle, bool lost);

/* client_reply.c */
void svc_client_reply_init(struct svc_client_reply *reply, size_t body_max);
/* LINE as it came: a status line starts anew; what doesn't fit is left out. */
void svc_client_reply_add_line(struct svc_client_reply *reply, struct svc_slice line);

/* client_request.c */
/* Sets the error and returns its status. */
enum svc_status svc_client_fail(
    struct svc_client_error *error, enum svc_status status, const char *message);
SVC_MUST_CHECK enum svc_status svc_client_request_check(
    const struct svc_client_request *request, struct svc_client_error *ret_error);
/* Whether the caller gives this header itself. */
bool svc_client_request_has(const struct svc_client_request *request, const char *name);
/* A number that stands for scheme, host and port. */
uint64_t svc_client_origin(const char *url);

#endif
