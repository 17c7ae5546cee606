/* SPDX-License-Identifier: MIT
 * A place that one at a time uses, and for which nobody waits. Async-signal-safe. */
#ifndef WR_TRACK_TAKEN_H
#define WR_TRACK_TAKEN_H

#include <stdatomic.h>
#include <stdbool.h>

/* False where another one has it. */
static inline bool wr_taken_take(_Atomic bool *taken)
{
    bool free = false;

    return atomic_compare_exchange_strong_explicit(taken, &free, true, memory_order_acquire,
                                                   memory_order_relaxed);
}

static inline void wr_taken_give(_Atomic bool *taken)
{
    atomic_store_explicit(taken, false, memory_order_release);
}

#endif
