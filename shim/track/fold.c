/* SPDX-License-Identifier: MIT
 * See fold.h. */
#include "track/fold.h"

#include <stdatomic.h>
#include <stddef.h>

#include "base/process.h"
#include "base/sys.h"

#define PLACES 256

static struct {
    _Atomic uint64_t key; /* 0 = empty */
    _Atomic uint64_t last_ns;
} places[PLACES];

/* FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/ */
static uint64_t mix(uint64_t hash, const void *bytes, size_t len)
{
    for (const unsigned char *at = bytes; len > 0; at++, len--)
        hash = (hash ^ *at) * 0x100000001b3u;
    return hash;
}

static uint64_t key_of(const struct wr_attempt *attempt)
{
    const int parts[] = {(int)attempt->call,       attempt->error, attempt->domain, attempt->type,
                         (int)WR_SYS(getpid), /* a fork child's failures are its own */
                         (int)attempt->address_len};
    uint64_t hash = mix(0xcbf29ce484222325u, parts, sizeof(parts));

    return mix(hash, attempt->address.bytes, attempt->address_read) | 1;
}

bool wr_fold_is_retry(const struct wr_attempt *attempt)
{
    uint64_t key = key_of(attempt), last_ns;
    size_t place = key >> 8 & (PLACES - 1);
    bool same = atomic_load_explicit(&places[place].key, memory_order_relaxed) == key;

    if (!wr_process_owns_memory())
        return false;
    last_ns =
        atomic_exchange_explicit(&places[place].last_ns, attempt->end_ns, memory_order_relaxed);
    if (!same)
        atomic_store_explicit(&places[place].key, key, memory_order_relaxed);
    return same && attempt->end_ns - last_ns < WR_FOLD_NS;
}
