/* SPDX-License-Identifier: MIT
 * The calls before a connection: socket(), bind(), listen(). */
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/address.h"
#include "base/clock.h"
#include "failure.h"
#include "hook/accept.h"
#include "hook/hook.h"
#include "speak.h"
#include "track/bound.h"
#include "track/track.h"

/* Only sockets that could make a connection, and only errors that are not an answer to the
 * question "do you know this protocol?" (EPROTONOSUPPORT: every MPTCP program asks that). */
static bool is_failure(int domain, int type, int protocol, int error)
{
    int kind = type & 0xf;

    if (domain != AF_INET && domain != AF_INET6 && domain != AF_UNIX)
        return false;
    if (kind != SOCK_STREAM && kind != SOCK_DGRAM && kind != SOCK_SEQPACKET)
        return false;
    if (protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6)
        return false;
    return error != EPROTONOSUPPORT && error != EINVAL && error != ESOCKTNOSUPPORT &&
           error != EPROTOTYPE;
}

static WR_COLD void socket_failed(int domain, int type, int protocol, int error, uint64_t start_ns)
{
    if (is_failure(domain, type, protocol, error) && wr_may_look())
        wr_failed_socket(domain, type, protocol, error, start_ns);
}

static WR_COLD void remember(int fd, enum wr_socket_kind kind)
{
    int error = errno;

    if (wr_enabled()) {
        wr_track_drop(fd);
        wr_track_kind_set(fd, kind);
    }
    errno = error;
}

static WR_COLD void made(int domain)
{
    int error = errno;

    if (wr_enabled())
        wr_speak_socket(domain);
    errno = error;
}

WR_EXPORT int socket(int domain, int type, int protocol)
{
    int fd = WR_REAL(socket)(domain, type, protocol);

    if (wr_likely(fd >= 0)) {
        enum wr_socket_kind kind = wr_track_kind_of(domain, type, protocol);

        if (wr_unlikely(wr_track_knows(fd) || kind != wr_track_kind(fd)))
            remember(fd, kind);
        if (wr_unlikely(wr_speak_listens()))
            made(domain);
        return fd;
    }
    int error = errno;
    socket_failed(domain, type, protocol, error, wr_now_ns());
    errno = error;
    return fd;
}

static WR_COLD void local_failed(enum wr_call call, int fd, const void *address, socklen_t len,
                                 int error)
{
    if (wr_may_look())
        wr_failed_local(call, fd, address, len, error, wr_now_ns());
}

static WR_COLD void bound(int fd, const void *address, socklen_t len)
{
    struct wr_addr local;

    if (wr_enabled() && wr_addr_from_sockaddr(address, len, &local))
        wr_speak_bound(fd, &local);
}

WR_EXPORT int bind(int fd, __CONST_SOCKADDR_ARG address, socklen_t len)
{
    int rc = WR_REAL(bind)(fd, address, len);
    int error = errno;

    if (wr_likely(rc == 0)) {
        /* the kernel has just read the address, so it can be read */
        if (wr_enabled())
            wr_bound_note(fd, address.__sockaddr__, len);
        wr_accept_note(fd, false);
        if (wr_unlikely(wr_speak_listens()))
            bound(fd, address.__sockaddr__, len);
        errno = error;
        return rc;
    }
    local_failed(WR_CALL_BIND, fd, address.__sockaddr__, len, error);
    errno = error;
    return rc;
}

WR_EXPORT int listen(int fd, int backlog)
{
    int rc = WR_REAL(listen)(fd, backlog);

    if (wr_likely(rc == 0)) {
        wr_accept_note(fd, true);
        return rc;
    }
    int error = errno;
    local_failed(WR_CALL_LISTEN, fd, NULL, 0, error);
    errno = error;
    return rc;
}
