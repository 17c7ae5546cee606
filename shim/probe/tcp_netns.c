/* SPDX-License-Identifier: MIT
 * Whether the port that is closed here is open in another network namespace: in a container, or
 * on the machine itself as seen from one. */
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>

#include "base/address.h"
#include "base/file.h"
#include "base/process.h"
#include "base/sys.h"
#include "probe/context.h"
#include "probe/netns_scan.h"
#include "probe/owner.h"
#include "probe/rtnl.h"

#define BUDGET_NS 40000000u
/* Parts of the netlink space, which nobody uses before the route is asked for. */
#define NAMES_SPACE 8192
#define LINES_SPACE 8192

struct scan {
    struct wr_probe_ctx *ctx;
    uint64_t until_ns;
    unsigned found;    /* namespaces */
    bool cut;          /* one could not be read */
    struct wr_sock at; /* the socket of the namespace that is looked at */
    /* the first one found */
    struct wr_sock sock;
    uint64_t id;
    char pid[WR_PID_TEXT];
    struct wr_addr address;
};

static char *lines_space(const struct scan *scan)
{
    return scan->ctx->scratch + NAMES_SPACE;
}

/* Listening sockets stand before all others (net/ipv4/tcp_ipv4.c tcp_seq_start()). */
static bool take_line(void *ctx, const char *line)
{
    struct scan *scan = ctx;
    struct wr_sock sock;

    if (!wr_netns_tcp_line(line, &sock))
        return true; /* the heading */
    if (sock.state != TCP_LISTEN)
        return false;
    if (sock.local.port != scan->ctx->attempt->target.port)
        return true;
    scan->at = sock;
    return wr_addr_is_loopback(&sock.local); /* one that others reach is better */
}

/* "TCP: inuse 3 orphan 0 ..." */
static bool take_sockstat(void *ctx, const char *line)
{
    const char *at = wr_line_value(line, "TCP: inuse ");
    uint64_t *inuse = ctx;

    if (at == NULL)
        at = wr_line_value(line, "TCP6: inuse ");
    return at == NULL || !wr_parse_uint(&at, inuse);
}

/* A table costs two milliseconds even if it is empty: the kernel goes through the hash table of
 * the connections of all namespaces. The number of sockets is at hand. */
static bool is_empty(const struct scan *scan, const char *pid, const char *sockstat)
{
    uint64_t inuse = 1;

    wr_netns_lines(pid, sockstat, lines_space(scan), LINES_SPACE, scan->until_ns, take_sockstat,
                   &inuse);
    return inuse == 0;
}

static bool each_namespace(void *ctx, const char *pid, uint64_t id)
{
    static const char *const tables[] = {"tcp", "tcp6"}, *const stats[] = {"sockstat", "sockstat6"};
    struct scan *scan = ctx;

    scan->at.state = 0;
    for (unsigned i = 0; i < 2; i++) {
        int rc;

        if (is_empty(scan, pid, stats[i]))
            continue;
        rc = wr_netns_lines(pid, tables[i], lines_space(scan), LINES_SPACE, scan->until_ns,
                            take_line, scan);
        if (rc < 0 && (i == 0 || rc != -ENOENT)) /* without IPv6 there is no tcp6 */
            scan->cut = true;
        if (scan->at.state != 0 && !wr_addr_is_loopback(&scan->at.local))
            break;
    }
    if (scan->at.state == 0)
        return true;
    if (scan->found++ == 0) {
        scan->sock = scan->at;
        scan->id = id;
        wr_join(scan->pid, sizeof(scan->pid), pid, (char *)NULL);
    }
    return scan->found < 2;
}

/* Who has it; for a socket of another user, at least whose namespace that is. */
static void set_process(struct scan *scan)
{
    struct wr_evidence *ev = scan->ctx->ev;
    char *text = lines_space(scan);
    const char *digits = scan->pid;
    char path[40], name[32];
    uint64_t number;
    long len;

    wr_owner_fill(scan->ctx, &scan->sock);
    if (scan->sock.pid != 0) {
        struct wr_buf pid = wr_buf_on(scan->pid, sizeof(scan->pid));

        wr_buf_int(&pid, scan->sock.pid);
        wr_buf_terminate(&pid);
    }
    if (!wr_parse_uint(&digits, &number))
        return;
    wr_set_uint(ev, WR_FACT_other_netns_pid, number);
    if (scan->sock.pid != 0)
        return;
    len = wr_netns_program(scan->pid, name);
    if (len > 0)
        wr_set_text(ev, WR_FACT_other_netns_program, name, (uint32_t)len);
    if (scan->sock.container.len != 0 ||
        wr_join(path, sizeof(path), "/proc/", scan->pid, "/cgroup", (char *)NULL) == NULL ||
        wr_file_read(path, text, LINES_SPACE) <= 0)
        return;
    struct wr_owner_names names = wr_owner_parse_proc_cgroup(text);
    if (names.container_len != 0)
        scan->sock.container = wr_add_text(ev, names.container, names.container_len);
}

/* Ends at an address that the kernel would send to; one that this namespace has, too, is none. */
static bool try_address(void *ctx, const struct wr_addr *addr)
{
    struct scan *scan = ctx;
    struct wr_route_query query = {.to = *addr};
    struct wr_route_answer answer;

    query.to.port = scan->sock.local.port;
    query.uid = wr_route_uid(scan->ctx);
    if (wr_route_ask(scan->ctx, &query, false, &answer) < 0 || answer.error != 0 ||
        answer.type != RTN_UNICAST)
        return true;
    scan->address = query.to;
    return false;
}

/* False where the addresses could not be read. */
static bool try_addresses(struct scan *scan, int family)
{
    if (scan->address.family != 0)
        return true;
    /* not the netlink space: try_address() uses it */
    return wr_netns_addresses(scan->pid, family, wr_probe_file_space(scan->ctx),
                              WR_PROBE_FILE_SPACE, scan->ctx->until_ns, try_address, scan);
}

/* Where the listener can be reached from here. */
static void set_address(struct scan *scan)
{
    struct wr_evidence *ev = scan->ctx->ev;
    const struct wr_addr *local = &scan->sock.local;
    bool known = true;

    wr_set_bool(ev, WR_FACT_other_netns_loopback, wr_addr_is_loopback(local));
    if (wr_addr_is_any(local)) {
        if (local->family == AF_INET6)
            known = try_addresses(scan, AF_INET6);
        /* a socket on :: mostly takes IPv4, too; the table does not say whether this one does */
        known &= try_addresses(scan, AF_INET);
    } else if (!wr_addr_is_loopback(local)) {
        try_address(scan, local);
    }
    if (scan->address.family != 0)
        wr_set_addr(ev, WR_FACT_other_netns_address, &scan->address);
    else if (known)
        wr_set_absent(ev, WR_FACT_other_netns_address);
}

struct naming {
    struct stat wanted;
    char name[64];
};

static bool try_name(void *ctx, const char *name, unsigned char type)
{
    struct naming *naming = ctx;
    struct stat st = {0};
    char path[96];

    (void)type;
    if (wr_join(path, sizeof(path), "/run/netns/", name, (char *)NULL) == NULL ||
        WR_SYS(newfstatat, AT_FDCWD, path, &st, 0) < 0 || st.st_ino != naming->wanted.st_ino ||
        st.st_dev != naming->wanted.st_dev)
        return true;
    wr_join(naming->name, sizeof(naming->name), name, (char *)NULL);
    return false;
}

/* Which namespace a process is in may be seen only by who could trace it. */
static void set_name(struct scan *scan)
{
    struct wr_evidence *ev = scan->ctx->ev;
    struct naming naming = {0};
    char path[40];
    int rc;

    if (wr_join(path, sizeof(path), "/proc/", scan->pid, "/ns/net", (char *)NULL) == NULL ||
        WR_SYS(newfstatat, AT_FDCWD, path, &naming.wanted, 0) < 0)
        return;
    rc = wr_dir_each("/run/netns", lines_space(scan), LINES_SPACE, try_name, &naming);
    if (naming.name[0] != '\0')
        wr_set_str(ev, WR_FACT_other_netns_name, naming.name);
    else if (rc == 0 || rc == -ENOENT)
        wr_set_absent(ev, WR_FACT_other_netns_name);
}

/* The tables of other namespaces may take milliseconds to read. A program with many failures
 * gets this looked at for a small part of its time: after a scan there is none for REST times as
 * long as it took. */
#define REST 20
static _Atomic uint64_t next_scan_ns;

void wr_probe_tcp_netns(struct wr_probe_ctx *ctx)
{
    struct wr_evidence *ev = ctx->ev;
    struct scan scan = {.ctx = ctx, .until_ns = wr_probe_part_until(ctx, BUDGET_NS)};
    uint64_t start_ns = wr_now_ns();
    int rc;

    if (!wr_context_unserved(ctx) ||
        start_ns < atomic_load_explicit(&next_scan_ns, memory_order_relaxed))
        return;
    if (scan.until_ns > ctx->until_ns)
        scan.until_ns = ctx->until_ns;
    rc = wr_netns_each("tcp", ctx->scratch, NAMES_SPACE, scan.until_ns, each_namespace, &scan);
    if (!wr_process_borrows_memory())
        atomic_store_explicit(&next_scan_ns, wr_now_ns() + (wr_now_ns() - start_ns) * REST,
                              memory_order_relaxed);
    if (scan.found == 0) {
        if (rc == 0 && !scan.cut)
            wr_set_absent(ev, WR_FACT_other_netns_listener);
        return;
    }
    if (scan.found > 1 || (rc == 0 && !scan.cut))
        wr_set_bool(ev, WR_FACT_other_netns_several, scan.found > 1);
    wr_set_bool(ev, WR_FACT_other_netns_first, wr_netns_id("1", "tcp") == scan.id);
    set_process(&scan);
    wr_set_sock(ev, WR_FACT_other_netns_listener, &scan.sock);
    set_name(&scan);
    set_address(&scan);
}
