#include "services_list.h"

#include <string.h>

static bool is_name(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        bool fine = (text[i] >= 'a' && text[i] <= 'z') || text[i] == '_' ||
                    text[i] == '-' || (text[i] >= '0' && text[i] <= '9');
        if (!fine) {
            return false;
        }
    }
    return length > 0 && length < SERVICE_NAME_SIZE;
}

static bool read_one(const char *text, size_t length, struct watched_service *service)
{
    const char *equals = memchr(text, '=', length);

    if (equals == NULL || !is_name(text, (size_t)(equals - text))) {
        return false;
    }
    const char *url = equals + 1;
    size_t url_length = length - (size_t)(url - text);
    while (url_length > 0 && url[url_length - 1] == '/') {
        url_length--;
    }
    if (url_length < 8 || url_length >= SERVICE_URL_SIZE ||
        (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)) {
        return false;
    }
    memcpy(service->name, text, (size_t)(equals - text));
    memcpy(service->url, url, url_length);
    return true;
}

bool services_list_read(const char *text, struct services_list *ret_list)
{
    struct services_list list = {0};

    while (text != NULL && *text != '\0') {
        size_t length = strcspn(text, ",");
        if (list.count == SERVICES_MAX ||
            !read_one(text, length, &list.list[list.count])) {
            return false;
        }
        list.count++;
        text += length;
        text += *text == ',';
    }
    *ret_list = list;
    return true;
}
