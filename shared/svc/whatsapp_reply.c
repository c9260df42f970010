#include "whatsapp_reply.h"

#include <string.h>
#include <strings.h>

#define ELLIPSIS "…"
/* A cut goes back to the end of a word where that costs no more than this share of it. */
#define WORD_SHARE 2

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
    if (customer_key.text != NULL) {
        svc_json_write_field_slice(
            writer, is_user_id(customer_key) ? "recipient" : "to", customer_key);
    }
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

/* Where LENGTH bytes are cut so that no word is: at a space, if there is a late one. */
static size_t word_end(struct svc_slice text, size_t length)
{
    size_t end = length;

    while (end > length / WORD_SHARE && text.text[end] != ' ') {
        end--;
    }
    if (text.text[end] != ' ') {
        return length;
    }
    while (end > 0 && (text.text[end - 1] == ' ' || text.text[end - 1] == ',')) {
        end--;
    }
    return end > 0 ? end : length;
}

static void write_cut_at(
    struct svc_json_writer *writer, struct svc_slice text, size_t max, bool at_word)
{
    struct svc_buf cut;

    if (first_characters(text, max) == text.length) {
        svc_json_write_slice(writer, text);
        return;
    }
    size_t length = first_characters(text, max - 1);
    svc_buf_init(&cut, text.length + sizeof ELLIPSIS);
    svc_buf_add(&cut, text.text, at_word ? word_end(text, length) : length);
    svc_buf_add_text(&cut, ELLIPSIS);
    svc_json_write_text(writer, svc_buf_text(&cut));
    svc_buf_done(&cut);
}

static void write_cut(struct svc_json_writer *writer, struct svc_slice text, size_t max)
{
    write_cut_at(writer, text, max, false);
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

bool svc_whatsapp_is_web_address(struct svc_slice url)
{
    static const struct svc_slice schemes[] = {
        {"https://", sizeof "https://" - 1}, {"http://", sizeof "http://" - 1}};

    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        size_t length = schemes[i].length;
        if (url.length > length && strncasecmp(url.text, schemes[i].text, length) == 0) {
            unsigned char first = (unsigned char)url.text[length];
            return first > ' ' && strchr("/?#", first) == NULL;
        }
    }
    return false;
}

static void write_picture(
    struct svc_json_writer *writer, struct svc_slice url, struct svc_slice caption)
{
    svc_json_write_key(writer, "image");
    svc_json_write_object_begin(writer);
    svc_json_write_field_slice(writer, "link", url);
    if (caption.length > 0) {
        svc_json_write_key(writer, "caption");
        write_cut(writer, caption, SVC_WHATSAPP_BODY_MAX);
    }
    svc_json_write_object_end(writer);
}

void svc_whatsapp_reply_image(struct svc_json_writer *writer,
    struct svc_slice customer_key, struct svc_slice image_url, struct svc_slice caption)
{
    svc_json_write_object_begin(writer);
    write_head(writer, customer_key);
    svc_json_write_field_text(writer, "type", "image");
    write_picture(writer, image_url, caption);
    svc_json_write_object_end(writer);
}

/* The space at the start of TEXT, in bytes: of ASCII, or one that Unicode has, among them
 * those without width; 0: there is none. */
static size_t space_length(struct svc_slice text)
{
    static const char *const spaces[] = {"\xC2\x85", "\xC2\xA0", "\xE1\x9A\x80",
        "\xE2\x80\xA8", "\xE2\x80\xA9", "\xE2\x80\xAF", "\xE2\x81\x9F", "\xE2\x81\xA0",
        "\xE3\x80\x80", "\xEF\xBB\xBF"};

    if (text.length > 0 && (unsigned char)text.text[0] <= ' ') {
        return 1;
    }
    if (text.length >= 3 && memcmp(text.text, "\xE2\x80", 2) == 0 &&
        (unsigned char)text.text[2] <= 0x8F) {
        return 3; /* U+2000 to U+200F */
    }
    for (size_t i = 0; i < sizeof spaces / sizeof spaces[0]; i++) {
        size_t length = strlen(spaces[i]);
        if (text.length >= length && memcmp(text.text, spaces[i], length) == 0) {
            return length;
        }
    }
    return 0;
}

bool svc_whatsapp_is_blank(struct svc_slice text)
{
    size_t length = space_length(text);

    while (length > 0) {
        text.text += length;
        text.length -= length;
        length = space_length(text);
    }
    return text.length == 0;
}

static bool is_same(struct svc_slice left, struct svc_slice right)
{
    return left.length == right.length && memcmp(left.text, right.text, left.length) == 0;
}

/* Those of OPTIONS that Meta takes; their number. TITLES_DIFFER: no title may come twice.
 */
static size_t choose(const struct svc_whatsapp_interactive *from, size_t max,
    size_t id_max, bool titles_differ,
    const struct svc_whatsapp_option *chosen[SVC_WHATSAPP_ROWS_MAX])
{
    size_t count = 0;

    for (size_t i = 0; i < from->count && count < max; i++) {
        const struct svc_whatsapp_option *option = &from->options[i];
        bool fine = option->id.length > 0 && option->id.length <= id_max &&
                    !svc_whatsapp_is_blank(option->id) &&
                    !svc_whatsapp_is_blank(option->title);
        for (size_t at = 0; fine && at < count; at++) {
            fine = !is_same(chosen[at]->id, option->id) &&
                   !(titles_differ && is_same(chosen[at]->title, option->title));
        }
        if (fine) {
            chosen[count++] = option;
        }
    }
    return count;
}

static void write_text_object(
    struct svc_json_writer *writer, const char *name, struct svc_slice text, size_t max)
{
    svc_json_write_key(writer, name);
    svc_json_write_object_begin(writer);
    svc_json_write_key(writer, "text");
    write_cut(writer, text, max);
    svc_json_write_object_end(writer);
}

static void write_header(struct svc_json_writer *writer,
    const struct svc_whatsapp_interactive *from, bool picture)
{
    if (!picture && svc_whatsapp_is_blank(from->header)) {
        return;
    }
    svc_json_write_key(writer, "header");
    svc_json_write_object_begin(writer);
    svc_json_write_field_text(writer, "type", picture ? "image" : "text");
    if (picture) {
        write_picture(writer, from->image_url, (struct svc_slice){NULL, 0});
    } else {
        svc_json_write_key(writer, "text");
        write_cut_at(writer, from->header, SVC_WHATSAPP_HEADER_MAX, true);
    }
    svc_json_write_object_end(writer);
}

static void begin_interactive(struct svc_json_writer *writer,
    struct svc_slice customer_key, const struct svc_whatsapp_interactive *from, bool list)
{
    bool picture = !list && svc_whatsapp_is_web_address(from->image_url);

    svc_json_write_object_begin(writer);
    write_head(writer, customer_key);
    svc_json_write_field_text(writer, "type", "interactive");
    svc_json_write_key(writer, "interactive");
    svc_json_write_object_begin(writer);
    svc_json_write_field_text(writer, "type", list ? "list" : "button");
    write_header(writer, from, picture);
    write_text_object(writer, "body", from->body,
        list ? SVC_WHATSAPP_LIST_BODY_MAX : SVC_WHATSAPP_BODY_MAX);
    if (!svc_whatsapp_is_blank(from->footer)) {
        write_text_object(writer, "footer", from->footer, SVC_WHATSAPP_FOOTER_MAX);
    }
    svc_json_write_key(writer, "action");
    svc_json_write_object_begin(writer);
}

static void end_interactive(struct svc_json_writer *writer)
{
    svc_json_write_object_end(writer);
    svc_json_write_object_end(writer);
    svc_json_write_object_end(writer);
}

static void write_row(
    struct svc_json_writer *writer, const struct svc_whatsapp_option *row)
{
    svc_json_write_object_begin(writer);
    svc_json_write_field_slice(writer, "id", row->id);
    svc_json_write_key(writer, "title");
    write_cut_at(writer, row->title, SVC_WHATSAPP_ROW_TITLE_MAX, true);
    if (!svc_whatsapp_is_blank(row->description)) {
        svc_json_write_key(writer, "description");
        write_cut_at(writer, row->description, SVC_WHATSAPP_ROW_DESCRIPTION_MAX, true);
    }
    svc_json_write_object_end(writer);
}

static bool same_section(
    const struct svc_whatsapp_option *one, const struct svc_whatsapp_option *other)
{
    size_t length = one->section.length;

    return length == other->section.length &&
           (length == 0 || memcmp(one->section.text, other->section.text, length) == 0);
}

static void write_section(struct svc_json_writer *writer,
    const struct svc_whatsapp_option *const *rows, size_t count)
{
    svc_json_write_object_begin(writer);
    if (!svc_whatsapp_is_blank(rows[0]->section)) {
        svc_json_write_key(writer, "title");
        write_cut_at(writer, rows[0]->section, SVC_WHATSAPP_SECTION_TITLE_MAX, true);
    }
    svc_json_write_key(writer, "rows");
    svc_json_write_array_begin(writer);
    for (size_t i = 0; i < count; i++) {
        write_row(writer, rows[i]);
    }
    svc_json_write_array_end(writer);
    svc_json_write_object_end(writer);
}

void svc_whatsapp_reply_list(struct svc_json_writer *writer,
    struct svc_slice customer_key, const struct svc_whatsapp_interactive *list)
{
    const struct svc_whatsapp_option *rows[SVC_WHATSAPP_ROWS_MAX];
    size_t count =
        choose(list, SVC_WHATSAPP_ROWS_MAX, SVC_WHATSAPP_ROW_ID_MAX, false, rows);

    if (count == 0) {
        svc_whatsapp_reply_text(writer, customer_key, list->body);
        return;
    }
    begin_interactive(writer, customer_key, list, true);
    svc_json_write_key(writer, "button");
    write_cut(writer, list->button, SVC_WHATSAPP_BUTTON_TITLE_MAX);
    svc_json_write_key(writer, "sections");
    svc_json_write_array_begin(writer);
    size_t from = 0;
    for (size_t until = 1; until <= count; until++) {
        if (until == count || !same_section(rows[from], rows[until])) {
            write_section(writer, rows + from, until - from);
            from = until;
        }
    }
    svc_json_write_array_end(writer);
    end_interactive(writer);
}

static void write_button(
    struct svc_json_writer *writer, const struct svc_whatsapp_option *button)
{
    svc_json_write_object_begin(writer);
    svc_json_write_field_text(writer, "type", "reply");
    svc_json_write_key(writer, "reply");
    svc_json_write_object_begin(writer);
    svc_json_write_field_slice(writer, "id", button->id);
    svc_json_write_key(writer, "title");
    write_cut_at(writer, button->title, SVC_WHATSAPP_BUTTON_TITLE_MAX, true);
    svc_json_write_object_end(writer);
    svc_json_write_object_end(writer);
}

void svc_whatsapp_reply_buttons(struct svc_json_writer *writer,
    struct svc_slice customer_key, const struct svc_whatsapp_interactive *buttons)
{
    const struct svc_whatsapp_option *chosen[SVC_WHATSAPP_ROWS_MAX];
    size_t count = choose(
        buttons, SVC_WHATSAPP_BUTTONS_MAX, SVC_WHATSAPP_BUTTON_ID_MAX, true, chosen);

    if (count == 0 && svc_whatsapp_is_web_address(buttons->image_url)) {
        svc_whatsapp_reply_image(writer, customer_key, buttons->image_url, buttons->body);
        return;
    }
    if (count == 0) {
        svc_whatsapp_reply_text(writer, customer_key, buttons->body);
        return;
    }
    begin_interactive(writer, customer_key, buttons, false);
    svc_json_write_key(writer, "buttons");
    svc_json_write_array_begin(writer);
    for (size_t i = 0; i < count; i++) {
        write_button(writer, chosen[i]);
    }
    svc_json_write_array_end(writer);
    end_interactive(writer);
}
