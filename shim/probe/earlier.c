/* SPDX-License-Identifier: MIT
 * What was there before the failure: connections of this process to the destination, and those that
 * are left in the kernel, of any process. */
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "base/address.h"
#include "probe/context.h"
#include "probe/sockdump.h"

/* Above these ports a client's own socket has one by chance (ip(7) ip_local_port_range). */
#define EPHEMERAL_FROM 32768

#define LEFT_OVER                                                                              \
    (1u << TCP_ESTABLISHED | 1u << TCP_FIN_WAIT1 | 1u << TCP_FIN_WAIT2 | 1u << TCP_TIME_WAIT | \
     1u << TCP_CLOSE_WAIT | 1u << TCP_LAST_ACK | 1u << TCP_CLOSING)

struct remains {
    struct wr_addr dest;
    uint64_t count;
};

static bool to_there(void *ctx, const struct wr_dump_row *row)
{
    struct remains *remains = ctx;

    remains->count +=
        row->remote.port == remains->dest.port && wr_addr_same_host(&row->remote, &remains->dest);
    return true;
}

static bool from_there(void *ctx, const struct wr_dump_row *row)
{
    struct remains *remains = ctx;

    remains->count +=
        row->local.port == remains->dest.port && wr_addr_same_host(&row->local, &remains->dest);
    return true;
}

/* The kernel's table has as many places as the machine has memory for: too much to walk for every
 * failure of a program that fails often. */
#define PAUSE_NS 50000000u
static bool may_look(void)
{
    static uint64_t next_ns;
    uint64_t now_ns = wr_now_ns();

    if (now_ns < __atomic_load_n(&next_ns, __ATOMIC_RELAXED))
        return false;
    __atomic_store_n(&next_ns, now_ns + PAUSE_NS, __ATOMIC_RELAXED);
    return true;
}

/* Either end may be what is left: whoever closed first keeps it for a minute. */
static void count_remains(struct wr_probe_ctx *ctx)
{
    const struct wr_addr *means = wr_ev_addr(ctx->ev, WR_FACT_wildcard_means);
    struct remains remains = {.dest = means != NULL ? *means : ctx->attempt->target};
    struct wr_dump_filter filter = {
        .protocol = IPPROTO_TCP, .states = LEFT_OVER, .peer = &remains.dest};

    if (wr_dump_sockets(ctx, &filter, to_there, &remains) < 0)
        return;
    filter.peer = NULL;
    filter.local_port = remains.dest.port;
    if (remains.count == 0 && filter.local_port < EPHEMERAL_FROM &&
        wr_dump_sockets(ctx, &filter, from_there, &remains) < 0)
        return;
    wr_set_uint(ctx->ev, WR_FACT_port_remains, remains.count);
}

void wr_probe_earlier(struct wr_probe_ctx *ctx)
{
    const struct wr_attempt *attempt = ctx->attempt;

    if (attempt->call != WR_CALL_CONNECT || attempt->target.family == 0 ||
        attempt->outcome == WR_OUTCOME_RECOVERED)
        return;
    if (attempt->succeeded_ns != 0 && attempt->succeeded_ns <= attempt->end_ns) {
        uint64_t ago_us = (attempt->end_ns - attempt->succeeded_ns) / 1000;

        wr_set_uint(ctx->ev, WR_FACT_succeeded_ago_us, ago_us);
        wr_set_bool(ctx->ev, WR_FACT_succeeded_just_now, ago_us < 1000000);
    } else {
        wr_set_absent(ctx->ev, WR_FACT_succeeded_ago_us);
    }
    /* where this process itself was connected, that is enough */
    if (!wr_ev_has(ctx->ev, WR_FACT_succeeded_ago_us) && wr_context_unserved(ctx) && may_look())
        count_remains(ctx);
}
