/* SPDX-License-Identifier: MIT
 * Whether the next hop answered ARP or neighbour discovery (rtnetlink(7) RTM_GETNEIGH).
 * The kernel keeps a failed entry for a while, so the state right after the failure tells. */
#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "base/address.h"
#include "probe/probe.h"
#include "probe/rtnl.h"

struct search {
    struct wr_addr next_hop;
    uint32_t device;
    bool found;
    uint16_t state;
    uint64_t age_ms; /* since the state last changed; UINT64_MAX = not known */
};

/* struct nda_cacheinfo counts in clock_t ticks, which are USER_HZ = 100 on every architecture. */
#define TICK_MS 10

static bool take_neighbour(void *each_ctx, const struct nlmsghdr *message)
{
    struct search *search = each_ctx;
    const struct ndmsg *entry = NLMSG_DATA(message);
    const struct rtattr *cache;
    struct nda_cacheinfo info;
    struct wr_addr addr;

    if (message->nlmsg_type != RTM_NEWNEIGH || message->nlmsg_len < NLMSG_LENGTH(sizeof(*entry)) ||
        entry->ndm_family != search->next_hop.family ||
        (uint32_t)entry->ndm_ifindex != search->device)
        return true;
    addr = wr_rtnl_addr(message, sizeof(*entry), NDA_DST, entry->ndm_family);
    if (!wr_addr_same_host(&addr, &search->next_hop))
        return true;
    search->found = true;
    search->state = entry->ndm_state;
    cache = wr_netlink_find(message, sizeof(*entry), NDA_CACHEINFO, sizeof(info));
    if (cache != NULL) {
        memcpy(&info, RTA_DATA(cache), sizeof(info));
        search->age_ms = (uint64_t)info.ndm_updated * TICK_MS;
    }
    return true;
}

/* One entry where the kernel can (5.0), else the interface's table. */
static int look_up(struct wr_probe_ctx *ctx, struct search *search)
{
    struct ndmsg entry = {.ndm_family = search->next_hop.family,
                          .ndm_ifindex = (int)search->device};
    struct wr_rtnl_request request;
    int rc;

    wr_rtnl_request(&request, RTM_GETNEIGH, &entry, sizeof(entry));
    wr_netlink_attr(&request.head, NDA_DST, search->next_hop.bytes,
                    wr_addr_size(&search->next_hop));
    rc = wr_rtnl_ask(ctx, &request, take_neighbour, search);
    if (rc == 0 || rc == -ENOENT)
        return 0;
    entry.ndm_ifindex = 0; /* a strict dump takes the interface as an attribute only */
    wr_rtnl_request(&request, RTM_GETNEIGH, &entry, sizeof(entry));
    request.head.nlmsg_flags = NLM_F_DUMP;
    return wr_rtnl_ask(ctx, &request, take_neighbour, search);
}

static const char *state_name(uint16_t state)
{
    switch (state) {
    case NUD_INCOMPLETE:
        return "INCOMPLETE";
    case NUD_REACHABLE:
        return "REACHABLE";
    case NUD_STALE:
        return "STALE";
    case NUD_DELAY:
        return "DELAY";
    case NUD_PROBE:
        return "PROBE";
    case NUD_FAILED:
        return "FAILED";
    case NUD_NOARP:
        return "NOARP";
    case NUD_PERMANENT:
        return "PERMANENT";
    default:
        return "NONE";
    }
}

void wr_probe_neighbour(struct wr_probe_ctx *ctx)
{
    const int error = ctx->attempt->error;
    const bool stalled = ctx->attempt->outcome == WR_OUTCOME_STALLED;
    struct wr_route_query query;
    struct wr_route_answer way;
    struct search search = {.age_ms = UINT64_MAX};
    const uint64_t attempt_ms = (wr_now_ns() - ctx->attempt->start_ns) / 1000000;

    if ((error != EHOSTUNREACH && error != ENETUNREACH && error != ETIMEDOUT && !stalled) ||
        !wr_ev_is(ctx->ev, WR_FACT_route_type, RTN_UNICAST) ||
        wr_ev_true(ctx->ev, WR_FACT_destination_local))
        return;
    query = wr_route_query_of(ctx, false);
    if (wr_route_ask(ctx, &query, false, &way) < 0 || way.error != 0)
        return;
    search.next_hop = way.gateway.family != 0 ? way.gateway : query.to;
    search.next_hop.port = 0;
    search.device = way.device;
    search.next_hop.scope = 0; /* the interface is route_device; ip(8) takes no scope */
    wr_set_addr(ctx->ev, WR_FACT_next_hop, &search.next_hop);
    if (look_up(ctx, &search) < 0)
        return;
    /* no entry tells nothing: links without ARP have none, and old ones are thrown away */
    if (!search.found) {
        wr_set_absent(ctx->ev, WR_FACT_next_hop_state);
        return;
    }
    /* what is left after an answer of long ago (STALE, DELAY, PROBE) tells neither */
    if ((search.state & (NUD_FAILED | NUD_INCOMPLETE)) != 0)
        wr_set_bool(ctx->ev, WR_FACT_next_hop_failed, true);
    else if ((search.state & (NUD_REACHABLE | NUD_PERMANENT | NUD_NOARP)) != 0)
        wr_set_bool(ctx->ev, WR_FACT_next_hop_failed, false);
    if (search.age_ms != UINT64_MAX)
        wr_set_bool(ctx->ev, WR_FACT_next_hop_older, search.age_ms > attempt_ms);
    wr_set_str(ctx->ev, WR_FACT_next_hop_state, state_name(search.state));
}
