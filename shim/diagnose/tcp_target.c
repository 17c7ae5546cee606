/* SPDX-License-Identifier: MIT
 * Causes of failed TCP connections, by what was dialled: a port that can't be, swapped bytes, a
 * proxy, the port of a service that is not running. Rows and their match functions; pure. */
#include <errno.h>
#include <sys/socket.h>

#include "diagnose/catalogue.h"

/* A proxy's address is what the user wrote, and a swapped one what the program made of it; both
 * lie deeper than the state of the way there. */
enum { RANK_BYTE_ORDER = WR_RANK_ROOT + 8, RANK_PORT_ZERO = WR_RANK_ARGUMENT + 1 };

static bool is_error(const struct wr_evidence *ev, uint64_t error)
{
    return wr_ev_uint(ev, WR_FACT_error, 0) == error;
}

static bool is_stream(const struct wr_evidence *ev)
{
    return wr_ev_uint(ev, WR_FACT_socket_type, SOCK_STREAM) == SOCK_STREAM;
}

/* No socket can listen on port 0: bind(2) takes it as "any free one". */
static enum wr_match match_port_zero(const struct wr_evidence *ev)
{
    const struct wr_addr *destination = wr_ev_addr(ev, WR_FACT_destination);

    if (destination == NULL || destination->port != 0 || !is_stream(ev) ||
        !wr_ev_text_is(ev, WR_FACT_call, "connect"))
        return WR_MATCH_NO;
    return is_error(ev, ECONNREFUSED) || is_error(ev, EADDRNOTAVAIL) ? WR_MATCH_CERTAIN
                                                                     : WR_MATCH_NO;
}

/* A socket has the dialled port: its bytes are as they should be. */
static bool port_is_had(const struct wr_evidence *ev)
{
    return wr_ev_has(ev, WR_FACT_listener) || wr_ev_has(ev, WR_FACT_other_device_listener) ||
           wr_ev_has(ev, WR_FACT_other_address_listener) ||
           wr_ev_has(ev, WR_FACT_other_family_listener) || wr_ev_has(ev, WR_FACT_bound_socket);
}

/* Another hint that has evidence for it, where this one has none but arithmetic. */
static bool hint_is_had(const struct wr_evidence *ev)
{
    return wr_ev_has(ev, WR_FACT_udp_socket) || wr_ev_has(ev, WR_FACT_other_port_listener);
}

static bool may_be_swapped(const struct wr_evidence *ev)
{
    if (wr_ev_true(ev, WR_FACT_swapped_address))
        return is_error(ev, ECONNREFUSED) || is_error(ev, ETIMEDOUT) || is_error(ev, ENETUNREACH) ||
               is_error(ev, EHOSTUNREACH);
    return wr_ev_true(ev, WR_FACT_swapped_port) &&
           (is_error(ev, ECONNREFUSED) || is_error(ev, ETIMEDOUT)) && !port_is_had(ev);
}

/* What the program meant is not in the evidence: never certain. */
static enum wr_match match_byte_order(const struct wr_evidence *ev)
{
    if (!wr_ev_has(ev, WR_FACT_swapped_destination) || !may_be_swapped(ev))
        return WR_MATCH_NO;
    if (wr_ev_has(ev, WR_FACT_swapped_listener))
        return WR_MATCH_LIKELY;
    return hint_is_had(ev) ? WR_MATCH_NO : WR_MATCH_POSSIBLE;
}

const struct wr_cause wr_causes_tcp_target[] = {
    {
        .id = "tcp-port-zero",
        .seen_as = "ECONNREFUSED, EADDRNOTAVAIL",
        .what = "port 0 was dialled: a port that was never set",
        .headline = "port 0 was dialled, on which nothing can listen",
        .explain = "The address in the call has port 0. No program can listen on it: a server that "
                   "asks for port 0 gets any free one. So the port was never filled in: a setting "
                   "is missing or empty, a text was no number, or the program did not look up "
                   "which port the server got.",
        .rank = RANK_PORT_ZERO,
        .match = match_port_zero,
        WR_CITES(WR_FACT_call, WR_FACT_error, WR_FACT_destination, WR_FACT_socket_type),
        .because = {"the address argument is {destination.address} with port 0",
                    "the name {asked_name} led to {destination.address}"},
        .fixes = {{"set the port in the program's configuration, arguments or environment, and see "
                   "that it arrives as a number",
                   NULL},
                  {"where the server takes a free port (bind to port 0), ask it which one it got: "
                   "getsockname()",
                   NULL}},
    },
    {
        .id = "tcp-byte-order",
        .seen_as = "ECONNREFUSED, ETIMEDOUT, ENETUNREACH, EHOSTUNREACH",
        .what = "the bytes of the port or address are swapped: htons() or htonl() was forgotten",
        .headline =
            "[port {destination.port} is {swapped_destination.port}{!swapped_address}]"
            "[{destination.address}[ port {destination.port}{?swapped_port}] is "
            "{swapped_destination.address}[ port {swapped_destination.port}{?swapped_port}]"
            "{?swapped_address}] with its bytes swapped[, and {swapped_listener.owner} listens on "
            "{swapped_listener.endpoint}]",
        .explain =
            "Addresses and ports stand in a socket address with the highest byte first (network "
            "byte order); most processors store the lowest byte first. Without htons() port 8080 "
            "becomes 36895, and without htonl() 127.0.0.1 becomes 1.0.0.127.\n"
            "The server may be the one that forgot it: then it listens on the swapped port.",
        .rank = RANK_BYTE_ORDER,
        .match = match_byte_order,
        WR_CITES(WR_FACT_error, WR_FACT_swapped_destination, WR_FACT_swapped_address,
                 WR_FACT_swapped_port, WR_FACT_swapped_listener, WR_FACT_listener,
                 WR_FACT_other_device_listener, WR_FACT_other_address_listener,
                 WR_FACT_other_family_listener, WR_FACT_bound_socket, WR_FACT_udp_socket,
                 WR_FACT_other_port_listener),
        .because = {"{swapped_listener}",
                    "no socket listens on {destination}{!listener}{!wildcard_means}",
                    "no socket listens on {wildcard_means}{!listener}",
                    "{swapped_destination.address} is an address of this machine"
                    "{?swapped_address}",
                    "port {swapped_destination.port} is usual ({swapped_destination.service}), "
                    "{destination.port} is not{!swapped_listener}{?swapped_port}"},
        .unknown = {{WR_FACT_swapped_destination, "whether {swapped_destination} was meant",
                     "only the program's author knows", ""}},
        .fixes = {{"pass the port through htons() on its way into sin_port or sin6_port"
                   "{?swapped_port}",
                   NULL},
                  {"pass the address through htonl() on its way into sin_addr.s_addr"
                   "{?swapped_address}",
                   NULL},
                  {"where {destination.port} is right, let the server pass its port through "
                   "htons(){?swapped_listener}{!swapped_address}",
                   NULL}},
    },
    {0},
};
