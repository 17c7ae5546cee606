/* SPDX-License-Identifier: MIT
 * Whether loopback works: a new network namespace has its interface down, and an address that was
 * flushed takes the route to it along. */
#include <errno.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "base/address.h"
#include "probe/probe.h"
#include "probe/rtnl.h"

#define LOOPBACK_IFINDEX 1 /* include/net/net_namespace.h */

struct search {
    struct wr_addr wanted;
    bool found;
};

static bool take_address(void *each_ctx, const struct nlmsghdr *message)
{
    struct search *search = each_ctx;
    const struct ifaddrmsg *info = NLMSG_DATA(message);
    struct wr_addr addr;

    if (message->nlmsg_type != RTM_NEWADDR || message->nlmsg_len < NLMSG_LENGTH(sizeof(*info)) ||
        info->ifa_family != search->wanted.family)
        return true;
    addr = wr_rtnl_addr(message, sizeof(*info), IFA_ADDRESS, info->ifa_family);
    search->found |= wr_prefix_covers(&addr, info->ifa_prefixlen, &search->wanted);
    return true;
}

/* An error that comes where loopback is off: the lookup fails, or leads out of this machine. */
static bool matters(const struct wr_attempt *attempt)
{
    if (attempt->target.family == 0 ||
        (!wr_addr_is_any(&attempt->target) && !wr_addr_is_loopback(&attempt->target)))
        return false;
    if (attempt->call == WR_CALL_BIND)
        return attempt->error == EADDRNOTAVAIL && !wr_addr_is_any(&attempt->target);
    if (!wr_attempt_reaches(attempt))
        return false;
    switch (attempt->error) {
    case EADDRNOTAVAIL: /* with IPv4 that is a matter of ports */
        return attempt->target.family == AF_INET6;
    case EHOSTUNREACH:
    case EINVAL:
    case ENETUNREACH:
    case ETIMEDOUT:
        return true;
    default:
        return false;
    }
}

void wr_probe_loopback(struct wr_probe_ctx *ctx)
{
    struct search search = {.wanted = wr_route_query_of(ctx, true).to};
    const struct ifaddrmsg addresses = {.ifa_family = search.wanted.family};
    struct wr_rtnl_request request;
    struct wr_link link;

    if (!matters(ctx->attempt) || wr_link_get(ctx, LOOPBACK_IFINDEX, &link) < 0)
        return;
    wr_set_bool(ctx->ev, WR_FACT_loopback_up, (link.flags & IFF_UP) != 0);
    wr_set_str(ctx->ev, WR_FACT_loopback_device, link.name);
    wr_rtnl_request(&request, RTM_GETADDR, &addresses, sizeof(addresses));
    request.head.nlmsg_flags = NLM_F_DUMP;
    if (wr_rtnl_ask(ctx, &request, take_address, &search) < 0)
        return;
    if (search.found)
        wr_set_absent(ctx->ev, WR_FACT_loopback_missing);
    else
        wr_set_str(ctx->ev, WR_FACT_loopback_missing,
                   search.wanted.family == AF_INET6 ? "::1/128" : "127.0.0.1/8");
}
