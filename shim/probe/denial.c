/* SPDX-License-Identifier: MIT
 * What on this machine denies a call. Sockets of our own make the same call in ways that meet one
 * check and not the other, and that can send nothing: measured on 6.18 (net/socket.c,
 * net/ipv4/af_inet.c, net/ipv4/tcp.c, security/landlock/net.c). */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "base/address.h"
#include "base/sys.h"
#include "probe/local.h"
#include "probe/rtnl.h"

/* A denial of this machine comes at once; with these errors others are far more frequent. */
#define AT_ONCE_NS 20000000u

static bool is_local_call(const struct wr_attempt *attempt)
{
    return attempt->call == WR_CALL_SOCKET || attempt->call == WR_CALL_BIND ||
           attempt->call == WR_CALL_CONNECT || attempt->call == WR_CALL_SEND;
}

static bool could_be_denied(const struct wr_probe_ctx *ctx)
{
    const struct wr_attempt *attempt = ctx->attempt;

    if (!is_local_call(attempt) || attempt->outcome != WR_OUTCOME_ERROR ||
        (attempt->door != WR_DOOR_CALL && attempt->call != WR_CALL_SEND))
        return false;
    switch (attempt->error) {
    case EPERM:
    case EACCES:
    case ENOSYS:
        return true;
    case ECONNREFUSED:
    case EHOSTUNREACH:
    case ETIMEDOUT:
    case ENETUNREACH:
        /* what came of a request passed all of this: frequent, and costly to look at */
        return attempt->end_ns - attempt->start_ns < AT_ONCE_NS &&
               !wr_ev_true(ctx->ev, WR_FACT_request_made);
    default:
        return false;
    }
}

/* true: the program's error; false: what the kernel says where nothing denies; else unknown. */
static void state(struct wr_probe_ctx *ctx, enum wr_fact fact, long rc, int allowed)
{
    if (-rc == ctx->attempt->error)
        wr_set_bool(ctx->ev, fact, true);
    else if (-rc == allowed)
        wr_set_bool(ctx->ev, fact, false);
}

/* Filters see numbers and not what pointers lead to. */
static void try_bare(struct wr_probe_ctx *ctx)
{
    const struct wr_attempt *attempt = ctx->attempt;
    long rc;

    switch (attempt->call) {
    case WR_CALL_SOCKET:
        state(ctx, WR_FACT_seccomp_answers, WR_SYS(socket, attempt->domain, -1, 0), EINVAL);
        return;
    case WR_CALL_BIND: /* the program has just made it, and lives */
        state(ctx, WR_FACT_seccomp_answers, WR_SYS_RARE(bind, -1, 0, 0), EBADF);
        return;
    case WR_CALL_CONNECT:
        state(ctx, WR_FACT_seccomp_answers, WR_SYS(connect, -1, 0, 0), EBADF);
        return;
    default:
        rc = WR_SYS(sendto, -1, 0, 0, 0, 0, 0);
        if (rc == -EBADF)
            rc = WR_SYS(sendmsg, -1, 0, 0);
        state(ctx, WR_FACT_seccomp_answers, rc, EBADF);
    }
}

/* For a socket of that domain; an IPv4 address on AF_INET6 in v4-mapped form. */
static socklen_t address_for(int domain, const struct wr_addr *addr, struct sockaddr_storage *ret)
{
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ret;

    memset(ret, 0, sizeof(*ret));
    if (domain != AF_INET6 || addr->family != AF_INET)
        return wr_addr_to_sockaddr(addr, ret);
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons(addr->port);
    in6->sin6_addr.s6_addr[10] = in6->sin6_addr.s6_addr[11] = 0xff;
    memcpy(in6->sin6_addr.s6_addr + 12, addr->bytes, 4);
    return sizeof(*in6);
}

enum how { BY_CONNECT, BY_OPENING, BY_QUEUEING, BY_BIND };

/* Makes the call on a new socket. Returns what it answers, or -EBADF where there is no socket. */
static long try(struct wr_probe_ctx *ctx, enum how how, int type, const struct wr_addr *to)
{
    const int domain = ctx->attempt->domain, on = 1;
    const int protocol = type == ctx->attempt->type ? ctx->attempt->protocol : 0;
    struct sockaddr_storage address;
    socklen_t len = address_for(domain, to, &address);
    long rc, fd = WR_SYS(socket, domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC,
                         protocol > 0 ? protocol : 0);

    ctx->no_descriptors |= fd == -EMFILE;
    if (fd < 0)
        return -EBADF;
    if (type == SOCK_DGRAM)
        WR_SYS(setsockopt, fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on));
    switch (how) {
    case BY_CONNECT:
        rc = WR_SYS(connect, fd, &address, len);
        break;
    case BY_OPENING:
        rc = WR_SYS(sendto, fd, "", 0, MSG_FASTOPEN | MSG_NOSIGNAL, &address, len);
        break;
    case BY_QUEUEING: /* close() throws away what waits for more */
        rc = WR_SYS(sendto, fd, "", 1, MSG_MORE | MSG_NOSIGNAL, &address, len);
        break;
    default:
        rc = WR_SYS_RARE(bind, fd, &address, len);
    }
    WR_SYS(close, fd);
    return rc > 0 ? 0 : rc;
}

/* Addresses that no stream can go to, which shows behind the checks: the kernel says ENETUNREACH.
 * The limited broadcast address; all nodes of the link. */
static struct wr_addr nowhere_like(const struct wr_addr *target)
{
    static const uint8_t everyone[4] = {255, 255, 255, 255};
    static const uint8_t all_nodes[16] = {0xff, 0x02, [15] = 1};
    struct wr_addr addr =
        wr_addr_from_bytes(target->family, target->family == AF_INET ? everyone : all_nodes);

    addr.port = target->port;
    return addr;
}

/* No machine has these: reserved (RFC 1112), to be discarded (RFC 6666). */
static struct wr_addr foreign_like(const struct wr_addr *target)
{
    static const uint8_t reserved[4] = {240, 0, 0, 1};
    static const uint8_t discard[16] = {1, [15] = 1};
    struct wr_addr addr =
        wr_addr_from_bytes(target->family, target->family == AF_INET ? reserved : discard);

    addr.port = target->port;
    return addr;
}

/* The routes have a say in it that is the program's error, or can't be asked. */
static bool route_refuses(struct wr_probe_ctx *ctx, const struct wr_addr *to, int protocol)
{
    struct wr_route_query query = wr_route_query_of(ctx, true);
    struct wr_route_answer answer;

    query.to = *to;
    query.from = (struct wr_addr){0};
    query.protocol = protocol;
    return wr_route_ask(ctx, &query, false, &answer) < 0 || answer.error == ctx->attempt->error;
}

static void try_stream(struct wr_probe_ctx *ctx)
{
    struct wr_addr nowhere = nowhere_like(&ctx->attempt->target);

    /* a group of IPv6 is turned down before its route is asked for */
    if (ctx->attempt->error == ENETUNREACH ||
        (nowhere.family == AF_INET && route_refuses(ctx, &nowhere, IPPROTO_TCP)))
        return;
    state(ctx, WR_FACT_denied_stream, try(ctx, BY_CONNECT, SOCK_STREAM, &nowhere), ENETUNREACH);
    if (wr_ev_true(ctx->ev, WR_FACT_denied_stream))
        state(ctx, WR_FACT_denied_opening, try(ctx, BY_OPENING, SOCK_STREAM, &nowhere),
              ENETUNREACH);
}

static void try_connect(struct wr_probe_ctx *ctx)
{
    const struct wr_addr *to = &ctx->attempt->target;

    if (ctx->attempt->type == SOCK_STREAM)
        try_stream(ctx);
    if (!route_refuses(ctx, to, IPPROTO_UDP))
        state(ctx, WR_FACT_denied_datagram, try(ctx, BY_CONNECT, SOCK_DGRAM, to), 0);
    if (ctx->attempt->call == WR_CALL_SEND && ctx->attempt->type == SOCK_DGRAM &&
        !route_refuses(ctx, to, IPPROTO_UDP))
        state(ctx, WR_FACT_denied_queued, try(ctx, BY_QUEUEING, SOCK_DGRAM, to), 0);
}

static void try_bind(struct wr_probe_ctx *ctx)
{
    const struct wr_attempt *attempt = ctx->attempt;
    const struct wr_addr foreign = foreign_like(&attempt->target);

    /* a reserved port is refused with EACCES, too */
    if (attempt->error == EACCES &&
        attempt->target.port < wr_ev_uint(ctx->ev, WR_FACT_port_unprivileged_start, 1024) &&
        !wr_ev_true(ctx->ev, WR_FACT_cap_net_bind))
        return;
    if (attempt->type == SOCK_STREAM)
        state(ctx, WR_FACT_denied_stream, try(ctx, BY_BIND, SOCK_STREAM, &foreign), EADDRNOTAVAIL);
    state(ctx, WR_FACT_denied_datagram, try(ctx, BY_BIND, SOCK_DGRAM, &foreign), EADDRNOTAVAIL);
}

void wr_probe_denial(struct wr_probe_ctx *ctx)
{
    const struct wr_attempt *attempt = ctx->attempt;
    const bool ip = attempt->target.family != 0 &&
                    (attempt->domain == AF_INET || attempt->domain == AF_INET6) &&
                    (attempt->type == SOCK_STREAM || attempt->type == SOCK_DGRAM);

    if (!could_be_denied(ctx) || wr_ev_true(ctx->ev, WR_FACT_icmp_received))
        return;
    try_bare(ctx);
    if (wr_ev_true(ctx->ev, WR_FACT_seccomp_answers))
        return;
    if (ip && attempt->call == WR_CALL_BIND)
        try_bind(ctx);
    else if (ip && attempt->call != WR_CALL_SOCKET)
        try_connect(ctx);
}
