/* SPDX-License-Identifier: MIT
 * Causes that are told by what was said on a connection that stood: closed without a word, turned
 * down, another protocol, oneself. Rows and their match functions; pure. */
#include <netinet/in.h>
#include <string.h>

#include "diagnose/catalogue.h"
#include "whyrefused/faults.h"

static bool was_closed(const struct wr_evidence *ev)
{
    return wr_ev_text_is(ev, WR_FACT_outcome, "closed");
}

static bool was_answered(const struct wr_evidence *ev)
{
    return wr_ev_text_is(ev, WR_FACT_outcome, "answered");
}

static bool same_endpoint(const struct wr_addr *a, const struct wr_addr *b)
{
    return a->family == b->family && a->port == b->port &&
           memcmp(a->bytes, b->bytes, a->family == AF_INET ? 4 : 16) == 0;
}

static enum wr_match match_self(const struct wr_evidence *ev)
{
    const struct wr_addr *source, *destination;

    if (!wr_ev_text_is(ev, WR_FACT_outcome, "self"))
        return WR_MATCH_NO;
    source = wr_ev_addr(ev, WR_FACT_source);
    destination = wr_ev_addr(ev, WR_FACT_destination);
    return source != NULL && destination != NULL && same_endpoint(source, destination)
               ? WR_MATCH_CERTAIN
               : WR_MATCH_LIKELY;
}

/* What the server itself says can't be wrong about who says it. */
static enum wr_match match_app(const struct wr_evidence *ev)
{
    if (!was_answered(ev))
        return WR_MATCH_NO;
    return wr_ev_true(ev, WR_FACT_heard_denial) ? WR_MATCH_CERTAIN : WR_MATCH_NO;
}

/* Closed without a word by a server that is for something else than what it was sent. */
static enum wr_match match_protocol(const struct wr_evidence *ev)
{
    if (was_answered(ev))
        return wr_ev_true(ev, WR_FACT_heard_other_protocol) ? WR_MATCH_CERTAIN : WR_MATCH_NO;
    if (!was_closed(ev))
        return WR_MATCH_NO;
    if (wr_ev_true(ev, WR_FACT_usual_differs))
        return WR_MATCH_LIKELY;
    return wr_ev_false(ev, WR_FACT_usual_differs) && wr_ev_has(ev, WR_FACT_usual_protocol) &&
                   wr_ev_has(ev, WR_FACT_sent_protocol)
               ? WR_MATCH_RULED_OUT
               : WR_MATCH_NO;
}

/* A server that could ask the rules may not be told to: never certain. */
static enum wr_match match_wrappers(const struct wr_evidence *ev)
{
    if (!was_closed(ev) && !(was_answered(ev) && wr_ev_true(ev, WR_FACT_denial_reasonless)))
        return WR_MATCH_NO;
    if (wr_ev_false(ev, WR_FACT_wrappers_linked) || wr_ev_false(ev, WR_FACT_wrappers_deny))
        return WR_MATCH_RULED_OUT;
    if (!wr_ev_true(ev, WR_FACT_wrappers_deny))
        return WR_MATCH_NO;
    if (!wr_ev_true(ev, WR_FACT_wrappers_linked))
        return WR_MATCH_UNKNOWN;
    return wr_ev_false(ev, WR_FACT_wrappers_unsure) ? WR_MATCH_LIKELY : WR_MATCH_POSSIBLE;
}

static enum wr_match match_closed(const struct wr_evidence *ev)
{
    /* a handshake that was closed is another matter: tls_end.c */
    return was_closed(ev) && !wr_ev_text_is(ev, WR_FACT_call, "tls-handshake") ? WR_MATCH_LIKELY
                                                                               : WR_MATCH_NO;
}

#define RANK_CLOSED WR_RANK_SYMPTOM
#define RANK_PROTOCOL (WR_RANK_SPECIFIC + 1)
#define RANK_APP WR_RANK_SPECIFIC
#define RANK_WRAPPERS (WR_RANK_SPECIFIC + 2)

#define TAKEN_BY "{listener} took the connection"

const struct wr_cause wr_causes_tcp_peer[] = {
    {
        .id = "tcp-self-connect",
        .seen_as = "success",
        .what = "the program connected to itself: client and server are the same socket",
        .headline = "nothing listens there; the kernel gave the client's socket the very port that "
                    "it dialled, {destination.port}, and so it is connected to itself",
        .explain =
            "Two sockets that dial each other at the same time become one connection (RFC 9293 "
            "section 3.5), and a socket that dials the port which the kernel has just chosen for "
            "it meets itself. connect() succeeds, and the program reads what it writes.\n"
            "It happens to programs that try again and again to reach a server of this machine "
            "that is down, at a port of the range that the kernel takes client ports from "
            "(net.ipv4.ip_local_port_range). While the socket is open the server can't have the "
            "port.",
        .rank = WR_RANK_SPECIFIC,
        .match = match_self,
        WR_CITES(WR_FACT_outcome, WR_FACT_source, WR_FACT_destination),
        .because = {"both ends of the connection are {source}",
                    "port {destination.port} is in the range that the kernel chooses client ports "
                    "from, {self_range_first} to {self_range_last}{?self_in_range}"},
        .fixes = {{"start the server that should have port {destination.port}; the socket that is "
                   "connected to itself has to be closed first",
                   NULL},
                  {"let the server have a port outside of {self_range_first} to "
                   "{self_range_last}, or reserve this one{?self_in_range}",
                   "sudo sysctl -w net.ipv4.ip_local_reserved_ports={destination.port}"},
                  {"let the program compare getsockname() with getpeername() after connect(), "
                   "close the socket where they are equal, and try again",
                   NULL}},
    },
    {
        .id = "tcp-wrappers-denied",
        .seen_as = "end of file, ECONNRESET, 421",
        .what = "TCP wrappers: /etc/hosts.deny or hosts.allow shuts this client out",
        .headline = "TCP wrappers shut this client out: {wrappers_file} line {wrappers_line}[ "
                    "(for {wrappers_daemon})]",
        .explain =
            "Some servers (sshd on many systems, vsftpd, stunnel, and all that tcpd starts for "
            "inetd) ask the rules of hosts_access(5) after they have taken a connection: the first "
            "line that matches server and client in /etc/hosts.allow lets it in, else the first "
            "one in /etc/hosts.deny shuts it out, else it is let in. Who is shut out sees the "
            "connection closed or reset, at once or after some seconds.\n"
            "A rule that names hosts instead of addresses hangs on name resolution, which is not "
            "repeated here.",
        .rank = RANK_WRAPPERS,
        .match = match_wrappers,
        WR_CITES(WR_FACT_outcome, WR_FACT_denial_reasonless, WR_FACT_wrappers_linked,
                 WR_FACT_wrappers_deny, WR_FACT_wrappers_unsure),
        .because = {"{wrappers_file} line {wrappers_line} says: {wrappers_rule}{?wrappers_deny}",
                    "[{wrappers_daemon}][the server{!wrappers_daemon}] asks these rules "
                    "(libwrap){?wrappers_linked}",
                    TAKEN_BY, "the peer said: {heard_text}{?heard_denial}"},
        .ruled_out = "[the server at {destination} does not ask TCP wrappers{!wrappers_linked}]"
                     "[the rules of hosts.allow and hosts.deny let this client in"
                     "{!wrappers_deny}{?wrappers_linked}]",
        .unknown = {{WR_FACT_wrappers_unsure,
                     "whether a rule before it lets this client in{?wrappers_deny}",
                     "it hangs on a name or a user[, {wrappers_daemon} is asked for]",
                     "tcpdmatch {wrappers_daemon} {source.address}"},
                    {WR_FACT_wrappers_deny,
                     "whether the server is told to ask the rules{?wrappers_linked}",
                     "vsftpd and stunnel have a setting for it; sshd and tcpd always ask", ""}},
        .fixes = {{"let this client in: put this line at the top of /etc/hosts.allow: "
                   "[{wrappers_daemon}][DAEMON{!wrappers_daemon}]: {source.address}"
                   "{?dialled_ip_version=4}",
                   NULL},
                  {"let this client in: put this line at the top of /etc/hosts.allow: "
                   "[{wrappers_daemon}][DAEMON{!wrappers_daemon}]: [[{source.address}]"
                   "{?dialled_ip_version=6}",
                   NULL},
                  {"to see what the rules say", "tcpdmatch {wrappers_daemon} {source.address}"}},
    },
    {
        .id = "tcp-protocol-mismatch",
        .seen_as = "EOF, ECONNRESET, garbage",
        .what = "the peer speaks another protocol than the program",
        .headline =
            "[the program speaks {sent_protocol}, the server at {destination} "
            "{heard_protocol}{?heard_other_protocol}]"
            "[the program sent {sent_protocol} to a server of {usual_protocol}, which closed the "
            "connection without an answer{!heard_other_protocol}{?usual_differs}]",
        .explain =
            "The first bytes of nearly every protocol tell which one it is. Here those that the "
            "program sent and those that came back are of different ones; or the server, which is "
            "for another protocol, closed the connection without a word.\n"
            "Mostly the port is wrong, or one side uses TLS and the other does not: http:// for "
            "a port that wants https://, or the reverse. Servers of mail, files and databases "
            "often begin in plain text and change to TLS when asked (STARTTLS): there the program "
            "has to be told so.",
        .rank = RANK_PROTOCOL,
        .match = match_protocol,
        WR_CITES(WR_FACT_outcome, WR_FACT_heard_other_protocol, WR_FACT_usual_differs,
                 WR_FACT_usual_protocol, WR_FACT_sent_protocol),
        .because = {"the first bytes that the program sent are {sent_protocol}",
                    "the first bytes that came back are {heard_protocol}[: {heard_text}]",
                    "no byte came back, and the usual protocol of [{listener.program}]"
                    "[port {destination.port}{!listener}] is {usual_protocol}{?usual_differs}",
                    TAKEN_BY},
        .ruled_out = "the program spoke {usual_protocol}, the usual protocol of that server",
        .unknown = {{WR_FACT_usual_differs, "why the server closed the connection",
                     "it sent nothing", ""}},
        .fixes = {{"use https:// (TLS), or the port on which the server speaks plain HTTP"
                   "{?mismatch_advice=2}",
                   NULL},
                  {"use http:// (no TLS), or the port on which the server speaks TLS"
                   "{?mismatch_advice=3}",
                   NULL},
                  {"{heard_protocol} begins without TLS there: have the program ask for it "
                   "(STARTTLS, sslmode) instead of beginning with it, or use the server's port "
                   "for TLS{?mismatch_advice=4}",
                   NULL},
                  {"check host and port, {destination.port}: the server there is one for "
                   "[{heard_protocol}][{usual_protocol}{!heard_protocol}]",
                   NULL}},
    },
    {
        .id = "tcp-app-denied",
        .seen_as = "closed after a banner",
        .what = "the server says in its first bytes why it does not want this connection",
        .headline = "the {heard_protocol} server says no[: {heard_text}][: code "
                    "{denial_code}{!heard_text}]",
        .explain =
            "The connection came about, and the first thing that the server says turns it down: "
            "too many connections, no rule for this client's address, a server that is starting, "
            "a proxy that may not or can't lead to the destination. Programs often pass on a part "
            "of this only, or none.\n"
            "Whom to ask is whoever runs that server: it works, and decided so. A wrong password "
            "or a page that is not there is not meant by this: those are answers to a request.",
        .rank = RANK_APP,
        .match = match_app,
        WR_CITES(WR_FACT_outcome, WR_FACT_heard_denial),
        .because = {"the server's first words: {heard_text}[ ({heard_protocol}"
                    "[, {denial_code}])]",
                    "its first bytes are {heard_protocol}[, code {denial_code}]{!heard_text}",
                    TAKEN_BY, "it answered after {connected_us.ms} ms"},
        .fixes =
            {{"[wait until others have closed theirs, have programs close connections or share "
              "them in a pool, or raise the server's limit{?denial_advice=1}]"
              "[try again when the server has started{?denial_advice=2}]"
              "[have the program encrypt the connection: the server takes no other"
              "{?denial_advice=3}]",
              NULL},
             {"[in the database server: CREATE USER 'NAME'@'[{source.address}]' ..., as it has no "
              "account for clients at that address{?denial_advice=4}]"
              "[in the database server: FLUSH HOSTS, which forgets the broken connections from "
              "this address; then find what makes them{?denial_advice=5}]"
              "[add a line for user, database and [{source.address}] to the server's pg_hba.conf, "
              "then reload it (SELECT pg_reload_conf()); where it says \"no encryption\", "
              "sslmode=require may do{?denial_advice=6}]",
              NULL},
             {"[set a password in redis.conf (requirepass, or an ACL user), and give it to the "
              "program; or connect over the loopback interface{?denial_advice=7}]"
              "[wait for the logins under way, or raise MaxStartups in sshd_config"
              "{?denial_advice=8}]",
              NULL},
             {"[give the program the proxy's user name and password{?denial_advice=9}]"
              "[ask whoever runs the proxy to let this destination and port through, or go without "
              "it (no_proxy) where that is possible{?denial_advice=10}]"
              "[the proxy did not get through to the destination: try the destination from the "
              "proxy's machine{?denial_advice=11}]",
              NULL}},
    },
    {
        .id = "tcp-accepted-then-closed",
        .seen_as = "ECONNRESET/EOF before any byte",
        .what = "the connection was taken and then closed without a word: a proxy without a "
                "backend, a limit, an address list",
        .headline =
            "[{listener.owner}][the peer{!listener}] took the connection and "
            "[reset{?closed_by_reset}][closed{!closed_by_reset}] it without a word"
            "[; it publishes a container's port, and nothing answers in the container"
            "{?forwarder=1}][; it is the end of an ssh tunnel, whose other end reaches nobody"
            "{?forwarder=2}][; it forwards to a pod, where nothing answers{?forwarder=3}]"
            "[; it passes connections on, and reaches nobody{?forwarder=4}]",
        .explain =
            "A TCP connection came about, so something listens; and it ended before the peer had "
            "sent a byte. Usual reasons: a program that passes connections on (a published "
            "container port, an ssh tunnel, a load balancer) and finds nobody at the other end; a "
            "server that reached its limit of connections; a list of addresses that may connect; "
            "a server that waited for another protocol; a server that crashed on the request.\n"
            "In a container the service mostly listens on 127.0.0.1, which nobody outside of it "
            "reaches: it has to listen on 0.0.0.0.",
        .rank = RANK_CLOSED,
        .match = match_closed,
        WR_CITES(WR_FACT_outcome, WR_FACT_call),
        .because = {"the connection was established and ended [{connected_us.ms} ms later ]with "
                    "[a reset{?closed_by_reset}][end of file{!closed_by_reset}]; no byte came "
                    "from the peer",
                    "the program had sent [{sent_protocol}][something{!sent_protocol}]"
                    "{?sent_any}",
                    "the program had sent nothing yet{!sent_any}",
                    "the program had ended its own side before{?closed_own_side}", TAKEN_BY},
        .unknown = {{WR_FACT_outcome, "why the peer closed it", "it did not say; its log may",
                     "[sudo journalctl -u {listener.unit} -n 50]"}},
        .fixes = {{"in the container, let the service listen on 0.0.0.0 and on the port that is "
                   "published, and see that it runs{?forwarder=1}",
                   "docker ps"},
                  {"see at the other end of the tunnel or relay that the service runs and is "
                   "reached from there{?forwarder}{!forwarder=1}",
                   NULL},
                  {"look into the log of [{listener.owner}][the server at "
                   "{destination}{!listener}]: it took the connection and knows why it ended it",
                   NULL},
                  {"check whether it is at its limit of connections, or keeps a list of the "
                   "addresses that may connect",
                   NULL}},
    },
    {0},
};
