/* SPDX-License-Identifier: MIT
 * Clocks in one place. clock_gettime() is the vDSO's: no system call, async-signal-safe. */
#ifndef WR_BASE_CLOCK_H
#define WR_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t wr_clock_ns(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline uint64_t wr_now_ns(void)
{
    return wr_clock_ns(CLOCK_MONOTONIC);
}

#endif
