# SPDX-License-Identifier: MIT
# A cgroup with a BPF program that denies; for scenarios. To be sourced by the body.
# shellcheck shell=bash disable=SC2154

for group_root in /sys/fs/cgroup /sys/fs/cgroup/unified none; do
    [ ! -e "$group_root/cgroup.procs" ] || break
done

# deny_group HOOK[=ERRNO][@ADDRESS,PORT]...: a cgroup that is removed at the end; its path in $group, its name in
# $group_name. HOOK: connect4, connect6, bind4, bind6, sendmsg4, sendmsg6, egress.
deny_group() {
    make_group "whyrefused-test-$family-$RANDOM$RANDOM"
    python3 "$files/cgroup_bpf.py" "$group" "$@" || skip 'no BPF program can be attached here'
}

# make_group NAME
make_group() {
    group_name=$1
    group=$group_root/$group_name
    mkdir "$group" || skip 'cgroups cannot be made here'
    trap leave_groups EXIT
}

leave_groups() {
    echo 0 >"$group_root/cgroup.procs"
    find "$group" -depth -type d -exec rmdir {} +
}

# watched_in_group CMD...: in that group; what a program inherits, it needs no right for.
watched_in_group() {
    echo 0 >"${inner_group:-$group}/cgroup.procs"
    watched "$@"
    echo 0 >"$group_root/cgroup.procs"
}
