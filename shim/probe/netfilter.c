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
#define TABLES 1u /* of any kind */
#define LEGACY4 2u
#define LEGACY6 4u
#define ANSWER 7u
static _Atomic uint64_t remembered_ns; /* when, and in the lowest bits what */

static void state(struct wr_evidence *ev, uint64_t answer)
{
    wr_set_bool(ev, WR_FACT_netfilter_rules, (answer & TABLES) != 0);
    wr_set_bool(ev, WR_FACT_netfilter_legacy_ipv4, (answer & LEGACY4) != 0);
    wr_set_bool(ev, WR_FACT_netfilter_legacy_ipv6, (answer & LEGACY6) != 0);
}

static void find_out(struct wr_probe_ctx *ctx)
{
    bool exist = false;
    int error, legacy4, legacy6;
    uint64_t answer;

    error = nf_tables_exist(ctx->scratch, ctx->until_ns, &exist);
    if (error == -EPERM || error == -EACCES || error == -ETIME)
        return;
    legacy4 = legacy_tables("/proc/net/ip_tables_names", ctx->scratch);
    legacy6 = legacy_tables("/proc/net/ip6_tables_names", ctx->scratch);
    exist = exist || legacy4 > 0 || legacy6 > 0;
    if (!exist && (legacy4 < 0 || legacy6 < 0))
        return;
    answer = (exist ? TABLES : 0) | (legacy4 > 0 ? LEGACY4 : 0) | (legacy6 > 0 ? LEGACY6 : 0);
    state(ctx->ev, answer);
    if (!wr_process_borrows_memory())
        atomic_store_explicit(&remembered_ns, (wr_now_ns() & ~(uint64_t)ANSWER) | answer,
                              memory_order_relaxed);
}

/* Filters see packets: no rule has a say in bind(), in AF_UNIX, or before there is a packet. */
static bool may_be_filtered(const struct wr_attempt *attempt)
{
    return wr_attempt_reaches(attempt) && attempt->target.family != 0 &&
           attempt->error != EADDRNOTAVAIL && attempt->error != EINVAL;
}

void wr_probe_netfilter(struct wr_probe_ctx *ctx)
{
    uint64_t before = atomic_load_explicit(&remembered_ns, memory_order_relaxed);

    if (!may_be_filtered(ctx->attempt))
        wr_set_absent(ctx->ev, WR_FACT_netfilter_rules);
    else if (before != 0 && wr_now_ns() - before < FRESH_NS)
        state(ctx->ev, before & ANSWER);
    else
        find_out(ctx);
}
