#include "client_private.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define METHOD_LENGTH_MAX 16

enum svc_status svc_client_fail(
    struct svc_client_error *error, enum svc_status status, const char *message)
{
    *error = (struct svc_client_error){.status = status};
    snprintf(error->message, sizeof error->message, "%s", message);
    return status;
}

static bool is_method(const char *text)
{
    size_t length = text != NULL ? strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") : 0;

    return length > 0 && length <= METHOD_LENGTH_MAX && text[length] == '\0';
}

/* No control character, and nothing of STOPS. */
static bool is_clean(const char *text, const char *stops)
{
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        if ((byte < ' ' && byte != '\t') || byte == 0x7F || strchr(stops, byte) != NULL) {
            return false;
        }
    }
    return true;
}

static bool is_url(const char *text)
{
    return text != NULL && is_clean(text, " \t") &&
           (strncasecmp(text, "http://", 7) == 0 ||
               strncasecmp(text, "https://", 8) == 0);
}

static bool is_header(const struct svc_client_header *header)
{
    return header->name != NULL && header->name[0] != '\0' &&
           is_clean(header->name, " \t:;") && header->value != NULL &&
           is_clean(header->value, "");
}

static enum svc_status refuse(struct svc_client_error *error, const char *message)
{
    return svc_client_fail(error, SVC_INVALID, message);
}

enum svc_status svc_client_request_check(
    const struct svc_client_request *request, struct svc_client_error *ret_error)
{
    if (!is_method(request->method)) {
        return refuse(ret_error, "not an HTTP method");
    }
    if (!is_url(request->url)) {
        return refuse(ret_error, "not an http or https URL");
    }
    if (request->deadline_ms < 1 || request->body_max < 0 || request->redirects_max < 0) {
        return refuse(ret_error, "a deadline or limit is out of range");
    }
    for (size_t i = 0; i < request->header_count; i++) {
        if (!is_header(&request->headers[i])) {
            return refuse(ret_error, "a header has a byte that it may not have");
        }
    }
    return SVC_OK;
}

bool svc_client_request_has(const struct svc_client_request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++) {
        if (strcasecmp(request->headers[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/ */
uint64_t svc_client_origin(const char *url)
{
    const char *host = strstr(url, "://");
    size_t length = host != NULL ? (size_t)(host - url) + 3 : 0;
    uint64_t hash = 0xCBF29CE484222325u;

    length += strcspn(url + length, "/?#");
    for (size_t i = 0; i < length; i++) {
        hash = (hash ^ (unsigned char)url[i]) * 0x100000001B3u;
    }
    return hash;
}
