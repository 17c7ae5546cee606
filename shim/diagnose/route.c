/* SPDX-License-Identifier: MIT
 * Causes of failures: the ways that this machine has. Rows and their match functions; pure. */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <sys/socket.h>

#include "base/address.h"
#include "diagnose/catalogue.h"
#include "diagnose/silence.h"

/* The way of a socket's options outranks what is found on that way; a missing interface or tunnel
 * outranks the missing route that follows from it. */
enum {
    RANK_NONE = WR_RANK_ROOT - 10,
    RANK_NO_IPV6 = WR_RANK_ROOT - 4,
    RANK_LINK = WR_RANK_ROOT + 2,
    RANK_TUNNEL = WR_RANK_ROOT + 4,
    RANK_OPTION = WR_RANK_ROOT + 6
};

/* The kernel's own lookup gives the error that the program got: nothing was sent. */
#define CITES_LOOKUP WR_FACT_error, WR_FACT_route_error, WR_FACT_icmp_received
static bool lookup_failed(const struct wr_evidence *ev, uint64_t error)
{
    return wr_ev_is(ev, WR_FACT_error, error) && wr_ev_is(ev, WR_FACT_route_error, error) &&
           !wr_ev_true(ev, WR_FACT_icmp_received);
}

/* An error that tells of trouble on the way, or silence. */
static bool is_unreachable(const struct wr_evidence *ev)
{
    const uint64_t error = wr_ev_uint(ev, WR_FACT_error, 0);

    return error == EHOSTUNREACH || error == ENETUNREACH || wr_ev_silent(ev);
}

static enum wr_match match_socket_option(const struct wr_evidence *ev)
{
    const struct wr_addr *source = wr_ev_addr(ev, WR_FACT_source);
    const bool bound = wr_ev_true(ev, WR_FACT_source_bound) && source != NULL;
    const bool device = wr_ev_has(ev, WR_FACT_bound_device);

    if (!device && !bound && wr_ev_uint(ev, WR_FACT_socket_mark, 0) == 0)
        return WR_MATCH_NO;
    /* whether it is the wrong one would show only if it were up: route-interface-down */
    if (device && wr_ev_false(ev, WR_FACT_given_device_up))
        return WR_MATCH_NO;
    /* a loopback source for a distant peer can't work at all: local-source-address */
    if (bound && wr_addr_is_loopback(source))
        return WR_MATCH_NO;
    if (!wr_ev_true(ev, WR_FACT_unbound_route_differs) ||
        !wr_ev_absent(ev, WR_FACT_unbound_route_error))
        return wr_ev_false(ev, WR_FACT_unbound_route_differs) && is_unreachable(ev)
                   ? WR_MATCH_RULED_OUT
                   : WR_MATCH_NO;
    if (lookup_failed(ev, ENETUNREACH) || lookup_failed(ev, EHOSTUNREACH) ||
        lookup_failed(ev, EACCES))
        return WR_MATCH_CERTAIN;
    if (!is_unreachable(ev))
        return WR_MATCH_NO;
    return wr_ev_true(ev, WR_FACT_route_assumed) ? WR_MATCH_LIKELY : WR_MATCH_POSSIBLE;
}

/* A route or rule of that type; error is what such a route answers with. */
#define CITES_REFUSED CITES_LOOKUP, WR_FACT_refusing_type
static enum wr_match refused_by(const struct wr_evidence *ev, uint64_t type, uint64_t error)
{
    const bool typical = lookup_failed(ev, error);

    /* a rule that says "unreachable" answers ENETUNREACH, unlike a route of that type */
    if (!typical && !lookup_failed(ev, ENETUNREACH))
        return WR_MATCH_NO;
    if (wr_ev_is(ev, WR_FACT_refusing_type, type))
        return WR_MATCH_CERTAIN;
    if (!typical)
        return WR_MATCH_NO;
    return wr_ev_known(ev, WR_FACT_refusing_type) ? WR_MATCH_NO : WR_MATCH_LIKELY;
}

static enum wr_match match_unreachable(const struct wr_evidence *ev)
{
    return refused_by(ev, RTN_UNREACHABLE, EHOSTUNREACH);
}

static enum wr_match match_prohibit(const struct wr_evidence *ev)
{
    return refused_by(ev, RTN_PROHIBIT, EACCES);
}

/* EINVAL has many other reasons: without the route itself nothing is said. */
static enum wr_match match_blackhole(const struct wr_evidence *ev)
{
    if (!lookup_failed(ev, EINVAL))
        return WR_MATCH_NO;
    if (wr_ev_is(ev, WR_FACT_refusing_type, RTN_BLACKHOLE))
        return WR_MATCH_CERTAIN;
    return wr_ev_known(ev, WR_FACT_refusing_type) ? WR_MATCH_NO : WR_MATCH_UNKNOWN;
}

static enum wr_match match_throw(const struct wr_evidence *ev)
{
    if (!lookup_failed(ev, ENETUNREACH))
        return WR_MATCH_NO;
    return wr_ev_is(ev, WR_FACT_refusing_type, RTN_THROW) ? WR_MATCH_CERTAIN : WR_MATCH_NO;
}

static bool is_broadcast(const struct wr_addr *addr)
{
    return addr->family == AF_INET &&
           (addr->bytes[0] & addr->bytes[1] & addr->bytes[2] & addr->bytes[3]) == 255;
}

/* loopback.c looks only where a loopback address did not work. What is off there explains every
 * error; only where the lookup led somewhere else has that way a part. */
#define CITES_LOOPBACK \
    CITES_LOOKUP, WR_FACT_refusing_type, WR_FACT_loopback_up, WR_FACT_loopback_missing
static bool loopback_down(const struct wr_evidence *ev)
{
    return wr_ev_false(ev, WR_FACT_loopback_up) && !wr_ev_has(ev, WR_FACT_refusing_type);
}

static bool loopback_bare(const struct wr_evidence *ev)
{
    return wr_ev_true(ev, WR_FACT_loopback_up) && wr_ev_has(ev, WR_FACT_loopback_missing) &&
           !wr_ev_has(ev, WR_FACT_refusing_type);
}

static enum wr_match loopback_sure(const struct wr_evidence *ev)
{
    return wr_ev_is(ev, WR_FACT_error, EADDRNOTAVAIL) || lookup_failed(ev, ENETUNREACH) ||
                   lookup_failed(ev, EINVAL)
               ? WR_MATCH_CERTAIN
               : WR_MATCH_LIKELY;
}

static enum wr_match match_none(const struct wr_evidence *ev)
{
    const struct wr_addr *to = wr_ev_addr(ev, WR_FACT_destination);

    if (loopback_bare(ev))
        return loopback_sure(ev);
    if (!lookup_failed(ev, ENETUNREACH) || to == NULL)
        return WR_MATCH_NO;
    /* no stream can go to a group of machines, route or not: local-bad-address */
    if (wr_ev_is(ev, WR_FACT_socket_type, SOCK_STREAM) &&
        (is_broadcast(to) || wr_addr_is_multicast(to)))
        return WR_MATCH_NO;
    if (wr_ev_has(ev, WR_FACT_refusing_type))
        return WR_MATCH_RULED_OUT;
    return wr_ev_absent(ev, WR_FACT_refusing_type) ? WR_MATCH_CERTAIN : WR_MATCH_LIKELY;
}

static enum wr_match match_interface_down(const struct wr_evidence *ev)
{
    const bool covered =
        wr_ev_has(ev, WR_FACT_down_link) && wr_ev_true(ev, WR_FACT_down_link_covers);
    const struct wr_addr *to = wr_ev_addr(ev, WR_FACT_destination);

    if (loopback_down(ev))
        return loopback_sure(ev);
    if (lookup_failed(ev, ENETUNREACH)) {
        if (wr_ev_has(ev, WR_FACT_refusing_type) || loopback_bare(ev))
            return WR_MATCH_NO;
        /* with IPv4 nothing else makes the lookup fail where the interface is given; with IPv6
         * there may be no route out of it, either */
        if (wr_ev_false(ev, WR_FACT_given_device_up))
            return covered || (to != NULL && to->family == AF_INET) ? WR_MATCH_CERTAIN
                                                                    : WR_MATCH_LIKELY;
        if (wr_ev_absent(ev, WR_FACT_down_link))
            return WR_MATCH_RULED_OUT;
        if (!wr_ev_has(ev, WR_FACT_down_link))
            return WR_MATCH_UNKNOWN;
        return covered ? WR_MATCH_CERTAIN : WR_MATCH_LIKELY;
    }
    if (!is_unreachable(ev) || !wr_ev_is(ev, WR_FACT_route_type, RTN_UNICAST))
        return WR_MATCH_NO;
    if (wr_ev_false(ev, WR_FACT_route_device_carrier))
        return wr_ev_false(ev, WR_FACT_next_hop_older) && wr_ev_true(ev, WR_FACT_next_hop_failed)
                   ? WR_MATCH_CERTAIN
                   : WR_MATCH_LIKELY;
    return covered ? WR_MATCH_LIKELY : WR_MATCH_NO;
}

static enum wr_match match_no_ipv6(const struct wr_evidence *ev)
{
    const struct wr_addr *to = wr_ev_addr(ev, WR_FACT_destination);

    /* what is on the link needs no more than a link-local address */
    if (to == NULL || to->family != AF_INET6 || !lookup_failed(ev, ENETUNREACH) ||
        wr_addr_is_multicast(to) || wr_addr_is_linklocal(to))
        return WR_MATCH_NO;
    if (wr_ev_true(ev, WR_FACT_global_address))
        return WR_MATCH_RULED_OUT;
    /* with no interface up there is no network of any kind */
    if (wr_ev_has(ev, WR_FACT_refusing_type) || wr_ev_is(ev, WR_FACT_links_up, 0))
        return WR_MATCH_NO;
    if (!wr_ev_false(ev, WR_FACT_global_address))
        return WR_MATCH_UNKNOWN;
    return wr_ev_absent(ev, WR_FACT_refusing_type) && wr_ev_false(ev, WR_FACT_default_route)
               ? WR_MATCH_CERTAIN
               : WR_MATCH_LIKELY;
}

static enum wr_match match_vpn_down(const struct wr_evidence *ev)
{
    const bool covered =
        wr_ev_has(ev, WR_FACT_tunnel_down) && wr_ev_true(ev, WR_FACT_tunnel_covers);
    const bool by_default = wr_ev_text_is(ev, WR_FACT_route_prefix, "default");

    if (!is_unreachable(ev) || wr_ev_has(ev, WR_FACT_refusing_type) ||
        wr_ev_true(ev, WR_FACT_next_hop_failed) || wr_ev_true(ev, WR_FACT_kept_here) ||
        wr_ev_true(ev, WR_FACT_rule_found))
        return WR_MATCH_NO;
    /* the way that there is leads to it */
    if (wr_ev_has(ev, WR_FACT_path_reference))
        return WR_MATCH_RULED_OUT;
    if (wr_ev_true(ev, WR_FACT_tunnel_route))
        return WR_MATCH_LIKELY;
    if (!by_default && !lookup_failed(ev, ENETUNREACH))
        return WR_MATCH_NO;
    if (covered)
        return WR_MATCH_LIKELY;
    if (!wr_ev_true(ev, WR_FACT_destination_private))
        return WR_MATCH_NO;
    if (wr_ev_has(ev, WR_FACT_tunnel_down))
        return WR_MATCH_LIKELY;
    /* a VPN that is merely configured explains nothing on a machine without any route */
    return wr_ev_has(ev, WR_FACT_vpn_missing) && by_default ? WR_MATCH_POSSIBLE : WR_MATCH_NO;
}

const struct wr_cause wr_causes_route[] = {
    {
        .id = "route-socket-option",
        .seen_as = "ETIMEDOUT, ENETUNREACH, EHOSTUNREACH",
        .what = "SO_BINDTODEVICE, SO_MARK or the bound source address sends it the wrong way",
        .headline = "the socket's own settings send it the wrong way[ (bound to interface "
                    "{bound_device})][ (mark {socket_mark}{?socket_mark})][ (bound to "
                    "{source.address}{?source_bound})]",
        .explain =
            "A program can steer a socket past the routing table: bind it to an interface "
            "(SO_BINDTODEVICE), give it a firewall mark that policy rules look at (SO_MARK), or "
            "bind it to a source address that such rules look at.\n"
            "The kernel was asked for the route twice, as this socket asks and without these "
            "settings. Only the second way leads to the destination.",
        .rank = RANK_OPTION,
        .match = match_socket_option,
        WR_CITES(CITES_LOOKUP, WR_FACT_gave_up, WR_FACT_source, WR_FACT_source_bound,
                 WR_FACT_bound_device, WR_FACT_socket_mark, WR_FACT_unbound_route_differs,
                 WR_FACT_unbound_route_error, WR_FACT_route_assumed, WR_FACT_given_device_up),
        .because = {"with the socket's settings the kernel finds no way to {destination.address}: "
                    "{route_error} ({route_error.text})",
                    "no route to {destination.address} leads out of {bound_device}: the kernel "
                    "takes it to be on that link{?route_assumed}",
                    "without them it goes out of {unbound_route_device}",
                    "policy rule {refusing_rule}", "route {refusing_route}"},
        .ruled_out = "the socket's device, mark and source address lead the same way as none would",
        .fixes = {{"let the program bind to another interface or source address, or to none", NULL},
                  {"see the way without these settings", "ip route get {destination.address}"},
                  {"see the policy rules{?socket_mark}", "ip rule show; ip -6 rule show"}},
    },
    {
        .id = "route-vpn-down",
        .seen_as = "ENETUNREACH, EHOSTUNREACH, ETIMEDOUT",
        .what = "the VPN tunnel that should carry it is down or missing",
        .headline = "[the VPN tunnel {tunnel_down} is down][the VPN {vpn_missing} is not "
                    "up{!tunnel_down}], and {destination.address} looks like an address behind it",
        .explain =
            "The destination is in a private address range, or in that of a tunnel, and the "
            "tunnel interface is down or does not exist. So the packets have no route, or leave "
            "through the default gateway, where nobody knows the address.\n"
            "That the address belongs behind this VPN is inferred: nothing on this machine says "
            "so for certain.",
        .rank = RANK_TUNNEL,
        .match = match_vpn_down,
        WR_CITES(CITES_LOOKUP, WR_FACT_gave_up, WR_FACT_tunnel_down, WR_FACT_tunnel_covers,
                 WR_FACT_tunnel_route, WR_FACT_route_prefix, WR_FACT_refusing_type,
                 WR_FACT_next_hop_failed, WR_FACT_destination_private, WR_FACT_vpn_missing,
                 WR_FACT_kept_here, WR_FACT_rule_found, WR_FACT_path_reference),
        .ruled_out = "the destination answers over the way that there is: {path_reference}",
        .because = {"tunnel interface {tunnel_down} is down[, and the route to "
                    "{destination.address} leads out of it{?tunnel_route}]",
                    "{destination.address} is in the address range of {tunnel_down}"
                    "{?tunnel_covers}",
                    "{destination.address} is a private address{?destination_private}",
                    "a VPN is configured whose interface does not exist: {vpn_missing}",
                    "the only route to it is the default one, out of {route_device}[ through "
                    "{route_gateway.address}]{!tunnel_route}",
                    "the kernel finds no route to it: {route_error}"},
        .unknown = {{WR_FACT_error, "whether the address belongs behind this VPN",
                     "the VPN's own list of networks is not read", "ip route show table all"}},
        .fixes = {{"connect the VPN again", NULL},
                  {"see the tunnel", "ip address show dev {tunnel_down}"},
                  {"see which way the kernel takes now", "ip route get {destination.address}"}},
    },
    {
        .id = "route-interface-down",
        .seen_as = "ENETUNREACH, EHOSTUNREACH, EADDRNOTAVAIL",
        .what = "the interface that should carry it is down or has no carrier",
        .headline = "[the loopback interface {loopback_device} is down{!loopback_up}][network "
                    "interface {down_link} is down{!down_link_enabled}][network "
                    "interface {down_link} has no carrier{?down_link_enabled}][network interface "
                    "{route_device} has no carrier{!down_link}{!route_device_carrier}]",
        .explain =
            "The routes over an interface disappear when it is set down, and nothing comes "
            "through when it has no carrier: a pulled cable, a switched-off peer, a Wi-Fi that "
            "is not associated, the other end of a virtual link that is down.\n"
            "The loopback interface of a new network namespace (unshare -n, a container without a "
            "network) is down, too, and without it not even 127.0.0.1 and ::1 work.",
        .rank = RANK_LINK,
        .match = match_interface_down,
        WR_CITES(CITES_LOOPBACK, WR_FACT_gave_up, WR_FACT_destination, WR_FACT_given_device_up,
                 WR_FACT_down_link, WR_FACT_down_link_covers, WR_FACT_route_type,
                 WR_FACT_route_device_carrier, WR_FACT_next_hop_older, WR_FACT_next_hop_failed),
        .because = {"{destination.address} is in the address range of {down_link}"
                    "{?down_link_covers}",
                    "interface {down_link} [was set down{!down_link_enabled}]"
                    "[has no carrier{?down_link_enabled}][, and the socket is bound to it"
                    "{?bound_device}{!given_device_up}]",
                    "interface {loopback_device} was set down, or never up, as in a new network "
                    "namespace{!loopback_up}",
                    "no other network interface is up{!links_up}{?down_link}",
                    "the route leads out of {route_device}, which has no carrier"
                    "{!route_device_carrier}",
                    "the kernel finds no route: {route_error}"},
        .ruled_out = "no interface that is down would lead there",
        .fixes = {{"set the interface up{!loopback_up}", "sudo ip link set {loopback_device} up"},
                  {"set the interface up{!down_link_enabled}", "sudo ip link set {down_link} up"},
                  {"check the cable, the switch port or the Wi-Fi of {down_link}; of a bridge, "
                   "what is attached to it{?down_link_enabled}",
                   "ip link show dev {down_link}"},
                  {"check the cable, the switch port or the Wi-Fi of {route_device}; of a bridge, "
                   "what is attached to it"
                   "{!route_device_carrier}{!down_link}",
                   "ip link show dev {route_device}"}},
    },
    {
        .id = "route-unreachable",
        .seen_as = "EHOSTUNREACH, ENETUNREACH",
        .what = "a route or policy rule of this machine says \"unreachable\"",
        .headline = "[this machine's route \"{refusing_route}\" forbids it][policy rule "
                    "\"{refusing_rule}\" of this machine forbids it{!refusing_route}]",
        .explain =
            "The routing table has entries that refuse instead of leading somewhere: "
            "unreachable, prohibit and blackhole. Administrators, VPN kill switches, container "
            "networks and routing daemons add them. Nothing was sent; the kernel refused.",
        .rank = WR_RANK_ROOT,
        .match = match_unreachable,
        WR_CITES(CITES_REFUSED),
        .because = {"the kernel answers the route lookup with {route_error}, as the program got "
                    "it",
                    "route {refusing_route}", "policy rule {refusing_rule}"},
        .unknown = {{WR_FACT_refusal_hidden, "which route or rule it is",
                     "the routing tables could not be read to the end",
                     "ip route show table all type unreachable"}},
        .fixes = {{"find out who added the route (a VPN client, a routing daemon, an "
                   "administrator) before removing it",
                   "ip route show table all type unreachable"},
                  {"see the policy rules{?refusing_rule}", "ip rule show; ip -6 rule show"}},
    },
    {
        .id = "route-prohibit",
        .seen_as = "EACCES",
        .what = "a route or policy rule of this machine says \"prohibit\"",
        .headline = "[this machine's route \"{refusing_route}\" prohibits it][policy rule "
                    "\"{refusing_rule}\" of this machine prohibits it{!refusing_route}]",
        .explain =
            "A \"prohibit\" route or policy rule refuses connections with EACCES, which programs "
            "print as \"Permission denied\". File permissions, SELinux and the remote host have "
            "no part in it. Nothing was sent; the kernel refused.",
        .rank = WR_RANK_ROOT,
        .match = match_prohibit,
        WR_CITES(CITES_REFUSED),
        .because = {"the kernel answers the route lookup with {route_error}, as the program got "
                    "it",
                    "route {refusing_route}", "policy rule {refusing_rule}"},
        .unknown = {{WR_FACT_refusal_hidden, "which route or rule it is",
                     "the routing tables could not be read to the end",
                     "ip route show table all type prohibit"}},
        .fixes = {{"find out who added the route or rule before removing it",
                   "ip route show table all type prohibit"},
                  {"see the policy rules{?refusing_rule}", "ip rule show; ip -6 rule show"}},
    },
    {
        .id = "route-blackhole",
        .seen_as = "EINVAL",
        .what = "a route or policy rule of this machine says \"blackhole\"",
        .headline = "[this machine's route \"{refusing_route}\" discards it][policy rule "
                    "\"{refusing_rule}\" of this machine discards it{!refusing_route}]",
        .explain =
            "A \"blackhole\" route or policy rule makes connect() fail with EINVAL, which "
            "programs print as \"Invalid argument\". The program's arguments are fine. Nothing "
            "was sent; the kernel refused.",
        .rank = WR_RANK_ROOT,
        .match = match_blackhole,
        WR_CITES(CITES_REFUSED),
        .because = {"the kernel answers the route lookup with {route_error}, as the program got "
                    "it",
                    "route {refusing_route}", "policy rule {refusing_rule}"},
        .fixes = {{"find out who added the route or rule before removing it",
                   "ip route show table all type blackhole"},
                  {"see the policy rules{?refusing_rule}", "ip rule show; ip -6 rule show"}},
    },
    {
        .id = "route-throw",
        .seen_as = "ENETUNREACH",
        .what = "a \"throw\" route ends the lookup in its table, and no later table has a route",
        .headline = "this machine's route \"{refusing_route}\" sends the lookup on, and no later "
                    "table has a route",
        .explain =
            "A \"throw\" route ends the lookup in its own table, so that the next policy rule "
            "gets its turn. Here no rule after it leads to a route.",
        .rank = WR_RANK_ROOT,
        .match = match_throw,
        WR_CITES(CITES_REFUSED),
        .because = {"the kernel answers the route lookup with {route_error}, as the program got "
                    "it",
                    "route {refusing_route}", "policy rule {refusing_rule}"},
        .fixes = {{"add a route to a table that a later policy rule looks in, or remove the throw "
                   "route",
                   "ip route show table all type throw"},
                  {"see the policy rules", "ip rule show; ip -6 rule show"}},
    },
    {
        .id = "route-no-ipv6",
        .seen_as = "ENETUNREACH",
        .what = "an IPv6 address was dialled, and this machine has no IPv6 connectivity",
        .headline = "this machine has no IPv6 address that reaches beyond its own link",
        .explain =
            "The name has an IPv6 address, or an IPv6 address was given, and this machine has "
            "loopback and link-local IPv6 addresses only. Programs that try the IPv4 address next "
            "are not harmed.",
        .rank = RANK_NO_IPV6,
        .match = match_no_ipv6,
        WR_CITES(CITES_LOOKUP, WR_FACT_destination, WR_FACT_global_address, WR_FACT_refusing_type,
                 WR_FACT_links_up, WR_FACT_default_route),
        .because = {"no interface has a global IPv6 address{!global_address}",
                    "the kernel finds no route to {destination.address}: {route_error}",
                    "there is no IPv6 default route{!default_route}"},
        .ruled_out = "this machine has a global IPv6 address",
        .fixes = {{"connect to the IPv4 address instead", NULL},
                  {"see the IPv6 addresses and routes", "ip -6 address show; ip -6 route show"}},
    },
    {
        .id = "route-none",
        .seen_as = "ENETUNREACH, EADDRNOTAVAIL",
        .what = "this machine has no route to the destination",
        .headline = "[the loopback interface {loopback_device} has no address "
                    "{loopback_missing}, so ]this machine has no route to {destination.address}"
                    "[: {scope_device} has no link-local address{!scope_linklocal}]"
                    "[, and no default route{!default_route}{!destination_local}{!scope_device}]",
        .explain =
            "No entry of the routing tables covers the destination. Usually the default route is "
            "missing: the network is not configured yet, DHCP failed, or this is a container or "
            "sandbox without a network. Nothing was sent.",
        .rank = RANK_NONE,
        .match = match_none,
        WR_CITES(CITES_LOOPBACK, WR_FACT_destination, WR_FACT_socket_type),
        .because =
            {"interface {loopback_device} is up and lacks {loopback_missing}{?loopback_up}",
             "the kernel answers the route lookup with {route_error}, as the program got "
             "it",
             "no table has a default route{!default_route}{!destination_local}{!scope_device}",
             "there is no network interface but the loopback one: a container without a "
             "network, or a sandbox{!links}",
             "{links_up} of {links} network interfaces are up{?links}"},
        .ruled_out = "a route or rule refuses it: {refusing_route}",
        .unknown = {{WR_FACT_refusal_hidden, "whether a policy rule or a throw route has a part",
                     "the routing tables could not be read to the end",
                     "ip rule show; ip route show table all"}},
        .fixes = {{"give the interface its address again{?loopback_up}",
                   "sudo ip address add {loopback_missing} dev {loopback_device}"},
                  {"give the container or sandbox a network{!links}", NULL},
                  {"see the [routes of this machine{!scope_device}][addresses of {scope_device}: "
                   "it needs one in fe80::/10]{?links}",
                   "ip [-6 address show dev {scope_device}][route show table all{!scope_device}]"},
                  {"get an address and a default route (DHCP, network manager), or add the route"
                   "{?links}{!scope_device}",
                   NULL}},
    },
    {0},
};
