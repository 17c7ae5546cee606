/* SPDX-License-Identifier: MIT
 * See icmp.h. */
#include "probe/icmp.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <time.h>
/* linux/errqueue.h needs struct timespec */
#include <linux/errqueue.h>

#include "base/address.h"
#include "base/icmpwords.h"
#include "base/sys.h"
#include "probe/rtnl.h"

/* More than ever queue up for one attempt: each SYN can bring one. */
#define ENTRIES_MAX 16

static bool is_ttl(const struct cmsghdr *c)
{
    return ((c->cmsg_level == SOL_IP && c->cmsg_type == IP_TTL) ||
            (c->cmsg_level == SOL_IPV6 && c->cmsg_type == IPV6_HOPLIMIT)) &&
           c->cmsg_len >= CMSG_LEN(sizeof(int));
}

static bool take_control(const struct msghdr *msg, struct wr_icmp_error *ret)
{
    const struct msghdr *m = msg;
    bool found = false;

    *ret = (struct wr_icmp_error){.ttl = 0};

    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL;
         c = CMSG_NXTHDR((struct msghdr *)(uintptr_t)m, c)) {
        struct sock_extended_err err;
        int ttl;

        if (is_ttl(c)) {
            memcpy(&ttl, CMSG_DATA(c), sizeof(ttl));
            ret->ttl = (uint8_t)ttl;
        }
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
        found = true;
    }
    return found;
}

/* Taking an entry makes the error of the next one pending again, and taking the last one makes
 * none (sock_dequeue_err_skb()). Where some are left: the program has had its error, so a connect()
 * that it tries next must not fail because of that. Else it is not asked for: that would take
 * sk_err_soft away, too, which the program can still see. */
static void clear_pending_error(int fd)
{
    int error;
    socklen_t len = sizeof(error);

    WR_SYS(getsockopt, fd, SOL_SOCKET, SO_ERROR, &error, &len);
}

bool wr_icmp_take(int fd, const struct wr_addr *target, struct wr_icmp_error *ret)
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
        struct wr_icmp_error error;
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
    if (taken == ENTRIES_MAX)
        clear_pending_error(fd);
    return found;
}

void wr_icmp_set(struct wr_probe_ctx *ctx, const struct wr_icmp_error *error, bool by_repeat)
{
    const uint8_t version = error->origin == SO_EE_ORIGIN_ICMP ? 4 : 6;
    const struct wr_icmp_word *word = wr_icmp_word(version, error->type, error->code);
    struct wr_evidence *ev = ctx->ev;
    struct wr_route_query query = {.uid = wr_route_uid(ctx), .to = error->offender};
    struct wr_route_answer answer;

    wr_set_bool(ev, WR_FACT_icmp_received, true);
    wr_set_bool(ev, WR_FACT_icmp_untold, false);
    wr_set_bool(ev, WR_FACT_icmp_by_repeat, by_repeat);
    wr_set_uint(ev, WR_FACT_icmp_version, version);
    wr_set_uint(ev, WR_FACT_icmp_type, error->type);
    wr_set_uint(ev, WR_FACT_icmp_code, error->code);
    if (word != NULL)
        wr_set_str(ev, WR_FACT_icmp_name, word->name);
    if (error->offender.family == 0)
        return;
    wr_set_addr(ev, WR_FACT_icmp_offender, &error->offender);
    /* every ICMP error names its sender; this machine sends them to itself, too */
    if (wr_route_ask(ctx, &query, false, &answer) == 0)
        wr_set_bool(ev, WR_FACT_icmp_offender_local, answer.error == 0 && answer.type == RTN_LOCAL);
}
