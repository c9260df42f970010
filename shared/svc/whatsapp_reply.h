/* Ready WhatsApp Cloud API message objects, within Meta's limits: what a service answers
 * as `reply`, to be sent as it is to POST /<phone_number_id>/messages.
 *
 * CUSTOMER_KEY becomes `to` for a number, `recipient` for a business-scoped user id; a
 * slice without text leaves both out, to be put in by whoever sends. Limits are in
 * characters, those of ids in bytes. A text that is too long is cut, with an ellipsis:
 * titles and descriptions at the end of a word. What Meta would refuse the whole message
 * for (a row without title or id, an id twice, rows beyond the tenth) is left out. */
#ifndef SVC_WHATSAPP_REPLY_H
#define SVC_WHATSAPP_REPLY_H

#include "json_write.h"

#define SVC_WHATSAPP_TEXT_MAX 4096
#define SVC_WHATSAPP_BODY_MAX 1024 /* of buttons, and of a picture's caption */
#define SVC_WHATSAPP_LIST_BODY_MAX 4096
#define SVC_WHATSAPP_HEADER_MAX 60
#define SVC_WHATSAPP_FOOTER_MAX 60
#define SVC_WHATSAPP_ROWS_MAX 10
#define SVC_WHATSAPP_ROW_TITLE_MAX 24
#define SVC_WHATSAPP_SECTION_TITLE_MAX 24
#define SVC_WHATSAPP_ROW_DESCRIPTION_MAX 72
#define SVC_WHATSAPP_ROW_ID_MAX 200
#define SVC_WHATSAPP_BUTTONS_MAX 3
#define SVC_WHATSAPP_BUTTON_TITLE_MAX 20
#define SVC_WHATSAPP_BUTTON_ID_MAX 256

/* A text message. */
void svc_whatsapp_reply_text(
    struct svc_json_writer *writer, struct svc_slice customer_key, struct svc_slice body);

/* A row of a list, or a button (which has no description). */
struct svc_whatsapp_option {
    struct svc_slice id;
    struct svc_slice title;
    struct svc_slice description; /* no text: none */
    struct svc_slice section; /* of a list's row: the title over it and those that follow;
                               * all rows of a list have one or none has */
};

struct svc_whatsapp_interactive {
    struct svc_slice image_url; /* over the body, of buttons only; no web address: none */
    struct svc_slice header;    /* a line over the body, where there is no picture */
    struct svc_slice body;      /* must not be blank */
    struct svc_slice footer;
    struct svc_slice button; /* of a list: what opens it */
    const struct svc_whatsapp_option *options;
    size_t count;
};

/* A list of rows. Without one row that can be sent, the body as a text message. */
void svc_whatsapp_reply_list(struct svc_json_writer *writer,
    struct svc_slice customer_key, const struct svc_whatsapp_interactive *list);

/* A message with reply buttons. Without one, the picture with the body as its caption, or
 * the body as a text message. */
void svc_whatsapp_reply_buttons(struct svc_json_writer *writer,
    struct svc_slice customer_key, const struct svc_whatsapp_interactive *buttons);

/* A picture at a web address, with a caption. */
void svc_whatsapp_reply_image(struct svc_json_writer *writer,
    struct svc_slice customer_key, struct svc_slice image_url, struct svc_slice caption);

/* Whether TEXT shows nothing: Meta refuses such a title or body. */
bool svc_whatsapp_is_blank(struct svc_slice text);

/* Whether Meta would fetch a picture from there: http(s)://host... */
bool svc_whatsapp_is_web_address(struct svc_slice url);

#endif
