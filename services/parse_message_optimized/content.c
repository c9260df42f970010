#include "content.h"

static const struct content_kind kinds[] = {
    {"text", SVC_JSON_OBJECT, true, true, read_text_content, NULL},
    {"interactive", SVC_JSON_OBJECT, true, true, read_interactive, write_interactive},
    {"image", SVC_JSON_OBJECT, true, true, read_media, write_media},
    {"audio", SVC_JSON_OBJECT, true, true, read_media, write_media},
    {"video", SVC_JSON_OBJECT, true, true, read_media, write_media},
    {"document", SVC_JSON_OBJECT, true, true, read_media, write_media},
    {"sticker", SVC_JSON_OBJECT, true, true, read_media, write_media},
    {"location", SVC_JSON_OBJECT, true, true, read_location, write_location},
    {"contacts", SVC_JSON_ARRAY, true, true, read_contacts, write_contacts},
    {"button", SVC_JSON_OBJECT, true, true, read_button, write_button},
    {"order", SVC_JSON_OBJECT, true, true, read_order, write_order},
    {"reaction", SVC_JSON_OBJECT, true, false, read_reaction, write_reaction},
    {"system", SVC_JSON_OBJECT, true, false, read_system, write_system},
    {"edit", SVC_JSON_OBJECT, true, false, read_edit, write_edit},
    {"revoke", SVC_JSON_OBJECT, true, false, read_revoke, write_revoke},
    {"unsupported", SVC_JSON_OBJECT, false, true, NULL, write_unsupported},
    {"request_welcome", SVC_JSON_OBJECT, false, false, NULL, NULL},
};

static const struct content_kind unknown = {
    "unknown", SVC_JSON_OBJECT, false, true, NULL, write_raw};

const struct content_kind *content_kind_unknown(void)
{
    return &unknown;
}

const struct content_kind *content_kind_find(struct svc_slice type)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (svc_slice_equals(type, kinds[i].type)) {
            return &kinds[i];
        }
    }
    return &unknown;
}
