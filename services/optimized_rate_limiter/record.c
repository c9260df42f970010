#include "record.h"

#include "windows_gaps.h"

#include <string.h>

#define VERSION 1

static uint8_t *put(uint8_t *out, uint64_t number, int size)
{
    for (int i = size - 1; i >= 0; i--) {
        out[i] = (uint8_t)number;
        number >>= 8;
    }
    return out + size;
}

static uint8_t *put_bytes(uint8_t *out, const void *bytes, size_t size)
{
    memcpy(out, bytes, size);
    return out + size;
}

size_t record_encode(const struct windows *windows, uint8_t *out)
{
    uint8_t *at = put(out, VERSION, 1);

    at = put(at, (uint64_t)windows->block_until_ms, 6);
    at = put(at, (uint64_t)windows->told_until_ms, 6);
    at = put(at, windows->told_window, 1);
    at = put_bytes(at, windows->told_message, MESSAGE_HASH_SIZE);
    at = put(at, (uint64_t)windows->tokens, 4);
    at = put(at, (uint64_t)windows->tokens_at_ms, 6);
    at = put(at, windows->minute_count, 2);
    at = put(at, windows->message_count, 2);
    at = put(at, windows->hour_count, 4);
    at = put(at, windows->hour_size, 2);
    at = put(at, (uint64_t)windows->hour_head_s, 5);
    at = put(at, (uint64_t)windows->hour_tail_s, 5);
    at = put(at, windows->day_count, 4);
    at = put(at, windows->day_size, 2);
    at = put(at, (uint64_t)windows->day_head, 4);
    at = put(at, (uint64_t)windows->day_tail, 4);
    for (size_t i = 0; i < windows->minute_count; i++) {
        at = put(at, windows->minute[i], 4);
    }
    for (size_t i = 0; i < windows->message_count; i++) {
        at = put_bytes(at, windows->messages[i].hash, MESSAGE_HASH_SIZE);
        at = put(at, windows->messages[i].time, 4);
    }
    at = put_bytes(at, windows->hour, windows->hour_size);
    at = put_bytes(at, windows->day, windows->day_size);
    return (size_t)(at - out);
}

static uint64_t take(const uint8_t **at, int size)
{
    uint64_t number = 0;

    for (int i = 0; i < size; i++) {
        number = number << 8 | (*at)[i];
    }
    *at += size;
    return number;
}

static void decode_head(const uint8_t **at, struct windows *windows)
{
    windows->block_until_ms = (int64_t)take(at, 6);
    windows->told_until_ms = (int64_t)take(at, 6);
    windows->told_window = (enum window)take(at, 1);
    memcpy(windows->told_message, *at, MESSAGE_HASH_SIZE);
    *at += MESSAGE_HASH_SIZE;
    windows->tokens = (int64_t)take(at, 4);
    windows->tokens_at_ms = (int64_t)take(at, 6);
    windows->minute_count = take(at, 2);
    windows->message_count = take(at, 2);
    windows->hour_count = take(at, 4);
    windows->hour_size = take(at, 2);
    windows->hour_head_s = (int64_t)take(at, 5);
    windows->hour_tail_s = (int64_t)take(at, 5);
    windows->day_count = take(at, 4);
    windows->day_size = take(at, 2);
    windows->day_head = (int64_t)take(at, 4);
    windows->day_tail = (int64_t)take(at, 4);
}

/* Whether the counts are possible and add up to SIZE bytes behind the head. */
static bool fits(const struct windows *windows, size_t size)
{
    if (windows->told_window > WINDOW_BLOCK || windows->minute_count > LIMIT_MINUTE_MAX ||
        windows->message_count > WINDOWS_MESSAGES_MAX ||
        windows->hour_size > WINDOWS_HOUR_BYTES_MAX ||
        windows->day_size > WINDOWS_DAY_BYTES_MAX || windows->day_size % 2 != 0) {
        return false;
    }
    return 4 * windows->minute_count + 9 * windows->message_count + windows->hour_size +
               windows->day_size ==
           size;
}

static bool decode(struct svc_slice bytes, struct windows *ret_windows)
{
    const uint8_t *at = (const uint8_t *)bytes.text + 1;

    decode_head(&at, ret_windows);
    if (!fits(ret_windows, bytes.length - RECORD_HEAD_SIZE)) {
        return false;
    }
    for (size_t i = 0; i < ret_windows->minute_count; i++) {
        ret_windows->minute[i] = (uint32_t)take(&at, 4);
    }
    for (size_t i = 0; i < ret_windows->message_count; i++) {
        memcpy(ret_windows->messages[i].hash, at, MESSAGE_HASH_SIZE);
        at += MESSAGE_HASH_SIZE;
        ret_windows->messages[i].time = (uint32_t)take(&at, 4);
    }
    memcpy(ret_windows->hour, at, ret_windows->hour_size);
    memcpy(ret_windows->day, at + ret_windows->hour_size, ret_windows->day_size);
    return hour_is_whole(ret_windows) && day_is_whole(ret_windows);
}

bool record_decode(struct svc_slice bytes, struct windows *ret_windows)
{
    if (bytes.length >= RECORD_HEAD_SIZE && bytes.text[0] == VERSION &&
        decode(bytes, ret_windows)) {
        return true;
    }
    windows_clear(ret_windows);
    return false;
}
