#include "redis.h"

#include <string.h>

/* CRC-16/XMODEM (polynomial 0x1021), as the Redis Cluster specification, appendix A,
 * wants it; four bits at a time. */
static uint16_t crc16(const char *text, size_t length)
{
    static const uint16_t table[16] = {0x0000, 0x1021, 0x2042, 0x3063, 0x4084, 0x50A5,
        0x60C6, 0x70E7, 0x8108, 0x9129, 0xA14A, 0xB16B, 0xC18C, 0xD1AD, 0xE1CE, 0xF1EF};
    uint16_t crc = 0;

    for (size_t i = 0; i < length; i++) {
        unsigned byte = (unsigned char)text[i];
        crc = (uint16_t)(crc << 4 ^ table[crc >> 12 ^ byte >> 4]);
        crc = (uint16_t)(crc << 4 ^ table[crc >> 12 ^ (byte & 15)]);
    }
    return crc;
}

/* "Hash tags" of the specification: what stands between the first { and the first } after
 * it, unless that's nothing. */
unsigned svc_redis_slot(struct svc_slice key)
{
    const char *open = key.length > 0 ? memchr(key.text, '{', key.length) : NULL;

    if (open != NULL) {
        const char *tag = open + 1;
        size_t rest = key.length - (size_t)(tag - key.text);
        const char *close = rest > 0 ? memchr(tag, '}', rest) : NULL;
        if (close != NULL && close > tag) {
            key = (struct svc_slice){tag, (size_t)(close - tag)};
        }
    }
    return crc16(key.text, key.length) % SVC_REDIS_SLOTS;
}
