/* SPDX-License-Identifier: MIT
 * Causes of failures: AF_UNIX sockets, where the path or name is right. Rows and their match
 * functions; pure. */
#include <sys/socket.h>

#include "diagnose/unix.h"

#define STATE_BOUND 13 /* of struct wr_sock */

#define TYPE_WORDS(fact) "[stream{?" fact "=1}][datagram{?" fact "=2}][seqpacket{?" fact "=5}]"

/* A socket of the path or name in another network namespace; the process is only one of it. */
#define IN_OTHER_NETNS                                         \
    "in the network namespace of [{unix_netns_program} (]pid " \
    "{unix_netns_pid}[){?unix_netns_program}]"

static bool other_type(const struct wr_evidence *ev)
{
    return wr_ev_has(ev, WR_FACT_unix_holder_type) && wr_ev_has(ev, WR_FACT_socket_type) &&
           !wr_ev_is(ev, WR_FACT_unix_holder_type, wr_ev_uint(ev, WR_FACT_socket_type, 0));
}

static enum wr_match match_stale(const struct wr_evidence *ev)
{
    if (!wr_unix_refused(ev) || !wr_unix_is_socket(ev))
        return WR_MATCH_NO;
    if (wr_ev_true(ev, WR_FACT_unix_held))
        return WR_MATCH_RULED_OUT;
    if (wr_ev_false(ev, WR_FACT_unix_held))
        return WR_MATCH_CERTAIN;
    /* unix_diag shows this network namespace only, and paths reach across namespaces. */
    return wr_ev_absent(ev, WR_FACT_unix_holder) ? WR_MATCH_LIKELY : WR_MATCH_UNKNOWN;
}

static enum wr_match match_wrong_type(const struct wr_evidence *ev)
{
    if (!wr_ev_known(ev, WR_FACT_unix_path))
        return WR_MATCH_NO;
    if (wr_unix_failed_with(ev, EPROTOTYPE))
        return other_type(ev) ? WR_MATCH_CERTAIN : WR_MATCH_LIKELY;
    /* Abstract names of different types are different names. */
    if (!wr_unix_failed_with(ev, ECONNREFUSED) || !wr_ev_true(ev, WR_FACT_unix_abstract))
        return WR_MATCH_NO;
    return other_type(ev) ? WR_MATCH_CERTAIN : WR_MATCH_NO;
}

static enum wr_match match_not_listening(const struct wr_evidence *ev)
{
    const struct wr_sock *holder = wr_ev_sock(ev, WR_FACT_unix_holder);

    if (!wr_unix_refused(ev))
        return WR_MATCH_NO;
    if (wr_ev_is(ev, WR_FACT_socket_type, SOCK_DGRAM))
        return WR_MATCH_NO; /* datagram sockets do not listen */
    if (wr_ev_false(ev, WR_FACT_unix_held))
        return WR_MATCH_RULED_OUT;
    if (other_type(ev))
        return WR_MATCH_NO;
    if (holder == NULL)
        return wr_ev_true(ev, WR_FACT_unix_held) ? WR_MATCH_LIKELY : WR_MATCH_NO;
    if (holder->state == STATE_BOUND)
        return WR_MATCH_CERTAIN;
    /* Refused, and yet it listens: it was shut down, or began to listen only just now. */
    return wr_ev_true(ev, WR_FACT_unix_holder_shutdown) ? WR_MATCH_CERTAIN : WR_MATCH_LIKELY;
}

static enum wr_match match_backlog_full(const struct wr_evidence *ev)
{
    if (!wr_unix_failed_with(ev, EAGAIN) || !wr_ev_known(ev, WR_FACT_unix_path) ||
        !wr_ev_text_is(ev, WR_FACT_call, "connect"))
        return WR_MATCH_NO;
    return wr_ev_true(ev, WR_FACT_unix_queue_full) ? WR_MATCH_CERTAIN : WR_MATCH_LIKELY;
}

static enum wr_match match_abstract_missing(const struct wr_evidence *ev)
{
    if (!wr_unix_refused(ev) || !wr_ev_true(ev, WR_FACT_unix_abstract))
        return WR_MATCH_NO;
    if (wr_ev_has(ev, WR_FACT_unix_holder))
        return WR_MATCH_RULED_OUT;
    return wr_ev_absent(ev, WR_FACT_unix_holder) ? WR_MATCH_CERTAIN : WR_MATCH_LIKELY;
}

const struct wr_cause wr_causes_unix_socket[] = {
    {
        .id = "unix-wrong-type",
        .seen_as = "EPROTOTYPE, ECONNREFUSED",
        .what = "the socket there has another type: stream, datagram or seqpacket",
        .headline = "the socket there is of another type[: the program's is a " TYPE_WORDS(
            "socket_type") " socket, the server's a " TYPE_WORDS("unix_holder_type") " socket"
                                                                                     "{?socket_"
                                                                                     "type}{?unix_"
                                                                                     "holder_type}"
                                                                                     "]",
        .explain = "AF_UNIX sockets come in three types, and both ends must have the same. A "
                   "datagram socket (as syslog's /dev/log) can't be reached with a stream socket, "
                   "nor the reverse.",
        .rank = WR_RANK_SPECIFIC,
        .match = match_wrong_type,
        WR_CITES(WR_FACT_error, WR_FACT_unix_path, WR_FACT_unix_abstract, WR_FACT_unix_holder_type,
                 WR_FACT_socket_type),
        .because = {"the program's socket is of type " TYPE_WORDS("socket_type") "{?socket_type}",
                    "the socket at {unix_path} is of type " TYPE_WORDS(
                        "unix_holder_type") "{?unix_holder_type}"
                                            "[: {unix_holder.owner}]"},
        .fixes = {{"open the socket as SOCK_STREAM, or tell the program to{?unix_holder_type=1}",
                   NULL},
                  {"open the socket as SOCK_DGRAM, or tell the program to{?unix_holder_type=2}",
                   NULL},
                  {"open the socket as SOCK_SEQPACKET, or tell the program to"
                   "{?unix_holder_type=5}",
                   NULL}},
    },
    {
        .id = "unix-not-listening",
        .seen_as = "ECONNREFUSED",
        .what = "a socket is bound to the path or name, and does not listen",
        .headline = "the socket at {unix_path} does not listen[: it was shut down"
                    "{?unix_holder_shutdown}]",
        .explain =
            "A server has bound its socket to this path or name, and has not called "
            "listen() yet, or has shut the socket down. A server that is still starting "
            "shows this for a moment; one that stays so is stuck before listen(), or it is a "
            "client that bound its own end there.",
        .rank = WR_RANK_SPECIFIC,
        .match = match_not_listening,
        WR_CITES(WR_FACT_error, WR_FACT_unix_path, WR_FACT_socket_type, WR_FACT_unix_held,
                 WR_FACT_unix_holder, WR_FACT_unix_holder_type, WR_FACT_unix_holder_shutdown),
        .because = {"a socket is bound to {unix_path}[: {unix_holder.owner}]{?unix_held}",
                    "it was shut down: it takes no connections any more{?unix_holder_shutdown}",
                    "a connect with a socket of another type was answered EPROTOTYPE, which tells "
                    "that a socket has the file, in another network namespace{!unix_holder}"
                    "{?unix_held}",
                    "it is a socket " IN_OTHER_NETNS},
        .ruled_out = "no socket has the file",
        .fixes = {{"wait until the server listens, and look into its log where it does not",
                   "journalctl -u {unix_holder.unit}"},
                  {"see the sockets at that path", "ss -xa src {unix_path}"}},
    },
    {
        .id = "unix-backlog-full",
        .seen_as = "EAGAIN",
        .what = "the queue of connections that wait to be accepted is full",
        .headline = "the queue of connections that wait for accept() is full[: "
                    "{unix_holder.queue} wait, listen() asked for {unix_holder.queue_max}"
                    "{?unix_queue_full}]",
        .explain = "The server listens, but does not accept connections as fast as they come. A "
                   "non-blocking connect() then fails with EAGAIN, as does a blocking one when "
                   "SO_SNDTIMEO runs out; without a timeout it would wait for as long as it takes. "
                   "The length of the queue is the number that the server gave listen(), at most "
                   "net.core.somaxconn.",
        .rank = WR_RANK_SPECIFIC,
        .match = match_backlog_full,
        WR_CITES(WR_FACT_error, WR_FACT_unix_path, WR_FACT_call, WR_FACT_unix_queue_full),
        .because = {"{unix_holder.queue} connections wait to be accepted, and listen() asked for a "
                    "queue of {unix_holder.queue_max}[: {unix_holder.owner}]{?unix_queue_full}",
                    "connect() on an AF_UNIX socket answers EAGAIN for no other reason",
                    "the queue has room again now{!unix_queue_full}",
                    "the socket is one " IN_OTHER_NETNS},
        .fixes = {{"see why the server does not accept: it is busy, stuck, or stopped",
                   "ss -lx src {unix_path}"},
                  {"let the server call listen() with a longer queue (net.core.somaxconn is the "
                   "upper bound)",
                   "sysctl net.core.somaxconn"},
                  {"let the program try again after a pause, or connect in blocking mode", NULL}},
    },
    {
        .id = "unix-stale-socket",
        .seen_as = "ECONNREFUSED",
        .what = "the socket file was left behind: no socket has it",
        .headline = "{unix_path} is the file of a socket that is gone",
        .explain =
            "A socket file stays when its server ends without removing it. Nobody listens on "
            "it any more: the server has crashed, was stopped, or has made its socket anew "
            "on another file. It will have to be started again.",
        .rank = WR_RANK_SYMPTOM + 10,
        .match = match_stale,
        WR_CITES(WR_FACT_error, WR_FACT_unix_path, WR_FACT_unix_file_type, WR_FACT_unix_held,
                 WR_FACT_unix_holder),
        .because = {"{unix_path} is a socket file, and no socket has it{!unix_held}",
                    "no socket of this network namespace has the file {unix_path}{!unix_holder}",
                    "a socket that was bound to this path still listens[: {unix_lost.owner}]: its "
                    "file has been replaced{?unix_lost}",
                    "this is the socket of {unix_daemon}[, made by {unix_unit}]"},
        .ruled_out = "a socket has the file",
        .unknown = {{WR_FACT_unix_held,
                     "whether a socket of another network namespace has the file",
                     "the probes were limited, or the time ran out", "sudo lsof {unix_path}",
                     .decides = true}},
        .fixes = {WR_UNIX_START_IT,
                  {"start the server again; where it says that the address is in use, remove the "
                   "file first",
                   "ls -l {unix_path}"}},
    },
    {
        .id = "unix-abstract-missing",
        .seen_as = "ECONNREFUSED",
        .what = "no socket has the abstract name in this network namespace",
        .headline = "no socket has the abstract name {unix_path} in this network namespace",
        .explain =
            "A name in the abstract namespace has no file. It exists while a socket is bound "
            "to it, and only in the network namespace of that socket: a container with a "
            "network of its own does not see the names of the host.\n"
            "Every byte of the name counts, NULs at the end included: a program that passes "
            "sizeof(struct sockaddr_un) as the length asks for another name than one that "
            "passes the length of the name.",
        .rank = WR_RANK_SYMPTOM,
        .match = match_abstract_missing,
        WR_CITES(WR_FACT_error, WR_FACT_unix_path, WR_FACT_unix_abstract, WR_FACT_unix_holder),
        .because = {"no socket of this network namespace has the name {unix_path}{!unix_holder}",
                    "a socket has this name, and listens, " IN_OTHER_NETNS "{?unix_netns_listens}",
                    "a socket has this name with another number of NULs at its end"
                    "{?unix_near_name}",
                    "the name that the program passed ends in {unix_padding} NULs, which belong to "
                    "it{?unix_padding}",
                    "this is the socket of {unix_daemon}"},
        .ruled_out = "a socket has the name[: {unix_holder.owner}]",
        .fixes = {{"pass the length of the name, not of the whole structure: "
                   "offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name)"
                   "{?unix_near_name}{?unix_padding}",
                   NULL},
                  {"bind and connect with the same length of the name{?unix_near_name}"
                   "{!unix_padding}",
                   NULL},
                  {"start the server, in the same network namespace", "ss -lx"},
                  {"between containers use a socket with a path, on a volume that both have",
                   NULL}},
    },
    {0},
};
