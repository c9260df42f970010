#include "cache_key.h"

#include <svc/crypto.h>
#include <svc/fold.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_BYTES_MAX 200
#define WORDS_MAX 12
#define HASH_SIZE 16 /* of SHA-256: nobody can find a second text for it */
#define LOCALE_MAX 5

static bool is_private(enum intent_state state)
{
    return state == STATE_ADDRESS || state == STATE_ORDER || state == STATE_COUPON;
}

/* Lower case, one space between words; 0 for a text that isn't kept. */
static size_t normalise(struct svc_slice text, char out[TEXT_BYTES_MAX])
{
    const char *at = text.text;
    const char *end = at + text.length;
    size_t length = 0;
    size_t words = 0;
    bool inside = false;

    while (at < end) {
        struct svc_folded folded;
        svc_fold_next(at, end, &folded);
        if (folded.kind == SVC_FOLD_DIGIT || folded.kind == SVC_FOLD_BROKEN ||
            *at == '@') {
            return 0;
        }
        if (folded.kind == SVC_FOLD_LETTER && !inside && ++words > 1) {
            out[length++] = ' ';
        }
        if (folded.kind == SVC_FOLD_LETTER) {
            memcpy(out + length, folded.bytes, folded.length);
            length += folded.length;
        }
        if (folded.kind == SVC_FOLD_LETTER || folded.kind == SVC_FOLD_OTHER) {
            inside = folded.kind == SVC_FOLD_LETTER;
        }
        at += folded.size;
    }
    return words <= WORDS_MAX ? length : 0;
}

/* "es_MX" and "es-mx" alike; nothing that a key may not have. */
static void put_locale(struct svc_slice locale, char out[LOCALE_MAX + 1])
{
    size_t length = locale.length < LOCALE_MAX ? locale.length : (size_t)LOCALE_MAX;

    for (size_t i = 0; i < length; i++) {
        char byte = locale.text[i];
        bool upper = byte >= 'A' && byte <= 'Z';
        bool lower = byte >= 'a' && byte <= 'z';
        out[i] = (char)(upper ? byte - 'A' + 'a' : lower ? byte : '_');
    }
    out[length] = '\0';
}

bool cache_key_make(const struct intent_question *question, char ret_key[CACHE_KEY_SIZE])
{
    char text[TEXT_BYTES_MAX];
    char locale[LOCALE_MAX + 1];
    char hex[2 * HASH_SIZE + 1];
    uint8_t digest[SVC_SHA256_SIZE];
    struct svc_sha256 hash;

    if (is_private(question->state) || question->text.length == 0 ||
        question->text.length > TEXT_BYTES_MAX) {
        return false;
    }
    size_t length = normalise(question->text, text);
    if (length == 0) {
        return false;
    }
    svc_sha256_init(&hash);
    svc_sha256_add(&hash, text, length);
    svc_sha256_finish(&hash, digest);
    svc_text_to_hex(digest, HASH_SIZE, hex);
    put_locale(question->locale, locale);
    snprintf(ret_key, CACHE_KEY_SIZE, "ai_provider:cache:%s:%d:%s", locale,
        (int)question->state, hex);
    return true;
}

size_t cache_value_write(
    enum intent intent, double confidence, char out[CACHE_VALUE_SIZE])
{
    int length =
        snprintf(out, CACHE_VALUE_SIZE, "%s %.4f", intent_name(intent), confidence);

    return length > 0 && length < CACHE_VALUE_SIZE ? (size_t)length : 0;
}

bool cache_value_read(
    struct svc_slice value, enum intent *ret_intent, double *ret_confidence)
{
    char number[16] = "";
    const char *space = value.length > 0 ? memchr(value.text, ' ', value.length) : NULL;
    enum intent intent = INTENT_OTHER;

    if (space == NULL) {
        return false;
    }
    size_t name = (size_t)(space - value.text);
    size_t digits = value.length - name - 1;
    if (digits == 0 || digits >= sizeof number ||
        !intent_find((struct svc_slice){value.text, name}, &intent)) {
        return false;
    }
    memcpy(number, space + 1, digits);
    char *end = number;
    double confidence = strtod(number, &end);
    if (*end != '\0' || !isfinite(confidence) || confidence < 0 || confidence > 1) {
        return false;
    }
    *ret_intent = intent;
    *ret_confidence = confidence;
    return true;
}
