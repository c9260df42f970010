#include "address_places.h"

#include "plain.h"

#include <string.h>

/* One line of an address: parts with what stands between them. */
struct line {
    struct svc_buf *out;
    bool has_text;
};

static void begin_line(struct line *line, struct svc_buf *out)
{
    *line = (struct line){out, false};
}

static void add(struct line *line, const char *before, struct svc_slice text)
{
    if (text.length == 0) {
        return;
    }
    if (line->has_text) {
        svc_buf_add_text(line->out, before);
    } else if (line->out->length > 0) {
        svc_buf_add_char(line->out, '\n');
    }
    line->has_text = true;
    svc_buf_add(line->out, text.text, text.length);
}

static bool is_country(const struct address *address, const char *code)
{
    return plain_equals(address->country, (struct svc_slice){code, strlen(code)});
}

/* What a colonia is called by itself needs no "Col." before it. */
static bool has_own_kind(struct svc_slice district)
{
    static const char *const kinds[] = {
        "fracc", "unidad", "residencial", "ejido", "col", "barrio", "pueblo", "conjunto"};
    char plain[16];

    plain_write(district, plain, sizeof plain - 1);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strncmp(plain, kinds[i], strlen(kinds[i])) == 0) {
            return true;
        }
    }
    return false;
}

static void write_street(const struct address *address, struct svc_buf *out)
{
    struct line line;

    begin_line(&line, out);
    add(&line, "", address->recipient);
    begin_line(&line, out);
    add(&line, "", address->street);
    add(&line, is_country(address, "ES") ? ", " : " ", address->number);
    add(&line, ", ", address->interior);
}

static void write_district(const struct address *address, struct svc_buf *out)
{
    struct line line;

    if (plain_equals(address->district, address->city)) {
        return;
    }
    begin_line(&line, out);
    if (is_country(address, "MX") && address->district.length > 0 &&
        !has_own_kind(address->district)) {
        add(&line, "", SVC_SLICE("Col."));
    } else if (is_country(address, "CO") && address->district.length > 0) {
        add(&line, "", SVC_SLICE("Barrio"));
    }
    add(&line, " ", address->district);
}

static void write_city(const struct address *address, struct svc_buf *out)
{
    struct line line;
    bool code_first = is_country(address, "MX") || is_country(address, "AR") ||
                      is_country(address, "ES");

    begin_line(&line, out);
    if (code_first) {
        add(&line, "", address->postal_code);
    }
    add(&line, " ", address->city);
    if (!plain_equals(address->state, address->city)) {
        add(&line, ", ", address->state);
    }
    if (!code_first) {
        add(&line, " ", address->postal_code);
    }
}

void address_write_text(const struct address *address, struct svc_buf *out)
{
    struct svc_buf text;
    struct line line;

    svc_buf_init(&text, 4096);
    write_street(address, &text);
    write_district(address, &text);
    write_city(address, &text);
    begin_line(&line, &text);
    add(&line, "", address->reference);
    if (address->has_location && address->street.length == 0) {
        svc_buf_printf(&text, "%s%.5f, %.5f", text.length > 0 ? "\n" : "",
            address->latitude, address->longitude);
    }
    svc_buf_add(out, svc_buf_text(&text), text.length);
    svc_buf_done(&text);
}

void address_write_json(const struct address *address, struct svc_json_writer *writer)
{
    svc_json_write_object_begin(writer);
    svc_json_write_optional_slice(writer, "country", address->country);
    svc_json_write_optional_slice(writer, "recipient", address->recipient);
    svc_json_write_optional_slice(writer, "street", address->street);
    svc_json_write_optional_slice(writer, "number", address->number);
    svc_json_write_optional_slice(writer, "interior", address->interior);
    svc_json_write_optional_slice(writer, "district", address->district);
    svc_json_write_optional_slice(writer, "city", address->city);
    svc_json_write_optional_slice(writer, "state", address->state);
    svc_json_write_optional_slice(writer, "postal_code", address->postal_code);
    svc_json_write_optional_slice(writer, "reference", address->reference);
    if (address->has_location) {
        svc_json_write_key(writer, "latitude");
        svc_json_write_double(writer, address->latitude);
        svc_json_write_key(writer, "longitude");
        svc_json_write_double(writer, address->longitude);
    }
    svc_json_write_object_end(writer);
}
