/* SPDX-License-Identifier: MIT
 * connect() and the call by which a non-blocking connect() tells its end. */
#include <errno.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "failure.h"
#include "hook/hook.h"
#include "track/track.h"

/* connect() came back without success; errno is the program's and stays. */
static WR_COLD void connect_failed(int fd, const void *address, socklen_t len, int error,
                                   uint64_t start_ns)
{
    struct wr_track track;

    if (!wr_may_look())
        return;
    switch (error) {
    case EINPROGRESS:
    case EINTR: /* the handshake goes on: connect(2) */
        /* the kernel has just read the address, so it can be read */
        wr_track_pending(fd, address, len, start_ns);
        break;
    case EISCONN:
        /* the usual way to learn that a pending connect() has succeeded */
        if (wr_track_get(fd, &track) && track.history == WR_HISTORY_PENDING)
            wr_track_set(fd, WR_HISTORY_CONNECTED);
        else
            wr_failed_connect(fd, address, len, error, start_ns);
        break;
    case EALREADY:
        if (wr_track_get(fd, &track) && track.told)
            break;
        wr_failed_connect(fd, address, len, error, start_ns);
        wr_track_tell(fd);
        break;
    default:
        wr_failed_connect(fd, address, len, error, start_ns);
        wr_track_set(fd, WR_HISTORY_FAILED);
    }
}

WR_EXPORT int connect(int fd, __CONST_SOCKADDR_ARG address, socklen_t len)
{
    uint64_t start_ns = wr_enabled() ? wr_now_ns() : 0;
    int rc = WR_REAL(connect)(fd, address, len);

    if (wr_likely(rc == 0)) {
        if (wr_unlikely(wr_track_maybe(fd)))
            wr_track_set(fd, WR_HISTORY_CONNECTED);
        return rc;
    }
    int error = errno;
    connect_failed(fd, address.__sockaddr__, len, error, start_ns);
    errno = error;
    return rc;
}

static WR_COLD void error_delivered(int fd, int delivered)
{
    struct wr_track track;

    if (delivered == 0 || !wr_track_get(fd, &track) || track.history != WR_HISTORY_PENDING ||
        !wr_may_look())
        return;
    wr_failed_pending(fd, delivered, WR_DOOR_SO_ERROR);
    wr_track_set(fd, WR_HISTORY_FAILED);
}

WR_EXPORT int getsockopt(int fd, int level, int name, void *restrict value, socklen_t *restrict len)
{
    int rc = WR_REAL(getsockopt)(fd, level, name, value, len);

    if (wr_unlikely(rc == 0 && level == SOL_SOCKET && name == SO_ERROR && wr_track_maybe(fd) &&
                    *len >= sizeof(int))) {
        int error = errno;
        error_delivered(fd, *(const int *)value);
        errno = error;
    }
    return rc;
}
