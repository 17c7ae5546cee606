/* SPDX-License-Identifier: MIT
 * Keeps the host's signal handlers, which may longjmp, out while we work. What comes meanwhile is
 * delivered afterwards. */
#ifndef WR_BASE_SIGNALS_H
#define WR_BASE_SIGNALS_H

#include <stdint.h>

#include "base/sys.h"

/* Blocks all but those that a fault of this thread raises; returns what was blocked before. */
static inline uint64_t wr_signals_block(void)
{
    const uint64_t faults = 1u << (11 - 1) /* SEGV */ | 1u << (7 - 1) /* BUS */ |
                            1u << (4 - 1) /* ILL */ | 1u << (8 - 1) /* FPE */ |
                            1u << (5 - 1) /* TRAP */ | 1u << (31 - 1) /* SYS */;
    uint64_t mask = ~faults, before = 0;

    /* added to what the host blocks: those faults among them that it waits for stay blocked */
    WR_SYS(rt_sigprocmask, 0 /* SIG_BLOCK */, &mask, &before, sizeof(mask));
    return before;
}

static inline void wr_signals_restore(uint64_t before)
{
    WR_SYS(rt_sigprocmask, 2 /* SIG_SETMASK */, &before, 0, sizeof(before));
}

#endif
