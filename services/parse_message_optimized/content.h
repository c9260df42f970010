/* The types of a message: how each is read, and how it's written. One line a type. */
#ifndef CONTENT_H
#define CONTENT_H

#include "webhook.h"

#include <svc/json_write.h>

struct content_kind {
    const char *type;
    enum svc_json_type json_type; /* of the member that is called like the type */
    bool has_content;             /* whether there must be such a member */
    bool expects_reply;
    /* Finds faults, and sets text, action_id, action_title. FROM is the content. */
    void (*read)(struct message *message, const struct reading *from);
    /* Writes the typed content as a field; NULL: `text` says it all. */
    void (*write)(struct svc_json_writer *writer, const struct message *message);
};

/* The kind called TYPE; the unknown one where there is none. */
const struct content_kind *content_kind_find(struct svc_slice type);
const struct content_kind *content_kind_unknown(void);

/* Written where it's there, whatever the type: context, referral, errors. */
void content_write_common(struct svc_json_writer *writer, const struct message *message);

/* Reading, by type. */
void read_text_content(struct message *message, const struct reading *from);
void read_media(struct message *message, const struct reading *from);
void read_location(struct message *message, const struct reading *from);
void read_contacts(struct message *message, const struct reading *from);
void read_reaction(struct message *message, const struct reading *from);
void read_interactive(struct message *message, const struct reading *from);
bool interactive_is_known(struct svc_slice type);
void read_button(struct message *message, const struct reading *from);
void read_order(struct message *message, const struct reading *from);
void read_system(struct message *message, const struct reading *from);
void read_edit(struct message *message, const struct reading *from);
void read_revoke(struct message *message, const struct reading *from);

/* Writing, by type. */
void write_media(struct svc_json_writer *writer, const struct message *message);
void write_location(struct svc_json_writer *writer, const struct message *message);
void write_contacts(struct svc_json_writer *writer, const struct message *message);
void write_reaction(struct svc_json_writer *writer, const struct message *message);
void write_interactive(struct svc_json_writer *writer, const struct message *message);
void write_button(struct svc_json_writer *writer, const struct message *message);
void write_order(struct svc_json_writer *writer, const struct message *message);
void write_system(struct svc_json_writer *writer, const struct message *message);
void write_unsupported(struct svc_json_writer *writer, const struct message *message);
void write_edit(struct svc_json_writer *writer, const struct message *message);
void write_revoke(struct svc_json_writer *writer, const struct message *message);
void write_raw(struct svc_json_writer *writer, const struct message *message);

#endif
