#include "signature.h"

#include <svc/crypto.h>

#include <string.h>

static const char prefix[] = "sha256=";

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
    size_t prefix_length = sizeof prefix - 1;

    if (header.text == NULL || header.length == 0) {
        return SIGNATURE_MISSING;
    }
    if (header.length < prefix_length ||
        memcmp(header.text, prefix, prefix_length) != 0) {
        return SIGNATURE_WRONG;
    }
    struct svc_slice hex = {header.text + prefix_length, header.length - prefix_length};
    if (!svc_text_from_hex(hex, expected, sizeof expected)) {
        return SIGNATURE_WRONG;
    }
    while (*secrets != '\0') {
        secrets += strspn(secrets, ", ");
        size_t length = strcspn(secrets, ", ");
        struct svc_slice secret = {secrets, length};
        if (length > 0 && matches(body, expected, secret)) {
            return SIGNATURE_VERIFIED;
        }
        secrets += length;
    }
    return SIGNATURE_WRONG;
}
