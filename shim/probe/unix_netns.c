/* SPDX-License-Identifier: MIT
 * Whether a socket of another network namespace has the path or abstract name. unix_diag shows
 * only our own; /proc/PID/net/unix (proc_pid_net(5)) of any visible process can be read by all. */
#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "probe/netns_scan.h"
#include "probe/unix_work.h"

#define BUDGET_NS 20000000u
#define NAMES_SPACE 4096
#define LINES_SPACE (WR_NETLINK_SPACE - NAMES_SPACE)
#define ACCEPTING 0x10000 /* __SO_ACCEPTCON of linux/net.h */

struct scan {
    struct wr_probe_ctx *ctx;
    uint64_t until_ns;
    char name[WR_UNIX_NAME]; /* as the table shows it: @ for every NUL */
    bool found, listens;
};

/* "Num RefCount Protocol Flags Type St Inode Path". Ends at a listening socket of that name. */
static bool take_line(void *ctx, const char *line)
{
    struct scan *scan = ctx;
    uint64_t flags = 0;

    for (unsigned field = 0; field < 7; field++) {
        const char *at = line;

        if (field == 3 && !wr_parse_hex(&at, &flags))
            return true;
        line += strcspn(line, " ");
        line += strspn(line, " ");
    }
    if (strcmp(line, scan->name) != 0)
        return true;
    scan->found = true;
    scan->listens = (flags & ACCEPTING) != 0;
    return !scan->listens;
}

static void state(struct scan *scan, const char *pid)
{
    char program[32];
    uint64_t number;
    const char *at = pid;
    long len;

    if (!wr_parse_uint(&at, &number))
        return;
    wr_set_uint(scan->ctx->ev, WR_FACT_unix_netns_pid, number);
    wr_set_bool(scan->ctx->ev, WR_FACT_unix_netns_listens, scan->listens);
    len = wr_netns_program(pid, program);
    if (len > 0)
        wr_set_text(scan->ctx->ev, WR_FACT_unix_netns_program, program, (uint32_t)len);
}

static bool each_namespace(void *ctx, const char *pid, uint64_t id)
{
    struct scan *scan = ctx;

    (void)id;
    wr_netns_lines(pid, "unix", wr_unix_space(scan->ctx) + NAMES_SPACE, LINES_SPACE, scan->until_ns,
                   take_line, scan);
    if (scan->found)
        state(scan, pid);
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
    struct scan scan = {.ctx = ctx, .until_ns = wr_probe_part_until(ctx, BUDGET_NS)};
    const char *bytes = (const char *)ctx->attempt->address.un.sun_path;
    const struct wr_attempt *attempt = ctx->attempt;
    size_t len;
    int rc;

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
    rc = wr_netns_each("unix", wr_unix_space(ctx), NAMES_SPACE, scan.until_ns, each_namespace,
                       &scan);
    if (!scan.found && rc == 0 && wr_now_ns() < scan.until_ns)
        wr_set_absent(ctx->ev, WR_FACT_unix_netns_pid);
}
