#include "status.h"

int svc_status_http(enum svc_status status)
{
    static const int map[] = {
#define X(code, http, title) [SVC_##code] = (http),
        SVC_STATUS_MAP(X)
#undef X
    };
    return map[status];
}

const char *svc_status_title(enum svc_status status)
{
    static const char *const map[] = {
#define X(code, http, title) [SVC_##code] = (title),
        SVC_STATUS_MAP(X)
#undef X
    };
    return map[status];
}
