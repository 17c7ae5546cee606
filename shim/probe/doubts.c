/* SPDX-License-Identifier: MIT
 * What the facts of all probes before leave open. Asks nobody. */
#include "probe/probe.h"

void wr_probe_doubts(struct wr_probe_ctx *ctx)
{
    struct wr_evidence *ev = ctx->ev;
    const bool none =
        ev->state[WR_FACT_netfilter_rules] == WR_ABSENT || wr_ev_false(ev, WR_FACT_netfilter_rules);

    if (!wr_attempt_reaches(ctx->attempt) || ctx->attempt->target.family == 0)
        return;
    if (none || wr_ev_true(ev, WR_FACT_reset_by_kernel) || wr_ev_false(ev, WR_FACT_rule_found))
        wr_set_bool(ev, WR_FACT_filter_possible, false);
    else if (wr_ev_true(ev, WR_FACT_netfilter_rules))
        wr_set_bool(ev, WR_FACT_filter_possible, true);
    if (!wr_ev_known(ev, WR_FACT_rule_missing) && ctx->tier == WR_TIER_ACTIVE &&
        !wr_ev_known(ev, WR_FACT_rule_found) && wr_probe_out_of_time(ctx))
        wr_set_str(ev, WR_FACT_rule_missing, "the time for this report was over");
    else if (!wr_ev_known(ev, WR_FACT_rule_missing))
        wr_set_absent(ev, WR_FACT_rule_missing);
    wr_set_bool(ev, WR_FACT_path_unasked, !wr_ev_known(ev, WR_FACT_path_answer));
    wr_set_bool(ev, WR_FACT_rule_unseen, !wr_ev_known(ev, WR_FACT_rule_found));
}
