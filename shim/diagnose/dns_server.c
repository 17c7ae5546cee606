/* SPDX-License-Identifier: MIT
 * Causes of failed lookups, by nameservers that do not answer. Rows and their match functions;
 * pure. */
#include <errno.h>

#include "diagnose/catalogue.h"
#include "diagnose/dns.h"

/* No socket takes what is sent to the address of this machine that resolv.conf names. */
static bool stub_is_down(const struct wr_evidence *ev)
{
    return wr_ev_absent(ev, WR_FACT_dns_stub_socket) &&
           wr_ev_false(ev, WR_FACT_dns_stub_redirected);
}

static enum wr_match match_port_closed(const struct wr_evidence *ev)
{
    if (!wr_dns_temporary(ev))
        return WR_MATCH_NO;
    if (wr_dns_nobody_asked(ev))
        return stub_is_down(ev) ? WR_MATCH_LIKELY : WR_MATCH_NO;
    if (!wr_dns_said(ev, WR_NS_PORT_CLOSED))
        return WR_MATCH_NO;
    return wr_ev_true(ev, WR_FACT_dns_agree) && wr_ev_true(ev, WR_FACT_dns_server_local) &&
                   stub_is_down(ev)
               ? WR_MATCH_CERTAIN
               : WR_MATCH_LIKELY;
}

/* The resolver waits for a second at least: an earlier end was none of silence. */
#define SECOND_US 900000u

static enum wr_match match_no_answer(const struct wr_evidence *ev)
{
    bool long_enough = wr_ev_uint(ev, WR_FACT_elapsed_us, 0) >= SECOND_US;

    if (!wr_dns_temporary(ev))
        return WR_MATCH_NO;
    if (wr_dns_nobody_asked(ev))
        return long_enough ? WR_MATCH_POSSIBLE : WR_MATCH_NO;
    if (wr_dns_said(ev, WR_NS_SILENT))
        return wr_ev_true(ev, WR_FACT_dns_agree) && wr_ev_true(ev, WR_FACT_dns_waited_out)
                   ? WR_MATCH_CERTAIN
               : long_enough ? WR_MATCH_LIKELY
                             : WR_MATCH_POSSIBLE;
    /* it answers now */
    return wr_dns_said(ev, WR_NS_ANSWER) || wr_dns_said(ev, WR_NS_NODATA) ||
                   wr_dns_said(ev, WR_NS_NXDOMAIN)
               ? WR_MATCH_POSSIBLE
               : WR_MATCH_NO;
}

static enum wr_match match_unreachable(const struct wr_evidence *ev)
{
    if (!wr_dns_temporary(ev))
        return WR_MATCH_NO;
    if (wr_dns_nobody_asked(ev))
        return wr_ev_has(ev, WR_FACT_dns_route_error) ? WR_MATCH_LIKELY : WR_MATCH_NO;
    if (!wr_dns_said(ev, WR_NS_UNREACHABLE) && !wr_dns_said(ev, WR_NS_DENIED))
        return WR_MATCH_NO;
    /* this machine's own word, and no packet was sent */
    return wr_ev_true(ev, WR_FACT_dns_agree) && wr_dns_said(ev, WR_NS_UNREACHABLE) &&
                   wr_ev_absent(ev, WR_FACT_dns_offender)
               ? WR_MATCH_CERTAIN
               : WR_MATCH_LIKELY;
}

const struct wr_cause wr_causes_dns_server[] = {
    {
        .id = "dns-server-refused-port",
        .seen_as = "EAI_AGAIN",
        .what = "the nameserver's port is closed: no nameserver runs there",
        .headline =
            "[nothing has UDP port 53 of nameserver {dns_stub.address}, which is this "
            "machine{!dns_stub_socket}[: {dns_stub_program} does not run]][port 53 of nameserver "
            "{dns_server.address} is closed{!dns_server_local}][, says "
            "{dns_offender.address}{?dns_offender_other}{!dns_server_local}][{dns_stub_socket."
            "owner} has UDP port 53 of nameserver {dns_stub.address}, which is this machine, but "
            "the question was refused{?dns_server_local}]",
        .explain =
            "resolv.conf names a nameserver, and the machine at that address says that nothing "
            "has UDP port 53. With 127.0.0.53 that is systemd-resolved, with 127.0.0.11 the one "
            "of a container engine, with 127.0.0.1 mostly dnsmasq, unbound or BIND: it does not "
            "run, or has not come up.\n"
            "A file that was copied into a container or chroot names an address of the machine "
            "outside, which is another one inside. A packet filter can be told to answer in the "
            "same way.",
        .rank = WR_RANK_SPECIFIC + 2,
        .match = match_port_closed,
        WR_CITES(WR_FACT_lookup_error, WR_FACT_dns_outcome, WR_FACT_dns_agree,
                 WR_FACT_dns_server_local, WR_FACT_dns_stub_socket, WR_FACT_dns_stub_redirected),
        .because = {"asked again: {dns_each}",
                    "no socket has UDP port 53 of {dns_stub.address}{!dns_stub_socket}",
                    "{dns_stub_socket}; it may have come up since",
                    "{dns_offender.address} sent the ICMP error, not the nameserver"
                    "{?dns_offender_other}"},
        .unknown = {{WR_FACT_dns_server,
                     "whether {dns_server.address} itself or a packet filter on the way "
                     "refused{!dns_server_local}",
                     "", "dig @{dns_server.address} {dns_name}"},
                    {WR_FACT_dns_stub_redirected,
                     "whether the rules that lead {dns_stub.address} to the container engine are "
                     "there",
                     "they were not examined", WR_SHOW_FILTER_RULES}},
        .fixes = {{"start {dns_stub_program}{!dns_stub_socket}",
                   "sudo systemctl start {dns_stub_unit}"},
                  {"see why it does not run{!dns_stub_socket}",
                   "systemctl status {dns_stub_unit}; journalctl -u {dns_stub_unit}"},
                  {"see on {dns_server.address} whether its nameserver runs, and at which "
                   "addresses{!dns_server_local}",
                   "ss -lunp"},
                  {"name a nameserver in /etc/resolv.conf that runs", NULL}},
    },
    {
        .id = "dns-server-no-answer",
        .seen_as = "EAI_AGAIN",
        .what = "the nameserver does not answer",
        .headline =
            "[nameserver {dns_server.address} does not "
            "answer{?dns_outcome=9}{?dns_asked=1}][no nameserver "
            "answers{?dns_outcome=9}{!dns_asked=1}][ (by way of {dns_route_gateway.address}, "
            "{dns_route_device}{?dns_outcome=9})][nameserver {dns_server.address} answers now, "
            "after {dns_answer_us.ms} ms, but did not help the program{!dns_outcome=9}][no "
            "nameserver answered within {elapsed_us.s} s{!dns_asked}]",
        .explain =
            "The resolver sends its question, waits (5 s, `options timeout`), and tries again "
            "(twice, `options attempts`) with each nameserver of resolv.conf. Nothing came back: "
            "the nameserver is down, a packet filter swallows the question or the answer, or the "
            "way there or back is lost - over a VPN that ended, for instance.\n"
            "Silence of one server of several costs these seconds with every lookup, and is worth "
            "mending even where the others answer.",
        .rank = WR_RANK_SPECIFIC,
        .match = match_no_answer,
        WR_CITES(WR_FACT_lookup_error, WR_FACT_elapsed_us, WR_FACT_dns_outcome, WR_FACT_dns_agree,
                 WR_FACT_dns_waited_out),
        .because = {"asked again: {dns_each}",
                    "the lookup took {elapsed_us.s} s[; our own question was waited for "
                    "{dns_waited_us.ms} ms]",
                    "{resolv_fourth.address} is named as well, but never asked: the resolver takes "
                    "three at most",
                    "the way to {dns_first_server.address} leads over {dns_route_device}[, by way "
                    "of {dns_route_gateway.address}]"},
        .unknown = {{WR_FACT_lookup_error, "which nameserver does not answer{!dns_asked}",
                     WR_DNS_NOT_ASKED, "dig @{dns_first_server.address} {asked_name}"},
                    {WR_FACT_dns_asked,
                     "whether the question or the answer is lost, and where{?dns_outcome=9}", "",
                     "dig @{dns_server.address} {dns_name}; sudo traceroute -n -U -p 53 "
                     "{dns_server.address}"}},
        .fixes = {{"see that {dns_server.address} is up and can be reached{?dns_outcome=9}",
                   "dig @{dns_server.address} {dns_name}"},
                  {"name a nameserver in /etc/resolv.conf that answers{?dns_outcome=9}", NULL},
                  {"try again{!dns_outcome=9}", "dig @{dns_server.address} {dns_name}"}},
    },
    {
        .id = "dns-server-unreachable",
        .seen_as = "EAI_AGAIN",
        .what = "there is no way to the nameserver",
        .headline =
            "[the question to nameserver {dns_server.address} met {dns_error} "
            "({dns_error.text}){!dns_outcome=12}][, says {dns_offender.address}][a packet filter "
            "of this machine does not let the question to nameserver {dns_server.address} out "
            "({dns_error}){?dns_outcome=12}][this machine has no way to nameserver "
            "{dns_first_server.address} ({dns_route_error}){!dns_asked}]",
        .explain =
            "The kernel knows no way to the address of the nameserver, or one on the way says "
            "that it cannot be reached: the network is not up (yet), a VPN has ended and left "
            "its nameserver in resolv.conf, or the container has no network.\n"
            "EPERM is a packet filter of this machine that keeps the question from being sent.",
        .rank = WR_RANK_SPECIFIC + 1,
        .match = match_unreachable,
        WR_CITES(WR_FACT_lookup_error, WR_FACT_dns_outcome, WR_FACT_dns_agree, WR_FACT_dns_offender,
                 WR_FACT_dns_route_error),
        .because = {"asked again: {dns_each}",
                    "the kernel has no way to {dns_first_server.address}: {dns_route_error}",
                    "{dns_offender.address} sent an ICMP error"},
        .unknown = {{WR_FACT_lookup_error,
                     "whether the other nameservers can be reached{!dns_asked}", WR_DNS_NOT_ASKED,
                     "dig {asked_name}"}},
        .fixes = {{"bring the network or the VPN up that leads to {dns_server.address}, or name "
                   "another nameserver in /etc/resolv.conf",
                   "ip route get {dns_server.address}"},
                  {"look for the rule that denies it{?dns_outcome=12}", WR_SHOW_FILTER_RULES}},
    },
    {0},
};
