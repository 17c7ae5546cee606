# SPDX-License-Identifier: MIT
# Five network namespaces in a line, for scenarios about the way to a server:
#
#   here ─ r1 ─ r2 ─ r3 ─ s        10.N.0.1 ─ 10.N.0.2, fd00:N::1 ─ fd00:N::2 on link N, 1 to 4
#
# The client is here (10.1.0.1), hop 1 is r1 (10.1.0.2), hop 2 r2 (10.2.0.2), hop 3 r3 (10.3.0.2), hop 4
# the server s; each has near0 towards the client and far0 towards the server. After `line`: $server and $url_server are the server's address in the family of the case
# (10.4.0.2, fd00:4::2), $client is ours, $hop1 to $hop3 are the routers.
# shellcheck shell=bash disable=SC2034,SC2154

# at NAMESPACE COMMAND...: runs it there; `here` is the client's own.
at() {
    local where=$1
    shift
    if [ "$where" = here ]; then "$@"; else ip netns exec "$where" "$@"; fi
}

# line_end NAMESPACE DEVICE LINK END
line_end() {
    at "$1" ip addr add "10.$3.0.$4/24" dev "$2"
    at "$1" ip -6 addr add "fd00:$3::$4/64" dev "$2" nodad
    at "$1" ip link set "$2" up
}

# line_veth NAMESPACE DEVICE NAMESPACE DEVICE
line_veth() {
    ip link add line-a type veth peer name line-b
    ip link set line-b name "$4" netns "$3"
    if [ "$1" = here ]; then ip link set line-a name "$2"; else ip link set line-a name "$2" netns "$1"; fi
}

# line [delay=MS]: with a delay, the link between r1 and r2 is a relay in a process of its own, which
# keeps each packet for so long: answers then arrive as from a network card, not within the call.
line() {
    local delay='' word name
    for word in "$@"; do
        case $word in
        delay=*) delay=${word#delay=} ;;
        *) fail "line: $word" ;;
        esac
    done
    for name in r1 r2 r3 s; do
        ip netns add "$name" || skip 'no further network namespaces can be made here'
        ip -n "$name" link set lo up
        at "$name" sh -c 'echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad; echo 0 >/proc/sys/net/ipv6/conf/all/accept_dad
            echo 0 >/proc/sys/net/ipv4/icmp_ratelimit; echo 0 >/proc/sys/net/ipv6/icmp/ratelimit' 2>/dev/null || :
    done
    for name in r1 r2 r3; do
        at "$name" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
    done
    line_veth here far0 r1 near0
    if [ -n "$delay" ]; then
        [ -c /dev/net/tun ] || skip 'no /dev/net/tun'
        line_relay r1 far0 r2 near0 "$delay"
    else
        line_veth r1 far0 r2 near0
    fi
    line_veth r2 far0 r3 near0
    line_veth r3 far0 s near0
    line_end here far0 1 1
    line_end r1 near0 1 2
    line_end r1 far0 2 1
    line_end r2 near0 2 2
    line_end r2 far0 3 1
    line_end r3 near0 3 2
    line_end r3 far0 4 1
    line_end s near0 4 2
    ip route add default via 10.1.0.2
    ip -6 route add default via fd00:1::2
    at r1 ip route add default via 10.2.0.2
    at r1 ip -6 route add default via fd00:2::2
    at r2 ip route add 10.1.0.0/24 via 10.2.0.1
    at r2 ip -6 route add fd00:1::/64 via fd00:2::1
    at r2 ip route add default via 10.3.0.2
    at r2 ip -6 route add default via fd00:3::2
    at r3 ip route add default via 10.3.0.1
    at r3 ip -6 route add default via fd00:3::1
    at s ip route add default via 10.4.0.1
    at s ip -6 route add default via fd00:4::1
    case $family in
    6) server=fd00:4::2 url_server='[fd00:4::2]' client=fd00:1::1 hop1=fd00:1::2 hop2=fd00:2::2 hop3=fd00:3::2 ;;
    *) server=10.4.0.2 url_server=10.4.0.2 client=10.1.0.1 hop1=10.1.0.2 hop2=10.2.0.2 hop3=10.3.0.2 ;;
    esac
    # neighbours are known from the first packet on, so that the first one is no slower
    wait_until line_reaches
}

line_reaches() {
    python3 - "$server" <<'END'
import socket
import sys
to = sys.argv[1]
with socket.socket(socket.AF_INET6 if ":" in to else socket.AF_INET, socket.SOCK_STREAM) as s:
    s.settimeout(1)
    try:
        s.connect((to, 9))
    except ConnectionRefusedError:
        pass
END
}

# line_relay NAMESPACE DEVICE NAMESPACE DEVICE MS
line_relay() {
    local ready="$control/ready.$RANDOM$RANDOM"
    python3 "$files/relay.py" "$ready" "$@" &
    wait_until test -e "$ready"
}

# line_rules NAMESPACE RULES: `nft -f` of RULES there.
line_rules() {
    at "$1" nft -f - <<<"$2"
}
