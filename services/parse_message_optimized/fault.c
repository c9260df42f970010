#include "fault.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ID_LENGTH_MAX ((size_t)256)
/* 9999-12-31T23:59:59Z */
#define TIMESTAMP_MAX 253402300799LL

void fault_add(struct fault_list *faults, const struct svc_place *place, const char *name,
    const char *format, ...)
{
    char detail[200];
    va_list args;
    struct svc_place member = {.parent = place};

    if (faults->problems == NULL) {
        faults->problems = svc_arena_alloc(faults->arena, sizeof *faults->problems);
        faults->problems->arena = faults->arena;
    }
    va_start(args, format);
    vsnprintf(detail, sizeof detail, format, args);
    va_end(args);
    if (name != NULL) {
        member.name = (struct svc_slice){name, strlen(name)};
        place = &member;
    }
    svc_problems_add(faults->problems, place, "%s", detail);
}

/* The member NAME; NULL, with a fault where it's needed, for missing and null. */
static const struct svc_json *find(
    const struct reading *from, const char *name, enum field_need need)
{
    const struct svc_json *value = svc_json_get(from->object, name);

    if (value != NULL && value->type != SVC_JSON_NULL) {
        return value;
    }
    if (need == FIELD_REQUIRED) {
        fault_add(from->faults, from->place, name, "is missing");
    }
    return NULL;
}

struct svc_slice read_text(
    const struct reading *from, const char *name, enum field_need need, size_t max)
{
    const struct svc_json *value = find(from, name, need);

    if (value == NULL) {
        return (struct svc_slice){0};
    }
    if (value->type != SVC_JSON_STRING) {
        fault_add(from->faults, from->place, name, "must be a string, not %s",
            svc_json_type_name(value));
        return (struct svc_slice){0};
    }
    if (value->text.length > max) {
        fault_add(from->faults, from->place, name, "is longer than %zu bytes", max);
    }
    return value->text;
}

struct svc_slice read_id(
    const struct reading *from, const char *name, enum field_need need)
{
    struct svc_slice id = read_text(from, name, need, ID_LENGTH_MAX);

    if (id.text != NULL && id.length == 0) {
        fault_add(from->faults, from->place, name, "is empty");
        return (struct svc_slice){0};
    }
    return id;
}

bool read_timestamp(const struct reading *from, const char *name, enum field_need need,
    int64_t *ret_seconds)
{
    const struct svc_json *value = find(from, name, need);
    int64_t seconds = 0;

    if (value == NULL) {
        return false;
    }
    bool read = value->type == SVC_JSON_STRING ? svc_text_to_int64(value->text, &seconds)
                                               : svc_json_to_int64(value, &seconds);
    if (!read || seconds < 0 || seconds > TIMESTAMP_MAX) {
        fault_add(from->faults, from->place, name, "must be seconds since 1970");
        return false;
    }
    *ret_seconds = seconds;
    return true;
}

/* A text that holds a number as JSON writes it; NULL else. */
static const struct svc_json *number_in_text(
    const struct reading *from, const struct svc_json *value)
{
    static const struct svc_json_limits plain = {.depth = 0, .values = 1};
    struct svc_json_error error;
    size_t replaced = 0;

    if (value->type != SVC_JSON_STRING || value->text.length > 40) {
        return NULL;
    }
    const struct svc_json *read = svc_json_read(from->faults->arena, value->text.text,
        value->text.length, &plain, &replaced, &error);
    return svc_json_is(read, SVC_JSON_NUMBER) ? read : NULL;
}

struct svc_slice read_number(const struct reading *from, const char *name,
    enum field_need need, double min, double max)
{
    const struct svc_json *value = find(from, name, need);

    if (value == NULL) {
        return (struct svc_slice){0};
    }
    const struct svc_json *number =
        value->type == SVC_JSON_NUMBER ? value : number_in_text(from, value);
    if (number == NULL) {
        fault_add(from->faults, from->place, name, "must be a number, not %s",
            svc_json_type_name(value));
        return (struct svc_slice){0};
    }
    if (number != value) {
        fault_add(from->faults, from->place, name, "is a number in a string");
    }
    double size = svc_json_to_double(number);
    if (!isfinite(size) || size < min || size > max) {
        fault_add(
            from->faults, from->place, name, "must be from %.15g to %.15g", min, max);
        return (struct svc_slice){0};
    }
    return number->text;
}

const struct svc_json *read_value(const struct reading *from, const char *name,
    enum field_need need, enum svc_json_type type)
{
    const struct svc_json *value = find(from, name, need);

    if (value != NULL && value->type != type) {
        fault_add(from->faults, from->place, name, "must be %s, not %s",
            type == SVC_JSON_ARRAY ? "an array" : "an object", svc_json_type_name(value));
        return NULL;
    }
    return value;
}

struct reading read_object(const struct reading *from, const char *name,
    enum field_need need, struct svc_place *place)
{
    *place = (struct svc_place){.parent = from->place, .name = {name, strlen(name)}};
    return (struct reading){
        .object = read_value(from, name, need, SVC_JSON_OBJECT),
        .place = place,
        .faults = from->faults,
    };
}
