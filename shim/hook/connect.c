/* SPDX-License-Identifier: MIT
 * connect() and the call by which a non-blocking connect() tells its end. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/sys.h"
#include "base/tcpinfo.h"
#include "failure.h"
#include "hook/hook.h"
#include "track/talk.h"
#include "track/track.h"

/* What was known of the descriptor, and what is remembered of this call. */
struct call {
    uint64_t start_ns;
    bool known, noted;
    struct wr_track before, now;
};

/* AF_UNSPEC on a pending socket succeeds, but connects nothing (connect(2)). */
static bool is_dissolved(int fd)
{
    struct wr_tcpinfo info;

    return wr_tcpinfo(fd, &info) && info.state == WR_TCP_CLOSE && !info.was_connected;
}

static void connected(int fd, struct call *call)
{
    if (call->noted)
        wr_talk_connected(fd, &call->now, WR_DOOR_CALL);
    else if (call->known && call->before.history == WR_HISTORY_PENDING && !is_dissolved(fd))
        wr_talk_connected(fd, &call->before, WR_DOOR_AGAIN);
    else if (call->known) /* AF_UNSPEC: the connection is dissolved (connect(2)) */
        wr_track_drop(fd);
}

/* A blocking connect() has waited for as long as SO_SNDTIMEO lets it (socket(7)): the program gets
 * EINPROGRESS and knows it as a timeout, though the kernel goes on. */
static bool has_timed_out(int fd)
{
    long flags = WR_SYS(fcntl, fd, F_GETFL);

    return flags >= 0 && (flags & O_NONBLOCK) == 0;
}

/* The answer is that of a proxy, or of the library that was to reach it: nothing that the kernel
 * knows of the destination explains it. Sockets of this machine are passed on by them. */
static bool is_anothers_answer(int fd)
{
    int domain = AF_UNSPEC;
    socklen_t len = sizeof(domain);

    return wr_hook_proxied &&
           (WR_SYS(getsockopt, fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) < 0 || domain != AF_UNIX);
}

/* connect() came back without success; errno is the program's and stays. */
static WR_COLD void connect_failed(int fd, const void *address, socklen_t len, int error,
                                   uint64_t start_ns)
{
    struct wr_track track;

    if (!wr_may_look() || is_anothers_answer(fd))
        return;
    switch (error) {
    case EINPROGRESS:
    case EINTR: /* the handshake goes on: connect(2) */
        /* the kernel has just read the address, so it can be read */
        wr_track_pending(fd, address, len, start_ns);
        if (error == EINPROGRESS && has_timed_out(fd)) {
            wr_gave_up(fd, WR_DOOR_CALL);
            wr_track_set(fd, WR_HISTORY_FAILED);
        }
        break;
    case EISCONN:
        /* the usual way to learn that a pending connect() has succeeded */
        if (wr_track_get(fd, &track) && track.history == WR_HISTORY_PENDING)
            wr_talk_connected(fd, &track, WR_DOOR_AGAIN);
        else
            wr_failed_connect(fd, address, len, error, start_ns);
        break;
    case EALREADY:
        /* some programs ask for the end so, again and again: told where none comes (giveup.c) */
        if (wr_track_get(fd, &track) && track.history == WR_HISTORY_PENDING)
            wr_track_tell(fd);
        else
            wr_failed_connect(fd, address, len, error, start_ns);
        break;
    default:
        wr_failed_connect(fd, address, len, error, start_ns);
        wr_track_set(fd, WR_HISTORY_FAILED);
    }
}

/* Copies the address where it can be read. Asked of the kernel by a call that looks at 8 bytes and
 * then refuses (an operation that sigprocmask(2) does not have): reading through
 * process_vm_readv(2) costs ten times as much. */
static bool copy_address(const void *address, socklen_t len, void *to)
{
    const char *first = address, *last = first + len - 8;

    if (WR_SYS(rt_sigprocmask, -1, first, 0, 8) != -EINVAL)
        return false;
    if (((uintptr_t)first ^ (uintptr_t)(first + len - 1)) >= 4096 &&
        WR_SYS(rt_sigprocmask, -1, last, 0, 8) != -EINVAL)
        return false;
    memcpy(to, address, len);
    return true;
}

/* Before the real call, out of which a signal handler may jump for good: wget and nc end their
 * waiting so. What is remembered then is found by close() and at the end of the process. */
static void begin(int fd, const void *address, socklen_t len, struct call *call)
{
    unsigned char copy[WR_TRACK_ADDRESS];

    call->start_ns = 0;
    call->known = call->noted = false;
    if (!wr_may_look())
        return;
    call->start_ns = wr_now_ns();
    if (len > sizeof(copy))
        len = sizeof(copy);
    call->known = wr_unlikely(wr_track_knows(fd)) && wr_track_get(fd, &call->before);
    /* a second connect() asks for the end of the first */
    if (len >= sizeof(struct sockaddr_in) &&
        !(call->known && call->before.history == WR_HISTORY_PENDING) &&
        copy_address(address, len, copy))
        call->noted = wr_track_begin(fd, copy, len, call->start_ns, &call->now);
}

static int connect_tcp(int fd, __CONST_SOCKADDR_ARG address, socklen_t len)
{
    struct call call;
    int rc, error;

    begin(fd, address.__sockaddr__, len, &call);
    rc = WR_REAL(connect)(fd, address, len);
    error = errno;
    if (wr_unlikely(wr_hook_proxied)) {
        if (call.noted)
            wr_track_drop(fd);
    } else if (wr_likely(rc == 0)) {
        connected(fd, &call);
    } else {
        /* what was known before is known again: failure.c tells a second connect() by it */
        if (call.noted && call.known)
            wr_track_put(fd, &call.before); /* noted: the memory is ours */
        else if (call.noted)
            wr_track_drop(fd);
        connect_failed(fd, address.__sockaddr__, len, error, call.start_ns);
    }
    errno = error;
    return rc;
}

/* A socket that socket() was not seen to make is asked once, when it has connected. */
static WR_COLD void connected_unknown(int fd, const void *address, socklen_t len, uint64_t start_ns)
{
    struct call call = {.start_ns = start_ns};
    int error = errno;

    if (!wr_hook_proxied && wr_may_look() && wr_track_kind_ask(fd) == WR_KIND_TCP) {
        /* the kernel has just read the address, so it can be read */
        call.noted = wr_track_begin(fd, address, len, start_ns, &call.now);
        connected(fd, &call);
    }
    errno = error;
}

WR_EXPORT int connect(int fd, __CONST_SOCKADDR_ARG address, socklen_t len)
{
    enum wr_socket_kind kind = wr_track_kind(fd);

    if (kind == WR_KIND_TCP)
        return connect_tcp(fd, address, len);
    /* a datagram socket connects at once: its clock can be read afterwards */
    uint64_t start_ns = kind != WR_KIND_DATAGRAM && wr_enabled() ? wr_now_ns() : 0;
    int rc = WR_REAL(connect)(fd, address, len);

    if (wr_likely(rc == 0)) {
        if (wr_unlikely(wr_track_knows(fd)))
            wr_track_drop(fd);
        if (wr_unlikely(kind == WR_KIND_UNKNOWN))
            connected_unknown(fd, address.__sockaddr__, len, start_ns);
        return rc;
    }
    int error = errno;
    connect_failed(fd, address.__sockaddr__, len, error, start_ns != 0 ? start_ns : wr_now_ns());
    errno = error;
    return rc;
}

static WR_COLD void error_delivered(int fd, int delivered)
{
    if (delivered != 0)
        wr_talk_failed(fd, delivered, WR_DOOR_SO_ERROR);
    else if (wr_track_maybe(fd))
        wr_talk_asked(fd, WR_DOOR_SO_ERROR);
}

WR_EXPORT int getsockopt(int fd, int level, int name, void *restrict value, socklen_t *restrict len)
{
    int rc = WR_REAL(getsockopt)(fd, level, name, value, len);

    if (wr_unlikely(rc == 0 && level == SOL_SOCKET && name == SO_ERROR && wr_track_knows(fd) &&
                    *len >= sizeof(int))) {
        int error = errno;
        error_delivered(fd, *(const int *)value);
        errno = error;
    }
    return rc;
}

/* The name by which some old objects call it. */
WR_EXPORT __typeof__(connect) __connect __attribute__((alias("connect")));
