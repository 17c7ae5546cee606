/* SPDX-License-Identifier: MIT
 * Causes of failures: local addresses and ports. Rows and their match functions; pure. */
#include <errno.h>
#include <sys/socket.h>

#include "base/address.h"
#include "diagnose/catalogue.h"
#include "diagnose/silence.h"

/* Above the rows for routes: IPv6 that is off, or a source that is not there, takes routes away. */
enum { RANK_SOURCE = WR_RANK_ROOT + 8, RANK_IPV6 = WR_RANK_ROOT + 10 };

static bool is_bind(const struct wr_evidence *ev)
{
    return wr_ev_text_is(ev, WR_FACT_call, "bind");
}

static bool is_socket(const struct wr_evidence *ev)
{
    return wr_ev_text_is(ev, WR_FACT_call, "socket");
}

/* The local port that the program itself chose; 0 = none. */
static unsigned own_port(const struct wr_evidence *ev)
{
    const struct wr_addr *local = wr_ev_addr(ev, WR_FACT_local_wanted);

    return local != NULL ? local->port : 0;
}

static bool to_ipv4(const struct wr_evidence *ev)
{
    const struct wr_addr *to = wr_ev_addr(ev, WR_FACT_destination);

    return to != NULL && to->family == AF_INET;
}

/* The kernel was to choose a local port, and the error says that it could not. */
#define CITES_PORT_WANTED \
    WR_FACT_call, WR_FACT_error, WR_FACT_local_wanted, WR_FACT_destination, WR_FACT_socket_type
static bool port_wanted(const struct wr_evidence *ev)
{
    uint64_t error = wr_ev_uint(ev, WR_FACT_error, 0);

    if (!wr_ev_known(ev, WR_FACT_local_wanted) || own_port(ev) != 0)
        return false;
    if (!wr_ev_reaches(ev))
        return error == EADDRINUSE;
    if (!wr_ev_has(ev, WR_FACT_destination))
        return false;
    return wr_ev_is(ev, WR_FACT_socket_type, SOCK_DGRAM) ? error == EAGAIN : error == EADDRNOTAVAIL;
}

static enum wr_match match_ports_exhausted(const struct wr_evidence *ev)
{
    uint64_t usable, taken;

    if (!port_wanted(ev))
        return WR_MATCH_NO;
    if (wr_ev_true(ev, WR_FACT_ipv6_disabled))
        return WR_MATCH_RULED_OUT;
    if (!wr_ev_has(ev, WR_FACT_port_range_usable) || !wr_ev_has(ev, WR_FACT_port_range_taken))
        return to_ipv4(ev) ? WR_MATCH_LIKELY : WR_MATCH_POSSIBLE;
    usable = wr_ev_uint(ev, WR_FACT_port_range_usable, 0);
    taken = wr_ev_uint(ev, WR_FACT_port_range_taken, 0);
    if (taken >= usable)
        return WR_MATCH_CERTAIN;
    if (taken >= usable - usable / 10)
        return WR_MATCH_LIKELY;
    /* for IPv6 the error has other reasons */
    return taken < usable / 2 && wr_ev_reaches(ev) && !to_ipv4(ev) ? WR_MATCH_RULED_OUT
                                                                   : WR_MATCH_POSSIBLE;
}

#define CITES_SOURCE                                                                \
    WR_FACT_call, WR_CITES_SILENT, WR_FACT_local_wanted, WR_FACT_local_wanted_own,  \
        WR_FACT_local_wanted_tentative, WR_FACT_ipv6_usable, WR_FACT_ipv6_disabled, \
        WR_FACT_destination, WR_FACT_destination_local, WR_FACT_loopback_up,        \
        WR_FACT_loopback_missing

/* Loopback itself is off: route-interface-down, route-none. */
static bool loopback_off(const struct wr_evidence *ev)
{
    return wr_ev_false(ev, WR_FACT_loopback_up) || wr_ev_has(ev, WR_FACT_loopback_missing);
}

static enum wr_match bind_source(const struct wr_evidence *ev, const struct wr_addr *local)
{
    if (!wr_ev_is(ev, WR_FACT_error, EADDRNOTAVAIL) || local == NULL || wr_addr_is_any(local) ||
        loopback_off(ev))
        return WR_MATCH_NO;
    if (wr_ev_false(ev, WR_FACT_local_wanted_own) || wr_ev_true(ev, WR_FACT_local_wanted_tentative))
        return WR_MATCH_CERTAIN;
    return wr_ev_true(ev, WR_FACT_local_wanted_own) ? WR_MATCH_POSSIBLE : WR_MATCH_LIKELY;
}

/* Measured on Linux 6.18. A loopback source for another machine: EINVAL with IPv4; with IPv6
 * silence, or EHOSTUNREACH where the next hop is dead, too. A source that was taken away after
 * bind(): ENETUNREACH with IPv4, silence with IPv6. */
static enum wr_match connect_source(const struct wr_evidence *ev, const struct wr_addr *local)
{
    const struct wr_addr *to = wr_ev_addr(ev, WR_FACT_destination);
    uint64_t error = wr_ev_uint(ev, WR_FACT_error, 0);
    bool silent = (error == EHOSTUNREACH || wr_ev_silent(ev)) && local->family == AF_INET6;

    if (to == NULL || loopback_off(ev))
        return WR_MATCH_NO;
    /* both are this machine's, whatever the list of addresses says */
    if (wr_addr_is_loopback(local) && (wr_addr_is_loopback(to) || wr_addr_is_any(to)))
        return WR_MATCH_NO;
    if (error != EINVAL && error != ENETUNREACH && error != EADDRNOTAVAIL && !silent)
        return WR_MATCH_NO;
    if (wr_ev_false(ev, WR_FACT_local_wanted_own))
        return silent ? WR_MATCH_LIKELY : WR_MATCH_CERTAIN;
    if (!wr_addr_is_loopback(local) || (error != EINVAL && !silent))
        return WR_MATCH_NO;
    return wr_ev_true(ev, WR_FACT_destination_local) ? WR_MATCH_NO : WR_MATCH_CERTAIN;
}

static enum wr_match match_source_address(const struct wr_evidence *ev)
{
    const struct wr_addr *local = wr_ev_addr(ev, WR_FACT_local_wanted);

    if (is_bind(ev))
        return bind_source(ev, local);
    if (!wr_ev_reaches(ev))
        return WR_MATCH_NO;
    if (local != NULL && !wr_addr_is_any(local))
        return connect_source(ev, local);
    /* the kernel was to choose the source, and has none that it may use */
    if (!wr_ev_is(ev, WR_FACT_error, EADDRNOTAVAIL) || to_ipv4(ev) ||
        wr_ev_true(ev, WR_FACT_ipv6_disabled) || !wr_ev_has(ev, WR_FACT_ipv6_usable) ||
        loopback_off(ev))
        return WR_MATCH_NO;
    return wr_ev_uint(ev, WR_FACT_ipv6_usable, 0) == 0 ? WR_MATCH_LIKELY : WR_MATCH_RULED_OUT;
}

static enum wr_match match_port_in_use(const struct wr_evidence *ev)
{
    bool found =
        wr_ev_has(ev, WR_FACT_port_owner) || wr_ev_uint(ev, WR_FACT_port_owner_time_wait, 0) != 0;

    if (wr_ev_is(ev, WR_FACT_error, EADDRINUSE) && !wr_ev_reaches(ev)) {
        if (wr_ev_has(ev, WR_FACT_bind_path))
            return WR_MATCH_CERTAIN;
        if (own_port(ev) == 0)
            return WR_MATCH_NO;
        return found ? WR_MATCH_CERTAIN : WR_MATCH_LIKELY;
    }
    /* connect() from a port of the program's own: the same pair of addresses exists already */
    if (!wr_ev_is(ev, WR_FACT_error, EADDRNOTAVAIL) || !wr_ev_reaches(ev) || own_port(ev) == 0 ||
        wr_ev_is(ev, WR_FACT_socket_type, SOCK_DGRAM) || wr_ev_true(ev, WR_FACT_ipv6_disabled))
        return WR_MATCH_NO;
    return found ? WR_MATCH_CERTAIN : WR_MATCH_POSSIBLE;
}

static enum wr_match match_port_privileged(const struct wr_evidence *ev)
{
    if (!is_bind(ev) || !wr_ev_is(ev, WR_FACT_error, EACCES) || own_port(ev) == 0)
        return WR_MATCH_NO;
    if (own_port(ev) >= wr_ev_uint(ev, WR_FACT_port_unprivileged_start, 1024))
        return WR_MATCH_RULED_OUT;
    if (wr_ev_false(ev, WR_FACT_cap_net_bind))
        return WR_MATCH_CERTAIN;
    /* a capability of a user namespace that does not own this network namespace is no use */
    return wr_ev_true(ev, WR_FACT_cap_net_bind) ? WR_MATCH_POSSIBLE : WR_MATCH_LIKELY;
}

static enum wr_match match_ipv6_disabled(const struct wr_evidence *ev)
{
    uint64_t error = wr_ev_uint(ev, WR_FACT_error, 0);

    if (is_socket(ev)) {
        if (error != EAFNOSUPPORT || !wr_ev_is(ev, WR_FACT_socket_domain, AF_INET6))
            return WR_MATCH_NO;
        if (wr_ev_false(ev, WR_FACT_ipv6_present))
            return WR_MATCH_CERTAIN;
        return wr_ev_true(ev, WR_FACT_ipv6_present) ? WR_MATCH_RULED_OUT : WR_MATCH_UNKNOWN;
    }
    if (!wr_ev_has(ev, WR_FACT_destination) || to_ipv4(ev) ||
        (error != EADDRNOTAVAIL && error != ENETUNREACH))
        return WR_MATCH_NO;
    if (wr_ev_true(ev, WR_FACT_ipv6_disabled))
        return error == EADDRNOTAVAIL ? WR_MATCH_CERTAIN : WR_MATCH_LIKELY;
    return wr_ev_false(ev, WR_FACT_ipv6_disabled) ? WR_MATCH_RULED_OUT : WR_MATCH_UNKNOWN;
}

#define CITES_IPV6                                                                                 \
    WR_FACT_call, WR_FACT_error, WR_FACT_socket_domain, WR_FACT_ipv6_present, WR_FACT_destination, \
        WR_FACT_ipv6_disabled

const struct wr_cause wr_causes_local_address[] = {
    {
        .id = "local-ipv6-disabled",
        .seen_as = "EADDRNOTAVAIL, EAFNOSUPPORT, ENETUNREACH",
        .what = "IPv6 is off on this machine or interface",
        .headline = "IPv6 is off[ (net.ipv6.conf.{ipv6_disabled_where}.disable_ipv6)]"
                    "[ in this kernel{!ipv6_present}]",
        .explain =
            "The program uses IPv6, and this machine (or container: each network namespace has its "
            "own setting, and container engines often turn it off) has IPv6 turned off, so that "
            "there is no address to connect from, not even ::1.\n"
            "Where the name has an IPv4 address, too, the program should have tried that next: "
            "many only try the first address that the resolver returns.",
        .rank = RANK_IPV6,
        .match = match_ipv6_disabled,
        WR_CITES(CITES_IPV6),
        .because = {"net.ipv6.conf.{ipv6_disabled_where}.disable_ipv6 is 1",
                    "there is no /proc/net/if_inet6: the kernel was started without "
                    "IPv6{!ipv6_present}",
                    "{destination.address} is an IPv6 address",
                    "the kernel answered {error} without sending anything"},
        .ruled_out = "IPv6 is on[ there{!ipv6_disabled}]",
        .fixes = {{"connect to the IPv4 address, or let the program try every address of the name",
                   NULL},
                  {"{?ipv6_disabled}turn IPv6 on",
                   "sudo sysctl -w net.ipv6.conf.{ipv6_disabled_where}.disable_ipv6=0"},
                  {"{!ipv6_present}start the kernel without ipv6.disable=1", "cat /proc/cmdline"}},
    },
    {
        .id = "local-source-address",
        .seen_as = "EADDRNOTAVAIL, EINVAL, ENETUNREACH, EHOSTUNREACH, ETIMEDOUT",
        .what = "the local address asked for is not one that this machine can use for it",
        .headline =
            "[{!local_wanted_own}{!local_wanted_loopback}{local_wanted.address} is not an address "
            "of this machine]"
            "[{!local_wanted_own}{?local_wanted_loopback}{local_wanted.address} is not usable: "
            "loopback addresses reach this machine only, and it lacks this one]"
            "[{?local_wanted_tentative}{local_wanted.address} is not usable yet: its check for "
            "duplicates (DAD) is not done, or found one]"
            "[{?local_wanted_own}{!local_wanted_tentative}[{?local_wanted_loopback}the socket is "
            "bound to {local_wanted.address}, and loopback addresses reach this machine only]"
            "[{!local_wanted_loopback}{local_wanted.address} could not be used as the local "
            "address]]"
            "[{?local_wanted_any}[{ipv6_device}: ]no IPv6 address to come from[, {ipv6_tentative} "
            "still being checked for duplicates (DAD){?ipv6_tentative}]]",
        .explain =
            "bind() takes only an address that this machine (this network namespace) has. An "
            "address that moved, an interface that is not up yet, a container that has other "
            "addresses than its host, or a typing error: the kernel answers EADDRNOTAVAIL.\n"
            "A client that binds to 127.0.0.1 or ::1 first can only reach this machine: for "
            "another destination IPv4 answers EINVAL, IPv6 sends nothing and times out.\n"
            "An IPv6 address cannot be used for about a second after it was added, until the "
            "check for duplicates is done, and never where it found one.",
        .rank = RANK_SOURCE,
        .match = match_source_address,
        WR_CITES(CITES_SOURCE),
        .because = {"{!local_wanted_own}this machine has {own_addresses}",
                    "{local_wanted.address} is not among the addresses of this "
                    "machine{!local_wanted_own}",
                    "{?local_wanted_tentative}{local_wanted.address} is marked tentative or "
                    "dadfailed",
                    "{?local_wanted_loopback}{!destination_local}the socket is bound to "
                    "{local_wanted.address}, and {destination.address} is another machine",
                    "{?local_wanted_any}IPv6 addresses that can be used: {ipv6_usable}; tentative: "
                    "{ipv6_tentative}"},
        .ruled_out =
            "no address of this machine is still being checked for duplicates{!ipv6_tentative}",
        .fixes =
            {{"{!local_wanted_own}use an address of this machine, or leave the choice to the "
              "kernel (0.0.0.0 or ::)",
              "ip -brief address"},
             {"{?local_wanted_loopback}{?local_wanted_own}do not bind the client to a loopback "
              "address for a destination elsewhere",
              NULL},
             {"{?local_wanted_tentative}wait until the address is usable, then start the program",
              "ip -6 address show tentative"}},
    },
    {
        .id = "local-port-in-use",
        .seen_as = "EADDRINUSE, EADDRNOTAVAIL",
        .what = "another socket already has the local address and port, or the unix path",
        .headline = "it is in use already[ by another socket of this process{?port_owner_self}]"
                    "[ by {port_owner.owner}, which has {port_owner.endpoint}{!port_owner_self}]"
                    "[{!port_owner}{?port_owner_time_wait}: closed connections still keep port "
                    "{local_wanted.port} (TIME_WAIT: {port_owner_time_wait})]"
                    "[{?bind_path_state=1}: a socket has {bind_path}]"
                    "[{?bind_path_state=2}: {bind_path} was left behind, no socket has it]"
                    "[{?bind_path_state=3}: {bind_path} is a {bind_path_kind}, not a socket]",
        .explain =
            "A local address and port belong to one socket. The wildcard address (0.0.0.0, ::) "
            "covers all addresses, and an IPv6 wildcard socket that is not IPV6_V6ONLY covers "
            "IPv4, too; so a socket on one address keeps the wildcard from others, and the "
            "reverse.\n"
            "After a server has closed connections, their port is kept for a minute (TIME_WAIT): "
            "a server that sets SO_REUSEADDR before bind() can start at once. For connect() from a "
            "fixed local port it is the pair of both ends that must be new.\n"
            "A unix socket's path stays when its program ends: it has to be removed before the "
            "next bind().",
        .rank = WR_RANK_SPECIFIC,
        .match = match_port_in_use,
        WR_CITES(WR_FACT_call, WR_FACT_error, WR_FACT_port_owner, WR_FACT_port_owner_time_wait,
                 WR_FACT_bind_path, WR_FACT_local_wanted, WR_FACT_ipv6_disabled,
                 WR_FACT_socket_type),
        .because =
            {"{port_owner}",
             "{?port_owner_relation}"
             "[{?port_owner_relation=1}that is the very address that was asked for]"
             "[{?port_owner_relation=2}that socket has every address (wildcard), so "
             "{local_wanted.address}, too]"
             "[{?port_owner_relation=3}the wildcard address was asked for, and that socket has one "
             "of the addresses it covers]"
             "[{?port_owner_relation=4}that socket is IPv6 and takes IPv4, too (not IPV6_V6ONLY)]"
             "[{?port_owner_relation=5}the IPv6 wildcard takes IPv4, too, and that socket has it]"
             "[{?port_owner_relation=6}a connection from {local_wanted} to {destination} exists "
             "already]",
             "{?port_owner_time_wait}closed connections keep local port {local_wanted.port} "
             "(TIME_WAIT: "
             "{port_owner_time_wait})[; SO_REUSEADDR is not set on the socket{!socket_reuseaddr}]",
             "{?bind_path_state=1}an open socket is bound to {bind_path}",
             "{?bind_path_state=2}{bind_path} is a socket file, and no open socket has it"},
        .unknown = {{WR_FACT_port_owner_hidden, "which socket has it",
                     "it was gone when looked for, or cannot be seen from this network namespace",
                     "sudo ss -tulnp"}},
        .fixes = {{"{?port_owner}see who has the port",
                   "sudo ss -anp 'sport = :{port_owner.port}'"},
                  {"{!port_owner}{?port_owner_time_wait}{!socket_reuseaddr}set SO_REUSEADDR on the "
                   "server's socket before bind()",
                   NULL},
                  {"{?bind_path_state=2}remove the left-over file, or let the program unlink() it "
                   "before bind()",
                   "rm -- {bind_path}"},
                  {"{?port_owner}use another port, or stop the program that has this one", NULL}},
    },
    {
        .id = "local-port-privileged",
        .seen_as = "EACCES",
        .what = "ports below ip_unprivileged_port_start need CAP_NET_BIND_SERVICE",
        .headline = "port {local_wanted.port} needs CAP_NET_BIND_SERVICE[, which this process does "
                    "not have{!cap_net_bind}]",
        .explain =
            "A process without the capability CAP_NET_BIND_SERVICE may bind only ports from "
            "net.ipv4.ip_unprivileged_port_start up (1024, where nobody changed it); the setting "
            "holds for IPv6, too, and for each network namespace.\n"
            "A capability that a process has in a user namespace of its own does not count for a "
            "network namespace that belongs to another.",
        .rank = WR_RANK_SPECIFIC,
        .match = match_port_privileged,
        WR_CITES(WR_FACT_call, WR_FACT_error, WR_FACT_local_wanted, WR_FACT_port_unprivileged_start,
                 WR_FACT_cap_net_bind),
        .because = {"ports below {port_unprivileged_start} are privileged "
                    "(net.ipv4.ip_unprivileged_port_start)",
                    "{!cap_net_bind}CAP_NET_BIND_SERVICE is not among the process's effective "
                    "capabilities",
                    "{?cap_net_bind}the process has CAP_NET_BIND_SERVICE, perhaps only in a user "
                    "namespace that does not own this network"},
        .ruled_out = "the port is not a privileged one",
        .unknown = {{WR_FACT_cap_net_bind, "a security module's or a filter's denial",
                     "its log is for the administrator", "sudo journalctl -k -g denied"}},
        .fixes = {{"use a port from {port_unprivileged_start} up", NULL},
                  {"in a systemd unit: AmbientCapabilities=CAP_NET_BIND_SERVICE, or a .socket unit "
                   "that opens the port",
                   NULL},
                  {"or give the program the capability",
                   "sudo setcap cap_net_bind_service=+ep /path/to/program"}},
    },
    {
        .id = "local-ports-exhausted",
        .seen_as = "EADDRNOTAVAIL, EADDRINUSE, EAGAIN",
        .what = "no local port is left for this destination",
        .headline =
            "no local port is left[: all of {port_range_first} to {port_range_last} are "
            "reserved (net.ipv4.ip_local_reserved_ports){!port_range_usable}]"
            "[: {port_range_taken} of {port_range_usable} are "
            "taken{?port_range_usable}][, {port_range_time_wait} of them by closed connections "
            "(TIME_WAIT){?port_range_time_wait}]",
        .explain =
            "The kernel chooses a local port from net.ipv4.ip_local_port_range for each "
            "connection, and a port can be used once for each destination address and port. When "
            "a program opens many short connections to the same place, all of them are taken: "
            "the side that closed keeps a port for a minute more (TIME_WAIT).\n"
            "Keep connections open and use them again (keep-alive, a pool) rather than widen the "
            "range. A port that any socket was bound to is not chosen for connect(), either.",
        .rank = WR_RANK_SPECIFIC,
        .match = match_ports_exhausted,
        WR_CITES(CITES_PORT_WANTED, WR_FACT_ipv6_disabled, WR_FACT_port_range_usable,
                 WR_FACT_port_range_taken),
        .because = {"the kernel chooses from ports {port_range_first} to {port_range_last}[, of "
                    "which {port_range_usable} are not reserved] (net.ipv4.ip_local_port_range)",
                    "net.ipv4.ip_local_reserved_ports takes all of them{!port_range_usable}",
                    "{port_range_taken} of them are taken[ for {destination}]{?port_range_usable}",
                    "{?port_range_time_wait}{port_range_time_wait} of these are in TIME_WAIT"},
        .ruled_out = "[IPv6 is off{?ipv6_disabled}][only {port_range_taken} of "
                     "{port_range_usable} local ports are taken{!ipv6_disabled}]",
        .unknown = {{WR_FACT_port_range_uncounted, "how many ports are taken",
                     "the sockets could not be counted", "ss -tan state time-wait | wc -l"}},
        .fixes = {{"[keep connections open and use them again: keep-alive, a connection "
                   "pool{!error=98}][close the sockets that are not used any more, or give them "
                   "ports of their own{?error=98}]{?port_range_usable}",
                   NULL},
                  {"see what has the ports{?port_range_usable}",
                   "[ss -Htan dst {destination.address} | cut -d ' ' -f 1 | sort | uniq -c"
                   "{!error=98}][ss -Htuanp{?error=98}]"},
                  {"widen the range{?port_range_usable}",
                   "sudo sysctl -w net.ipv4.ip_local_port_range='15000 65000'"},
                  {"reserve fewer ports{!port_range_usable}",
                   "sysctl net.ipv4.ip_local_reserved_ports net.ipv4.ip_local_port_range"}},
    },
    {0},
};
