/* SPDX-License-Identifier: MIT
 * Causes of failures: what this machine's own packet filters do, going out and coming in. Rows and
 * their match functions; pure. */
#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <sys/socket.h>

#include "base/icmpwords.h"
#include "diagnose/catalogue.h"
#include "diagnose/silence.h"
#include "whyrefused/faults.h"

/* Above what listens, under a dead next hop and what denies by other means, which are told by
 * evidence of their own. */
enum { RANK_RULE = WR_RANK_ROOT - 5, RANK_CONNTRACK };

#define CITES_CONNECT                                                        \
    WR_CITES_SILENT, WR_FACT_call, WR_FACT_destination, WR_FACT_socket_type, \
        WR_FACT_destination_local
static bool is_connect(const struct wr_evidence *ev)
{
    return wr_ev_text_is(ev, WR_FACT_call, "connect") && wr_ev_has(ev, WR_FACT_destination) &&
           wr_ev_uint(ev, WR_FACT_socket_type, SOCK_STREAM) == SOCK_STREAM;
}

/* An error that a rejecting rule can bring, or none yet: the first ICMP error that meets connect()
 * within this machine is not taken for final (net/ipv4/tcp_ipv4.c tcp_v4_err()). */
static bool may_be_rejected(const struct wr_evidence *ev)
{
    return wr_icmp_rejects((int)wr_ev_uint(ev, WR_FACT_error, 0)) || wr_ev_silent(ev);
}

/* The rule that ends it was met. */
#define CITES_RULE WR_FACT_rule_found, WR_FACT_rule_hook, WR_FACT_rule_rejects, WR_FACT_rule_varies
enum wr_way { GOING_OUT, COMING_IN };
static bool rule_is_at(const struct wr_evidence *ev, enum wr_way way)
{
    static const char *const hooks[][3] = {{"output", "postrouting", "egress"},
                                           {"input", "prerouting", "ingress"}};

    for (unsigned i = 0; i < 3; i++) {
        if (wr_ev_text_is(ev, WR_FACT_rule_hook, hooks[way][i]))
            return true;
    }
    return false;
}

/* A rule that asks for how much there was before, or for a port of this side, may have treated the
 * program's request otherwise than the one that was followed. */
static enum wr_match as_sure(const struct wr_evidence *ev)
{
    return wr_ev_true(ev, WR_FACT_rule_varies) ? WR_MATCH_LIKELY : WR_MATCH_CERTAIN;
}

/* Of a rule whose text could not be had, what came of it tells whether it answers. */
static enum wr_match by_rule(const struct wr_evidence *ev, enum wr_way way, bool rejects)
{
    const bool answers = wr_ev_uint(ev, WR_FACT_rule_rejects, !wr_ev_silent(ev)) != 0;

    /* one that rejects up to a rate, before one that drops the rest */
    if (rejects && !answers && !wr_ev_silent(ev) && wr_ev_true(ev, WR_FACT_rule_varies) &&
        rule_is_at(ev, way))
        return WR_MATCH_POSSIBLE;
    return answers == rejects && rule_is_at(ev, way) ? as_sure(ev) : WR_MATCH_NO;
}

#define CITES_OWN_ICMP WR_FACT_icmp_received, WR_FACT_icmp_offender_local
static bool own_icmp(const struct wr_evidence *ev)
{
    return wr_ev_true(ev, WR_FACT_icmp_received) && wr_ev_true(ev, WR_FACT_icmp_offender_local);
}

/* This machine answered itself, and not by its TCP: nothing but a rule does. */
#define CITES_OWN_ANSWER CITES_OWN_ICMP, WR_FACT_reset_by_kernel, WR_FACT_source_port_bound
static bool rule_answered(const struct wr_evidence *ev)
{
    return own_icmp(ev) || wr_ev_false(ev, WR_FACT_reset_by_kernel);
}

/* What a request of another source met, the program's met as well: or it was the program's own that
 * an ICMP error answered. */
static bool alike(const struct wr_evidence *ev)
{
    return own_icmp(ev) || !wr_ev_true(ev, WR_FACT_source_port_bound);
}

/* What the kernel tells itself where the next hop or a tunnel fails. */
static bool is_host_unreachable(const struct wr_evidence *ev)
{
    return wr_ev_is(ev, WR_FACT_icmp_version, 6)
               ? wr_ev_is(ev, WR_FACT_icmp_type, ICMP6_DST_UNREACH) &&
                     wr_ev_is(ev, WR_FACT_icmp_code, ICMP6_DST_UNREACH_ADDR)
               : wr_ev_is(ev, WR_FACT_icmp_type, ICMP_DEST_UNREACH) &&
                     wr_ev_is(ev, WR_FACT_icmp_code, ICMP_HOST_UNREACH);
}

/* No address of this machine is looked for on a network, which takes seconds: the request was led
 * to another's (nat.c). */
#define NEIGHBOUR_US 2000000u
static bool was_looked_for(const struct wr_evidence *ev)
{
    return own_icmp(ev) && is_host_unreachable(ev) &&
           wr_ev_uint(ev, WR_FACT_elapsed_us, 0) >= NEIGHBOUR_US;
}

static enum wr_match by_own_icmp(const struct wr_evidence *ev)
{
    if (!is_host_unreachable(ev))
        return WR_MATCH_CERTAIN;
    if (wr_ev_true(ev, WR_FACT_next_hop_failed) || wr_ev_true(ev, WR_FACT_tunnel_route))
        return WR_MATCH_NO;
    return wr_ev_false(ev, WR_FACT_next_hop_failed) ? WR_MATCH_LIKELY : WR_MATCH_POSSIBLE;
}

/* An ICMP error that comes within the call does not end it: the answer to the second request does,
 * a second later, or the program asks before. A machine behind a virtual cable (a container's host)
 * answers as fast as this one. */
#define SECOND_REQUEST_US 1000000u
#define SECOND_REQUEST_LATEST_US 1100000u
static bool met_within_call(const struct wr_evidence *ev)
{
    const uint64_t us = wr_ev_uint(ev, WR_FACT_elapsed_us, 0);

    return wr_ev_true(ev, WR_FACT_icmp_within_call) ||
           (wr_ev_false(ev, WR_FACT_icmp_readable) && !wr_ev_silent(ev) &&
            us >= SECOND_REQUEST_US && us <= SECOND_REQUEST_LATEST_US);
}

static enum wr_match by_time(const struct wr_evidence *ev)
{
    if (!met_within_call(ev) || wr_ev_true(ev, WR_FACT_icmp_received) ||
        wr_ev_false(ev, WR_FACT_netfilter_rules) || wr_ev_true(ev, WR_FACT_next_hop_failed) ||
        wr_ev_true(ev, WR_FACT_tunnel_route))
        return WR_MATCH_NO;
    /* routers say so without any rule: route-remote-unreachable, route-loop */
    if ((wr_ev_is(ev, WR_FACT_error, EHOSTUNREACH) || wr_ev_is(ev, WR_FACT_error, ENETUNREACH)) &&
        !wr_ev_absent(ev, WR_FACT_route_gateway))
        return WR_MATCH_NO;
    return wr_ev_true(ev, WR_FACT_netfilter_rules) ? WR_MATCH_LIKELY : WR_MATCH_POSSIBLE;
}

/* A datagram that a rule keeps from leaving ends in this error at once (nf_hook_slow() of
 * net/netfilter/core.c), whether the rule rejects or drops. */
static bool datagram_kept(const struct wr_evidence *ev)
{
    return wr_ev_is(ev, WR_FACT_error, EPERM) && wr_ev_text_is(ev, WR_FACT_call, "send") &&
           wr_ev_is(ev, WR_FACT_socket_type, SOCK_DGRAM) && wr_ev_has(ev, WR_FACT_destination);
}

/* Its own ICMP error waits behind it. */
static enum wr_match datagram_kept_rejected(const struct wr_evidence *ev)
{
    if (wr_ev_true(ev, WR_FACT_rule_found))
        return by_rule(ev, GOING_OUT, true);
    return wr_ev_true(ev, WR_FACT_rejection_waits) && !wr_ev_false(ev, WR_FACT_netfilter_rules) &&
                   !wr_ev_false(ev, WR_FACT_rule_found)
               ? WR_MATCH_LIKELY
               : WR_MATCH_NO;
}

static enum wr_match datagram_kept_dropped(const struct wr_evidence *ev)
{
    if (wr_ev_true(ev, WR_FACT_rule_found) && wr_ev_known(ev, WR_FACT_rule_rejects))
        return by_rule(ev, GOING_OUT, false);
    return wr_ev_false(ev, WR_FACT_netfilter_rules) || wr_ev_false(ev, WR_FACT_rule_found) ||
                   wr_ev_true(ev, WR_FACT_rejection_waits)
               ? WR_MATCH_NO
               : WR_MATCH_LIKELY;
}

static enum wr_match match_output_reject(const struct wr_evidence *ev)
{
    if (datagram_kept(ev))
        return datagram_kept_rejected(ev);
    if (!is_connect(ev) || !may_be_rejected(ev))
        return WR_MATCH_NO;
    if (wr_ev_true(ev, WR_FACT_rule_found))
        return by_rule(ev, GOING_OUT, true);
    /* only the answer passed the loopback interface */
    if (wr_ev_true(ev, WR_FACT_destination_local))
        return !rule_answered(ev) || !wr_ev_is(ev, WR_FACT_replay_packets, 1) ? WR_MATCH_NO
               : alike(ev)                                                    ? WR_MATCH_CERTAIN
                                                                              : WR_MATCH_LIKELY;
    if (!wr_ev_false(ev, WR_FACT_destination_local))
        return WR_MATCH_NO;
    if (own_icmp(ev))
        return by_own_icmp(ev);
    /* translated to a port of this machine its kernel may have done it */
    if (wr_ev_true(ev, WR_FACT_path_answer_own))
        return wr_ev_has(ev, WR_FACT_nat_target) || wr_ev_false(ev, WR_FACT_path_answer_alone)
                   ? WR_MATCH_NO
                   : WR_MATCH_LIKELY;
    return by_time(ev);
}

/* Where no rule is known to have answered. Who came up a moment too late looks like it, too. */
static enum wr_match by_listener(const struct wr_evidence *ev)
{
    if (wr_ev_is(ev, WR_FACT_error, ECONNREFUSED) && wr_ev_true(ev, WR_FACT_reset_by_kernel))
        return WR_MATCH_RULED_OUT;
    if (!wr_ev_is(ev, WR_FACT_error, ECONNREFUSED) || !wr_ev_has(ev, WR_FACT_listener) ||
        wr_ev_true(ev, WR_FACT_icmp_received) || wr_ev_false(ev, WR_FACT_netfilter_rules))
        return WR_MATCH_NO;
    /* a rule may ask for the port that the program chose for its side */
    if (wr_ev_is(ev, WR_FACT_replay_outcome, WR_REPLAY_CONNECTED))
        return wr_ev_true(ev, WR_FACT_source_port_bound) ? WR_MATCH_POSSIBLE : WR_MATCH_NO;
    /* the kernel answers: what is silent to the next request is a rule with a limit */
    if (wr_ev_is(ev, WR_FACT_replay_outcome, WR_REPLAY_SILENT))
        return WR_MATCH_LIKELY;
    return wr_ev_true(ev, WR_FACT_netfilter_rules) ? WR_MATCH_POSSIBLE : WR_MATCH_NO;
}

/* A datagram to this machine itself was answered with an ICMP error that its UDP sends of a closed
 * port alone, or never: that a send() fails by what denies it was looked at. */
static enum wr_match datagram_rejected(const struct wr_evidence *ev)
{
    const bool received = wr_ev_text_is(ev, WR_FACT_call, "recv");

    if (!wr_ev_is(ev, WR_FACT_socket_type, SOCK_DGRAM) || !may_be_rejected(ev) ||
        wr_ev_silent(ev) || (!received && !wr_ev_text_is(ev, WR_FACT_call, "send")) ||
        !wr_ev_true(ev, WR_FACT_destination_local) || wr_ev_true(ev, WR_FACT_denied_queued) ||
        wr_ev_has(ev, WR_FACT_route_error))
        return WR_MATCH_NO;
    if (wr_ev_true(ev, WR_FACT_rule_found))
        return by_rule(ev, COMING_IN, true);
    if (wr_ev_is(ev, WR_FACT_error, ECONNREFUSED) || wr_ev_false(ev, WR_FACT_netfilter_rules))
        return WR_MATCH_NO; /* udp-port-unreachable */
    return received || wr_ev_false(ev, WR_FACT_denied_queued) ? WR_MATCH_LIKELY : WR_MATCH_POSSIBLE;
}

static enum wr_match match_input_reject(const struct wr_evidence *ev)
{
    if (wr_ev_is(ev, WR_FACT_socket_type, SOCK_DGRAM))
        return datagram_rejected(ev);
    if (!is_connect(ev) || !may_be_rejected(ev) || !wr_ev_true(ev, WR_FACT_destination_local))
        return WR_MATCH_NO;
    if (wr_ev_true(ev, WR_FACT_rule_found))
        return by_rule(ev, COMING_IN, true);
    if (!rule_answered(ev))
        return by_listener(ev);
    if (was_looked_for(ev))
        return WR_MATCH_NO;
    if (wr_ev_is(ev, WR_FACT_replay_packets, 1))
        return WR_MATCH_NO; /* it did not even leave */
    return wr_ev_is(ev, WR_FACT_replay_packets, 2) && alike(ev) ? WR_MATCH_CERTAIN
                                                                : WR_MATCH_LIKELY;
}

static enum wr_match match_input_drop(const struct wr_evidence *ev)
{
    if (!is_connect(ev) || !wr_ev_silent(ev))
        return WR_MATCH_NO;
    /* what another machine answers comes in, too; a word to it about that is none to the program */
    if (wr_ev_true(ev, WR_FACT_rule_found) && wr_ev_false(ev, WR_FACT_destination_local))
        return rule_is_at(ev, COMING_IN) ? as_sure(ev) : WR_MATCH_NO;
    if (!wr_ev_true(ev, WR_FACT_destination_local))
        return WR_MATCH_NO;
    if (wr_ev_true(ev, WR_FACT_rule_found))
        return by_rule(ev, COMING_IN, false);
    if (wr_ev_true(ev, WR_FACT_accept_queue_full) || wr_ev_true(ev, WR_FACT_kept_here) ||
        wr_ev_false(ev, WR_FACT_netfilter_rules))
        return WR_MATCH_NO;
    if (wr_ev_is(ev, WR_FACT_replay_outcome, WR_REPLAY_SILENT))
        return wr_ev_is(ev, WR_FACT_replay_packets, 0) ? WR_MATCH_NO : WR_MATCH_LIKELY;
    if (wr_ev_known(ev, WR_FACT_replay_outcome))
        return WR_MATCH_NO;
    return wr_ev_true(ev, WR_FACT_netfilter_rules) ? WR_MATCH_LIKELY : WR_MATCH_POSSIBLE;
}

static enum wr_match match_output_drop(const struct wr_evidence *ev)
{
    const bool none = wr_ev_false(ev, WR_FACT_netfilter_rules);

    if (datagram_kept(ev))
        return datagram_kept_dropped(ev);
    if (!is_connect(ev) || !wr_ev_silent(ev))
        return WR_MATCH_NO;
    if (wr_ev_true(ev, WR_FACT_rule_found))
        return by_rule(ev, GOING_OUT, false);
    if (none || wr_ev_true(ev, WR_FACT_path_leaves) || wr_ev_has(ev, WR_FACT_nat_target))
        return WR_MATCH_NO;
    if (wr_ev_true(ev, WR_FACT_destination_local) &&
        wr_ev_is(ev, WR_FACT_replay_outcome, WR_REPLAY_SILENT) &&
        wr_ev_is(ev, WR_FACT_replay_packets, 0)) /* or it left, led to another: nat.c */
        return wr_ev_false(ev, WR_FACT_kept_here) ? WR_MATCH_NO : WR_MATCH_LIKELY;
    return wr_ev_true(ev, WR_FACT_kept_here) ? WR_MATCH_LIKELY : WR_MATCH_NO;
}

static enum wr_match match_conntrack_full(const struct wr_evidence *ev)
{
    if (!datagram_kept(ev) && (!is_connect(ev) || !wr_ev_silent(ev)))
        return WR_MATCH_NO;
    if (!wr_ev_true(ev, WR_FACT_conntrack_full) || wr_ev_true(ev, WR_FACT_rule_found) ||
        wr_ev_false(ev, WR_FACT_kept_here))
        return WR_MATCH_NO;
    return wr_ev_uint(ev, WR_FACT_conntrack_drops, 0) != 0 ? WR_MATCH_LIKELY : WR_MATCH_POSSIBLE;
}

/* Sentences that several rows share. */
#define THE_RULE                                                                         \
    "the [{rule_tool} ]rule that ends it, in chain {rule_chain} of table {rule_table}[ " \
    "({rule_number}"                                                                     \
    "{!rule_policy})]: {rule_text}"
#define OWN_ICMP                                                                       \
    "this machine itself ({icmp_offender.address}) answered with an ICMP error, type " \
    "{icmp_type}, code {icmp_code} (ICMPv{icmp_version}), which its TCP "              \
    "never does[; one more request of whyrefused's own met it{?icmp_by_repeat}]"       \
    "{?icmp_offender_local}"
#define NOT_BY_KERNEL                                                                             \
    "a reset answers[ (one more request of whyrefused's own ended in {replay_error}, too)], and " \
    "the kernel's TCP did not send it: its count of sent resets (OutRsts) did not rise"           \
    "{!reset_by_kernel}"
#define REPLAY_SILENT                                                                         \
    "one more request of whyrefused's own had no answer within {replay_us.ms} ms, where one " \
    "takes less than a millisecond{?replay_outcome=4}"
#define SEND_KEPT "{?error=1}send() ended in {error}: the IP layer did not let the datagram out"
#define SEND_REJECTED                                                                             \
    SEND_KEPT "[, and an ICMP error waits on the socket for the next call, as a rule sends that " \
              "rejects{?rejection_waits}]"
#define IS_LOCAL "{destination.address} is an address of this machine{?destination_local}"
#define IS_PLACE                                                        \
    "{destination.address} is [an address{?destination_local}][not an " \
    "address{!destination_local}] of this machine"
#define LISTENS                                                                   \
    "{listener} listens there[, {listener.queue} connections wait in its queue, " \
    "{listener.queue_max} may]"
#define NOBODY_EITHER "nothing listens there, either{!listener}"
#define WHICH_RULE                                                                            \
    {WR_FACT_rule_unseen, "which rule it is{!rule_missing}", "rules are shown to root alone", \
     "sudo whyrefused check --active[ --udp{?socket_type=2}] {destination.address} "          \
     "{destination.port}"},                                                                   \
    {                                                                                         \
        WR_FACT_rule_missing, "which rule it is{?rule_missing}", "{rule_missing}",            \
            WR_SHOW_FILTER_RULES                                                              \
    }
#define SEE_RULE                                                                                \
    {                                                                                           \
        "see the rule in its chain, {rule_chain}, and let port {destination.port} pass before " \
        "it",                                                                                   \
            "{rule_command}"                                                                    \
    }
#define SEE_RULES                                                                           \
    {                                                                                       \
        "see the rules, and let port {destination.port} pass before the one that ends it; " \
        "change it where it was made (firewalld, ufw, Docker, /etc/nftables.conf), or it "  \
        "comes back",                                                                       \
            WR_SHOW_FILTER_RULES                                                            \
    }
#define IN_RULE "[: {rule_text}{?rule_found}]"
#define IN_REJECT "[: {rule_text}{?rule_rejects}]"

const struct wr_cause wr_causes_firewall_local[] = {
    {
        .id = "firewall-conntrack-full",
        .seen_as = "ETIMEDOUT, given up, EPERM from send on UDP",
        .what = "this machine's table of tracked connections is full: packets of new ones are "
                "dropped",
        .headline = "this machine tracks {conntrack_count} connections, and has room for "
                    "{conntrack_max}: packets of new ones are dropped",
        .explain =
            "Where a stateful packet filter or address translation is in use, the kernel keeps a "
            "table of all connections (conntrack). When it is full, packets of connections that "
            "are not in it are dropped without an answer; the kernel's log says \"nf_conntrack: "
            "table full, dropping packet\".\n"
            "Many short connections fill it, as each stays for minutes after its end.",
        .rank = RANK_CONNTRACK,
        .match = match_conntrack_full,
        WR_CITES(WR_CITES_SILENT, WR_FACT_call, WR_FACT_destination, WR_FACT_socket_type,
                 WR_FACT_rule_found, WR_FACT_kept_here, WR_FACT_conntrack_full,
                 WR_FACT_conntrack_drops),
        .because =
            {"nf_conntrack_count is {conntrack_count}, nf_conntrack_max "
             "{conntrack_max}{?conntrack_full}",
             "{conntrack_drops} packets were dropped for that so far{?conntrack_drops}",
             "the requests that were sent again did not get out of this machine{?kept_here}"},
        .unknown = {{WR_FACT_conntrack_full, "whether this packet was one of those dropped",
                     "the count is for all", "sudo dmesg | grep nf_conntrack"}},
        .fixes = {{"see what fills the table: how many connections of each protocol and state",
                   "sudo conntrack -L | tr -s ' ' | cut -d' ' -f1,4 | sort | uniq -c"},
                  {"if all of it is needed, give it more room (and keep that in /etc/sysctl.d)",
                   "sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max"}},
    },
    {
        .id = "firewall-local-output-reject",
        .seen_as = "ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EACCES; EPERM from send on UDP",
        .what = "a packet filter rule of this machine rejects what goes out",
        .headline = "a packet filter rule of this machine rejects what goes out to it" IN_REJECT,
        .explain =
            "The request to connect did not leave this machine: a rule of its own packet filter "
            "(nftables, iptables) in the output chain answered in the destination's stead. With an "
            "ICMP error as the answer, a program that waits in connect() hears of it only after a "
            "second, with the second request. A datagram's send fails with EPERM at once, and the "
            "answer waits for the next call.\n"
            "Such rules come from firewalld, ufw, a VPN's kill switch, a container runtime, or by "
            "hand. Root can see them.",
        .rank = RANK_RULE,
        .match = match_output_reject,
        WR_CITES(CITES_CONNECT, CITES_RULE, CITES_OWN_ANSWER, WR_FACT_icmp_version,
                 WR_FACT_icmp_type, WR_FACT_icmp_code, WR_FACT_icmp_readable,
                 WR_FACT_icmp_within_call, WR_FACT_next_hop_failed, WR_FACT_tunnel_route,
                 WR_FACT_route_gateway, WR_FACT_path_answer_own, WR_FACT_path_answer_alone,
                 WR_FACT_nat_target, WR_FACT_replay_packets, WR_FACT_elapsed_us,
                 WR_FACT_netfilter_rules, WR_FACT_rejection_waits),
        .because =
            {THE_RULE, OWN_ICMP, NOT_BY_KERNEL, SEND_REJECTED,
             "only the answer passed the loopback interface, not the "
             "request{?replay_packets=1}{?destination_local}",
             "the answer passes the loopback interface: it comes from this "
             "machine{?path_answer_own}",
             "[an ICMP error came before connect() was back, {elapsed_us.ms} ms before the "
             "program asked{?icmp_within_call}][the error came after {elapsed_us.ms} ms, with "
             "the second request, as it does where an ICMP error answers within connect()"
             "{!icmp_within_call}]: so this machine answered, or one behind a virtual cable"
             "{!icmp_readable}{!destination_local}",
             IS_PLACE},
        .unknown = {WHICH_RULE,
                    {WR_FACT_icmp_readable,
                     "who sent the ICMP error{!icmp_readable}{!destination_local}",
                     "an IPv6 socket keeps none unless the program asks for it", WR_CHECK_ACTIVE}},
        .fixes = {SEE_RULE, SEE_RULES},
    },
    {
        .id = "firewall-local-output-drop",
        .seen_as = "ETIMEDOUT, given up; EPERM from send on UDP",
        .what = "a packet filter rule of this machine drops what goes out",
        .headline = "a packet filter rule of this machine keeps what goes out to it from "
                    "leaving" IN_RULE,
        .explain =
            "The request to connect, or the datagram, did not leave this machine: a rule of its "
            "own "
            "packet filter (nftables, iptables, or a program attached to the cgroup) dropped it. "
            "TCP tries again until its time is up; a datagram's send fails with EPERM at once, for "
            "a rule that rejects as well.\n"
            "Such rules come from firewalld, ufw, a VPN's kill switch, a container runtime, "
            "IPAddressDeny= of a unit, or by hand. Root can see them.",
        .rank = RANK_RULE,
        .match = match_output_drop,
        WR_CITES(CITES_CONNECT, CITES_RULE, WR_FACT_netfilter_rules, WR_FACT_path_leaves,
                 WR_FACT_nat_target, WR_FACT_replay_outcome, WR_FACT_replay_packets,
                 WR_FACT_kept_here, WR_FACT_rejection_waits),
        .because = {THE_RULE,
                    "[{syn_sent} requests to connect (SYN) were made, and ]those that were sent "
                    "again did not get out of this machine's IP layer{?kept_here}",
                    SEND_KEPT, REPLAY_SILENT,
                    "it did not pass the loopback interface{!replay_packets}{?replay_outcome=4}",
                    IS_LOCAL},
        .unknown = {WHICH_RULE,
                    {WR_FACT_rule_unseen,
                     "whether it is a rule of nftables or iptables, or a program (BPF) of the "
                     "cgroup or the interface",
                     "from outside they look alike",
                     "systemctl show --property=IPAddressDeny '*'"}},
        .fixes = {SEE_RULE, SEE_RULES},
    },
    {
        .id = "firewall-local-input-reject",
        .seen_as = "ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EACCES",
        .what = "the destination is this machine, and a packet filter rule of it rejects what "
                "comes in",
        .headline = "a packet filter rule of this machine rejects what comes in for port "
                    "{destination.port}" IN_REJECT,
        .explain =
            "The address belongs to this machine. Its packet filter (nftables, iptables) saw the "
            "request, or the datagram, before TCP or UDP did, and answered it with a reset or an "
            "ICMP error, whatever has the port. Connections of a machine to itself pass the "
            "filter, too, over "
            "the loopback interface lo; most rule sets let all of lo pass for that reason.\n"
            "Root can see the rules.",
        .rank = RANK_RULE,
        .match = match_input_reject,
        WR_CITES(WR_FACT_icmp_version, WR_FACT_icmp_type, WR_FACT_icmp_code, WR_FACT_elapsed_us,
                 CITES_CONNECT, CITES_RULE, CITES_OWN_ANSWER, WR_FACT_replay_packets,
                 WR_FACT_replay_outcome, WR_FACT_listener, WR_FACT_netfilter_rules,
                 WR_FACT_denied_queued, WR_FACT_route_error),
        .because =
            {THE_RULE, OWN_ICMP, NOT_BY_KERNEL,
             "{listener} listens there, and yet the connection was refused", NOBODY_EITHER,
             "[a datagram to this machine itself got {error}, with which nothing but a rule "
             "answers{?socket_type=2}{!error=111}][{udp_socket} has the port, and did not "
             "get the datagram{?socket_type=2}{?error=111}]",
             "request and answer passed the loopback interface: it left, and was rejected "
             "coming in{?replay_packets=2}",
             "{destination.address} is an address of this machine{?destination_local}[, which "
             "has packet filter rules{?netfilter_rules}]"},
        .ruled_out = "the kernel itself sent the reset: one more request raised its count of them "
                     "(OutRsts) by one",
        .unknown = {WHICH_RULE},
        .fixes = {SEE_RULE, SEE_RULES},
    },
    {
        .id = "firewall-local-input-drop",
        .seen_as = "ETIMEDOUT, given up",
        .what = "a packet filter rule of this machine drops what comes in: the requests to itself, "
                "or another machine's answers",
        .headline = "[a packet filter rule of this machine drops what comes in for port "
                    "{destination.port}{?destination_local}][a packet filter rule of this machine "
                    "drops the answers of {destination.address}{!destination_local}]" IN_RULE,
        .explain =
            "An address of this machine answers within microseconds, "
            "whether something listens (then it takes the connection) or not (then it resets it). "
            "Silence means that the request was dropped before TCP saw it, or the answer was: by a "
            "packet filter (nftables, iptables). Connections of a machine to itself pass it, too, "
            "over the loopback interface lo; most rule sets let all of lo pass for that reason.\n"
            "A listener whose queue is full drops requests as well: that is another cause, and the "
            "queue was looked at.\n"
            "Of a connection to another machine the answers come in. A rule set has to let those "
            "pass that belong to connections of its own machine (ct state established).",
        .rank = RANK_RULE,
        .match = match_input_drop,
        WR_CITES(CITES_CONNECT, CITES_RULE, WR_FACT_accept_queue_full, WR_FACT_kept_here,
                 WR_FACT_netfilter_rules, WR_FACT_replay_outcome, WR_FACT_replay_packets),
        .because = {THE_RULE, REPLAY_SILENT,
                    "it passed the loopback interface: it got out, and was dropped coming "
                    "in{?replay_packets}",
                    LISTENS, NOBODY_EITHER,
                    "[{destination.address} is an address of this machine{?destination_local}]"
                    "[{destination.address} is another machine, whose answers the rule "
                    "met{!destination_local}{?rule_found}]",
                    "[one request to connect (SYN) was sent, and no answer came within "
                    "{elapsed_us.ms} ms{!syn_retries}][{syn_sent} requests to connect (SYN) were "
                    "sent within {elapsed_us.s} s, and none was "
                    "answered{?syn_retries}]{?syn_sent}",
                    "this machine has packet filter rules{?netfilter_rules}"},
        .unknown = {WHICH_RULE},
        .fixes = {SEE_RULE, SEE_RULES},
    },
    {0},
};
