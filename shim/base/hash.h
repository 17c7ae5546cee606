/* SPDX-License-Identifier: MIT
 * FNV-1a, 64 bits (http://www.isthe.com/chongo/tech/comp/fnv/, in the public domain): for tables
 * and comparisons, against nobody's malice. Where few bits are taken, fold the upper ones in. */
#ifndef WR_BASE_HASH_H
#define WR_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define WR_HASH_START 0xcbf29ce484222325u

/* Goes on from `hash` with one byte; or with a whole word, which is no FNV but does as well. */
static inline uint64_t wr_hash_step(uint64_t hash, uint64_t value)
{
    return (hash ^ value) * 0x100000001b3u;
}

static inline uint64_t wr_hash(uint64_t hash, const void *bytes, size_t len)
{
    for (const unsigned char *at = bytes; len > 0; at++, len--)
        hash = wr_hash_step(hash, *at);
    return hash;
}

#endif
