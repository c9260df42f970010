/* What the files of the Redis client share. From the outside in:
 *   redis.c            opens, runs a batch where all of it goes to one node
 *   redis_route.c      runs a batch that comes apart, is redirected or tried again
 *   redis_topology.c   which node serves which slot
 *   redis_node.c       one server: its queue, its back-off, who leads
 *   redis_round.c      one round trip, for everybody who waits
 *   redis_connection.c one socket
 *   redis_batch.c, redis_wire.c, redis_reply.c, redis_slot.c, redis_url.c: pure */
#ifndef SVC_REDIS_PRIVATE_H
#define SVC_REDIS_PRIVATE_H

#include "buf.h"
#include "mem.h"
#include "redis.h"

#include <pthread.h>
#include <stdatomic.h>

/* Connections that a node is served by at most; few threads use one each, many share one.
 */
#define SVC_REDIS_LANES_MAX 4
#define SVC_REDIS_HOSTS_MAX 16

/* ---- URL */

struct svc_redis_host {
    char *name;
    int port;
};

struct svc_redis_url {
    bool cluster;
    char *user;     /* NULL: none */
    char *password; /* NULL: none */
    int database;
    struct svc_redis_host hosts[SVC_REDIS_HOSTS_MAX];
    size_t host_count;
};

/* NULL, with the reason, for a URL that is none. The caller frees it. */
struct svc_redis_url *svc_redis_url_new(const char *text, const char **ret_reason);
void svc_redis_url_free(struct svc_redis_url **url);

/* "host:port", where an IPv6 address may stand without brackets: the last colon counts.
 * Cuts TEXT; the host may be empty. False without a port from 1 to 65535. */
bool svc_redis_split_address(char *text, const char **ret_host, int *ret_port);

/* ---- commands as bytes */

/* Adds a command as RESP. */
void svc_redis_wire_add(
    struct svc_buf *wire, size_t count, const struct svc_slice *arguments);
/* Adds "*COUNT" or the like, and an argument alone. */
void svc_redis_wire_add_number(struct svc_buf *wire, char mark, size_t number);
void svc_redis_wire_add_argument(struct svc_buf *wire, struct svc_slice argument);

#define SVC_REDIS_NO_SLOT (-1)

struct svc_redis_command {
    size_t offset; /* of its bytes in the batch's wire */
    size_t length;
    size_t tail;  /* of a script: offset of what follows its hash */
    size_t count; /* arguments */
    int slot;     /* SVC_REDIS_NO_SLOT: has no key */
    const struct svc_redis_script *script; /* NULL: a plain command */
};

struct svc_redis_batch {
    struct svc_buf wire;
    struct svc_redis_command *commands;
    struct svc_redis_reply **replies; /* owned; as commands */
    size_t count;
    size_t room;
    bool repeatable;
};

/* Frees the replies, so that the batch can be run again. */
void svc_redis_batch_drop_replies(struct svc_redis_batch *batch);
/* Adds command INDEX to WIRE; with its source instead of its hash where EVAL. */
void svc_redis_batch_copy(
    const struct svc_redis_batch *batch, size_t index, bool eval, struct svc_buf *wire);

/* Takes a pointer to NULL, too. */
void svc_redis_reply_free(struct svc_redis_reply **reply);
/* Whether it's an error that begins so: "MOVED ". */
bool svc_redis_reply_is_error_of(const struct svc_redis_reply *reply, const char *prefix);

/* ---- one socket */

struct svc_redis_options {
    const char *user;
    const char *password;
    int database;
    int64_t timeout_ns;
    size_t lane_count;
};

struct svc_redis_connection;

/* Connects and logs in until DEADLINE_NS (monotonic); NULL with the reason. */
struct svc_redis_connection *svc_redis_connection_open(
    const struct svc_redis_options *options, const struct svc_redis_host *host,
    int64_t deadline_ns, struct svc_redis_error *ret_error);
void svc_redis_connection_close(struct svc_redis_connection **connection);
int svc_redis_connection_fd(const struct svc_redis_connection *connection);
/* Nothing may wait on an idle connection but the end of it: so a Redis that was restarted
 * costs no call. */
bool svc_redis_connection_is_idle(const struct svc_redis_connection *connection);
/* Neither waits. How much was sent, 0 for none now; whether anything came. -1 when the
 * connection is broken. */
ptrdiff_t svc_redis_connection_send(
    struct svc_redis_connection *connection, const char *bytes, size_t length);
int svc_redis_connection_receive(
    struct svc_redis_connection *connection, struct svc_redis_error *ret_error);
/* 1: the next reply of those that came, which the caller frees; 0: none; -1: not RESP. */
int svc_redis_connection_next(
    struct svc_redis_connection *connection, struct svc_redis_reply **ret_reply);
/* Sends BYTES and waits for COUNT replies. On failure there may be some. */
bool svc_redis_connection_call(struct svc_redis_connection *connection,
    const struct svc_buf *bytes, size_t count, struct svc_redis_reply **ret_replies,
    int64_t deadline_ns, struct svc_redis_error *ret_error);

/* ---- one server */

enum svc_redis_request_state {
    SVC_REDIS_WAITING,
    SVC_REDIS_SLEEPING, /* on the futex */
    SVC_REDIS_LEADING,  /* its thread has a lane, and does the work of all who wait */
    SVC_REDIS_DONE,
};

/* What one thread wants of one node; lives on its stack. */
struct svc_redis_request {
    struct svc_redis_node *node;
    const char *bytes;
    size_t length;
    struct svc_redis_reply *
        *replies; /* filled in order; those not read stay as they are */
    size_t reply_count;
    int64_t deadline_ns;

    enum svc_status status;
    bool sent; /* Redis may have executed some of it */
    char message[SVC_REDIS_MESSAGE_SIZE];

    /* the node's: */
    struct svc_redis_request *next;
    struct svc_redis_lane *lane;
    bool taken; /* from the queue: somebody will answer it */
    _Atomic int state;
};

enum svc_redis_round_end {
    SVC_REDIS_ROUND_GOOD,
    SVC_REDIS_ROUND_BROKEN, /* the connection is lost: the next one may do */
    SVC_REDIS_ROUND_FAILED, /* the node can't be reached or says nothing */
};

#define SVC_REDIS_ROUND_MAX 128

/* One round trip. */
struct svc_redis_round {
    struct svc_redis_request *requests[SVC_REDIS_ROUND_MAX]; /* NULL: given up */
    size_t expected[SVC_REDIS_ROUND_MAX];                    /* replies to each */
    size_t count;
    size_t current;
    size_t read;                      /* replies of the current one */
    size_t sent;                      /* bytes of the lane's out */
    struct svc_redis_request *leader; /* NULL once it's answered */
    int64_t began_ns;
    int64_t deadline_ns; /* the next request's to be given up */
    int64_t leave_ns;    /* then the leader leaves the rest to another */
    bool under_way;
};

/* A connection with who uses it: at any time one thread, its leader. */
struct svc_redis_lane {
    struct svc_redis_node *node;
    struct svc_redis_connection *connection; /* NULL: none yet */
    struct svc_buf out;
    struct svc_redis_round round;
    /* under the node's mutex: */
    bool busy;
    size_t load; /* requests of the round trip under way */
};

struct svc_redis_node {
    const struct svc_redis_options *options;
    struct svc_redis_host host;
    /* under the topology's mutex: */
    size_t users;
    bool listed;
    bool seed;
    bool master;
    int64_t asked_ms; /* last named by ASK; 0: never */

    pthread_mutex_t mutex;
    /* under the mutex: */
    struct svc_redis_request *first;
    struct svc_redis_request *last;
    int64_t refuse_until_ms; /* monotonic; until then every call fails at once */
    int64_t backoff_ms;      /* 0: all is well */
    bool trying;             /* after a failure one call tries; the others still fail */
    struct svc_redis_lane lanes[SVC_REDIS_LANES_MAX];
};

/* OPTIONS are borrowed; connects when first used. */
struct svc_redis_node *svc_redis_node_new(
    const struct svc_redis_options *options, const char *host, int port);
void svc_redis_node_free(struct svc_redis_node **node);
/* Whether calls to it would fail at once. */
bool svc_redis_node_is_refusing(struct svc_redis_node *node);

/* Runs all of them, each to its own status, and waits. Those of different nodes go out at
 * the same time where a connection is free. */
void svc_redis_requests_run(struct svc_redis_request *requests, size_t count);

/* ---- one round trip */

/* Sends what REQUEST, which leads its lane, and all who wait have to say; or goes on with
 * a round trip that another leader left. False when it's over already. */
bool svc_redis_round_begin(struct svc_redis_request *request);
/* Waits for the replies to round trips that have begun, and hands each on to who wants
 * it. Changes the list. */
void svc_redis_rounds_finish(struct svc_redis_lane **lanes, size_t count);

/* Takes up to COUNT requests of up to BYTES together from the queue, for LANE to carry
 * beside its leader's; returns their list. */
struct svc_redis_request *svc_redis_node_take(
    struct svc_redis_lane *lane, size_t count, size_t bytes);
/* Ends the lead on a lane: the first who waits has it now. */
void svc_redis_node_pass_on(struct svc_redis_lane *lane, enum svc_redis_round_end end);
/* Makes REQUEST, which waits in the lane's round trip, its leader. */
void svc_redis_node_hand_over(
    struct svc_redis_lane *lane, struct svc_redis_request *request);
/* Gives REQUEST its status and wakes its thread. REQUEST is gone then. */
void svc_redis_request_complete(
    struct svc_redis_request *request, enum svc_status status, const char *message);

/* ---- which node serves what */

struct svc_redis {
    struct svc_redis_url *url;
    struct svc_redis_options options;
    bool cluster;

    pthread_mutex_t mutex;
    pthread_cond_t refreshed;
    /* under the mutex: */
    struct svc_redis_node **nodes;
    size_t node_count;
    struct svc_redis_node **slots; /* of a cluster; NULL where nobody is known */
    bool known;                    /* some node has said who serves what */
    bool refreshing;
    int64_t refresh_after_ms;
    size_t turn; /* whom to ask next */
    char failure[160];

    _Atomic uint64_t version;      /* changes with the set of masters */
    _Atomic int64_t down_until_ms; /* until then CLUSTERDOWN isn't waited out */
};

/* From the URL, which is there already. */
void svc_redis_topology_init(struct svc_redis *redis);
void svc_redis_topology_done(struct svc_redis *redis);
/* The node of a slot (or of commands without key), to be released; NULL with the reason
 * where no node of the cluster answers. */
struct svc_redis_node *svc_redis_topology_find(struct svc_redis *redis, int slot,
    int64_t deadline_ns, struct svc_redis_error *ret_error);
/* What MOVED (or ASK) said: the node, to be released. FROM said it; an empty host is
 * FROM's. */
struct svc_redis_node *svc_redis_topology_redirect(struct svc_redis *redis, int slot,
    const char *address, const struct svc_redis_node *from, bool ask);
void svc_redis_node_release(struct svc_redis *redis, struct svc_redis_node *node);
/* Asks a node who serves what, unless somebody does or did a moment ago. */
void svc_redis_topology_refresh(struct svc_redis *redis, int64_t deadline_ns);
/* All masters, each to be released; the caller frees the list. Empty with the reason
 * where no node of the cluster answers. */
struct svc_redis_node **svc_redis_topology_masters(struct svc_redis *redis,
    int64_t deadline_ns, size_t *ret_count, uint64_t *ret_version,
    struct svc_redis_error *ret_error);
void svc_redis_masters_free(
    struct svc_redis *redis, struct svc_redis_node ***masters, size_t count);

/* ---- a batch that comes apart */

/* Goes on where REQUEST, the batch as a whole sent to one node, ended; with NULL from the
 * start. */
enum svc_status svc_redis_route_run(struct svc_redis *redis,
    struct svc_redis_batch *batch, const struct svc_redis_request *request,
    int64_t deadline_ns, struct svc_redis_error *ret_error);
/* Whether a reply is a redirection or the like, so that its command isn't done. */
bool svc_redis_reply_is_unfinished(const struct svc_redis *redis,
    const struct svc_redis_command *command, const struct svc_redis_reply *reply);

/* Sets both; returns STATUS. */
enum svc_status svc_redis_fail(
    struct svc_redis_error *ret_error, enum svc_status status, const char *message);

#endif
