/* Who wrote a message, and who gets one. */
#ifndef SENDER_H
#define SENDER_H

#include "webhook.h"

/* The names of the fields that hold a person's ids in some object of Meta's. */
struct identity_fields {
    const char *wa_id;
    const char *user_id;
    const char *parent_user_id;
};

/* `from`, `from_user_id` ... of a message; `recipient_id` ... of a status; `wa_id`,
 * `user_id` ... elsewhere. */
extern const struct identity_fields sender_fields;
extern const struct identity_fields recipient_fields;
extern const struct identity_fields person_fields;

/* Reads the ids that are there; none is required. */
void identity_read(const struct reading *from, const struct identity_fields *fields,
    struct identity *ret_identity);

/* Completes IDENTITY from the contact of CONTACTS that shares an id with it: by its ids,
 * never by its place, since contacts may be aggregated, or missing. */
void identity_complete(struct identity *identity, const struct svc_json *contacts);

#define MATCH_KEYS_MAX 2
#define MATCH_KEY_SIZE 24

struct match_keys {
    char keys[MATCH_KEYS_MAX][MATCH_KEY_SIZE];
    size_t count;
};

/* Other ways in which WA_ID's number may be stored: Mexico with or without the 1 after
 * 52, Argentina and Brazil with or without the 9. To look a customer up; sending goes to
 * the wa_id as it came. */
void match_keys_find(struct svc_slice wa_id, struct match_keys *ret_keys);

#endif
