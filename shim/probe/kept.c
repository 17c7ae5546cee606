/* SPDX-License-Identifier: MIT
 * What this machine kept from leaving: requests that the IP layer did not take from TCP, and the
 * room in the table of connection tracking, which drops what is new when it is full. */
#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "base/icmpwords.h"
#include "base/tcpinfo.h"
#include "probe/probe.h"

/* A request that is sent again is counted as lost, and as on its way where the IP layer took it:
 * not where a filter (or conntrack) dropped it in OUTPUT (tcp_retransmit_skb() of
 * net/ipv4/tcp_output.c). The first request tells nothing, and after the kernel's own time limit
 * all is forgotten. */
static void set_kept(struct wr_probe_ctx *ctx)
{
    const struct wr_tcp_sample *tcp = &ctx->attempt->tcp;

    if (!tcp->known || tcp->state != WR_TCP_SYN_SENT || tcp->retransmits == 0)
        return;
    wr_set_bool(ctx->ev, WR_FACT_kept_here, tcp->lost != 0 && tcp->on_the_way == 0);
}

/* An error that comes in while connect() holds the socket is kept aside (sk_err_soft) for who asks,
 * and the socket goes on; one that comes later ends it (tcp_v4_err() of net/ipv4/tcp_ipv4.c). */
static void set_within_call(struct wr_probe_ctx *ctx)
{
    const struct wr_attempt *attempt = ctx->attempt;
    struct wr_tcpinfo info;

    if (wr_icmp_rejects(attempt->error) && attempt->call == WR_CALL_CONNECT && attempt->fd >= 0 &&
        wr_tcpinfo(attempt->fd, &info))
        wr_set_bool(ctx->ev, WR_FACT_icmp_within_call, info.state == WR_TCP_SYN_SENT);
}

/* One line for each CPU, hexadecimal, in columns that the first line names. */
static bool conntrack_drops(char *text, uint64_t *ret_drops)
{
    static const char name[] = "drop ";
    unsigned column = 0;
    const char *line = text;
    uint64_t sum = 0;

    if (wr_file_read("/proc/thread-self/net/stat/nf_conntrack", text, WR_PROBE_FILE_SPACE) <= 0)
        return false;
    for (; strncmp(line, name, sizeof(name) - 1) != 0; column++) {
        while (*line != ' ' && *line != '\n' && *line != '\0')
            line++;
        while (*line == ' ')
            line++;
        if (*line == '\n' || *line == '\0')
            return false;
    }
    for (line = wr_line_next(text); line != NULL && *line != '\0'; line = wr_line_next(line)) {
        const char *at = line;
        uint64_t value = 0;

        for (unsigned i = 0; i <= column; i++) {
            while (*at == ' ')
                at++;
            if (!wr_parse_hex(&at, &value))
                return false;
        }
        sum += value;
    }
    *ret_drops = sum;
    return true;
}

/* __nf_conntrack_alloc() of net/netfilter/nf_conntrack_core.c: the table of the network namespace
 * against the limit of all. It may have been full then and not be now: the drops tell. */
static void set_conntrack(struct wr_probe_ctx *ctx)
{
    uint64_t count, max, drops;

    if (wr_file_uint("/proc/sys/net/netfilter/nf_conntrack_count", &count) != 0 ||
        wr_file_uint("/proc/sys/net/netfilter/nf_conntrack_max", &max) != 0)
        return;
    wr_set_uint(ctx->ev, WR_FACT_conntrack_count, count);
    wr_set_uint(ctx->ev, WR_FACT_conntrack_max, max);
    wr_set_bool(ctx->ev, WR_FACT_conntrack_full, max != 0 && count >= max);
    if (conntrack_drops(wr_probe_file_space(ctx), &drops))
        wr_set_uint(ctx->ev, WR_FACT_conntrack_drops, drops);
}

void wr_probe_kept(struct wr_probe_ctx *ctx)
{
    const struct wr_attempt *attempt = ctx->attempt;

    if (!wr_attempt_reaches(attempt) || attempt->target.family == 0)
        return;
    if (attempt->outcome == WR_OUTCOME_GAVE_UP)
        set_kept(ctx);
    else if (attempt->outcome == WR_OUTCOME_ERROR)
        set_within_call(ctx);
    if (attempt->outcome == WR_OUTCOME_GAVE_UP || attempt->error == ETIMEDOUT ||
        (attempt->error == EPERM && attempt->call == WR_CALL_SEND))
        set_conntrack(ctx);
}
