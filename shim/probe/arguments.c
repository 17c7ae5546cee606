/* SPDX-License-Identifier: MIT
 * Whether the arguments of the call could ever have worked. What each error means is what Linux
 * does (net/socket.c, net/ipv4/af_inet.c, net/ipv6/af_inet6.c), measured on 6.18. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

#include "base/address.h"
#include "probe/local.h"
#include "whyrefused/faults.h"

/* SIN6_LEN_RFC2133: struct sockaddr_in6 without sin6_scope_id is taken. */
#define SIN6_LEN_MIN 24
#define LOOPBACK_IFINDEX 1 /* include/net/net_namespace.h */

/* The shortest address that the socket's family takes; 0 = not known. */
static unsigned length_needed(int domain)
{
    switch (domain) {
    case AF_INET:
        return sizeof(struct sockaddr_in);
    case AF_INET6:
        return SIN6_LEN_MIN;
    case AF_UNIX:
        return sizeof(sa_family_t);
    default:
        return 0;
    }
}

/* What a program means by the length: sizeof the structure. */
static unsigned length_proper(int domain)
{
    return domain == AF_INET6 ? sizeof(struct sockaddr_in6) : length_needed(domain);
}

static unsigned family_fault(const struct wr_attempt *attempt)
{
    sa_family_t family = attempt->address.any.sa_family;

    if (attempt->address_read < sizeof(family) || family == attempt->domain)
        return 0;
    if (attempt->domain != AF_INET && attempt->domain != AF_INET6 && attempt->domain != AF_UNIX)
        return 0;
    if (family == AF_UNSPEC)
        return WR_ARGUMENT_FAMILY_UNSET;
    return ntohs(family) == attempt->domain ? WR_ARGUMENT_FAMILY_SWAPPED : WR_ARGUMENT_FAMILY;
}

static unsigned length_fault(const struct wr_attempt *attempt)
{
    if ((int)attempt->address_len < 0)
        return WR_ARGUMENT_NEGATIVE;
    if (attempt->address_len > sizeof(struct sockaddr_storage))
        return WR_ARGUMENT_LONG;
    return attempt->address_len < length_needed(attempt->domain) ? WR_ARGUMENT_SHORT : 0;
}

static bool v6_socket_bound_to_v6(const struct wr_attempt *attempt)
{
    struct wr_addr local;

    return wr_socket_name(attempt->fd, &local) && local.family == AF_INET6 &&
           !wr_addr_is_any(&local);
}

static unsigned mapped_fault(const struct wr_attempt *attempt)
{
    if (attempt->domain != AF_INET6 || attempt->target.family != AF_INET)
        return 0;
    /* bind() to an IPv6 address sets the option, too */
    if (wr_attempt_reaches(attempt) && v6_socket_bound_to_v6(attempt))
        return WR_ARGUMENT_MAPPED_BOUND_V6;
    return wr_socket_option(attempt->fd, IPPROTO_IPV6, IPV6_V6ONLY, 0) != 0
               ? WR_ARGUMENT_MAPPED_V6ONLY
               : 0;
}

/* fe80::/10, and groups of the interface or link (RFC 4291); the IPv4 range of that name needs no
 * interface. */
static bool needs_scope(const struct wr_addr *addr)
{
    const unsigned reach = addr->bytes[1] & 0xf;

    if (addr->family != AF_INET6)
        return false;
    return wr_addr_is_linklocal(addr) || (wr_addr_is_multicast(addr) && (reach == 1 || reach == 2));
}

static unsigned scope_fault(struct wr_probe_ctx *ctx)
{
    const struct wr_attempt *attempt = ctx->attempt;
    char name[WR_DEVICE_NAME];

    if (!needs_scope(&attempt->target))
        return 0;
    if (attempt->target.scope == 0)
        return attempt->error == EINVAL ? WR_ARGUMENT_SCOPE_MISSING : 0;
    if (attempt->error == EINVAL || wr_device_name(ctx, attempt->target.scope, name))
        return 0;
    return WR_ARGUMENT_SCOPE_UNKNOWN;
}

/* Interfaces other than lo get link-local addresses. */
static unsigned scope_loopback_fault(const struct wr_attempt *attempt)
{
    return attempt->target.scope == LOOPBACK_IFINDEX && attempt->target.family == AF_INET6 &&
                   wr_addr_is_linklocal(&attempt->target)
               ? WR_ARGUMENT_SCOPE_LOOPBACK
               : 0;
}

static bool is_broadcast(const struct wr_probe_ctx *ctx)
{
    static const uint8_t everyone[4] = {255, 255, 255, 255};
    const struct wr_addr *target = &ctx->attempt->target;

    return target->family == AF_INET && (memcmp(target->bytes, everyone, sizeof(everyone)) == 0 ||
                                         wr_ev_is(ctx->ev, WR_FACT_route_type, RTN_BROADCAST));
}

/* net/ipv4/udp.c udp_sendmsg(), net/ipv4/datagram.c __ip4_datagram_connect() */
static unsigned datagram_fault(const struct wr_probe_ctx *ctx)
{
    return ctx->attempt->type == SOCK_DGRAM && is_broadcast(ctx) &&
                   wr_socket_option(ctx->attempt->fd, SOL_SOCKET, SO_BROADCAST, 1) == 0
               ? WR_ARGUMENT_BROADCAST_UNSET
               : 0;
}

static unsigned stream_fault(struct wr_probe_ctx *ctx)
{
    const struct wr_addr *target = &ctx->attempt->target;

    if (ctx->attempt->type != SOCK_STREAM || target->family == 0)
        return 0;
    if (wr_addr_is_multicast(target))
        return WR_ARGUMENT_MULTICAST;
    return is_broadcast(ctx) ? WR_ARGUMENT_BROADCAST : 0;
}

static unsigned connect_fault(struct wr_probe_ctx *ctx)
{
    unsigned fault = 0;

    if (ctx->attempt->error == EINVAL || ctx->attempt->error == ENODEV)
        return scope_fault(ctx);
    if (ctx->attempt->error == EADDRNOTAVAIL)
        return scope_loopback_fault(ctx->attempt);
    if (ctx->attempt->error == EACCES)
        return datagram_fault(ctx);
    if (ctx->attempt->error != ENETUNREACH)
        return 0;
    fault = scope_loopback_fault(ctx->attempt);
    if (fault == 0)
        fault = stream_fault(ctx);
    if (fault == 0)
        fault = mapped_fault(ctx->attempt);
    return fault != 0 ? fault : scope_fault(ctx);
}

static unsigned bind_fault(struct wr_probe_ctx *ctx)
{
    unsigned fault;

    if (ctx->attempt->error == ENODEV)
        return scope_fault(ctx);
    if (ctx->attempt->error != EINVAL)
        return 0;
    fault = scope_fault(ctx);
    if (fault == 0)
        fault = mapped_fault(ctx->attempt);
    if (fault == 0 && ctx->attempt->domain == AF_INET6)
        fault = stream_fault(ctx);
    return fault;
}

static unsigned address_fault(struct wr_probe_ctx *ctx)
{
    const struct wr_attempt *attempt = ctx->attempt;
    unsigned fault;

    if (attempt->error == EFAULT)
        return attempt->address_read < attempt->address_len ? WR_ARGUMENT_POINTER : 0;
    if (attempt->error == EAFNOSUPPORT)
        return family_fault(attempt);
    if (attempt->error == EINVAL) {
        fault = length_fault(attempt);
        /* an address of another family is often shorter, too: the family is the mistake */
        if (fault == WR_ARGUMENT_LONG || fault == WR_ARGUMENT_NEGATIVE ||
            (fault == WR_ARGUMENT_SHORT && attempt->address_len < sizeof(sa_family_t)))
            return fault;
        if (fault == WR_ARGUMENT_SHORT || attempt->domain == AF_UNIX) {
            unsigned family = family_fault(attempt);
            return family != 0 ? family : fault;
        }
    }
    return wr_attempt_reaches(attempt) ? connect_fault(ctx) : bind_fault(ctx);
}

void wr_probe_arguments(struct wr_probe_ctx *ctx)
{
    const struct wr_attempt *attempt = ctx->attempt;
    unsigned fault;

    if (!wr_attempt_reaches(attempt) && attempt->call != WR_CALL_BIND)
        return;
    fault = address_fault(ctx);
    wr_set_uint(ctx->ev, WR_FACT_argument_fault, fault);
    if (fault == WR_ARGUMENT_SHORT && length_proper(attempt->domain) != 0)
        wr_set_uint(ctx->ev, WR_FACT_address_needed, length_proper(attempt->domain));
}
