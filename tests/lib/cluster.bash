# SPDX-License-Identifier: MIT
# A service of a cluster, for scenarios: the address $service, behind which nothing stands, and the
# environment that a pod has.
# shellcheck shell=bash disable=SC2034,SC2154

# node WHAT: what the node answers for the service's port 5432: an nft statement.
node() {
    ip netns add node || skip 'no further network namespaces can be made here'
    ip link add eth0 type veth peer name eth0 netns node 2>/dev/null || skip 'no veth'
    ip link set eth0 addrgenmode none
    ip -n node link set eth0 addrgenmode none
    ip -n node link set lo up
    ip -n node link set eth0 up
    ip link set eth0 up
    ip addr add 10.244.0.7/24 dev eth0
    ip -n node addr add 10.244.0.1/24 dev eth0
    ip addr add fd00:244::7/64 dev eth0 nodad
    ip -n node addr add fd00:244::1/64 dev eth0 nodad
    ip netns exec node sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
    ip -n node link add out0 type veth peer name out1
    ip -n node link set out0 up
    ip -n node link set out1 up
    ip -n node route add default dev out0
    ip -n node -6 route add default dev out0
    ip route add default via 10.244.0.1
    ip -6 route add default via fd00:244::1
    ip netns exec node nft -f - <<<"table inet kube-proxy { chain f { type filter hook forward priority 0
        ip daddr 10.96.0.77 tcp dport 5432 $1; ip6 daddr fd00:96::77 tcp dport 5432 $1; }; }" ||
        skip 'no nftables'
    if [ "$family" = 6 ]; then service=fd00:96::77 url_service='[fd00:96::77]'; else service=10.96.0.77 url_service=$service; fi
    export KUBERNETES_SERVICE_HOST=10.96.0.1 KUBERNETES_SERVICE_PORT=443
}
