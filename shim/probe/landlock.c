/* SPDX-License-Identifier: MIT
 * Whether this process is in a Landlock sandbox. The kernel does not say so; but it nests at most
 * 16 (landlock(7)), and a child that is thrown away can count how many more there may be. */
#include <errno.h>
#include <linux/landlock.h>
#include <linux/wait.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "base/process.h"
#include "base/sys.h"
#include "base/valgrind.h"
#include "probe/probe.h"

#define NESTED_MAX 16 /* LANDLOCK_MAX_NUM_LAYERS of security/landlock/limits.h */

/* How many sandboxes could be put around this process; -errno where none may be made. */
static int nest(void)
{
    const uint64_t handled[1] = {LANDLOCK_ACCESS_FS_MAKE_BLOCK}; /* something that nobody needs */
    long rc, fd;
    int count = 0;

    rc = WR_SYS(prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (rc < 0)
        return (int)rc;
    fd = WR_SYS_RARE(landlock_create_ruleset, handled, sizeof(handled), 0);
    if (fd < 0)
        return (int)fd;
    do {
        rc = WR_SYS_RARE(landlock_restrict_self, fd, 0);
        count += rc == 0;
    } while (rc == 0 && count <= NESTED_MAX);
    return rc == -E2BIG ? count : -ENOTSUP;
}

/* As frames/canary.c: the child has memory of its own, no exit signal, and no signal handlers. */
static int count_in_child(void)
{
    const uint64_t all = ~0ull;
    uint64_t before = 0;
    int status, result;
    long child,
        at = WR_SYS(mmap, 0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    volatile int *count;

    if (at <= 0)
        return at < 0 ? (int)at : -ENOMEM;
    count = (volatile int *)at;
    *count = -ECHILD;
    WR_SYS(rt_sigprocmask, SIG_SETMASK, &all, &before, sizeof(all));
    child = WR_SYS(clone, CLONE_VFORK, 0, 0, 0, 0);
    if (child == 0) {
        *count = nest();
        WR_SYS(exit, 0);
    }
    WR_SYS(rt_sigprocmask, SIG_SETMASK, &before, 0, sizeof(before));
    while (child > 0 && WR_SYS(wait4, child, &status, __WCLONE, 0) == -EINTR)
        ;
    result = *count;
    WR_SYS(munmap, at, 4096);
    return result;
}

/* TCP is denied and UDP is not, as Landlock does it; and no filter could kill for the question. */
void wr_probe_landlock(struct wr_probe_ctx *ctx)
{
    int count;

    if (!wr_ev_is(ctx->ev, WR_FACT_error, EACCES) || !wr_ev_true(ctx->ev, WR_FACT_denied_stream) ||
        !wr_ev_false(ctx->ev, WR_FACT_denied_datagram) ||
        !wr_ev_true(ctx->ev, WR_FACT_landlock_active))
        return;
    wr_set_bool(ctx->ev, WR_FACT_landlock_uncounted, true);
    if (!wr_ev_is(ctx->ev, WR_FACT_seccomp_mode, 0) || wr_process_borrows_memory() ||
        wr_on_valgrind())
        return;
    count = count_in_child();
    if (count < 0 || count > NESTED_MAX)
        return;
    wr_set_bool(ctx->ev, WR_FACT_landlock_uncounted, false);
    wr_set_bool(ctx->ev, WR_FACT_landlock_sandboxed, count < NESTED_MAX);
}
