/* SPDX-License-Identifier: MIT
 * Writes to descriptor 2 while it still is what it was at the start, and never waits for its
 * reader. See sink.h. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/sys.h"
#include "sink/sinks.h"

#define STDERR 2
/* Up to here a write to a pipe is whole or not at all, and fits where poll() sees room. */
#define ATOMIC 4096
/* How long the rest of a report that did not fit at once is tried. */
#define REST_NS 20000000u

static bool identity_of(int fd, struct wr_stderr_identity *ret_identity)
{
    struct stat st;

    /* as libc itself asks: a filter from before the start lets it pass */
    if (WR_SYS(newfstatat, fd, "", &st, AT_EMPTY_PATH) < 0)
        return false;
    *ret_identity = (struct wr_stderr_identity){.known = true,
                                                .dev = st.st_dev,
                                                .ino = st.st_ino,
                                                .rdev = st.st_rdev,
                                                .mode = st.st_mode & S_IFMT};
    return true;
}

void wr_sink_stderr_identity(struct wr_stderr_identity *ret_identity)
{
    if (!identity_of(STDERR, ret_identity))
        *ret_identity = (struct wr_stderr_identity){0};
}

/* Programs close 2 and open a data file that gets its number: that must never be written to. */
static bool is_still(const struct wr_stderr_identity *then, int fd)
{
    struct wr_stderr_identity now;

    return then != NULL && then->known && identity_of(fd, &now) && then->dev == now.dev &&
           then->ino == now.ino && then->rdev == now.rdev && then->mode == now.mode;
}

static bool is_terminal(int fd)
{
    char termios[64]; /* struct termios of the kernel: 36 bytes on most machines, never more */

    return WR_SYS(ioctl, fd, TCGETS, termios) == 0;
}

bool wr_sink_is_terminal(const struct wr_sink_target *target)
{
    return wr_sink_kind(target->log) == WR_SINK_STDERR &&
           is_still(target->stderr_identity, STDERR) && is_terminal(STDERR);
}

struct output {
    int fd;
    bool own;      /* a description of our own, which never blocks */
    bool stream;   /* a socket */
    bool can_wait; /* a pipe or terminal: a write may wait for its reader */
};

/* O_NONBLOCK belongs to the open file description, which other processes share: it is not ours to
 * set. A pipe or a terminal can be opened anew through /proc; a socket has MSG_DONTWAIT. */
static struct output open_output(const struct wr_stderr_identity *identity)
{
    struct output output = {.fd = STDERR, .stream = identity->mode == S_IFSOCK};

    output.can_wait = identity->mode == S_IFIFO || is_terminal(STDERR);
    if (output.can_wait) {
        long fd = WR_SYS(openat, AT_FDCWD, "/proc/self/fd/2",
                         O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0);

        if (fd >= 0 && is_still(identity, (int)fd)) {
            output.fd = (int)fd;
            output.own = true;
        } else if (fd >= 0) {
            WR_SYS(close, fd);
        }
    }
    return output;
}

static bool has_room(int fd, uint64_t until_ns)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLOUT};
    struct timespec wait = {0};
    uint64_t now = until_ns != 0 ? wr_now_ns() : 0;

    if (until_ns > now)
        wait.tv_nsec = (long)(until_ns - now); /* less than a second */
    return WR_SYS(ppoll, &poll_fd, 1, &wait, 0, 8) == 1 && (poll_fd.revents & POLLOUT) != 0;
}

static long write_some(const struct output *output, const char *bytes, size_t len)
{
    if (output->stream)
        return WR_SYS(sendto, output->fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL, 0, 0);
    if (output->can_wait && !output->own && len > ATOMIC)
        len = ATOMIC;
    return WR_SYS(write, output->fd, bytes, len);
}

/* The first write takes it all, but for a reader that is slow: then what is left is tried for a
 * moment, so that the line is not torn. */
static int write_all(const struct output *output, const char *bytes, size_t len)
{
    uint64_t until_ns = 0;

    for (;;) {
        long done;

        if (output->can_wait && !has_room(output->fd, until_ns))
            return -EAGAIN;
        done = write_some(output, bytes, len);
        if (done == -EINTR)
            continue;
        if (done < 0 && (done != -EAGAIN || until_ns == 0))
            return (int)done;
        if (done > 0) {
            bytes += done;
            len -= (size_t)done;
        }
        if (len == 0)
            return 0;
        if (!output->can_wait && !output->stream)
            return -ENOSPC; /* a file that is full */
        if (until_ns == 0)
            until_ns = wr_now_ns() + REST_NS;
        if (wr_now_ns() >= until_ns || (output->stream && !has_room(output->fd, until_ns)))
            return -EAGAIN;
    }
}

/* A server that inetd(8) or a socket unit has started may have its client on descriptor 2: what is
 * written there goes over the wire, into the protocol. The journal's socket is a local one that is
 * not descriptor 0 as well. */
static bool is_a_client(const struct wr_stderr_identity *identity)
{
    int domain = -1;
    socklen_t len = sizeof(domain);

    if (identity->mode != S_IFSOCK)
        return false;
    return WR_SYS(getsockopt, STDERR, SOL_SOCKET, SO_DOMAIN, &domain, &len) < 0 ||
           domain != AF_UNIX || is_still(identity, 0);
}

int wr_sink_stderr(const struct wr_sink_target *target, const char *bytes, size_t len)
{
    struct output output;
    int ret;

    if (!is_still(target->stderr_identity, STDERR))
        return -ESTALE;
    if (is_a_client(target->stderr_identity))
        return -EOPNOTSUPP;
    output = open_output(target->stderr_identity);
    ret = write_all(&output, bytes, len);
    if (output.own)
        WR_SYS(close, output.fd);
    return ret;
}
