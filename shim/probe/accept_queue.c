/* SPDX-License-Identifier: MIT
 * Why a listener of this machine does not take connections: its queue is full, because its process
 * is stopped, has no descriptor left, or does not call accept(). */
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/sys.h"
#include "probe/netstat.h"
#include "probe/probe.h"
#include "probe/procstat.h"

#include <sys/resource.h>

static void set_counters(struct wr_probe_ctx *ctx)
{
    uint64_t value;

    if (wr_netstat_read(ctx, "ListenOverflows", &value))
        wr_set_uint(ctx->ev, WR_FACT_listen_overflows, value);
    if (wr_file_uint("/proc/sys/net/ipv4/tcp_abort_on_overflow", &value) == 0)
        wr_set_bool(ctx->ev, WR_FACT_abort_on_overflow, value != 0);
}

static bool count(void *ctx, const char *name, unsigned char type)
{
    (void)name;
    (void)type;
    ++*(uint64_t *)ctx;
    return true;
}

/* Readable of processes of one's own user, and by root. */
static void set_descriptors(struct wr_probe_ctx *ctx, int32_t pid)
{
    char path[32];
    struct wr_buf buf = wr_buf_on(path, sizeof(path));
    struct rlimit limit;
    uint64_t open = 0;

    wr_buf_str(&buf, "/proc/");
    wr_buf_int(&buf, pid);
    wr_buf_str(&buf, "/fd");
    wr_buf_terminate(&buf);
    if (WR_SYS(prlimit64, pid, RLIMIT_NOFILE, NULL, &limit) < 0 ||
        wr_dir_each(path, wr_probe_file_space(ctx), WR_PROBE_FILE_SPACE, count, &open) < 0)
        return;
    wr_set_uint(ctx->ev, WR_FACT_listener_fd_open, open);
    wr_set_uint(ctx->ev, WR_FACT_listener_fd_limit, limit.rlim_cur);
    wr_set_bool(ctx->ev, WR_FACT_listener_fds_full, open >= limit.rlim_cur);
}

void wr_probe_accept_queue(struct wr_probe_ctx *ctx)
{
    const struct wr_attempt *attempt = ctx->attempt;
    const struct wr_sock *listener = wr_ev_sock(ctx->ev, WR_FACT_listener);
    struct wr_process_stat stat;

    if (listener == NULL || (attempt->error != ETIMEDOUT && attempt->error != ECONNRESET))
        return;
    /* sk_acceptq_is_full() of include/net/sock.h */
    wr_set_bool(ctx->ev, WR_FACT_accept_queue_full, listener->queue > listener->queue_max);
    set_counters(ctx);
    if (listener->pid <= 0)
        return;
    if (wr_process_stat(listener->pid, &stat))
        wr_set_bool(ctx->ev, WR_FACT_listener_stopped, stat.state == 'T' || stat.state == 't');
    set_descriptors(ctx, listener->pid);
}
