/* The dashboard's own files. They hold no data, so that they need no token. */
#include "routes.h"

#include <svc/files.h>

#include <string.h>

extern const struct svc_file dashboard_files[];

/* Nothing from elsewhere, and nowhere else to send to. */
static const char policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'none'";

static const struct svc_file *find(struct svc_slice name)
{
    for (const struct svc_file *file = dashboard_files; file->name != NULL; file++) {
        if (svc_slice_equals(name, file->name)) {
            return file;
        }
    }
    return NULL;
}

static enum svc_status write_file(
    struct svc_request *request, struct svc_reply *reply, struct svc_slice name)
{
    const struct svc_file *file = find(name);

    if (file == NULL) {
        reply->detail = "there is no such file";
        return SVC_NOT_FOUND;
    }
    svc_reply_header(request, "Content-Security-Policy", policy);
    svc_reply_header(request, "X-Content-Type-Options", "nosniff");
    svc_reply_header(request, "Referrer-Policy", "no-referrer");
    svc_reply_header(request, "Cache-Control", "no-cache");
    svc_reply_header(request, "ETag", file->tag);
    reply->content_type = file->content_type;
    if (svc_slice_equals(svc_request_header(request, "If-None-Match"), file->tag)) {
        reply->http_status = 304;
        return SVC_OK;
    }
    svc_buf_add(reply->json.buf, file->content.text, file->content.length);
    return SVC_OK;
}

enum svc_status get_page(struct svc_request *request, struct svc_reply *reply)
{
    return write_file(request, reply, SVC_SLICE("index.html"));
}

enum svc_status get_asset(struct svc_request *request, struct svc_reply *reply)
{
    return write_file(
        request, reply, svc_json_text(svc_request_parameter(request, "name")));
}
