#include "../../unit.h"

#include <svc/whatsapp_reply.h>

static const struct svc_json_limits limits = {.depth = 12, .values = 200};

static struct svc_arena arena;
static struct svc_buf buf;

static int setup(void **state)
{
    (void)state;
    svc_buf_init(&buf, 1 << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    svc_buf_done(&buf);
    svc_arena_done(&arena);
    return 0;
}

static const struct svc_json *write_and_read(
    struct svc_slice customer_key, struct svc_slice body)
{
    struct svc_json_writer writer;
    struct svc_json_error error;
    size_t replaced = 0;

    svc_buf_clear(&buf);
    svc_json_write_init(&writer, &buf);
    svc_whatsapp_reply_text(&writer, customer_key, body);
    assert_false(buf.overflow);
    const struct svc_json *read =
        svc_json_read(&arena, svc_buf_text(&buf), buf.length, &limits, &replaced, &error);
    assert_non_null(read);
    assert_int_equal(replaced, 0);
    return read;
}

static void assert_text(const struct svc_json *object, const char *name, const char *text)
{
    struct svc_slice found = svc_json_get_text(object, name);

    assert_non_null(found.text);
    assert_int_equal(found.length, strlen(text));
    assert_memory_equal(found.text, text, found.length);
}

static void test_reply_text_to_a_number(void **state)
{
    (void)state;
    const struct svc_json *reply =
        write_and_read(SVC_SLICE("5215512345678"), SVC_SLICE("\"Hola\"\n🙌"));
    assert_int_equal(reply->count, 5);
    assert_text(reply, "messaging_product", "whatsapp");
    assert_text(reply, "recipient_type", "individual");
    assert_text(reply, "to", "5215512345678");
    assert_text(reply, "type", "text");
    assert_text(svc_json_get(reply, "text"), "body", "\"Hola\"\n🙌");
}

static void test_reply_text_to_whom(void **state)
{
    static const struct {
        struct svc_slice key;
        const char *member;
    } cases[] = {
        {{"MX.12345678901234567890", 23}, "recipient"},
        {{"US.ENT.1349", 11}, "recipient"},
        {{"MX.1", 4}, "recipient"},
        {{"5215512345678", 13}, "to"},
        {{"1", 1}, "to"},
        {{"MX.", 3}, "to"},
        {{"mx.123", 6}, "to"},
        {{"M1.123", 6}, "to"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct svc_json *reply = write_and_read(cases[i].key, SVC_SLICE("x"));
        bool recipient = strcmp(cases[i].member, "recipient") == 0;
        assert_int_equal(svc_json_get(reply, "recipient") != NULL, recipient);
        assert_int_equal(svc_json_get(reply, "to") != NULL, !recipient);
        struct svc_slice key = svc_json_get_text(reply, cases[i].member);
        assert_int_equal(key.length, cases[i].key.length);
        assert_memory_equal(key.text, cases[i].key.text, key.length);
    }
}

/* COUNT of CHARACTER, answered and compared with EXPECTED of them and a tail. */
static void assert_cut(const char *character, size_t count, size_t expected, bool cut)
{
    struct svc_buf body;

    svc_buf_init(&body, 1 << 20);
    for (size_t i = 0; i < count; i++) {
        svc_buf_add_text(&body, character);
    }
    const struct svc_json *reply = write_and_read(
        SVC_SLICE("1"), (struct svc_slice){svc_buf_text(&body), body.length});
    struct svc_slice text = svc_json_get_text(svc_json_get(reply, "text"), "body");
    size_t kept = expected * strlen(character);
    assert_int_equal(text.length, kept + (cut ? strlen("…") : 0));
    assert_memory_equal(text.text, svc_buf_text(&body), kept);
    assert_memory_equal(text.text + kept, "…", cut ? strlen("…") : 0);
    assert_true(svc_text_is_utf8(text.text, text.length, NULL));
    svc_buf_done(&body);
}

static void test_reply_text_is_cut_at_4096_characters(void **state)
{
    static const char *const characters[] = {"a", "ñ", "€", "🙌"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(characters); i++) {
        assert_cut(characters[i], 0, 0, false);
        assert_cut(characters[i], 4095, 4095, false);
        assert_cut(characters[i], 4096, 4096, false);
        assert_cut(characters[i], 4097, 4095, true);
        assert_cut(characters[i], 20000, 4095, true);
    }
}

static struct svc_slice slice(const char *text)
{
    return (struct svc_slice){text, strlen(text)};
}

static const struct svc_json *read_back(void)
{
    struct svc_json_error error;
    size_t replaced = 0;
    const struct svc_json *read =
        svc_json_read(&arena, svc_buf_text(&buf), buf.length, &limits, &replaced, &error);

    assert_non_null(read);
    return read;
}

static const struct svc_json *write_list(const struct svc_whatsapp_interactive *list)
{
    struct svc_json_writer writer;

    svc_buf_clear(&buf);
    svc_json_write_init(&writer, &buf);
    svc_whatsapp_reply_list(&writer, SVC_SLICE("1"), list);
    return read_back();
}

static const struct svc_json *write_buttons(const struct svc_whatsapp_interactive *from)
{
    struct svc_json_writer writer;

    svc_buf_clear(&buf);
    svc_json_write_init(&writer, &buf);
    svc_whatsapp_reply_buttons(&writer, (struct svc_slice){NULL, 0}, from);
    return read_back();
}

static const struct svc_json *rows_of(const struct svc_json *reply)
{
    const struct svc_json *interactive = svc_json_get(reply, "interactive");
    const struct svc_json *sections =
        svc_json_get(svc_json_get(interactive, "action"), "sections");

    assert_text(interactive, "type", "list");
    return svc_json_get(svc_json_at(sections, 0), "rows");
}

static const struct svc_json *buttons_of(const struct svc_json *reply)
{
    const struct svc_json *interactive = svc_json_get(reply, "interactive");

    assert_text(interactive, "type", "button");
    return svc_json_get(svc_json_get(interactive, "action"), "buttons");
}

static void test_reply_list_cuts_at_words(void **state)
{
    static const struct {
        const char *title;
        const char *cut;
    } cases[] = {
        {"Corta", "Corta"},
        {"Exactamente 24 letras ya", "Exactamente 24 letras ya"},
        {"Playera básica de algodón cuello", "Playera básica de…"},
        {"Sartén antiadherente, 24 cm", "Sartén antiadherente…"},
        {"Otorrinolaringologistas-de-México", "Otorrinolaringologistas…"},
        {"ñññññññññññññññññññññññññ", "ñññññññññññññññññññññññ…"},
        {"A Otorrinolaringologistas de México", "A Otorrinolaringologist…"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct svc_whatsapp_option row = {
            .id = SVC_SLICE("a"), .title = slice(cases[i].title)};
        const struct svc_json *reply = write_list(&(struct svc_whatsapp_interactive){
            .body = SVC_SLICE("b"),
            .button = SVC_SLICE("Ver"),
            .options = &row,
            .count = 1,
        });
        assert_text(svc_json_at(rows_of(reply), 0), "title", cases[i].cut);
        assert_null(svc_json_get(svc_json_at(rows_of(reply), 0), "description"));
    }
}

static void test_reply_list_leaves_out_what_is_refused(void **state)
{
    static char long_id[SVC_WHATSAPP_ROW_ID_MAX + 2];
    struct svc_whatsapp_option rows[20];

    (void)state;
    memset(long_id, 'x', sizeof long_id - 1);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        static char ids[20][4];
        snprintf(ids[i], sizeof ids[i], "r%zu", i);
        rows[i] = (struct svc_whatsapp_option){.id = slice(ids[i]),
            .title = SVC_SLICE("Título"),
            .description = SVC_SLICE(" ")};
    }
    rows[1].id = rows[0].id;
    rows[2].title = SVC_SLICE("  \t");
    rows[3].id = SVC_SLICE("");
    rows[4].id = slice(long_id);
    const struct svc_json *reply = write_list(&(struct svc_whatsapp_interactive){
        .body = SVC_SLICE("b"),
        .button = SVC_SLICE("Un botón con veinte y más"),
        .footer = SVC_SLICE("pie"),
        .header = SVC_SLICE("cabeza"),
        .options = rows,
        .count = COUNT_OF(rows),
    });
    const struct svc_json *kept = rows_of(reply);
    const struct svc_json *interactive = svc_json_get(reply, "interactive");
    assert_int_equal(kept->count, SVC_WHATSAPP_ROWS_MAX);
    assert_text(svc_json_at(kept, 0), "id", "r0");
    assert_text(svc_json_at(kept, 1), "id", "r5");
    assert_text(svc_json_get(interactive, "footer"), "text", "pie");
    assert_text(svc_json_get(interactive, "header"), "text", "cabeza");
    assert_text(svc_json_get(interactive, "action"), "button", "Un botón con veinte…");
    reply = write_list(&(struct svc_whatsapp_interactive){
        .body = SVC_SLICE("nada"), .options = rows + 2, .count = 2});
    assert_text(reply, "type", "text");
    assert_text(svc_json_get(reply, "text"), "body", "nada");
}

static void test_reply_buttons(void **state)
{
    const struct svc_whatsapp_option buttons[] = {
        {.id = SVC_SLICE("a"), .title = SVC_SLICE("Uno")},
        {.id = SVC_SLICE("b"), .title = SVC_SLICE("Uno")},
        {.id = SVC_SLICE("c"), .title = SVC_SLICE("Dos")},
        {.id = SVC_SLICE("d"), .title = SVC_SLICE("Tres")},
        {.id = SVC_SLICE("e"), .title = SVC_SLICE("Cuatro")},
    };
    struct svc_whatsapp_interactive from = {
        .image_url = SVC_SLICE("https://tienda.example/1.jpg"),
        .header = SVC_SLICE("no se ve"),
        .body = SVC_SLICE("b"),
        .options = buttons,
        .count = COUNT_OF(buttons),
    };

    (void)state;
    const struct svc_json *reply = write_buttons(&from);
    const struct svc_json *header =
        svc_json_get(svc_json_get(reply, "interactive"), "header");
    assert_int_equal(buttons_of(reply)->count, SVC_WHATSAPP_BUTTONS_MAX);
    const struct svc_json *second = svc_json_at(buttons_of(reply), 1);
    assert_text(svc_json_get(second, "reply"), "id", "c");
    assert_text(header, "type", "image");
    assert_text(svc_json_get(header, "image"), "link", "https://tienda.example/1.jpg");
    assert_null(svc_json_get(reply, "to"));
    assert_null(svc_json_get(reply, "recipient"));
    from.count = 0;
    reply = write_buttons(&from);
    assert_text(reply, "type", "image");
    assert_text(svc_json_get(reply, "image"), "caption", "b");
    from.image_url = SVC_SLICE("file:///etc/passwd");
    assert_text(write_buttons(&from), "type", "text");
}

static void test_is_blank(void **state)
{
    static const struct {
        const char *text;
        bool blank;
    } cases[] = {
        {"", true},
        {" \t\r\n", true},
        {"\xC2\xA0", true},
        {"\xE2\x80\x8B \xE3\x80\x80", true},
        {"\xC2\xA0"
         "a",
            false},
        {".", false},
        {"ñ", false},
        {"\xE2\x80\x94", false},
        {"\xE2\x80", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(svc_whatsapp_is_blank(slice(cases[i].text)), cases[i].blank);
    }
    assert_true(svc_whatsapp_is_blank((struct svc_slice){NULL, 0}));
}

static void test_is_web_address(void **state)
{
    static const struct {
        const char *url;
        bool fine;
    } cases[] = {
        {"https://a.example/x.jpg", true},
        {"HTTP://a", true},
        {"https://", false},
        {"https:///x", false},
        {"https://?x", false},
        {"http:// a", false},
        {"ftp://a", false},
        {"/x.jpg", false},
        {"", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(svc_whatsapp_is_web_address(slice(cases[i].url)), cases[i].fine);
    }
    assert_false(svc_whatsapp_is_web_address((struct svc_slice){NULL, 0}));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

static void test_rows_of_a_section_stand_under_its_title(void **state)
{
    (void)state;
    const struct svc_whatsapp_option rows[] = {
        {.id = SVC_SLICE("1"), .title = SVC_SLICE("one"), .section = SVC_SLICE("found")},
        {.id = SVC_SLICE("2"), .title = SVC_SLICE("two"), .section = SVC_SLICE("like")},
        {.id = SVC_SLICE("3"), .title = SVC_SLICE("three"), .section = SVC_SLICE("like")},
    };
    const struct svc_whatsapp_interactive list = {.body = SVC_SLICE("body"),
        .button = SVC_SLICE("open"),
        .options = rows,
        .count = 3};
    const struct svc_json *reply = svc_json_get(write_list(&list), "interactive");
    const struct svc_json *sections =
        svc_json_get(svc_json_get(reply, "action"), "sections");

    assert_text(svc_json_at(sections, 0), "title", "found");
    assert_text(svc_json_at(sections, 1), "title", "like");
    const struct svc_json *first = svc_json_get(svc_json_at(sections, 0), "rows");
    const struct svc_json *second = svc_json_get(svc_json_at(sections, 1), "rows");
    assert_text(svc_json_at(first, 0), "title", "one");
    assert_null(svc_json_at(first, 1));
    assert_text(svc_json_at(second, 1), "title", "three");
    assert_null(svc_json_at(sections, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_reply_text_to_a_number),
        TEST(test_reply_text_to_whom),
        TEST(test_reply_text_is_cut_at_4096_characters),
        TEST(test_reply_list_cuts_at_words),
        TEST(test_reply_list_leaves_out_what_is_refused),
        TEST(test_rows_of_a_section_stand_under_its_title),
        TEST(test_reply_buttons),
        TEST(test_is_blank),
        TEST(test_is_web_address),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
