/* SPDX-License-Identifier: MIT
 * What came after the failures, where it works now: since when, and whether the listener is younger
 * than the first of them. */
#include "probe/probe.h"
#include "probe/procstat.h"

/* The start of a process is told in ticks of 10 ms, rounded down. */
#define TICK_NS 10000000u

static void set_start(struct wr_probe_ctx *ctx)
{
    const struct wr_sock *listener = wr_ev_sock(ctx->ev, WR_FACT_listener);
    uint64_t first_ns = ctx->attempt->failing_since_ns;
    struct wr_process_stat stat;

    if (listener == NULL || first_ns == 0 || !wr_process_stat(listener->pid, &stat))
        return;
    /* it is told by a clock that runs during suspend, too */
    first_ns += wr_clock_ns(CLOCK_BOOTTIME) - wr_now_ns();
    wr_set_bool(ctx->ev, WR_FACT_listener_started_later, stat.start_ns + TICK_NS > first_ns);
    if (stat.start_ns > first_ns)
        wr_set_uint(ctx->ev, WR_FACT_listener_started_after_us, (stat.start_ns - first_ns) / 1000);
}

void wr_probe_recovery(struct wr_probe_ctx *ctx)
{
    const struct wr_attempt *attempt = ctx->attempt;

    if (attempt->outcome != WR_OUTCOME_RECOVERED)
        return;
    wr_set_uint(ctx->ev, WR_FACT_failed_tries, attempt->tries);
    if (attempt->failing_since_ns != 0 && attempt->end_ns >= attempt->failing_since_ns)
        wr_set_uint(ctx->ev, WR_FACT_failing_for_us,
                    (attempt->end_ns - attempt->failing_since_ns) / 1000);
    if (attempt->failing_cause != NULL)
        wr_set_str(ctx->ev, WR_FACT_first_cause, attempt->failing_cause);
    set_start(ctx);
}
