/* SPDX-License-Identifier: MIT
 * Sends requests to connect, each with a socket of its own, and waits for what comes back. See
 * path.h. Every connection that comes about is reset; no socket outlives the call. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
/* linux/errqueue.h needs struct timespec */
#include <linux/errqueue.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/sys.h"
#include "probe/path.h"

#define MS 1000000u
/* linux/in6.h, which cannot be had together with netinet/in.h */
#ifndef IPV6_MINHOPCOUNT
#define IPV6_MINHOPCOUNT 73
#endif
/* Where nothing of the destination has been seen, it is waited for so long. */
#define UNSEEN_NS (120 * MS)
/* No sooner does what is known so far tell what to ask next. */
#define QUIET_NS (30 * MS)
/* Descriptors that stay free for the threads of the program. */
#define SPARE 16

static bool set(int fd, int level, int option, const void *value, size_t size)
{
    return WR_SYS(setsockopt, fd, level, option, value, size) == 0;
}

static bool set_int(int fd, int level, int option, int value)
{
    return set(fd, level, option, &value, sizeof(value));
}

static bool set_way(int fd, const struct wr_path_way *way)
{
    struct sockaddr_storage name;
    socklen_t len;

    if (way->device[0] != '\0' &&
        !set(fd, SOL_SOCKET, SO_BINDTODEVICE, way->device, strlen(way->device) + 1))
        return false;
    if (way->mark != 0 && !set_int(fd, SOL_SOCKET, SO_MARK, (int)way->mark))
        return false;
    if (way->source.family == 0)
        return true;
    set_int(fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT, 1);
    len = wr_addr_to_sockaddr(&way->source, &name);
    return WR_SYS(bind, fd, &name, len) == 0;
}

static bool set_up(const struct wr_path *path, const struct wr_path_try *try,
                   const struct wr_path_way *way)
{
    const struct linger reset = {.l_onoff = 1, .l_linger = 0};
    bool v4 = path->target.family == AF_INET;
    int level = v4 ? SOL_IP : SOL_IPV6;

    if (!set(try->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)) ||
        !set_int(try->fd, level, v4 ? IP_RECVERR : IPV6_RECVERR, 1) ||
        (try->ttl != WR_PATH_FAR &&
         !set_int(try->fd, level, v4 ? IP_TTL : IPV6_UNICAST_HOPS, try->ttl)) ||
        (try->min_ttl != 0 &&
         !set_int(try->fd, level, v4 ? IP_MINTTL : IPV6_MINHOPCOUNT, try->min_ttl)) ||
        !set_way(try->fd, way))
        return false;
    set_int(try->fd, IPPROTO_TCP, TCP_SYNCNT, 1);
    set_int(try->fd, level, v4 ? IP_RECVTTL : IPV6_RECVHOPLIMIT, 1);
    return true;
}

static void end(struct wr_path_try *try, enum wr_path_reply reply)
{
    try->reply = (uint8_t)reply;
    try->us = (uint32_t)((wr_now_ns() - try->sent_ns) / 1000);
    WR_SYS(close, try->fd);
    try->fd = -1;
}

/* Numbers are given out from the smallest on, so a large one says how few are left. A child with a
 * table of its own (probe.h) takes nothing from the program. */
static bool too_few_left(const struct wr_probe_ctx *ctx, long fd)
{
    struct rlimit limit;

    return WR_SYS(getpid) == ctx->host_pid &&
           WR_SYS(prlimit64, 0, RLIMIT_NOFILE, NULL, &limit) == 0 &&
           (uint64_t)fd + SPARE >= limit.rlim_cur;
}

/* False where no more can be sent. */
static bool send_one(struct wr_probe_ctx *ctx, struct wr_path *path, struct wr_path_try *try,
                     const struct wr_path_way *way)
{
    struct sockaddr_storage name;
    struct wr_addr to = path->target;
    socklen_t len;
    long fd = WR_SYS(socket, to.family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), rc;

    if (fd < 0 || too_few_left(ctx, fd)) {
        if (fd >= 0)
            WR_SYS(close, fd);
        /* in the beginning it can still be done where there are descriptors */
        ctx->no_descriptors |= (fd >= 0 || fd == -EMFILE) && try == path->tries;
        return false;
    }
    try->fd = (int)fd;
    if (!set_up(path, try, way)) {
        WR_SYS(close, fd);
        try->fd = -1;
        return false;
    }
    to.port = try->port;
    len = wr_addr_to_sockaddr(&to, &name);
    try->sent_ns = wr_now_ns();
    rc = WR_SYS(connect, fd, &name, len);
    if (rc == 0) {
        end(try, WR_REPLY_ACCEPTED);
    } else if (rc != -EINPROGRESS) {
        try->error = (int)-rc;
        end(try, WR_REPLY_ERROR);
        return false;
    }
    return true;
}

static bool is_expired(const struct wr_icmp_error *icmp)
{
    return icmp->code == 0 && (icmp->origin == SO_EE_ORIGIN_ICMP    ? icmp->type == 11
                               : icmp->origin == SO_EE_ORIGIN_ICMP6 ? icmp->type == 3
                                                                    : false);
}

/* An ICMP error that comes while connect() holds the socket does not end it: poll(2) says POLLERR
 * then, and nothing else (tcp_v4_err() of net/ipv4/tcp_ipv4.c). */
static void take(const struct wr_path *path, struct wr_path_try *try, short events)
{
    struct wr_addr to = path->target;
    int error = 0;
    socklen_t len = sizeof(error);

    to.port = try->port;
    if (wr_icmp_take(try->fd, &to, &try->icmp)) {
        end(try,
            is_expired(&try->icmp) && try->ttl != WR_PATH_FAR ? WR_REPLY_EXPIRED : WR_REPLY_ICMP);
        return;
    }
    if (WR_SYS(getsockopt, try->fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
        error = EIO;
    if (error == ECONNREFUSED) {
        end(try, WR_REPLY_RESET);
    } else if (error != 0 || (events & POLLHUP) != 0) {
        try->error = error;
        end(try, WR_REPLY_ERROR);
    } else if ((events & POLLOUT) != 0) {
        end(try, WR_REPLY_ACCEPTED);
    }
}

/* Sends what has not been sent. Returns when the first of it went out; 0 = nothing did. */
static uint64_t send_all(struct wr_probe_ctx *ctx, struct wr_path *path,
                         const struct wr_path_way *way)
{
    uint64_t first_ns = 0;

    for (unsigned i = 0; i < path->count; i++) {
        struct wr_path_try *try = &path->tries[i];

        if (try->sent_ns != 0)
            continue;
        if (path->stopped || !send_one(ctx, path, try, way))
            path->stopped = true;
        if (first_ns == 0)
            first_ns = try->sent_ns;
    }
    return first_ns;
}

/* Until when silence may still be slowness, by what has been seen. What is near answers long before
 * what is far, so only an answer of either port tells how far that is. */
struct patience {
    uint64_t first_ns; /* of the first ones */
    uint64_t each_ns;  /* of each of the others: as long after it was sent */
    uint64_t all_ns;
    uint64_t quiet_ns; /* more may be asked then */
};

static struct patience patience(const struct wr_path *path, uint32_t hint_us, uint64_t entry_ns)
{
    uint64_t slowest_us = 0, known_us = hint_us < 200000 ? hint_us : 200000, last_ns = 0;
    bool target = false, other = false;
    struct patience until;

    for (unsigned i = 0; i < path->count; i++) {
        const struct wr_path_try *try = &path->tries[i];

        if (try->reply == WR_REPLY_NONE)
            continue;
        if (try->us > slowest_us)
            slowest_us = try->us;
        if (try->sent_ns + try->us * 1000ull > last_ns)
            last_ns = try->sent_ns + try->us * 1000ull;
        target |= try->reply != WR_REPLY_EXPIRED && try->port == path->target.port;
        other |= try->reply != WR_REPLY_EXPIRED && try->port != path->target.port;
    }
    if (!other && !path->began && slowest_us < known_us)
        slowest_us = known_us;
    until.each_ns = slowest_us * 1250 + 20 * MS;
    until.first_ns = path->first_ns + slowest_us * 1250 + (target && other ? 20 : 50) * MS;
    if (!other && until.first_ns < path->first_ns + UNSEEN_NS)
        until.first_ns = path->first_ns + UNSEEN_NS;
    until.all_ns = path->batch_ns + until.each_ns;
    if (!path->began && until.first_ns > until.all_ns)
        until.all_ns = until.first_ns;
    until.quiet_ns = until.all_ns;
    if (last_ns > entry_ns) {
        until.quiet_ns = last_ns + slowest_us * 250 + 20 * MS;
        if (until.quiet_ns < entry_ns + QUIET_NS)
            until.quiet_ns = entry_ns + QUIET_NS;
    }
    return until;
}

/* Where there was no time to wait as long as it may take, silence says nothing. */
static void close_all(struct wr_path *path, const struct patience *end, uint64_t until_ns)
{
    for (unsigned i = 0; i < path->count; i++) {
        struct wr_path_try *try = &path->tries[i];

        if (try->fd < 0)
            continue;
        WR_SYS(close, try->fd);
        try->fd = -1;
        try->cut = (i < path->first_count ? end->first_ns : try->sent_ns + end->each_ns) > until_ns;
    }
}

/* False where there is nothing more to wait for. */
static bool wait_and_take(struct wr_path *path, uint64_t until_ns)
{
    struct pollfd fds[WR_PATH_TRIES];
    uint64_t now_ns = wr_now_ns();
    uint64_t left_ns = until_ns > now_ns ? until_ns - now_ns : 0;
    struct timespec left = {(time_t)(left_ns / 1000000000u), (long)(left_ns % 1000000000u)};
    bool waits = false;

    for (unsigned i = 0; i < path->count; i++) {
        fds[i] = (struct pollfd){.fd = path->tries[i].fd, .events = POLLOUT};
        waits |= path->tries[i].fd >= 0;
    }
    if (!waits || left_ns == 0 || WR_SYS(ppoll, fds, path->count, &left, NULL) <= 0)
        return false;
    for (unsigned i = 0; i < path->count; i++) {
        if (path->tries[i].fd >= 0 && fds[i].revents != 0)
            take(path, &path->tries[i], fds[i].revents);
    }
    return true;
}

static bool any_open(const struct wr_path *path)
{
    for (unsigned i = 0; i < path->count; i++) {
        if (path->tries[i].fd >= 0)
            return true;
    }
    return false;
}

bool wr_path_ask(struct wr_probe_ctx *ctx, struct wr_path *path, const struct wr_path_way *way,
                 uint32_t hint_us, bool more, uint64_t until_ns)
{
    uint64_t entry_ns = wr_now_ns(), start_ns, end_ns;
    struct patience end;

    path->stopped = path->stopped || entry_ns >= until_ns;
    start_ns = send_all(ctx, path, way);
    if (start_ns != 0)
        path->batch_ns = start_ns;
    if (path->first_ns == 0) {
        path->first_ns = start_ns;
        path->first_count = path->count;
    }
    do {
        end = patience(path, hint_us, entry_ns);
        end_ns = more && end.quiet_ns < end.all_ns ? end.quiet_ns : end.all_ns;
    } while (wait_and_take(path, end_ns < until_ns ? end_ns : until_ns));
    if (end_ns < end.all_ns && end_ns < until_ns && any_open(path))
        return true;
    close_all(path, &end, until_ns);
    path->began = true;
    return false;
}
