#include "signature.h"

#include <string.h>

/* Between secrets. */
#define SEPARATORS ", "

static bool matches(struct svc_slice body, const uint8_t expected[SVC_SHA256_SIZE],
    struct svc_slice secret)
{
    uint8_t digest[SVC_SHA256_SIZE];

    svc_hmac_sha256(secret, body, digest);
    return svc_text_equals_secret(
        (const char *)digest, (const char *)expected, sizeof digest);
}

enum signature_state signature_check(
    struct svc_slice body, struct svc_slice header, const char *secrets)
{
    uint8_t expected[SVC_SHA256_SIZE];
    size_t prefix_length = sizeof SIGNATURE_PREFIX - 1;

    if (header.text == NULL || header.length == 0) {
        return SIGNATURE_MISSING;
    }
    if (header.length < prefix_length ||
        memcmp(header.text, SIGNATURE_PREFIX, prefix_length) != 0) {
        return SIGNATURE_WRONG;
    }
    struct svc_slice hex = {header.text + prefix_length, header.length - prefix_length};
    if (!svc_text_from_hex(hex, expected, sizeof expected)) {
        return SIGNATURE_WRONG;
    }
    while (*secrets != '\0') {
        secrets += strspn(secrets, SEPARATORS);
        size_t length = strcspn(secrets, SEPARATORS);
        struct svc_slice secret = {secrets, length};
        if (length > 0 && matches(body, expected, secret)) {
            return SIGNATURE_VERIFIED;
        }
        secrets += length;
    }
    return SIGNATURE_WRONG;
}

void signature_write(
    struct svc_slice body, const char *secrets, char ret_header[SIGNATURE_SIZE])
{
    size_t prefix_length = sizeof SIGNATURE_PREFIX - 1;
    uint8_t digest[SVC_SHA256_SIZE];

    secrets += strspn(secrets, SEPARATORS);
    svc_hmac_sha256(
        (struct svc_slice){secrets, strcspn(secrets, SEPARATORS)}, body, digest);
    memcpy(ret_header, SIGNATURE_PREFIX, prefix_length);
    svc_text_to_hex(digest, sizeof digest, ret_header + prefix_length);
}
