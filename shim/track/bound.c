/* SPDX-License-Identifier: MIT
 * See bound.h. A table of hashes indexed by descriptor; a newer one takes the place of an older. */
#include "track/bound.h"

#include <stdatomic.h>

#include "base/address.h"

#define PLACES 1024

static _Atomic uint32_t places[PLACES]; /* 0 = none */

static uint32_t hash_of(int fd, const struct wr_addr *addr)
{
    uint32_t hash = 2166136261u ^ (uint32_t)fd; /* FNV-1a */

    for (unsigned i = 0; i < wr_addr_size(addr); i++)
        hash = (hash ^ addr->bytes[i]) * 16777619u;
    return hash | 1;
}

void wr_bound_note(int fd, const void *address, socklen_t len)
{
    struct wr_addr local;

    if (fd < 0 || !wr_addr_from_sockaddr(address, len, &local) || wr_addr_is_any(&local))
        return;
    atomic_store_explicit(&places[fd % PLACES], hash_of(fd, &local), memory_order_relaxed);
}

bool wr_bound_is(int fd, const struct wr_addr *local)
{
    return fd >= 0 && local->family != 0 && !wr_addr_is_any(local) &&
           atomic_load_explicit(&places[fd % PLACES], memory_order_relaxed) == hash_of(fd, local);
}
