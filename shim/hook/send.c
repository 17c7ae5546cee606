/* SPDX-License-Identifier: MIT
 * write() and send() and their kin: the error of a pending connect(), the first bytes that are said
 * on a connection, and datagrams that cannot be sent. */
#include <netinet/in.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/environ.h"
#include "base/sys.h"
#include "base/tcpinfo.h"
#include "failure.h"
#include "hook/io.h"
#include "tls/transport.h"
#include "track/wire.h"

/* Sockets of the kind that is reported: UDP and its kin over IP. */
static bool is_datagram(int fd)
{
    int type = 0;
    socklen_t len = sizeof(type);

    return WR_SYS(getsockopt, fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_DGRAM &&
           wr_track_kind_ask(fd) == WR_KIND_DATAGRAM;
}

void wr_io_failed(enum wr_call call, int fd, const void *address, socklen_t len, int error)
{
    if (!(wr_talk_is_about_peer(error) || error == EADDRNOTAVAIL) || !wr_may_look())
        return;
    if (wr_track_knows(fd))
        wr_talk_failed(fd, error, call == WR_CALL_RECV ? WR_DOOR_RECV : WR_DOOR_SEND);
    if (error != EPIPE && is_datagram(fd))
        wr_failed_datagram(call, fd, len > 0 ? address : NULL, len, error, wr_now_ns());
}

void wr_io_message_failed(enum wr_call call, int fd, const struct msghdr *message, int error)
{
    struct msghdr copy = {0};

    if (wr_talk_is_about_peer(error) && call == WR_CALL_SEND)
        wr_peek(message, &copy, sizeof(copy));
    wr_io_failed(call, fd, copy.msg_name, copy.msg_namelen, error);
}

/* sendto() and sendmsg() with MSG_FASTOPEN are a connect() too (tcp(7)). */
static void fast_open(int fd, const void *address, socklen_t len, long rc, int error,
                      struct wr_area span, uint64_t start_ns)
{
    unsigned char copy[WR_TRACK_ADDRESS];
    struct wr_tcpinfo info;
    struct wr_track track;
    long got;

    if (!wr_may_look())
        return;
    got = wr_peek(address, copy, len < sizeof(copy) ? len : sizeof(copy));
    if (rc < 0 && error != EINPROGRESS) {
        if (wr_track_knows(fd) || !wr_talk_is_about_peer(error))
            wr_io_failed(WR_CALL_SEND, fd, NULL, 0, error);
        else
            wr_failed_connect(fd, address, len, error, start_ns);
        return;
    }
    if (wr_track_knows(fd) &&
        wr_track_get(fd, &track)) { /* connected, or under way, since before */
        if (rc > 0 && !track.rests)
            wr_talk_sent(fd, span, (size_t)rc);
        return;
    }
    if (got <= 0 || !wr_tcpinfo(fd, &info))
        return;
    wr_track_pending(fd, copy, (socklen_t)got, start_ns);
    if (rc > 0 && info.state != WR_TCP_SYN_SENT)
        wr_talk_sent(fd, span, (size_t)rc);
}

static bool wants_sent(int fd)
{
    return wr_bytes_wants_sent(fd) || wr_wire_maybe(fd);
}

static WR_COLD void sent(int fd, struct wr_area span, long rc)
{
    int error = errno;

    if (wr_track_maybe(fd))
        wr_tls_transport_used(fd);
    if (rc < 0)
        wr_io_failed(WR_CALL_SEND, fd, NULL, 0, error);
    else if (rc > 0 && wants_sent(fd))
        wr_talk_sent(fd, span, (size_t)rc);
    errno = error;
}

static WR_COLD void sent_to(int fd, struct wr_area span, const void *address, socklen_t len,
                            long rc)
{
    int error = errno;

    if (wr_track_maybe(fd))
        wr_tls_transport_used(fd);
    if (rc < 0)
        wr_io_failed(WR_CALL_SEND, fd, address, len, error);
    else if (rc > 0 && wants_sent(fd))
        wr_talk_sent(fd, span, (size_t)rc);
    errno = error;
}

/* The first entry of the message holds all that matters. */
static struct wr_area span_of(const struct msghdr *message)
{
    struct msghdr copy = {0};

    wr_peek(message, &copy, sizeof(copy));
    return WR_VECTOR_AT(copy.msg_iov, copy.msg_iovlen);
}

static WR_COLD void sent_message(int fd, const struct msghdr *message, long rc)
{
    int error = errno;

    if (wr_track_maybe(fd))
        wr_tls_transport_used(fd);
    if (rc < 0)
        wr_io_message_failed(WR_CALL_SEND, fd, message, error);
    else if (rc > 0 && wants_sent(fd))
        wr_talk_sent(fd, span_of(message), (size_t)rc);
    errno = error;
}

static WR_COLD ssize_t write_watched(int fd, const void *bytes, size_t size)
{
    ssize_t rc = WR_REAL(write)(fd, bytes, size);

    if (wr_io_matters(rc, fd))
        sent(fd, WR_BYTES_AT(bytes, size), rc);
    return rc;
}

WR_EXPORT ssize_t write(int fd, const void *bytes, size_t size)
{
    WR_PASS(write, wr_track_marked(fd), fd, bytes, size);
    return write_watched(fd, bytes, size);
}

static WR_COLD ssize_t writev_watched(int fd, const struct iovec *vector, int count)
{
    ssize_t rc = WR_REAL(writev)(fd, vector, count);

    if (wr_io_matters(rc, fd))
        sent(fd, WR_VECTOR_AT(vector, count), rc);
    return rc;
}

WR_EXPORT ssize_t writev(int fd, const struct iovec *vector, int count)
{
    WR_PASS(writev, wr_track_marked(fd), fd, vector, count);
    return writev_watched(fd, vector, count);
}

static WR_COLD ssize_t send_watched(int fd, const void *bytes, size_t size, int flags)
{
    ssize_t rc = WR_REAL(send)(fd, bytes, size, flags);

    if (wr_io_matters(rc, fd))
        sent(fd, WR_BYTES_AT(bytes, size), rc);
    return rc;
}

WR_EXPORT ssize_t send(int fd, const void *bytes, size_t size, int flags)
{
    WR_PASS(send, wr_track_marked(fd), fd, bytes, size, flags);
    return send_watched(fd, bytes, size, flags);
}

static WR_COLD ssize_t sendto_fast(int fd, const void *bytes, size_t size, int flags,
                                   __CONST_SOCKADDR_ARG address, socklen_t len)
{
    uint64_t start_ns = wr_now_ns();
    ssize_t rc = WR_REAL(sendto)(fd, bytes, size, flags, address, len);
    int error = errno;

    fast_open(fd, address.__sockaddr__, len, rc, error, WR_BYTES_AT(bytes, size), start_ns);
    errno = error;
    return rc;
}

static WR_COLD ssize_t sendto_watched(int fd, const void *bytes, size_t size, int flags,
                                      __CONST_SOCKADDR_ARG address, socklen_t len)
{
    if (wr_unlikely((flags & MSG_FASTOPEN) != 0))
        return sendto_fast(fd, bytes, size, flags, address, len);
    ssize_t rc = WR_REAL(sendto)(fd, bytes, size, flags, address, len);

    if (wr_io_matters(rc, fd))
        sent_to(fd, WR_BYTES_AT(bytes, size), address.__sockaddr__, len, rc);
    return rc;
}

WR_EXPORT ssize_t sendto(int fd, const void *bytes, size_t size, int flags,
                         __CONST_SOCKADDR_ARG address, socklen_t len)
{
    WR_PASS(sendto, wr_track_marked(fd) | (flags & MSG_FASTOPEN), fd, bytes, size, flags, address,
            len);
    return sendto_watched(fd, bytes, size, flags, address, len);
}

static WR_COLD ssize_t sendmsg_fast(int fd, const struct msghdr *message, int flags)
{
    uint64_t start_ns = wr_now_ns();
    ssize_t rc = WR_REAL(sendmsg)(fd, message, flags);
    int error = errno;
    struct msghdr copy = {0};

    if (wr_may_look() && wr_peek(message, &copy, sizeof(copy)) == sizeof(copy))
        fast_open(fd, copy.msg_name, copy.msg_namelen, rc, error,
                  WR_VECTOR_AT(copy.msg_iov, copy.msg_iovlen), start_ns);
    errno = error;
    return rc;
}

static WR_COLD ssize_t sendmsg_watched(int fd, const struct msghdr *message, int flags)
{
    if (wr_unlikely((flags & MSG_FASTOPEN) != 0))
        return sendmsg_fast(fd, message, flags);
    ssize_t rc = WR_REAL(sendmsg)(fd, message, flags);

    if (wr_io_matters(rc, fd))
        sent_message(fd, message, rc);
    return rc;
}

WR_EXPORT ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    WR_PASS(sendmsg, wr_track_marked(fd) | (flags & MSG_FASTOPEN), fd, message, flags);
    return sendmsg_watched(fd, message, flags);
}

static WR_COLD void sent_messages(int fd, const struct mmsghdr *messages, int rc)
{
    int error = errno;

    if (wr_track_maybe(fd))
        wr_tls_transport_used(fd);
    if (rc < 0)
        wr_io_message_failed(WR_CALL_SEND, fd, &messages->msg_hdr, error);
    else
        wr_talk_lose(fd);
    errno = error;
}

static WR_COLD int sendmmsg_watched(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
    int rc = WR_REAL(sendmmsg)(fd, messages, count, flags);

    if (wr_io_matters(rc, fd))
        sent_messages(fd, messages, rc);
    return rc;
}

WR_EXPORT int sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
    WR_PASS(sendmmsg, wr_track_marked(fd), fd, messages, count, flags);
    return sendmmsg_watched(fd, messages, count, flags);
}

/* The names by which some old objects call them. */
WR_EXPORT __typeof__(write) __write __attribute__((alias("write")));
WR_EXPORT __typeof__(send) __send __attribute__((alias("send")));
