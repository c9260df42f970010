/* Hashes and message authentication, from nettle. */
#ifndef SVC_CRYPTO_H
#define SVC_CRYPTO_H

#include "text.h"

#define SVC_SHA256_SIZE 32
#define SVC_SHA256_HEX_SIZE 65

/* A SHA-256 (FIPS 180-4) in the making; lives on the caller's stack. */
struct svc_sha256 {
    _Alignas(16) unsigned char state[160];
};

/* Begin, add any number of times, finish once: as bytes, or as lower-case hexadecimal. */
void svc_sha256_init(struct svc_sha256 *hash);
void svc_sha256_add(struct svc_sha256 *hash, const void *bytes, size_t length);
void svc_sha256_finish(struct svc_sha256 *hash, uint8_t digest[SVC_SHA256_SIZE]);
void svc_sha256_finish_hex(struct svc_sha256 *hash, char hex[SVC_SHA256_HEX_SIZE]);

/* HMAC-SHA-256 (RFC 2104). */
void svc_hmac_sha256(
    struct svc_slice key, struct svc_slice message, uint8_t digest[SVC_SHA256_SIZE]);

/* SHA-1 in lower-case hexadecimal: the name that Redis gives a script, nothing secret. */
void svc_sha1_hex(struct svc_slice text, char hex[41]);

#endif
