# SPDX-License-Identifier: MIT
# Runs the body of one scenario; started by tests/run-scenarios as process 1 of new network, mount
# and pid namespaces, with the variables named below. What is to be asserted is written to
# $control and judged by tests/run-scenarios. What a body can use stands in tests/README.md.
# shellcheck shell=bash disable=SC2034
set -eu -o pipefail
umask 022

# From the runner: lib control host_work body family as once rootless
: "${lib:?}" "${control:?}" "${host_work:?}" "${body:?}" "${family:?}" "${as:?}" "${once:?}" "${rootless:?}"
export -n lib control host_work body family as once rootless files

here=/tmp/here
work=/tmp/work
status=
listener_pid=
watched_count=0

case $family in
6) ip=::1 url_ip='[::1]' any=:: ;;
*) ip=127.0.0.1 url_ip=127.0.0.1 any=0.0.0.0 ;;
esac

skip() {
    printf '%s\n' "$*" >"$control/skip"
    exit 0
}

fail() {
    printf 'scenario: %s\n' "$*" >&2
    exit 1
}

unprivileged=(setpriv --no-new-privs '--bounding-set=-all' '--inh-caps=-all')
[ "$rootless" = 1 ] || unprivileged+=(--reuid 65534 --regid 65534 --clear-groups)

as_user() {
    "${unprivileged[@]}" "$@"
}

as_client() {
    if [ "$as" = user ]; then as_user "$@"; else "$@"; fi
}

# wait_until CMD...: polls until the command succeeds, for at most a minute.
wait_until() {
    local tries=0
    until "$@" >/dev/null 2>&1; do
        tries=$((tries + 1))
        [ "$tries" -lt 2400 ] || fail "waited in vain for: $*"
        sleep 0.025
    done
}

# serve KIND ADDRESS...: a server in the background; its pid in $listener_pid.
serve() {
    local ready="$control/ready.$RANDOM$RANDOM" tries=0
    python3 "$files/listen.py" "$ready" "$@" &
    listener_pid=$!
    until [ -e "$ready" ]; do
        tries=$((tries + 1))
        kill -0 "$listener_pid" 2>/dev/null || fail "cannot listen: $*"
        [ "$tries" -lt 2400 ] || fail "not listening in time: $*"
        sleep 0.025
    done
}

listen_tcp() {
    serve tcp "$@"
}

listen_udp() {
    serve udp "$@"
}

listen_unix() {
    serve unix "$@"
}

# nameserver ADDRESS [key=value...]: tests/lib/nameserver.py, answering when it returns.
nameserver() {
    local ready="$control/ready.$RANDOM$RANDOM"
    python3 "$files/nameserver.py" "$ready" "$@" &
    listener_pid=$!
    wait_until test -e "$ready"
}

# resolve_by LINE...: /etc/resolv.conf of these lines; names come from /etc/hosts and DNS alone.
resolve_by() {
    printf '%s\n' "$@" >/run/resolv.conf
    echo 'hosts: files dns' >/run/nsswitch.conf
    printf '127.0.0.1 localhost\n::1 localhost\n' >/run/hosts
    chmod 644 /run/resolv.conf /run/nsswitch.conf /run/hosts
    mount --bind /run/resolv.conf /etc/resolv.conf
    mount --bind /run/hosts /etc/hosts
    mount --bind /run/nsswitch.conf /etc/nsswitch.conf
}

# add_device NAME: an interface that is up, has no address of its own, and swallows what is sent; of
# the first kind that this kernel has.
add_device() {
    if ip link add "$1" type dummy 2>/dev/null; then
        :
    elif ip link add "$1" type veth peer name "$1-peer" 2>/dev/null; then
        # out of sight, if that can be done
        if [ -e /run/netns/nowhere ] || ip netns add nowhere 2>/dev/null; then
            ip link set "$1-peer" netns nowhere
            ip -n nowhere link set "$1-peer" addrgenmode none up
        else
            ip link set "$1-peer" addrgenmode none up
        fi
    else
        ip link add "$1" type bridge 2>/dev/null ||
            skip 'this kernel has no dummy, veth or bridge interface'
    fi
    ip link set "$1" addrgenmode none up
}

# add_addr ADDRESS/LENGTH DEVICE: makes the device where there is none, and is back when the
# address can be used.
add_addr() {
    ip link show dev "$2" >/dev/null 2>&1 || add_device "$2"
    case $1 in
    *:*) ip addr add "$1" dev "$2" nodad ;;
    *) ip addr add "$1" dev "$2" ;;
    esac
}

# What is not allowed to be there when the program has ended: the helper, or a process that
# still has the library mapped.
left_behind() {
    local dir
    for dir in /proc/[0-9]*; do
        if grep -qs '/tmp/whyrefused/' "$dir/maps" 2>/dev/null; then
            printf '%s %s\n' "${dir#/proc/}" "$(tr '\0' ' ' <"$dir/cmdline" 2>/dev/null)"
        fi
    done
}

settle() {
    local tries=0 left
    while left=$(left_behind) && [ -n "$left" ]; do
        tries=$((tries + 1))
        if [ "$tries" -ge 400 ]; then # ten seconds
            printf '%s\n' "$left" >>"$control/left"
            return
        fi
        sleep 0.025
    done
}

# watched CMD...: once without the library, then with it. Never fails; see $status.
watched() {
    local to
    watched_count=$((watched_count + 1))
    to="$control/run.$watched_count"
    mkdir "$to"
    cat >"$to/in"
    chmod 0644 "$to/in"
    printf '%s\n' "$*" >"$to/command"
    if [ "$once" = 0 ]; then
        status=0
        as_client "$@" <"$to/in" >"$to/plain.out" 2>"$to/plain.err" || status=$?
        echo "$status" >"$to/plain.status"
    fi
    touch -a -d @1 /tmp/whyrefused/libwhyrefused.so
    status=0
    # the time that it may take is not what a scenario proves, and a busy machine gives little
    as_client env "WHYREFUSED_LOG=$work/report.json" WHYREFUSED_FORMAT=json WHYREFUSED_BUDGET_MS=8000 \
        LD_PRELOAD=/tmp/whyrefused/libwhyrefused.so "$@" \
        <"$to/in" >"$work/out" 2>"$work/err" || status=$?
    echo "$status" >"$to/status"
    [ "$(stat -c %X /tmp/whyrefused/libwhyrefused.so)" -gt 1 ] || echo "$*" >>"$control/not-loaded"
    settle
    cp "$work/out" "$to/out"
    cp "$work/err" "$to/err"
}

note() {
    local IFS=$'\t'
    printf '%s\n' "$*" >>"$control/checks"
}

fact() {
    note fact "$1" "${2-}"
}

says() {
    note says "$1"
}

says_not() {
    note says_not "$1"
}

expect() {
    note expect "$1"
}

attempts() {
    note attempts "$*"
}

summary() {
    note summary "$1"
}

recovered() {
    note recovered "$1"
}

# --- the private world ------------------------------------------------------------------------
# strictatime: a change of the library's access time shows that the loader opened it.
mount -t tmpfs -o mode=1777,strictatime tmpfs /tmp
mkdir -p /tmp/whyrefused /tmp/here /tmp/work
cp "$lib/libwhyrefused.so" "$lib/whyrefused" /tmp/whyrefused/
cp -R "$(dirname "$body")/." /tmp/here/
chmod -R a+rX /tmp/whyrefused /tmp/here
mount --bind "$host_work" /tmp/work
mount -t tmpfs -o mode=755 tmpfs /run
if [ "$rootless" = 0 ] && [ "$as" = user ]; then chown 65534:65534 /tmp/work; fi
ip link set lo up
if [ "$family" = 6 ] && [[ $(ip -6 addr show dev lo 2>/dev/null) != *::1/128* ]]; then
    skip 'no IPv6 in this kernel'
fi
export HOME=$work
cd "$work"
: >"$control/ready"

# shellcheck disable=SC1091
. /tmp/here/scenario

: >"$control/done"
