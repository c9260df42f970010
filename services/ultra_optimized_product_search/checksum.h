/* A fast 64-bit checksum: of texts, to see whether a product changed, and of a snapshot's
 * sections. Not for secrets, and a hostile text can be made to collide. */
#ifndef CHECKSUM_H
#define CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* Of LENGTH bytes, going on from SEED. */
uint64_t checksum_bytes(const void *bytes, size_t length, uint64_t seed);

/* One number into another whose bits all depend on it (the finaliser of splitmix64). */
uint64_t checksum_mix(uint64_t value);

#endif
