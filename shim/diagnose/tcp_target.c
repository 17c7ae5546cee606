/* SPDX-License-Identifier: MIT
 * Causes of failed TCP connections, by what was dialled: a port that can't be, swapped bytes, a
 * proxy, the port of a service that is not running. Rows and their match functions; pure. */
#include <errno.h>
#include <sys/socket.h>

#include "diagnose/catalogue.h"
#include "diagnose/silence.h"

/* A proxy's address is what the user wrote, and a swapped one what the program made of it; both
 * lie deeper than the state of the way there. */
enum {
    RANK_SERVICE = WR_RANK_NEARBY + 2,
    RANK_PROXY = WR_RANK_ROOT + 1,
    RANK_BYTE_ORDER = WR_RANK_ROOT + 8,
    RANK_PORT_ZERO = WR_RANK_ARGUMENT + 1
};

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
           wr_ev_has(ev, WR_FACT_other_family_listener) || wr_ev_has(ev, WR_FACT_bound_socket) ||
           wr_ev_has(ev, WR_FACT_other_netns_listener);
}

/* Another hint that has evidence for it, where this one has none but arithmetic. */
static bool hint_is_had(const struct wr_evidence *ev)
{
    return wr_ev_has(ev, WR_FACT_udp_socket) || wr_ev_has(ev, WR_FACT_other_port_listener) ||
           wr_ev_has(ev, WR_FACT_port_unit);
}

static bool may_be_swapped(const struct wr_evidence *ev)
{
    if (wr_ev_true(ev, WR_FACT_swapped_address))
        return is_error(ev, ECONNREFUSED) || is_error(ev, ENETUNREACH) ||
               is_error(ev, EHOSTUNREACH) || wr_ev_silent(ev);
    return wr_ev_true(ev, WR_FACT_swapped_port) &&
           (is_error(ev, ECONNREFUSED) || wr_ev_silent(ev)) && !port_is_had(ev);
}

/* What the program meant is not in the evidence: never certain. */
static enum wr_match match_byte_order(const struct wr_evidence *ev)
{
    if (!wr_ev_has(ev, WR_FACT_swapped_destination) || wr_ev_has(ev, WR_FACT_proxy_variable) ||
        !may_be_swapped(ev))
        return WR_MATCH_NO;
    if (wr_ev_has(ev, WR_FACT_swapped_listener))
        return WR_MATCH_LIKELY;
    return hint_is_had(ev) ? WR_MATCH_NO : WR_MATCH_POSSIBLE;
}

static bool is_network_error(const struct wr_evidence *ev)
{
    static const int errors[] = {ECONNREFUSED, EHOSTUNREACH, ENETUNREACH,
                                 ECONNRESET,   EHOSTDOWN,    ENETDOWN};

    for (unsigned i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        if (is_error(ev, (uint64_t)errors[i]))
            return true;
    }
    return wr_ev_silent(ev);
}

/* That the program was asked for this very endpoint can't be excluded: never certain. */
static enum wr_match match_proxy(const struct wr_evidence *ev)
{
    bool dead_gateway =
        wr_ev_has(ev, WR_FACT_route_gateway) && wr_ev_true(ev, WR_FACT_next_hop_failed);

    if (!is_network_error(ev) || !wr_ev_has(ev, WR_FACT_proxy_variable))
        return WR_MATCH_NO;
    /* what keeps this machine from everything, or is told to refuse, lies deeper */
    if (dead_gateway || wr_ev_has(ev, WR_FACT_refusing_type))
        return WR_MATCH_NO;
    return wr_ev_false(ev, WR_FACT_proxy_port_assumed) ? WR_MATCH_LIKELY : WR_MATCH_POSSIBLE;
}

/* The unit's files say that the port is its own; or it is the usual one of the service, and no
 * other port hints at something else. */
static bool unit_has_port(const struct wr_evidence *ev)
{
    return wr_ev_has(ev, WR_FACT_port_unit) &&
           (wr_ev_has(ev, WR_FACT_port_unit_says) || !wr_ev_has(ev, WR_FACT_other_port_listener));
}

/* Whether that service was meant is not in the evidence: never certain. */
static enum wr_match match_service(const struct wr_evidence *ev)
{
    if (!is_error(ev, ECONNREFUSED) || wr_ev_true(ev, WR_FACT_icmp_received) ||
        !wr_ev_true(ev, WR_FACT_destination_local) || !wr_ev_absent(ev, WR_FACT_listener) ||
        !unit_has_port(ev))
        return WR_MATCH_NO;
    if (wr_ev_true(ev, WR_FACT_port_unit_running))
        return WR_MATCH_RULED_OUT;
    /* in a container without systemd unit files are leftovers of packages */
    if (!wr_ev_known(ev, WR_FACT_port_unit_running) && wr_ev_has(ev, WR_FACT_container_engine))
        return WR_MATCH_NO;
    return wr_ev_false(ev, WR_FACT_port_unit_running) ? WR_MATCH_LIKELY : WR_MATCH_POSSIBLE;
}

#define NOT_RUNNING "{!port_unit_running}"

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
        WR_CITES(WR_CITES_SILENT, WR_FACT_swapped_destination, WR_FACT_swapped_address,
                 WR_FACT_swapped_port, WR_FACT_swapped_listener, WR_FACT_listener,
                 WR_FACT_other_device_listener, WR_FACT_other_address_listener,
                 WR_FACT_other_family_listener, WR_FACT_bound_socket, WR_FACT_other_netns_listener,
                 WR_FACT_udp_socket, WR_FACT_other_port_listener, WR_FACT_port_unit,
                 WR_FACT_proxy_variable),
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
    {
        .id = "tcp-proxy-refused",
        .seen_as = "any",
        .what = "what was dialled is the proxy of http_proxy, https_proxy or all_proxy, not the "
                "service that was asked for",
        .headline = "{proxy_endpoint} is the proxy of the environment variable {proxy_variable}"
                    "[, and nothing listens there{!listener}]",
        .explain =
            "The environment variables http_proxy, https_proxy, ftp_proxy and all_proxy (in lower "
            "or upper case) name a proxy, and many programs then connect to it instead of the "
            "service that they are asked for. Their message names the service; what failed is the "
            "connection to the proxy.\n"
            "no_proxy lists hosts for which the proxy is left out. Programs differ in its syntax: "
            "names and suffixes (.example.com) work everywhere, address ranges in some.",
        .rank = RANK_PROXY,
        .match = match_proxy,
        WR_CITES(WR_CITES_SILENT, WR_FACT_proxy_variable, WR_FACT_proxy_port_assumed,
                 WR_FACT_route_gateway, WR_FACT_next_hop_failed, WR_FACT_refusing_type),
        .because =
            {"the environment has {proxy_variable}, and host and port of its value are those that "
             "were dialled, {proxy_endpoint}{!proxy_port_assumed}",
             "the environment has {proxy_variable}: its value has the host that was dialled and "
             "names no port; {destination.port} is a usual one{?proxy_port_assumed}",
             "no socket listens on {destination}{!listener}{!wildcard_means}",
             "the error {error} came after {elapsed_us.ms} ms{!destination_local}",
             "no_proxy is not set{!no_proxy_set}",
             "{port_unit}, which has that port, is not running" NOT_RUNNING},
        .unknown = {{WR_FACT_proxy_variable,
                     "whether the program was asked for {proxy_endpoint} itself",
                     "what it does with {proxy_variable} can't be seen", ""}},
        .fixes = {{"start the proxy{?port_unit_startable}" NOT_RUNNING,
                   "sudo systemctl start {port_unit}"},
                  {"start the proxy at {proxy_endpoint}, or correct {proxy_variable}", NULL},
                  {"or run the program without it, where the service can be reached directly: "
                   "env -u {proxy_variable} PROGRAM",
                   NULL},
                  {"or add the host of the service to no_proxy", NULL}},
    },
    {
        .id = "tcp-service-not-running",
        .seen_as = "ECONNREFUSED",
        .what = "nothing listens on the port, and the service that has it is installed here and "
                "not running",
        .headline =
            "nothing listens on port {destination.port} of this machine; {port_unit}, which "
            "[has{?port_unit_says}][usually has{!port_unit_says}] it, is installed here[ and "
            "masked{?port_unit_masked}][ and not running" NOT_RUNNING "{!port_unit_masked}]",
        .explain =
            "A systemd unit that is installed on this machine has the port: its file says so, or "
            "it is the usual port of that service. No socket listens on the port, and the control "
            "group of the unit has no processes: it was stopped, has failed, or was never "
            "started.\n"
            "Where systemd does not run (most containers), units are only files, and what starts "
            "the service is something else.",
        .rank = RANK_SERVICE,
        .match = match_service,
        WR_CITES(WR_FACT_error, WR_FACT_icmp_received, WR_FACT_destination_local, WR_FACT_listener,
                 WR_FACT_port_unit, WR_FACT_port_unit_says, WR_FACT_port_unit_running,
                 WR_FACT_other_port_listener, WR_FACT_container_engine),
        .because =
            {"no socket listens on [{destination}{!wildcard_means}][{wildcard_means}]{!listener}",
             "[{port_unit_says} of {port_unit} names port {destination.port}]"
             "[port {destination.port} is usual for {port_unit}, which is installed here"
             "{!port_unit_says}]",
             "no process runs in the control group of {port_unit}" NOT_RUNNING
             "{!port_unit_socket}",
             "[it ran before: this process connected to it [{succeeded_ago_us.ms} "
             "ms{?succeeded_just_now}][{succeeded_ago_us.s} s{!succeeded_just_now}] "
             "ago{?succeeded_ago_us}][it ran a moment ago: connections to it are left over in the "
             "kernel{?port_remains}]",
             "{port_unit} is masked{?port_unit_masked}",
             "{port_unit} is not started at boot{!port_unit_enabled}{!port_unit_masked}"
             "{?port_unit_startable}",
             "systemd does not run here{!port_unit_startable}"},
        .ruled_out = "{port_unit} runs",
        .unknown = {{WR_FACT_port_unit_startable, "why {port_unit} does not run",
                     "the service manager was not asked", "systemctl status {port_unit}"},
                    {WR_FACT_port_unit_running, "whether the service of {port_unit} runs", "",
                     "[service {port_unit_script} status]"}},
        .fixes = {{"start it{?port_unit_startable}{!port_unit_masked}",
                   "sudo systemctl start {port_unit}"},
                  {"if that was not done on purpose, unmask and start it{?port_unit_masked}",
                   "sudo systemctl unmask {port_unit} && sudo systemctl start {port_unit}"},
                  {"start it as a service without systemd{!port_unit_startable}",
                   "sudo service {port_unit_script} start"},
                  {"and let it be started at boot{!port_unit_enabled}{!port_unit_masked}"
                   "{?port_unit_startable}",
                   "sudo systemctl enable {port_unit}"}},
    },
    {0},
};
