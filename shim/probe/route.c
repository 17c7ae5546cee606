/* SPDX-License-Identifier: MIT
 * The route to the destination: as the socket asks for it, and as a socket without options would.
 * Sets the facts of the section "route"; other probes start from them. */
#include <linux/rtnetlink.h>

#include "base/address.h"
#include "probe/probe.h"
#include "probe/rtnl.h"

static void set_device(struct wr_probe_ctx *ctx, enum wr_fact fact, uint32_t index)
{
    struct wr_link link;

    if (index != 0 && wr_link_get(ctx, index, &link) == 0)
        wr_set_str(ctx->ev, fact, link.name);
}

static void set_addr_or_absent(struct wr_probe_ctx *ctx, enum wr_fact fact,
                               const struct wr_addr *addr)
{
    if (addr->family != 0)
        wr_set_addr(ctx->ev, fact, addr);
    else
        wr_set_absent(ctx->ev, fact);
}

/* The entry of a table that matched. */
static void set_matched(struct wr_probe_ctx *ctx, const struct wr_route_query *query)
{
    struct wr_route_answer matched;
    char text[64];
    struct wr_buf buf = wr_buf_on(text, sizeof(text));

    if (wr_route_ask(ctx, query, true, &matched) < 0)
        return;
    /* net/ipv4/route.c: with a device given and no route, the destination is assumed on-link;
     * there is no table entry to show then */
    wr_set_bool(ctx->ev, WR_FACT_route_assumed, matched.error != 0 && query->device != 0);
    if (matched.error != 0)
        return;
    wr_buf_prefix(&buf, &matched.prefix, matched.prefix_len);
    wr_set_text(ctx->ev, WR_FACT_route_prefix, text, (uint32_t)buf.len);
    wr_set_uint(ctx->ev, WR_FACT_route_table, matched.table);
}

static void set_route(struct wr_probe_ctx *ctx, const struct wr_route_query *query)
{
    struct wr_route_answer answer;

    if (wr_route_ask(ctx, query, false, &answer) < 0)
        return;
    if (answer.error != 0) {
        wr_set_errno(ctx->ev, WR_FACT_route_error, answer.error);
        wr_set_absent(ctx->ev, WR_FACT_route_type);
        return;
    }
    wr_set_absent(ctx->ev, WR_FACT_route_error);
    wr_set_uint(ctx->ev, WR_FACT_route_type, answer.type);
    set_addr_or_absent(ctx, WR_FACT_route_gateway, &answer.gateway);
    set_addr_or_absent(ctx, WR_FACT_route_source, &answer.source);
    set_device(ctx, WR_FACT_route_device, answer.device);
    set_matched(ctx, query);
}

/* The way of a socket without device, mark and source: whose address the destination is does not
 * hang on them. */
static void set_plain(struct wr_probe_ctx *ctx, bool compare)
{
    struct wr_route_query query = wr_route_query_of(ctx, true);
    struct wr_route_answer answer;

    if (wr_route_ask(ctx, &query, false, &answer) < 0)
        return;
    wr_set_bool(
        ctx->ev, WR_FACT_destination_local,
        wr_addr_is_any(&ctx->attempt->target) || wr_addr_is_loopback(&query.to) ||
            (answer.error == 0 && (answer.type == RTN_LOCAL || answer.type == RTN_ANYCAST)));
    if (!compare)
        return;
    if (answer.error != 0) {
        wr_set_errno(ctx->ev, WR_FACT_unbound_route_error, answer.error);
        wr_set_absent(ctx->ev, WR_FACT_unbound_route_type);
        return;
    }
    wr_set_absent(ctx->ev, WR_FACT_unbound_route_error);
    wr_set_uint(ctx->ev, WR_FACT_unbound_route_type, answer.type);
    set_device(ctx, WR_FACT_unbound_route_device, answer.device);
}

void wr_probe_route(struct wr_probe_ctx *ctx)
{
    struct wr_route_query query;

    if (ctx->attempt->target.family == 0)
        return;
    if (ctx->attempt->call != WR_CALL_CONNECT) {
        if (ctx->attempt->call == WR_CALL_BIND)
            set_plain(ctx, false);
        return;
    }
    query = wr_route_query_of(ctx, false);
    wr_set_bool(ctx->ev, WR_FACT_destination_private, wr_addr_is_private(&ctx->attempt->target));
    set_plain(ctx, query.device != 0 || query.mark != 0 || query.from.family != 0);
    set_route(ctx, &query);
}
