/* SPDX-License-Identifier: MIT
 * See rtnl.h. */
#include "probe/rtnl.h"

#include <errno.h>
#include <linux/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/stat.h>

#include "base/address.h"
#include "base/sys.h"

#ifndef SO_BINDTOIFINDEX
#define SO_BINDTOIFINDEX 62
#endif

void wr_rtnl_request(struct wr_rtnl_request *request, unsigned short type, const void *fixed,
                     size_t size)
{
    memset(request, 0, sizeof(*request));
    request->head.nlmsg_len = (uint32_t)NLMSG_LENGTH(size);
    request->head.nlmsg_type = type;
    memcpy(request->rest, fixed, size);
}

int wr_rtnl_ask(struct wr_probe_ctx *ctx, struct wr_rtnl_request *request, wr_netlink_each each,
                void *each_ctx)
{
    int fd = wr_probe_netlink(ctx, NETLINK_ROUTE);
    int rc;

    if (fd < 0)
        return fd;
    rc = wr_netlink_ask(fd, &request->head, ctx->scratch, ctx->until_ns, each, each_ctx);
    if (rc == -ETIME) {
        wr_netlink_close(ctx->route_fd);
        ctx->route_fd = -1;
    }
    return rc;
}

struct wr_addr wr_rtnl_addr(const struct nlmsghdr *message, size_t fixed, unsigned short type,
                            int family)
{
    size_t size = family == AF_INET6 ? 16 : 4;
    const struct rtattr *attr = wr_netlink_find(message, fixed, type, size);

    if (attr == NULL)
        return (struct wr_addr){0};
    return wr_addr_from_bytes(family, RTA_DATA(attr));
}

uint32_t wr_rtnl_u32(const struct nlmsghdr *message, size_t fixed, unsigned short type,
                     uint32_t fallback)
{
    const struct rtattr *attr = wr_netlink_find(message, fixed, type, sizeof(uint32_t));

    if (attr != NULL)
        memcpy(&fallback, RTA_DATA(attr), sizeof(fallback));
    return fallback;
}

bool wr_prefix_covers(const struct wr_addr *prefix, unsigned len, const struct wr_addr *addr)
{
    unsigned whole = len / 8, rest = len % 8;

    if (prefix->family != addr->family || len > 8 * wr_addr_size(addr))
        return false;
    if (memcmp(prefix->bytes, addr->bytes, whole) != 0)
        return false;
    return rest == 0 || ((prefix->bytes[whole] ^ addr->bytes[whole]) >> (8 - rest)) == 0;
}

static bool take_route(void *ctx, const struct nlmsghdr *message)
{
    struct wr_route_answer *answer = ctx;
    const struct rtmsg *route = NLMSG_DATA(message);
    const size_t fixed = sizeof(*route);

    if (message->nlmsg_type != RTM_NEWROUTE || message->nlmsg_len < NLMSG_LENGTH(fixed))
        return true;
    answer->error = 0;
    answer->type = route->rtm_type;
    answer->prefix_len = route->rtm_dst_len;
    answer->flags = route->rtm_flags;
    answer->prefix = wr_rtnl_addr(message, fixed, RTA_DST, route->rtm_family);
    answer->gateway = wr_rtnl_addr(message, fixed, RTA_GATEWAY, route->rtm_family);
    answer->source = wr_rtnl_addr(message, fixed, RTA_PREFSRC, route->rtm_family);
    answer->device = wr_rtnl_u32(message, fixed, RTA_OIF, 0);
    answer->table = wr_rtnl_u32(message, fixed, RTA_TABLE, route->rtm_table);

    /* an IPv4 route through an IPv6 gateway: struct rtvia {family, address} */
    const struct rtattr *via = wr_netlink_find(message, fixed, RTA_VIA, 2 + 16);
    if (via != NULL && answer->gateway.family == 0)
        answer->gateway = wr_addr_from_bytes(AF_INET6, (const char *)RTA_DATA(via) + 2);
    return true;
}

/* Errors that come from the way to the kernel, not from its routing tables. */
static bool not_an_answer(int rc)
{
    return rc == -EAGAIN || rc == -EPERM || rc == -ENOSYS || rc == -ENOBUFS || rc == -ENOMEM ||
           rc == -EBADF || rc == -ENOTSOCK || rc == -EOPNOTSUPP || rc == -ETIME || rc == -EMFILE ||
           rc == -ENFILE || rc == -EAFNOSUPPORT || rc == -EPROTONOSUPPORT;
}

static void add_ports(struct nlmsghdr *head, const struct wr_route_query *query)
{
    const uint8_t protocol = (uint8_t)query->protocol;
    const uint16_t to = htons(query->to.port), from = htons(query->from.port);

    if (query->protocol != IPPROTO_TCP && query->protocol != IPPROTO_UDP)
        return;
    wr_netlink_attr(head, RTA_IP_PROTO, &protocol, sizeof(protocol));
    if (to != 0)
        wr_netlink_attr(head, RTA_DPORT, &to, sizeof(to));
    if (from != 0)
        wr_netlink_attr(head, RTA_SPORT, &from, sizeof(from));
}

int wr_route_ask(struct wr_probe_ctx *ctx, const struct wr_route_query *query, bool matched,
                 struct wr_route_answer *ret_answer)
{
    const unsigned size = wr_addr_size(&query->to);
    const bool v6 = query->to.family == AF_INET6;
    /* a lookup for a message holds on to the interface only where it names no source (net/ipv6/
     * route.c ip6_route_output_flags()); one for a socket always does */
    const bool from = query->from.family == query->to.family && !wr_addr_is_any(&query->from) &&
                      !(v6 && query->device != 0);
    /* IPv6 takes no other flag than FIB_MATCH: net/ipv6/route.c inet6_rtm_valid_getroute_req() */
    const struct rtmsg route = {
        .rtm_family = query->to.family,
        .rtm_dst_len = (unsigned char)(8 * size),
        .rtm_src_len = from ? (unsigned char)(8 * size) : 0,
        .rtm_flags = (matched ? RTM_F_FIB_MATCH : 0) | (v6 ? 0 : RTM_F_LOOKUP_TABLE),
    };
    uint32_t device = query->device != 0 ? query->device : query->to.scope;
    struct wr_route_answer answer = {.error = EIO};
    struct wr_rtnl_request request;
    int rc;

    wr_rtnl_request(&request, RTM_GETROUTE, &route, sizeof(route));
    wr_netlink_attr(&request.head, RTA_DST, query->to.bytes, size);
    if (from)
        wr_netlink_attr(&request.head, RTA_SRC, query->from.bytes, size);
    if (device != 0)
        wr_netlink_attr(&request.head, RTA_OIF, &device, sizeof(device));
    if (query->mark != 0)
        wr_netlink_attr(&request.head, RTA_MARK, &query->mark, sizeof(query->mark));
    wr_netlink_attr(&request.head, RTA_UID, &query->uid, sizeof(query->uid));
    add_ports(&request.head, query);
    rc = wr_rtnl_ask(ctx, &request, take_route, &answer);
    if (not_an_answer(rc))
        return rc;
    if (rc < 0)
        answer.error = -rc;
    if (rc == 0 && answer.error != 0)
        return -EIO;
    *ret_answer = answer;
    return 0;
}

uint32_t wr_route_uid(const struct wr_probe_ctx *ctx)
{
    struct stat owner;

    /* sockfs shows sk_uid as the owner, which is what connect() looks routes up with */
    if (ctx->attempt->fd >= 0 && WR_SYS(fstat, ctx->attempt->fd, &owner) == 0)
        return owner.st_uid;
    return (uint32_t)WR_SYS(geteuid);
}

uint32_t wr_route_bound_device(const struct wr_probe_ctx *ctx)
{
    int index = 0;
    socklen_t len = sizeof(index);

    if (!wr_ev_has(ctx->ev, WR_FACT_bound_device) ||
        WR_SYS(getsockopt, ctx->attempt->fd, SOL_SOCKET, SO_BINDTOIFINDEX, &index, &len) < 0 ||
        index < 0)
        return 0;
    return (uint32_t)index;
}

struct wr_route_query wr_route_query_of(const struct wr_probe_ctx *ctx, bool plain)
{
    const struct wr_attempt *attempt = ctx->attempt;
    const struct wr_addr *source = wr_ev_addr(ctx->ev, WR_FACT_source);
    const struct wr_addr *chosen = wr_ev_addr(ctx->ev, WR_FACT_route_source);
    struct wr_route_query query = {
        .to = attempt->target, .protocol = attempt->protocol, .uid = wr_route_uid(ctx)};

    if (query.protocol <= 0)
        query.protocol = attempt->type == SOCK_DGRAM ? IPPROTO_UDP : IPPROTO_TCP;
    /* connect() takes the wildcard address for the loopback one: tcp(7), net/ipv6/tcp_ipv6.c */
    if (wr_addr_is_any(&query.to))
        query.to.bytes[query.to.family == AF_INET6 ? 15 : 0] =
            query.to.family == AF_INET6 ? 1 : 127;
    if (query.to.family == AF_INET && wr_addr_is_any(&attempt->target))
        query.to.bytes[3] = 1;
    /* the kernel looks with the source that it chose: see shim/probe/route.c */
    if (chosen != NULL && chosen->family == query.to.family)
        query.from = *chosen;
    if (plain)
        return query;
    query.device = wr_route_bound_device(ctx);
    query.mark = (uint32_t)wr_ev_uint(ctx->ev, WR_FACT_socket_mark, 0);
    if (source != NULL && wr_ev_true(ctx->ev, WR_FACT_source_bound))
        query.from = *source;
    return query;
}

static void copy_name(char *dest, size_t size, const struct rtattr *attr)
{
    size_t len = attr == NULL ? 0 : strnlen(RTA_DATA(attr), RTA_PAYLOAD(attr));

    if (len >= size)
        len = size - 1;
    if (len != 0)
        memcpy(dest, RTA_DATA(attr), len);
    dest[len] = '\0';
}

bool wr_link_of(const struct nlmsghdr *message, struct wr_link *ret_link)
{
    const struct ifinfomsg *info = NLMSG_DATA(message);
    const struct rtattr *nest;

    if (message->nlmsg_type != RTM_NEWLINK || message->nlmsg_len < NLMSG_LENGTH(sizeof(*info)))
        return false;
    memset(ret_link, 0, sizeof(*ret_link));
    ret_link->index = (uint32_t)info->ifi_index;
    ret_link->flags = info->ifi_flags;
    ret_link->type = info->ifi_type;
    /* what has no carrier to speak of (a tunnel, a dummy) reports LOWER_UP while it is up */
    ret_link->carrier = (info->ifi_flags & IFF_LOWER_UP) != 0;
    copy_name(ret_link->name, sizeof(ret_link->name),
              wr_netlink_find(message, sizeof(*info), IFLA_IFNAME, 1));
    nest = wr_netlink_find(message, sizeof(*info), IFLA_LINKINFO, sizeof(struct rtattr));
    if (nest == NULL)
        return true;
    long left = (long)RTA_PAYLOAD(nest);
    for (const struct rtattr *attr = RTA_DATA(nest); RTA_OK(attr, left);
         attr = RTA_NEXT(attr, left)) {
        if ((attr->rta_type & NLA_TYPE_MASK) == IFLA_INFO_KIND)
            copy_name(ret_link->kind, sizeof(ret_link->kind), attr);
    }
    return true;
}

static bool take_link(void *ctx, const struct nlmsghdr *message)
{
    wr_link_of(message, ctx);
    return true;
}

int wr_link_get(struct wr_probe_ctx *ctx, uint32_t index, struct wr_link *ret_link)
{
    const struct ifinfomsg info = {.ifi_index = (int)index};
    struct wr_link link = {0};
    struct wr_rtnl_request request;
    int rc;

    wr_rtnl_request(&request, RTM_GETLINK, &info, sizeof(info));
    rc = wr_rtnl_ask(ctx, &request, take_link, &link);
    if (rc < 0)
        return rc;
    if (link.index != index || link.name[0] == '\0')
        return -ENODEV;
    *ret_link = link;
    return 0;
}

void wr_buf_prefix(struct wr_buf *buf, const struct wr_addr *prefix, unsigned len)
{
    struct wr_addr host = *prefix;

    if (len == 0) {
        wr_buf_str(buf, "default");
        return;
    }
    host.port = 0;
    wr_buf_addr(buf, &host);
    if (len < 8 * wr_addr_size(prefix)) {
        wr_buf_char(buf, '/');
        wr_buf_uint(buf, len);
    }
}

void wr_buf_table(struct wr_buf *buf, uint32_t table)
{
    switch (table) {
    case RT_TABLE_MAIN:
        wr_buf_str(buf, "main");
        break;
    case RT_TABLE_LOCAL:
        wr_buf_str(buf, "local");
        break;
    case RT_TABLE_DEFAULT:
        wr_buf_str(buf, "default");
        break;
    default:
        wr_buf_uint(buf, table);
    }
}
