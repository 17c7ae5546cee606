# SPDX-License-Identifier: MIT
# Two ways to one server, for scenarios about the way back:
#
#   eth7 10.4.0.2 ─ 10.4.0.1 far        the server 192.0.2.9 is in far; the default route leads
#   eth8 10.5.0.2 ─ 10.5.0.1 far        out of eth7; far answers each address by its own link
#
# Connects fail after 3 seconds.
# shellcheck shell=bash

# two_ways RP_FILTER: the filter of both interfaces.
two_ways() {
    local device net
    ip netns add far || skip 'no further network namespaces can be made here'
    ip -n far link set lo up
    ip -n far addr add 192.0.2.9/32 dev lo
    echo 0 >/proc/sys/net/ipv4/conf/all/rp_filter
    for device in eth7:4 eth8:5; do
        net=${device#*:} device=${device%:*}
        ip link add "$device" type veth peer name "$device" netns far 2>/dev/null || skip 'no veth'
        ip addr add "10.$net.0.2/24" dev "$device"
        ip link set "$device" up
        ip -n far addr add "10.$net.0.1/24" dev "$device"
        ip -n far link set "$device" up
        ip netns exec far sh -c "echo 0 >/proc/sys/net/ipv4/conf/$device/rp_filter; echo 0 >/proc/sys/net/ipv4/conf/all/rp_filter
            echo 2 >/proc/sys/net/ipv4/conf/$device/arp_announce" # asks as a router, not as 192.0.2.9
        echo "$1" >"/proc/sys/net/ipv4/conf/$device/rp_filter"
    done
    ip route add default via 10.4.0.1 dev eth7
    echo 1 >/proc/sys/net/ipv4/tcp_syn_retries
    echo 0 >/proc/sys/net/ipv4/tcp_syn_linear_timeouts 2>/dev/null || :
}
