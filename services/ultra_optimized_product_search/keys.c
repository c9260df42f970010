#include "builder.h"
#include "checksum.h"

#include <string.h>

uint64_t form_key(enum form_kind kind, struct svc_slice form)
{
    return checksum_bytes(form.text, form.length, (uint64_t)kind);
}

uint64_t brand_key(
    const struct analyser *analyser, struct svc_arena *arena, struct svc_slice brand)
{
    struct token_list tokens = {0};
    uint64_t key = 0;

    if (brand.length == 0) {
        return 0;
    }
    analyser_tokens(analyser, arena, brand, 16, &tokens);
    for (size_t i = 0; i < tokens.count; i++) {
        key = checksum_bytes(
            tokens.list[i].exact.text, tokens.list[i].exact.length, key + 1);
    }
    /* A name of signs alone is itself. */
    return tokens.count > 0 ? key : checksum_bytes(brand.text, brand.length, 0);
}

void list_term(enum value_kind kind, uint64_t key, char out[LIST_TERM_BYTES])
{
    out[0] = '\1'; /* in no text's words */
    out[1] = kind == VALUE_BRAND ? 'b' : 'c';
    memcpy(out + 2, &key, sizeof key);
}
