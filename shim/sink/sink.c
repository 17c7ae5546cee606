/* SPDX-License-Identifier: MIT
 * Picks the sink, and keeps the signals that a write raises from the host. See sink.h. */
#include "sink/sink.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>

#include "base/sys.h"
#include "sink/sinks.h"

#define BIT(signal) (1ull << ((signal)-1))
/* What a write can raise: a reader that is gone, RLIMIT_FSIZE, a background job's terminal. */
#define WRITE_SIGNALS (BIT(SIGPIPE) | BIT(SIGXFSZ) | BIT(SIGTTOU))

static uint64_t pending_signals(void)
{
    uint64_t pending = 0;

    WR_SYS(rt_sigpending, &pending, sizeof(pending));
    return pending & WRITE_SIGNALS;
}

/* All signals are blocked here, so what our write raised is pending: it is taken away. What was
 * pending before is the host's and stays. */
static void take_own_signals(uint64_t before)
{
    static const struct timespec now = {0};
    uint64_t own = pending_signals() & ~before;

    for (int i = 0; own != 0 && i < 3; i++) {
        if (WR_SYS(rt_sigtimedwait, &own, 0, &now, sizeof(own)) < 0)
            return;
        own = pending_signals() & ~before;
    }
}

enum wr_sink_kind wr_sink_kind(const char *log)
{
    if (log[0] == '\0' || strcmp(log, "stderr") == 0)
        return WR_SINK_STDERR;
    if (strcmp(log, "journal") == 0)
        return WR_SINK_JOURNAL;
    if (strcmp(log, "syslog") == 0)
        return WR_SINK_SYSLOG;
    return WR_SINK_FILE;
}

int wr_sink_datagram(const char *path, const struct iovec *parts, size_t count)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct msghdr message = {.msg_name = &address,
                             .msg_namelen = sizeof(address),
                             .msg_iov = (struct iovec *)parts,
                             .msg_iovlen = count};
    long fd, sent;

    if (strlen(path) >= sizeof(address.sun_path))
        return -ENAMETOOLONG;
    strcpy(address.sun_path, path);
    fd = WR_SYS(socket, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return (int)fd;
    sent = WR_SYS(sendmsg, fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    WR_SYS(close, fd);
    return sent < 0 ? (int)sent : 0;
}

int wr_sink_write(const struct wr_sink_target *target, const char *bytes, size_t len,
                  const struct wr_sink_fields *fields)
{
    uint64_t before;
    int ret;

    switch (wr_sink_kind(target->log)) {
    case WR_SINK_JOURNAL:
        return wr_sink_journal(target, fields);
    case WR_SINK_SYSLOG:
        return wr_sink_syslog(target, bytes, len, fields);
    case WR_SINK_FILE:
        before = pending_signals();
        ret = wr_sink_file(target, bytes, len);
        break;
    default:
        before = pending_signals();
        ret = wr_sink_stderr(target, bytes, len);
    }
    take_own_signals(before);
    return ret;
}
