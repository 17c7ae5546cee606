/* SPDX-License-Identifier: MIT
 * Causes of failures: what does not come through although there is a way - answers by a way that
 * this machine does not expect, packets that are too big. Rows and their match functions; pure. */
#include <sys/socket.h>

#include "diagnose/catalogue.h"
#include "diagnose/silence.h"
#include "whyrefused/faults.h"

/* Above the options that lead the requests out by that way (route.c): here the answers are known to
 * come back. Above the silence of a peer in a handshake (tls_end.c). */
enum { RANK_FILTER = WR_RANK_ROOT + 8, RANK_MTU = WR_RANK_ROOT - 8 };

enum { RP_OFF, RP_STRICT, RP_LOOSE };

static bool fails_the_check(const struct wr_evidence *ev)
{
    if (wr_ev_is(ev, WR_FACT_rp_filter, RP_LOOSE))
        return wr_ev_absent(ev, WR_FACT_return_device);
    return wr_ev_is(ev, WR_FACT_rp_filter, RP_STRICT) && wr_ev_has(ev, WR_FACT_answers_device);
}

static enum wr_match match_rp_filter(const struct wr_evidence *ev)
{
    const struct wr_addr *to = wr_ev_addr(ev, WR_FACT_destination);
    const bool rose = wr_ev_true(ev, WR_FACT_rp_filter_rises);

    if (!wr_ev_silent(ev) || to == NULL || to->family != AF_INET ||
        !wr_ev_false(ev, WR_FACT_destination_local) || wr_ev_true(ev, WR_FACT_kept_here))
        return WR_MATCH_NO;
    if (rose)
        return WR_MATCH_CERTAIN;
    if (!wr_ev_known(ev, WR_FACT_rp_filter_drops))
        return fails_the_check(ev) ? WR_MATCH_UNKNOWN : WR_MATCH_NO;
    if (wr_ev_is(ev, WR_FACT_rp_filter_drops, 0) || wr_ev_false(ev, WR_FACT_rp_filter_rises))
        return fails_the_check(ev) ? WR_MATCH_RULED_OUT : WR_MATCH_NO;
    if (fails_the_check(ev))
        return WR_MATCH_LIKELY;
    /* they may come in by a third interface */
    return wr_ev_uint(ev, WR_FACT_links, 0) > 1 ? WR_MATCH_UNKNOWN : WR_MATCH_NO;
}

static enum wr_match match_mtu(const struct wr_evidence *ev)
{
    if (!wr_ev_text_is(ev, WR_FACT_outcome, "stalled") &&
        !wr_ev_is(ev, WR_FACT_tls_failure, WR_TLS_STALLED))
        return WR_MATCH_NO;
    if (wr_ev_true(ev, WR_FACT_big_missing))
        return WR_MATCH_LIKELY;
    if (wr_ev_true(ev, WR_FACT_big_lost))
        return wr_ev_uint(ev, WR_FACT_segments_beyond, 0) > 0 ? WR_MATCH_LIKELY : WR_MATCH_POSSIBLE;
    return WR_MATCH_NO;
}

const struct wr_cause wr_causes_route_return[] = {
    {
        .id = "route-rp-filter",
        .seen_as = "ETIMEDOUT, given up",
        .what = "the answers come in by another interface than expected, and the reverse path "
                "filter (rp_filter) drops them",
        .headline = "the answers come in[ on {answers_device}], and the reverse path filter of "
                    "this machine drops them[: it expects them on {return_device}][: it knows no "
                    "way back to {destination.address}{!return_device}{?rp_filter=2}]",
        .explain =
            "For each packet that comes in, the kernel looks up the way back to its sender. With "
            "net.ipv4.conf.*.rp_filter=1 (strict) it drops the packet where that way does not lead "
            "out of the interface on which the packet came, with 2 (loose) where there is no way "
            "at all. The greater one of all and of the interface counts.\n"
            "With two interfaces (two providers, a VPN, a second network card) requests can leave "
            "by one while the routing table knows the other: because of a firewall mark, of "
            "SO_BINDTODEVICE, or of the address that the socket is bound to. The lookup for the "
            "answer knows nothing of these. Nothing tells the program; only a counter rises. IPv6 "
            "has no such filter but in the rules of a firewall.",
        .rank = RANK_FILTER,
        .match = match_rp_filter,
        WR_CITES(WR_CITES_SILENT, WR_FACT_destination, WR_FACT_destination_local, WR_FACT_kept_here,
                 WR_FACT_rp_filter, WR_FACT_rp_filter_drops, WR_FACT_rp_filter_rises,
                 WR_FACT_return_device, WR_FACT_answers_device, WR_FACT_links),
        .because =
            {"with each request that was sent again one more packet was dropped by that filter"
             "{?rp_filter_rises}",
             "the requests leave by {route_device}[, because of the mark {socket_mark} of the "
             "socket{?socket_mark}][, to which the socket is bound{?bound_device}]",
             "without the socket's own settings the way to {destination.address} leads out of "
             "{return_device}, so that its answers are expected there{?answers_device}",
             "this machine's address {source.address} is on {answers_device}{?source_bound}",
             "the filter of {rp_device} is [strict{?rp_filter=1}][loose{?rp_filter=2}] "
             "(net.ipv4.conf.{rp_device}.rp_filter, or all){?rp_filter}",
             "{rp_filter_drops} packets were dropped by it so far in this network namespace "
             "(IPReversePathFilter){?rp_filter_drops}"},
        .ruled_out =
            "the reverse path filter has dropped no packet[: requests were sent again, and "
            "its counter stood still{!rp_filter_rises}]",
        .unknown = {{WR_FACT_rp_filter_drops,
                     "whether the reverse path filter drops the answers{!rp_filter_rises}",
                     "its counter does not tell whose packets they were",
                     "nstat -az TcpExtIPReversePathFilter", .decides = true}},
        .fixes =
            {{"make the way back lead out of {answers_device}, too: a route to "
              "{destination.address}, or a rule for this machine's own address",
              "ip route get {destination.address}; ip rule show"},
             {"where the answers are meant to come in so, let the filter of that interface be "
              "loose: it still drops what no route leads to{?rp_filter=1}",
              "sudo sysctl net/ipv4/conf/{answers_device}/rp_filter=2"},
             {"for ways chosen by a mark: give the answers the mark (connmark), and let the filter "
              "look at it{?socket_mark}",
              "sudo sysctl net/ipv4/conf/{answers_device}/src_valid_mark=1"},
             {"see such packets in the kernel's log[ (it writes them already){?log_martians}]",
              "sudo sysctl net.ipv4.conf.all.log_martians=1; sudo dmesg | grep martian"}},
    },
    {
        .id = "route-mtu-blackhole",
        .seen_as = "connected, then hangs in the first large write or the TLS handshake",
        .what =
            "big segments are lost on the way, and small ones are not: an MTU that is too large",
        .headline = "[its big segments are lost on the way{?big_lost}][the peer's big segments are "
                    "lost on the way{?big_missing}{!big_lost}]: they seem to be larger than some "
                    "link carries (MTU)",
        .explain =
            "Some link on the way (a tunnel, a VPN, PPPoE, a cloud network) carries smaller "
            "packets "
            "than this machine's own. The router before it should say so (ICMP \"fragmentation "
            "needed\", with IPv6 \"packet too big\"), and the kernel would send smaller ones. "
            "Where "
            "a firewall drops that word, only small packets get through: the connection comes "
            "about, and the first large piece of data never arrives - a TLS handshake, the key "
            "exchange of ssh, an upload.\n"
            "TCP_INFO shows it: full segments are sent again and again without effect, while "
            "smaller ones, before or behind them, were acknowledged. A peer that vanished at this "
            "very moment looks alike where no smaller segment is behind them.",
        .rank = RANK_MTU,
        .match = match_mtu,
        WR_CITES(WR_FACT_outcome, WR_FACT_tls_failure, WR_FACT_big_lost, WR_FACT_big_missing,
                 WR_FACT_segments_beyond),
        .because =
            {"{segments_again} segments (with {segments_again_bytes} bytes; a full one has "
             "{segment_bytes}) were sent again, and "
             "{unacknowledged_bytes} bytes were never acknowledged{?big_lost}",
             "the peer has {segments_beyond} later segments, which were smaller (SACK)"
             "{?segments_beyond}",
             "{acknowledged_bytes} bytes in smaller segments were acknowledged before{?big_lost}"
             "{?acknowledged_bytes}",
             "the peer acknowledged all that was sent; {segments_out_of_order} segments of its "
             "answer came, but not the first ones, which are larger{?big_missing}",
             "the kernel takes the way to carry packets of {path_mtu} bytes{?path_mtu}",
             "the kernel does not try smaller segments by itself "
             "(net.ipv4.tcp_mtu_probing=0){!mtu_probing}"},
        .unknown = {{WR_FACT_big_lost, "whether the peer vanished at this moment{!segments_beyond}",
                     "no smaller segment was sent behind the lost ones",
                     "ping -c 3 {destination.address}"},
                    {WR_FACT_path_mtu, "how large a packet may be", "no packet is sent to find out",
                     "tracepath -n {destination.address}"}},
        .fixes = {{"find the largest packet that gets through",
                   "tracepath -n {destination.address}"},
                  {"until the way is repaired, let packets to and from {destination.address} be "
                   "small: 1280 bytes pass wherever IPv6 does",
                   "sudo ip route add {destination.address}[ via {route_gateway.address}][ dev "
                   "{route_device}] mtu 1280"},
                  {"or tell the kernel to try smaller segments by itself, for all connections"
                   "{!mtu_probing}{?big_lost}",
                   "sudo sysctl net.ipv4.tcp_mtu_probing=1"},
                  {"on the router before the narrow link: give the tunnel or VPN its true MTU (ip "
                   "link set dev TUNNEL mtu N), let ICMP \"fragmentation needed\" (IPv6: \"packet "
                   "too big\") through its firewalls, or clamp the MSS",
                   "sudo nft add rule inet filter forward tcp flags syn tcp option maxseg size set "
                   "rt mtu"}},
    },
    {0},
};
