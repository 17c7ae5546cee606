/* SPDX-License-Identifier: MIT
 * See successes.h. A table of hashes, the time beside each. */
#include "track/successes.h"

#include <stdatomic.h>

#include "base/address.h"
#include "base/hash.h"

#define PLACES 256

static struct {
    _Atomic uint64_t hash; /* 0 = empty */
    _Atomic uint64_t last_ns;
} places[PLACES];

static uint64_t hash_of(const struct wr_addr *target)
{
    uint64_t hash = wr_hash_step(WR_HASH_START, target->port);

    hash = wr_hash(hash, target->bytes, wr_addr_size(target));
    return (hash ^ hash >> 32) | 1;
}

void wr_successes_note(const struct wr_addr *target, uint64_t now_ns)
{
    uint64_t hash = hash_of(target);

    atomic_store_explicit(&places[hash >> 1 & (PLACES - 1)].last_ns, now_ns, memory_order_relaxed);
    atomic_store_explicit(&places[hash >> 1 & (PLACES - 1)].hash, hash, memory_order_relaxed);
}

uint64_t wr_successes_last(const struct wr_addr *target)
{
    uint64_t hash = hash_of(target);
    uint64_t place = hash >> 1 & (PLACES - 1);

    return atomic_load_explicit(&places[place].hash, memory_order_relaxed) == hash
               ? atomic_load_explicit(&places[place].last_ns, memory_order_relaxed)
               : 0;
}
