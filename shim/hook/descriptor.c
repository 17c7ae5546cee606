/* SPDX-License-Identifier: MIT
 * Descriptors that end or get a second number. One branch where nothing is remembered of them. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/process.h"
#include "base/sys.h"
#include "failure.h"
#include "hook/hook.h"
#include "track/giveup.h"
#include "track/talk.h"
#include "track/track.h"

static WR_COLD void ends(int fd, enum wr_door door)
{
    int error = errno;

    wr_give_up(fd, door);
    errno = error;
}

WR_EXPORT int close(int fd)
{
    if (wr_unlikely(wr_track_knows(fd)))
        ends(fd, WR_DOOR_CLOSE);
    return WR_REAL(close)(fd);
}

static WR_COLD void range_ends(unsigned first, unsigned last)
{
    int error = errno;

    wr_give_up_range(first, last);
    errno = error;
}

WR_EXPORT int close_range(unsigned first, unsigned last, int flags)
{
    /* other flags are refused, or only mark the descriptors */
    if ((flags & ~CLOSE_RANGE_UNSHARE) == 0 && first <= last)
        range_ends(first, last);
    return WR_REAL(close_range)(first, last, flags);
}

WR_EXPORT void closefrom(int first)
{
    range_ends(first < 0 ? 0 : (unsigned)first, INT_MAX);
    WR_REAL(closefrom)(first);
}

WR_EXPORT int shutdown(int fd, int how)
{
    bool ours = wr_unlikely(wr_track_maybe(fd)), valid = how >= SHUT_RD && how <= SHUT_RDWR;

    if (ours && valid && how != SHUT_RD)
        ends(fd, WR_DOOR_SHUTDOWN);
    int rc = WR_REAL(shutdown)(fd, how);

    if (ours && rc == 0) {
        int error = errno;
        wr_talk_shut_down(fd);
        errno = error;
    }
    return rc;
}

static WR_COLD void duplicated(int from, int to)
{
    int error = errno;

    wr_track_copy(from, to);
    errno = error;
}

/* Returns rc. Whatever `to` was before, it is now `from`, of which mostly nothing is known. */
static inline int after_dup(int from, int to, int rc)
{
    if (rc < 0)
        return rc;
    if (wr_unlikely(wr_track_knows(from) || wr_track_knows(to)))
        duplicated(from, to);
    if (wr_unlikely(wr_track_kind(from) != wr_track_kind(to)) && wr_enabled())
        wr_track_kind_set(to, wr_track_kind(from));
    return rc;
}

/* dup2() ends what `to` was, but only where it succeeds. */
static inline void before_dup2(int from, int to)
{
    if (wr_unlikely(wr_track_knows(to)) && from != to && WR_SYS(fcntl, from, F_GETFD) >= 0)
        ends(to, WR_DOOR_REPLACED);
}

WR_EXPORT int dup(int fd)
{
    int rc = WR_REAL(dup)(fd);

    return after_dup(fd, rc, rc);
}

WR_EXPORT int dup2(int fd, int to)
{
    before_dup2(fd, to);
    int rc = WR_REAL(dup2)(fd, to);

    return fd == to ? rc : after_dup(fd, to, rc);
}

WR_EXPORT int dup3(int fd, int to, int flags)
{
    if ((flags & ~O_CLOEXEC) == 0)
        before_dup2(fd, to);
    int rc = WR_REAL(dup3)(fd, to, flags);

    return after_dup(fd, to, rc);
}

/* The third argument may be an int, a long, a pointer or absent; all travel in one register, and
 * the kernel reads what the command wants (fcntl(2)). */
#define PASS_FCNTL(name, fd, command)                         \
    ({                                                        \
        va_list list;                                         \
        va_start(list, command);                              \
        void *argument = va_arg(list, void *);                \
        va_end(list);                                         \
        int rc_ = WR_REAL(name)(fd, command, argument);       \
        if (command == F_DUPFD || command == F_DUPFD_CLOEXEC) \
            rc_ = after_dup(fd, rc_, rc_);                    \
        rc_;                                                  \
    })

WR_EXPORT int fcntl(int fd, int command, ...)
{
    return PASS_FCNTL(fcntl, fd, command);
}

WR_EXPORT int fcntl64(int fd, int command, ...)
{
    return PASS_FCNTL(fcntl64, fd, command);
}

/* A child may ask for the error that its parent closes over. */
WR_EXPORT pid_t fork(void)
{
    atomic_fetch_add_explicit(&wr_track_forks, 1, memory_order_relaxed);
    pid_t pid = WR_REAL(fork)();

    if (pid == 0) {
        int error = errno;
        if (wr_enabled())
            wr_process_forked(); /* claimed before a vfork child of the child can */
        errno = error;
    }
    return pid;
}

/* The names by which some old objects call them. */
WR_EXPORT __typeof__(close) __close __attribute__((alias("close")));
WR_EXPORT __typeof__(dup2) __dup2 __attribute__((alias("dup2"), copy(dup2)));
WR_EXPORT __typeof__(fcntl) __fcntl __attribute__((alias("fcntl")));
