/* SPDX-License-Identifier: MIT
 * Whether this process is in a Landlock sandbox. The kernel does not say so; but it nests at most
 * 16 (landlock(7)), and a child that is thrown away can count how many more there may be. */
#include <errno.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/prctl.h>

#include "base/sys.h"
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

static void count(void *arg)
{
    *(int *)arg = nest();
}

/* TCP is denied and UDP is not, as Landlock does it; and no filter could kill for the question. */
void wr_probe_landlock(struct wr_probe_ctx *ctx)
{
    int nested = -ECHILD;

    if (!wr_ev_is(ctx->ev, WR_FACT_error, EACCES) || !wr_ev_true(ctx->ev, WR_FACT_denied_stream) ||
        !wr_ev_false(ctx->ev, WR_FACT_denied_datagram) ||
        !wr_ev_true(ctx->ev, WR_FACT_landlock_active))
        return;
    wr_set_bool(ctx->ev, WR_FACT_landlock_uncounted, true);
    /* Credentials are a thread's own, so a child that shares the memory can do it. */
    if (!wr_ev_is(ctx->ev, WR_FACT_seccomp_mode, 0) || ctx->helper == NULL ||
        ctx->helper->apart(ctx->helper, count, &nested) < 0 || nested < 0 || nested > NESTED_MAX)
        return;
    wr_set_bool(ctx->ev, WR_FACT_landlock_uncounted, false);
    wr_set_bool(ctx->ev, WR_FACT_landlock_sandboxed, nested < NESTED_MAX);
}
