/* SPDX-License-Identifier: MIT
 * Causes of a refused TCP connection, by what listens. Rows and their match functions; pure. */
#include <errno.h>

#include "diagnose/catalogue.h"

/* A TCP connect that was refused, with no ICMP error seen: a reset answered it. */
static bool refused_by_reset(const struct wr_evidence *ev)
{
    return wr_ev_is(ev, WR_FACT_error, ECONNREFUSED) && wr_ev_has(ev, WR_FACT_destination) &&
           !wr_ev_true(ev, WR_FACT_icmp_received);
}

static enum wr_match match_no_listener(const struct wr_evidence *ev)
{
    if (!refused_by_reset(ev) || !wr_ev_true(ev, WR_FACT_destination_local))
        return WR_MATCH_NO;
    if (wr_ev_has(ev, WR_FACT_listener))
        return WR_MATCH_RULED_OUT;
    if (!wr_ev_absent(ev, WR_FACT_listener))
        return WR_MATCH_UNKNOWN;
    return wr_ev_false(ev, WR_FACT_netfilter_rules) ? WR_MATCH_CERTAIN : WR_MATCH_LIKELY;
}

const struct wr_cause wr_causes_tcp[] = {
    {
        .id = "tcp-no-listener",
        .seen_as = "ECONNREFUSED",
        .what = "the destination is this machine, and no socket listens on the port",
        .headline = "nothing listens on port {destination.port} of this machine",
        .explain = "The address belongs to this machine, and no program has a listening TCP socket "
                   "on that port, so the kernel answered the connection with a reset.\n"
                   "Either the server is not running (yet), or it uses another port.",
        .rank = WR_RANK_SYMPTOM,
        .match = match_no_listener,
        WR_CITES(WR_FACT_error, WR_FACT_destination, WR_FACT_icmp_received,
                 WR_FACT_destination_local, WR_FACT_listener, WR_FACT_netfilter_rules),
        .because = {"{destination.address} is an address of this machine",
                    "no socket listens on {destination} or on the wildcard address{!listener}"},
        .ruled_out = "{listener} listens there",
        .unknown = {{WR_FACT_netfilter_rules, "a packet filter rule on this machine",
                     "rules can only be read with CAP_NET_ADMIN", "sudo nft list ruleset"}},
        .fixes = {{"start the server that should listen on port {destination.port}", NULL},
                  {"see what listens on this machine", "ss -ltn"}},
    },
    {0},
};
