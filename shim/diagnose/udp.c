/* SPDX-License-Identifier: MIT
 * Causes of refused datagrams. Rows and their match functions; pure. */
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "diagnose/catalogue.h"

/* ECONNREFUSED on a datagram socket has one origin: ICMP port unreachable (icmp_err_convert of
 * net/ipv4/icmp.c, icmpv6_err_convert() of net/ipv6/icmp.c). */
static enum wr_match match_port_unreachable(const struct wr_evidence *ev)
{
    const struct wr_addr *to = wr_ev_addr(ev, WR_FACT_destination);

    if (!wr_ev_is(ev, WR_FACT_error, ECONNREFUSED) ||
        !wr_ev_is(ev, WR_FACT_socket_type, SOCK_DGRAM) || to == NULL || to->port == 0)
        return WR_MATCH_NO;
    if (!wr_ev_true(ev, WR_FACT_destination_local))
        return WR_MATCH_LIKELY;
    if (wr_ev_true(ev, WR_FACT_rule_found)) /* firewall-local-input-reject */
        return WR_MATCH_NO;
    if (wr_ev_has(ev, WR_FACT_udp_socket))
        return WR_MATCH_POSSIBLE;
    return wr_ev_absent(ev, WR_FACT_udp_socket) &&
                   (wr_ev_false(ev, WR_FACT_netfilter_rules) || wr_ev_false(ev, WR_FACT_rule_found))
               ? WR_MATCH_CERTAIN
               : WR_MATCH_LIKELY;
}

const struct wr_cause wr_causes_udp[] = {
    {
        .id = "udp-port-unreachable",
        .seen_as = "ECONNREFUSED from send/recv on UDP",
        .what = "nothing has the UDP port: an ICMP error (port unreachable) answered an earlier "
                "datagram",
        .headline =
            "[nothing has UDP port {destination.port} of this "
            "machine{!udp_socket}{?destination_local}][{udp_socket.owner} has UDP port "
            "{destination.port} now, but did not take the datagram{?destination_local}][; "
            "{udp_other_socket.owner} has it on {udp_other_socket.address} only][; "
            "{udp_tcp_listener.owner} has the port over TCP{!udp_other_socket}][an ICMP error in "
            "the name of {destination.address} says that nothing has its UDP port "
            "{destination.port}{!destination_local}]",
        .explain =
            "UDP knows no connections: the first datagram goes out unasked. Where no program has "
            "the port, the machine that gets it answers with an ICMP error, port unreachable, and "
            "the kernel hands that to the program at its next send or receive as \"connection "
            "refused\". So the call that fails is rarely the one that sent.\n"
            "Only a socket that connect() gave a peer hears of it. A packet filter can be told to "
            "answer in the same way.",
        .rank = WR_RANK_SYMPTOM,
        .match = match_port_unreachable,
        WR_CITES(WR_FACT_error, WR_FACT_socket_type, WR_FACT_destination, WR_FACT_destination_local,
                 WR_FACT_udp_socket, WR_FACT_netfilter_rules, WR_FACT_rule_found),
        .because = {"an ICMP error, port unreachable, answered an earlier datagram of this socket: "
                    "on a datagram socket {error} has no other origin",
                    "{destination.address} is an address of this machine{?destination_local}",
                    "no UDP socket has {destination} or the port on the wildcard "
                    "address{!udp_socket}",
                    "{udp_socket}; it may have come up since", "{udp_other_socket}",
                    "over TCP: {udp_tcp_listener}",
                    "{destination.address} is not an address of this machine{!destination_local}",
                    "the name {asked_name} led to {destination.address}"},
        .unknown = {{WR_FACT_destination,
                     "whether {destination.address} itself or a packet filter on the way sent the "
                     "ICMP error{!destination_local}",
                     "the socket keeps no ICMP errors unless the program asks for them",
                     "sudo traceroute -n -U -p {destination.port} {destination.address}"},
                    {WR_FACT_filter_possible,
                     "whether a packet filter rule of this machine refuses it",
                     "the rules were not examined", WR_SHOW_FILTER_RULES}},
        .fixes = {{"start the server that should have UDP port "
                   "{destination.port}{!udp_socket}{?destination_local}",
                   NULL},
                  {"send to {udp_other_socket.address}, or let that server listen on "
                   "{destination.address} as well",
                   NULL},
                  {"use TCP, if that is what the service speaks{?udp_tcp_listener}", NULL},
                  {"see on {destination.address} whether the server runs, and on which address and "
                   "UDP port{!destination_local}",
                   "ss -lun"}},
    },
    {0},
};
