/* SPDX-License-Identifier: MIT
 * Causes of failures: packet filters of others - on the way, or of the destination - and requests
 * that nobody answered. Rows and their match functions; pure. */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "base/address.h"
#include "base/icmpwords.h"
#include "diagnose/path.h"
#include "diagnose/silence.h"
#include "diagnose/tcp.h"

/* What another machine says of itself is more than that no answer came, and less than what this
 * machine knows. Silence tells next to nothing, but more than that the program was in a hurry. */
enum {
    RANK_SAID = WR_RANK_SPECIFIC + 2,
    RANK_DROPPED = WR_RANK_SPECIFIC,
    RANK_NO_ANSWER = WR_RANK_SYMPTOM - 4
};

static bool is_stream(const struct wr_evidence *ev)
{
    return wr_ev_uint(ev, WR_FACT_socket_type, SOCK_STREAM) == SOCK_STREAM;
}

/* --- rejected with an ICMP error ------------------------------------------------------------ */

/* How far that ICMP error, from the destination or from another machine, shows a rule. */
static enum wr_match shows_rule(const struct wr_icmp_word *word, bool stream, bool from_destination)
{
    switch (word->kind) {
    case WR_ICMP_PROHIBITED:
        return WR_MATCH_CERTAIN;
    case WR_ICMP_PORT:
        if (stream)
            return WR_MATCH_CERTAIN;
        return from_destination ? WR_MATCH_NO : WR_MATCH_LIKELY; /* udp-port-unreachable */
    case WR_ICMP_PROTOCOL:
        return WR_MATCH_LIKELY;
    case WR_ICMP_UNREACHABLE:
        /* no host calls itself unreachable, but what translates its address does */
        return from_destination ? WR_MATCH_LIKELY : WR_MATCH_NO;
    default:
        return WR_MATCH_NO;
    }
}

#define CITES_SAID                                                                         \
    WR_FACT_error, WR_FACT_destination, WR_FACT_socket_type, WR_FACT_icmp_received,        \
        WR_FACT_icmp_version, WR_FACT_icmp_type, WR_FACT_icmp_code, WR_FACT_icmp_offender, \
        WR_FACT_icmp_offender_local
static enum wr_match said(const struct wr_evidence *ev, bool by_destination)
{
    const struct wr_icmp_word *word =
        wr_icmp_word(wr_ev_uint(ev, WR_FACT_icmp_version, 0), wr_ev_uint(ev, WR_FACT_icmp_type, 0),
                     wr_ev_uint(ev, WR_FACT_icmp_code, 255));
    const struct wr_addr *offender = wr_ev_addr(ev, WR_FACT_icmp_offender);
    const struct wr_addr *to = wr_ev_addr(ev, WR_FACT_destination);
    enum wr_match match;

    if (word == NULL || offender == NULL || to == NULL ||
        wr_ev_true(ev, WR_FACT_icmp_offender_local) ||
        wr_addr_same_host(offender, to) != by_destination)
        return WR_MATCH_NO;
    match = shows_rule(word, is_stream(ev), by_destination);
    if (match == WR_MATCH_CERTAIN && (!wr_ev_false(ev, WR_FACT_icmp_offender_local) ||
                                      !wr_ev_is(ev, WR_FACT_error, word->error)))
        return WR_MATCH_LIKELY;
    return match;
}

/* The error that an ICMP message of a rule brings, where the socket keeps no word of who sent it:
 * over IPv6 EACCES, after a request or a datagram went out; of a datagram socket over IPv4 that did
 * not ask for ICMP errors the final ones alone, which are a rule's, and "protocol unreachable", as
 * every host has UDP (icmp_err_convert of net/ipv4/icmp.c, icmpv6_err_convert()). */
#define CITES_UNTOLD                                                                           \
    WR_FACT_icmp_readable, WR_FACT_route_type, WR_FACT_route_gateway, WR_FACT_next_hop_failed, \
        WR_FACT_request_made, WR_FACT_door, WR_FACT_call, WR_FACT_icmp_wanted,                 \
        WR_FACT_denied_queued
static bool untold(const struct wr_evidence *ev)
{
    const struct wr_addr *to = wr_ev_addr(ev, WR_FACT_destination);
    const bool received = wr_ev_text_is(ev, WR_FACT_call, "recv");
    const bool sent_later = received || wr_ev_text_is(ev, WR_FACT_call, "send");
    const bool told_later = wr_ev_has(ev, WR_FACT_door) && !wr_ev_text_is(ev, WR_FACT_door, "call");

    if (to == NULL || !wr_ev_false(ev, WR_FACT_icmp_readable) ||
        !wr_ev_is(ev, WR_FACT_route_type, RTN_UNICAST) || wr_ev_true(ev, WR_FACT_next_hop_failed))
        return false;
    if (is_stream(ev))
        return to->family == AF_INET6 && wr_ev_is(ev, WR_FACT_error, EACCES) &&
               (told_later || wr_ev_true(ev, WR_FACT_request_made));
    if (!wr_ev_is(ev, WR_FACT_socket_type, SOCK_DGRAM))
        return false;
    /* nothing here denies the same datagram: an earlier one was answered */
    if (to->family == AF_INET6)
        return wr_ev_is(ev, WR_FACT_error, EACCES) &&
               (received || (sent_later && wr_ev_false(ev, WR_FACT_denied_queued)));
    if (wr_ev_is(ev, WR_FACT_error, ENOPROTOOPT))
        return sent_later;
    return sent_later && wr_ev_false(ev, WR_FACT_icmp_wanted) &&
           (wr_ev_is(ev, WR_FACT_error, EHOSTUNREACH) || wr_ev_is(ev, WR_FACT_error, ENETUNREACH));
}

static enum wr_match match_remote_reject(const struct wr_evidence *ev)
{
    if (wr_ev_true(ev, WR_FACT_icmp_received))
        return said(ev, true);
    if (!untold(ev))
        return WR_MATCH_NO;
    return wr_ev_absent(ev, WR_FACT_route_gateway) && wr_ev_false(ev, WR_FACT_netfilter_rules)
               ? WR_MATCH_LIKELY
               : WR_MATCH_POSSIBLE;
}

static enum wr_match match_path_reject(const struct wr_evidence *ev)
{
    if (wr_ev_true(ev, WR_FACT_icmp_received))
        return said(ev, false);
    return untold(ev) && wr_ev_has(ev, WR_FACT_route_gateway) ? WR_MATCH_POSSIBLE : WR_MATCH_NO;
}

/* --- reset on the way ----------------------------------------------------------------------- */

static enum wr_match match_path_reset(const struct wr_evidence *ev)
{
    if (!wr_tcp_refused_by_reset(ev) || wr_ev_true(ev, WR_FACT_destination_local))
        return WR_MATCH_NO;
    switch (wr_path_reset_place(ev)) {
    case WR_PLACE_NEARER:
        return WR_MATCH_CERTAIN;
    case WR_PLACE_NEARER_ONCE:
        return WR_MATCH_LIKELY;
    case WR_PLACE_SAME:
        return WR_MATCH_RULED_OUT;
    default:
        return WR_MATCH_NO;
    }
}

/* --- no answer ------------------------------------------------------------------------------ */

#define CITES_UNANSWERED \
    WR_CITES_SILENT, WR_FACT_call, WR_FACT_destination, WR_FACT_socket_type, WR_FACT_kept_here
static bool unanswered(const struct wr_evidence *ev)
{
    return wr_ev_silent(ev) && wr_ev_text_is(ev, WR_FACT_call, "connect") &&
           wr_ev_has(ev, WR_FACT_destination) && is_stream(ev) &&
           !wr_ev_true(ev, WR_FACT_kept_here);
}

/* The destination answers otherwise, at this distance in hops; 0 = it does not, or not seen to. */
#define CITES_ALIVE                                                                          \
    CITES_UNANSWERED, WR_FACT_destination_local, WR_FACT_path_answer, WR_FACT_path_last_hop, \
        WR_FACT_path_reference_hop
static uint64_t alive_at(const struct wr_evidence *ev)
{
    if (!unanswered(ev) || wr_ev_true(ev, WR_FACT_destination_local) ||
        !wr_ev_is(ev, WR_FACT_path_answer, WR_PATH_SILENT) || !wr_ev_has(ev, WR_FACT_path_last_hop))
        return 0;
    return wr_ev_uint(ev, WR_FACT_path_reference_hop, 0);
}

static enum wr_match match_path_drop(const struct wr_evidence *ev)
{
    const uint64_t distance = alive_at(ev);
    const uint64_t last = wr_ev_uint(ev, WR_FACT_path_last_hop, 0);

    if (distance == 0 || last + 1 >= distance)
        return WR_MATCH_NO;
    /* not even the first router answered, which answers otherwise: what leaves this machine must
     * have been looked at */
    if (last == 0)
        return wr_ev_false(ev, WR_FACT_kept_here) && wr_ev_has(ev, WR_FACT_path_silent_hop_address)
                   ? WR_MATCH_LIKELY
                   : WR_MATCH_NO;
    /* a router may be silent by itself; one that answers otherwise did not get the request */
    return wr_ev_has(ev, WR_FACT_path_silent_hop_address) ? WR_MATCH_CERTAIN : WR_MATCH_LIKELY;
}

/* The last router's rule and the host's own look the same: never certain. */
static enum wr_match match_remote_drop(const struct wr_evidence *ev)
{
    const uint64_t distance = alive_at(ev);
    const uint64_t last = wr_ev_uint(ev, WR_FACT_path_last_hop, 0);

    if (distance == 0)
        return WR_MATCH_NO;
    if (last + 1 < distance)
        return wr_ev_has(ev, WR_FACT_path_silent_hop_address) ? WR_MATCH_NO : WR_MATCH_POSSIBLE;
    return last != 0 || wr_ev_false(ev, WR_FACT_kept_here) ||
                   wr_ev_false(ev, WR_FACT_netfilter_rules)
               ? WR_MATCH_LIKELY
               : WR_MATCH_POSSIBLE;
}

static enum wr_match match_no_answer(const struct wr_evidence *ev)
{
    if (!unanswered(ev) || (wr_ev_true(ev, WR_FACT_gave_up) && !wr_ev_asked_again(ev)))
        return WR_MATCH_NO;
    return wr_ev_false(ev, WR_FACT_destination_local) &&
                   (wr_ev_false(ev, WR_FACT_kept_here) || wr_ev_false(ev, WR_FACT_netfilter_rules))
               ? WR_MATCH_LIKELY
               : WR_MATCH_POSSIBLE;
}

/* --- sentences of several rows ---------------------------------------------------------------- */

#define SAYS_ICMP                                                                                \
    "{icmp_offender.address} answered with an ICMP error: [{icmp_name}, ]type {icmp_type} code " \
    "{icmp_code}[, to a repeat of the attempt{?icmp_by_repeat}]"
#define SAYS_UNTOLD                                                                          \
    "the error {error} came from the network, after {elapsed_us.ms} ms: this machine has a " \
    "route[ through {route_gateway.address}], and sent the request{?icmp_untold}"
#define SAYS_UNTOLD_TYPES                                                                   \
    "over IPv6 {error} from the network means one of three ICMP errors: admin-prohibited, " \
    "policy-fail, reject-route{?icmp_untold}{?error=13}"
#define SAYS_UNTOLD_FINAL                                                                       \
    "[a datagram socket gets {error} only of ICMP errors that say \"prohibited\"{!icmp_wanted}" \
    "{!error=13}{!error=92}][a datagram socket gets {error} of the ICMP error \"protocol "      \
    "unreachable\" alone, and every host has UDP{?error=92}{?socket_type=2}]{?icmp_untold}"
#define SAYS_HOP "it is met by requests with a TTL of {path_answer_hop} and more{?path_answer=3}"
#define SAYS_UNANSWERED                                                                         \
    "[{syn_sent} requests to connect (SYN) were sent within {elapsed_us.s} s, and none was "    \
    "answered{?syn_retries}][one request to connect (SYN) was sent, and no answer came within " \
    "{elapsed_us.ms} ms{!syn_retries}]{?syn_sent}"
#define SAYS_KERNEL_WAITED "the kernel itself gave up after {elapsed_us.s} s{?error}"
#define SAYS_REFERENCE \
    "{destination.address} itself answers: {path_reference}, {path_reference_hop} hops away"
#define SAYS_LAST                                                              \
    "requests to port {destination.port} get as far as hop {path_last_hop}[, " \
    "{path_last_hop_address.address}]{?path_last_hop}[; hop behind it: "       \
    "{path_silent_hop_address.address}]"
#define SAYS_HOPS "hops: {path_hops}[ (asked within {path_us.ms} ms)]"
#define NAME_LED "the name {asked_name} led to {destination.address}"
#define FROM "[ from {source.address}][ from {route_source.address}{!source}]"
#define LET_THROUGH "to let [TCP ]port {destination.port}" FROM " to {destination.address} through"
#define LET_IN "to let port {destination.port}" FROM " in"

#define WHO_SENT                                                                                \
    {                                                                                           \
        WR_FACT_route_gateway,                                                                  \
            "whether {destination.address} itself sent it, or a router or firewall on the "     \
            "way{?icmp_untold}",                                                                \
            "the socket keeps no ICMP errors unless the program asks for them", WR_CHECK_ACTIVE \
    }
#define OWN_RULES                                                                    \
    {                                                                                \
        WR_FACT_netfilter_rules,                                                     \
            "whether a packet filter rule of this machine rejects it{?icmp_untold}", \
            "the rules were not examined", WR_SHOW_FILTER_RULES                      \
    }
#define OWN_DROPS                                                                         \
    {                                                                                     \
        WR_FACT_filter_possible,                                                          \
            "whether a packet filter rule of this machine drops the requests or answers", \
            "the rules were not examined", WR_SHOW_FILTER_RULES                           \
    }

const struct wr_cause wr_causes_firewall_way[] = {
    {
        .id = "firewall-remote-reject",
        .seen_as = "ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EACCES, ENOPROTOOPT",
        .what = "the destination host answered with an ICMP error: its packet filter rejects the "
                "port",
        .headline = "[{icmp_offender.address} itself rejects it: its packet filter answers "
                    "\"{icmp_name}\"][a packet filter rejects it, of {destination.address} or on "
                    "the way{?icmp_untold}{?route_gateway}][the packet filter of "
                    "{destination.address} rejects it{?icmp_untold}{!route_gateway}]",
        .explain =
            "The destination is up and was reached. It answered with an ICMP error that only a "
            "packet filter makes one send: \"prohibited\", or \"port unreachable\" for TCP, where "
            "a host without a server sends a reset. firewalld answers so by default, and the "
            "targets REJECT of iptables and reject of nftables.\n"
            "Programs show it as \"No route to host\" (EHOSTUNREACH), \"Connection refused\", or "
            "with IPv6 as \"Permission denied\" (EACCES). The server behind the filter may well "
            "be running. Where the address is translated (NAT), a machine behind it may be the "
            "one that answers.",
        .rank = RANK_SAID,
        .match = match_remote_reject,
        WR_CITES(CITES_SAID, CITES_UNTOLD, WR_FACT_netfilter_rules),
        .because = {SAYS_ICMP, "{icmp_offender.address} is the destination{?icmp_received}",
                    SAYS_UNTOLD, SAYS_UNTOLD_TYPES, SAYS_UNTOLD_FINAL,
                    "a closed port would have been answered with a reset{?icmp_received}"
                    "{?socket_type=1}",
                    SAYS_HOP, NAME_LED},
        .unknown = {WHO_SENT, OWN_RULES},
        .fixes = {{"let whoever runs {destination.address} open port {destination.port} for this "
                   "machine" FROM,
                   NULL},
                  {"see there which rule rejects it", "sudo nft list ruleset"},
                  {"with firewalld, there: open the service or the port in its zone",
                   "sudo firewall-cmd --list-all"},
                  {"see who answers{?icmp_untold}", WR_CHECK_ACTIVE}},
    },
    {
        .id = "firewall-path-reject",
        .seen_as = "ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EACCES, ENOPROTOOPT",
        .what = "a router or firewall on the way answered with an ICMP error: it rejects the "
                "connection",
        .headline = "[{icmp_offender.address}, a router or firewall on the way, rejects it "
                    "(\"{icmp_name}\")][a packet filter rejects it, on the way or of "
                    "{destination.address}{?icmp_untold}]",
        .explain =
            "A machine between this one and the destination answered with an ICMP error that says "
            "\"prohibited\" (or \"port unreachable\", for a port that is not its own): one of its "
            "rules forbids the connection. The destination never saw the request.\n"
            "Such rules stand in company firewalls, in routers between networks, on hosts of "
            "virtual machines and containers. On Linux a route of type \"prohibit\" answers in "
            "the same way.",
        .rank = RANK_SAID,
        .match = match_path_reject,
        WR_CITES(CITES_SAID, CITES_UNTOLD),
        .because = {SAYS_ICMP,
                    "{icmp_offender.address} is neither this machine nor "
                    "{destination.address}{?icmp_received}",
                    SAYS_UNTOLD, SAYS_UNTOLD_TYPES, SAYS_UNTOLD_FINAL, SAYS_HOP, SAYS_HOPS,
                    NAME_LED},
        .unknown = {WHO_SENT, OWN_RULES},
        .fixes = {{"ask who runs {icmp_offender.address} " LET_THROUGH, NULL},
                  {"see where on the way that is", "traceroute -n {destination.address}"},
                  {"see who answers{?icmp_untold}", WR_CHECK_ACTIVE}},
    },
    {
        .id = "firewall-path-reset",
        .seen_as = "ECONNREFUSED",
        .what = "something on the way sent the reset, in the name of the destination",
        .headline = "not {destination.address} but something on the way[, at or before "
                    "{path_answer_from.address},] sent the reset",
        .explain =
            "The reset carries the destination's address, but it comes from nearer: it answers "
            "requests whose TTL ends before the destination, or its own TTL has lost fewer hops "
            "than that of the destination's other answers. Firewalls, proxies and filters of "
            "networks send such resets. Whether the server runs can't be told from it.",
        .rank = RANK_SAID,
        .match = match_path_reset,
        WR_CITES(WR_TCP_CITES_HERE, WR_PATH_CITES_PLACE),
        .because = {"a request with a TTL of {path_answer_hop} brings the reset[; "
                    "{destination.address} is {path_reference_hop} hops away]",
                    "the reset arrives with TTL {path_answer_ttl}[, what {destination.address} "
                    "itself sends with {path_reference_ttl}][ ({path_reference})]",
                    "the reset does not come from this machine{!path_answer_own}",
                    "no ICMP error came{?icmp_readable}{!icmp_received}", SAYS_HOPS, NAME_LED},
        .ruled_out = "the reset comes from as far as {destination.address} is: hop "
                     "{path_answer_hop}, TTL {path_answer_ttl}",
        .unknown = {{WR_FACT_destination, "whether the server on {destination.address} runs",
                     "the request did not get there", ""}},
        .fixes = {{"ask who runs [{path_answer_from.address}][the network in "
                   "between{!path_answer_from}] " LET_THROUGH,
                   NULL},
                  {"see the machines on the way", "traceroute -n {destination.address}"}},
    },
    {
        .id = "firewall-path-drop",
        .seen_as = "ETIMEDOUT, given up",
        .what = "the requests are dropped on the way, without an answer",
        .headline = "[the requests are dropped on the way, behind hop {path_last_hop} "
                    "({path_last_hop_address.address}){?path_last_hop}][the requests do not get to "
                    "the first router{!path_last_hop}]",
        .explain =
            "Routers answer a packet whose TTL ends with them. Requests to this port bring such "
            "answers up to one hop, and none from the next ones, which do answer requests to "
            "another port. So a rule drops those to this port there: in the last router that "
            "answers (which looks at the TTL first, and at its rules then), or where the next one "
            "takes packets in.",
        .rank = RANK_DROPPED + 1,
        .match = match_path_drop,
        WR_CITES(CITES_ALIVE, WR_FACT_path_silent_hop_address),
        .because = {SAYS_LAST, SAYS_REFERENCE, "the requests leave this machine{?path_leaves}",
                    SAYS_HOPS, SAYS_UNANSWERED, SAYS_KERNEL_WAITED, NAME_LED},
        .unknown = {{WR_FACT_path_last_hop,
                     "whether [{path_last_hop_address.address}][that hop{!path_last_hop_address}] "
                     "or the next hop has the rule",
                     "a router says that a TTL ended before it asks its rules", ""}},
        .fixes = {{"ask who runs {path_last_hop_address.address}[ and "
                   "{path_silent_hop_address.address}] " LET_THROUGH,
                   NULL},
                  {"see it hop by hop",
                   "sudo traceroute -n -T -p {destination.port} {destination.address}"}},
    },
    {
        .id = "firewall-remote-drop",
        .seen_as = "ETIMEDOUT, given up",
        .what = "the path is alive up to the destination, which does not answer on this port",
        .headline = "{destination.address} is up and does not answer on port {destination.port}: "
                    "its packet filter drops the requests, or its server's queue is full",
        .explain =
            "The destination answers something else, and the requests get as far as the last "
            "router before it, or to it: it is up, and so is the way. On this port it is silent, "
            "where a closed port would be answered with a reset. Its packet filter drops the "
            "requests, or the rules of the cloud or host that it runs on do, or a server listens "
            "there and does not accept connections, so that its queue is full. From outside these "
            "look the same.",
        .rank = RANK_DROPPED,
        .match = match_remote_drop,
        WR_CITES(CITES_ALIVE, WR_FACT_path_silent_hop_address, WR_FACT_netfilter_rules),
        .because = {SAYS_REFERENCE, SAYS_LAST, "the requests leave this machine{?path_leaves}",
                    SAYS_HOPS, SAYS_UNANSWERED, SAYS_KERNEL_WAITED, NAME_LED},
        .unknown = {{WR_FACT_path_last_hop,
                     "[whether {path_last_hop_address.address}, the last hop before it, drops "
                     "them][whether one of the {path_reference_hop} hops to it drops "
                     "them{!path_last_hop_address}], or its answers are dropped on their way back",
                     "a router says that a TTL ended before it asks its rules", ""},
                    {WR_FACT_destination,
                     "whether a packet filter drops them or a server's queue is full",
                     "from outside both look the same", ""},
                    OWN_DROPS},
        .fixes = {{"let whoever runs {destination.address} open port {destination.port} for this "
                   "machine" FROM,
                   NULL},
                  {"see there whether the server takes connections (Recv-Q above Send-Q: it does "
                   "not)",
                   "ss -ltn 'sport = :{destination.port}'"},
                  {"see there which rule drops it", "sudo nft list ruleset"},
                  {"in the cluster: see whether a network policy drops it, in this pod's "
                   "namespace (egress) or in that of {destination.address} "
                   "(ingress){?cluster_pod}",
                   "kubectl get networkpolicies -A"}},
    },
    {
        .id = "firewall-no-answer",
        .seen_as = "ETIMEDOUT, given up",
        .what = "no answer came, and where the requests are lost could not be told",
        .headline = "no answer came[ to {syn_sent} requests to connect{?syn_retries}]: a packet "
                    "filter drops them[, or {destination.address} is off{!destination_local}]",
        .explain =
            "The request to connect (SYN) was sent, sent again, and nothing came back: no "
            "acceptance, no reset, no ICMP error. A host that is up answers even for a closed "
            "port. So a packet filter drops the requests or the answers - on the way, at the "
            "destination, or in the rules of a cloud (security group) - or the host is off, or "
            "the address is not in use, or the server's queue is full.\n"
            "From this side these look alike until other packets are sent: `whyrefused check "
            "--active HOST PORT` does that, and says how far the requests get.",
        .rank = RANK_NO_ANSWER,
        .match = match_no_answer,
        WR_CITES(CITES_UNANSWERED, WR_CITES_ASKED_AGAIN, WR_FACT_destination_local,
                 WR_FACT_netfilter_rules),
        .because = {SAYS_UNANSWERED, SAYS_KERNEL_WAITED,
                    "the program ended the try itself[: {door}()]{?gave_up}[; the kernel by "
                    "itself tries for {kernel_waits_s} s]",
                    "the packets go to {next_hop.address}[ on {route_device}][, which is in state "
                    "{next_hop_state}]",
                    "the requests got out of this machine{!kept_here}", SAYS_LAST,
                    "{destination.address} is an address of this machine, which answers itself in "
                    "less than a millisecond: something drops the requests{?destination_local}",
                    NAME_LED},
        .unknown = {{WR_FACT_destination,
                     "how far the requests get, and whether {destination.address} is "
                     "up{!destination_local}",
                     "that takes packets to it, which are sent only on demand", WR_CHECK_ACTIVE},
                    OWN_DROPS},
        .fixes = {{"see how far the requests get{!destination_local}", WR_CHECK_ACTIVE},
                  {"check that the address is right and the host is on{!destination_local}", NULL},
                  {"let whoever runs {destination.address} see that its firewall (of a cloud: its "
                   "security group) lets port {destination.port}" FROM " in{!destination_local}",
                   NULL},
                  {"in the cluster: see whether a network policy drops it, in this pod's "
                   "namespace (egress) or in that of {destination.address} "
                   "(ingress){?cluster_pod}",
                   "kubectl get networkpolicies -A"}},
    },
    {0},
};
