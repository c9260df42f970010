/* Writes JSON text straight into a buffer: commas and escapes are the writer's work. */
#ifndef SVC_JSON_WRITE_H
#define SVC_JSON_WRITE_H

#include "buf.h"
#include "json.h"

struct svc_json_writer {
    struct svc_buf *buf;
    bool needs_comma;
};

/* Writes to the end of BUF, which says at the end whether all fitted (`overflow`). */
void svc_json_write_init(struct svc_json_writer *writer, struct svc_buf *buf);

/* Arrays and objects; each begin wants its end. */
void svc_json_write_object_begin(struct svc_json_writer *writer);
void svc_json_write_object_end(struct svc_json_writer *writer);
void svc_json_write_array_begin(struct svc_json_writer *writer);
void svc_json_write_array_end(struct svc_json_writer *writer);

/* NAME is a literal of ours and needs no escape. */
void svc_json_write_key(struct svc_json_writer *writer, const char *name);

/* One value: of an array, after a key, or alone. */
void svc_json_write_null(struct svc_json_writer *writer);
void svc_json_write_bool(struct svc_json_writer *writer, bool value);
void svc_json_write_int(struct svc_json_writer *writer, int64_t value);
/* In as few digits from 15 to 17 as give the same number again: 0.1, not its neighbour's
 * 17. NaN and infinities, which JSON lacks, become null. */
void svc_json_write_double(struct svc_json_writer *writer, double value);
void svc_json_write_text(struct svc_json_writer *writer, const char *text);
/* A slice without text becomes null. */
void svc_json_write_slice(struct svc_json_writer *writer, struct svc_slice slice);
/* VALUE as it was read, without spaces; NULL becomes null. */
void svc_json_write_value(struct svc_json_writer *writer, const struct svc_json *value);
/* TEXT is JSON already. */
void svc_json_write_raw(struct svc_json_writer *writer, struct svc_slice text);

/* A key and its value in one. */
void svc_json_write_field_text(
    struct svc_json_writer *writer, const char *name, const char *text);
void svc_json_write_field_slice(
    struct svc_json_writer *writer, const char *name, struct svc_slice slice);
void svc_json_write_field_int(
    struct svc_json_writer *writer, const char *name, int64_t value);
void svc_json_write_field_bool(
    struct svc_json_writer *writer, const char *name, bool value);

/* Writes the field only where the slice has text. */
void svc_json_write_optional_slice(
    struct svc_json_writer *writer, const char *name, struct svc_slice slice);
/* Writes the field only where VALUE isn't NULL. */
void svc_json_write_optional_value(
    struct svc_json_writer *writer, const char *name, const struct svc_json *value);

#endif
