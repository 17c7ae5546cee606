/* SPDX-License-Identifier: MIT
 * Causes of failed connections that lie in the lookup before: where the address came from. Rows
 * and match functions; pure. */
#include "diagnose/catalogue.h"
#include "whyrefused/faults.h"

/* Nobody but who wrote the line knows whether it is right. */
static enum wr_match match_hosts_stale(const struct wr_evidence *ev)
{
    return wr_ev_has(ev, WR_FACT_origin_hosts_line) && wr_ev_has(ev, WR_FACT_origin_dns_answer) &&
                   wr_ev_absent(ev, WR_FACT_origin_sinkhole)
               ? WR_MATCH_LIKELY
               : WR_MATCH_NO;
}

static enum wr_match match_sinkhole(const struct wr_evidence *ev)
{
    uint64_t kind = wr_ev_uint(ev, WR_FACT_origin_sinkhole, 0);

    if (kind == 0)
        return WR_MATCH_NO;
    /* a line that leads to loopback is a developer's as often as a blocker's */
    return kind == WR_SINKHOLE_LOOPBACK && !wr_ev_absent(ev, WR_FACT_origin_hosts_line)
               ? WR_MATCH_NO
               : WR_MATCH_LIKELY;
}

const struct wr_cause wr_causes_dns_origin[] = {
    {
        .id = "dns-hosts-file-stale",
        .seen_as = "a connect that fails after the lookup",
        .what = "the address came from a line of /etc/hosts, and DNS says another",
        .headline = "{destination.address} came from line {origin_hosts_line} of /etc/hosts; DNS "
                    "says {origin_dns_answer.address}",
        .explain =
            "/etc/hosts is asked before DNS. A line that somebody put there for a test, or for a "
            "server that has moved since, goes on deciding where connections go, and no change in "
            "DNS is noticed on this machine.",
        .rank = WR_RANK_NEARBY + 10,
        .match = match_hosts_stale,
        WR_CITES(WR_FACT_origin_hosts_line, WR_FACT_origin_dns_answer, WR_FACT_origin_sinkhole),
        .because = {"line {origin_hosts_line} of /etc/hosts gives {asked_name} the address "
                    "{destination.address}",
                    "the nameserver says {origin_dns_answer.address}"},
        .unknown = {{WR_FACT_origin_hosts_line, "whether the line is meant to say so",
                     "only who wrote it knows", "getent ahosts {asked_name}"}},
        .fixes = {{"if the line is not meant, take it out of /etc/hosts",
                   "grep -n -w -e {asked_name} /etc/hosts"}},
    },
    {
        .id = "dns-sinkhole",
        .seen_as = "a connect that fails after the lookup",
        .what = "the name led to 0.0.0.0, loopback or a block page: somebody blocks it",
        .headline = "the name leads to {destination.address}[, the block page of Cisco Umbrella "
                    "(OpenDNS){?origin_sinkhole=3}], as names do that are blocked[: by line "
                    "{origin_hosts_line} of /etc/hosts]",
        .explain =
            "Filters against advertising and malware (Pi-hole, AdGuard, the nameservers of a "
            "company or provider, long hosts files) answer for a blocked name with an address that "
            "leads nowhere: 0.0.0.0, :: or 127.0.0.1, or with that of a page that says so. "
            "Connecting to 0.0.0.0 is connecting to this machine itself, where it is refused.",
        .rank = WR_RANK_ROOT,
        .match = match_sinkhole,
        WR_CITES(WR_FACT_origin_sinkhole, WR_FACT_origin_hosts_line),
        .because = {"the lookup of {asked_name} gave {destination.address}",
                    "[{?origin_sinkhole=1}{destination.address} is no address of any machine: it "
                    "means \"this machine\"][{?origin_sinkhole=2}{destination.address} is this "
                    "machine's loopback]",
                    "line {origin_hosts_line} of /etc/hosts says so",
                    "no line of /etc/hosts says so: the answer came from elsewhere"
                    "{!origin_hosts_line}"},
        .unknown = {{WR_FACT_asked_name, "who blocks it, and whether it is meant",
                     "the answer does not say", "resolvectl query {asked_name}"}},
        .fixes =
            {{"{?origin_hosts_line}if it is not meant, take the line out of /etc/hosts",
              "grep -n -w -e {asked_name} /etc/hosts"},
             {"{!origin_hosts_line}allow the name where the nameserver of this machine filters "
              "(Pi-hole, AdGuard, the company's DNS), or ask another nameserver",
              "cat /etc/resolv.conf"}},
    },
    {0},
};
