/* A postal address: read from what a person writes in a chat, from fields, or from a
 * location pin; checked by the rules of its country (MX, CO, AR, CL, PE, ES; others by
 * the least that a parcel needs). Pure. */
#ifndef ADDRESS_H
#define ADDRESS_H

#include <svc/json.h>
#include <svc/json_write.h>
#include <svc/mem.h>
#include <svc/text.h>

enum { ADDRESS_TEXT_MAX = 1000 }; /* bytes of what is read; the rest is refused */

/* Texts are clean: no control characters, single spaces, bounded. */
struct address {
    struct svc_slice country;   /* MX */
    struct svc_slice recipient; /* who takes it; may be missing: the customer */
    struct svc_slice street;    /* Av. Insurgentes Sur, Calle 45 # 12-30, Jr. Puno */
    struct svc_slice number;    /* exterior; in it where the country writes it so (CO) */
    struct svc_slice interior;  /* depto 3, piso 2 B, apto 501 */
    struct svc_slice district;  /* colonia, barrio, comuna, distrito */
    struct svc_slice city;      /* also municipio, localidad */
    struct svc_slice state;     /* the canonical name: Jalisco, Antioquia, Lima */
    struct svc_slice postal_code;
    struct svc_slice reference; /* entre calles, color de la casa */
    double latitude;
    double longitude;
    bool has_location;
    bool too_long; /* the last text wasn't read: more than ADDRESS_TEXT_MAX */
};

/* What is wrong, each with a text `address_<name>` of its own that says it in words. */
enum address_fault_kind {
    ADDRESS_MISSING_STREET,
    ADDRESS_MISSING_NUMBER,
    ADDRESS_MISSING_DISTRICT,
    ADDRESS_MISSING_CITY,
    ADDRESS_MISSING_STATE,
    ADDRESS_MISSING_POSTAL_CODE,
    ADDRESS_BAD_POSTAL_CODE,       /* not of that country's form */
    ADDRESS_POSTAL_CODE_ELSEWHERE, /* of another state than the one named */
    ADDRESS_UNKNOWN_STATE,
    ADDRESS_COUNTRY_NOT_SERVED,
    ADDRESS_TOO_LONG,
};
enum { ADDRESS_FAULTS_MAX = 8 };

struct address_check {
    enum address_fault_kind faults[ADDRESS_FAULTS_MAX];
    size_t count; /* 0: a parcel gets there */
};

/* Reads a free text ("Insurgentes Sur 1234 int 5, Col. Del Valle, 03100 CDMX, casa
 * azul"), in several lines or one, with COUNTRY as the shop's. What ADDRESS already has
 * stays unless the text says otherwise, so that a person may send what is missing alone.
 */
void address_read_text(struct svc_arena *arena, struct svc_slice text,
    struct svc_slice country, struct address *address);

/* Reads fields by the names above, as the API takes them; `text` too. INVALID where a
 * field is too long. */
enum svc_status address_read_json(struct svc_arena *arena, const struct svc_json *json,
    struct svc_slice country, struct address *address);

/* With a location pin (WhatsApp's location message; NAME and ADDRESS_TEXT may have no
 * text) the street may be missing, never what a courier can't do without in that country:
 * see ADDRESSES.md. False where it is no place on earth. */
bool address_read_location(struct svc_arena *arena, double latitude, double longitude,
    struct svc_slice text, struct address *address);

void address_check(const struct address *address, struct address_check *ret_check);

/* The text key of a fault: "address_missing_street". */
const char *address_fault_text(enum address_fault_kind fault);

/* As one writes it on a parcel of that country, in lines. */
void address_write_text(const struct address *address, struct svc_buf *out);
void address_write_json(const struct address *address, struct svc_json_writer *writer);

/* Where the state of a postal code is known: its canonical name, else no text. */
struct svc_slice address_state_of_postal_code(
    struct svc_slice country, struct svc_slice postal_code);

/* A country that has rules here. */
bool address_knows_country(struct svc_slice country);

#endif
