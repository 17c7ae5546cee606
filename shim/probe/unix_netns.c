/* SPDX-License-Identifier: MIT
 * Whether a socket of another network namespace has the path or abstract name. unix_diag shows
 * only our own; /proc/PID/net/unix (proc_pid_net(5)) of any visible process can be read by all. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/file.h"
#include "base/sys.h"
#include "probe/unix_work.h"

#define NAMESPACES_MAX 64
#define BUDGET_NS 20000000u
#define NAMES_SPACE 4096
#define LINES_SPACE (WR_NETLINK_SPACE - NAMES_SPACE)
#define ACCEPTING 0x10000 /* __SO_ACCEPTCON of linux/net.h */

struct scan {
    struct wr_probe_ctx *ctx;
    uint64_t until_ns;
    char name[WR_UNIX_NAME]; /* as the table shows it: @ for every NUL */
    uint64_t seen[NAMESPACES_MAX];
    unsigned seen_count;
    bool found, listens;
};

/* "Num RefCount Protocol Flags Type St Inode Path" */
static bool take_line(struct scan *scan, const char *line)
{
    uint64_t flags = 0;

    for (unsigned field = 0; field < 7; field++) {
        const char *at = line;

        if (field == 3 && !wr_parse_hex(&at, &flags))
            return false;
        line += strcspn(line, " ");
        line += strspn(line, " ");
    }
    if (strcmp(line, scan->name) != 0)
        return false;
    scan->found = true;
    scan->listens = (flags & ACCEPTING) != 0;
    return scan->listens;
}

/* Reads the table piece by piece; ends at a listening socket of that name. */
static void read_table(struct scan *scan, const char *path)
{
    char *space = wr_unix_space(scan->ctx) + NAMES_SPACE;
    long fd = WR_SYS(openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0), got;
    size_t len = 0;
    bool done = false;

    if (fd < 0)
        return;
    while (!done && wr_now_ns() < scan->until_ns &&
           (got = WR_SYS(read, fd, space + len, LINES_SPACE - 1 - len)) > 0) {
        char *line = space, *end;

        len += (size_t)got;
        space[len] = '\0';
        while (!done && (end = strchr(line, '\n')) != NULL) {
            *end = '\0';
            done = take_line(scan, line);
            line = end + 1;
        }
        len -= (size_t)(line - space);
        if (len >= LINES_SPACE - 1)
            break; /* no line is that long */
        memmove(space, line, len);
    }
    WR_SYS(close, fd);
}

/* True where this process's network namespace was not looked at before. */
static bool is_new(struct scan *scan, const char *path)
{
    struct wr_unix_file file;

    if (wr_unix_stat(path, true, &file) < 0)
        return false;
    for (unsigned i = 0; i < scan->seen_count; i++) {
        if (scan->seen[i] == file.inode)
            return false;
    }
    if (scan->seen_count == NAMESPACES_MAX)
        return false;
    scan->seen[scan->seen_count++] = file.inode;
    return true;
}

static void state(struct scan *scan, const char *pid)
{
    char path[48], program[32];
    uint64_t number;
    const char *at = pid;
    long len;

    if (!wr_parse_uint(&at, &number))
        return;
    wr_set_uint(scan->ctx->ev, WR_FACT_unix_netns_pid, number);
    wr_set_bool(scan->ctx->ev, WR_FACT_unix_netns_listens, scan->listens);
    if (wr_join(path, sizeof(path), "/proc/", pid, "/comm", NULL) == NULL)
        return;
    len = wr_file_read(path, program, sizeof(program));
    if (len > 1)
        wr_set_text(scan->ctx->ev, WR_FACT_unix_netns_program, program, (uint32_t)len - 1);
}

static bool each_process(void *ctx, const char *name, unsigned char type)
{
    struct scan *scan = ctx;
    char path[48];

    (void)type;
    if (name[0] < '1' || name[0] > '9')
        return true;
    if (wr_now_ns() >= scan->until_ns)
        return false;
    if (wr_join(path, sizeof(path), "/proc/", name, "/net/unix", NULL) == NULL ||
        !is_new(scan, path))
        return true;
    read_table(scan, path);
    if (scan->found)
        state(scan, name);
    return !scan->found;
}

static bool wanted(const struct wr_probe_ctx *ctx)
{
    const struct wr_evidence *ev = ctx->ev;
    int error = ctx->attempt->error;

    if (ctx->attempt->call != WR_CALL_CONNECT || !wr_ev_absent(ev, WR_FACT_unix_holder))
        return false;
    if (error != ECONNREFUSED && error != EPROTOTYPE && error != EAGAIN)
        return false;
    return wr_ev_true(ev, WR_FACT_unix_abstract) || !wr_ev_false(ev, WR_FACT_unix_held);
}

void wr_probe_unix_netns(struct wr_probe_ctx *ctx)
{
    struct scan scan = {.ctx = ctx, .until_ns = wr_now_ns() + BUDGET_NS};
    const char *bytes = (const char *)ctx->attempt->address.un.sun_path;
    const struct wr_attempt *attempt = ctx->attempt;
    size_t len;

    if (!wanted(ctx) || attempt->address_read < attempt->address_len ||
        attempt->address_len <= offsetof(struct sockaddr_un, sun_path))
        return;
    if (scan.until_ns > ctx->until_ns)
        scan.until_ns = ctx->until_ns;
    len = attempt->address_len - offsetof(struct sockaddr_un, sun_path);
    if (bytes[0] != '\0')
        len = strnlen(bytes, len);
    for (size_t i = 0; i < len; i++)
        scan.name[i] = bytes[i] != '\0' ? bytes[i] : '@';
    is_new(&scan, "/proc/thread-self/net/unix");
    if (scan.seen_count == 0)
        return;
    wr_dir_each("/proc", wr_unix_space(ctx), NAMES_SPACE, each_process, &scan);
    if (!scan.found && wr_now_ns() < scan.until_ns)
        wr_set_absent(ctx->ev, WR_FACT_unix_netns_pid);
}
