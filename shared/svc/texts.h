/* What a shop says to its customers: one file a language, es.json, en.json, pt.json,
 * which are built in (shared/texts/) and which a shop may replace, whole or in part, by
 * files of the same names in its own folder. */
#ifndef SVC_TEXTS_H
#define SVC_TEXTS_H

#include "buf.h"
#include "text.h"

struct svc_texts;

/* FOLDER may be NULL: what is built in. False, with one line, for a file that can't be
 * used; a file that isn't there is no fault. */
SVC_MUST_CHECK bool svc_texts_open(
    const char *folder, struct svc_texts **ret_texts, char ret_error[256]);
void svc_texts_close(struct svc_texts **texts);

struct svc_texts_value {
    const char *name; /* stands as {name} in the text */
    const char *value;
};

/* Adds the text called KEY in LOCALE ("es", "es_MX", "pt-BR" ...; another one is
 * Spanish), with VALUES put in, to OUT. An unknown key adds the key, so that a fault is
 * seen. */
void svc_texts_write(const struct svc_texts *texts, struct svc_slice locale,
    const char *key, const struct svc_texts_value *values, size_t count,
    struct svc_buf *out);

/* Adds a duration as a person says it, rounded up: "45 segundos", "3 minutos", "2 horas".
 */
void svc_texts_write_duration(const struct svc_texts *texts, struct svc_slice locale,
    int64_t seconds, struct svc_buf *out);

#endif
