#include "reply.h"

#include <svc/buf.h>
#include <svc/money.h>
#include <svc/whatsapp_reply.h>

#include <stdio.h>
#include <string.h>

#define TEXT_MAX ((size_t)16 * 1024)
#define ID_SIZE 256
/* Of a customer's own words, repeated in the reply. */
#define QUOTE_CHARACTERS 60
#define DESCRIPTION_CHARACTERS 600
#define ROWS_WITH_MORE (SVC_WHATSAPP_ROWS_MAX - 1)
#define MESSAGE_VALUES_MAX 4

/* A text of the shop's, in the arena. */
static struct svc_slice say(struct reply *reply, const char *key,
    const struct svc_texts_value *values, size_t count)
{
    struct svc_buf text;

    svc_buf_init(&text, TEXT_MAX);
    svc_texts_write(reply->texts, reply->locale, key, values, count, &text);
    struct svc_slice said = {
        svc_arena_strndup(reply->arena, svc_buf_text(&text), text.length), text.length};
    svc_buf_done(&text);
    return said;
}

static struct svc_slice say_plainly(struct reply *reply, const char *key)
{
    return say(reply, key, NULL, 0);
}

static const char *number_text(struct reply *reply, int64_t number)
{
    char *text = svc_arena_alloc(reply->arena, 24);

    snprintf(text, 24, "%lld", (long long)number);
    return text;
}

/* KEY with "_one" or "_other" behind it, and {n}. */
static struct svc_slice say_count(struct reply *reply, const char *key, int64_t number)
{
    char name[64];
    const struct svc_texts_value value = {"n", number_text(reply, number)};

    snprintf(name, sizeof name, "%s_%s", key, number == 1 ? "one" : "other");
    return say(reply, name, &value, 1);
}

static const char *price_text(struct reply *reply, int64_t minor)
{
    struct svc_buf text;

    svc_buf_init(&text, 64);
    svc_money_write_text(minor, (struct svc_slice){reply->shop.currency, 3}, &text);
    const char *copy = svc_arena_strndup(reply->arena, svc_buf_text(&text), text.length);
    svc_buf_done(&text);
    return copy;
}

/* TEXT in one line, at most MAX characters of it, without control characters. */
static const char *quote(struct reply *reply, struct svc_slice text, size_t max)
{
    char *copy = svc_arena_alloc(reply->arena, text.length + sizeof "…");
    size_t length = 0;
    size_t characters = 0;

    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.text[i];
        characters += (byte & 0xC0) != 0x80;
        if (characters > max) {
            memcpy(copy + length, "…", sizeof "…");
            return copy;
        }
        bool space = byte <= ' ' || byte == 0x7F;
        if (!space || (length > 0 && copy[length - 1] != ' ')) {
            copy[length++] = space ? ' ' : (char)byte;
        }
    }
    copy[length] = '\0';
    return copy;
}

static struct svc_slice make_id(struct reply *reply, const char *kind, int64_t number)
{
    char *text = svc_arena_alloc(reply->arena, ID_SIZE);
    int length = snprintf(text, ID_SIZE, "%s:%lld", kind, (long long)number);

    return (struct svc_slice){text, (size_t)length};
}

static void add_part(struct svc_buf *text, struct svc_slice part)
{
    if (part.length == 0) {
        return;
    }
    svc_buf_add_text(text, text->length > 0 ? " · " : "");
    svc_buf_add(text, part.text, part.length);
}

static struct svc_slice keep(struct reply *reply, struct svc_buf *text)
{
    struct svc_slice kept = {
        svc_arena_strndup(reply->arena, svc_buf_text(text), text->length), text->length};

    svc_buf_done(text);
    return kept;
}

static struct svc_slice slice_of(const char *text)
{
    return (struct svc_slice){text, strlen(text)};
}

/* --- Products. --- */

static struct svc_slice say_price(struct reply *reply, const struct product_facts *facts)
{
    const struct svc_texts_value values[] = {
        {"price", price_text(reply, product_price_minor(facts, reply->now_s))},
        {"before", price_text(reply, facts->price_minor)},
    };

    return say(reply,
        product_on_offer(facts, reply->now_s) ? "product_offer" : "product_price", values,
        sizeof values / sizeof values[0]);
}

static struct svc_slice say_stock(struct reply *reply, const struct product_facts *facts)
{
    return facts->stock > 0 ? say_count(reply, "product_stock", facts->stock)
                            : say_plainly(reply, "product_sold_out");
}

static struct svc_slice name_of(struct reply *reply, const struct product *product)
{
    struct svc_slice name = slice_of(quote(reply, product->name, 200));
    struct svc_slice sku = slice_of(quote(reply, product->sku, 50));

    if (!svc_whatsapp_is_blank(name)) {
        return name;
    }
    return !svc_whatsapp_is_blank(sku) ? sku : make_id(reply, "prod", product->id);
}

static size_t character_count(struct svc_slice text)
{
    size_t count = 0;

    for (size_t i = 0; i < text.length; i++) {
        count += ((unsigned char)text.text[i] & 0xC0) != 0x80;
    }
    return count;
}

static struct svc_whatsapp_option product_row(
    struct reply *reply, const struct product *product)
{
    struct svc_slice name = name_of(reply, product);
    struct svc_buf text;

    svc_buf_init(&text, TEXT_MAX);
    add_part(&text, say_price(reply, &product->facts));
    add_part(&text, say_stock(reply, &product->facts));
    /* A name that its row can't show whole matters more than the brand. */
    add_part(&text, character_count(name) > SVC_WHATSAPP_ROW_TITLE_MAX
                        ? name
                        : slice_of(quote(reply, product->brand, 80)));
    return (struct svc_whatsapp_option){
        .id = make_id(reply, "prod", product->id),
        .title = name,
        .description = keep(reply, &text),
    };
}

static void add_line(struct svc_buf *text, struct svc_slice line)
{
    if (line.length > 0) {
        svc_buf_add_char(text, '\n');
        svc_buf_add(text, line.text, line.length);
    }
}

static struct svc_slice product_body(
    struct reply *reply, const struct product *product, struct svc_slice before)
{
    struct svc_slice name = name_of(reply, product);
    struct svc_buf text;

    svc_buf_init(&text, TEXT_MAX);
    if (before.length > 0) {
        svc_buf_add(&text, before.text, before.length);
        svc_buf_add_text(&text, "\n\n");
    }
    svc_buf_printf(&text, "*%.*s*", (int)name.length, name.text);
    add_line(&text, slice_of(quote(reply, product->brand, 80)));
    add_line(&text, say_price(reply, &product->facts));
    add_line(&text, say_stock(reply, &product->facts));
    const char *description = quote(reply, product->description, DESCRIPTION_CHARACTERS);
    if (description[0] != '\0') {
        svc_buf_add_char(&text, '\n');
        add_line(&text, slice_of(description));
    }
    return keep(reply, &text);
}

static void write_product(
    struct reply *reply, const struct product *product, struct svc_slice before)
{
    struct svc_whatsapp_option buttons[SVC_WHATSAPP_BUTTONS_MAX];
    struct svc_whatsapp_interactive message = {
        .image_url = product->image_url,
        .body = product_body(reply, product, before),
        .options = buttons,
    };

    if (product->facts.stock > 0) {
        buttons[message.count++] = (struct svc_whatsapp_option){
            .id = make_id(reply, "add", product->id),
            .title = say_plainly(reply, "product_add"),
        };
    }
    if (product->category_id != 0) {
        buttons[message.count++] = (struct svc_whatsapp_option){
            .id = make_id(reply, "cat", product->category_id),
            .title = say_plainly(reply, "product_similar"),
        };
    }
    buttons[message.count++] = (struct svc_whatsapp_option){
        .id = SVC_SLICE("menu:"),
        .title = say_plainly(reply, "menu_button"),
    };
    svc_whatsapp_reply_buttons(reply->writer, reply->customer, &message);
}

void reply_product(struct reply *reply, const struct product *product)
{
    if (product == NULL) {
        svc_whatsapp_reply_text(
            reply->writer, reply->customer, say_plainly(reply, "product_gone"));
        return;
    }
    write_product(reply, product, (struct svc_slice){NULL, 0});
}

/* --- Categories. --- */

static struct svc_whatsapp_option category_row(
    struct reply *reply, const struct category *category)
{
    struct svc_buf title;
    struct svc_buf text;

    svc_buf_init(&title, TEXT_MAX);
    if (category->emoji.length > 0) {
        svc_buf_add(&title, category->emoji.text, category->emoji.length);
        svc_buf_add_char(&title, ' ');
    }
    svc_buf_add(&title, category->name.text, category->name.length);
    svc_buf_init(&text, TEXT_MAX);
    add_part(&text, say_count(reply, "products", category->product_count));
    if (category->offer_count > 0) {
        add_part(&text, say_count(reply, "offers", category->offer_count));
    }
    if (category->price_min_minor >= 0) {
        const struct svc_texts_value value = {
            "price", price_text(reply, category->price_min_minor)};
        add_part(&text, say(reply, "price_from", &value, 1));
    }
    return (struct svc_whatsapp_option){
        .id = make_id(reply, "cat", category->id),
        .title = keep(reply, &title),
        .description = keep(reply, &text),
    };
}

/* Fills ROWS from the category at OFFSET on, of those that sell something; returns how
 * many. */
static size_t category_rows(struct reply *reply, const struct category_list *categories,
    size_t offset, struct svc_whatsapp_option rows[SVC_WHATSAPP_ROWS_MAX])
{
    const struct category *selling[SVC_WHATSAPP_ROWS_MAX];
    size_t passed = 0;
    size_t found = 0;
    size_t rest = 0;

    for (size_t i = 0; i < categories->count; i++) {
        if (categories->list[i].product_count == 0 || passed++ < offset) {
            continue;
        }
        if (found < SVC_WHATSAPP_ROWS_MAX) {
            selling[found++] = &categories->list[i];
        }
        rest++;
    }
    size_t count = rest > SVC_WHATSAPP_ROWS_MAX ? ROWS_WITH_MORE : found;
    for (size_t i = 0; i < count; i++) {
        rows[i] = category_row(reply, selling[i]);
    }
    if (count == found) {
        return count;
    }
    rows[count++] = (struct svc_whatsapp_option){
        .id = make_id(reply, "cats", (int64_t)(offset + ROWS_WITH_MORE)),
        .title = say_plainly(reply, "categories_more"),
    };
    return count;
}

static void write_categories(struct reply *reply, struct svc_slice body,
    const struct category_list *categories, size_t offset)
{
    struct svc_whatsapp_option rows[SVC_WHATSAPP_ROWS_MAX];
    const struct svc_whatsapp_interactive message = {
        .body = body,
        .button = say_plainly(reply, "categories_button"),
        .options = rows,
        .count = category_rows(reply, categories, offset, rows),
    };

    svc_whatsapp_reply_list(reply->writer, reply->customer, &message);
}

void reply_categories(
    struct reply *reply, const struct category_list *categories, size_t offset)
{
    write_categories(reply, say_plainly(reply, "categories_choose"), categories, offset);
}

/* --- Searches. --- */

static bool has_more(const struct reply_search *found)
{
    size_t end = found->search->offset + found->result->hit_count;

    return end < found->result->total || found->result->hit_count > SVC_WHATSAPP_ROWS_MAX;
}

size_t reply_shown(const struct reply_search *found)
{
    size_t count = found->result->hit_count;
    size_t most = has_more(found) ? ROWS_WITH_MORE : SVC_WHATSAPP_ROWS_MAX;

    return count < most ? count : most;
}

/* "Encontré 12 productos para «zapatos»", and what there is to say about it. */
static struct svc_slice say_found(struct reply *reply, const struct reply_search *found)
{
    const struct index_result *result = found->result;
    const char *query = quote(reply, found->search->text, QUOTE_CHARACTERS);
    const char *meant = quote(reply, result->did_you_mean, QUOTE_CHARACTERS);
    bool some = result->total > 0;
    const struct svc_texts_value values[MESSAGE_VALUES_MAX] = {
        {"query", query},
        {"n", number_text(reply, (int64_t)result->total)},
        {"meant", meant},
    };
    const char *key = "search_found_other";
    struct svc_buf text;

    if (!some) {
        key = query[0] != '\0' ? "search_nothing" : "search_nothing_at_all";
    } else if (query[0] == '\0') {
        key = "search_popular";
    } else if (result->relaxed) {
        key = "search_relaxed";
    } else if (result->total == 1) {
        key = "search_found_one";
    } else if (result->total_at_least) {
        key = "search_found_many";
    }
    svc_buf_init(&text, TEXT_MAX);
    struct svc_slice first = say(reply, key, values, MESSAGE_VALUES_MAX - 1);
    svc_buf_add(&text, first.text, first.length);
    if (meant[0] != '\0') {
        add_line(&text, say(reply, "search_meant", values, MESSAGE_VALUES_MAX - 1));
    }
    return keep(reply, &text);
}

static struct svc_whatsapp_option more_row(
    struct reply *reply, const struct reply_search *found, size_t shown)
{
    struct svc_buf id;
    size_t seen = found->search->offset + shown;
    size_t rest = found->result->total > seen ? found->result->total - seen : 0;

    svc_buf_init(&id, SVC_WHATSAPP_ROW_ID_MAX);
    svc_buf_add_text(&id, "more:");
    cursor_write(found->search, seen, &id);
    return (struct svc_whatsapp_option){
        .id = keep(reply, &id),
        .title = say_plainly(reply, "search_more"),
        .description = say_count(reply, "products_more", (int64_t)rest),
    };
}

void reply_search(struct reply *reply, const struct reply_search *found)
{
    const struct index_result *result = found->result;
    struct svc_whatsapp_option rows[SVC_WHATSAPP_ROWS_MAX];
    struct svc_slice body = say_found(reply, found);
    size_t shown = reply_shown(found);

    if (shown == 0) {
        write_categories(reply, body, found->categories, 0);
        return;
    }
    if (result->total == 1) {
        write_product(reply, &result->hits[0].product, body);
        return;
    }
    struct svc_whatsapp_interactive message = {
        .body = body,
        .button = say_plainly(reply, "search_button"),
        .options = rows,
    };
    for (size_t i = 0; i < shown; i++) {
        rows[i] = product_row(reply, &result->hits[i].product);
        if (result->partial_from < shown) {
            rows[i].section =
                say_plainly(reply, i < result->partial_from ? "search_section_found"
                                                            : "search_section_partial");
        }
    }
    message.count = shown;
    if (has_more(found) && found->search->offset + shown < INDEX_WINDOW_MAX) {
        rows[message.count++] = more_row(reply, found, shown);
    }
    svc_whatsapp_reply_list(reply->writer, reply->customer, &message);
}
