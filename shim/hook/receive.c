/* SPDX-License-Identifier: MIT
 * read() and recv() and their kin: the error of a pending connect(), the first bytes that are heard
 * on a connection, its early end, and datagrams that were refused. */
#include <sys/uio.h>
#include <unistd.h>

#include "base/environ.h"
#include "failure.h"
#include "hook/io.h"
#include "tls/transport.h"

static WR_COLD void received(int fd, struct wr_area span, int flags, long rc)
{
    int error = errno;

    if (wr_track_maybe(fd))
        wr_tls_transport_used(fd);
    if (rc >= 0)
        wr_talk_received(fd, span, (size_t)rc, flags);
    else if ((flags & MSG_ERRQUEUE) == 0)
        wr_io_failed(WR_CALL_RECV, fd, NULL, 0, error);
    errno = error;
}

static WR_COLD void received_message(int fd, const struct msghdr *message, int flags, long rc)
{
    int error = errno;
    struct msghdr copy = {0};

    if (rc >= 0 && wr_may_look())
        wr_peek(message, &copy, sizeof(copy));
    errno = error;
    received(fd, WR_VECTOR_AT(copy.msg_iov, copy.msg_iovlen), flags, rc);
}

static WR_COLD ssize_t read_watched(int fd, void *bytes, size_t size)
{
    ssize_t rc = WR_REAL(read)(fd, bytes, size);

    if (wr_io_matters(rc, fd))
        received(fd, WR_BYTES_AT(bytes, size), 0, rc);
    return rc;
}

WR_EXPORT ssize_t read(int fd, void *bytes, size_t size)
{
    WR_PASS(read, wr_track_marked(fd), fd, bytes, size);
    return read_watched(fd, bytes, size);
}

static WR_COLD ssize_t readv_watched(int fd, const struct iovec *vector, int count)
{
    ssize_t rc = WR_REAL(readv)(fd, vector, count);

    if (wr_io_matters(rc, fd))
        received(fd, WR_VECTOR_AT(vector, count), 0, rc);
    return rc;
}

WR_EXPORT ssize_t readv(int fd, const struct iovec *vector, int count)
{
    WR_PASS(readv, wr_track_marked(fd), fd, vector, count);
    return readv_watched(fd, vector, count);
}

static WR_COLD ssize_t recv_watched(int fd, void *bytes, size_t size, int flags)
{
    ssize_t rc = WR_REAL(recv)(fd, bytes, size, flags);

    if (wr_io_matters(rc, fd))
        received(fd, WR_BYTES_AT(bytes, size), flags, rc);
    return rc;
}

WR_EXPORT ssize_t recv(int fd, void *bytes, size_t size, int flags)
{
    WR_PASS(recv, wr_track_marked(fd), fd, bytes, size, flags);
    return recv_watched(fd, bytes, size, flags);
}

static WR_COLD ssize_t recvfrom_watched(int fd, void *restrict bytes, size_t size, int flags,
                                        __SOCKADDR_ARG address, socklen_t *restrict len)
{
    ssize_t rc = WR_REAL(recvfrom)(fd, bytes, size, flags, address, len);

    if (wr_io_matters(rc, fd))
        received(fd, WR_BYTES_AT(bytes, size), flags, rc);
    return rc;
}

WR_EXPORT ssize_t recvfrom(int fd, void *restrict bytes, size_t size, int flags,
                           __SOCKADDR_ARG address, socklen_t *restrict len)
{
    WR_PASS(recvfrom, wr_track_marked(fd), fd, bytes, size, flags, address, len);
    return recvfrom_watched(fd, bytes, size, flags, address, len);
}

static WR_COLD ssize_t recvmsg_watched(int fd, struct msghdr *message, int flags)
{
    ssize_t rc = WR_REAL(recvmsg)(fd, message, flags);

    if (wr_io_matters(rc, fd))
        received_message(fd, message, flags, rc);
    return rc;
}

WR_EXPORT ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
    WR_PASS(recvmsg, wr_track_marked(fd), fd, message, flags);
    return recvmsg_watched(fd, message, flags);
}

static WR_COLD void received_messages(int fd, int flags, int rc)
{
    int error = errno;

    if (rc >= 0)
        wr_talk_lose(fd);
    else if ((flags & MSG_ERRQUEUE) == 0)
        wr_io_failed(WR_CALL_RECV, fd, NULL, 0, error);
    errno = error;
}

static WR_COLD int recvmmsg_watched(int fd, struct mmsghdr *messages, unsigned count, int flags,
                                    struct timespec *timeout)
{
    int rc = WR_REAL(recvmmsg)(fd, messages, count, flags, timeout);

    if (wr_io_matters(rc, fd))
        received_messages(fd, flags, rc);
    return rc;
}

WR_EXPORT int recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags,
                       struct timespec *timeout)
{
    WR_PASS(recvmmsg, wr_track_marked(fd), fd, messages, count, flags, timeout);
    return recvmmsg_watched(fd, messages, count, flags, timeout);
}

/* What calls become with _FORTIFY_SOURCE; no header declares them without it (glibc, debug/). */
WR_EXPORT ssize_t __read_chk(int fd, void *bytes, size_t size, size_t room);
WR_EXPORT ssize_t __recv_chk(int fd, void *bytes, size_t size, size_t room, int flags);
WR_EXPORT ssize_t __recvfrom_chk(int fd, void *restrict bytes, size_t size, size_t room, int flags,
                                 __SOCKADDR_ARG address, socklen_t *restrict len);

static WR_COLD ssize_t read_chk_watched(int fd, void *bytes, size_t size, size_t room)
{
    ssize_t rc = WR_REAL(__read_chk)(fd, bytes, size, room);

    if (wr_io_matters(rc, fd))
        received(fd, WR_BYTES_AT(bytes, size), 0, rc);
    return rc;
}

ssize_t __read_chk(int fd, void *bytes, size_t size, size_t room)
{
    WR_PASS(__read_chk, wr_track_marked(fd), fd, bytes, size, room);
    return read_chk_watched(fd, bytes, size, room);
}

static WR_COLD ssize_t recv_chk_watched(int fd, void *bytes, size_t size, size_t room, int flags)
{
    ssize_t rc = WR_REAL(__recv_chk)(fd, bytes, size, room, flags);

    if (wr_io_matters(rc, fd))
        received(fd, WR_BYTES_AT(bytes, size), flags, rc);
    return rc;
}

ssize_t __recv_chk(int fd, void *bytes, size_t size, size_t room, int flags)
{
    WR_PASS(__recv_chk, wr_track_marked(fd), fd, bytes, size, room, flags);
    return recv_chk_watched(fd, bytes, size, room, flags);
}

static WR_COLD ssize_t recvfrom_chk_watched(int fd, void *restrict bytes, size_t size, size_t room,
                                            int flags, __SOCKADDR_ARG address,
                                            socklen_t *restrict len)
{
    ssize_t rc = WR_REAL(__recvfrom_chk)(fd, bytes, size, room, flags, address, len);

    if (wr_io_matters(rc, fd))
        received(fd, WR_BYTES_AT(bytes, size), flags, rc);
    return rc;
}

ssize_t __recvfrom_chk(int fd, void *restrict bytes, size_t size, size_t room, int flags,
                       __SOCKADDR_ARG address, socklen_t *restrict len)
{
    WR_PASS(__recvfrom_chk, wr_track_marked(fd), fd, bytes, size, room, flags, address, len);
    return recvfrom_chk_watched(fd, bytes, size, room, flags, address, len);
}

/* The name by which some old objects call it. */
WR_EXPORT __typeof__(read) __read __attribute__((alias("read")));
