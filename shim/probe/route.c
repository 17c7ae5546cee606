/* SPDX-License-Identifier: MIT
 * The route to the destination: as the socket asks for it, and as a socket without options would.
 * Sets the facts of the section "route"; other probes start from them. */
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "base/address.h"
#include "probe/probe.h"
#include "probe/rtnl.h"

/* Addresses that the kernel can take for the source. */
struct own {
    struct wr_addr addrs[8];
    uint32_t used;
    bool full;
};

static bool take_address(void *each_ctx, const struct nlmsghdr *message)
{
    struct own *own = each_ctx;
    const struct ifaddrmsg *info = NLMSG_DATA(message);
    struct wr_addr addr;

    if (message->nlmsg_type != RTM_NEWADDR || message->nlmsg_len < NLMSG_LENGTH(sizeof(*info)) ||
        info->ifa_family != AF_INET6 || (info->ifa_flags & IFA_F_TENTATIVE) != 0)
        return true;
    addr = wr_rtnl_addr(message, sizeof(*info), IFA_LOCAL, AF_INET6);
    if (addr.family == 0)
        addr = wr_rtnl_addr(message, sizeof(*info), IFA_ADDRESS, AF_INET6);
    if (addr.family == 0 || wr_addr_is_loopback(&addr) || wr_addr_is_linklocal(&addr))
        return true;
    if (own->used == sizeof(own->addrs) / sizeof(own->addrs[0]))
        own->full = true;
    else
        own->addrs[own->used++] = addr;
    return true;
}

/* Where an IPv6 lookup without a source fails, the kernel chooses one and looks again (net/ipv6/
 * ip6_output.c ip6_dst_lookup_tail()): routes and rules can ask for a source. Which it chooses is
 * not known here, so they have to agree. On success query->from is what it was asked with. */
static int ask_from_own(struct wr_probe_ctx *ctx, struct wr_route_query *query,
                        struct wr_route_answer *answer)
{
    const struct ifaddrmsg addresses = {.ifa_family = AF_INET6};
    struct wr_route_query from = *query;
    struct wr_route_answer found;
    struct wr_rtnl_request request;
    struct own own = {.used = 0};
    uint32_t ways = 0;
    int rc;

    wr_rtnl_request(&request, RTM_GETADDR, &addresses, sizeof(addresses));
    request.head.nlmsg_flags = NLM_F_DUMP;
    rc = wr_rtnl_ask(ctx, &request, take_address, &own);
    for (uint32_t i = 0; rc >= 0 && i < own.used; i++) {
        from.from = own.addrs[i];
        rc = wr_route_ask(ctx, &from, false, &found);
        if (rc < 0 || found.error != 0 || ways++ != 0)
            continue;
        query->from = from.from;
        *answer = found;
        answer->source = from.from;
    }
    if (rc < 0)
        return rc;
    return own.full || (ways != 0 && ways != own.used) ? -ENODATA : 0;
}

/* IPv4 looks once more with the source that it chose (include/net/route.h ip_route_connect()):
 * rules can ask for it. *answer is the first one's, and keeps its source where the second fails. */
static int ask_with_chosen(struct wr_probe_ctx *ctx, struct wr_route_query *query,
                           struct wr_route_answer *answer)
{
    const struct wr_addr chosen = answer->source;
    struct wr_route_query from = *query;
    int rc;

    if (chosen.family == 0 || answer->type == RTN_LOCAL)
        return 0;
    from.from = chosen;
    rc = wr_route_ask(ctx, &from, false, answer);
    if (rc < 0)
        return rc;
    *query = from;
    answer->source = chosen;
    return 0;
}

/* The way that connect() takes. */
static int ask(struct wr_probe_ctx *ctx, struct wr_route_query *query,
               struct wr_route_answer *ret_answer)
{
    const int rc = wr_route_ask(ctx, query, false, ret_answer);

    if (rc == 0 && ret_answer->error == 0 && query->to.family == AF_INET && query->from.family == 0)
        return ask_with_chosen(ctx, query, ret_answer);
    if (rc < 0 || ret_answer->error == 0 || query->to.family != AF_INET6 ||
        query->from.family != 0 || query->device != 0 || wr_addr_is_multicast(&query->to))
        return rc;
    return ask_from_own(ctx, query, ret_answer);
}

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
        if (answer->source.family != 0)
            wr_set_addr(ctx->ev, WR_FACT_route_source, &answer->source);
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
static bool set_local(struct wr_probe_ctx *ctx, struct wr_route_query *query,
                      struct wr_route_answer *ret_answer)
{
    const int rc = ask(ctx, query, ret_answer);

    if (rc < 0 && rc != -ENODATA)
        return false;
    wr_set_bool(ctx->ev, WR_FACT_destination_local,
                wr_addr_is_loopback(&query->to) ||
                    (rc == 0 && ret_answer->error == 0 &&
                     (ret_answer->type == RTN_LOCAL || ret_answer->type == RTN_ANYCAST)));
    return rc == 0;
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

static bool has_no_options(const struct wr_route_query *query)
{
    return query->device == 0 && query->mark == 0 && query->from.family == 0;
}

void wr_probe_route(struct wr_probe_ctx *ctx)
{
    const struct wr_attempt *attempt = ctx->attempt;
    struct wr_route_query query, plain;
    struct wr_route_answer bound, unbound;
    bool asked;

    if (attempt->target.family == 0 ||
        (!wr_attempt_reaches(attempt) && attempt->call != WR_CALL_BIND))
        return;
    query = wr_route_query_of(ctx, false);
    /* An answer from a loopback address came from this machine: no need to ask for the way. */
    if (attempt->error == ECONNREFUSED && wr_addr_is_loopback(&attempt->target) &&
        has_no_options(&query)) {
        wr_set_bool(ctx->ev, WR_FACT_destination_local, true);
        return;
    }
    plain = wr_route_query_of(ctx, true);
    asked = set_local(ctx, &plain, &unbound);
    if (!wr_attempt_reaches(attempt))
        return;
    wr_set_bool(ctx->ev, WR_FACT_destination_private, wr_addr_is_private(&attempt->target));
    if (has_no_options(&query)) {
        if (asked)
            set_route(ctx, &plain, &unbound);
        return;
    }
    if (ask(ctx, &query, &bound) < 0)
        return;
    set_route(ctx, &query, &bound);
    if (asked)
        set_unbound(ctx, &bound, &unbound);
}
