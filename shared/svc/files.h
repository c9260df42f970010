/* Files that are built into a service, as the pages that it shows. */
#ifndef SVC_FILES_H
#define SVC_FILES_H

#include "text.h"

struct svc_file {
    const char *name; /* NULL: the end of a list */
    const char *content_type;
    const char *tag; /* an ETag: changes with the content */
    struct svc_slice content;
};

#endif
