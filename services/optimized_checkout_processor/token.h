/* The token in the button "Confirmar": which quote of which checkout it confirms, so that
 * an old button can't confirm a changed cart. Pure. */
#ifndef TOKEN_H
#define TOKEN_H

#include <svc/text.h>

/* 12 bytes of the quote's digest and 20 of HMAC-SHA-256 over checkout and digest, in
 * base64url. */
enum { TOKEN_SIZE = 44 };

/* DIGEST: the quote's, in hex. */
void token_write(struct svc_slice secret, struct svc_slice checkout_id,
    struct svc_slice digest, char ret_token[TOKEN_SIZE]);

/* Whether TOKEN is for that quote of that checkout; in constant time. */
bool token_matches(struct svc_slice secret, struct svc_slice checkout_id,
    struct svc_slice digest, struct svc_slice token);

#endif
