/* SPDX-License-Identifier: MIT
 * Whether this network namespace has packet filter tables at all. Which rule did it is not asked
 * here. Unprivileged the kernel answers EPERM and the fact stays unknown. */
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdatomic.h>
#include <string.h>

#include "base/file.h"
#include "base/process.h"
#include "base/sys.h"
#include "probe/probe.h"

static bool seen(void *ctx, const struct nlmsghdr *message)
{
    (void)message;
    *(bool *)ctx = true;
    return false;
}

/* -ENOENT etc. where the kernel has no nf_tables: then it has no tables of them either. */
static int nf_tables_exist(char *space, uint64_t until_ns, bool *ret_exist)
{
    struct {
        struct nlmsghdr header;
        struct nfgenmsg generation;
    } request = {
        .header = {.nlmsg_len = sizeof(request),
                   .nlmsg_type = (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_GETTABLE,
                   .nlmsg_flags = NLM_F_DUMP},
        .generation = {.nfgen_family = 0 /* NFPROTO_UNSPEC */, .version = NFNETLINK_V0},
    };
    int fd = wr_netlink_open(NETLINK_NETFILTER);
    int error;

    if (fd < 0)
        return fd;
    *ret_exist = false;
    error = wr_netlink_ask(fd, &request.header, space, until_ns, seen, ret_exist);
    wr_netlink_close(fd);
    return error;
}

/* 1 = lists tables, 0 = none, -errno = can't be told. */
static int legacy_tables(const char *path, char *space)
{
    long len = wr_file_read(path, space, 256);

    if (len == -ENOENT)
        return 0; /* the module is not loaded */
    if (len < 0 && len != -EFBIG)
        return (int)len;
    return len != 0;
}

/* Tables come and go rarely, failures in bursts: an answer holds for a moment. */
#define FRESH_NS 1000000000u
static _Atomic uint64_t remembered_ns; /* when, and in the lowest bit what */

static void find_out(struct wr_probe_ctx *ctx)
{
    bool exist = false;
    int error, legacy4, legacy6;

    error = nf_tables_exist(ctx->scratch, ctx->until_ns, &exist);
    if (error == -EPERM || error == -EACCES || error == -ETIME)
        return;
    legacy4 = legacy_tables("/proc/net/ip_tables_names", ctx->scratch);
    legacy6 = legacy_tables("/proc/net/ip6_tables_names", ctx->scratch);
    exist = exist || legacy4 > 0 || legacy6 > 0;
    if (!exist && (legacy4 < 0 || legacy6 < 0))
        return;
    wr_set_bool(ctx->ev, WR_FACT_netfilter_rules, exist);
    if (!wr_process_borrows_memory())
        atomic_store_explicit(&remembered_ns, (wr_now_ns() & ~1ull) | exist, memory_order_relaxed);
}

void wr_probe_netfilter(struct wr_probe_ctx *ctx)
{
    uint64_t before = atomic_load_explicit(&remembered_ns, memory_order_relaxed);

    if (ctx->attempt->call != WR_CALL_CONNECT || ctx->attempt->target.family == 0 ||
        ctx->attempt->error == EADDRNOTAVAIL || ctx->attempt->error == EINVAL)
        return;
    if (before != 0 && wr_now_ns() - before < FRESH_NS)
        wr_set_bool(ctx->ev, WR_FACT_netfilter_rules, before & 1);
    else
        find_out(ctx);
}
