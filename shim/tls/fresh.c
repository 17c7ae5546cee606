/* SPDX-License-Identifier: MIT
 * See fresh.h. Who takes or fills a place has it alone meanwhile; whoever comes in between finds
 * nothing, or leaves nothing. */
#include "tls/fresh.h"

#define BUSY ((uintptr_t)1)

_Atomic uintptr_t wr_tls_fresh_objects[WR_TLS_FRESH]; /* 0 = free */
static struct wr_tls_fresh places[WR_TLS_FRESH];

void wr_tls_fresh_put(const void *object, const struct wr_tls_fresh *fresh)
{
    unsigned at = wr_tls_fresh_place((uintptr_t)object);
    uintptr_t before = atomic_load_explicit(&wr_tls_fresh_objects[at], memory_order_relaxed);

    if (before == BUSY || !atomic_compare_exchange_strong(&wr_tls_fresh_objects[at], &before, BUSY))
        return;
    places[at] = *fresh;
    atomic_store_explicit(&wr_tls_fresh_objects[at], (uintptr_t)object, memory_order_release);
}

bool wr_tls_fresh_take(const void *object, struct wr_tls_fresh *ret)
{
    unsigned at = wr_tls_fresh_place((uintptr_t)object);
    uintptr_t before = (uintptr_t)object;

    if (object == NULL || !wr_tls_is_fresh(object) ||
        !atomic_compare_exchange_strong(&wr_tls_fresh_objects[at], &before, BUSY))
        return false;
    *ret = places[at];
    atomic_store_explicit(&wr_tls_fresh_objects[at], 0, memory_order_release);
    return true;
}
