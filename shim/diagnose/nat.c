/* SPDX-License-Identifier: MIT
 * Causes of connections that address translation leads elsewhere. Rows and their match functions;
 * pure. */
#include <netinet/in.h>
#include <string.h>

#include "diagnose/path.h"
#include "diagnose/silence.h"
#include "diagnose/tcp.h"
#include "whyrefused/faults.h"

/* Programs of container engines that have the published port open beside the translation. */
static bool is_container_proxy(const struct wr_evidence *ev, const struct wr_sock *sock)
{
    static const char *const names[] = {"docker-proxy", "rootlessport",    "containers-root",
                                        "rootlesskit",  "rootlesskit-doc", "slirp4netns",
                                        "pasta",        "pasta.avx2",      "conmon",
                                        "gvproxy",      "vpnkit"};

    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (sock->program.len == strlen(names[i]) &&
            memcmp(ev->text + sock->program.at, names[i], sock->program.len) == 0)
            return true;
    }
    return false;
}

/* What this machine's own conntrack says. */
static enum wr_match match_here(const struct wr_evidence *ev)
{
    /* nothing but the kernel of this very namespace answered */
    if (wr_ev_is(ev, WR_FACT_error, ECONNREFUSED) && wr_ev_false(ev, WR_FACT_rule_found) &&
        wr_ev_true(ev, WR_FACT_nat_target_local) && wr_ev_absent(ev, WR_FACT_nat_target_listener))
        return WR_MATCH_CERTAIN;
    return wr_ev_has(ev, WR_FACT_nat_target_listener) ? WR_MATCH_POSSIBLE : WR_MATCH_LIKELY;
}

/* The answer comes from behind the address: it takes more hops to get there than to get to the
 * host, or arrives with less of its TTL. A reset that somebody on the way makes instead of the
 * other answer looks the same; but no host says of itself that a TTL ended on the way to it. */
static enum wr_match match_behind(const struct wr_evidence *ev)
{
    const struct wr_addr *last = wr_ev_addr(ev, WR_FACT_path_last_hop_address);
    const struct wr_addr *destination = wr_ev_addr(ev, WR_FACT_destination);

    if (wr_path_reset_place(ev) != WR_PLACE_BEHIND)
        return WR_MATCH_NO;
    if (last != NULL && last->family == destination->family &&
        memcmp(last->bytes, destination->bytes, last->family == AF_INET ? 4 : 16) == 0)
        return WR_MATCH_LIKELY;
    return wr_ev_has(ev, WR_FACT_path_reference_ttl) && wr_ev_has(ev, WR_FACT_path_reference_hop)
               ? WR_MATCH_LIKELY
               : WR_MATCH_POSSIBLE;
}

/* It got out, and not over the loopback interface; or it was looked for on a network, which took
 * its time, and not found. */
#define NEIGHBOUR_US 2000000u
static bool led_to_silence(const struct wr_evidence *ev)
{
    if (!wr_ev_true(ev, WR_FACT_destination_local))
        return false;
    if (wr_ev_silent(ev))
        return wr_ev_is(ev, WR_FACT_replay_outcome, WR_REPLAY_SILENT) &&
               wr_ev_is(ev, WR_FACT_replay_packets, 0) && wr_ev_false(ev, WR_FACT_kept_here);
    return wr_ev_is(ev, WR_FACT_error, EHOSTUNREACH) &&
           wr_ev_true(ev, WR_FACT_icmp_offender_local) && wr_ev_is(ev, WR_FACT_icmp_version, 4) &&
           wr_ev_is(ev, WR_FACT_icmp_type, 3) && wr_ev_is(ev, WR_FACT_icmp_code, 1) &&
           wr_ev_uint(ev, WR_FACT_elapsed_us, 0) >= NEIGHBOUR_US;
}

/* What this machine sends to itself, and answers, passes its loopback interface. A request to one
 * of its own addresses that did not was led to another machine; one to another's address that did,
 * to this machine. */
static enum wr_match match_led(const struct wr_evidence *ev)
{
    if (wr_ev_absent(ev, WR_FACT_nat_target) || wr_ev_has(ev, WR_FACT_bound_device))
        return WR_MATCH_NO;
    if (!wr_ev_is(ev, WR_FACT_error, ECONNREFUSED))
        return led_to_silence(ev) ? WR_MATCH_LIKELY : WR_MATCH_NO;
    if (wr_ev_true(ev, WR_FACT_icmp_received))
        return WR_MATCH_NO;
    if (wr_ev_true(ev, WR_FACT_destination_local))
        return wr_ev_is(ev, WR_FACT_replay_outcome, WR_REPLAY_RESET) &&
                       wr_ev_is(ev, WR_FACT_replay_packets, 0)
                   ? WR_MATCH_LIKELY
                   : WR_MATCH_NO;
    return wr_ev_is(ev, WR_FACT_path_answer, WR_PATH_RESET) &&
                   wr_ev_true(ev, WR_FACT_path_answer_own) &&
                   wr_ev_false(ev, WR_FACT_path_answer_alone)
               ? WR_MATCH_LIKELY
               : WR_MATCH_NO;
}

/* Somebody listens, and yet the connection was refused: it never came to the listener. */
static enum wr_match match_published(const struct wr_evidence *ev)
{
    const struct wr_sock *listener;

    if (!wr_tcp_refused_here(ev))
        return WR_MATCH_NO;
    listener = wr_ev_sock(ev, WR_FACT_listener);
    if (listener == NULL)
        return WR_MATCH_NO;
    /* the kernel takes what comes to a listener; what it resets went to another port of its own */
    return is_container_proxy(ev, listener) ||
                   (wr_ev_true(ev, WR_FACT_reset_by_kernel) &&
                    wr_ev_is(ev, WR_FACT_replay_outcome, WR_REPLAY_RESET) &&
                    !wr_ev_false(ev, WR_FACT_netfilter_rules))
               ? WR_MATCH_LIKELY
               : WR_MATCH_NO;
}

static enum wr_match match_dead_target(const struct wr_evidence *ev)
{
    const bool refused = wr_ev_is(ev, WR_FACT_error, ECONNREFUSED);
    enum wr_match match;

    if (!wr_ev_text_is(ev, WR_FACT_call, "connect") || !wr_ev_has(ev, WR_FACT_destination) ||
        wr_ev_uint(ev, WR_FACT_socket_type, SOCK_STREAM) != SOCK_STREAM)
        return WR_MATCH_NO;
    if (wr_ev_has(ev, WR_FACT_nat_target)) {
        if (!refused && !wr_ev_silent(ev) && !wr_ev_is(ev, WR_FACT_error, EHOSTUNREACH))
            return WR_MATCH_NO;
        match = match_here(ev);
    } else if (match_led(ev) != WR_MATCH_NO) {
        match = match_led(ev);
    } else if (!refused) {
        return WR_MATCH_NO;
    } else if (wr_ev_false(ev, WR_FACT_destination_local)) {
        match = match_behind(ev);
    } else {
        match = wr_ev_absent(ev, WR_FACT_nat_target) ? WR_MATCH_NO : match_published(ev);
    }
    return wr_ev_true(ev, WR_FACT_rule_found) ? WR_MATCH_NO : match;
}

const struct wr_cause wr_causes_nat[] = {
    {
        .id = "tcp-nat-dead-target",
        .seen_as = "ECONNREFUSED, EHOSTUNREACH, ETIMEDOUT, given up",
        .what = "the port is forwarded (DNAT, published container port) to where nothing takes "
                "connections",
        .headline = "port {destination.port} of {destination.address} is forwarded (DNAT)[ to "
                    "{nat_target}], and nothing takes the connection there",
        .explain =
            "A rule replaces the address, and mostly the port, that the connection was made to: "
            "that is how routers forward ports, and how container engines publish them. The rule "
            "stays when the server that it leads to is gone, moves, or listens on another port or "
            "on the loopback address of its container only. Then that machine or container "
            "refuses the connection, or nobody answers, and from outside it looks as if the "
            "address itself did.\n"
            "Where the rule is one of this machine, conntrack shows the target; else an answer "
            "that takes a longer way than other answers of the address comes from behind it.",
        .rank = WR_RANK_ROOT + 1,
        .match = match_dead_target,
        WR_CITES(WR_FACT_call, WR_FACT_destination, WR_FACT_socket_type, WR_FACT_error,
                 WR_FACT_gave_up, WR_FACT_nat_target, WR_FACT_nat_target_local,
                 WR_FACT_nat_target_listener, WR_FACT_rule_found, WR_FACT_destination_local,
                 WR_FACT_icmp_received, WR_FACT_reset_by_kernel, WR_FACT_listener,
                 WR_FACT_kept_here, WR_FACT_icmp_offender_local, WR_FACT_icmp_version,
                 WR_FACT_icmp_type, WR_FACT_icmp_code, WR_FACT_elapsed_us, WR_FACT_netfilter_rules,
                 WR_FACT_bound_device, WR_FACT_replay_outcome, WR_FACT_replay_packets,
                 WR_FACT_path_answer_alone, WR_PATH_CITES_PLACE, WR_FACT_path_last_hop_address),
        .because = {"address translation of this machine leads the connection to {nat_target}",
                    "no socket of this machine listens on {nat_target}{!nat_target_listener}",
                    "[{nat_target_listener}][{listener}, and the connection did not get there"
                    "{!nat_target_listener}]",
                    "the answer arrives with TTL {path_answer_ttl}, other answers of "
                    "{destination.address} with {path_reference_ttl}",
                    "hop {path_last_hop} answers as {path_last_hop_address}{?path_reference_hop}",
                    "a request needs a TTL of {path_answer_hop} to be answered, and of "
                    "{path_reference_hop} to get to {destination.address}",
                    "[{destination.address} is an address of this machine, and yet neither the "
                    "request nor an answer passed the loopback interface: it was "
                    "led to another "
                    "machine{!replay_packets}{?destination_local}][{destination.address} is "
                    "another machine, and yet request and answer passed the loopback interface: "
                    "a port of this machine answered{!path_answer_alone}{!destination_local}]",
                    "no rule of this machine's packet filters ends it{!rule_found}"},
        .unknown = {{WR_FACT_destination, "where it is forwarded to{!destination_local}",
                     "only the machine that forwards it can tell", ""}},
        .fixes =
            {{"see whether the server runs that {nat_target} is meant for, and on which "
              "address and port it listens",
              NULL},
             {"see which container the port is published for, and let the server in it listen "
              "on 0.0.0.0 and on that port{?listener}",
              NULL},
             {"see the rules that forward it, and correct their target{?nat_target}",
              WR_SHOW_FILTER_RULES},
             {"see on {destination.address} where its port {destination.port} is forwarded to, "
              "and whether the server there runs{!destination_local}",
              NULL}},
    },
    {0},
};
