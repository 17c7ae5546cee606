/* SPDX-License-Identifier: MIT
 * The interfaces: whether the one that should carry the connection is up and has a carrier.
 * A route over an interface disappears with it; its IPv4 addresses stay and tell. */
#include <errno.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "base/address.h"
#include "probe/probe.h"
#include "probe/rtnl.h"

#define LINKS_MAX 64

struct seen {
    struct wr_link link;
    bool address;   /* it has an address of the destination's family */
    bool covers;    /* and the destination is in one's range */
    bool linklocal; /* it has a link-local one */
};

struct survey {
    struct wr_addr to;
    struct seen links[LINKS_MAX];
    uint32_t used;
    bool full;
    bool global; /* an address of the destination's family that others can reach */
};

static bool usable(const struct wr_link *link)
{
    return (link->flags & IFF_UP) != 0 && link->carrier;
}

/* Tunnels of a VPN, by kind of link. A tap of a virtual machine is an Ethernet device. */
static bool is_tunnel(const struct wr_link *link)
{
    static const char *const kinds[] = {"wireguard", "ppp", "xfrm", "vti", "vti6", "ipsec"};

    if (link->type == ARPHRD_PPP || (strcmp(link->kind, "tun") == 0 && link->type == ARPHRD_NONE))
        return true;
    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(link->kind, kinds[i]) == 0)
            return true;
    }
    return false;
}

/* The kernel puts one of each loaded tunnel kind into every network namespace (tunl0, sit0, ...:
 * net.core.fb_tunnels_only_for_init_net): nobody set it up, and it says nothing. */
static bool is_placeholder(const struct seen *seen)
{
    static const char *const kinds[] = {"ipip",      "sit",    "gre",    "gretap",
                                        "erspan",    "ip6tnl", "ip6gre", "ip6gretap",
                                        "ip6erspan", "vti",    "vti6"};

    if ((seen->link.flags & IFF_UP) != 0 || seen->address)
        return false;
    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(seen->link.kind, kinds[i]) == 0)
            return true;
    }
    return false;
}

static void drop_placeholders(struct survey *survey)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < survey->used; i++) {
        if (!is_placeholder(&survey->links[i]))
            survey->links[kept++] = survey->links[i];
    }
    survey->used = kept;
}

static bool take_link(void *each_ctx, const struct nlmsghdr *message)
{
    struct survey *survey = each_ctx;
    struct wr_link link;

    if (!wr_link_of(message, &link) || (link.flags & IFF_LOOPBACK) != 0)
        return true;
    if (survey->used == LINKS_MAX)
        survey->full = true;
    else
        survey->links[survey->used++].link = link;
    return true;
}

static bool take_address(void *each_ctx, const struct nlmsghdr *message)
{
    struct survey *survey = each_ctx;
    const struct ifaddrmsg *info = NLMSG_DATA(message);
    struct wr_addr addr;

    if (message->nlmsg_type != RTM_NEWADDR || message->nlmsg_len < NLMSG_LENGTH(sizeof(*info)) ||
        info->ifa_family != survey->to.family)
        return true;
    /* IFA_ADDRESS is the peer's on a point-to-point interface, which is what is asked here */
    addr = wr_rtnl_addr(message, sizeof(*info), IFA_ADDRESS, info->ifa_family);
    if (addr.family == 0 || wr_addr_is_loopback(&addr))
        return true;
    if (!wr_addr_is_linklocal(&addr))
        survey->global = true;
    for (uint32_t i = 0; i < survey->used; i++) {
        struct seen *seen = &survey->links[i];

        if (seen->link.index != info->ifa_index)
            continue;
        seen->linklocal |= wr_addr_is_linklocal(&addr);
        if (wr_addr_is_linklocal(&addr))
            continue;
        seen->address = true;
        seen->covers |= wr_prefix_covers(&addr, info->ifa_prefixlen, &survey->to);
    }
    return true;
}

static int take_all(struct wr_probe_ctx *ctx, struct survey *survey)
{
    const struct ifinfomsg links = {0};
    const struct ifaddrmsg addresses = {.ifa_family = survey->to.family};
    struct wr_rtnl_request request;
    int rc;

    wr_rtnl_request(&request, RTM_GETLINK, &links, sizeof(links));
    request.head.nlmsg_flags = NLM_F_DUMP;
    rc = wr_rtnl_ask(ctx, &request, take_link, survey);
    if (rc < 0)
        return rc;
    wr_rtnl_request(&request, RTM_GETADDR, &addresses, sizeof(addresses));
    request.head.nlmsg_flags = NLM_F_DUMP;
    return wr_rtnl_ask(ctx, &request, take_address, survey);
}

/* Which of several is the way out: rather one with an address than one without, and rather none
 * that only joins others, as container engines make them. */
static int likelihood(const struct seen *seen)
{
    return (strcmp(seen->link.kind, "bridge") != 0 ? 2 : 0) + (seen->address ? 1 : 0);
}

/* The interface that would have carried it: the one that the program names, the route's, or its
 * range holds the destination, or else nothing is up and it is the one that was set up for this
 * family. Tunnels are set_tunnel()'s. */
static const struct seen *down_link(const struct survey *survey, uint32_t up,
                                    const struct seen *route, const struct seen *given)
{
    const struct seen *found = NULL;

    if (given != NULL && (given->link.flags & IFF_UP) == 0)
        return given;
    if (route != NULL && !usable(&route->link))
        return is_tunnel(&route->link) ? NULL : route;

    for (uint32_t i = 0; i < survey->used; i++) {
        const struct seen *seen = &survey->links[i];

        if (usable(&seen->link) || is_tunnel(&seen->link))
            continue;
        if (seen->covers)
            return seen;
        if (up == 0 && (found == NULL || likelihood(seen) > likelihood(found)))
            found = seen;
    }
    return found;
}

static void set_down_link(struct wr_evidence *ev, const struct seen *down)
{
    if (down == NULL) {
        wr_set_absent(ev, WR_FACT_down_link);
        return;
    }
    wr_set_str(ev, WR_FACT_down_link, down->link.name);
    wr_set_bool(ev, WR_FACT_down_link_covers, down->covers);
    wr_set_bool(ev, WR_FACT_down_link_enabled, (down->link.flags & IFF_UP) != 0);
}

static void set_tunnel(struct wr_evidence *ev, const struct survey *survey,
                       const struct seen *route)
{
    const struct seen *found = NULL;

    for (uint32_t i = 0; i < survey->used; i++) {
        const struct seen *seen = &survey->links[i];

        if (is_tunnel(&seen->link) && !usable(&seen->link) &&
            (found == NULL || seen == route || (seen->covers && found != route)))
            found = seen;
    }
    if (found == NULL) {
        wr_set_absent(ev, WR_FACT_tunnel_down);
        wr_set_absent(ev, WR_FACT_tunnel_route);
        return;
    }
    wr_set_str(ev, WR_FACT_tunnel_down, found->link.name);
    wr_set_bool(ev, WR_FACT_tunnel_covers, found->covers);
    wr_set_bool(ev, WR_FACT_tunnel_route, found == route);
}

/* The interface that the route leads out of, or NULL. */
static const struct seen *route_link(const struct wr_evidence *ev, const struct survey *survey)
{
    for (uint32_t i = 0; i < survey->used; i++) {
        if (wr_ev_text_is(ev, WR_FACT_route_device, survey->links[i].link.name))
            return &survey->links[i];
    }
    return NULL;
}

/* The interface that the program names: by SO_BINDTODEVICE or the scope of the address. */
static struct seen *set_given(struct wr_probe_ctx *ctx, struct survey *survey)
{
    const bool scoped = survey->to.family == AF_INET6 && wr_addr_is_linklocal(&survey->to);
    const uint32_t bound = wr_route_bound_device(ctx);
    const uint32_t index = bound != 0 || !scoped ? bound : survey->to.scope;

    if (!scoped)
        wr_set_absent(ctx->ev, WR_FACT_scope_device);
    for (uint32_t i = 0; index != 0 && i < survey->used; i++) {
        struct seen *seen = &survey->links[i];

        if (seen->link.index != index)
            continue;
        wr_set_bool(ctx->ev, WR_FACT_given_device_up, (seen->link.flags & IFF_UP) != 0);
        if (scoped) {
            wr_set_str(ctx->ev, WR_FACT_scope_device, seen->link.name);
            wr_set_bool(ctx->ev, WR_FACT_scope_linklocal, seen->linklocal);
            seen->covers = true;
        }
        return seen;
    }
    return NULL;
}

void wr_probe_links(struct wr_probe_ctx *ctx)
{
    const int error = ctx->attempt->error;
    struct survey *survey = (struct survey *)(void *)wr_probe_file_space(ctx);
    const struct seen *route, *given;
    uint32_t up = 0;

    _Static_assert(sizeof(*survey) <= WR_PROBE_FILE_SPACE, "the survey fits the scratch space");
    if ((error != EHOSTUNREACH && error != ENETUNREACH && error != ETIMEDOUT) ||
        !wr_ev_false(ctx->ev, WR_FACT_destination_local))
        return;
    memset(survey, 0, sizeof(*survey));
    survey->to = ctx->attempt->target;
    if (take_all(ctx, survey) < 0 || survey->full)
        return;
    drop_placeholders(survey);
    for (uint32_t i = 0; i < survey->used; i++)
        up += usable(&survey->links[i].link);
    wr_set_uint(ctx->ev, WR_FACT_links, survey->used);
    wr_set_uint(ctx->ev, WR_FACT_links_up, up);
    wr_set_bool(ctx->ev, WR_FACT_global_address, survey->global);
    route = route_link(ctx->ev, survey);
    if (route != NULL)
        wr_set_bool(ctx->ev, WR_FACT_route_device_carrier, usable(&route->link));
    given = set_given(ctx, survey);
    set_down_link(ctx->ev, down_link(survey, up, route, given));
    set_tunnel(ctx->ev, survey, route);
}
