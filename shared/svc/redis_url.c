#include "redis_private.h"

#include <stdlib.h>
#include <string.h>

#define DEFAULT_PORT 6379
#define DATABASE_MAX 1024

static bool decode(char **text)
{
    if (*text == NULL) {
        return true;
    }
    ptrdiff_t length = svc_text_percent_decode(*text, strlen(*text), false);
    if (length < 0) {
        return false;
    }
    (*text)[length] = '\0';
    return true;
}

static bool read_number(const char *text, int64_t min, int64_t max, int *ret_number)
{
    int64_t number = 0;

    if (!svc_text_to_int64((struct svc_slice){text, strlen(text)}, &number) ||
        number < min || number > max) {
        return false;
    }
    *ret_number = (int)number;
    return true;
}

bool svc_redis_split_address(char *text, const char **ret_host, int *ret_port)
{
    char *colon = strrchr(text, ':');

    if (colon == NULL || !read_number(colon + 1, 1, 65535, ret_port)) {
        return false;
    }
    *colon = '\0';
    *ret_host = text;
    return true;
}

/* "user:password" before the @ */
static bool read_credentials(struct svc_redis_url *url, char *text)
{
    char *password = strchr(text, ':');

    if (password == NULL) {
        return false;
    }
    *password++ = '\0';
    url->user = text[0] != '\0' ? svc_strdup(text) : NULL;
    url->password = svc_strdup(password);
    return decode(&url->user) && decode(&url->password);
}

/* "host:port"; an IPv6 address stands in brackets. */
static bool read_host(struct svc_redis_url *url, char *text)
{
    struct svc_redis_host *host = &url->hosts[url->host_count];
    char *port = NULL;

    if (url->host_count == SVC_REDIS_HOSTS_MAX) {
        return false;
    }
    if (text[0] == '[') {
        char *closing = strchr(text, ']');
        if (closing == NULL || (closing[1] != '\0' && closing[1] != ':')) {
            return false;
        }
        port = closing[1] == ':' ? closing + 2 : NULL;
        *closing = '\0';
        text++;
    } else if ((port = strchr(text, ':')) != NULL) {
        *port++ = '\0';
    }
    host->port = DEFAULT_PORT;
    host->name = svc_strdup(text[0] != '\0' ? text : "localhost");
    url->host_count++;
    return port == NULL || read_number(port, 1, 65535, &host->port);
}

static bool read_hosts(struct svc_redis_url *url, char *text)
{
    char *next = url->cluster ? strchr(text, ',') : NULL;

    while (next != NULL) {
        *next++ = '\0';
        if (text[0] == '\0' || !read_host(url, text)) {
            return false;
        }
        text = next;
        next = strchr(text, ',');
    }
    return (!url->cluster || text[0] != '\0') && read_host(url, text);
}

static const char *read_scheme(struct svc_redis_url *url, char **text)
{
    static const char single[] = "redis://";
    static const char cluster[] = "redis+cluster://";

    if (strncmp(*text, "rediss", 6) == 0) {
        return "rediss:// (TLS) is not supported; use a tunnel or a private network";
    }
    if (strncmp(*text, single, sizeof single - 1) == 0) {
        *text += sizeof single - 1;
        return NULL;
    }
    if (strncmp(*text, cluster, sizeof cluster - 1) == 0) {
        *text += sizeof cluster - 1;
        url->cluster = true;
        return NULL;
    }
    return "must start with redis:// or redis+cluster://";
}

static const char *read_url(struct svc_redis_url *url, char *rest)
{
    const char *reason = read_scheme(url, &rest);

    if (reason != NULL) {
        return reason;
    }
    rest[strcspn(rest, "?#")] = '\0';
    char *database = strchr(rest, '/');
    if (database != NULL) {
        *database++ = '\0';
    }
    char *host = strrchr(rest, '@');
    if (host != NULL) {
        *host++ = '\0';
        if (!read_credentials(url, rest)) {
            return "what stands before the @ must be user:password";
        }
    }
    if (!read_hosts(url, host != NULL ? host : rest)) {
        return url->cluster ? "must name 1 to 16 nodes as host:port,host:port"
                            : "must name a host and a port from 1 to 65535";
    }
    if (database != NULL && database[0] != '\0' &&
        !read_number(database, 0, DATABASE_MAX, &url->database)) {
        return "must end with the number of a database";
    }
    if (url->cluster && url->database != 0) {
        return "must not name a database: a cluster has only database 0";
    }
    return NULL;
}

struct svc_redis_url *svc_redis_url_new(const char *text, const char **ret_reason)
{
    struct svc_redis_url *url = svc_alloc_zero(1, sizeof *url);
    SVC_AUTO_FREE char *copy = svc_strdup(text);

    *ret_reason = read_url(url, copy);
    if (*ret_reason != NULL) {
        svc_redis_url_free(&url);
    }
    return url;
}

void svc_redis_url_free(struct svc_redis_url **url_pointer)
{
    struct svc_redis_url *url = *url_pointer;

    *url_pointer = NULL;
    if (url == NULL) {
        return;
    }
    for (size_t i = 0; i < url->host_count; i++) {
        free(url->hosts[i].name);
    }
    free(url->user);
    free(url->password);
    free(url);
}
