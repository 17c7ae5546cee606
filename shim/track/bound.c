/* SPDX-License-Identifier: MIT
 * See bound.h. A table of hashes indexed by descriptor; a newer one takes the place of an older. */
#include "track/bound.h"

#include <stdatomic.h>

#include "base/address.h"
#include "base/hash.h"

#define PLACES 1024

static _Atomic uint32_t places[PLACES]; /* 0 = none */
static _Atomic uint64_t ports[PLACES];  /* descriptor and port; 0 = none */

static uint32_t hash_of(int fd, const struct wr_addr *addr)
{
    uint64_t hash = wr_hash_step(WR_HASH_START, (uint32_t)fd);

    hash = wr_hash(hash, addr->bytes, wr_addr_size(addr));
    return (uint32_t)(hash ^ hash >> 32) | 1;
}

void wr_bound_note(int fd, const void *address, socklen_t len)
{
    struct wr_addr local;

    if (fd < 0 || !wr_addr_from_sockaddr(address, len, &local))
        return;
    if (local.port != 0)
        atomic_store_explicit(&ports[fd % PLACES], (uint64_t)fd << 16 | local.port,
                              memory_order_relaxed);
    if (wr_addr_is_any(&local))
        return;
    atomic_store_explicit(&places[fd % PLACES], hash_of(fd, &local), memory_order_relaxed);
}

bool wr_bound_is(int fd, const struct wr_addr *local)
{
    return fd >= 0 && local->family != 0 && !wr_addr_is_any(local) &&
           atomic_load_explicit(&places[fd % PLACES], memory_order_relaxed) == hash_of(fd, local);
}

bool wr_bound_port_is(int fd, uint16_t port)
{
    return fd >= 0 && port != 0 &&
           atomic_load_explicit(&ports[fd % PLACES], memory_order_relaxed) ==
               ((uint64_t)fd << 16 | port);
}
