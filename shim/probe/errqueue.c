/* SPDX-License-Identifier: MIT
 * ICMP errors that the kernel keeps on the socket (ip(7) IP_RECVERR, MSG_ERRQUEUE). Read only
 * after the program got its error: draining earlier would take the error away from it. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <time.h>
/* linux/errqueue.h needs struct timespec */
#include <linux/errqueue.h>

#include "base/address.h"
#include "base/sys.h"
#include "base/tcpinfo.h"
#include "probe/probe.h"

/* More than ever queue up for one attempt: each SYN can bring one. */
#define ENTRIES_MAX 16

struct icmp_error {
    uint8_t origin, type, code;
    struct wr_addr offender;
};

static bool take_control(const struct msghdr *msg, struct icmp_error *ret)
{
    const struct msghdr *m = msg;

    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL;
         c = CMSG_NXTHDR((struct msghdr *)(uintptr_t)m, c)) {
        struct sock_extended_err err;

        if (!(c->cmsg_level == SOL_IP && c->cmsg_type == IP_RECVERR) &&
            !(c->cmsg_level == SOL_IPV6 && c->cmsg_type == IPV6_RECVERR))
            continue;
        if (c->cmsg_len < CMSG_LEN(sizeof(err)))
            continue;
        memcpy(&err, CMSG_DATA(c), sizeof(err));
        /* classified by origin: a v4-mapped socket delivers IPv4 errors at the IPv6 level */
        if (err.ee_origin != SO_EE_ORIGIN_ICMP && err.ee_origin != SO_EE_ORIGIN_ICMP6)
            continue;
        ret->origin = err.ee_origin;
        ret->type = err.ee_type;
        ret->code = err.ee_code;
        wr_addr_from_sockaddr(CMSG_DATA(c) + sizeof(err),
                              (socklen_t)(c->cmsg_len - CMSG_LEN(sizeof(err))), &ret->offender);
        ret->offender.port = 0;
        return true;
    }
    return false;
}

/* Taking an entry makes the error of the next one pending again (sock_dequeue_err_skb()); the
 * program has had its error, so a connect() that it tries next must not fail because of that. */
static void clear_pending_error(int fd)
{
    int error;
    socklen_t len = sizeof(error);

    WR_SYS(getsockopt, fd, SOL_SOCKET, SO_ERROR, &error, &len);
}

/* Takes all entries; keeps the last that speaks of this destination. */
static bool drain(int fd, const struct wr_addr *target, struct icmp_error *ret)
{
    bool found = false;
    int taken = 0;

    for (; taken < ENTRIES_MAX; taken++) {
        char control[256], payload[8];
        struct sockaddr_storage name;
        struct iovec iov = {payload, sizeof(payload)};
        struct msghdr msg = {.msg_name = &name,
                             .msg_namelen = sizeof(name),
                             .msg_iov = &iov,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof(control)};
        struct icmp_error error;
        struct wr_addr to;

        if (WR_SYS(recvmsg, fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
            break;
        if (!take_control(&msg, &error))
            continue;
        if (wr_addr_from_sockaddr(&name, msg.msg_namelen, &to) &&
            (!wr_addr_same_host(&to, target) || to.port != target->port))
            continue;
        *ret = error;
        found = true;
    }
    if (taken > 0)
        clear_pending_error(fd);
    return found;
}

static int option(int fd, int level, int name)
{
    int value = -1;
    socklen_t len = sizeof(value);

    return WR_SYS(getsockopt, fd, level, name, &value, &len) == 0 ? value : -1;
}

/* While the socket still tries (an ICMP error that arrives on the way out does not end it), an
 * entry in the queue is what poll(2) tells the program: it must stay. */
static bool still_tries(int fd)
{
    struct wr_tcpinfo info;

    return !wr_tcpinfo(fd, &info) || info.state == WR_TCP_SYN_SENT;
}

/* The kernel queues errors of TCP over IPv4 unasked since 5.8 (tcp_v4_err() -> ip_icmp_error());
 * over IPv6 and for UDP only when the program asked for them. Then they are the program's: it
 * means to read them, and the kernel has no way to look without taking. The same queue brings it
 * what MSG_ZEROCOPY and timestamps have to tell. */
static bool queue_is_ours(int fd, const struct wr_attempt *attempt)
{
    return attempt->target.family == AF_INET && attempt->type == SOCK_STREAM &&
           option(fd, SOL_IP, IP_RECVERR) == 0 && option(fd, SOL_SOCKET, SO_ZEROCOPY) == 0 &&
           option(fd, SOL_SOCKET, SO_TIMESTAMPING) == 0 && !still_tries(fd);
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

void wr_probe_errqueue(struct wr_probe_ctx *ctx)
{
    const struct wr_attempt *attempt = ctx->attempt;
    struct icmp_error error;
    bool ours;

    /* who gives up may hold the socket by another descriptor, or in another process, and still wait
     */
    if (attempt->outcome != WR_OUTCOME_ERROR || !wr_attempt_reaches(attempt) ||
        attempt->target.family == 0 || attempt->fd < 0 || !may_be_icmp(attempt->error))
        return;
    ours = queue_is_ours(attempt->fd, attempt);
    wr_set_bool(ctx->ev, WR_FACT_icmp_readable, ours);
    if (!ours)
        return;
    if (!drain(attempt->fd, &attempt->target, &error)) {
        wr_set_bool(ctx->ev, WR_FACT_icmp_received, false);
        return;
    }
    wr_set_bool(ctx->ev, WR_FACT_icmp_received, true);
    wr_set_uint(ctx->ev, WR_FACT_icmp_version, error.origin == SO_EE_ORIGIN_ICMP ? 4 : 6);
    wr_set_uint(ctx->ev, WR_FACT_icmp_type, error.type);
    wr_set_uint(ctx->ev, WR_FACT_icmp_code, error.code);
    if (error.offender.family != 0)
        wr_set_addr(ctx->ev, WR_FACT_icmp_offender, &error.offender);
}
