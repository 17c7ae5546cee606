/* SPDX-License-Identifier: MIT
 * Causes of refused TCP connections, by what was there before or came after. Rows and their match
 * functions; pure. */
#include "diagnose/tcp.h"

/* What has the port in some other way tells less than that it was open; another network namespace
 * may be where it was. */
enum { RANK_CRASHED = WR_RANK_NEARBY + 10, RANK_RACE = WR_RANK_SPECIFIC };

/* Its unit tells more: tcp-service-not-running. */
static bool unit_ended(const struct wr_evidence *ev)
{
    return wr_ev_has(ev, WR_FACT_port_unit) && wr_ev_false(ev, WR_FACT_port_unit_running);
}

static enum wr_match match_crashed(const struct wr_evidence *ev)
{
    if (!wr_tcp_refused_here(ev) || !wr_ev_absent(ev, WR_FACT_listener) || unit_ended(ev))
        return WR_MATCH_NO;
    if (wr_ev_has(ev, WR_FACT_succeeded_ago_us))
        return wr_tcp_unfiltered(ev) ? WR_MATCH_CERTAIN : WR_MATCH_LIKELY;
    return wr_ev_uint(ev, WR_FACT_port_remains, 0) != 0 ? WR_MATCH_LIKELY : WR_MATCH_NO;
}

/* The first failure was put down to a port that nobody listened on. */
static bool was_unserved(const struct wr_evidence *ev)
{
    static const char *const causes[] = {
        "tcp-no-listener",           "tcp-bound-not-listening",
        "tcp-service-not-running",   "tcp-listener-other-address",
        "tcp-listener-other-family", "tcp-listener-other-device",
        "tcp-listener-other-port",   "tcp-listener-is-udp",
        "tcp-listener-other-netns",  "tcp-localhost-in-container",
        "tcp-remote-port-closed",
    };

    for (unsigned i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
        if (wr_ev_text_is(ev, WR_FACT_first_cause, causes[i]))
            return true;
    }
    return false;
}

static enum wr_match match_race(const struct wr_evidence *ev)
{
    if (!wr_ev_text_is(ev, WR_FACT_outcome, "recovered") || !was_unserved(ev))
        return WR_MATCH_NO;
    return wr_ev_true(ev, WR_FACT_destination_local) && wr_ev_has(ev, WR_FACT_listener) &&
                   wr_ev_true(ev, WR_FACT_listener_started_later)
               ? WR_MATCH_CERTAIN
               : WR_MATCH_LIKELY;
}

#define NAME_LED "the name {asked_name} led to {destination.address}"

const struct wr_cause wr_causes_tcp_before[] = {
    {
        .id = "tcp-service-crashed",
        .seen_as = "ECONNREFUSED",
        .what = "the port was open on this machine a moment ago, and nothing listens on it now",
        .headline = "nothing listens on port {destination.port} of this machine any more[: this "
                    "program connected to it [{succeeded_ago_us.ms} ms{?succeeded_just_now}]"
                    "[{succeeded_ago_us.s} s{!succeeded_just_now}] ago{?succeeded_ago_us}][: "
                    "connections to it are "
                    "left over{!succeeded_ago_us}{?port_remains}]",
        .explain =
            "The address belongs to this machine and no program has a listening TCP socket on the "
            "port, but there was one: this program connected to it before, or the kernel still "
            "has connections to it (a closed one is kept for a minute).\n"
            "So the server ended or closed its socket: it crashed, was stopped, is being "
            "restarted, or ran out of memory. Its own log tells which.",
        .rank = RANK_CRASHED,
        .match = match_crashed,
        WR_CITES(WR_TCP_CITES_HERE, WR_FACT_listener, WR_FACT_port_unit, WR_FACT_port_unit_running,
                 WR_FACT_succeeded_ago_us, WR_FACT_port_remains, WR_FACT_netfilter_rules),
        .because = {"this process connected to {destination} [{succeeded_ago_us.ms} "
                    "ms{?succeeded_just_now}][{succeeded_ago_us.s} s{!succeeded_just_now}] "
                    "before{?succeeded_ago_us}",
                    "connections to {destination} are left over in the kernel: "
                    "{port_remains}{?port_remains}",
                    "no socket listens on [{destination}{!wildcard_means}][{wildcard_means}] or on "
                    "the wildcard address{!listener}",
                    "{destination.address} is an address of this machine", NAME_LED},
        .unknown = {{WR_FACT_destination,
                     "whether the server crashed, was stopped or is restarting",
                     "a socket that is gone does not tell",
                     "journalctl --since -5min; systemctl --failed"},
                    {WR_FACT_filter_possible,
                     "whether a packet filter rule of this machine refuses it",
                     "the rules were not examined", WR_SHOW_FILTER_RULES}},
        .fixes = {{"see why the server ended: its log, and the kernel's (out of memory)",
                   "journalctl --since -5min"},
                  {"start the server again that listens on port {destination.port}", NULL},
                  {"let the program try again for a while where the server is only being restarted",
                   NULL}},
    },
    {
        .id = "tcp-startup-race",
        .seen_as = "ECONNREFUSED, then success",
        .what = "the server came up after the client had begun to try",
        .headline = "the server came up after the first try",
        .explain =
            "The program tried to connect before the server listened on the port, was refused, "
            "and tried again until it worked. In tests, containers and at boot that happens "
            "whenever two programs are started at the same time: \"started\" does not mean "
            "\"ready\".\n"
            "Better than a fixed sleep is a check of readiness that the start of the client "
            "depends on: a health check with depends_on: condition: service_healthy (Compose), a "
            "readiness probe (Kubernetes), Type=notify or a socket unit (systemd), or tries with "
            "growing pauses in the program.",
        .rank = RANK_RACE,
        .match = match_race,
        WR_CITES(WR_FACT_outcome, WR_FACT_first_cause, WR_FACT_destination_local, WR_FACT_listener,
                 WR_FACT_listener_started_later),
        .because = {"the first of {failed_tries} failures was {failing_for_us.ms} ms before",
                    "it was put down to {first_cause}",
                    "{listener}[; its process started {listener_started_after_us.ms} ms after the "
                    "first failure]",
                    "the listener's process was running before the first failure: it was not "
                    "listening yet{!listener_started_later}",
                    NAME_LED},
        .unknown = {{WR_FACT_destination_local, "when its process started{?listener}",
                     "the process of the listener, or its times, can't be read", ""},
                    {WR_FACT_destination, "whether the server was started then, or restarted",
                     "{destination.address} is another machine{!destination_local}", ""}},
        .fixes = {{"start the program when the server is ready: a health check, socket activation, "
                   "or After= and Type=notify in the units",
                   NULL},
                  {"or let the program try again, with growing pauses", NULL}},
    },
    {0},
};
