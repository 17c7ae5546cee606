/* SPDX-License-Identifier: MIT
 * accept(): what keeps a server from taking the connections that have come. */
#include <errno.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/sys.h"
#include "failure.h"
#include "hook/accept.h"
#include "hook/hook.h"
#include "track/track.h"

#define PLACES 1024

/* Descriptors whose last bind() or listen() that was seen is a bind(). */
static _Atomic int bound_only[PLACES]; /* fd + 1 */

void wr_accept_note(int fd, bool listens)
{
    int mine = fd + 1;

    if (fd < 0)
        return;
    if (!listens)
        atomic_store_explicit(&bound_only[fd % PLACES], mine, memory_order_relaxed);
    else
        atomic_compare_exchange_strong_explicit(&bound_only[fd % PLACES], &mine, 0,
                                                memory_order_relaxed, memory_order_relaxed);
}

/* A stream of any family: then EOPNOTSUPP is an error of the network, to be tried again. */
static bool takes_connections(int fd)
{
    int type = 0;
    socklen_t len = sizeof(type);

    return WR_SYS(getsockopt, fd, SOL_SOCKET, SO_TYPE, &type, &len) < 0 || type != SOCK_DGRAM;
}

/* Not where accept(2) says that one is to try again, and not how servers end: they shut the
 * socket down (EINVAL) or close it (EBADF) under a thread that accepts. */
static bool is_failure(int fd, int error)
{
    switch (error) {
    case EAGAIN:
    case EINTR:
    case ECONNABORTED:
    case ECONNRESET:
    case EPROTO:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ETIMEDOUT:
    case ENOSYS:
    case EBADF:
        return false;
    case EINVAL:
        return fd >= 0 &&
               atomic_load_explicit(&bound_only[fd % PLACES], memory_order_relaxed) == fd + 1;
    default:
        return true;
    }
}

static WR_COLD void accept_failed(int fd)
{
    int error = errno;

    if (is_failure(fd, error) && wr_may_look() && (error != EOPNOTSUPP || !takes_connections(fd)))
        wr_failed_local(WR_CALL_ACCEPT, fd, NULL, 0, error, wr_now_ns());
    errno = error;
}

/* What had the number before. */
static WR_COLD void forget(int fd)
{
    int error = errno;

    if (wr_enabled()) {
        wr_track_drop(fd);
        wr_track_kind_set(fd, WR_KIND_OTHER);
    }
    errno = error;
}

static inline int accepted(int listener, int fd)
{
    if (wr_unlikely(fd < 0))
        accept_failed(listener);
    else if (wr_unlikely(wr_track_knows(fd) || wr_track_kind(fd) != WR_KIND_OTHER))
        forget(fd);
    return fd;
}

WR_EXPORT int accept(int fd, __SOCKADDR_ARG address, socklen_t *restrict len)
{
    return accepted(fd, WR_REAL(accept)(fd, address, len));
}

WR_EXPORT int accept4(int fd, __SOCKADDR_ARG address, socklen_t *restrict len, int flags)
{
    return accepted(fd, WR_REAL(accept4)(fd, address, len, flags));
}
