/* SPDX-License-Identifier: MIT
 * The route to the destination: as the socket asks for it, and as a socket without options would.
 * Sets the facts of the section "route"; other probes start from them. */
#include <errno.h>
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

static void set_route(struct wr_probe_ctx *ctx, const struct wr_route_query *query,
                      const struct wr_route_answer *answer)
{
    if (answer->error != 0) {
        wr_set_errno(ctx->ev, WR_FACT_route_error, answer->error);
        wr_set_absent(ctx->ev, WR_FACT_route_type);
        return;
    }
    wr_set_absent(ctx->ev, WR_FACT_route_error);
    wr_set_uint(ctx->ev, WR_FACT_route_type, answer->type);
    set_addr_or_absent(ctx, WR_FACT_route_gateway, &answer->gateway);
    set_addr_or_absent(ctx, WR_FACT_route_source, &answer->source);
    /* within this machine neither the device nor the table tells anything: not asked for */
    if (answer->type == RTN_LOCAL)
        return;
    set_device(ctx, WR_FACT_route_device, answer->device);
    set_matched(ctx, query);
}

/* The way of a socket without device, mark and source: whose address the destination is does not
 * hang on them. */
static bool set_local(struct wr_probe_ctx *ctx, struct wr_route_answer *ret_answer)
{
    const struct wr_route_query query = wr_route_query_of(ctx, true);
    struct wr_route_answer answer;

    if (wr_route_ask(ctx, &query, false, &answer) < 0)
        return false;
    *ret_answer = answer;
    wr_set_bool(
        ctx->ev, WR_FACT_destination_local,
        wr_addr_is_loopback(&query.to) ||
            (answer.error == 0 && (answer.type == RTN_LOCAL || answer.type == RTN_ANYCAST)));
    return true;
}

static void set_unbound(struct wr_probe_ctx *ctx, const struct wr_route_answer *bound,
                        const struct wr_route_answer *unbound)
{
    wr_set_bool(ctx->ev, WR_FACT_unbound_route_differs,
                bound->error != unbound->error ||
                    (bound->error == 0 &&
                     (bound->type != unbound->type || bound->device != unbound->device ||
                      bound->gateway.family != unbound->gateway.family ||
                      (bound->gateway.family != 0 &&
                       !wr_addr_same_host(&bound->gateway, &unbound->gateway)))));
    if (unbound->error != 0) {
        wr_set_errno(ctx->ev, WR_FACT_unbound_route_error, unbound->error);
        wr_set_absent(ctx->ev, WR_FACT_unbound_route_device);
        return;
    }
    wr_set_absent(ctx->ev, WR_FACT_unbound_route_error);
    set_device(ctx, WR_FACT_unbound_route_device, unbound->device);
}

/* Every ICMP error names its sender; this machine sends them to itself, too. */
static void set_offender(struct wr_probe_ctx *ctx)
{
    const struct wr_addr *offender = wr_ev_addr(ctx->ev, WR_FACT_icmp_offender);
    struct wr_route_query query = {.uid = wr_route_uid(ctx)};
    struct wr_route_answer answer;

    if (offender == NULL)
        return;
    query.to = *offender;
    if (wr_route_ask(ctx, &query, false, &answer) == 0)
        wr_set_bool(ctx->ev, WR_FACT_icmp_offender_local,
                    answer.error == 0 && answer.type == RTN_LOCAL);
}

static bool has_no_options(const struct wr_route_query *query)
{
    return query->device == 0 && query->mark == 0 && query->from.family == 0;
}

void wr_probe_route(struct wr_probe_ctx *ctx)
{
    const struct wr_attempt *attempt = ctx->attempt;
    struct wr_route_query query;
    struct wr_route_answer bound, unbound;
    bool asked;

    if (attempt->target.family == 0 ||
        (attempt->call != WR_CALL_CONNECT && attempt->call != WR_CALL_BIND))
        return;
    query = wr_route_query_of(ctx, false);
    /* An answer from a loopback address came from this machine: no need to ask for the way. */
    if (attempt->error == ECONNREFUSED && wr_addr_is_loopback(&attempt->target) &&
        has_no_options(&query)) {
        wr_set_bool(ctx->ev, WR_FACT_destination_local, true);
        set_offender(ctx);
        return;
    }
    asked = set_local(ctx, &unbound);
    if (attempt->call != WR_CALL_CONNECT)
        return;
    wr_set_bool(ctx->ev, WR_FACT_destination_private, wr_addr_is_private(&attempt->target));
    set_offender(ctx);
    if (has_no_options(&query)) {
        if (asked)
            set_route(ctx, &query, &unbound);
        return;
    }
    if (wr_route_ask(ctx, &query, false, &bound) < 0)
        return;
    set_route(ctx, &query, &bound);
    if (asked)
        set_unbound(ctx, &bound, &unbound);
}
