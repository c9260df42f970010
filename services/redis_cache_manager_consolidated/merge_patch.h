/* JSON merge patch (RFC 7396): a document with what a patch changes in it. */
#ifndef MERGE_PATCH_H
#define MERGE_PATCH_H

#include <svc/json.h>

/* TARGET (NULL: nothing there) as PATCH changes it; parts that stay are shared with both,
 * so that numbers stay as they were written. Lives in ARENA. */
const struct svc_json *merge_patch(
    struct svc_arena *arena, const struct svc_json *target, const struct svc_json *patch);

#endif
