/* SPDX-License-Identifier: MIT
 * The reverse path filter, where no answer came: how the kernel would judge answers of the
 * destination (net/ipv4/fib_frontend.c __fib_validate_source()). There is none for IPv6. */
#include "probe/rpfilter.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "base/address.h"
#include "base/file.h"
#include "probe/netstat.h"
#include "probe/rtnl.h"

/* A user that no rule is about: the kernel looks for none here, either. */
#define NO_USER UINT32_MAX

bool wr_rpfilter_matters(const struct wr_probe_ctx *ctx)
{
    const struct wr_attempt *attempt = ctx->attempt;

    return attempt->call == WR_CALL_CONNECT && attempt->error == ETIMEDOUT &&
           attempt->target.family == AF_INET && attempt->type != SOCK_DGRAM &&
           wr_ev_false(ctx->ev, WR_FACT_destination_local) &&
           wr_ev_is(ctx->ev, WR_FACT_route_type, RTN_UNICAST);
}

/* 0 where it can't be read. */
static uint64_t setting(const char *device, const char *name)
{
    char path[96];
    uint64_t value;

    return wr_join(path, sizeof(path), "/proc/sys/net/ipv4/conf/", device, "/", name, NULL) !=
                       NULL &&
                   wr_file_uint(path, &value) == 0
               ? value
               : 0;
}

/* include/linux/inetdevice.h IN_DEV_MAXCONF(), IN_DEV_ORCONF() */
static void set_settings(struct wr_probe_ctx *ctx, const char *device)
{
    uint64_t all, own = setting(device, "rp_filter");

    if (wr_file_uint("/proc/sys/net/ipv4/conf/all/rp_filter", &all) < 0)
        return;
    wr_set_str(ctx->ev, WR_FACT_rp_device, device);
    wr_set_uint(ctx->ev, WR_FACT_rp_filter, all > own ? all : own);
    wr_set_bool(ctx->ev, WR_FACT_log_martians,
                setting("all", "log_martians") != 0 || setting(device, "log_martians") != 0);
}

struct owner {
    struct wr_addr addr;
    uint32_t device;
};

static bool take_address(void *each_ctx, const struct nlmsghdr *message)
{
    struct owner *owner = each_ctx;
    const struct ifaddrmsg *info = NLMSG_DATA(message);
    struct wr_addr addr;

    if (message->nlmsg_type != RTM_NEWADDR || message->nlmsg_len < NLMSG_LENGTH(sizeof(*info)) ||
        info->ifa_family != AF_INET)
        return true;
    addr = wr_rtnl_addr(message, sizeof(*info), IFA_LOCAL, AF_INET);
    if (addr.family != 0 && wr_addr_same_host(&addr, &owner->addr))
        owner->device = info->ifa_index;
    return true;
}

/* The interface that has the address; 0 = not known. */
static uint32_t device_of(struct wr_probe_ctx *ctx, const struct wr_addr *addr)
{
    const struct ifaddrmsg addresses = {.ifa_family = AF_INET};
    struct owner owner = {.addr = *addr};
    struct wr_rtnl_request request;

    wr_rtnl_request(&request, RTM_GETADDR, &addresses, sizeof(addresses));
    request.head.nlmsg_flags = NLM_F_DUMP;
    return wr_rtnl_ask(ctx, &request, take_address, &owner) < 0 ? 0 : owner.device;
}

/* The way by which the kernel expects an answer: of the socket it knows nothing then. */
static bool ask_back(struct wr_probe_ctx *ctx, const struct wr_route_query *there,
                     struct wr_route_answer *ret_back)
{
    struct wr_route_query query = {.to = there->to, .from = there->from, .uid = NO_USER};

    return wr_route_ask(ctx, &query, false, ret_back) == 0;
}

/* Sets which interface the answers come in by where that is not `expected` (0 = none), and returns
 * the one that the settings of the filter count for. */
static bool set_answers(struct wr_probe_ctx *ctx, uint32_t leaves, uint32_t owner,
                        uint32_t expected, struct wr_link *ret_link)
{
    uint32_t answers = leaves != expected ? leaves : owner != expected ? owner : 0;

    if (wr_link_get(ctx, answers != 0 ? answers : leaves, ret_link) < 0)
        return false;
    if (answers == 0)
        wr_set_absent(ctx->ev, WR_FACT_answers_device);
    else
        wr_set_str(ctx->ev, WR_FACT_answers_device, ret_link->name);
    return true;
}

void wr_probe_rpfilter(struct wr_probe_ctx *ctx)
{
    struct wr_route_query query;
    struct wr_route_answer there, back;
    struct wr_link link, expected;
    uint64_t drops;
    uint32_t owner;

    if (!wr_rpfilter_matters(ctx))
        return;
    query = wr_route_query_of(ctx, false);
    if (wr_route_ask(ctx, &query, false, &there) < 0 || there.error != 0)
        return;
    if (query.from.family == 0)
        query.from = there.source;
    if (!ask_back(ctx, &query, &back))
        return;
    owner = query.from.family != 0 ? device_of(ctx, &query.from) : 0;
    if (back.error != 0 || wr_link_get(ctx, back.device, &expected) < 0)
        wr_set_absent(ctx->ev, WR_FACT_return_device);
    else
        wr_set_str(ctx->ev, WR_FACT_return_device, expected.name);
    /* an address of loopback or of none of the interfaces comes in anywhere */
    if (owner == 0 || owner == 1)
        owner = there.device;
    if (set_answers(ctx, there.device, owner, back.error != 0 ? 0 : back.device, &link))
        set_settings(ctx, link.name);
    if (wr_netstat_read(ctx, WR_RPFILTER_COUNTER, &drops))
        wr_set_uint(ctx->ev, WR_FACT_rp_filter_drops, drops);
}
