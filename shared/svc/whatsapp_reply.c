#include "whatsapp_reply.h"

#define ELLIPSIS "…"

/* Two capitals and a dot begin a user id ("US.1349..."); a number has digits only. */
static bool is_user_id(struct svc_slice key)
{
    return key.length > 3 && key.text[0] >= 'A' && key.text[0] <= 'Z' &&
           key.text[1] >= 'A' && key.text[1] <= 'Z' && key.text[2] == '.';
}

static void write_head(struct svc_json_writer *writer, struct svc_slice customer_key)
{
    svc_json_write_field_text(writer, "messaging_product", "whatsapp");
    svc_json_write_field_text(writer, "recipient_type", "individual");
    svc_json_write_field_slice(
        writer, is_user_id(customer_key) ? "recipient" : "to", customer_key);
}

/* The bytes of the first COUNT characters; all of them where there are no more. */
static size_t first_characters(struct svc_slice text, size_t count)
{
    for (size_t i = 0; i < text.length; i++) {
        bool starts = (text.text[i] & 0xC0) != 0x80;
        if (starts && count-- == 0) {
            return i;
        }
    }
    return text.length;
}

static void write_cut(struct svc_json_writer *writer, struct svc_slice text, size_t max)
{
    struct svc_buf cut;

    if (first_characters(text, max) == text.length) {
        svc_json_write_slice(writer, text);
        return;
    }
    svc_buf_init(&cut, text.length + sizeof ELLIPSIS);
    svc_buf_add(&cut, text.text, first_characters(text, max - 1));
    svc_buf_add_text(&cut, ELLIPSIS);
    svc_json_write_text(writer, svc_buf_text(&cut));
    svc_buf_done(&cut);
}

void svc_whatsapp_reply_text(
    struct svc_json_writer *writer, struct svc_slice customer_key, struct svc_slice body)
{
    svc_json_write_object_begin(writer);
    write_head(writer, customer_key);
    svc_json_write_field_text(writer, "type", "text");
    svc_json_write_key(writer, "text");
    svc_json_write_object_begin(writer);
    svc_json_write_key(writer, "body");
    write_cut(writer, body, SVC_WHATSAPP_TEXT_MAX);
    svc_json_write_object_end(writer);
    svc_json_write_object_end(writer);
}
