#include "trace.h"

#include "random.h"

#include <stdio.h>
#include <string.h>

/* Sampled and random; the standard wants all others cleared. */
#define KNOWN_FLAGS 0x03u

static _Thread_local const struct svc_trace *current;

static bool is_lower_hex(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';
        bool letter = text[i] >= 'a' && text[i] <= 'f';
        if (!digit && !letter) {
            return false;
        }
    }
    return true;
}

static bool is_all_zero(const char *text, size_t length)
{
    return strspn(text, "0") >= length;
}

/* "vv-<32>-<16>-<ff>"; versions above 00 may go on after a further dash. */
static bool is_traceparent(struct svc_slice header)
{
    const char *text = header.text;

    if (text == NULL || header.length < 55 || text[2] != '-' || text[35] != '-' ||
        text[52] != '-') {
        return false;
    }
    if (!is_lower_hex(text, 2) || !is_lower_hex(text + 3, 32) ||
        !is_lower_hex(text + 36, 16) || !is_lower_hex(text + 53, 2)) {
        return false;
    }
    bool version_0 = memcmp(text, "00", 2) == 0;
    bool ends_well = header.length == 55 || (!version_0 && text[55] == '-');
    return ends_well && memcmp(text, "ff", 2) != 0 && !is_all_zero(text + 3, 32) &&
           !is_all_zero(text + 36, 16);
}

void svc_trace_begin(struct svc_trace *trace, struct svc_slice header)
{
    uint8_t bytes[24];

    svc_random_fast(bytes, sizeof bytes);
    svc_text_to_hex(bytes + 16, 8, trace->span_id);
    if (is_traceparent(header)) {
        memcpy(trace->trace_id, header.text + 3, 32);
        trace->trace_id[32] = '\0';
        uint8_t flags = 0;
        svc_text_from_hex((struct svc_slice){header.text + 53, 2}, &flags, 1);
        flags &= KNOWN_FLAGS;
        svc_text_to_hex(&flags, 1, trace->flags);
        return;
    }
    svc_text_to_hex(bytes, 16, trace->trace_id);
    memcpy(trace->flags, "01", 3);
}

void svc_trace_format(const struct svc_trace *trace, char header[SVC_TRACE_PARENT_SIZE])
{
    snprintf(header, SVC_TRACE_PARENT_SIZE, "00-%s-%s-%s", trace->trace_id,
        trace->span_id, trace->flags);
}

const struct svc_trace *svc_trace_current(void)
{
    return current;
}

void svc_trace_set_current(const struct svc_trace *trace)
{
    current = trace;
}
