#include "reply.h"

#include <svc/money.h>
#include <svc/whatsapp_reply.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define TEXT_MAX ((size_t)8192)
#define VALUES_MAX 6
#define NAME_MAX_BYTES 120

struct svc_slice reply_say(const struct talk *talk, const char *key, ...)
{
    struct svc_texts_value values[VALUES_MAX];
    struct svc_buf text;
    size_t count = 0;
    va_list arguments;

    va_start(arguments, key);
    for (const char *name = va_arg(arguments, const char *);
         name != NULL && count < VALUES_MAX; name = va_arg(arguments, const char *)) {
        values[count++] = (struct svc_texts_value){name, va_arg(arguments, const char *)};
    }
    va_end(arguments);
    svc_buf_init(&text, TEXT_MAX);
    svc_texts_write(talk->service->texts, talk->locale, key, values, count, &text);
    struct svc_slice said =
        talk_keep(talk, (struct svc_slice){svc_buf_text(&text), text.length});
    svc_buf_done(&text);
    return said;
}

const char *reply_money(const struct talk *talk, int64_t minor)
{
    struct svc_buf text;

    svc_buf_init(&text, 64);
    svc_money_write_text(minor,
        (struct svc_slice){talk->shop->currency, strlen(talk->shop->currency)}, &text);
    const char *said = svc_arena_strndup(talk->arena, svc_buf_text(&text), text.length);
    svc_buf_done(&text);
    return said;
}

const char *reply_number(const struct talk *talk, int64_t number)
{
    return talk_format(talk, "%lld", (long long)number).text;
}

const char *reply_plain(const struct talk *talk, struct svc_slice text)
{
    size_t length = text.length < NAME_MAX_BYTES ? text.length : NAME_MAX_BYTES;

    while (length > 0 && length < text.length && (text.text[length] & 0xC0) == 0x80) {
        length--;
    }
    char *copy =
        svc_arena_strndup(talk->arena, text.text != NULL ? text.text : "", length);
    for (char *at = copy; *at != '\0'; at++) {
        *at = (unsigned char)*at < ' ' ? ' ' : *at;
    }
    return copy;
}

/* BODY with what stands before it. */
static struct svc_slice whole_body(const struct reply *reply, struct svc_slice body)
{
    struct svc_buf text;

    if (reply->before.length == 0) {
        return body;
    }
    svc_buf_init(&text, TEXT_MAX);
    svc_buf_add(&text, reply->before.text, reply->before.length);
    svc_buf_add_text(&text, "\n\n");
    svc_buf_add(&text, body.text, body.length);
    struct svc_slice whole =
        talk_keep(reply->talk, (struct svc_slice){svc_buf_text(&text), text.length});
    svc_buf_done(&text);
    return whole;
}

void reply_text(const struct reply *reply, struct svc_slice body)
{
    svc_whatsapp_reply_text(
        reply->writer, reply->talk->customer, whole_body(reply, body));
}

void reply_buttons(const struct reply *reply, struct svc_slice body,
    const struct reply_button *buttons, size_t count)
{
    struct svc_whatsapp_option options[SVC_WHATSAPP_BUTTONS_MAX];
    struct svc_whatsapp_interactive message = {
        .body = whole_body(reply, body),
        .options = options,
        .count = count < SVC_WHATSAPP_BUTTONS_MAX ? count : SVC_WHATSAPP_BUTTONS_MAX,
    };

    for (size_t i = 0; i < message.count; i++) {
        options[i] = (struct svc_whatsapp_option){
            .id = buttons[i].id,
            .title = reply_say(reply->talk, buttons[i].title, NULL),
        };
    }
    svc_whatsapp_reply_buttons(reply->writer, reply->talk->customer, &message);
}

void reply_list(const struct reply *reply, struct svc_slice body, const char *button,
    const struct svc_whatsapp_option *options, size_t count)
{
    const struct svc_whatsapp_interactive message = {
        .body = whole_body(reply, body),
        .button = reply_say(reply->talk, button, NULL),
        .options = options,
        .count = count,
    };

    svc_whatsapp_reply_list(reply->writer, reply->talk->customer, &message);
}
