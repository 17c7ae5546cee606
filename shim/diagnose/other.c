/* SPDX-License-Identifier: MIT
 * Causes of no particular layer. Rows and their match functions; pure. */
#include "diagnose/catalogue.h"

static enum wr_match match_unexplained(const struct wr_evidence *ev)
{
    (void)ev;
    return WR_MATCH_NO; /* wr_diagnose() takes this row when no other holds */
}

const struct wr_cause wr_causes_other[] = {
    {
        .id = "unexplained",
        .seen_as = "any",
        .what = "nothing in the catalogue holds: the report says so, with all evidence",
        .headline = "no known cause fits the evidence",
        .explain = "None of the causes that whyrefused knows is consistent with what was seen. The "
                   "JSON report (WHYREFUSED_FORMAT=json) carries all of the evidence.",
        .rank = WR_RANK_NOTHING,
        .match = match_unexplained,
        .because =
            {"the call failed with {error} ({error.text}) after {elapsed_us.ms} ms",
             "{icmp_offender.address}[{?icmp_offender_local} (this machine)] sent an ICMP error: "
             "type {icmp_type}, code {icmp_code} (ICMPv{icmp_version})",
             "{listener} listens there, and yet the connection was refused[; one more request of "
             "whyrefused's own was taken: it works now{?replay_outcome=1}]"},
        .unknown = {{WR_FACT_filter_possible,
                     "whether a packet filter rule of this machine did it{?destination}",
                     "the rules were not examined", WR_SHOW_FILTER_RULES}},
        .fixes = {{"send the JSON report with a question: it holds all that was seen", NULL}},
    },
    {0},
};

const struct wr_cause *const wr_cause_unexplained = &wr_causes_other[0];
