#include "crypto.h"

#include <nettle/hmac.h>
#include <nettle/sha1.h>
#include <nettle/sha2.h>

_Static_assert(sizeof(struct svc_sha256) >= sizeof(struct sha256_ctx),
    "struct svc_sha256 is too small for this nettle");

static struct sha256_ctx *context(struct svc_sha256 *hash)
{
    return (struct sha256_ctx *)(void *)hash->state;
}

void svc_sha256_init(struct svc_sha256 *hash)
{
    sha256_init(context(hash));
}

void svc_sha256_add(struct svc_sha256 *hash, const void *bytes, size_t length)
{
    sha256_update(context(hash), length, bytes);
}

void svc_sha256_finish(struct svc_sha256 *hash, uint8_t digest[SVC_SHA256_SIZE])
{
    sha256_digest(context(hash), SVC_SHA256_SIZE, digest);
}

void svc_sha256_finish_hex(struct svc_sha256 *hash, char hex[SVC_SHA256_HEX_SIZE])
{
    uint8_t digest[SVC_SHA256_SIZE];

    svc_sha256_finish(hash, digest);
    svc_text_to_hex(digest, sizeof digest, hex);
}

void svc_hmac_sha256(
    struct svc_slice key, struct svc_slice message, uint8_t digest[SVC_SHA256_SIZE])
{
    struct hmac_sha256_ctx hmac;

    hmac_sha256_set_key(&hmac, key.length, (const uint8_t *)key.text);
    hmac_sha256_update(&hmac, message.length, (const uint8_t *)message.text);
    hmac_sha256_digest(&hmac, SVC_SHA256_SIZE, digest);
}

void svc_sha1_hex(struct svc_slice text, char hex[41])
{
    struct sha1_ctx hash;
    uint8_t digest[SHA1_DIGEST_SIZE];

    sha1_init(&hash);
    sha1_update(&hash, text.length, (const uint8_t *)text.text);
    sha1_digest(&hash, sizeof digest, digest);
    svc_text_to_hex(digest, sizeof digest, hex);
}
