/* SPDX-License-Identifier: MIT
 * ICMP errors that the kernel keeps on the program's socket (ip(7) IP_RECVERR). Read only after the
 * program got its error: draining earlier would take the error away from it. */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#include "base/sys.h"
#include "base/tcpinfo.h"
#include "probe/icmp.h"

static int option(int fd, int level, int name)
{
    int value = -1;
    socklen_t len = sizeof(value);

    return WR_SYS(getsockopt, fd, level, name, &value, &len) == 0 ? value : -1;
}

/* An ICMP error that arrives while the request is on its way out (veth, loopback, a rule of this
 * machine) does not end the socket: tcp_v4_err() leaves it in sk_err_soft, and the entry in the
 * queue is what makes poll(2) say so. It must stay until the program has fetched the error, which
 * getsockopt(SO_ERROR) alone gives in that state. */
static bool still_to_be_told(const struct wr_attempt *attempt)
{
    struct wr_tcpinfo info;

    if (!wr_tcpinfo(attempt->fd, &info))
        return true;
    return info.state == WR_TCP_SYN_SENT && attempt->door != WR_DOOR_SO_ERROR;
}

/* The kernel queues errors of TCP over IPv4 unasked since 5.8 (tcp_v4_err() -> ip_icmp_error());
 * over IPv6 and for UDP only when the program asked for them. Then they are the program's: it
 * means to read them, and the kernel has no way to look without taking. The same queue brings it
 * what MSG_ZEROCOPY and timestamps have to tell. */
static bool queue_is_ours(int fd, const struct wr_attempt *attempt)
{
    return attempt->target.family == AF_INET && attempt->type == SOCK_STREAM &&
           option(fd, SOL_IP, IP_RECVERR) == 0 && option(fd, SOL_SOCKET, SO_ZEROCOPY) == 0 &&
           option(fd, SOL_SOCKET, SO_TIMESTAMPING) == 0 && !still_to_be_told(attempt);
}

/* Without it a datagram socket hears only of errors that are final: net/ipv4/udp.c
 * __udp4_lib_err(), net/ipv6/udp.c __udp6_lib_err(). */
static void set_wanted(struct wr_probe_ctx *ctx)
{
    const bool six = ctx->attempt->target.family == AF_INET6;
    const int wanted =
        option(ctx->attempt->fd, six ? SOL_IPV6 : SOL_IP, six ? IPV6_RECVERR : IP_RECVERR);

    if (wanted >= 0)
        wr_set_bool(ctx->ev, WR_FACT_icmp_wanted, wanted != 0);
}

/* A rule in OUTPUT that rejects makes send() fail as one that drops does, and sends an ICMP error,
 * which waits on a socket that has a peer. Looking does not take it. */
static void set_rejection_waits(struct wr_probe_ctx *ctx)
{
    const struct wr_attempt *attempt = ctx->attempt;
    struct pollfd poll_fd = {.fd = attempt->fd};
    const struct timespec at_once = {0};

    if (attempt->error != EPERM || attempt->call != WR_CALL_SEND || attempt->type != SOCK_DGRAM)
        return;
    set_wanted(ctx);
    if (wr_ev_false(ctx->ev, WR_FACT_icmp_wanted) &&
        option(attempt->fd, SOL_SOCKET, SO_ZEROCOPY) == 0 &&
        option(attempt->fd, SOL_SOCKET, SO_TIMESTAMPING) == 0 &&
        WR_SYS(ppoll, &poll_fd, 1, &at_once, 0, 8) == 1 && (poll_fd.revents & POLLERR) != 0)
        wr_set_bool(ctx->ev, WR_FACT_rejection_waits, true);
}

/* Errors that an ICMP message can bring (icmp_err_convert of net/ipv4/icmp.c), or silence. After
 * others (EISCONN, EALREADY) the socket lives, and its queue is none of our business. */
static bool may_be_icmp(int error)
{
    static const uint8_t errors[] = {ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, ENOPROTOOPT,
                                     EOPNOTSUPP,   EHOSTDOWN,    ENONET,      EPROTO,
                                     EACCES,       ETIMEDOUT};

    return memchr(errors, error, sizeof(errors)) != NULL;
}

/* A reset ends the try, an ICMP error that arrives on the way out does not: tcp_v4_err() and
 * tcp_v6_err() of net/ipv4, where the socket is owned by the caller. */
static void set_implied(struct wr_probe_ctx *ctx)
{
    struct wr_tcpinfo info;

    if (wr_tcpinfo(ctx->attempt->fd, &info))
        wr_set_bool(ctx->ev, WR_FACT_icmp_implied, info.state == WR_TCP_SYN_SENT);
}

void wr_probe_errqueue(struct wr_probe_ctx *ctx)
{
    const struct wr_attempt *attempt = ctx->attempt;
    struct wr_icmp_error error;
    bool ours;

    /* who gives up may hold the socket by another descriptor, or in another process, and still wait
     */
    if (attempt->outcome != WR_OUTCOME_ERROR || !wr_attempt_reaches(attempt) ||
        attempt->target.family == 0 || attempt->fd < 0)
        return;
    set_rejection_waits(ctx);
    if (!may_be_icmp(attempt->error))
        return;
    if (attempt->error == ECONNREFUSED && attempt->type == SOCK_STREAM)
        set_implied(ctx);
    set_wanted(ctx);
    ours = queue_is_ours(attempt->fd, attempt);
    wr_set_bool(ctx->ev, WR_FACT_icmp_readable, ours);
    wr_set_bool(ctx->ev, WR_FACT_icmp_untold, !ours);
    if (!ours)
        return;
    if (!wr_icmp_take(attempt->fd, &attempt->target, &error)) {
        wr_set_bool(ctx->ev, WR_FACT_icmp_received, false);
        return;
    }
    wr_icmp_set(ctx, &error, false);
}
