/* SPDX-License-Identifier: MIT
 * How often something may be done: a number of times at once, then one for each interval. For what
 * a program can cause thousands of times a second. Lock-free. */
#ifndef WR_TRACK_PACE_H
#define WR_TRACK_PACE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct wr_pace {
    uint64_t interval_ns, at_once;
    _Atomic uint64_t free_ns; /* when all of at_once may be done again */
};

/* Whether it may be done now; then it is counted as done. now_ns: CLOCK_MONOTONIC. */
static inline bool wr_pace_take(struct wr_pace *pace, uint64_t now_ns)
{
    uint64_t before = atomic_load_explicit(&pace->free_ns, memory_order_relaxed), from;

    do {
        from = before > now_ns ? before : now_ns;
        if (from - now_ns > pace->interval_ns * (pace->at_once - 1))
            return false;
    } while (!atomic_compare_exchange_weak_explicit(&pace->free_ns, &before,
                                                    from + pace->interval_ns, memory_order_relaxed,
                                                    memory_order_relaxed));
    return true;
}

#endif
