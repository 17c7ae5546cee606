/* SPDX-License-Identifier: MIT
 * Causes of lookups that fail: the name, the hints, and the files that a lookup goes by. Rows and
 * match functions; pure. */
#include <errno.h>

#include "diagnose/catalogue.h"
#include "whyrefused/faults.h"

static bool ended(const struct wr_evidence *ev, const char *error)
{
    return wr_ev_text_is(ev, WR_FACT_lookup_error, error);
}

/* A name that is none is asked of nobody, or nobody knows it. Where nobody could be asked
 * (EAI_AGAIN) it would have been no better. */
static enum wr_match match_not_a_hostname(const struct wr_evidence *ev)
{
    uint64_t fault = wr_ev_uint(ev, WR_FACT_name_fault, WR_NAME_FINE);

    if (fault == WR_NAME_FINE)
        return WR_MATCH_NO;
    if (ended(ev, "EAI_NONAME"))
        return fault == WR_NAME_WORD || fault == WR_NAME_NOT_ASCII ? WR_MATCH_LIKELY
                                                                   : WR_MATCH_CERTAIN;
    return ended(ev, "EAI_AGAIN") || ended(ev, "EAI_FAIL") || ended(ev, "EAI_NODATA") ||
                   ended(ev, "EAI_ADDRFAMILY")
               ? WR_MATCH_LIKELY
               : WR_MATCH_NO;
}

static enum wr_match match_addrconfig(const struct wr_evidence *ev)
{
    uint64_t fault = wr_ev_uint(ev, WR_FACT_hint_fault, 0);

    if (fault == 0)
        return WR_MATCH_NO;
    return fault == WR_HINT_HOSTS_FAMILY ? WR_MATCH_LIKELY : WR_MATCH_CERTAIN;
}

/* Services can come from other sources than the file (nsswitch.conf), none of which has it. */
static enum wr_match match_unknown_service(const struct wr_evidence *ev)
{
    if (!ended(ev, "EAI_SERVICE"))
        return WR_MATCH_NO;
    return wr_ev_known(ev, WR_FACT_asked_service) && (wr_ev_true(ev, WR_FACT_services_missing) ||
                                                      wr_ev_known(ev, WR_FACT_service_line))
               ? WR_MATCH_CERTAIN
               : WR_MATCH_LIKELY;
}

/* Without a descriptor the files that say where names are looked up can't be read: the lookup says
 * EAI_NONAME then, and gives no errno. */
static enum wr_match match_system(const struct wr_evidence *ev)
{
    bool full = wr_ev_has(ev, WR_FACT_fd_limit) && wr_ev_has(ev, WR_FACT_fd_open) &&
                wr_ev_uint(ev, WR_FACT_fd_open, 0) >= wr_ev_uint(ev, WR_FACT_fd_limit, 0);

    if (ended(ev, "EAI_MEMORY"))
        return WR_MATCH_CERTAIN;
    if (full && (ended(ev, "EAI_NONAME") || ended(ev, "EAI_AGAIN") || ended(ev, "EAI_SERVICE")))
        return WR_MATCH_LIKELY;
    if (!ended(ev, "EAI_SYSTEM"))
        return WR_MATCH_NO;
    if (wr_ev_is(ev, WR_FACT_error, EMFILE))
        return full ? WR_MATCH_CERTAIN : WR_MATCH_LIKELY;
    return wr_ev_is(ev, WR_FACT_error, ENFILE) || wr_ev_is(ev, WR_FACT_error, ENOMEM) ||
                   wr_ev_is(ev, WR_FACT_error, ENOBUFS)
               ? WR_MATCH_LIKELY
               : WR_MATCH_POSSIBLE;
}

/* glibc asks 127.0.0.1 then, which may be meant: where something has the port there, and it is
 * that which failed. systemd-resolved (source "resolve") has servers of its own. */
static enum wr_match match_no_servers(const struct wr_evidence *ev)
{
    uint64_t state = wr_ev_uint(ev, WR_FACT_resolv_state, WR_RESOLV_READ);

    if (state == WR_RESOLV_READ || !ended(ev, "EAI_AGAIN") || wr_ev_false(ev, WR_FACT_nss_dns))
        return WR_MATCH_NO;
    if (wr_ev_false(ev, WR_FACT_resolv_default_served))
        return wr_ev_true(ev, WR_FACT_nss_resolve) || !wr_ev_known(ev, WR_FACT_nss_resolve)
                   ? WR_MATCH_LIKELY
                   : WR_MATCH_CERTAIN;
    return WR_MATCH_POSSIBLE;
}

static bool not_found(const struct wr_evidence *ev)
{
    return ended(ev, "EAI_NONAME") || ended(ev, "EAI_NODATA") || ended(ev, "EAI_AGAIN");
}

/* That DNS was left out is seen; whether it has the name only where it was asked afterwards. Names
 * below .local are mostly meant for multicast DNS, which has no answer where the machine is off. */
static enum wr_match match_nsswitch(const struct wr_evidence *ev)
{
    uint64_t said = wr_ev_uint(ev, WR_FACT_dns_outcome, 0);

    if (!not_found(ev))
        return WR_MATCH_NO;
    if (wr_ev_false(ev, WR_FACT_nss_dns))
        return WR_MATCH_LIKELY;
    if (!wr_ev_has(ev, WR_FACT_nss_stop))
        return WR_MATCH_NO;
    if (said == WR_NS_ANSWER)
        return WR_MATCH_LIKELY; /* nscd may have remembered that it had none */
    if (said == WR_NS_NXDOMAIN || said == WR_NS_NODATA)
        return WR_MATCH_RULED_OUT;
    return wr_ev_text_is(ev, WR_FACT_dns_internal_zone, ".local") ? WR_MATCH_POSSIBLE
                                                                  : WR_MATCH_LIKELY;
}

#define FAMILY_ASKED "[{?lookup_family=2}IPv4][{?lookup_family=10}IPv6]"
#define FAMILY_OTHER "[{?lookup_family=2}IPv6][{?lookup_family=10}IPv4]"

const struct wr_cause wr_causes_dns_name[] = {
    {
        .id = "dns-not-a-hostname",
        .seen_as = "EAI_NONAME",
        .what = "a URL, host:port, a name with blanks or something else was passed that can be no "
                "host name",
        .headline =
            "[{?name_fault=1}the program gave no host name, or an empty one]"
            "[{?name_fault=2}the program passed a URL where a host name is due]"
            "[{?name_fault=3}the program passed host:port where a host name is due]"
            "[{?name_fault=4}the program passed user@host where a host name is due]"
            "[{?name_fault=5}the program passed a host name with a path behind it]"
            "[{?name_fault=6}the program passed the path of a file where a host name is due]"
            "[{?name_fault=7}there are blanks or a line end around the host name]"
            "[{?name_fault=8}there are blanks or control characters in the host name]"
            "[{?name_fault=9}there are quotation marks around the host name]"
            "[{?name_fault=10}the address stands in brackets, which belong into URLs only]"
            "[{?name_fault=11}the program passed several names at once where one is due]"
            "[{?name_fault=12}the program passed a placeholder in which nobody put the value]"
            "[{?name_fault=13}the program passed a word for \"nothing\" as a host name]"
            "[{?name_fault=14}the program passed a range of addresses where one address is due]"
            "[{?name_fault=15}that is no IPv4 address, which has four numbers up to 255, and no "
            "name]"
            "[{?name_fault=16}that is no valid IPv6 address, and no name has colons in it]"
            "[{?name_fault=17}there is no interface {name_part}]"
            "[{?name_fault=18}no host name has a \"{name_part}\" there]"
            "[{?name_fault=19}the name is not in its ASCII form (xn--...), which DNS needs]"
            "[{?name_fault=20}a part of the name is empty: there is a dot too many]"
            "[{?name_fault=21}a part of the name is longer than 63 bytes]"
            "[{?name_fault=22}the name is longer than the 253 bytes that a name can have]",
        .explain = "getaddrinfo() and its kin take a host name or an address, and nothing else: no "
                   "scheme, no port, no path, no user. What else the program has belongs "
                   "elsewhere: the port into the service argument, the rest into the protocol that "
                   "is spoken on the connection.\nFrequent origins: a URL in a setting that asks "
                   "for a host; a line end that was read from a file with the name; a variable "
                   "that was never set, or a template in which nobody put the value.",
        .rank = WR_RANK_ARGUMENT,
        .match = match_not_a_hostname,
        WR_CITES(WR_FACT_name_fault, WR_FACT_lookup_error),
        .because = {"the program asked {lookup_function}() for it: {lookup_error}",
                    "{?name_fault=7}without them it is {name_suggestion}",
                    "{?name_fault=21}this part: {name_part}",
                    "{?name_fault=22}it has {asked_name_length} bytes",
                    "the host in it is {name_suggestion}{!name_fault=7}[, the port {name_port}]"},
        .fixes =
            {{"pass {name_suggestion} as the host[, and {name_port} as the port]", NULL},
             {"{!name_suggestion}[{?name_fault=1}set the host in the program's configuration, or "
              "its environment]"
              "[{?name_fault=2}pass the host of the URL alone]"
              "[{?name_fault=3}pass the host and the port apart from each other]"
              "[{?name_fault=8}take the blanks out, or see whether what was passed is the name at "
              "all]"
              "[{?name_fault=6}for a unix socket use the program's setting for one: not the host]"
              "[{?name_fault=12}set the variable that the placeholder stands for, and have it put "
              "in before the program gets the text]"
              "[{?name_fault=13}set the host in the program's configuration: it is not set]"
              "[{?name_fault=11}try the names one by one]"
              "[{?name_fault=15}write the four numbers of the address, each from 0 to 255]"
              "[{?name_fault=16}write the IPv6 address without a port: eight groups, or :: once "
              "for those that are 0]"
              "[{?name_fault=18}use letters, digits, hyphens and dots only]"
              "[{?name_fault=19}set AI_IDN in the hints, or convert the name first (idn2)]"
              "[{?name_fault=20}take the dot out]"
              "[{?name_fault=21}see whether what was put in there is the name at all]"
              "[{?name_fault=22}see whether what was passed is the name at all]",
              NULL},
             {"{?name_fault=17}name an interface that exists behind the %", "ip -brief address"}},
    },
    {
        .id = "dns-addrconfig",
        .seen_as = "EAI_NONAME, EAI_ADDRFAMILY, EAI_FAMILY, EAI_SOCKTYPE, EAI_BADFLAGS",
        .what = "the hints of the lookup left no answer: AI_ADDRCONFIG, AI_NUMERICHOST, family",
        .headline =
            "[{?hint_fault=1}the program asked for " FAMILY_ASKED " only, and gave an " FAMILY_OTHER
            " address]"
            "[{?hint_fault=2}the program asked for a number only "
            "(AI_NUMERICHOST{?lookup_numeric_only}), and gave a name]"
            "[{?hint_fault=3}this machine has no " FAMILY_ASKED
            " address but loopback, and the program asked to leave such a family out "
            "(AI_ADDRCONFIG{?lookup_addrconfig})]"
            "[{?hint_fault=4}the program asked for a family ({lookup_family}) that names have no "
            "addresses of]"
            "[{?hint_fault=5}the program asked for a type of socket that there is not, or that "
            "does not go with the protocol]"
            "[{?hint_fault=6}the flags of the program's hints are not valid ({lookup_flags})]"
            "[{?hint_fault=7}the program asked for " FAMILY_ASKED
            " only, and the hosts file has just an " FAMILY_OTHER " address for it]",
        .explain =
            "The hints of getaddrinfo() narrow the answer down: to one family of addresses, to "
            "numbers, to those families that this machine has addresses of itself. They can leave "
            "nothing.\nAI_ADDRCONFIG does not count loopback addresses. Where only those are up (a "
            "container without a network, a machine that is offline), a lookup for one family "
            "finds nothing with it, and be it for \"localhost\" or \"127.0.0.1\".",
        .rank = WR_RANK_ARGUMENT,
        .match = match_addrconfig,
        WR_CITES(WR_FACT_hint_fault),
        .because = {"the program asked {lookup_function}() for it: {lookup_error}",
                    "{?hint_fault=3}no interface has an " FAMILY_ASKED
                    " address other than 127.0.0.1 or ::1",
                    "{?hint_fault=7}line {hosts_line} of /etc/hosts gives {asked_name} the address "
                    "{hosts_address}",
                    "{?hint_fault=7}no other source had an " FAMILY_ASKED " address for it"},
        .fixes =
            {{"[{?hint_fault=1}ask for any family (AF_UNSPEC), or give an " FAMILY_ASKED " address]"
              "[{?hint_fault=2}leave AI_NUMERICHOST out, or give an address]"
              "[{?hint_fault=3}leave AI_ADDRCONFIG out, or ask for any family (AF_UNSPEC)]"
              "[{?hint_fault=4}ask for AF_INET, AF_INET6 or AF_UNSPEC]"
              "[{?hint_fault=5}ask for SOCK_STREAM or SOCK_DGRAM, and 0 as the protocol]"
              "[{?hint_fault=6}use AI_ flags of netdb.h only; AI_CANONNAME needs a name]"
              "[{?hint_fault=7}ask for any family (AF_UNSPEC), or add a line with an " FAMILY_ASKED
              " address to /etc/hosts]",
              NULL},
             {"{?hint_fault=3}see the addresses that this machine has", "ip -brief address"}},
    },
    {
        .id = "dns-unknown-service",
        .seen_as = "EAI_SERVICE",
        .what = "the name of the service (port) is not known, or /etc/services is missing",
        .headline = "[{?services_missing}there is no /etc/services, and so the service "
                    "\"{asked_service}\" has no port]"
                    "[the service \"{asked_service}\" is not known{!services_missing}"
                    "{!service_line}][; there is \"{service_near}\"{!services_missing}]"
                    "[the service \"{asked_service}\" is known as {service_entry} only]"
                    "[ and was asked for over {service_protocol}{?service_line}]"
                    "[the name of the service, or the port, does not go with what was asked "
                    "for{!asked_service}]",
        .explain =
            "The second argument of getaddrinfo() is a port number or the name of a service, which "
            "is looked up in /etc/services, for the protocol that the hints ask for. Slim "
            "container "
            "images come without that file.\n"
            "A port number always works.",
        .rank = WR_RANK_ARGUMENT,
        .match = match_unknown_service,
        WR_CITES(WR_FACT_lookup_error, WR_FACT_asked_service, WR_FACT_services_missing,
                 WR_FACT_service_line),
        .because = {"{lookup_function}() answered {lookup_error}, which speaks of the service, not "
                    "of the name",
                    "there is no such file as /etc/services{?services_missing}",
                    "line {service_line} of /etc/services has it as {service_entry}",
                    "no line of /etc/services has \"{asked_service}\"{!services_missing}"
                    "{!service_line}"},
        .fixes = {{"use the port number", NULL},
                  {"or the service \"{service_near}\", if that is meant", NULL},
                  {"or have the file{?services_missing}: on Debian the package netbase has it",
                   "sudo apt-get install netbase"},
                  {"ask for the other protocol{?service_line}, if the server speaks it", NULL}},
    },
    {
        .id = "dns-system",
        .seen_as = "EAI_SYSTEM, EAI_MEMORY",
        .what = "the lookup lacked something of this machine: descriptors, memory",
        .headline =
            "[this process has no file descriptor left: {fd_open} of {fd_limit} are open]"
            "[this process has no file descriptor left{!fd_open}{?error=24}]"
            "[, most of them {fd_most}]"
            "[{?error=23}the system has no open file left][{?error=23}: {files_open} of "
            "{files_max}]"
            "[a system call of the lookup failed with {error} ({error.text}){!error=24}{!error=23}]"
            "[there was no memory for the lookup{!error}{!fd_open}]",
        .explain =
            "A lookup opens files and sockets of its own. Where a process has no descriptor left "
            "(EMFILE), or no memory, the lookup fails with EAI_SYSTEM and the errno that says why, "
            "whatever name was asked for; or with EAI_NONAME, where it was the first one and could "
            "not even read /etc/nsswitch.conf.\n"
            "A number of descriptors that grows for hours is a leak: sockets that are never closed "
            "after an error are the usual one.",
        .rank = WR_RANK_ROOT + 10,
        .match = match_system,
        WR_CITES(WR_FACT_lookup_error, WR_FACT_error, WR_FACT_fd_limit, WR_FACT_fd_open),
        .because = {"{lookup_function}() answered {lookup_error} with {error}: the name was not "
                    "the trouble",
                    "{fd_open} descriptors are open, the limit is {fd_limit} (RLIMIT_NOFILE)",
                    "sockets: {fd_sockets}, files: {fd_files}, pipes: {fd_pipes}, others: "
                    "{fd_other}",
                    "{?error=23}fs.file-nr: {files_open} open files of {files_max}"},
        .fixes = {{"{?fd_open}see what is open; what grows is a leak", "ls -l /proc/{host_pid}/fd"},
                  {"{?fd_limit_hard}raise the limit, for this shell and what it starts",
                   "ulimit -n {fd_limit_hard}"},
                  {"{?fd_open}raise the limit of a service: LimitNOFILE= in its unit", NULL},
                  {"see the system calls of the lookup{!fd_open}",
                   "strace -f getent ahosts {asked_name}"}},
    },
    {
        .id = "dns-no-servers",
        .seen_as = "EAI_AGAIN",
        .what =
            "no nameserver is configured: resolv.conf is missing, empty, unreadable or a dangling "
            "link",
        .headline = "[{?resolv_state=2}/etc/resolv.conf names no nameserver]"
                    "[{?resolv_state=3}there is no /etc/resolv.conf]"
                    "[{?resolv_state=4}/etc/resolv.conf is a link to {resolv_link}, which is not "
                    "there]"
                    "[{?resolv_state=5}/etc/resolv.conf cannot be read ({resolv_error})]"
                    ", so 127.0.0.1 was asked[, where nothing has port 53{!resolv_default_served}]",
        .explain =
            "The resolver takes the addresses of its nameservers from /etc/resolv.conf. Where that "
            "names none, or is not there, it asks 127.0.0.1, as if a nameserver ran on this "
            "machine.\n"
            "A dangling link is left behind where what writes the target does not run: "
            "systemd-resolved, NetworkManager or resolvconf. In a container the file comes from "
            "its engine.",
        .rank = WR_RANK_ROOT,
        .match = match_no_servers,
        WR_CITES(WR_FACT_resolv_state, WR_FACT_lookup_error, WR_FACT_nss_dns,
                 WR_FACT_resolv_default_served, WR_FACT_nss_resolve),
        .because = {"{?resolv_state=4}/etc/resolv.conf is a link to {resolv_link}: {resolv_error}",
                    "{?resolv_state=5}opening /etc/resolv.conf fails: {resolv_error.text}",
                    "{?resolv_bad}{resolv_bad} of its nameserver lines hold no address, and are "
                    "passed over",
                    "no UDP socket of this machine has port 53{!resolv_default_served}",
                    "something of this machine has UDP port 53{?resolv_default_served}"},
        .unknown = {{WR_FACT_nss_resolve, "whether systemd-resolved knows a nameserver",
                     "it was not asked", "resolvectl status"}},
        .fixes = {{"name a nameserver in /etc/resolv.conf: nameserver ADDRESS{!resolv_state=4}",
                   NULL},
                  {"{?resolv_state=4}start what writes {resolv_link}: systemd-resolved, "
                   "NetworkManager or resolvconf; or replace the link by a file with a nameserver "
                   "line",
                   "ls -l /etc/resolv.conf"},
                  {"{?resolv_state=5}let everyone read it", "ls -lL /etc/resolv.conf"}},
    },
    {
        .id = "dns-nsswitch",
        .seen_as = "EAI_NONAME",
        .what = "nsswitch.conf leaves DNS out for this name",
        .headline = "[DNS was not asked: the hosts line of /etc/nsswitch.conf has no \"dns\""
                    "{!nss_dns}][the lookup ended before DNS was asked: \"{nss_stop}\" in "
                    "/etc/nsswitch.conf]",
        .explain =
            "The hosts line of /etc/nsswitch.conf says where host names are looked up, and in "
            "which "
            "order: files is /etc/hosts, dns is DNS, resolve is systemd-resolved. What is not in "
            "it is not asked, and [NOTFOUND=return] behind a source ends the search where that one "
            "does not have the name.\n"
            "mdns4_minimal takes every name of two parts that ends in .local for one of multicast "
            "DNS: a company's own DNS under .local is never asked then.",
        .rank = WR_RANK_ROOT,
        .match = match_nsswitch,
        WR_CITES(WR_FACT_lookup_error, WR_FACT_nss_dns, WR_FACT_nss_stop, WR_FACT_dns_outcome,
                 WR_FACT_dns_internal_zone),
        .because = {"/etc/nsswitch.conf says: hosts: {nss_hosts}",
                    "DNS has the name: it says {dns_answer.address}{?nss_stop}",
                    "no line of /etc/hosts has the name{!hosts_line}",
                    "line {hosts_near_line} of /etc/hosts has {hosts_near}, which is like it",
                    "the nameservers that DNS would have been asked at are {resolv_servers}"
                    "[ (systemd-resolved of this machine){?resolv_stub=1}]"
                    "[ (Docker's own, which knows the names of its networks){?resolv_stub=2}]"
                    "[ (on this machine){?resolv_stub=3}]",
                    "{resolv_fourth.address} is named as well, but never asked: the resolver takes "
                    "three at most[; {resolv_ignored} are too many{!resolv_ignored=1}]"},
        .ruled_out = "DNS does not have the name either: {dns_each}",
        .unknown = {{WR_FACT_nss_hosts, "whether DNS has the name{!dns_asked}",
                     "a lookup as this one does not ask it", "resolvectl query {asked_name}"}},
        .fixes = {{"[add \"dns\" to the hosts line of /etc/nsswitch.conf: hosts: {nss_hosts} dns"
                   "{!nss_dns}][put \"dns\" before \"{nss_stop}\" in the hosts line of "
                   "/etc/nsswitch.conf]",
                   NULL},
                  {"or add the name to /etc/hosts", NULL}},
    },
    {0},
};
