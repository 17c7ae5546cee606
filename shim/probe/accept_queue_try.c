/* SPDX-License-Identifier: MIT
 * Whether the listener's full queue is what requests meet: one more is sent to this machine's own
 * address, and the counter of those that met a full queue is read. Tier local. */
#include <errno.h>
#include <netinet/in.h>

#include "base/address.h"
#include "base/sys.h"
#include "probe/netstat.h"
#include "probe/rtnl.h"

#define TRIES 2
#define COUNTER "ListenOverflows"

/* Within this machine the request has met the queue when connect() returns. It is not sent again:
 * the socket is closed at once. */
static bool meets_it(struct wr_probe_ctx *ctx)
{
    const struct wr_addr to = wr_route_query_of(ctx, true).to;
    const uint32_t device = wr_route_bound_device(ctx);
    struct sockaddr_storage name;
    const socklen_t len = wr_addr_to_sockaddr(&to, &name);
    uint64_t before, after;
    long fd, rc = 0;

    if (!wr_netstat_read(ctx, COUNTER, &before))
        return false;
    fd = WR_SYS(socket, to.family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
    if (fd < 0)
        return false;
    if (device != 0)
        rc = WR_SYS(setsockopt, fd, SOL_SOCKET, SO_BINDTOIFINDEX, &device, sizeof(device));
    if (rc == 0)
        rc = WR_SYS(connect, fd, &name, len);
    WR_SYS(close, fd);
    return rc == -EINPROGRESS && wr_netstat_read(ctx, COUNTER, &after) && after > before;
}

void wr_probe_accept_queue_try(struct wr_probe_ctx *ctx)
{
    bool meets = true;

    /* where there are no rules nothing else is in question */
    if (ctx->attempt->error != ETIMEDOUT || !wr_ev_true(ctx->ev, WR_FACT_accept_queue_full) ||
        wr_ev_false(ctx->ev, WR_FACT_netfilter_rules))
        return;
    for (unsigned i = 0; i < TRIES && meets; i++)
        meets = meets_it(ctx);
    wr_set_bool(ctx->ev, WR_FACT_overflow_rises, meets);
}
