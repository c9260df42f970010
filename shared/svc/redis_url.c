#include "redis_private.h"

#include <stdlib.h>
#include <string.h>

#define DEFAULT_PORT 6379

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

/* "user:password" before the @ */
static bool read_credentials(struct svc_redis_address *address, char *text)
{
    char *password = strchr(text, ':');

    if (password == NULL) {
        return false;
    }
    *password++ = '\0';
    address->user = text[0] != '\0' ? svc_strdup(text) : NULL;
    address->password = svc_strdup(password);
    return decode(&address->user) && decode(&address->password);
}

/* "host:port"; an IPv6 address stands in brackets. */
static bool read_host(struct svc_redis_address *address, char *text)
{
    char *port = NULL;

    if (text[0] == '[') {
        char *closing = strchr(text, ']');
        if (closing == NULL || (closing[1] != ':' && closing[1] != '\0')) {
            return false;
        }
        port = closing[1] == ':' ? closing + 2 : NULL;
        *closing = '\0';
        text++;
    } else if ((port = strchr(text, ':')) != NULL) {
        *port++ = '\0';
    }
    address->host = svc_strdup(text[0] != '\0' ? text : "localhost");
    return port == NULL || read_number(port, 1, 65535, &address->port);
}

static const char *read_url(struct svc_redis_address *address, char *rest)
{
    static const char scheme[] = "redis://";

    if (strncmp(rest, "rediss://", 9) == 0) {
        return "rediss:// (TLS) is not supported; use a tunnel or a private network";
    }
    if (strncmp(rest, scheme, sizeof scheme - 1) != 0) {
        return "must start with redis://";
    }
    rest += sizeof scheme - 1;
    rest[strcspn(rest, "?#")] = '\0';
    char *database = strchr(rest, '/');
    if (database != NULL) {
        *database++ = '\0';
    }
    char *host = strrchr(rest, '@');
    if (host != NULL) {
        *host++ = '\0';
        if (!read_credentials(address, rest)) {
            return "what stands before the @ must be user:password";
        }
    }
    if (!read_host(address, host != NULL ? host : rest)) {
        return "must name a host and a port from 1 to 65535";
    }
    if (database != NULL && database[0] != '\0' &&
        !read_number(database, 0, 1024, &address->database)) {
        return "must end with the number of a database";
    }
    return NULL;
}

struct svc_redis_address *svc_redis_address_new(const char *url, const char **ret_reason)
{
    struct svc_redis_address *address = svc_alloc_zero(1, sizeof *address);
    SVC_AUTO_FREE char *copy = svc_strdup(url);

    address->port = DEFAULT_PORT;
    *ret_reason = read_url(address, copy);
    if (*ret_reason != NULL) {
        svc_redis_address_free(address);
        return NULL;
    }
    return address;
}

void svc_redis_address_free(struct svc_redis_address *address)
{
    if (address == NULL) {
        return;
    }
    free(address->host);
    free(address->user);
    free(address->password);
    free(address);
}
