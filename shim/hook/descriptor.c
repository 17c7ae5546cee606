/* SPDX-License-Identifier: MIT
 * Descriptors that end or get a second number. One branch where nothing is remembered of them. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <unistd.h>

#include "hook/hook.h"
#include "track/track.h"

WR_EXPORT int close(int fd)
{
    if (wr_unlikely(wr_track_maybe(fd))) {
        int error = errno;
        wr_track_drop(fd);
        errno = error;
    }
    return WR_REAL(close)(fd);
}

/* Returns rc. Whatever `to` was before, it is now `from`, of which mostly nothing is known. */
static inline int duplicated(int from, int to, int rc)
{
    if (rc >= 0 && wr_unlikely(wr_track_maybe(from) || wr_track_maybe(to)))
        wr_track_copy(from, to);
    return rc;
}

WR_EXPORT int dup(int fd)
{
    int rc = WR_REAL(dup)(fd);

    return duplicated(fd, rc, rc);
}

WR_EXPORT int dup2(int fd, int to)
{
    int rc = WR_REAL(dup2)(fd, to);

    return fd == to ? rc : duplicated(fd, to, rc);
}

WR_EXPORT int dup3(int fd, int to, int flags)
{
    int rc = WR_REAL(dup3)(fd, to, flags);

    return duplicated(fd, to, rc);
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
            rc_ = duplicated(fd, rc_, rc_);                   \
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
