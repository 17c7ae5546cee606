/* SPDX-License-Identifier: MIT
 * How long it was tried, where the program gave up: how many requests went unanswered, and how
 * long the kernel would have gone on (tcp(7) tcp_syn_retries). */
#include <netinet/tcp.h>

#include "base/file.h"
#include "probe/probe.h"

#define DEFAULT_RETRIES 6
#define RETRIES_MAX 127     /* net/ipv4/sysctl_net_ipv4.c */
#define INTERVAL_MAX_S 120u /* TCP_RTO_MAX */

/* The pause after each request is 1 s for the first tcp_syn_linear_timeouts of them (Linux 6.5),
 * and doubles from then on: tcp_write_timeout() of net/ipv4/tcp_timer.c. */
static uint64_t kernel_waits_s(void)
{
    uint64_t retries = DEFAULT_RETRIES, linear = 0, total = 0, pause = 1;

    wr_file_uint("/proc/sys/net/ipv4/tcp_syn_retries", &retries);
    wr_file_uint("/proc/sys/net/ipv4/tcp_syn_linear_timeouts", &linear);
    if (retries > RETRIES_MAX)
        retries = RETRIES_MAX;
    for (uint64_t i = 0; i <= retries; i++) {
        total += pause;
        pause = pause * 2 > INTERVAL_MAX_S ? INTERVAL_MAX_S : pause * 2;
    }
    return total + (linear < RETRIES_MAX * 2 ? linear : 0);
}

void wr_probe_waiting(struct wr_probe_ctx *ctx)
{
    const struct wr_attempt *attempt = ctx->attempt;

    if (attempt->outcome != WR_OUTCOME_GAVE_UP || attempt->target.family == 0)
        return;
    wr_set_bool(ctx->ev, WR_FACT_gave_up_by_option, attempt->door == WR_DOOR_CALL);
    wr_set_bool(ctx->ev, WR_FACT_gave_up_by_exit, attempt->door == WR_DOOR_EXIT);
    wr_set_uint(ctx->ev, WR_FACT_kernel_waits_s, kernel_waits_s());
    if (!attempt->tcp.known || attempt->tcp.state != TCP_SYN_SENT)
        return;
    wr_set_uint(ctx->ev, WR_FACT_syn_retries, attempt->tcp.retransmits);
    wr_set_uint(ctx->ev, WR_FACT_syn_sent, (uint64_t)attempt->tcp.retransmits + 1);
}
