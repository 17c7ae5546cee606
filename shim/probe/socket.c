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
    /* An address that the kernel chose itself stays until the program asks for the error of a
     * pending connect(), so it is no sign of bind(). */
    wr_set_bool(ctx->ev, WR_FACT_source_bound, ctx->attempt->bound);
    wr_set_bool(ctx->ev, WR_FACT_source_port_bound, ctx->attempt->bound_port);
    /* tcp_v4_connect(): what filters the call, and the route, come before the port, and the port
     * before the first request; it stays when that is refused, and for the next connect() */
    if (!ctx->attempt->bound && ctx->attempt->type == SOCK_STREAM &&
        ctx->attempt->call == WR_CALL_CONNECT && ctx->attempt->history != WR_HISTORY_FAILED)
        wr_set_bool(ctx->ev, WR_FACT_request_made, source.port != 0);
    if (wr_addr_is_any(&source))
        wr_set_absent(ctx->ev, WR_FACT_source);
    else
        wr_set_addr(ctx->ev, WR_FACT_source, &source);
}
