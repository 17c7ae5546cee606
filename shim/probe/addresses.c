/* SPDX-License-Identifier: MIT
 * The local address that the call was to use, and whether this machine has it (RTM_GETADDR,
 * rtnetlink(7)). The dump is asked for only where the error can come from there. */
#include <errno.h>
#include <linux/if_addr.h>
#include <netinet/in.h>
#include <string.h>

#include "base/address.h"
#include "base/buf.h"
#include "probe/local.h"

/* The first of own_addresses that are shown. */
#define SHOWN 6

struct addresses {
    struct wr_probe_ctx *ctx;
    const struct wr_addr *wanted; /* NULL = only count */
    bool own, tentative;
    unsigned family, tentative_count, usable_count, shown, left_out;
    uint32_t device; /* count only there; 0 = everywhere */
    struct wr_buf list;
};

/* What bind() asked for, or what the socket was bound to before. */
static bool find_wanted(const struct wr_attempt *attempt, struct wr_addr *ret_wanted)
{
    if (attempt->call == WR_CALL_BIND) {
        *ret_wanted = attempt->target;
        return attempt->target.family != 0;
    }
    return wr_socket_name(attempt->fd, ret_wanted) &&
           (ret_wanted->port != 0 || !wr_addr_is_any(ret_wanted));
}

static uint32_t flags_of(const struct nlmsghdr *message, const struct ifaddrmsg *msg)
{
    const struct rtattr *attr = wr_netlink_find(message, sizeof(*msg), IFA_FLAGS, 4);
    uint32_t flags = msg->ifa_flags;

    if (attr != NULL)
        memcpy(&flags, RTA_DATA(attr), sizeof(flags));
    return flags;
}

static void list_add(struct addresses *all, const struct wr_addr *addr, uint32_t device)
{
    char name[WR_DEVICE_NAME];

    /* every machine has these */
    if (wr_addr_is_loopback(addr) || (addr->family == AF_INET6 && wr_addr_is_linklocal(addr) &&
                                      !wr_addr_is_linklocal(all->wanted)))
        return;
    if (all->shown == SHOWN) {
        all->left_out++;
        return;
    }
    if (all->shown++ > 0)
        wr_buf_str(&all->list, ", ");
    wr_buf_addr(&all->list, addr);
    if (wr_device_name(all->ctx, device, name)) {
        wr_buf_str(&all->list, " (");
        wr_buf_str(&all->list, name);
        wr_buf_str(&all->list, ")");
    }
}

static bool take(void *ctx, const struct nlmsghdr *message)
{
    struct addresses *all = ctx;
    const struct ifaddrmsg *msg = NLMSG_DATA(message);
    const struct rtattr *attr;
    struct wr_addr addr;
    bool tentative;

    if (message->nlmsg_type != RTM_NEWADDR || message->nlmsg_len < NLMSG_LENGTH(sizeof(*msg)) ||
        msg->ifa_family != all->family)
        return true;
    addr.family = msg->ifa_family;
    attr = wr_netlink_find(message, sizeof(*msg), IFA_LOCAL, wr_addr_size(&addr));
    if (attr == NULL)
        attr = wr_netlink_find(message, sizeof(*msg), IFA_ADDRESS, wr_addr_size(&addr));
    if (attr == NULL)
        return true;
    addr = wr_addr_from_bytes(msg->ifa_family, RTA_DATA(attr));
    tentative = (flags_of(message, msg) & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) != 0;
    if (all->device == 0 || all->device == msg->ifa_index) {
        all->tentative_count += tentative;
        all->usable_count += !tentative;
    }
    if (all->wanted != NULL) {
        /* an address in 127/8 stands for all of them */
        bool same = wr_addr_same_host(&addr, all->wanted) ||
                    (wr_addr_is_loopback(&addr) && wr_addr_is_loopback(all->wanted));

        all->own = all->own || same;
        all->tentative = all->tentative || (same && tentative);
    }
    if (all->wanted != NULL)
        list_add(all, &addr, msg->ifa_index);
    return true;
}

static bool dump(struct addresses *all)
{
    struct {
        struct nlmsghdr head;
        struct ifaddrmsg msg;
    } request = {
        .head = {.nlmsg_len = NLMSG_LENGTH(sizeof(request.msg)),
                 .nlmsg_type = RTM_GETADDR,
                 .nlmsg_flags = NLM_F_DUMP},
        .msg = {.ifa_family = (uint8_t)all->family},
    };
    struct wr_probe_ctx *ctx = all->ctx;
    int fd = wr_probe_netlink(ctx, NETLINK_ROUTE);
    int error;

    if (fd < 0)
        return false;
    error = wr_netlink_ask(fd, &request.head, ctx->scratch, ctx->until_ns, take, all);
    if (error == -ETIME) {
        wr_netlink_close(ctx->route_fd);
        ctx->route_fd = -1;
    }
    return error == 0;
}

static void set_facts(struct addresses *all)
{
    struct wr_evidence *ev = all->ctx->ev;

    if (all->wanted == NULL) {
        char name[WR_DEVICE_NAME];

        wr_set_uint(ev, WR_FACT_ipv6_tentative, all->tentative_count);
        wr_set_uint(ev, WR_FACT_ipv6_usable, all->usable_count);
        if (wr_device_name(all->ctx, all->device, name))
            wr_set_str(ev, WR_FACT_ipv6_device, name);
        return;
    }
    wr_set_bool(ev, WR_FACT_local_wanted_own, all->own);
    wr_set_bool(ev, WR_FACT_local_wanted_tentative, all->tentative);
    if (all->own)
        return;
    if (all->shown == 0) {
        wr_set_absent(ev, WR_FACT_own_addresses);
        return;
    }
    if (all->left_out > 0)
        wr_buf_str(&all->list, ", ...");
    wr_set_text(ev, WR_FACT_own_addresses, all->list.data, (uint32_t)all->list.len);
}

/* A failure that a missing or unfinished local address can make. */
static bool matters(const struct wr_attempt *attempt)
{
    switch (attempt->error) {
    case EADDRNOTAVAIL:
        return true;
    case EINVAL:
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ETIMEDOUT:
        return wr_attempt_reaches(attempt);
    default:
        return false;
    }
}

void wr_probe_addresses(struct wr_probe_ctx *ctx)
{
    const struct wr_attempt *attempt = ctx->attempt;
    struct wr_addr wanted;
    struct addresses all = {.ctx = ctx, .family = AF_INET6};
    bool specific = false;

    if (attempt->call == WR_CALL_SOCKET ||
        (attempt->domain != AF_INET && attempt->domain != AF_INET6))
        return;
    if (find_wanted(attempt, &wanted)) {
        specific = !wr_addr_is_any(&wanted);
        wr_set_addr(ctx->ev, WR_FACT_local_wanted, &wanted);
        wr_set_bool(ctx->ev, WR_FACT_local_wanted_loopback, wr_addr_is_loopback(&wanted));
    } else {
        wr_set_absent(ctx->ev, WR_FACT_local_wanted);
    }
    wr_set_bool(ctx->ev, WR_FACT_local_wanted_any, !specific);
    all.device = attempt->target.scope;
    if (!matters(attempt) || (specific && wr_addr_is_multicast(&wanted)))
        return;
    if (specific) {
        all.wanted = &wanted;
        all.family = wanted.family;
    } else if (attempt->error != EADDRNOTAVAIL || attempt->target.family != AF_INET6) {
        return;
    }
    all.list = wr_buf_on(wr_probe_file_space(ctx), 512);
    if (dump(&all))
        set_facts(&all);
}
