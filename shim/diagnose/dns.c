/* SPDX-License-Identifier: MIT
 * Causes of failed lookups, by what the nameservers answer. Rows and their match functions; pure.
 */
#include "diagnose/dns.h"

#include "diagnose/catalogue.h"

enum { RANK_SEARCH = WR_RANK_NEARBY, RANK_SPLIT = WR_RANK_NEARBY + 5 };

static bool is_noname(const struct wr_evidence *ev)
{
    return wr_ev_text_is(ev, WR_FACT_lookup_error, "EAI_NONAME");
}

static enum wr_match match_not_found(const struct wr_evidence *ev)
{
    if (!is_noname(ev) || wr_ev_true(ev, WR_FACT_lookup_numeric_only))
        return WR_MATCH_NO;
    if (wr_dns_nobody_asked(ev))
        return WR_MATCH_POSSIBLE;
    if (wr_dns_said(ev, WR_NS_NODATA) || wr_dns_said(ev, WR_NS_ANSWER))
        return WR_MATCH_RULED_OUT;
    if (!wr_dns_said(ev, WR_NS_NXDOMAIN))
        return WR_MATCH_NO;
    /* others than nameservers may be meant to know those of a network of one's own */
    return wr_ev_true(ev, WR_FACT_dns_agree) && wr_ev_absent(ev, WR_FACT_dns_internal_zone)
               ? WR_MATCH_CERTAIN
               : WR_MATCH_LIKELY;
}

static enum wr_match match_no_record(const struct wr_evidence *ev)
{
    bool nodata = wr_ev_text_is(ev, WR_FACT_lookup_error, "EAI_NODATA");

    if (!nodata && !is_noname(ev) && !wr_ev_text_is(ev, WR_FACT_lookup_error, "EAI_ADDRFAMILY"))
        return WR_MATCH_NO;
    if (wr_dns_nobody_asked(ev))
        return nodata ? WR_MATCH_LIKELY : WR_MATCH_NO;
    if (!wr_dns_said(ev, WR_NS_NODATA))
        return nodata && wr_dns_said(ev, WR_NS_NXDOMAIN) ? WR_MATCH_POSSIBLE : WR_MATCH_NO;
    return nodata && wr_ev_true(ev, WR_FACT_dns_agree) ? WR_MATCH_CERTAIN : WR_MATCH_LIKELY;
}

static enum wr_match match_servfail(const struct wr_evidence *ev)
{
    if (!wr_dns_temporary(ev))
        return WR_MATCH_NO;
    if (wr_dns_nobody_asked(ev))
        return wr_ev_uint(ev, WR_FACT_elapsed_us, 0) < 900000 ? WR_MATCH_POSSIBLE
                                                              : WR_MATCH_UNKNOWN;
    if (!wr_dns_said(ev, WR_NS_SERVFAIL))
        return WR_MATCH_NO;
    return wr_ev_true(ev, WR_FACT_dns_agree) ? WR_MATCH_CERTAIN : WR_MATCH_LIKELY;
}

static enum wr_match match_refuses(const struct wr_evidence *ev)
{
    if (!wr_dns_temporary(ev) || !(wr_dns_said(ev, WR_NS_REFUSED) || wr_dns_said(ev, WR_NS_NOTIMP)))
        return WR_MATCH_NO;
    return wr_ev_true(ev, WR_FACT_dns_agree) ? WR_MATCH_CERTAIN : WR_MATCH_LIKELY;
}

/* glibc gives up on the whole lookup where a server says FORMERR, and goes on waiting where what
 * came is no answer. */
static enum wr_match match_broken(const struct wr_evidence *ev)
{
    bool gave_up = is_noname(ev) || wr_ev_text_is(ev, WR_FACT_lookup_error, "EAI_FAIL");
    bool agree = wr_ev_true(ev, WR_FACT_dns_agree);

    if (gave_up && (wr_dns_said(ev, WR_NS_FORMERR) || wr_dns_said(ev, WR_NS_CODE)))
        return agree && wr_dns_said(ev, WR_NS_FORMERR) ? WR_MATCH_CERTAIN : WR_MATCH_LIKELY;
    if (!wr_dns_temporary(ev))
        return WR_MATCH_NO;
    if (wr_dns_said(ev, WR_NS_GARBAGE))
        return agree && wr_ev_true(ev, WR_FACT_dns_waited_out) ? WR_MATCH_CERTAIN : WR_MATCH_LIKELY;
    return wr_dns_said(ev, WR_NS_FORMERR) || wr_dns_said(ev, WR_NS_CODE) ? WR_MATCH_LIKELY
                                                                         : WR_MATCH_NO;
}

static enum wr_match match_truncated(const struct wr_evidence *ev)
{
    if (!wr_dns_temporary(ev) || !wr_dns_said(ev, WR_NS_TRUNCATED) ||
        !wr_ev_false(ev, WR_FACT_dns_tcp_open))
        return WR_MATCH_NO;
    /* what is silent may only be slow */
    return wr_ev_true(ev, WR_FACT_dns_agree) && wr_ev_has(ev, WR_FACT_dns_tcp_error)
               ? WR_MATCH_CERTAIN
               : WR_MATCH_LIKELY;
}

static enum wr_match match_split(const struct wr_evidence *ev)
{
    if (!is_noname(ev) || !wr_dns_said(ev, WR_NS_NXDOMAIN) || wr_ev_has(ev, WR_FACT_nss_stop))
        return WR_MATCH_NO;
    return wr_ev_has(ev, WR_FACT_dns_other_server) || (wr_ev_has(ev, WR_FACT_dns_internal_zone) &&
                                                       wr_ev_true(ev, WR_FACT_dns_servers_public))
               ? WR_MATCH_LIKELY
               : WR_MATCH_NO;
}

/* A domain may answer for every name below it: never more than likely. */
static enum wr_match match_search(const struct wr_evidence *ev)
{
    if (!is_noname(ev))
        return WR_MATCH_NO;
    if (wr_dns_nobody_asked(ev))
        return wr_ev_true(ev, WR_FACT_name_short) && wr_ev_known(ev, WR_FACT_resolv_search) &&
                       wr_ev_true(ev, WR_FACT_nss_dns)
                   ? WR_MATCH_POSSIBLE
                   : WR_MATCH_NO;
    if (!wr_dns_said(ev, WR_NS_NXDOMAIN) || !wr_ev_has(ev, WR_FACT_dns_found_name))
        return WR_MATCH_NO;
    return wr_ev_true(ev, WR_FACT_dns_found_by_search) ? WR_MATCH_LIKELY : WR_MATCH_POSSIBLE;
}

const struct wr_cause wr_causes_dns[] = {
    {
        .id = "dns-name-not-found",
        .seen_as = "EAI_NONAME",
        .what = "the nameservers say that there is no such name",
        .headline = "[nameserver {dns_server.address} says that there is no such "
                    "name{?dns_asked=1}][the nameservers say that there is no such "
                    "name{!dns_asked=1}{?dns_asked}]",
        .explain =
            "A nameserver answers NXDOMAIN where it knows that a name does not exist, nor any "
            "below it. That is a final answer: the resolver asks nobody else, but goes on to the "
            "next domain of its search list, if there is one.\n"
            "Mostly the name is misspelt, lacks its domain, or is not there yet: nameservers keep "
            "NXDOMAIN for minutes (the last number of the zone's SOA record).",
        .rank = WR_RANK_SYMPTOM,
        .match = match_not_found,
        WR_CITES(WR_FACT_lookup_error, WR_FACT_lookup_numeric_only, WR_FACT_dns_outcome,
                 WR_FACT_dns_agree, WR_FACT_dns_internal_zone),
        .because = {"asked again: {dns_each}", "asked for: {dns_name}",
                    "line {hosts_near_line} of /etc/hosts has {hosts_near}, which is like it",
                    "the search domains are {resolv_search}{?name_short}",
                    "the nameservers are {resolv_servers}[ (systemd-resolved of this "
                    "machine){?resolv_stub=1}][ (Docker's own, which knows the names of its "
                    "networks){?resolv_stub=2}][ (on this machine){?resolv_stub=3}]",
                    "{resolv_fourth.address} is named as well, but never asked: the resolver takes "
                    "three at most[, and {resolv_ignored} more are named]"},
        .ruled_out = "a nameserver knows the name: {dns_each}",
        .unknown = {{WR_FACT_lookup_error, "which nameserver says so{!dns_asked}", WR_DNS_NOT_ASKED,
                     "getent ahosts {asked_name}; dig {asked_name}"},
                    {WR_FACT_dns_internal_zone,
                     "whether somebody else than these nameservers knows names below "
                     "{dns_internal_zone}",
                     "", "resolvectl query {asked_name}"},
                    {WR_FACT_nss_other,
                     "whether {nss_other}, which the hosts line of /etc/nsswitch.conf names as "
                     "well, should know it",
                     "it is not asked", "getent -s {nss_other} hosts {asked_name}"}},
        .fixes = {{"use {hosts_near}, if that is meant", "getent ahosts {hosts_near}"},
                  {"look at how the name is spelt, and whether it needs its domain", NULL},
                  {"ask from another machine, or another nameserver, whether the name is known "
                   "there",
                   "dig {asked_name}"}},
    },
    {
        .id = "dns-no-record-of-type",
        .seen_as = "EAI_NODATA, EAI_NONAME, EAI_ADDRFAMILY",
        .what = "the name exists, but has no address of the family that was asked for",
        .headline = "[{dns_name} exists, but has no {dns_type} record][; it has an IPv6 address "
                    "only{?dns_has_aaaa}{!dns_has_a}][; it has an IPv4 address "
                    "only{?dns_has_a}{!dns_has_aaaa}]",
        .explain =
            "A name can exist without an address: as a domain with names below it, with mail or "
            "service records only, or with addresses of the other family. The nameserver then "
            "answers without an error, and without a record.\n"
            "A program that asks for one family only (AF_INET, `curl -4`, `ssh -6`) finds nothing "
            "where the name has addresses of the other.",
        .rank = WR_RANK_SYMPTOM + 2,
        .match = match_no_record,
        WR_CITES(WR_FACT_lookup_error, WR_FACT_dns_outcome, WR_FACT_dns_agree),
        .because = {"asked again: {dns_each}", "it has {dns_answer.address}",
                    "{lookup_function} was asked for records of type {lookup_record_type}"},
        .unknown = {{WR_FACT_lookup_error, "which records the name has{!dns_asked}",
                     WR_DNS_NOT_ASKED, "dig {asked_name} A; dig {asked_name} AAAA"}},
        .fixes = {{"let the program use IPv6, or ask for both "
                   "families{?dns_has_aaaa}{!dns_has_a}",
                   NULL},
                  {"let the program use IPv4, or ask for both "
                   "families{?dns_has_a}{!dns_has_aaaa}",
                   NULL},
                  {"have an address record made for {dns_name}, or use a name that has "
                   "one{!dns_has_a}{!dns_has_aaaa}",
                   "dig {dns_name} ANY"}},
    },
    {
        .id = "dns-servfail",
        .seen_as = "EAI_AGAIN",
        .what = "the nameserver could not find out (SERVFAIL)",
        .headline =
            "[nameserver {dns_server.address} could not find out (SERVFAIL)[: {dns_ede_name}][ "
            "({dns_ede_text})]][; without the check of signatures (DNSSEC) it "
            "answers{?dns_works_cd}]",
        .explain =
            "SERVFAIL says that the nameserver tried, and failed: those that are responsible for "
            "the domain do not answer it, are set up wrongly, or sign what does not stand the "
            "check (DNSSEC). Newer nameservers say which, with an extended error (RFC 8914).\n"
            "The same question with checking disabled tells DNSSEC from the rest: it is answered "
            "where only the signatures are at fault. The domain's owner has to mend those; a "
            "clock of the nameserver that is wrong makes all signatures invalid, too.",
        .rank = WR_RANK_SPECIFIC,
        .match = match_servfail,
        WR_CITES(WR_FACT_lookup_error, WR_FACT_elapsed_us, WR_FACT_dns_outcome, WR_FACT_dns_agree),
        .because = {"asked again: {dns_each}",
                    "it gives an extended error, number {dns_ede}[: {dns_ede_name}][, and says "
                    "\"{dns_ede_text}\"]",
                    "the same question with checking disabled is answered{?dns_works_cd}",
                    "with checking disabled it fails as well{!dns_works_cd}"},
        .unknown = {{WR_FACT_lookup_error,
                     "whether the nameserver answered with an error, or not at all{!dns_asked}",
                     WR_DNS_NOT_ASKED, "dig {asked_name}; resolvectl query {asked_name}"},
                    {WR_FACT_dns_asked,
                     "why it failed: it gives no extended error{!dns_ede}{!dns_works_cd}", "",
                     "dig +trace {dns_name}"}},
        .fixes = {{"tell the owner of the domain that its signatures do not hold{?dns_works_cd}",
                   "delv {dns_name}; dig +cd @{dns_server.address} {dns_name}"},
                  {"see that the clock of {dns_server.address} is right{?dns_works_cd}", NULL},
                  {"look into the log of {dns_server.address}, and ask those who are responsible "
                   "for the domain{!dns_works_cd}",
                   "dig @{dns_server.address} {dns_name}; dig +trace {dns_name}"}},
    },
    {
        .id = "dns-server-refuses",
        .seen_as = "EAI_AGAIN",
        .what = "the nameserver does not serve this machine, or is no resolver (REFUSED, NOTIMP)",
        .headline = "nameserver {dns_server.address} does not want to answer "
                    "({dns_response_code})[: {dns_ede_name}][ ({dns_ede_text})]",
        .explain =
            "REFUSED says that the nameserver has a rule against it: it serves other networks "
            "than this one, or it knows its own domains only and asks nobody for others (an "
            "authoritative server, no resolver). NOTIMP says that it does not do such questions "
            "at all.\n"
            "Where resolv.conf names it, that is the fault; or its list of clients "
            "(allow-query, allow-recursion, access-control) lacks this network.",
        .rank = WR_RANK_SPECIFIC,
        .match = match_refuses,
        WR_CITES(WR_FACT_lookup_error, WR_FACT_dns_outcome, WR_FACT_dns_agree),
        .because = {"asked again: {dns_each}",
                    "it gives an extended error, number {dns_ede}[: {dns_ede_name}]"},
        .fixes = {{"name a resolver in /etc/resolv.conf that serves this network", NULL},
                  {"let {dns_server.address} serve this network (allow-recursion, "
                   "access-control), if it is yours",
                   "dig @{dns_server.address} {dns_name}"}},
    },
    {
        .id = "dns-server-broken",
        .seen_as = "EAI_NONAME, EAI_AGAIN",
        .what = "the nameserver does not understand the question, or answers with garbage",
        .headline =
            "[nameserver {dns_server.address} does not understand the question "
            "(FORMERR){?dns_outcome=7}][nameserver {dns_server.address} sends what is no answer "
            "to the question{?dns_outcome=14}][nameserver {dns_server.address} answers with an "
            "unusual error{?dns_outcome=8}][; without EDNS it answers{?dns_works_plain}]",
        .explain =
            "FORMERR says that the nameserver could not read the question; glibc makes \"name "
            "not known\" of it. Old nameservers and boxes in between say it of questions with "
            "EDNS (RFC 6891), which `options edns0` or `trust-ad` of resolv.conf add.\n"
            "What is no answer to the question (another number, another name, no DNS at all) is "
            "thrown away by the resolver, which goes on waiting: it ends as silence does. Then "
            "something else than a nameserver sits there, or somebody on the way meddles.",
        .rank = WR_RANK_SPECIFIC,
        .match = match_broken,
        WR_CITES(WR_FACT_lookup_error, WR_FACT_dns_outcome, WR_FACT_dns_agree,
                 WR_FACT_dns_waited_out),
        .because = {"asked again: {dns_each}",
                    "the same question without EDNS is answered{?dns_works_plain}",
                    "without EDNS it fails as well{!dns_works_plain}"},
        .fixes = {{"take edns0 and trust-ad out of the options of /etc/resolv.conf and "
                   "RES_OPTIONS{?dns_works_plain}",
                   NULL},
                  {"name another nameserver in /etc/resolv.conf, or bring {dns_server.address} up "
                   "to date",
                   "dig @{dns_server.address} {dns_name}; dig +noedns @{dns_server.address} "
                   "{dns_name}"}},
    },
    {
        .id = "dns-truncated-tcp-blocked",
        .seen_as = "EAI_AGAIN",
        .what = "the answer is too long for UDP, and the nameserver's TCP port is closed",
        .headline = "the answer of nameserver {dns_server.address} does not fit into a datagram, "
                    "and its TCP port 53 [is closed ({dns_tcp_error})][does not "
                    "answer{!dns_tcp_error}]",
        .explain =
            "A long answer comes cut, marked as truncated, and the resolver asks again over TCP "
            "(RFC 7766). A packet filter that lets DNS pass over UDP only, or a nameserver that "
            "does not serve TCP, makes exactly the long answers fail: names with many addresses "
            "or long chains of aliases.",
        .rank = WR_RANK_SPECIFIC,
        .match = match_truncated,
        WR_CITES(WR_FACT_lookup_error, WR_FACT_dns_outcome, WR_FACT_dns_tcp_open, WR_FACT_dns_agree,
                 WR_FACT_dns_tcp_error),
        .because = {"asked again: {dns_each}",
                    "a connection to its TCP port 53 was not made[: {dns_tcp_error}]"
                    "{!dns_tcp_open}"},
        .unknown = {{WR_FACT_dns_asked, "whether its TCP port is only slow{!dns_tcp_error}",
                     "nothing came back in the time that there was",
                     "dig +tcp @{dns_server.address} {dns_name}"}},
        .fixes = {{"let TCP port 53 of {dns_server.address} be reached, in its own settings and in "
                   "the packet filters on the way",
                   "dig +tcp @{dns_server.address} {dns_name}"},
                  {"let the resolver take longer datagrams: options edns0 in /etc/resolv.conf",
                   NULL}},
    },
    {
        .id = "dns-split-horizon",
        .seen_as = "EAI_NONAME",
        .what = "the name belongs to a network of one's own, and other nameservers were asked",
        .headline =
            "[nameserver {dns_server.address} does not know it, but {dns_other_server.address} "
            "does, which is not asked then][names below {dns_internal_zone} are known in their "
            "own network only, and public nameservers were asked{!dns_other_server}]",
        .explain =
            "Names of an internal network are known to its own nameservers only. On a machine "
            "that asks public ones - because the VPN is not up, or did not set the nameservers - "
            "they do not exist.\n"
            "Several nameserver lines do not help: the resolver takes the first answer, and "
            "\"there is no such name\" is one. All servers of resolv.conf have to know the same "
            "names; to ask different ones for different domains takes a resolver of one's own "
            "(systemd-resolved, dnsmasq).",
        .rank = RANK_SPLIT,
        .match = match_split,
        WR_CITES(WR_FACT_lookup_error, WR_FACT_dns_outcome, WR_FACT_dns_other_server,
                 WR_FACT_dns_internal_zone, WR_FACT_dns_servers_public, WR_FACT_nss_stop),
        .because = {"asked again: {dns_each}",
                    "every nameserver of this machine is a public one{?dns_servers_public}"},
        .unknown = {{WR_FACT_dns_internal_zone, "whether the network's own nameservers know it",
                     "they are not known here", "resolvectl status"}},
        .fixes = {{"bring the VPN up, or let it set the nameservers{?dns_internal_zone}",
                   "resolvectl status"},
                  {"put {dns_other_server.address} first in /etc/resolv.conf, or let a resolver "
                   "choose by domain",
                   "dig @{dns_other_server.address} {dns_name}"}},
    },
    {
        .id = "dns-search-domain",
        .seen_as = "EAI_NONAME",
        .what = "the name lacks its domain: the search list does not lead to the full name",
        .headline =
            "[there is no {dns_name}, but {dns_found_name}][, to which the search list leads: it "
            "is not gone by for a name that ends in a dot, or by "
            "{lookup_function}{?dns_found_by_search}][a short name: it was looked for with the "
            "search domains {resolv_search}, and as it is{!dns_asked}][a short name, and no "
            "search domain is configured that would complete it{!resolv_search}{!dns_asked}]",
        .explain =
            "A name without its domain is completed from the search list of resolv.conf. It is "
            "not gone by where the name ends in a dot or the program asks without it "
            "(res_query), and a name with as many dots as `options ndots` says is asked for as "
            "it is first.\n"
            "In Kubernetes the search list holds the pod's own namespace: a service of another "
            "one needs NAME.NAMESPACE.",
        .rank = RANK_SEARCH,
        .match = match_search,
        WR_CITES(WR_FACT_lookup_error, WR_FACT_dns_outcome, WR_FACT_dns_found_name,
                 WR_FACT_dns_found_by_search, WR_FACT_name_short, WR_FACT_resolv_search,
                 WR_FACT_nss_dns),
        .because = {"asked again: {dns_each}", "{dns_found_name} exists",
                    "{asked_name} has no dot in it{?name_short}[; ndots is {resolv_ndots}]",
                    "the search domains are {resolv_search}",
                    "/etc/resolv.conf has no search domain, and this machine's own name no domain "
                    "to take{!resolv_search}"},
        .unknown = {{WR_FACT_dns_found_name, "whether {dns_found_name} is the one that is meant",
                     "a domain may answer for every name below it", "dig {dns_found_name}"},
                    {WR_FACT_name_short,
                     "whether there is such a name, and in which "
                     "domain{!dns_asked}",
                     WR_DNS_NOT_ASKED, "getent ahosts {asked_name}"}},
        .fixes = {{"use the full name, {dns_found_name}", "getent ahosts {dns_found_name}"},
                  {"use the full name, with its domain{?name_short}", NULL},
                  {"put its domain into the search line of "
                   "/etc/resolv.conf{?name_short}",
                   NULL}},
    },
    {0},
};
