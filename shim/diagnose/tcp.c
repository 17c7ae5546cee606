/* SPDX-License-Identifier: MIT
 * Causes of a refused TCP connection, by what listens. Rows and their match functions; pure. */
#include <errno.h>

#include "diagnose/path.h"
#include "diagnose/tcp.h"

/* A packet filter of this machine is the only rival of a port that nobody listens on. */
static enum wr_match sure_but_for_filters(const struct wr_evidence *ev)
{
    return wr_tcp_unfiltered(ev) ? WR_MATCH_CERTAIN : WR_MATCH_LIKELY;
}

static enum wr_match match_no_listener(const struct wr_evidence *ev)
{
    if (!wr_tcp_refused_here(ev))
        return WR_MATCH_NO;
    if (wr_ev_has(ev, WR_FACT_listener))
        return WR_MATCH_RULED_OUT;
    if (!wr_ev_absent(ev, WR_FACT_listener))
        return WR_MATCH_UNKNOWN;
    return sure_but_for_filters(ev);
}

/* Rows about a socket that was found instead of a listener. */
static enum wr_match match_found(const struct wr_evidence *ev, enum wr_fact found)
{
    if (!wr_tcp_refused_here(ev))
        return WR_MATCH_NO;
    if (wr_ev_has(ev, WR_FACT_listener))
        return WR_MATCH_RULED_OUT;
    if (!wr_ev_absent(ev, WR_FACT_listener))
        return WR_MATCH_UNKNOWN;
    if (wr_ev_has(ev, found))
        return sure_but_for_filters(ev);
    return wr_ev_absent(ev, found) ? WR_MATCH_RULED_OUT : WR_MATCH_UNKNOWN;
}
#define FOUND_CITES WR_TCP_CITES_HERE, WR_FACT_listener, WR_FACT_netfilter_rules

static enum wr_match match_other_device(const struct wr_evidence *ev)
{
    return match_found(ev, WR_FACT_other_device_listener);
}

static enum wr_match match_other_address(const struct wr_evidence *ev)
{
    return match_found(ev, WR_FACT_other_address_listener);
}

static enum wr_match match_other_family(const struct wr_evidence *ev)
{
    return match_found(ev, WR_FACT_other_family_listener);
}

static enum wr_match match_bound(const struct wr_evidence *ev)
{
    return match_found(ev, WR_FACT_bound_socket);
}

/* Above these ports a client's own socket has one by chance (ip(7) ip_local_port_range). */
#define EPHEMERAL_FROM 32768

static enum wr_match match_is_udp(const struct wr_evidence *ev)
{
    enum wr_match match = match_found(ev, WR_FACT_udp_socket);

    if (match < WR_MATCH_POSSIBLE)
        return match;
    return wr_ev_addr(ev, WR_FACT_destination)->port < EPHEMERAL_FROM ? WR_MATCH_LIKELY
                                                                      : WR_MATCH_POSSIBLE;
}

/* What the program meant is not in the evidence: never certain. */
static enum wr_match match_other_port(const struct wr_evidence *ev)
{
    enum wr_match match = match_found(ev, WR_FACT_other_port_listener);

    if (match < WR_MATCH_POSSIBLE)
        return match;
    return wr_ev_true(ev, WR_FACT_other_port_same_program) ? WR_MATCH_LIKELY : WR_MATCH_POSSIBLE;
}

static enum wr_match match_remote_closed(const struct wr_evidence *ev)
{
    if (!wr_tcp_refused_by_reset(ev) || wr_ev_true(ev, WR_FACT_destination_local))
        return WR_MATCH_NO;
    switch (wr_path_reset_place(ev)) {
    case WR_PLACE_HERE:
    case WR_PLACE_BEHIND: /* tcp-nat-dead-target */
        return WR_MATCH_NO;
    case WR_PLACE_NEARER:
        return WR_MATCH_RULED_OUT;
    case WR_PLACE_SAME:
        /* a reset that was compared with a reset: a filter on the way may send both */
        if (wr_ev_text_ends(ev, WR_FACT_path_reference, "(reset)"))
            return WR_MATCH_LIKELY;
        return wr_path_symmetric(wr_ev_uint(ev, WR_FACT_path_answer_hop, 0),
                                 wr_ev_uint(ev, WR_FACT_path_answer_ttl, 0))
                   ? WR_MATCH_CERTAIN
                   : WR_MATCH_LIKELY;
    default:
        break;
    }
    if (!wr_ev_false(ev, WR_FACT_destination_local))
        return WR_MATCH_UNKNOWN;
    /* a kernel answers each request; what is silent to the next one is a rule with a limit */
    if (wr_ev_is(ev, WR_FACT_path_answer, WR_PATH_SILENT))
        return WR_MATCH_POSSIBLE;
    return wr_ev_true(ev, WR_FACT_icmp_readable) || wr_ev_is(ev, WR_FACT_path_answer, WR_PATH_RESET)
               ? WR_MATCH_LIKELY
               : WR_MATCH_POSSIBLE;
}

/* Sentences that several rows share. */
#define IS_THIS_MACHINE "{destination.address} is an address of this machine{!wildcard_means}"
#define MEANS_THIS_MACHINE                                                                \
    "{destination.address} as a destination means this machine: the kernel connected to " \
    "{wildcard_means}"
#define NAME_LED "the name {asked_name} led to {destination.address}"
#define NOBODY "no socket listens on {destination} or on the wildcard address{!listener}"
#define NOBODY_WILDCARD "no socket listens on {wildcard_means}{!listener}"
#define FILTER_RULES                                                                        \
    {                                                                                       \
        WR_FACT_filter_possible, "whether a packet filter rule of this machine refuses it", \
            "the rules were not examined", WR_SHOW_FILTER_RULES                             \
    }
#define SOCKETS_UNSEEN WR_TCP_SOCKETS_UNSEEN("ss -ltn")
/* The setting of a known server that makes it listen on the destination, too. */
#define SETTING(fact)                                                                       \
    "[{?found_setting_port}{found_setting}{destination}[{found_setting_end}]]"              \
    "[{!found_setting_port}{found_setting}[{" fact ".address}{found_setting_and}]"          \
    "{destination.address}[{found_setting_end}]][ in {found_setting_file}]{?found_setting}" \
    "[, then restart {" fact ".unit}]"
#define UNKNOWN_SETTING(fact)                                                  \
    "by the address that the server is told to listen on (host, bind, --host)" \
    "[, then restart {" fact ".unit}]{!found_setting}"
#define WHO(fact) "[{found_program}][{!found_program}{" fact ".owner}]"

const struct wr_cause wr_causes_tcp[] = {
    {
        .id = "tcp-listener-other-device",
        .seen_as = "ECONNREFUSED",
        .what = "the port is open, but only for connections over another network device or VRF",
        .headline =
            WHO("other_device_listener") " listens on port {destination.port} for "
                                         "connections over {other_device_listener.device} only",
        .explain = "A listening socket has this port and address, and it is bound to a network "
                   "device (SO_BINDTODEVICE, or BindToDevice= of a systemd socket) or to a VRF. "
                   "The kernel gives it only connections that arrive over that device.\n"
                   "A connection from this machine to one of its own addresses counts as arriving "
                   "over the device that has the address, and over lo for 127.0.0.1 and ::1.",
        .rank = WR_RANK_SPECIFIC + 3,
        .match = match_other_device,
        WR_CITES(FOUND_CITES, WR_FACT_other_device_listener),
        .because = {"{other_device_listener}",
                    "the connection to {destination.address} arrives over {arrival_device}",
                    "the program's own socket is bound to {bound_device}", IS_THIS_MACHINE,
                    MEANS_THIS_MACHINE},
        .unknown = {FILTER_RULES, SOCKETS_UNSEEN},
        .fixes = {{"connect to an address of {other_device_listener.device}",
                   "ip address show dev {other_device_listener.device}"},
                  {"or let the server listen without binding it to a device", NULL}},
    },
    {
        .id = "tcp-listener-other-address",
        .seen_as = "ECONNREFUSED",
        .what = "the port is open on this machine, but bound to another of its addresses",
        .headline = WHO("other_address_listener") " listens on {other_address_listener.address}"
                                                  "[{?other_address_sole} only]",
        .explain = "A program listens on this port, at one address of this machine, and the "
                   "connection went to another one. A server that listens on 127.0.0.1 can only "
                   "be reached from this machine under that address; one that shall be reached "
                   "under every address listens on 0.0.0.0 or ::.\n"
                   "Opening a server to more addresses may expose it to the network: check what "
                   "protects it first.",
        .rank = WR_RANK_SPECIFIC + 2,
        .match = match_other_address,
        WR_CITES(FOUND_CITES, WR_FACT_other_address_listener),
        .because = {"{other_address_listener}[; nothing on {destination.address} or the wildcard "
                    "address{!listener}]",
                    "{other_family_listener}", IS_THIS_MACHINE, MEANS_THIS_MACHINE, NAME_LED},
        .unknown = {FILTER_RULES, SOCKETS_UNSEEN},
        .fixes =
            {
                {"connect to {other_address_listener.address}", NULL},
                {"or let it listen on {destination.address} as well: " SETTING(
                     "other_address_listener") "{!wildcard_means}",
                 NULL},
                {"or let it listen on {destination.address} as well, " UNKNOWN_SETTING(
                     "other_address_listener") "{!wildcard_means}",
                 NULL},
            },
    },
    {
        .id = "tcp-listener-other-family",
        .seen_as = "ECONNREFUSED",
        .what = "the port is open for the other IP version only",
        .headline =
            WHO("other_family_listener") " listens on [{?dialled_ip_version=4}IPv6 only "
                                         "({other_family_listener.address}), and IPv4 was dialled]"
                                         "[{?dialled_ip_version=6}IPv4 only "
                                         "({other_family_listener.address}), and "
                                         "IPv6 was dialled]",
        .explain = "A program listens on this port for one IP version, and the connection was made "
                   "with the other. The name localhost stands for 127.0.0.1 and for ::1; which one "
                   "a program takes first differs, and so does what a server binds when it is told "
                   "\"localhost\".\n"
                   "A socket on :: takes IPv4 connections, too, unless it was made IPv6-only "
                   "(IPV6_V6ONLY, /proc/sys/net/ipv6/bindv6only).",
        .rank = WR_RANK_SPECIFIC + 1,
        .match = match_other_family,
        WR_CITES(FOUND_CITES, WR_FACT_other_family_listener),
        .because =
            {"{other_family_listener}[; nothing on {destination}{!wildcard_means}{!listener}]"
             "[; nothing on {wildcard_means}{!listener}]",
             NAME_LED, IS_THIS_MACHINE, MEANS_THIS_MACHINE},
        .unknown = {FILTER_RULES, SOCKETS_UNSEEN},
        .fixes =
            {
                {"connect to [{?dialled_ip_version=4}an IPv6 address of this machine, such as ::1]"
                 "[{?dialled_ip_version=6}an IPv4 address of this machine, such as 127.0.0.1]",
                 NULL},
                {"or let it listen on {destination.address} as well: " SETTING(
                     "other_family_listener") "{!wildcard_means}",
                 NULL},
                {"or let it listen for [{?dialled_ip_version=4}IPv4][{?dialled_ip_version=6}IPv6] "
                 "as well, " UNKNOWN_SETTING("other_family_listener"),
                 NULL},
            },
    },
    {
        .id = "tcp-bound-not-listening",
        .seen_as = "ECONNREFUSED",
        .what = "a socket is bound to the port, but listen() was not called on it (yet)",
        .headline = WHO("bound_socket") " has port {destination.port} bound, but does not listen "
                                        "on it (yet)",
        .explain = "A program called bind() for this address and port, and not listen(): the "
                   "kernel refuses connections until it does. A server that is still starting "
                   "looks like this, and one that hangs between the two calls.\n"
                   "Such sockets can be seen since Linux 6.8.",
        .rank = WR_RANK_SPECIFIC,
        .match = match_bound,
        WR_CITES(FOUND_CITES, WR_FACT_bound_socket),
        .because = {"{bound_socket}", NOBODY "{!wildcard_means}", NOBODY_WILDCARD, IS_THIS_MACHINE,
                    MEANS_THIS_MACHINE},
        .unknown = {FILTER_RULES, WR_TCP_SOCKETS_UNSEEN("ss -tan")},
        .fixes = {{"wait until the server has started, and try again", NULL},
                  {"if it stays so, see what the server waits for",
                   "systemctl status {bound_socket.unit}"}},
    },
    {
        .id = "tcp-listener-is-udp",
        .seen_as = "ECONNREFUSED",
        .what = "the port is in use over UDP, not over TCP",
        .headline = WHO("udp_socket") " has port {destination.port} over UDP; nothing listens on "
                                      "it over TCP",
        .explain = "UDP and TCP ports are separate. A program has this port over UDP, and no "
                   "program listens on it over TCP, so the kernel refused the connection.",
        .rank = WR_RANK_NEARBY + 5,
        .match = match_is_udp,
        WR_CITES(FOUND_CITES, WR_FACT_udp_socket),
        .because = {"{udp_socket}", NOBODY "{!wildcard_means}", NOBODY_WILDCARD, IS_THIS_MACHINE,
                    MEANS_THIS_MACHINE},
        .unknown = {FILTER_RULES, WR_TCP_SOCKETS_UNSEEN("ss -ltun")},
        .fixes = {{"use UDP, if that is what the service speaks", NULL},
                  {"or let the server listen on TCP port {destination.port} as well", NULL}},
    },
    {
        .id = "tcp-listener-other-port",
        .seen_as = "ECONNREFUSED",
        .what = "nothing listens on this port; what is meant may be listening on another one",
        .headline = "nothing listens on port {destination.port} of this machine; " WHO(
            "other_port_listener") " listens on port {other_port_listener.port}",
        .explain = "No program listens on the port that was dialled. One listens on a port that "
                   "is often taken for it: another usual port of the same service, or the next "
                   "number. Whether that is the one that is meant only its user knows.",
        .rank = WR_RANK_NEARBY,
        .match = match_other_port,
        WR_CITES(FOUND_CITES, WR_FACT_other_port_listener, WR_FACT_other_port_same_program),
        .because = {NOBODY "{!wildcard_means}", NOBODY_WILDCARD, "{other_port_listener}",
                    "[{other_port_listener.program}][{other_port_listener.unit}"
                    "{!found_program}] usually serves port {destination.port}"
                    "{?other_port_same_program}",
                    IS_THIS_MACHINE, MEANS_THIS_MACHINE},
        .unknown = {FILTER_RULES, SOCKETS_UNSEEN},
        .fixes = {{"connect to port {other_port_listener.port}, if that is the service meant",
                   NULL},
                  {"or start the server that should listen on port {destination.port}", NULL},
                  {"see what listens on this machine", "ss -ltn"}},
    },
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
        WR_CITES(FOUND_CITES),
        .because = {IS_THIS_MACHINE, MEANS_THIS_MACHINE, NOBODY "{!wildcard_means}",
                    NOBODY_WILDCARD},
        .ruled_out = "{listener.owner} listens on {listener.endpoint}",
        .unknown = {FILTER_RULES, SOCKETS_UNSEEN},
        .fixes = {{"start the server that should listen on port {destination.port}", NULL},
                  {"see what listens on this machine", "ss -ltn"}},
    },
    {
        .id = "tcp-remote-port-closed",
        .seen_as = "ECONNREFUSED",
        .what = "the remote host is up, and answered that nothing listens on the port",
        .headline = "a reset came in the name of {destination.address}[, and from as far away as "
                    "that is{?path_answer=2}{?path_reference_hop}]: its port {destination.port} is "
                    "closed, or a packet filter[ of its own{?path_answer=2}{?path_reference_hop}] "
                    "says so",
        .explain = "The destination answered the connection with a TCP reset. That is what a host "
                   "sends where no program listens on the port: the host is up, the network "
                   "between works, and the server does not run there or uses another port or "
                   "address.\n"
                   "A packet filter can be told to send the same reset, on the host itself, on the "
                   "way, or on this machine. Where others of its answers are there to compare "
                   "with, hops and TTL tell whether it came from the host; whether from a rule of "
                   "that host can't be told from outside.",
        .rank = WR_RANK_SYMPTOM,
        .match = match_remote_closed,
        WR_CITES(WR_TCP_CITES_HERE, WR_FACT_icmp_readable, WR_PATH_CITES_PLACE,
                 WR_FACT_path_reference),
        .because = {"a TCP reset answered after {elapsed_us.ms} ms{?icmp_readable}",
                    "the refusal came after {elapsed_us.ms} ms; this socket does not show whether "
                    "it was a reset or an ICMP error{!icmp_readable}",
                    "no ICMP error came{?icmp_readable}{!icmp_received}",
                    "a request with a TTL of {path_answer_hop} brings the reset; "
                    "{destination.address} is {path_reference_hop} hops away[ ({path_reference})]"
                    "{?path_answer=2}",
                    "the reset arrives with TTL {path_answer_ttl}, and what else that host sends "
                    "with {path_reference_ttl}{?path_answer=2}",
                    "a request was followed through this machine's packet filters, and none of "
                    "their rules ended it{?rule_examined}{!rule_found}",
                    "{destination.address} is not an address of this machine"
                    "{!destination_local}",
                    NAME_LED},
        .ruled_out = "the reset comes from nearer than {destination.address}: hop "
                     "{path_answer_hop} of {path_reference_hop}, TTL {path_answer_ttl}",
        .unknown = {{WR_FACT_destination,
                     "whether the host's kernel or a packet filter[ of that host"
                     "{?path_answer=2}{?path_reference_hop}] sent the reset",
                     "both look the same from here", WR_CHECK_ACTIVE},
                    FILTER_RULES,
                    {WR_FACT_destination_local,
                     "whether {destination.address} is an address of this machine",
                     "the kernel could not be asked for the route",
                     "ip route get {destination.address}", .decides = true}},
        .fixes = {{"see on {destination.address} whether the server runs, and on which address and "
                   "port it listens",
                   NULL},
                  {"check the port number, {destination.port}, and the name or address", NULL}},
    },
    {0},
};
