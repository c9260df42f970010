/* Meta's signature of a webhook: HMAC-SHA-256 of the exact bytes by the app secret. */
#ifndef SIGNATURE_H
#define SIGNATURE_H

#include <svc/crypto.h>
#include <svc/text.h>

#define SIGNATURE_PREFIX "sha256="
#define SIGNATURE_SIZE (sizeof SIGNATURE_PREFIX - 1 + SVC_SHA256_HEX_SIZE)

enum signature_state {
    SIGNATURE_VERIFIED,
    SIGNATURE_MISSING,
    SIGNATURE_WRONG,
};

/* HEADER: the value of X-Hub-Signature-256, "sha256=<hex in any case>". SECRETS: one or
 * more, separated by commas, so that a secret can be changed without a gap. */
enum signature_state signature_check(
    struct svc_slice body, struct svc_slice header, const char *secrets);

/* The header's value for BODY, by the first of SECRETS. */
void signature_write(
    struct svc_slice body, const char *secrets, char ret_header[SIGNATURE_SIZE]);

#endif
