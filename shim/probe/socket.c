/* SPDX-License-Identifier: MIT
 * Facts of the socket that a failed call leaves behind: its own address (getsockname(2)). */
#include <netinet/in.h>

#include "base/address.h"
#include "base/sys.h"
#include "probe/probe.h"

void wr_probe_socket(struct wr_probe_ctx *ctx)
{
    struct sockaddr_storage name;
    socklen_t len = sizeof(name);
    struct wr_addr source;

    if (ctx->attempt->fd < 0 || ctx->attempt->target.family == 0)
        return;
    if (WR_SYS(getsockname, ctx->attempt->fd, &name, &len) < 0 ||
        !wr_addr_from_sockaddr(&name, len, &source))
        return;
    /* A failed connect() gives back the address that the kernel chose, not one that bind() set
     * (__inet_bhash2_update_saddr(), SOCK_BINDADDR_LOCK); the port may stay. */
    wr_set_bool(ctx->ev, WR_FACT_source_bound, !wr_addr_is_any(&source));
    if (wr_addr_is_any(&source))
        wr_set_absent(ctx->ev, WR_FACT_source);
    else
        wr_set_addr(ctx->ev, WR_FACT_source, &source);
}
