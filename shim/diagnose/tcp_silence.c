/* SPDX-License-Identifier: MIT
 * Causes of TCP connections that got no answer: a full queue of the listener, and a program that
 * did not wait for one. Rows and their match functions; pure. */
#include "diagnose/silence.h"
#include "diagnose/tcp.h"

/* What a machine on the same network answers last. */
enum { RANK_GAVE_UP = WR_RANK_SYMPTOM - 5 };

/* The kernel drops requests to a full queue; connections that fill it at the same moment it resets,
 * where it is told to (tcp_v4_syn_recv_sock() and tcp_check_req() of net/ipv4). */
static enum wr_match match_backlog_full(const struct wr_evidence *ev)
{
    const bool reset =
        wr_ev_is(ev, WR_FACT_error, ECONNRESET) && wr_ev_true(ev, WR_FACT_abort_on_overflow);

    if ((!reset && !wr_ev_silent(ev)) || !wr_ev_true(ev, WR_FACT_destination_local) ||
        !wr_ev_has(ev, WR_FACT_listener))
        return WR_MATCH_NO;
    if (wr_ev_true(ev, WR_FACT_accept_queue_full))
        return !reset && (wr_ev_false(ev, WR_FACT_netfilter_rules) ||
                          wr_ev_true(ev, WR_FACT_overflow_rises))
                   ? WR_MATCH_CERTAIN
                   : WR_MATCH_LIKELY;
    /* it may have been full a moment ago */
    return wr_ev_false(ev, WR_FACT_accept_queue_full) && wr_ev_is(ev, WR_FACT_listen_overflows, 0)
               ? WR_MATCH_RULED_OUT
               : WR_MATCH_UNKNOWN;
}

/* That the program did not wait for an answer is seen. That one would have come is another matter;
 * where a request was sent again, none came: firewall-no-answer. */
static enum wr_match match_gave_up(const struct wr_evidence *ev)
{
    /* a handshake that was waited for in vain is another matter: tls_end.c */
    if (!wr_ev_true(ev, WR_FACT_gave_up) || !wr_ev_has(ev, WR_FACT_destination) ||
        wr_ev_text_is(ev, WR_FACT_call, "tls-handshake") || wr_ev_asked_again(ev))
        return WR_MATCH_NO;
    /* this machine answers itself at once */
    if (wr_ev_true(ev, WR_FACT_destination_local))
        return WR_MATCH_POSSIBLE;
    /* a filter that drops the request would have gone unnoticed, too: an answer to another one is
     * what tells */
    return wr_ev_is(ev, WR_FACT_syn_retries, 0) && wr_ev_false(ev, WR_FACT_destination_local) &&
                   (wr_ev_is(ev, WR_FACT_path_answer, WR_PATH_ACCEPTED) ||
                    wr_ev_is(ev, WR_FACT_path_answer, WR_PATH_RESET))
               ? WR_MATCH_CERTAIN
               : WR_MATCH_LIKELY;
}

static enum wr_match match_lost(const struct wr_evidence *ev)
{
    return wr_ev_text_is(ev, WR_FACT_outcome, "lost") ? WR_MATCH_LIKELY : WR_MATCH_NO;
}

#define UNANSWERED                                                                            \
    "[one request to connect (SYN) was sent, and no answer came within {elapsed_us.ms} "      \
    "ms{!syn_retries}][{syn_sent} requests to connect (SYN) were sent within {elapsed_us.s} " \
    "s, and none was answered{?syn_retries}]{?syn_sent}"
#define NAME_LED "the name {asked_name} led to {destination.address}"

const struct wr_cause wr_causes_tcp_silence[] = {
    {
        .id = "tcp-backlog-full",
        .seen_as = "ETIMEDOUT, ECONNRESET, given up",
        .what = "a server of this machine listens on the port, and does not accept connections: "
                "its queue is full",
        .headline = "the queue of {listener.owner} is full[: its process is "
                    "stopped{?listener_stopped}][: it has no descriptor left to accept connections "
                    "with{?listener_fds_full}{!listener_stopped}]",
        .explain =
            "The kernel makes connections on behalf of a listening program, and keeps them in a "
            "queue until the program takes them with accept(). How many may wait is what the "
            "program asked for with listen(), and at most net.core.somaxconn. When the queue is "
            "full the kernel drops requests without an answer (or resets connections, with "
            "net.ipv4.tcp_abort_on_overflow), so that connect() hangs and then times out.\n"
            "The queue is full because the server does not call accept(), or not often enough: it "
            "is stopped or hangs, it has no descriptor left (EMFILE), all of its workers are busy, "
            "or the queue is shorter than a usual burst of connections.",
        .rank = WR_RANK_SPECIFIC,
        .match = match_backlog_full,
        WR_CITES(WR_CITES_SILENT, WR_FACT_destination_local, WR_FACT_listener,
                 WR_FACT_accept_queue_full, WR_FACT_abort_on_overflow, WR_FACT_listen_overflows,
                 WR_FACT_netfilter_rules, WR_FACT_overflow_rises),
        .because = {"{listener}: {listener.queue} connections wait for accept(), more than the "
                    "{listener.queue_max} that it asked for with listen()",
                    "process {listener.pid} is stopped (state T){?listener_stopped}",
                    "process {listener.pid} has {listener_fd_open} descriptors open, and may have "
                    "{listener_fd_limit}{?listener_fds_full}",
                    "{listen_overflows} connections met a full queue in this network namespace so "
                    "far[, and each request that was sent again did{?overflow_rises}]"
                    "{?listen_overflows}",
                    "the kernel is told to reset connections that find no place "
                    "(net.ipv4.tcp_abort_on_overflow){?abort_on_overflow}",
                    UNANSWERED, "{destination.address} is an address of this machine", NAME_LED},
        .ruled_out = "the queue of {listener.owner} has room: {listener.queue} connections wait, "
                     "{listener.queue_max} may",
        .unknown = {{WR_FACT_filter_possible,
                     "whether a packet filter rule of this machine drops the "
                     "requests{!overflow_rises}",
                     "the rules were not examined", WR_SHOW_FILTER_RULES},
                    {WR_FACT_listen_overflows,
                     "whether the queue was full at the time{!accept_queue_full}",
                     "it is not now, and other connections met a full one",
                     "nstat -az TcpExtListenOverflows", .decides = true}},
        .fixes = {{"let the stopped process go on: fg in its shell, or continue in its "
                   "debugger{?listener_stopped}",
                   NULL},
                  {"see what takes up its descriptors, and raise the limit (ulimit -n, "
                   "LimitNOFILE= of its unit) if all are needed{?listener_fds_full}",
                   "sudo ls -l /proc/{listener.pid}/fd"},
                  {"see what the server does instead of calling accept()[; its unit is "
                   "{listener.unit}]",
                   "sudo strace -f -p {listener.pid}"},
                  {"if it only has bursts of connections, give it a longer queue: the number it "
                   "passes to listen(), and net.core.somaxconn",
                   "sysctl net.core.somaxconn; ss -ltn 'sport = :{destination.port}'"}},
    },
    {
        .id = "app-gave-up-early",
        .seen_as = "closed in SYN_SENT",
        .what = "the program's own time limit was shorter than one repeat of its request, or than "
                "the way there and back",
        .headline =
            "[the process ended after {elapsed_us.ms} ms{?gave_up_by_exit}][the program waited "
            "{elapsed_us.ms} ms{!gave_up_by_exit}][, too short for a request to be sent "
            "again{!destination_local}][, and its request had no answer{?destination_local}]",
        .explain =
            "The program started to connect and closed the socket (or ended, or had set a time "
            "limit on the socket) while the kernel was still trying. So the kernel had no error to "
            "give: what the program calls a timeout is its own.\n"
            "The kernel sends a request (SYN), and again after a second, and so on for about two "
            "minutes. One lost packet costs a second: a program that waits less fails for it, and "
            "so does one that waits less than the way there and back takes.",
        .rank = RANK_GAVE_UP,
        .match = match_gave_up,
        WR_CITES(WR_FACT_gave_up, WR_FACT_destination, WR_FACT_call, WR_CITES_ASKED_AGAIN,
                 WR_FACT_destination_local),
        .because = {UNANSWERED, "the kernel by itself tries for {kernel_waits_s} s",
                    "[connect() itself came back: the socket has a time limit for sending "
                    "(SO_SNDTIMEO){?gave_up_by_option}][the process ended while the connect was "
                    "under way{?gave_up_by_exit}][the program ended the try itself: "
                    "{door}(){!gave_up_by_option}{!gave_up_by_exit}]",
                    "{destination.address} is an address of this machine, which answers itself in "
                    "less than a millisecond: something drops the requests{?destination_local}",
                    "{listener}, {listener.queue} connections wait in its queue, "
                    "{listener.queue_max} may",
                    "the packets go to {next_hop.address}[ on {route_device}], which is in state "
                    "{next_hop_state}",
                    NAME_LED},
        .unknown = {{WR_FACT_destination,
                     "whether a packet filter drops the requests[ (on the way or on "
                     "{destination.address}){!destination_local}], or the answer was only late",
                     "silence looks the same in either case", ""},
                    {WR_FACT_destination,
                     "how far the requests get, and whether {destination.address} is "
                     "up{!destination_local}",
                     "that takes packets to it, which are sent only on demand", WR_CHECK_ACTIVE},
                    {WR_FACT_filter_possible,
                     "whether a packet filter rule of this machine drops the requests",
                     "the rules were not examined", WR_SHOW_FILTER_RULES}},
        .fixes = {{"give the program a longer time limit for connecting: 3 s and more outlast a "
                   "lost packet{!destination_local}",
                   NULL},
                  {"see whether an answer comes when there is more time",
                   "nc -vz -w 10 {destination.address} {destination.port}"}},
    },
    {
        .id = "tcp-connection-lost",
        .seen_as = "ETIMEDOUT, EHOSTUNREACH, ENETUNREACH on a connection that stood",
        .what = "a connection stood, and nothing was heard of the peer any more until the kernel "
                "gave it up",
        .headline = "the connection stood, and then nothing was heard of the peer any more[ for "
                    "{elapsed_us.s} s]: it went off, the way to it broke, or a firewall on the way "
                    "has dropped the connection",
        .explain =
            "The connection had come about. What was sent on it later was never acknowledged, "
            "though it was sent again and again, or the peer did not answer when the kernel asked "
            "whether it is still there (keepalive). After a while the kernel gives up: after about "
            "a quarter of an hour by itself (net.ipv4.tcp_retries2), or earlier where the program "
            "says so (TCP_USER_TIMEOUT).\n"
            "A peer whose program ended would say so, and one that was started anew answers with a "
            "reset. Silence means that the machine is off, that the way to it is broken, or that a "
            "firewall, NAT or load balancer on the way no longer knows the connection, because "
            "nothing passed on it for too long.",
        .rank = RANK_GAVE_UP,
        .match = match_lost,
        WR_CITES(WR_FACT_outcome),
        .because = {"the peer was heard the last time {elapsed_us.s} s before the kernel gave up",
                    "{unacknowledged_bytes} bytes were sent and never acknowledged[, with "
                    "{segments_again} segments sent again]{?unacknowledged_bytes}",
                    "nothing that was sent was left unacknowledged: the peer did not answer "
                    "keepalive probes{!unacknowledged_bytes}",
                    "the packets go to {next_hop.address}[ on {route_device}], which is in state "
                    "{next_hop_state}"},
        .unknown = {{WR_FACT_destination,
                     "whether {destination.address} is up, and how far packets get now",
                     "that takes packets to it, which are sent only on demand", WR_CHECK_ACTIVE}},
        .fixes = {{"see whether it can be reached again", "nc -vz -w 10 {destination.address} "
                                                          "{destination.port}"},
                  {"where this happens after a pause: let the connection be kept alive "
                   "(SO_KEEPALIVE), more often than the firewall forgets",
                   "sysctl net.ipv4.tcp_keepalive_time"}},
    },
    {0},
};
