/* SPDX-License-Identifier: MIT
 * Requests to connect are sent again, and the packets that the reverse path filter drops are
 * counted: one for each, and none in between, are the answers. Tier active. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "base/address.h"
#include "base/sys.h"
#include "probe/netstat.h"
#include "probe/rpfilter.h"
#include "probe/rtnl.h"
#include "track/pace.h"
#include "whyrefused/faults.h"

#define TRIES 3
/* An answer that comes later is not waited for. */
#define WAIT_NS 300000000u
#define STEP_NS 5000000

/* It waits for most of a budget. */
static struct wr_pace pace = {.interval_ns = 5000000000u, .at_once = 8};

/* As the program's socket was made, as far as that chooses the way. -errno where it can't be. */
static int make_socket(struct wr_probe_ctx *ctx)
{
    const struct wr_addr *source = wr_ev_addr(ctx->ev, WR_FACT_source);
    const uint32_t device = wr_route_bound_device(ctx);
    const uint32_t mark = (uint32_t)wr_ev_uint(ctx->ev, WR_FACT_socket_mark, 0);
    struct sockaddr_storage name;
    struct wr_addr from;
    long fd, rc = 0;

    fd = WR_SYS(socket, AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
    if (fd < 0)
        return (int)fd;
    if (mark != 0)
        rc = WR_SYS(setsockopt, fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark));
    if (rc == 0 && device != 0)
        rc = WR_SYS(setsockopt, fd, SOL_SOCKET, SO_BINDTOIFINDEX, &device, sizeof(device));
    if (rc == 0 && source != NULL && wr_ev_true(ctx->ev, WR_FACT_source_bound)) {
        from = *source;
        from.port = 0;
        rc = WR_SYS(bind, fd, &name, wr_addr_to_sockaddr(&from, &name));
    }
    if (rc < 0)
        WR_SYS(close, fd);
    return rc < 0 ? (int)rc : (int)fd;
}

/* True where the counter is above `from` before WAIT_NS are over. */
static bool rises(struct wr_probe_ctx *ctx, uint64_t from, uint64_t *ret_after_ns)
{
    const uint64_t start_ns = wr_now_ns();
    uint64_t now = from;

    *ret_after_ns = WAIT_NS;
    while (wr_now_ns() - start_ns < WAIT_NS && !wr_probe_out_of_time(ctx)) {
        if (!wr_netstat_read(ctx, WR_RPFILTER_COUNTER, &now))
            return false;
        if (now > from) {
            *ret_after_ns = wr_now_ns() - start_ns;
            return true;
        }
        /* the kernel writes what is left of it there */
        WR_SYS(ppoll, NULL, 0, &(struct timespec){.tv_nsec = STEP_NS}, NULL, 8);
    }
    return false;
}

/* False where no request could be sent. */
static bool try_once(struct wr_probe_ctx *ctx, uint64_t *drops, bool *ret_rose)
{
    struct sockaddr_storage name;
    const socklen_t len = wr_addr_to_sockaddr(&ctx->attempt->target, &name);
    uint64_t took_ns;
    int fd = make_socket(ctx);
    long rc;

    if (fd < 0)
        return false;
    rc = WR_SYS(connect, fd, &name, len);
    *ret_rose = rc == -EINPROGRESS && rises(ctx, *drops, &took_ns);
    WR_SYS(close, fd);
    return rc == -EINPROGRESS && wr_netstat_read(ctx, WR_RPFILTER_COUNTER, drops);
}

static void try_all(struct wr_probe_ctx *ctx)
{
    uint64_t drops, before, after_ns;
    bool rose = true;

    if (!wr_netstat_read(ctx, WR_RPFILTER_COUNTER, &drops))
        return;
    /* the requests of the way had no answer, either, and nothing was dropped meanwhile */
    if (wr_ev_is(ctx->ev, WR_FACT_path_answer, WR_PATH_SILENT) &&
        wr_ev_is(ctx->ev, WR_FACT_rp_filter_drops, drops)) {
        wr_set_bool(ctx->ev, WR_FACT_rp_filter_rises, false);
        return;
    }
    /* the answer to the program's own request is sent again and again: a moment between two */
    before = drops;
    for (unsigned i = 0; rises(ctx, before, &after_ns); i++) {
        if (i == 2 || !wr_netstat_read(ctx, WR_RPFILTER_COUNTER, &before))
            return;
    }
    drops = before;
    for (unsigned i = 0; i < TRIES && rose; i++) {
        if (!try_once(ctx, &drops, &rose))
            return;
    }
    wr_set_bool(ctx->ev, WR_FACT_rp_filter_rises, rose);
}

void wr_probe_rpfilter_try(struct wr_probe_ctx *ctx)
{
    if (wr_rpfilter_matters(ctx) && !wr_ev_true(ctx->ev, WR_FACT_rule_found) &&
        wr_ev_known(ctx->ev, WR_FACT_rp_filter_drops) && wr_pace_take(&pace, wr_now_ns()))
        wr_probe_apart(ctx, try_all);
}
