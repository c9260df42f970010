#include "token.h"

#include <svc/crypto.h>

#include <stdio.h>
#include <string.h>

#define DIGEST_BYTES 12
#define MAC_BYTES 20
#define TOKEN_BYTES (DIGEST_BYTES + MAC_BYTES)
#define MESSAGE_MAX 256

/* 6 bits a character, without padding. */
static void encode(const uint8_t *bytes, size_t length, char *out)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    uint32_t bits = 0;
    int have = 0;

    for (size_t i = 0; i < length; i++) {
        bits = bits << 8 | bytes[i];
        have += 8;
        while (have >= 6) {
            have -= 6;
            *out++ = alphabet[bits >> have & 63];
        }
    }
    if (have > 0) {
        *out++ = alphabet[bits << (6 - have) & 63];
    }
    *out = '\0';
}

void token_write(struct svc_slice secret, struct svc_slice checkout_id,
    struct svc_slice digest, char ret_token[TOKEN_SIZE])
{
    uint8_t bytes[TOKEN_BYTES] = {0};
    uint8_t mac[SVC_SHA256_SIZE];
    char message[MESSAGE_MAX];
    struct svc_slice prefix = {digest.text, (size_t)2 * DIGEST_BYTES};
    int length = snprintf(message, sizeof message, "%.*s|%.*s", (int)checkout_id.length,
        checkout_id.text, (int)digest.length, digest.text);

    if (digest.length >= prefix.length) {
        (void)!svc_text_from_hex(prefix, bytes, DIGEST_BYTES);
    }
    svc_hmac_sha256(secret, (struct svc_slice){message, (size_t)length}, mac);
    memcpy(bytes + DIGEST_BYTES, mac, MAC_BYTES);
    encode(bytes, sizeof bytes, ret_token);
}

bool token_matches(struct svc_slice secret, struct svc_slice checkout_id,
    struct svc_slice digest, struct svc_slice token)
{
    char wanted[TOKEN_SIZE];

    if (digest.length == 0 || checkout_id.length == 0) {
        return false;
    }
    token_write(secret, checkout_id, digest, wanted);
    return token.length == strlen(wanted) &&
           svc_text_equals_secret(token.text, wanted, token.length);
}
