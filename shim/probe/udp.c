/* SPDX-License-Identifier: MIT
 * What has the port of a datagram that was refused: over UDP on another address, or over TCP.
 * Only where the destination is this machine. */
#include <errno.h>
#include <netinet/in.h>

#include "base/address.h"
#include "probe/listeners.h"
#include "probe/local.h"
#include "probe/owner.h"
#include "probe/sockdump.h"

#define LOOPBACK_IFINDEX 1 /* include/net/flow.h */

struct find {
    struct wr_addr dest;
    struct wr_dump_row other; /* family 0 = none */
};

/* Sockets with a peer take datagrams of that peer only. */
static bool take(void *ctx, const struct wr_dump_row *row)
{
    struct find *find = ctx;

    if (row->local.port != find->dest.port || row->remote.port != 0)
        return true;
    if (find->other.local.family == 0 || row->local.family == find->dest.family)
        find->other = *row;
    return true;
}

static void set_other(struct wr_probe_ctx *ctx, const struct find *find)
{
    struct wr_sock sock = {
        .local = find->other.local,
        .protocol = IPPROTO_UDP,
        .state = find->other.state,
        .v6only = find->other.v6only,
        .device = find->other.device,
        .uid = find->other.uid,
        .inode = find->other.inode,
    };

    if (find->other.local.family == 0) {
        wr_set_absent(ctx->ev, WR_FACT_udp_other_socket);
        return;
    }
    wr_owner_fill(ctx, &sock);
    wr_set_sock(ctx->ev, WR_FACT_udp_other_socket, &sock);
}

static void set_tcp(struct wr_probe_ctx *ctx, const struct find *find)
{
    struct wr_sock sock;
    int error = wr_listener_at(ctx, &find->dest, &sock);

    if (error == -ENOENT)
        wr_set_absent(ctx->ev, WR_FACT_udp_tcp_listener);
    if (error != 0)
        return;
    wr_owner_fill(ctx, &sock);
    wr_set_sock(ctx->ev, WR_FACT_udp_tcp_listener, &sock);
}

void wr_probe_udp(struct wr_probe_ctx *ctx)
{
    const struct wr_attempt *attempt = ctx->attempt;
    struct wr_dump_filter filter = {.protocol = IPPROTO_UDP, .states = WR_DUMP_ALL_STATES};
    struct find find = {.dest = attempt->target};
    struct wr_sock sock;
    uint32_t device;
    int error;

    if (attempt->error != ECONNREFUSED || attempt->target.port == 0 ||
        wr_attempt_transport(attempt) != IPPROTO_UDP ||
        !wr_ev_true(ctx->ev, WR_FACT_destination_local))
        return;
    filter.local_port = find.dest.port;
    /* where the kernel does not list them, that none was found says nothing */
    if (wr_dump_sockets(ctx, &filter, take, &find) < 0)
        return;
    device = wr_addr_is_loopback(&find.dest) ? LOOPBACK_IFINDEX : find.dest.scope;
    error = wr_sockdiag_exact(ctx, IPPROTO_UDP, &find.dest, device, &sock);
    if (error == 0) {
        wr_owner_fill(ctx, &sock);
        wr_set_sock(ctx->ev, WR_FACT_udp_socket, &sock);
        return;
    }
    if (error != -ENOENT)
        return;
    wr_set_absent(ctx->ev, WR_FACT_udp_socket);
    set_other(ctx, &find);
    set_tcp(ctx, &find);
}
