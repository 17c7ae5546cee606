/* SPDX-License-Identifier: MIT
 * See workspace.h. */
#include "workspace.h"

#include <stdatomic.h>
#include <sys/mman.h>

#include "base/process.h"
#include "base/sys.h"

static struct wr_workspace shared;
static _Atomic bool shared_taken;

struct wr_workspace *wr_workspace_take(bool to_keep)
{
    bool free = false;
    long at;

    if (!to_keep && wr_process_owns_memory() &&
        atomic_compare_exchange_strong(&shared_taken, &free, true))
        return &shared;
    at = WR_SYS(mmap, 0, sizeof(struct wr_workspace), PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return at < 0 && at > -4096 ? NULL : (struct wr_workspace *)at;
}

void wr_workspace_give(struct wr_workspace *space)
{
    if (space == &shared)
        atomic_store(&shared_taken, false);
    else
        WR_SYS(munmap, space, sizeof(*space));
}

uint64_t wr_signals_block(void)
{
    const uint64_t faults = 1u << (11 - 1) /* SEGV */ | 1u << (7 - 1) /* BUS */ |
                            1u << (4 - 1) /* ILL */ | 1u << (8 - 1) /* FPE */ |
                            1u << (5 - 1) /* TRAP */ | 1u << (31 - 1) /* SYS */;
    uint64_t mask = ~faults, before = 0;

    /* added to what the host blocks: those faults among them that it waits for stay blocked */
    WR_SYS(rt_sigprocmask, 0 /* SIG_BLOCK */, &mask, &before, sizeof(mask));
    return before;
}

void wr_signals_restore(uint64_t before)
{
    WR_SYS(rt_sigprocmask, 2 /* SIG_SETMASK */, &before, 0, sizeof(before));
}
