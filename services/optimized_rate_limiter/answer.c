#include "answer.h"

#include <svc/clock.h>

const char *window_name(enum window window)
{
    static const char *const names[] = {
        [WINDOW_NONE] = NULL,
        [WINDOW_MINUTE] = "minute",
        [WINDOW_HOUR] = "hour",
        [WINDOW_DAY] = "day",
        [WINDOW_BLOCK] = "block",
    };
    return names[window];
}

static void write_three(struct svc_json_writer *writer, const char *name, int64_t minute,
    int64_t hour, int64_t day)
{
    svc_json_write_key(writer, name);
    svc_json_write_object_begin(writer);
    svc_json_write_field_int(writer, "minute", minute);
    svc_json_write_field_int(writer, "hour", hour);
    svc_json_write_field_int(writer, "day", day);
    svc_json_write_object_end(writer);
}

static int64_t left(int64_t limit, int64_t used)
{
    return limit > used ? limit - used : 0;
}

static void write_limits(
    struct svc_json_writer *writer, const struct judgement *judgement)
{
    const struct limits *limits = &judgement->tier.limits;
    const struct windows_verdict *verdict = &judgement->verdict;

    write_three(writer, "limits", limits->minute, limits->hour, limits->day);
    write_three(writer, "remaining", left(limits->minute, verdict->used_minute),
        left(limits->hour, verdict->used_hour), left(limits->day, verdict->used_day));
}

static void write_exceeded(
    struct svc_json_writer *writer, const struct judgement *judgement)
{
    char time[SVC_CLOCK_TEXT_SIZE];
    const struct windows_verdict *verdict = &judgement->verdict;
    const char *window = window_name(verdict->exceeded);

    svc_json_write_key(writer, "exceeded_window");
    if (window == NULL) {
        svc_json_write_null(writer);
        svc_json_write_field_int(writer, "retry_after_s", 0);
        svc_json_write_key(writer, "reset_at");
        svc_json_write_null(writer);
        return;
    }
    svc_json_write_text(writer, window);
    svc_json_write_field_int(
        writer, "retry_after_s", (verdict->retry_after_ms + 999) / 1000);
    svc_json_write_field_text(writer, "reset_at",
        svc_clock_format_ms(verdict->now_ms + verdict->retry_after_ms, time));
}

void judgement_write(struct svc_json_writer *writer, const struct judgement *judgement)
{
    bool over = judgement->verdict.exceeded != WINDOW_NONE;

    svc_json_write_field_bool(writer, "allowed", judgement->allowed);
    svc_json_write_field_bool(writer, "skip_processing", !judgement->allowed);
    svc_json_write_field_text(writer, "tier", judgement->tier.name);
    if (judgement->asked_for != NULL) {
        svc_json_write_field_text(writer, "unknown_tier", judgement->asked_for);
    }
    svc_json_write_field_text(writer, "mode", tier_mode_name(judgement->tier.mode));
    svc_json_write_field_bool(writer, "burst", judgement->burst);
    write_limits(writer, judgement);
    write_exceeded(writer, judgement);
    svc_json_write_field_bool(writer, "shadow_denied", over && judgement->allowed);
    svc_json_write_field_bool(writer, "repeated", judgement->verdict.known);
    svc_json_write_field_bool(
        writer, "notify_customer", judgement->verdict.notify && !judgement->allowed);
    svc_json_write_field_text(writer, "backend", judgement->backend);
}

void tier_write(struct svc_json_writer *writer, const struct tier *tier)
{
    svc_json_write_object_begin(writer);
    svc_json_write_field_text(writer, "customer_tier", tier->name);
    svc_json_write_field_int(writer, "max_per_minute", tier->limits.minute);
    svc_json_write_field_int(writer, "max_per_hour", tier->limits.hour);
    svc_json_write_field_int(writer, "max_per_day", tier->limits.day);
    svc_json_write_field_int(writer, "burst_size", tier->limits.burst);
    svc_json_write_field_text(writer, "mode", tier_mode_name(tier->mode));
    svc_json_write_object_end(writer);
}
