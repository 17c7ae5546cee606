/* SPDX-License-Identifier: MIT
 * See netlink.h. */
#include "base/netlink.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/sys.h"

int wr_netlink_open(int protocol)
{
    const int one = 1;
    long fd = WR_SYS(socket, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);

    if (fd < 0)
        return (int)fd;
    if (protocol == NETLINK_ROUTE) {
        WR_SYS(setsockopt, fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &one, sizeof(one));
        WR_SYS(setsockopt, fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
    }
    return (int)fd;
}

void wr_netlink_close(int fd)
{
    if (fd >= 0)
        WR_SYS(close, fd);
}

void wr_netlink_attr(struct nlmsghdr *request, unsigned short type, const void *data, size_t len)
{
    struct rtattr *attr =
        (struct rtattr *)(void *)((char *)request + NLMSG_ALIGN(request->nlmsg_len));

    attr->rta_type = type;
    attr->rta_len = (unsigned short)RTA_LENGTH(len);
    memcpy(RTA_DATA(attr), data, len);
    request->nlmsg_len = NLMSG_ALIGN(request->nlmsg_len) + (uint32_t)RTA_ALIGN(attr->rta_len);
}

/* Returns 1 to go on, 0 at the end of the answer, -errno from the kernel. */
static int take(const struct nlmsghdr *message, bool dump, wr_netlink_each each, void *ctx)
{
    if (message->nlmsg_type == NLMSG_DONE)
        return 0;
    if (message->nlmsg_type == NLMSG_ERROR) {
        const struct nlmsgerr *error = NLMSG_DATA(message);

        return error->error < 0 ? error->error : 0;
    }
    if (message->nlmsg_type >= NLMSG_MIN_TYPE && !each(ctx, message))
        return 0;
    return dump ? 1 : 0;
}

int wr_netlink_ask(int fd, struct nlmsghdr *request, char *space, uint64_t until_ns,
                   wr_netlink_each each, void *ctx)
{
    static const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    bool dump = (request->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
    long got;

    request->nlmsg_flags |= NLM_F_REQUEST;
    request->nlmsg_seq = (uint32_t)wr_now_ns();
    got = WR_SYS(sendto, fd, request, request->nlmsg_len, MSG_NOSIGNAL, &kernel, sizeof(kernel));
    if (got < 0)
        return (int)got;
    for (;;) {
        got = WR_SYS(recvfrom, fd, space, WR_NETLINK_SPACE, MSG_DONTWAIT, 0, 0);
        if (got == -EINTR)
            continue;
        if (got < 0)
            return (int)got;
        unsigned left = (unsigned)got;
        for (const struct nlmsghdr *at = (const void *)space; NLMSG_OK(at, left);
             at = NLMSG_NEXT(at, left)) {
            /* what an answer that was left early had still queued */
            if (at->nlmsg_seq != request->nlmsg_seq)
                continue;
            int more = take(at, dump, each, ctx);
            if (more <= 0)
                return more;
        }
        if (until_ns != 0 && wr_now_ns() > until_ns)
            return -ETIME;
    }
}

const struct rtattr *wr_netlink_find(const struct nlmsghdr *message, size_t fixed,
                                     unsigned short type, size_t min_len)
{
    const char *start = (const char *)NLMSG_DATA(message) + NLMSG_ALIGN(fixed);
    long left = (long)message->nlmsg_len - (long)NLMSG_LENGTH(NLMSG_ALIGN(fixed));

    for (const struct rtattr *attr = (const void *)start; RTA_OK(attr, left);
         attr = RTA_NEXT(attr, left)) {
        if ((attr->rta_type & NLA_TYPE_MASK) == type && RTA_PAYLOAD(attr) >= min_len)
            return attr;
    }
    return NULL;
}
