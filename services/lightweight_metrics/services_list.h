/* The services that are watched, as the setting SERVICE_URLS names them. */
#ifndef SERVICES_LIST_H
#define SERVICES_LIST_H

#include <svc/text.h>

#define SERVICES_MAX 20
#define SERVICE_NAME_SIZE 64
#define SERVICE_URL_SIZE 512

struct watched_service {
    char name[SERVICE_NAME_SIZE];
    char url[SERVICE_URL_SIZE]; /* without a slash at its end */
};

struct services_list {
    struct watched_service list[SERVICES_MAX];
    size_t count;
};

/* Reads "name=http://host:port,name=..."; TEXT may be NULL: none. False for what isn't
 * so. */
SVC_MUST_CHECK bool services_list_read(const char *text, struct services_list *ret_list);

#endif
