/* SPDX-License-Identifier: MIT
 * Causes of failures: what is met on the way - the next hop, routers behind it. Rows and their
 * match functions; pure. */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <sys/socket.h>

#include "base/address.h"
#include "base/icmpwords.h"
#include "diagnose/catalogue.h"
#include "diagnose/silence.h"

/* What a router says is less than what this machine knows of itself. */
#define RANK_REMOTE (WR_RANK_SPECIFIC + 2)

/* ARP or neighbour discovery failed on this machine: the kernel then sends itself "host
 * unreachable" (net/ipv4/arp.c arp_error_report()). */
#define CITES_NEXT_HOP                                                           \
    WR_CITES_SILENT, WR_FACT_outcome, WR_FACT_route_type, WR_FACT_route_gateway, \
        WR_FACT_next_hop_failed, WR_FACT_next_hop_older, WR_FACT_icmp_received,  \
        WR_FACT_icmp_offender_local
static enum wr_match next_hop_failed(const struct wr_evidence *ev, bool gateway)
{
    const bool answered_by_other =
        wr_ev_true(ev, WR_FACT_icmp_received) && wr_ev_false(ev, WR_FACT_icmp_offender_local);
    const bool unreachable = wr_ev_is(ev, WR_FACT_error, EHOSTUNREACH);

    if ((!unreachable && !wr_ev_silent(ev) && !wr_ev_text_is(ev, WR_FACT_outcome, "stalled")) ||
        !wr_ev_is(ev, WR_FACT_route_type, RTN_UNICAST))
        return WR_MATCH_NO;
    if (gateway ? !wr_ev_has(ev, WR_FACT_route_gateway) : !wr_ev_absent(ev, WR_FACT_route_gateway))
        return WR_MATCH_NO;
    if (answered_by_other || wr_ev_false(ev, WR_FACT_next_hop_failed))
        return unreachable ? WR_MATCH_RULED_OUT : WR_MATCH_NO;
    if (!wr_ev_true(ev, WR_FACT_next_hop_failed))
        return unreachable ? WR_MATCH_UNKNOWN : WR_MATCH_NO;
    if (unreachable && wr_ev_false(ev, WR_FACT_next_hop_older))
        return WR_MATCH_CERTAIN;
    return WR_MATCH_LIKELY;
}

static enum wr_match match_neighbour_failed(const struct wr_evidence *ev)
{
    return next_hop_failed(ev, false);
}

static enum wr_match match_gateway_failed(const struct wr_evidence *ev)
{
    return next_hop_failed(ev, true);
}

/* The error came from the network, with no word of what it was: an IPv6 socket keeps none. */
#define CITES_UNTOLD \
    WR_FACT_icmp_readable, WR_FACT_route_type, WR_FACT_route_gateway, WR_FACT_next_hop_failed
static bool untold_error(const struct wr_evidence *ev)
{
    return wr_ev_false(ev, WR_FACT_icmp_readable) &&
           wr_ev_is(ev, WR_FACT_route_type, RTN_UNICAST) && wr_ev_has(ev, WR_FACT_route_gateway) &&
           !wr_ev_true(ev, WR_FACT_next_hop_failed);
}

static enum wr_match match_remote_unreachable(const struct wr_evidence *ev)
{
    const struct wr_icmp_word *word =
        wr_icmp_word(wr_ev_uint(ev, WR_FACT_icmp_version, 0), wr_ev_uint(ev, WR_FACT_icmp_type, 0),
                     wr_ev_uint(ev, WR_FACT_icmp_code, 255));
    const struct wr_addr *offender = wr_ev_addr(ev, WR_FACT_icmp_offender);
    const struct wr_addr *to = wr_ev_addr(ev, WR_FACT_destination);

    if (wr_ev_true(ev, WR_FACT_icmp_received)) {
        if (word == NULL || word->kind != WR_ICMP_UNREACHABLE)
            return WR_MATCH_NO;
        /* no host calls itself unreachable: firewall-remote-reject */
        if (!wr_ev_false(ev, WR_FACT_icmp_offender_local) || offender == NULL || to == NULL ||
            wr_addr_same_host(offender, to))
            return WR_MATCH_NO;
        return WR_MATCH_LIKELY;
    }
    if ((!wr_ev_is(ev, WR_FACT_error, EHOSTUNREACH) && !wr_ev_is(ev, WR_FACT_error, ENETUNREACH)) ||
        !untold_error(ev) || wr_ev_true(ev, WR_FACT_socket_ttl_small))
        return WR_MATCH_NO;
    /* a datagram socket hears of prohibitions alone, unless it asked: firewall-remote-reject */
    if (wr_ev_is(ev, WR_FACT_socket_type, SOCK_DGRAM) && wr_ev_false(ev, WR_FACT_icmp_wanted))
        return WR_MATCH_NO;
    /* IPv4 has the same errors for what a rule prohibits */
    if (to != NULL && to->family == AF_INET)
        return WR_MATCH_POSSIBLE;
    /* an entry that did not fail is as much as is known of a gateway that is silent by itself */
    if (!wr_ev_has(ev, WR_FACT_next_hop_state) || wr_ev_true(ev, WR_FACT_netfilter_rules))
        return WR_MATCH_POSSIBLE;
    return WR_MATCH_LIKELY;
}

static enum wr_match match_loop(const struct wr_evidence *ev)
{
    const uint64_t type = wr_ev_uint(ev, WR_FACT_icmp_type, 0);

    if (wr_ev_true(ev, WR_FACT_icmp_received)) {
        if (type != (wr_ev_is(ev, WR_FACT_icmp_version, 6) ? (uint64_t)ICMP6_TIME_EXCEEDED
                                                           : (uint64_t)ICMP_TIME_EXCEEDED))
            return WR_MATCH_NO;
        return wr_ev_is(ev, WR_FACT_icmp_code, ICMP_EXC_TTL) ? WR_MATCH_CERTAIN : WR_MATCH_NO;
    }
    if (!wr_ev_is(ev, WR_FACT_error, EHOSTUNREACH) || !untold_error(ev))
        return WR_MATCH_NO;
    return wr_ev_true(ev, WR_FACT_socket_ttl_small) ? WR_MATCH_LIKELY : WR_MATCH_UNKNOWN;
}

/* of both the gateway and a neighbour */
#define NO_ANSWER                                                                               \
    "neighbour {next_hop.address} is in state {next_hop_state}: no answer to ARP or neighbour " \
    "discovery",                                                                                \
        "the error came from this machine's own kernel{?icmp_offender_local}",                  \
        "the attempt took {elapsed_us.ms} ms"
#define DID_NOT_FAIL "{next_hop.address} did not fail to answer: it is in state {next_hop_state}"
#define FAILED_WHEN                                                                 \
    {                                                                               \
        WR_FACT_next_hop_older, "whether it failed during this attempt or earlier", \
            "its state in the neighbour table is older", "ip neigh show"            \
    }

const struct wr_cause wr_causes_route_way[] = {
    {
        .id = "route-gateway-failed",
        .seen_as = "EHOSTUNREACH",
        .what = "the gateway does not answer ARP or neighbour discovery",
        .headline = "the gateway {route_gateway.address}[ on {route_device}] does not answer",
        .explain =
            "The route leads through a gateway on the local network. The kernel asked for its "
            "hardware address (ARP, or neighbour discovery for IPv6) and got no answer: the "
            "gateway is off, its address is wrong here, or this machine is on another network "
            "segment than it (cable, Wi-Fi, VLAN).",
        .rank = WR_RANK_ROOT,
        .match = match_gateway_failed,
        WR_CITES(CITES_NEXT_HOP),
        .because = {"the route to {destination.address} is {route_prefix}[ of table "
                    "{route_table}{!route_table=254}] through gateway {route_gateway.address}[ on "
                    "{route_device}]",
                    NO_ANSWER},
        .ruled_out = DID_NOT_FAIL,
        .unknown = {FAILED_WHEN},
        .fixes =
            {{"check that the gateway is on, and that its address is right",
              "ip route get {destination.address}"},
             {"see whether it answers now",
              "ping -c 1 -I {route_device} {next_hop.address}; ip neigh show {next_hop.address}"}},
    },
    {
        .id = "route-neighbour-failed",
        .seen_as = "EHOSTUNREACH",
        .what = "the destination is on the local network and does not answer ARP or neighbour "
                "discovery",
        .headline = "{destination.address} should be on the local network[ of {route_device}], "
                    "and does not answer there",
        .explain =
            "By the routing table the destination is on the same link as this machine. The kernel "
            "asked for its hardware address (ARP, or neighbour discovery for IPv6) and got no "
            "answer: that machine is off, the address is wrong, it is on another segment or VLAN, "
            "or the netmask here is too wide and it should be reached through a gateway.",
        .rank = WR_RANK_ROOT,
        .match = match_neighbour_failed,
        WR_CITES(CITES_NEXT_HOP),
        .because = {"the route to {destination.address} is {route_prefix}[ of table "
                    "{route_table}{!route_table=254}] on {route_device}, without a "
                    "gateway{!route_gateway}[; this machine is {route_source.address} there]",
                    NO_ANSWER},
        .ruled_out = DID_NOT_FAIL,
        .unknown = {FAILED_WHEN},
        .fixes =
            {{"check that the machine is on, and that the address is right", NULL},
             {"check the netmask of this machine's address", "ip address show"},
             {"see whether it answers now",
              "ping -c 1 -I {route_device} {next_hop.address}; ip neigh show {next_hop.address}"}},
    },
    {
        .id = "route-loop",
        .seen_as = "EHOSTUNREACH",
        .what = "the packets used up their hops (TTL exceeded): a routing loop, or a small TTL on "
                "the socket",
        .headline = "[the program gives its packets a TTL of {socket_ttl} only"
                    "{?socket_ttl_small}][the packets run in a loop between "
                    "routers{!socket_ttl_small}][, and {icmp_offender.address} discarded them]",
        .explain =
            "Every router takes one off a packet's TTL (hop limit) and discards it at zero. With "
            "the usual 64 that happens only when two routers send the packet back and forth: one "
            "of them lacks a route to the destination's network and uses its default route.\n"
            "A program can also set a small TTL itself (IP_TTL, IPV6_UNICAST_HOPS).",
        .rank = RANK_REMOTE + 2,
        .match = match_loop,
        WR_CITES(CITES_UNTOLD, WR_FACT_error, WR_FACT_icmp_received, WR_FACT_icmp_version,
                 WR_FACT_icmp_type, WR_FACT_icmp_code, WR_FACT_socket_ttl_small),
        .because = {"{icmp_offender.address} answered ICMP type {icmp_type} code {icmp_code}: time "
                    "to live exceeded",
                    "the socket's TTL or hop limit is {socket_ttl}",
                    "the error {error} came from the network: this machine has a route[ through "
                    "{route_gateway.address}]{?icmp_untold}"},
        .unknown = {{WR_FACT_error, "which router discarded them{?icmp_untold}",
                     "the socket keeps no ICMP errors unless the program asks for them",
                     "tracepath -n {destination.address}", .decides = true}},
        .fixes = {{"raise the TTL that the program sets (IP_TTL, IPV6_UNICAST_HOPS)"
                   "{?socket_ttl_small}",
                   NULL},
                  {"see where the packets go in circles{!socket_ttl_small}",
                   "tracepath -n {destination.address}"}},
    },
    {
        .id = "route-remote-unreachable",
        .seen_as = "EHOSTUNREACH, ENETUNREACH",
        .what = "a router says that the host or its network can't be reached",
        .headline = "[the router {icmp_offender.address} says that it can't reach "
                    "{destination.address}][a router on the way says that it can't reach "
                    "{destination.address}{?icmp_untold}]",
        .explain =
            "This machine has a route and sent its packets. A router further on answered with an "
            "ICMP error: it has no route to that network, or the host does not answer on its last "
            "link (off, or a wrong address). A firewall can be told to answer in the same way.",
        .rank = RANK_REMOTE,
        .match = match_remote_unreachable,
        WR_CITES(CITES_UNTOLD, WR_FACT_error, WR_FACT_destination, WR_FACT_icmp_received,
                 WR_FACT_icmp_version, WR_FACT_icmp_type, WR_FACT_icmp_code, WR_FACT_icmp_offender,
                 WR_FACT_icmp_offender_local, WR_FACT_socket_ttl_small, WR_FACT_netfilter_rules,
                 WR_FACT_next_hop_state, WR_FACT_socket_type, WR_FACT_icmp_wanted),
        .because = {"{icmp_offender.address} answered ICMP type {icmp_type} code {icmp_code}"
                    "[: {icmp_name}]",
                    "the error {error} came after {elapsed_us.ms} ms; this machine itself has a "
                    "route[ through {route_gateway.address}]{?icmp_untold}",
                    "the gateway {next_hop.address} did not fail to answer: it is in state "
                    "{next_hop_state}{!next_hop_failed}"},
        .unknown = {{WR_FACT_error, "which router it was, and its words{?icmp_untold}",
                     "the socket keeps no ICMP errors unless the program asks for them",
                     "tracepath -n {destination.address}"},
                    {WR_FACT_error, "whether a firewall on the way answers so",
                     "its answer would look the same", "tracepath -n {destination.address}"}},
        .fixes = {{"check that the address is right and the host is on", NULL},
                  {"see how far the path goes", "tracepath -n {destination.address}"}},
    },
    {0},
};
