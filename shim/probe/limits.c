/* SPDX-License-Identifier: MIT
 * Limits on descriptors, of the process and of the system, and on low ports. Of each only where
 * the error names it. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/file.h"
#include "base/sys.h"
#include "probe/local.h"

#ifndef CAP_NET_BIND_SERVICE
#define CAP_NET_BIND_SERVICE 10 /* linux/capability.h */
#endif

enum fd_kind { FD_SOCKET, FD_FILE, FD_PIPE, FD_OTHER, FD_KINDS };

static const struct {
    enum wr_fact fact;
    const char *prefix, *plural;
} fd_kinds[FD_KINDS] = {
    [FD_SOCKET] = {WR_FACT_fd_sockets, "socket:", "sockets"},
    [FD_FILE] = {WR_FACT_fd_files, "/", "files"},
    [FD_PIPE] = {WR_FACT_fd_pipes, "pipe:", "pipes"},
    [FD_OTHER] = {WR_FACT_fd_other, "", "others"},
};

struct fd_count {
    struct wr_probe_ctx *ctx;
    uint64_t limit; /* what lies above was open before the limit was lowered */
    unsigned of[FD_KINDS], all;
    bool stopped;
};

static bool count_fd(void *ctx, const char *name, unsigned char type)
{
    struct fd_count *count = ctx;
    char path[64], target[32];
    const char *digits = name;
    unsigned kind = FD_SOCKET;
    uint64_t number;
    long len;

    (void)type;
    count->stopped = wr_probe_out_of_time(count->ctx);
    if (count->stopped || wr_proc_path(count->ctx, path, sizeof(path), "fd", name) == NULL)
        return false;
    if (wr_parse_uint(&digits, &number) && number >= count->limit)
        return true;
    len = wr_link_read(path, target, sizeof(target));
    if (len == -ENOENT) /* closed meanwhile */
        return true;
    /* cut or not, the beginning tells */
    while (kind < FD_OTHER &&
           (len < 0 || strncmp(target, fd_kinds[kind].prefix, strlen(fd_kinds[kind].prefix)) != 0))
        kind++;
    count->of[kind]++;
    count->all++;
    return true;
}

static void count_fds(struct wr_probe_ctx *ctx, uint64_t limit)
{
    struct fd_count count = {.ctx = ctx, .limit = limit};
    unsigned most = 0;
    char path[64];

    if (wr_proc_path(ctx, path, sizeof(path), "fd", NULL) == NULL ||
        wr_dir_each(path, ctx->scratch, WR_NETLINK_SPACE, count_fd, &count) < 0 || count.stopped ||
        count.all == 0)
        return;
    wr_set_uint(ctx->ev, WR_FACT_fd_open, count.all);
    for (unsigned kind = 0; kind < FD_KINDS; kind++) {
        wr_set_uint(ctx->ev, fd_kinds[kind].fact, count.of[kind]);
        if (count.of[kind] > count.of[most])
            most = kind;
    }
    wr_set_str(ctx->ev, WR_FACT_fd_most, fd_kinds[most].plural);
}

static void look_at_fds(struct wr_probe_ctx *ctx)
{
    struct rlimit limit = {.rlim_cur = RLIM_INFINITY};

    if (WR_SYS(prlimit64, ctx->host_pid, RLIMIT_NOFILE, NULL, &limit) >= 0) {
        wr_set_uint(ctx->ev, WR_FACT_fd_limit, limit.rlim_cur);
        if (limit.rlim_max > limit.rlim_cur)
            wr_set_uint(ctx->ev, WR_FACT_fd_limit_hard, limit.rlim_max);
        else
            wr_set_absent(ctx->ev, WR_FACT_fd_limit_hard);
    }
    count_fds(ctx, limit.rlim_cur);
}

/* fs.file-nr: "allocated  0  maximum" */
static void look_at_system(struct wr_probe_ctx *ctx)
{
    char text[96];
    const char *at = text;
    uint64_t number[3];

    if (wr_file_read("/proc/sys/fs/file-nr", text, sizeof(text)) < 0)
        return;
    for (unsigned i = 0; i < 3; i++) {
        at += strspn(at, " \t");
        if (!wr_parse_uint(&at, &number[i]))
            return;
    }
    wr_set_uint(ctx->ev, WR_FACT_files_open, number[0]);
    wr_set_uint(ctx->ev, WR_FACT_files_max, number[2]);
}

static void look_at_port(struct wr_probe_ctx *ctx)
{
    const char *value;
    uint64_t start, caps;

    if (wr_file_uint("/proc/sys/net/ipv4/ip_unprivileged_port_start", &start) < 0)
        start = 1024; /* before Linux 4.11 it was fixed */
    wr_set_uint(ctx->ev, WR_FACT_port_unprivileged_start, start);
    /* of the thread: capabilities are its own; before Linux 3.17 there was no such link */
    if (wr_file_read("/proc/thread-self/status", ctx->scratch, WR_NETLINK_SPACE) < 0 &&
        wr_file_read("/proc/self/status", ctx->scratch, WR_NETLINK_SPACE) < 0)
        return;
    value = wr_line_value(ctx->scratch, "CapEff:");
    if (value != NULL && wr_parse_hex(&value, &caps))
        wr_set_bool(ctx->ev, WR_FACT_cap_net_bind, (caps >> CAP_NET_BIND_SERVICE & 1) != 0);
}

/* A lookup that could open nothing says that there is no such name: it has no errno then. */
static bool lacks_descriptors(struct wr_probe_ctx *ctx)
{
    long fd;

    if (ctx->host_pid != WR_SYS(getpid))
        return true; /* that is why the probes run in a child */
    fd = WR_SYS(openat, AT_FDCWD, "/", O_PATH | O_CLOEXEC, 0);
    if (fd >= 0)
        WR_SYS(close, fd);
    ctx->no_descriptors |= fd == -EMFILE;
    return fd == -EMFILE;
}

void wr_probe_limits(struct wr_probe_ctx *ctx)
{
    const struct wr_attempt *attempt = ctx->attempt;

    if (attempt->error == EMFILE || (attempt->call == WR_CALL_LOOKUP && lacks_descriptors(ctx)))
        look_at_fds(ctx);
    else if (attempt->error == ENFILE)
        look_at_system(ctx);
    else if (attempt->error == EACCES && attempt->call == WR_CALL_BIND &&
             attempt->target.family != 0)
        look_at_port(ctx);
}
